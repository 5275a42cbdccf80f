/* form.c - the bytes of a form with their origins, growing to a ceiling that all forms of a text share. */
#include "proxy/text/view_parts.h"

enum { FORM_UNIT = sizeof(uint32_t) + sizeof(uint16_t) + 1 };

bool form_reserve(struct view_memory *m, struct form *f, size_t more)
{
    if (more <= f->size - f->len)
        return true;
    size_t size = f->len + more;
    size += size / 4 + 256; /* a text of another length should rarely grow it again */
    size &= ~(size_t)7;
    if (size > (VIEWS_BYTES_MAX - (m->bytes - f->size * FORM_UNIT)) / FORM_UNIT) {
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

bool form_copy(struct view_memory *m, struct form *f, const struct reading *in, size_t i, size_t j)
{
    size_t n = j - i;
    if (!form_reserve(m, f, n))
        return false;
    if (!n)
        return true;
    memcpy(f->text + f->len, in->text.at + i, n);
    if (in->from) {
        memcpy(f->from + f->len, in->from + i, n * sizeof *f->from);
        memcpy(f->span + f->len, in->span + i, n * sizeof *f->span);
    } else {
        uint32_t *from = f->from + f->len;
        uint16_t *span = f->span + f->len;
        for (size_t k = 0; k < n; k++) {
            from[k] = (uint32_t)(i + k);
            span[k] = 1;
        }
    }
    f->len += n;
    m->work += n / 8;
    return true;
}

bool form_put(struct view_memory *m, struct form *f, struct str bytes, size_t from, uint16_t span)
{
    if (!form_reserve(m, f, bytes.len))
        return false;
    for (size_t k = 0; k < bytes.len; k++) {
        f->text[f->len] = bytes.at[k];
        f->from[f->len] = (uint32_t)from;
        f->span[f->len++] = span;
    }
    return true;
}

bool form_add(struct view_memory *m, struct form *f, struct str bytes, const struct reading *in, size_t i, size_t j)
{
    if (!bytes.len)
        return true;
    size_t from = origin_start(in, i);
    return form_put(m, f, bytes, from, origin_span(from, j > i ? origin_end(in, j - 1) : from));
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
#define H16 H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H
const uint8_t CHAR_CLASS[256] = {
    C,   C,   C,   C,   C,   C,   C,   C,   C, S, S, S, S, S, C, C,
    C,   C,   C,   C,   C,   C,   C,   C,   C, C, C, C, C, C, C, C, /* controls */
    S,   0,   0,   0,   0,   E,   E,   0,   0, 0, 0, R, 0, R, 0, R,
    D,   D,   D,   D,   D,   D,   D,   D,   D, D, 0, 0, 0, 0, 0, 0, /* space … ? */
    0,   X,   X,   X,   X,   X,   X,   A,   A, A, A, A, A, A, A, A,
    A,   A,   A,   A,   A,   A,   A,   A,   A, A, A, 0, E, 0, 0, R, /* @ … _ */
    0,   X,   X,   X,   X,   X,   X,   A,   A, A, A, A, A, A, A, A,
    A,   A,   A,   A,   A,   A,   A,   A,   A, A, A, 0, 0, 0, 0, C, /* ` … DEL */
    H16, H16, H16, H16, H16, H16, H16, H16,
};
