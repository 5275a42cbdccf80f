/* even.c - one pass: most of a text is even already, and copied sixteen bytes at a time. */
#include "filters/detect/even.h"

#include "filters/detect/word_table.h"
#include "proxy/base/ascii.h"

#include <stdlib.h>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

enum { KEEP_BYTES = 256 * 1024 };

void even_finish(struct even *e)
{
    free(e->bytes);
    free(e->breaks);
    free(e->marks);
    *e = (struct even){ .size = 0 };
}

static bool grow(struct even *e, size_t len)
{
    if (e->size > KEEP_BYTES && e->size / 8 > len)
        even_finish(e);
    if (e->bytes && e->size >= len)
        return true;
    size_t size = len < 4096 ? 4096 : len + len / 4;
    even_finish(e);
    e->bytes = malloc(size + WORD_TEXT_PAD);
    e->breaks = malloc((size / 64 + 1) * sizeof *e->breaks);
    e->marks = malloc((size / EVEN_MARK_BYTES + 2) * sizeof *e->marks);
    e->size = size;
    if (e->bytes && e->breaks && e->marks)
        return true;
    even_finish(e);
    return false;
}

struct pass {
    struct even *e;
    struct str text;
    size_t in, out, next_mark;
    unsigned beyond;
};

/* out[from, p->out) comes from the text from `origin` on, byte by byte. */
static inline void mark(struct pass *p, size_t from, size_t origin)
{
    if (p->out <= p->next_mark)
        return;
    p->e->marks[p->next_mark / EVEN_MARK_BYTES] = (uint32_t)(origin + (p->next_mark - from));
    p->next_mark += EVEN_MARK_BYTES;
}

#if defined(__SSE2__)
/* As far as white space is one space; at least 17 bytes stay. */
static void copy_even(struct pass *p)
{
    const __m128i space = _mm_set1_epi8(' '), tab = _mm_set1_epi8('\t'), width = _mm_set1_epi8('\r' - '\t');
    const __m128i before_a = _mm_set1_epi8('A' - 1), after_z = _mm_set1_epi8('Z' + 1), step = _mm_set1_epi8(32);
    while (p->in + 17 <= p->text.len) {
        const char *at = p->text.at + p->in;
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)at);
        __m128i next = _mm_loadu_si128((const __m128i *)(const void *)(at + 1));
        __m128i above = _mm_sub_epi8(v, tab);
        __m128i odd = _mm_or_si128(_mm_cmpeq_epi8(_mm_min_epu8(above, width), above),
                                   _mm_and_si128(_mm_cmpeq_epi8(v, space), _mm_cmpeq_epi8(next, space)));
        __m128i is_big = _mm_and_si128(_mm_cmpgt_epi8(v, before_a), _mm_cmplt_epi8(v, after_z));
        unsigned stop = (unsigned)_mm_movemask_epi8(odd) | 1u << 16;
        size_t n = (size_t)__builtin_ctz(stop), from = p->out;
        _mm_storeu_si128((__m128i *)(void *)(p->e->bytes + p->out), _mm_add_epi8(v, _mm_and_si128(is_big, step)));
        p->beyond |= (unsigned)_mm_movemask_epi8(v);
        p->out += n;
        mark(p, from, p->in);
        p->in += n;
        if (n < 16)
            return;
    }
}
#else
static void copy_even(struct pass *p)
{
    (void)p;
}
#endif

static void copy_one(struct pass *p)
{
    char c = p->text.at[p->in];
    p->beyond |= (unsigned char)c & 0x80u;
    p->e->bytes[p->out++] = ascii_lower(c);
    mark(p, p->out - 1, p->in);
    p->in++;
}

/* A run of white space becomes one space, if there is none yet. */
static void copy_run(struct pass *p)
{
    size_t start = p->in;
    bool breaks = !p->out; /* white space before the text */
    for (; p->in < p->text.len && ascii_is_space(p->text.at[p->in]); p->in++)
        breaks = breaks || p->text.at[p->in] == '\n' || p->text.at[p->in] == '\r';
    breaks = breaks || p->in == p->text.len;
    if (!p->out || p->e->bytes[p->out - 1] != ' ') {
        p->e->bytes[p->out++] = ' ';
        mark(p, p->out - 1, start);
    }
    if (breaks)
        p->e->breaks[(p->out - 1) / 64] |= (uint64_t)1 << ((p->out - 1) & 63);
}

bool even_make(struct even *e, struct str text)
{
    if (!grow(e, text.len))
        return false;
    struct pass p = { .e = e, .text = text };
    memset(e->breaks, 0, (text.len / 64 + 1) * sizeof *e->breaks);
    if (text.len && ascii_is_space(*text.at))
        copy_run(&p); /* a single space is one as well, and a line begins behind it */
    while (p.in < text.len) {
        copy_even(&p);
        if (p.in == text.len)
            break;
        if (ascii_is_space(text.at[p.in]))
            copy_run(&p);
        else
            copy_one(&p);
    }
    if (p.next_mark <= p.out)
        e->marks[p.next_mark / EVEN_MARK_BYTES] = (uint32_t)text.len;
    memset(e->bytes + p.out, 0, WORD_TEXT_PAD);
    e->text = str_of(e->bytes, p.out);
    e->is_foreign = (p.beyond & 0xffffu) != 0;
    return true;
}

static bool is_break(const struct even *e, size_t at)
{
    return e->text.at[at] == ' ' && e->breaks[at / 64] >> (at & 63) & 1;
}

bool even_begins_line(const struct even *e, size_t at)
{
    return !at || is_break(e, at - 1);
}

bool even_ends_line(const struct even *e, size_t at)
{
    return at >= e->text.len || is_break(e, at);
}
