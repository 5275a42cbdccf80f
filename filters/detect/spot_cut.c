/* spot_cut.c - a text cut into words, eight of which are hashed at a time, and those told that may be anchors. */
#include "filters/detect/spot_parts.h"

bool spot_has_room(const struct spots *s)
{
    return s->words_count < SPOT_WORDS - 2 * SPOT_BLOCK && s->signs_count < SPOT_SIGNS - 2 * SPOT_BLOCK;
}

static inline void add_word(struct spots *s, size_t at, size_t end)
{
    s->begins[s->words_count] = (uint32_t)at;
    s->ends[s->words_count++] = (uint32_t)end;
}

static inline bool is_sign(const struct spot_table *t, unsigned char c)
{
    return c < 0x80 && t->sign_rows[c & 15] >> (c >> 4) & 1;
}

/* Text that is not all ASCII, or a long word: as far as `until`, and the word there to its end. */
static size_t cut_slowly(const struct spotting *g, size_t i, size_t until)
{
    while (i < g->text.len && i < until) {
        size_t end = word_token_end(g->table->letters, g->text, i);
        if (end > i)
            add_word(g->s, i, end);
        else if (is_sign(g->table, (unsigned char)g->text.at[i]))
            g->s->signs[g->s->signs_count++] = (uint32_t)i;
        i = end + (end == i);
    }
    return i;
}

static void hash_slowly(const struct spotting *g)
{
    struct spots *s = g->s;
    s->maybes_count = 0;
    for (size_t i = s->hashed; i < s->words_count; i++) {
        s->hashes[i] = spot_hash(g->text.at + s->begins[i], s->ends[i] - s->begins[i]);
        s->pairs[i] = word_pair(s->hashes[i - 1], s->hashes[i]);
        uint32_t may = spot_bit(g->table->may_be, s->hashes[i]) | spot_bit(g->table->may_pair, s->pairs[i]) << 1;
        s->maybes[s->maybes_count] = (uint32_t)i << SPOT_MAYBE_SHIFT | may;
        s->maybes_count += may != 0;
    }
}

#ifdef SPOT_X86
#define TARGET512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512vbmi2,bmi,bmi2,popcnt")))

/* 64 bytes, bit by bit. */
struct cut_bits {
    uint64_t words, signs; /* what words are made of; signs that may be anchors or heralds */
    bool is_ascii;
};

TARGET static inline uint32_t classify32(const uint8_t rows[16], const char *at, uint32_t *signs, uint32_t *more)
{
    const __m256i row = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)rows));
    const __m256i bit = _mm256_set1_epi64x((long long)0x8040201008040201);
    __m256i v = _mm256_loadu_si256((const __m256i *)(const void *)at);
    __m256i letter = _mm256_sub_epi8(v, _mm256_set1_epi8('a')), digit = _mm256_sub_epi8(v, _mm256_set1_epi8('0'));
    letter = _mm256_cmpeq_epi8(_mm256_min_epu8(letter, _mm256_set1_epi8('z' - 'a')), letter);
    digit = _mm256_cmpeq_epi8(_mm256_min_epu8(digit, _mm256_set1_epi8('9' - '0')), digit);
    __m256i word = _mm256_or_si256(_mm256_or_si256(letter, digit), _mm256_cmpeq_epi8(v, _mm256_set1_epi8('_')));
    __m256i upper = _mm256_shuffle_epi8(bit, _mm256_and_si256(_mm256_srli_epi16(v, 4), _mm256_set1_epi8(15)));
    __m256i sign = _mm256_cmpeq_epi8(_mm256_and_si256(_mm256_shuffle_epi8(row, v), upper), upper);
    *signs = (uint32_t)_mm256_movemask_epi8(sign);
    *more |= (uint32_t)_mm256_movemask_epi8(v);
    return (uint32_t)_mm256_movemask_epi8(word);
}

TARGET static inline struct cut_bits classify(const struct spotting *g, size_t i)
{
    uint32_t signs[2], more = 0;
    uint64_t words = classify32(g->table->sign_rows, g->text.at + i, &signs[0], &more);
    words |= (uint64_t)classify32(g->table->sign_rows, g->text.at + i + 32, &signs[1], &more) << 32;
    return (struct cut_bits){ words, signs[0] | (uint64_t)signs[1] << 32, !more };
}

TARGET512 static inline struct cut_bits classify512(const struct spotting *g, size_t i)
{
    const __m512i row = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)(const void *)g->table->sign_rows));
    const __m512i bit = _mm512_set1_epi64((long long)0x8040201008040201);
    __m512i v = _mm512_loadu_si512(g->text.at + i);
    uint64_t words = _mm512_cmple_epu8_mask(_mm512_sub_epi8(v, _mm512_set1_epi8('a')), _mm512_set1_epi8('z' - 'a'));
    words |= _mm512_cmple_epu8_mask(_mm512_sub_epi8(v, _mm512_set1_epi8('0')), _mm512_set1_epi8('9' - '0'));
    words |= _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8('_'));
    __m512i upper = _mm512_shuffle_epi8(bit, _mm512_and_si512(_mm512_srli_epi16(v, 4), _mm512_set1_epi8(15)));
    return (struct cut_bits){ words, _mm512_test_epi8_mask(_mm512_shuffle_epi8(row, v), upper), !_mm512_movepi8_mask(v) };
}

/* Where each of the bits stands, from `i` on; how many there are. Room for as many as `at_once` says is written to. */
enum { BITS_AT_ONCE = 12 }; /* most blocks have no more words */
static_assert(SPOT_BLOCK + BITS_AT_ONCE <= 2 * SPOT_BLOCK, "spot_has_room leaves room for those of a block");

TARGET static inline size_t list_bits(uint32_t *to, uint64_t bits, size_t i, size_t at_once)
{
    size_t n = (size_t)__builtin_popcountll(bits);
    do {
        for (size_t k = 0; k < at_once; k++) {
            *to++ = (uint32_t)(i + _tzcnt_u64(bits));
            bits = _blsr_u64(bits);
        }
    } while (bits);
    return n;
}

TARGET512 static inline size_t list_bits512(uint32_t *to, uint64_t bits, size_t i)
{
    const __m512i nth = _mm512_set_epi8(63, 62, 61, 60, 59, 58, 57, 56, 55, 54, 53, 52, 51, 50, 49, 48, 47, 46, 45, 44, 43, 42, 41, 40, 39,
                                        38, 37, 36, 35, 34, 33, 32, 31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16, 15, 14,
                                        13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    size_t n = (size_t)__builtin_popcountll(bits);
    __m512i at = _mm512_maskz_compress_epi8(bits, nth), from = _mm512_set1_epi32((int)i);
    _mm512_storeu_si512(to, _mm512_add_epi32(_mm512_cvtepu8_epi32(_mm512_castsi512_si128(at)), from));
    for (size_t k = 16; k < n; k += 16) {
        at = _mm512_shuffle_i32x4(at, at, 0x39);
        _mm512_storeu_si512(to + k, _mm512_add_epi32(_mm512_cvtepu8_epi32(_mm512_castsi512_si128(at)), from));
    }
    return n;
}

/* From a place that no word crosses, as long as there is ASCII, 64 bytes at a time, which may be read behind the text as well;
 * returns how far it came, which no word crosses either. */
#define CUT(CLASSIFY, LIST_WORDS, LIST_SIGNS)                                                                                  \
    struct spots *s = g->s;                                                                                                    \
    while (i < g->text.len && spot_has_room(s)) {                                                                              \
        struct cut_bits b = CLASSIFY(g, i);                                                                                    \
        if (!b.is_ascii)                                                                                                       \
            break;                                                                                                             \
        size_t limit = g->text.len - i < SPOT_BLOCK ? g->text.len - i : SPOT_BLOCK;                                            \
        uint64_t words = b.words & UINT64_MAX >> (SPOT_BLOCK - limit), signs = b.signs & UINT64_MAX >> (SPOT_BLOCK - limit);   \
        if (words >> 63) { /* a word that goes on: it is taken from its beginning next time */                                 \
            limit = ~words ? SPOT_BLOCK - (size_t)__builtin_clzll(~words) : 0;                                                 \
            if (!limit)                                                                                                        \
                break;                                                                                                         \
            words &= UINT64_MAX >> (SPOT_BLOCK - limit);                                                                       \
        }                                                                                                                      \
        LIST_WORDS(s->ends + s->words_count, ~words & words << 1, i);                                                          \
        s->words_count += LIST_WORDS(s->begins + s->words_count, words & ~(words << 1), i);                                    \
        s->signs_count += LIST_SIGNS(s->signs + s->signs_count, signs, i);                                                     \
        i += limit;                                                                                                            \
    }                                                                                                                          \
    return i
#define LIST_WORDS(to, bits, i) list_bits(to, bits, i, BITS_AT_ONCE)
#define LIST_SIGNS(to, bits, i) list_bits(to, bits, i, 4)

TARGET static size_t cut_fast(const struct spotting *g, size_t i)
{
    CUT(classify, LIST_WORDS, LIST_SIGNS);
}

TARGET512 static size_t cut_faster(const struct spotting *g, size_t i)
{
    CUT(classify512, list_bits512, list_bits512);
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
    size_t maybes = 0;
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

enum spot_way spot_way(void)
{
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("bmi") || !__builtin_cpu_supports("bmi2") ||
        !__builtin_cpu_supports("popcnt"))
        return SPOT_PLAIN;
    return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vbmi2") ? SPOT_AVX512
                                                                                                                           : SPOT_AVX2;
}
#else
enum spot_way spot_way(void)
{
    return SPOT_PLAIN;
}
#define cut_fast(g, i) (i)
#define cut_faster(g, i) (i)
#define hash_fast hash_slowly
#endif

size_t spot_cut(const struct spotting *g, size_t i)
{
    size_t from = i;
    assert(spot_has_room(g->s)); /* for what is cut slowly: that is one block or one word */
    i = g->way == SPOT_AVX512 ? cut_faster(g, i) : g->way == SPOT_AVX2 ? cut_fast(g, i) : i;
    return cut_slowly(g, i, i + (i == from ? SPOT_BLOCK : 1));
}

void spot_hash_words(const struct spotting *g)
{
    if (g->way != SPOT_PLAIN)
        hash_fast(g);
    else
        hash_slowly(g);
    g->s->hashed = g->s->words_count;
}
