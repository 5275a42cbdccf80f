/* fold_marks.c - combining marks meet the letter that they stand over.
 *
 * NFC of a short piece: what stands before is taken back and decomposed, the marks are brought into canonical order and
 * the whole is composed again. Marks beyond MARKS_MAX are noise that no language writes, and are dropped: a stack of a
 * thousand costs no more than that. */
#include "proxy/text/fold_parts.h"

#include <utf8proc.h>

#include "proxy/base/utf8.h"

enum { MARKS_MAX = 8, PIECE_MAX = 48, STACK = 3 };

struct piece {
    utf8proc_int32_t codes[PIECE_MAX];
    size_t n;
};

static unsigned class_of(utf8proc_int32_t code)
{
    return utf8proc_get_property(code)->combining_class;
}

static void piece_add(struct piece *p, uint32_t code)
{
    int last = 0;
    utf8proc_ssize_t n = utf8proc_decompose_char((utf8proc_int32_t)code, p->codes + p->n,
                                                 (utf8proc_ssize_t)(PIECE_MAX - p->n), UTF8PROC_DECOMPOSE, &last);
    if (n > 0 && (size_t)n <= PIECE_MAX - p->n)
        p->n += (size_t)n;
}

/* Canonical order: marks sorted by their class, those of one class as they were; a starter is not passed. */
static void piece_sort(struct piece *p)
{
    for (size_t i = 1; i < p->n; i++) {
        utf8proc_int32_t code = p->codes[i];
        unsigned class = class_of(code);
        size_t k = i;
        for (; class && k && class_of(p->codes[k - 1]) > class; k--)
            p->codes[k] = p->codes[k - 1];
        p->codes[k] = code;
    }
}

/* Where the last character of `out` begins. */
static size_t last_char(const struct form *out)
{
    return utf8_until(str_of(out->text, out->len), out->len - 1);
}

size_t fold_marks(struct fold *f, uint32_t code, size_t i, size_t j)
{
    struct str s = f->in->text;
    struct form *out = f->out;
    struct piece p = { .n = 0 };
    size_t base = out->len ? last_char(out) : 0, width, marks = 1, seen = 1, over = is_bearing_marks(code);
    size_t from = origin_start(f->in, i), to = origin_end(f->in, j - 1);
    uint32_t before = out->len ? char_at(form_reading(out).text, base, &width) : 0;
    bool joins = out->len && !char_is(out->text[base], IS_SPACE) && !class_of((utf8proc_int32_t)before);
    bool latin = joins && char_is((char)before, IS_ALPHA) && before < 0x80;

    if (joins) {
        piece_add(&p, before);
        from = out->from[base];
    }
    piece_add(&p, code);
    while (j < s.len && char_is(s.at[j], IS_HIGH)) {
        uint32_t next = char_at(s, j, &width);
        const utf8proc_property_t *property = utf8proc_get_property((utf8proc_int32_t)next);
        if (!property->combining_class || is_tag(next) || is_selector(next))
            break;
        if (marks < MARKS_MAX) {
            piece_add(&p, next);
            marks++;
            to = origin_end(f->in, j + width - 1);
        }
        over += is_bearing_marks(next);
        seen++;
        j += width;
    }
    f->m->work += 8 * (marks + 1) + 2 * seen;

    if (over)
        f->facts->hints |= HINT_MARKS;
    f->stacked += over >= STACK && (latin || before >= 0xc0);
    piece_sort(&p);
    utf8proc_ssize_t n = utf8proc_normalize_utf32(p.codes, (utf8proc_ssize_t)p.n, UTF8PROC_COMPOSE | UTF8PROC_STABLE);
    if (joins)
        out->len = base;
    if (joins && latin) { /* marks are part of their word, which may be one in disguise */
        fold_open_word(f, base, base ? out->text[base - 1] : ' ');
        f->letters++;
    }
    for (utf8proc_ssize_t k = 0; k < n; k++) {
        char bytes[4];
        uint32_t c = (uint32_t)p.codes[k];
        struct str b = str_of(bytes, utf8_encode(bytes, c));
        f->kinds |= c < NARROW_CODES ? f->m->narrow[c] : kind_of(c);
        if (!form_put(f->m, out, b, from, origin_span(from, to)))
            f->failed = true;
    }
    return j;
}
