/* spot_near.c - the words and signs near an anchor: is there one of each other part? */
#include "filters/detect/spot_parts.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

/* Does a sign of the part stand in text[from, to)? */
static bool has_sign(struct spotting *g, const struct spot_near *near, uint32_t from, uint32_t to)
{
    const uint32_t *keys = g->table->keys + near->first_key;
    to = to < g->text.len ? to : (uint32_t)g->text.len;
    g->s->work += (to - from) / 4;
    for (const char *p = g->text.at + from, *end = g->text.at + to; p < end; p++) {
        if (*p <= ' ' || WORD_BYTES[(unsigned char)*p] != BYTE_OTHER)
            continue;
        for (size_t n = 1; n <= SPOT_SIGN_BYTES; n++)
            if (spot_find_key(keys, near->mask, spot_sign_hash(p, n)))
                return true;
    }
    return false;
}

/* Is the word one of the part, or does it begin a phrase of it? */
static inline bool is_of(const struct spots *s, const uint32_t *keys, uint32_t mask, size_t i)
{
    uint32_t key = spot_find_key(keys, mask, s->hashes[i]);
    return key && (key & 1 || spot_find_key(keys, mask, s->pairs[i + 1]));
}

#if defined(__SSE2__)
/* Bit by bit of 16 bytes: does it end a sentence? */
static inline unsigned ends16(const char *at)
{
    __m128i v = _mm_loadu_si128((const __m128i *)(const void *)at);
    __m128i end = _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('.')), _mm_cmpeq_epi8(v, _mm_set1_epi8('!')));
    return (unsigned)_mm_movemask_epi8(_mm_or_si128(end, _mm_cmpeq_epi8(v, _mm_set1_epi8('?'))));
}
#else
static inline unsigned ends16(const char *at)
{
    unsigned ends = 0;
    for (unsigned i = 0; i < 16; i++)
        ends |= (unsigned)word_ends_sentence(at[i]) << i;
    return ends;
}
#endif

/* Of the text from `from` to `to` at most, what no end of a sentence parts from its end, */
static uint32_t sentence_from(const struct spotting *g, uint32_t from, uint32_t to)
{
    uint32_t last = from;
    for (uint32_t i = from; i < to; i += 16) {
        unsigned ends = ends16(g->text.at + i) & (to - i < 16 ? (1u << (to - i)) - 1 : UINT16_MAX);
        last = ends ? i + 32 - (uint32_t)__builtin_clz(ends) : last;
    }
    return last;
}

/* and from its beginning. */
static uint32_t sentence_until(const struct spotting *g, uint32_t from, uint32_t to)
{
    to = to < g->text.len ? to : (uint32_t)g->text.len;
    for (uint32_t i = from; i < to; i += 16) {
        unsigned ends = ends16(g->text.at + i);
        if (ends)
            return i + (uint32_t)__builtin_ctz(ends);
    }
    return to;
}

/* Does a word or sign of the part begin so near? The word `first` is the first that begins at `at` or behind it. */
static bool has_before(struct spotting *g, const struct spot_near *near, size_t first, uint32_t at)
{
    const struct spots *s = g->s;
    const uint32_t *keys = g->table->keys + near->first_key, mask = near->mask;
    uint32_t limit = at > near->reach ? at - near->reach : 0;
    size_t i = first - 1;
    limit = near->in_sentence ? sentence_from(g, limit, at) : limit;
    while (i > 0 && s->begins[i] >= limit && !is_of(s, keys, mask, i))
        i--;
    g->s->work += first - i;
    return (i > 0 && s->begins[i] >= limit) || (near->has_signs && has_sign(g, near, limit, at));
}

static bool has_behind(struct spotting *g, const struct spot_near *near, size_t first, uint32_t at)
{
    const struct spots *s = g->s;
    const uint32_t *keys = g->table->keys + near->first_key, mask = near->mask;
    uint32_t limit = at + near->reach;
    size_t count = s->words_count, i = first + (first < count && s->begins[first] == at);
    limit = near->in_sentence ? sentence_until(g, at, limit) : limit;
    while (i < count && s->begins[i] <= limit && !is_of(s, keys, mask, i))
        i++;
    g->s->work += i - first;
    return (i < count && s->begins[i] <= limit) || (near->has_signs && has_sign(g, near, at + 1, limit + 1));
}

/* Was the herald seen so near, and has no sentence ended since, if none may? */
static bool was_seen(const struct spotting *g, uint16_t herald, uint16_t reach, bool in_sentence, uint32_t at)
{
    uint32_t seen = g->s->seen[herald], now = g->s->base + at;
    return now <= seen + reach && (!in_sentence || seen >= now || sentence_from(g, seen - g->s->base, at) == seen - g->s->base);
}

bool spot_has_all(struct spotting *g, const struct spot_anchor *a, size_t first, uint32_t at)
{
    bool all = !a->in_sentence || was_seen(g, a->herald, SPOT_REACH_MAX, true, at);
    for (const struct spot_near *n = a->near, *last = n + a->nears; all && n < last; n++) {
        if (n->herald != SPOT_ALWAYS)
            all = was_seen(g, n->herald, n->reach, n->in_sentence, at);
        else
            all = n->is_before ? has_before(g, n, first, at) : has_behind(g, n, first, at);
    }
    return all;
}
