/* even.c - one pass: most of a text is even already, and copied thirty-two bytes at a time. */
#include "filters/detect/even.h"

#include "filters/detect/word_table.h"
#include "proxy/base/ascii.h"

#include <stdlib.h>
#if defined(__x86_64__) && defined(__GNUC__)
#define EVEN_X86 1
#include <immintrin.h>
#define TARGET __attribute__((target("avx2,bmi")))
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
    e->breaks = malloc((size / 64 + 2) * sizeof *e->breaks); /* thirty-two bytes at the end may touch, but not set, one more */
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
    uint32_t beyond; /* not zero: there is something beyond ASCII */
};

/* out[from, p->out) comes from the text from `origin` on, byte by byte. */
static inline void mark(struct pass *p, size_t from, size_t origin)
{
    if (p->out <= p->next_mark)
        return;
    p->e->marks[p->next_mark / EVEN_MARK_BYTES] = (uint32_t)(origin + (p->next_mark - from));
    p->next_mark += EVEN_MARK_BYTES;
}

#ifdef EVEN_X86
/* White space is \t to \r and the space: all ones where that is. */
TARGET static inline __m256i is_white(__m256i v)
{
    __m256i above = _mm256_sub_epi8(v, _mm256_set1_epi8('\t'));
    return _mm256_or_si256(_mm256_cmpeq_epi8(_mm256_min_epu8(above, _mm256_set1_epi8('\r' - '\t')), above),
                           _mm256_cmpeq_epi8(v, _mm256_set1_epi8(' ')));
}

static inline void add_breaks(struct even *e, size_t at, uint32_t bits)
{
    e->breaks[at / 64] |= (uint64_t)bits << (at & 63);
    if ((at & 63) > 32)
        e->breaks[at / 64 + 1] |= (uint64_t)bits >> (64 - (at & 63));
}

/* Thirty-two bytes, of which n are taken. */
static inline void take(struct pass *p, size_t n, uint32_t breaks)
{
    size_t from = p->out;
    if (breaks)
        add_breaks(p->e, from, breaks);
    p->out += n;
    mark(p, from, p->in);
    p->in += n;
}

/* As far as no white space has another behind it, or the end of the text; none may have been before. That no load has to wait for how far
 * the one before has come is worth two ways to go on. */
TARGET static void copy_fast(struct pass *to)
{
    const __m256i before_a = _mm256_set1_epi8('A' - 1), after_z = _mm256_set1_epi8('Z' + 1), step = _mm256_set1_epi8(32);
    struct pass p = *to;
    char *bytes = p.e->bytes, tail[64];
    while (p.in < p.text.len) {
        const char *at = p.text.at + p.in;
        size_t left = p.text.len - p.in;
        if (left < 33) {
            memset(tail, ' ', sizeof tail);
            at = memcpy(tail, at, left);
        }
        __m256i v = _mm256_loadu_si256((const __m256i *)(const void *)at), white = is_white(v);
        __m256i next = is_white(_mm256_loadu_si256((const __m256i *)(const void *)(at + 1)));
        __m256i is_big = _mm256_and_si256(_mm256_cmpgt_epi8(v, before_a), _mm256_cmpgt_epi8(after_z, v));
        __m256i ends = _mm256_or_si256(_mm256_cmpeq_epi8(v, _mm256_set1_epi8('\n')), _mm256_cmpeq_epi8(v, _mm256_set1_epi8('\r')));
        uint32_t twice = (uint32_t)_mm256_movemask_epi8(_mm256_and_si256(white, next));
        uint32_t breaks = (uint32_t)_mm256_movemask_epi8(ends);
        __m256i small = _mm256_blendv_epi8(_mm256_add_epi8(v, _mm256_and_si256(is_big, step)), _mm256_set1_epi8(' '), white);
        _mm256_storeu_si256((__m256i *)(void *)(bytes + p.out), small);
        p.beyond |= (uint32_t)_mm256_movemask_epi8(v);
        if (left > 32 && !twice) {
            take(&p, 32, breaks);
            continue;
        }
        size_t most = left < 32 ? left : 32, n = (size_t)__builtin_ctzll(twice | (uint64_t)1 << most);
        take(&p, n, breaks & (uint32_t)(((uint64_t)1 << n) - 1));
        if (n < most)
            break;
    }
    *to = p;
}

static void copy_even(struct pass *p)
{
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi"))
        copy_fast(p);
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
    e->is_foreign = p.beyond != 0;
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
