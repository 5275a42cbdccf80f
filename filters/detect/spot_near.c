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

/* Of eight words, bit by bit: may they be of a part, and do they begin from `from` to `to`? */
static unsigned words8(const struct spots *s, const uint32_t *filter, size_t i, uint32_t from, uint32_t to)
{
    unsigned may = 0;
    for (unsigned k = 0; k < 8; k++) {
        bool is_in = s->begins[i + k] >= from && s->begins[i + k] <= to;
        may |= (unsigned)(is_in && filter[s->hashes[i + k] >> SPOT_FILTER_WORD] & spot_filter_bit(s->hashes[i + k])) << k;
        may |= (unsigned)is_in << (8 + k);
    }
    return may;
}

#ifdef SPOT_X86
TARGET static unsigned words8_fast(const struct spots *s, const uint32_t *filter, size_t i, uint32_t from, uint32_t to)
{
    __m256i begins = _mm256_loadu_si256((const __m256i *)(const void *)&s->begins[i]);
    __m256i hashes = _mm256_loadu_si256((const __m256i *)(const void *)&s->hashes[i]);
    __m256i words = _mm256_loadu_si256((const __m256i *)(const void *)filter);
    __m256i bit = _mm256_and_si256(_mm256_srli_epi32(hashes, SPOT_FILTER_BIT), _mm256_set1_epi32(31));
    __m256i may = _mm256_sllv_epi32(_mm256_permutevar8x32_epi32(words, _mm256_srli_epi32(hashes, SPOT_FILTER_WORD)), bit);
    __m256i out = _mm256_or_si256(_mm256_cmpgt_epi32(_mm256_set1_epi32((int)from), begins),
                                  _mm256_cmpgt_epi32(begins, _mm256_set1_epi32((int)to)));
    unsigned in = ~(unsigned)_mm256_movemask_ps(_mm256_castsi256_ps(out)) & 255;
    return ((unsigned)_mm256_movemask_ps(_mm256_castsi256_ps(may)) & in) | in << 8;
}
#else
#define words8_fast words8
#endif

/* Is one of the words [i, i + n), at most eight, of the part, and begins from `from` to `to`? Those are counted in *in. Told is the
 * one nearest to the anchor; else UINT32_MAX. */
static inline uint32_t find8(const struct spotting *g, const struct spot_near *near, size_t i, size_t n, uint32_t from, uint32_t to, unsigned *in)
{
    const uint32_t *keys = g->table->keys + near->first_key;
    unsigned bits = g->way == SPOT_PLAIN ? words8(g->s, keys - SPOT_FILTER, i, from, to) : words8_fast(g->s, keys - SPOT_FILTER, i, from, to);
    bits &= ((1u << n) - 1) * 0x101;
    *in = bits >> 8;
    for (bits &= 255; bits;) {
        unsigned k = near->is_before ? 31 - (unsigned)__builtin_clz(bits) : (unsigned)__builtin_ctz(bits);
        if (is_of(g->s, keys, near->mask, i + k))
            return g->s->begins[i + k];
        bits &= ~(1u << k);
    }
    return UINT32_MAX;
}

/* Does a word or sign of the part begin so near? The word `first` is the first that begins at `at` or behind it. No other word
 * begins further away and in the same sentence, if that of the nearest is another. */
static bool has_before(struct spotting *g, const struct spot_near *near, size_t first, uint32_t at)
{
    uint32_t limit = at > near->reach ? at - near->reach : 0, found = UINT32_MAX;
    unsigned in = 1;
    for (size_t i = first, n; found == UINT32_MAX && in && i > 1; i -= n) {
        n = i > 8 ? 8 : i - 1;
        found = find8(g, near, i - n, n, limit, at, &in);
        g->s->work += (unsigned)__builtin_popcount(in);
    }
    if (found != UINT32_MAX && (!near->in_sentence || sentence_from(g, found, at) == found))
        return true;
    return near->has_signs && has_sign(g, near, near->in_sentence ? sentence_from(g, limit, at) : limit, at);
}

static bool has_behind(struct spotting *g, const struct spot_near *near, size_t first, uint32_t at)
{
    const struct spots *s = g->s;
    uint32_t limit = at + near->reach, found = UINT32_MAX;
    size_t count = s->words_count;
    unsigned in = 1;
    for (size_t i = first + (first < count && s->begins[first] == at), n; found == UINT32_MAX && in && i < count; i += n) {
        n = count - i > 8 ? 8 : count - i;
        found = find8(g, near, i, n, at, limit, &in);
        g->s->work += (unsigned)__builtin_popcount(in);
    }
    if (found != UINT32_MAX && (!near->in_sentence || sentence_until(g, at, found) >= found))
        return true;
    return near->has_signs && has_sign(g, near, at + 1, (near->in_sentence ? sentence_until(g, at, limit) : limit) + 1);
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
