/* pattern_places.c - where in a text matches may begin, sixty-four bytes at a time and without a branch for each. */
#include "filters/detect/pattern_parts.h"

#if defined(__x86_64__)
#define PLACES_X86
#include <immintrin.h>
#endif

/* *before: those that stand behind a word. */
static uint64_t places_of(uint64_t words, uint64_t behind_other, uint64_t behind_word, bool after_word, uint64_t *before)
{
    *before = words << 1 | after_word;
    return (*before & behind_word) | (~*before & behind_other);
}

/* A few bytes, of which no memory behind them is read. */
static uint64_t places_portable(const struct pattern_begin *b, const char *p, size_t n, bool after_word, uint64_t *before)
{
    uint64_t words = 0, behind_other = 0, behind_word = 0;
    for (uint64_t i = 0, bit = 1; i < n; i++, bit <<= 1) {
        unsigned kinds = b->kinds[(unsigned char)p[i]];
        words |= kinds & BEGIN_IS_WORD ? bit : 0;
        behind_other |= kinds & BEGIN_BEHIND_OTHER ? bit : 0;
        behind_word |= kinds & BEGIN_BEHIND_WORD ? bit : 0;
    }
    return places_of(words, behind_other, behind_word, after_word, before);
}

#ifdef PLACES_X86
/* A byte is in the set if the bit of its upper half is set in the row of its lower half. */
__attribute__((target("avx2"))) static inline uint64_t has32(const uint8_t halves[2][16], __m256i v, __m256i bit)
{
    const __m256i ascii = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)halves[0]));
    const __m256i other = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)halves[1]));
    /* a byte from 128 on picks nothing of a row */
    __m256i row = _mm256_or_si256(_mm256_shuffle_epi8(ascii, v),
                                  _mm256_shuffle_epi8(other, _mm256_xor_si256(v, _mm256_set1_epi8((char)0x80))));
    return (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_and_si256(row, bit), bit));
}

__attribute__((target("avx2"))) static uint64_t places_avx2(const struct pattern_begin *b, const char *p, bool after_word,
                                                                       uint64_t *before)
{
    const __m256i bits = _mm256_setr_epi8(1, 2, 4, 8, 16, 32, 64, (char)128, 1, 2, 4, 8, 16, 32, 64, (char)128, 1, 2, 4, 8, 16, 32, 64,
                                          (char)128, 1, 2, 4, 8, 16, 32, 64, (char)128);
    uint64_t has[BEGIN_KINDS] = { 0 };
    for (unsigned half = 0; half < 2; half++) {
        __m256i v = _mm256_loadu_si256((const __m256i *)(const void *)(p + 32 * half));
        __m256i bit = _mm256_shuffle_epi8(bits, _mm256_and_si256(_mm256_srli_epi16(v, 4), _mm256_set1_epi8(7)));
        for (unsigned kind = 0; kind < BEGIN_KINDS; kind++)
            has[kind] |= has32(b->halves[kind], v, bit) << (32 * half);
    }
    return places_of(has[0], has[1], has[2], after_word, before);
}
#endif

static bool is_after_word(const struct pattern_begin *b, struct str text, size_t at)
{
    return at && (b->kinds[(unsigned char)text.at[at - 1]] & BEGIN_IS_WORD);
}

static uint64_t places_in(const struct pattern_begin *b, struct str text, size_t from, uint64_t *before)
{
    size_t n = text.len - from < BEGIN_STRETCH ? text.len - from : BEGIN_STRETCH;
    bool after_word = is_after_word(b, text, from);
#ifdef PLACES_X86
    if (n == BEGIN_STRETCH && __builtin_cpu_supports("avx2"))
        return places_avx2(b, text.at + from, after_word, before);
#endif
    return places_portable(b, text.at + from, n, after_word, before);
}

/* Of `places`, those of which a row says yes to all of the first bytes. Most are gone after half of them. */
static uint64_t sift(const struct pattern_begin *b, const char *p, uint64_t places, uint64_t before, uint64_t left[BEGIN_STRETCH])
{
    uint64_t half = 0, kept = 0;
    for (; places; places &= places - 1) {
        unsigned at = (unsigned)__builtin_ctzll(places);
        const unsigned char *q = (const unsigned char *)p + at;
        const struct pattern_begin_table *table = &b->tables[b->table_of[q[0]]];
        const uint64_t(*rows)[256] = table->rows;
        left[at] = table->first[before >> at & 1][q[0]] & rows[1][q[1]] & rows[2][q[2]] & rows[3][q[3]] & rows[4][q[4]] & rows[5][q[5]] & rows[6][q[6]] &
                   rows[7][q[7]];
        half |= (uint64_t)(left[at] != 0) << at;
    }
    for (; half; half &= half - 1) {
        unsigned at = (unsigned)__builtin_ctzll(half);
        const unsigned char *q = (const unsigned char *)p + at;
        const uint64_t(*rows)[256] = b->tables[b->table_of[q[0]]].rows;
        left[at] &= rows[8][q[8]] & rows[9][q[9]] & rows[10][q[10]] & rows[11][q[11]] & rows[12][q[12]] &
                    rows[13][q[13]] & rows[14][q[14]] & rows[15][q[15]];
        kept |= (uint64_t)(left[at] != 0) << at;
    }
    return kept;
}

/* The same near to the end, of `n` bytes that are left. */
static uint64_t sift_end(const struct pattern_begin *b, const char *p, size_t n, uint64_t places, uint64_t before,
                         uint64_t left[BEGIN_STRETCH])
{
    uint64_t kept = 0;
    for (; places; places &= places - 1) {
        unsigned at = (unsigned)__builtin_ctzll(places);
        const unsigned char *q = (const unsigned char *)p + at;
        size_t seen = n - at < BEGIN_BYTES ? n - at : BEGIN_BYTES;
        const struct pattern_begin_table *table = &b->tables[b->table_of[q[0]]];
        const uint64_t(*rows)[256] = table->rows;
        uint64_t all = table->first[before >> at & 1][q[0]];
        for (size_t i = 1; i < seen && all; i++)
            all &= rows[i][q[i]];
        left[at] = all;
        kept |= (uint64_t)(all != 0) << at;
    }
    return kept;
}

uint64_t pattern_begin_find(const struct pattern_begin *begin, struct str text, size_t from, uint64_t rows[BEGIN_STRETCH])
{
    const char *p = text.at + from;
    size_t n = text.len - from;
    uint64_t before, places = places_in(begin, text, from, &before), whole = UINT64_MAX; /* behind which there are bytes enough */
    if (n < BEGIN_STRETCH + BEGIN_BYTES)
        whole = n < BEGIN_BYTES ? 0 : UINT64_MAX >> (BEGIN_STRETCH + BEGIN_BYTES - 1 - n);
    uint64_t kept = sift(begin, p, places & whole, before, rows);
    return places & ~whole ? kept | sift_end(begin, p, n, places & ~whole, before, rows) : kept;
}
