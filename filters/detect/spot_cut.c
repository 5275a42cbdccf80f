/* spot_cut.c - a text cut into words, eight of which are hashed at a time, and those told that may be anchors. */
#include "filters/detect/spot_parts.h"

#if defined(__x86_64__) && defined(__GNUC__)
#define SPOT_X86 1
#include <immintrin.h>
#endif

bool spot_has_room(const struct spots *s)
{
    return s->words_count < SPOT_WORDS - 2 * SPOT_BLOCK && s->signs_count < SPOT_SIGNS - 2 * SPOT_BLOCK;
}

static inline void add_sign(const struct spot_table *t, struct spots *s, const char *text, size_t at, size_t nth)
{
    unsigned char c = (unsigned char)text[at], next = (unsigned char)text[at + 1]; /* there is room behind the text */
    s->signs[s->signs_count] = (struct spot_sign){ (uint32_t)at, (uint32_t)nth };
    s->signs_count += t->signs[c][next / 64] >> (next & 63) & 1;
}

static inline void add_word(struct spots *s, size_t at, size_t end)
{
    s->begins[s->words_count] = (uint32_t)at;
    s->ends[s->words_count++] = (uint32_t)end;
}

/* Text that is not all ASCII, or a long word: as far as `until`, and the word there to its end. */
static size_t cut_slowly(const struct spotting *g, size_t i, size_t until)
{
    while (i < g->text.len && i < until) {
        size_t end = word_token_end(g->table->letters, g->text, i);
        if (end > i)
            add_word(g->s, i, end);
        else if ((unsigned char)g->text.at[i] < 0x80)
            add_sign(g->table, g->s, g->text.at, i, g->s->words_count);
        i = end + (end == i);
    }
    return i;
}

static void hash_slowly(const struct spotting *g)
{
    struct spots *s = g->s;
    for (size_t i = s->hashed; i < s->words_count; i++) {
        s->hashes[i] = spot_hash(g->text.at + s->begins[i], s->ends[i] - s->begins[i]);
        s->pairs[i] = word_pair(s->hashes[i - 1], s->hashes[i]);
        uint32_t may = spot_bit(g->table->may_be, s->hashes[i]) | spot_bit(g->table->may_pair, s->pairs[i]) << 1;
        s->maybes[s->maybes_count] = (uint32_t)i << SPOT_MAYBE_SHIFT | may;
        s->maybes_count += may != 0;
    }
}

#ifdef SPOT_X86
#define TARGET __attribute__((target("avx2,bmi,bmi2,popcnt")))

TARGET static inline uint32_t classify32(const char *at, uint32_t *blank, uint32_t *more)
{
    __m256i v = _mm256_loadu_si256((const __m256i *)(const void *)at);
    __m256i letter = _mm256_sub_epi8(v, _mm256_set1_epi8('a')), digit = _mm256_sub_epi8(v, _mm256_set1_epi8('0'));
    letter = _mm256_cmpeq_epi8(_mm256_min_epu8(letter, _mm256_set1_epi8('z' - 'a')), letter);
    digit = _mm256_cmpeq_epi8(_mm256_min_epu8(digit, _mm256_set1_epi8('9' - '0')), digit);
    __m256i word = _mm256_or_si256(_mm256_or_si256(letter, digit), _mm256_cmpeq_epi8(v, _mm256_set1_epi8('_')));
    *blank = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(v, _mm256_set1_epi8(' ')));
    *more |= (uint32_t)_mm256_movemask_epi8(v);
    return (uint32_t)_mm256_movemask_epi8(word);
}

enum { WORDS_AT_ONCE = 12 }; /* most blocks have no more */
static_assert(SPOT_BLOCK / 2 + WORDS_AT_ONCE <= 2 * SPOT_BLOCK, "spot_has_room leaves room for those of a block");

/* From a place that no word crosses, as long as there is ASCII, 64 bytes at a time, which may be read behind the text as well;
 * returns how far it came, which no word crosses either. */
TARGET static size_t cut_fast(const struct spotting *g, size_t i)
{
    const struct str text = g->text;
    struct spots *s = g->s;
    while (i < text.len && spot_has_room(s)) {
        uint32_t blank[2], more = 0;
        uint64_t words = classify32(text.at + i, &blank[0], &more);
        words |= (uint64_t)classify32(text.at + i + 32, &blank[1], &more) << 32;
        if (more)
            break;
        size_t limit = text.len - i < SPOT_BLOCK ? text.len - i : SPOT_BLOCK, n = s->words_count;
        uint64_t here = UINT64_MAX >> (SPOT_BLOCK - limit), signs = ~(words | blank[0] | (uint64_t)blank[1] << 32) & here;
        words &= here;
        if (words >> 63) { /* a word that goes on: it is taken from its beginning next time */
            limit = ~words ? SPOT_BLOCK - (size_t)__builtin_clzll(~words) : 0;
            if (!limit)
                break;
            words &= UINT64_MAX >> (SPOT_BLOCK - limit);
        }
        uint64_t starts = words & ~(words << 1), ends = ~words & words << 1;
        for (; signs; signs &= signs - 1) {
            size_t at = (size_t)__builtin_ctzll(signs);
            add_sign(g->table, s, text.at, i + at, n + (size_t)__builtin_popcountll(starts & (((uint64_t)1 << at) - 1)));
        }
        s->words_count = n + (size_t)__builtin_popcountll(starts);
        for (uint32_t *begin = s->begins + n, *end = s->ends + n; starts; begin += WORDS_AT_ONCE, end += WORDS_AT_ONCE) {
            for (size_t k = 0; k < WORDS_AT_ONCE; k++) { /* those behind the last are overwritten; there is room */
                begin[k] = (uint32_t)(i + _tzcnt_u64(starts));
                end[k] = (uint32_t)(i + _tzcnt_u64(ends));
                starts = _blsr_u64(starts);
                ends = _blsr_u64(ends);
            }
        }
        i += limit;
    }
    return i;
}

TARGET static inline __m256i load8(const uint32_t *at)
{
    return _mm256_loadu_si256((const __m256i *)(const void *)at);
}

/* spot_hash of four words. */
TARGET static inline __m128i hash4(const char *text, __m128i begin, __m128i bytes)
{
    const __m128i eight = _mm_set1_epi32(8);
    __m128i more = _mm_sub_epi32(_mm_max_epi32(bytes, eight), eight);
    __m128i bits = _mm_slli_epi32(_mm_sub_epi32(eight, _mm_min_epi32(bytes, eight)), 3);
    __m256i mask = _mm256_srlv_epi64(_mm256_set1_epi64x(-1), _mm256_cvtepi32_epi64(bits));
    __m256i first = _mm256_i32gather_epi64((const long long *)(const void *)text, begin, 1);
    __m256i last = _mm256_i32gather_epi64((const long long *)(const void *)text, _mm_add_epi32(begin, more), 1);
    first = _mm256_and_si256(first, mask);
    last = _mm256_and_si256(last, mask);
    __m256i v = _mm256_xor_si256(first, _mm256_srli_epi64(last, 1));
    __m256i h = _mm256_xor_si256(_mm256_mul_epu32(v, _mm256_set1_epi64x(SPOT_HASH_LOW)),
                                 _mm256_mul_epu32(_mm256_srli_epi64(v, 32), _mm256_set1_epi64x(SPOT_HASH_HIGH)));
    h = _mm256_xor_si256(h, _mm256_srli_epi64(h, 32));
    return _mm256_castsi256_si128(_mm256_permutevar8x32_epi32(h, _mm256_setr_epi32(0, 2, 4, 6, 0, 2, 4, 6)));
}

/* spot_bit of eight hashes, in the lowest bit of each. */
TARGET static inline __m256i bit8(const uint32_t *bits, __m256i hash)
{
    const __m256i low = _mm256_set1_epi32(31);
    __m256i word = _mm256_i32gather_epi32((const int *)(const void *)bits, _mm256_srli_epi32(hash, 32 + 5 - SPOT_BITS), 4);
    return _mm256_and_si256(_mm256_srlv_epi32(word, _mm256_and_si256(hash, low)),
                            _mm256_srlv_epi32(word, _mm256_and_si256(_mm256_srli_epi32(hash, 5), low)));
}

/* Those of four whose bits are set, one after the other; how many there are. */
TARGET static inline size_t keep4(uint32_t *to, __m128i v, unsigned which)
{
#define L(k) 4 * (k), 4 * (k) + 1, 4 * (k) + 2, 4 * (k) + 3
    static const uint8_t ORDERS[16][16] = {
        { 0 }, { L(0) }, { L(1) }, { L(0), L(1) }, { L(2) }, { L(0), L(2) }, { L(1), L(2) }, { L(0), L(1), L(2) },
        { L(3) }, { L(0), L(3) }, { L(1), L(3) }, { L(0), L(1), L(3) }, { L(2), L(3) }, { L(0), L(2), L(3) },
        { L(1), L(2), L(3) }, { L(0), L(1), L(2), L(3) },
    };
#undef L
    _mm_storeu_si128((__m128i *)(void *)to, _mm_shuffle_epi8(v, _mm_loadu_si128((const __m128i *)(const void *)ORDERS[which])));
    return (size_t)__builtin_popcount(which);
}

/* As hash_slowly. Of words behind the last one nothing is known but that there is room for them. */
TARGET static void hash_fast(const struct spotting *g)
{
    struct spots *s = g->s;
    const __m256i nth = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    size_t maybes = s->maybes_count;
    memset(&s->begins[s->words_count], 0, 8 * sizeof *s->begins);
    memset(&s->ends[s->words_count], 0, 8 * sizeof *s->ends);
    for (size_t i = s->hashed; i < s->words_count; i += 4) {
        __m128i begin = _mm_loadu_si128((const __m128i *)(const void *)&s->begins[i]);
        __m128i bytes = _mm_sub_epi32(_mm_loadu_si128((const __m128i *)(const void *)&s->ends[i]), begin);
        _mm_storeu_si128((__m128i *)(void *)&s->hashes[i], hash4(g->text.at, begin, bytes));
    }
    for (size_t i = s->hashed; i < s->words_count; i += 8) {
        __m256i hash = load8(&s->hashes[i]), before = load8(&s->hashes[i - 1]);
        __m256i pair = _mm256_xor_si256(_mm256_mullo_epi32(before, _mm256_set1_epi32((int)WORD_PAIR_FIRST)),
                                        _mm256_add_epi32(hash, _mm256_set1_epi32((int)WORD_PAIR_SECOND)));
        const __m256i one = _mm256_set1_epi32(1);
        __m256i alone = _mm256_and_si256(bit8(g->table->may_be, hash), one), both = _mm256_and_si256(bit8(g->table->may_pair, pair), one);
        __m256i may = _mm256_or_si256(alone, _mm256_slli_epi32(both, 1));
        __m256i maybe = _mm256_or_si256(_mm256_slli_epi32(_mm256_add_epi32(_mm256_set1_epi32((int)i), nth), SPOT_MAYBE_SHIFT), may);
        unsigned none = (unsigned)_mm256_movemask_ps(_mm256_castsi256_ps(_mm256_cmpeq_epi32(may, _mm256_setzero_si256())));
        unsigned found = ~none & (s->words_count - i < 8 ? (1u << (s->words_count - i)) - 1 : 255);
        _mm256_storeu_si256((__m256i *)(void *)&s->pairs[i], pair);
        maybes += keep4(&s->maybes[maybes], _mm256_castsi256_si128(maybe), found & 15);
        maybes += keep4(&s->maybes[maybes], _mm256_extracti128_si256(maybe, 1), found >> 4);
    }
    s->maybes_count = maybes;
}

bool spot_is_fast(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") &&
           __builtin_cpu_supports("popcnt");
}
#else
bool spot_is_fast(void)
{
    return false;
}
#define cut_fast(g, i) (i)
#define hash_fast hash_slowly
#endif

size_t spot_cut(const struct spotting *g, size_t i)
{
    size_t from = i;
    assert(spot_has_room(g->s)); /* for what is cut slowly: that is one block or one word */
    i = g->fast ? cut_fast(g, i) : i;
    return cut_slowly(g, i, i + (i == from ? SPOT_BLOCK : 1));
}

void spot_hash_words(const struct spotting *g)
{
    if (g->fast)
        hash_fast(g);
    else
        hash_slowly(g);
    g->s->hashed = g->s->words_count;
}
