/* form.c - the bytes of a form with their origins, growing to a ceiling that all forms of a text share. */
#include "proxy/text/view_parts.h"

enum { FORM_UNIT = sizeof(uint32_t) + sizeof(uint16_t) + 1 };

static size_t room_for(const struct view_memory *m, const struct form *f)
{
    return (VIEWS_BYTES_MAX - (m->bytes - f->size * FORM_UNIT)) / FORM_UNIT;
}

/* What the texts before have left, and this one has not used: else what is seen of it would depend on them. */
static void release_unused(struct view_memory *m, const struct form *but)
{
    for (size_t i = 0; i < FORMS; i++)
        if (&m->forms[i] != but && !m->forms[i].len)
            form_release(m, &m->forms[i]);
}

bool form_grow(struct view_memory *m, struct form *f, size_t more)
{
    size_t size = f->len + more;
    size += size / 4 + 256; /* a text of another length should rarely grow it again */
    size &= ~(size_t)7;
    if (size > room_for(m, f))
        release_unused(m, f);
    if (size > room_for(m, f)) {
        m->at_ceiling = true;
        return false;
    }
    uint32_t *from = malloc(size * FORM_UNIT);
    if (!from)
        return false;
    uint16_t *span = (uint16_t *)(void *)(from + size);
    char *text = (char *)(span + size);
    if (f->len) {
        memcpy(from, f->from, f->len * sizeof *from);
        memcpy(span, f->span, f->len * sizeof *span);
        memcpy(text, f->text, f->len);
    }
    free(f->from);
    m->bytes += (size - f->size) * FORM_UNIT;
    m->work += f->len / 8;
    *f = (struct form){ from, span, text, f->len, size };
    return true;
}

void form_release(struct view_memory *m, struct form *f)
{
    m->bytes -= f->size * FORM_UNIT;
    free(f->from);
    *f = (struct form){ 0 };
}

const uint16_t FORM_SPANS[FORM_FEW] = { 1, 1, 1, 1, 1, 1, 1, 1 };

void form_copy_to(struct form *f, const struct reading *in, size_t i, size_t n)
{
    if (n <= FORM_FEW && in->text.len - i >= FORM_FEW && f->size - f->len >= FORM_FEW) {
        form_copy_few(f, in, i, n);
        return;
    }
    char *text = f->text + f->len;
    uint32_t *from = f->from + f->len;
    uint16_t *span = f->span + f->len;
    f->len += n;
    memcpy(text, in->text.at + i, n);
    if (in->from) {
        memcpy(from, in->from + i, n * sizeof *from);
        memcpy(span, in->span + i, n * sizeof *span);
        return;
    }
    size_t k = 0;
    for (; k + 4 <= n; k += 4) {
        form_number_four(from + k, i + k);
        memcpy(span + k, FORM_SPANS, 4 * sizeof *span);
    }
    for (; k < n; k++) {
        from[k] = (uint32_t)(i + k);
        span[k] = 1;
    }
}

/* The stretches that the look found, parted by a line of dots so that nothing matches across a gap. */
bool focus_text(struct view_memory *m, struct reading in, const struct look *l, struct form *out)
{
    for (size_t s = 0; s < l->count; s++) {
        size_t start = l->at[s].start, end = l->at[s].end;
        if (start && !form_add(m, out, STR("\n...\n"), &in, start, start + 1))
            return false;
        if (!form_copy(m, out, &in, start, end))
            return false;
    }
    return true;
}

#define A   IS_ALPHA | IS_RUN
#define X   IS_ALPHA | IS_RUN | IS_HEX
#define D   IS_DIGIT | IS_RUN | IS_HEX
#define R   IS_RUN
#define S   IS_SPACE
#define E   IS_ESCAPE
#define C   IS_CONTROL
#define H   IS_HIGH
#define L   IS_SIGN
#define B   IS_BAR
#define M   IS_MARKUP
#define U   IS_RUN | IS_MARKUP
#define H16 H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H
/* clang-format off */
const uint16_t CHAR_CLASS[256] = {
    C, C, C, C, C, C, C, C, C, S, S, S, S, S, C, C, C, C, C, C, C, C, C, C, C, C, C, C, C, C, C, C, /* controls */
    S, L, 0, 0, L, E, E, 0, 0, 0, M, R, 0, R, 0, R, D, D, D, D, D, D, D, D, D, D, 0, 0, M, E, 0, 0, /* space … ? */
    L, X, X, X, X, X, X, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, 0, E, 0, 0, U, /* @ … _ */
    M, X, X, X, X, X, X, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, 0, B, 0, M, C, /* ` … DEL */
    H16, H16, H16, H16, H16, H16, H16, H16,
};
/* clang-format on */
