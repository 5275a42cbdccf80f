/* pattern_places.c - where in a text matches may begin: sixty-four bytes at a time and without a branch for each. */
#include "filters/detect/pattern_parts.h"

#if defined(__x86_64__)
#define PLACES_X86
#include <immintrin.h>
#endif

/* The bit of a kind of eight bytes, of which the kinds of the first one are the lowest eight bits. */
static uint64_t of_eight(uint64_t kinds, unsigned kind)
{
    return (kinds >> kind & 0x0101010101010101u) * 0x0102040810204080u >> 56;
}

static void see_portable(const struct pattern_begin *b, const char *p, struct pattern_seen *s)
{
    *s = (struct pattern_seen){ .words = UINT64_MAX };
    uint64_t rare = 0, visible = 0; /* behind the last place */
    for (unsigned at = 0; at < BEGIN_STRETCH + BEGIN_BYTES; at += 8) {
        uint64_t kinds = 0;
        for (unsigned i = 0; i < 8; i++)
            kinds |= (uint64_t)b->kinds[(unsigned char)p[at + i]] << 8 * i;
        for (unsigned i = 0; at < BEGIN_STRETCH && i < BEGIN_KINDS; i++)
            s->kinds[i] |= of_eight(kinds, i) << at;
        if (at >= BEGIN_STRETCH) {
            rare |= of_eight(kinds, BEGIN_KIND_RARE) << (at - BEGIN_STRETCH);
            visible |= of_eight(kinds, BEGIN_KIND_VISIBLE) << (at - BEGIN_STRETCH);
        }
    }
    s->rare_later = s->kinds[BEGIN_KIND_RARE] >> (HEAD_RARE - 1) | rare << (BEGIN_STRETCH - (HEAD_RARE - 1));
    s->visible_later = s->kinds[BEGIN_KIND_VISIBLE] >> (HEAD_RUN - 1) | visible << (BEGIN_STRETCH - (HEAD_RUN - 1));
}

#ifdef PLACES_X86
__attribute__((target("avx2"))) static inline __m256i load32(const char *p)
{
    return _mm256_loadu_si256((const __m256i *)(const void *)p);
}

__attribute__((target("avx2"))) static inline __m256i row16(const uint8_t *row)
{
    return _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)row));
}

/* A byte is in the set if the bit of its upper half is set in the row of its lower half. */
__attribute__((target("avx2"))) static inline uint64_t has32(const uint8_t halves[2][16], __m256i v)
{
    const __m256i bits = _mm256_set1_epi64x((long long)0x8040201008040201u);
    __m256i bit = _mm256_shuffle_epi8(bits, _mm256_and_si256(_mm256_srli_epi16(v, 4), _mm256_set1_epi8(7)));
    /* a byte from 128 on picks nothing of a row */
    __m256i row = _mm256_or_si256(_mm256_shuffle_epi8(row16(halves[0]), v),
                                  _mm256_shuffle_epi8(row16(halves[1]), _mm256_xor_si256(v, _mm256_set1_epi8((char)0x80))));
    return (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_and_si256(row, bit), bit));
}

__attribute__((target("avx2"))) static inline uint64_t has64(const uint8_t halves[2][16], const char *p)
{
    return has32(halves, load32(p)) | has32(halves, load32(p + 32)) << 32;
}

__attribute__((target("avx2"))) static void see_avx2(const struct pattern_begin *b, const char *p, struct pattern_seen *s)
{
    for (unsigned i = 0; i < BEGIN_KINDS; i++)
        s->kinds[i] = has64(b->halves[i], p);
    s->rare_later = has64(b->halves[BEGIN_KIND_RARE], p + HEAD_RARE - 1);
    s->visible_later = has64(b->halves[BEGIN_KIND_VISIBLE], p + HEAD_RUN - 1);
    s->words = UINT64_MAX;
}

#define AVX512 __attribute__((target("avx512vbmi,avx512bw")))
AVX512 static inline __m512i of_table(const uint8_t table[256], __m512i v)
{
    __m512i ascii = _mm512_permutex2var_epi8(_mm512_loadu_si512(table), v, _mm512_loadu_si512(table + 64));
    __m512i other = _mm512_permutex2var_epi8(_mm512_loadu_si512(table + 128), v, _mm512_loadu_si512(table + 192));
    return _mm512_mask_blend_epi8(_mm512_movepi8_mask(v), ascii, other);
}

/* Where behind two bytes a third one stands as in a word, without case. */
AVX512 static inline uint64_t thirds_in(const uint8_t thirds[128], const char *p)
{
    const __m512i bits = _mm512_set1_epi64((long long)0x8040201008040201u), fold = _mm512_set1_epi8(0x20);
    __m512i first = _mm512_or_si512(_mm512_loadu_si512(p), fold), second = _mm512_or_si512(_mm512_loadu_si512(p + 1), fold);
    __m512i third = _mm512_and_si512(_mm512_loadu_si512(p + 2), _mm512_set1_epi8(7));
    second = _mm512_add_epi8(second, second);
    second = _mm512_add_epi8(second, second);
    __m512i row = _mm512_permutex2var_epi8(_mm512_loadu_si512(thirds), _mm512_xor_si512(first, second), _mm512_loadu_si512(thirds + 64));
    return _mm512_test_epi8_mask(row, _mm512_shuffle_epi8(bits, third));
}

AVX512 static void see_avx512(const struct pattern_begin *b, const char *p, struct pattern_seen *s)
{
    __m512i kinds = of_table(b->kinds, _mm512_loadu_si512(p));
    __m512i later = of_table(b->kinds, _mm512_loadu_si512(p + HEAD_RARE - 1));
    for (unsigned i = 0; i < BEGIN_KINDS; i++)
        s->kinds[i] = _mm512_test_epi8_mask(kinds, _mm512_set1_epi8((char)(1 << i)));
    s->rare_later = _mm512_test_epi8_mask(later, _mm512_set1_epi8(BEGIN_IS_RARE));
    s->visible_later = _mm512_cmpgt_epu8_mask(_mm512_loadu_si512(p + HEAD_RUN - 1), _mm512_set1_epi8(' '));
    s->words = thirds_in(b->thirds[0], p) & thirds_in(b->thirds[1], p + 1);
}
#endif

pattern_see_fn *pattern_see(unsigned way)
{
#ifdef PLACES_X86
    if (way == 0)
        return __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512bw") ? see_avx512 : NULL;
    if (way == 1)
        return __builtin_cpu_supports("avx2") ? see_avx2 : NULL;
#endif
    return way + 1 < PATTERN_SEE_WAYS ? NULL : see_portable;
}

static pattern_see_fn *see_best(void)
{
    pattern_see_fn *see = NULL;
    for (unsigned way = 0; !see; way++)
        see = pattern_see(way);
    return see;
}

/* Of `places` those with which a word begins. Four at a time: the end of a loop is dear where there are a few. */
static uint64_t words_of(const struct pattern_begin *b, const char *p, uint64_t places)
{
    const uint64_t last = (uint64_t)1 << (BEGIN_STRETCH - 1);
    uint64_t words = 0;
    for (uint64_t rest = places; rest;)
        for (unsigned i = 0; i < 4; i++, rest &= rest - 1) {
            unsigned at = (unsigned)__builtin_ctzll(rest | last), slot = head_slot(p + at);
            words |= (b->words[slot / 64] >> slot % 64 & 1) << at;
        }
    return words & places;
}

/* What is told of sixty-four places, a bit for each. */
struct told {
    uint64_t before; /* bit 0 is whether the first stands behind a word; then those that do */
    uint64_t words;  /* that may be there only because of a word, of which it is to be asked whether it is one */
    uint64_t heads;  /* only because of their first byte, or of such a word */
};

/* Those with which something may begin as its head tells. */
static uint64_t places_in(const struct pattern_begin *b, pattern_see_fn *see, const char *p, uint64_t headed, struct told *told)
{
    struct pattern_seen s;
    see(b, p, &s);
    uint64_t rare = s.kinds[BEGIN_KIND_RARE], rare_later = s.rare_later, run = s.kinds[BEGIN_KIND_VISIBLE], run_later = s.visible_later;
    for (unsigned k = 1; k < HEAD_RARE; k *= 2) {
        rare |= rare >> k;
        rare_later |= rare_later << k;
    }
    /* so many in a row: what is beyond the last place is only in run_later */
    for (unsigned k = 1; k < 8; k *= 2) {
        run &= run >> k | ~(UINT64_MAX >> k);
        run_later &= run_later << k | (((uint64_t)1 << k) - 1);
    }
    run &= run >> (HEAD_RUN - 8) | ~(UINT64_MAX >> (HEAD_RUN - 8));
    run_later &= run_later << (HEAD_RUN - 8) | (((uint64_t)1 << (HEAD_RUN - 8)) - 1);
    told->before |= s.kinds[BEGIN_KIND_WORD] << 1;
    uint64_t places = (told->before & s.kinds[BEGIN_KIND_BEHIND_WORD]) | (~told->before & s.kinds[BEGIN_KIND_BEHIND_OTHER]);
    uint64_t sure = places & (rare | rare_later | (run & run_later) | ~headed);
    told->words = words_of(b, p, places & ~sure & s.words);
    told->heads = places & ~sure & s.kinds[BEGIN_KIND_HEAD];
    return sure | told->words | told->heads;
}

/* A place that may be there only because of a word stays if that is one, or for its first byte. */
static bool is_kept(const struct pattern_begin *b, const char *p, uint16_t *at)
{
    bool is_word = (*at >> BEGIN_WORD_LOG2 & 1) && head_is_word(b, p + (*at & BEGIN_PLACE));
    if (is_word)
        *at &= (uint16_t)~(1U << BEGIN_HEAD_LOG2);
    return is_word || !(*at >> BEGIN_WORD_LOG2 & 1) || (*at >> BEGIN_HEAD_LOG2 & 1);
}

/* Of the places, those of which a row says yes to all of the first bytes. Most are gone after half of them. */
static size_t sift(const struct pattern_begin *b, const char *p, struct pattern_places *s, size_t count)
{
    size_t half = 0, kept = 0;
    for (size_t i = 0; i < count; i++) {
        const unsigned char *q = (const unsigned char *)p + (s->at[i] & BEGIN_PLACE);
        const struct pattern_begin_table *table = &b->tables[b->table_of[q[0]]];
        const uint64_t(*rows)[256] = table->rows;
        uint64_t left = table->first[s->at[i] >> BEGIN_PLACE_LOG2 & 1][q[0]] & rows[1][q[1]] & rows[2][q[2]] & rows[3][q[3]] & rows[4][q[4]] &
                        rows[5][q[5]] & rows[6][q[6]] & rows[7][q[7]];
        s->at[half] = s->at[i];
        s->rows[half] = left;
        half += left != 0;
    }
    for (size_t i = 0; i < half; i++) {
        const unsigned char *q = (const unsigned char *)p + (s->at[i] & BEGIN_PLACE);
        const uint64_t(*rows)[256] = b->tables[b->table_of[q[0]]].rows;
        uint64_t left = s->rows[i] & rows[8][q[8]] & rows[9][q[9]] & rows[10][q[10]] & rows[11][q[11]] & rows[12][q[12]] &
                        rows[13][q[13]] & rows[14][q[14]] & rows[15][q[15]];
        s->at[kept] = s->at[i];
        s->rows[kept] = left;
        kept += left != 0 && is_kept(b, p, &s->at[kept]);
    }
    return kept;
}

/* The same near to the end of a text of `n` bytes, for the places from `first` on. */
static size_t sift_end(const struct pattern_begin *b, const char *p, size_t n, struct pattern_places *s, size_t first, size_t count, size_t kept)
{
    for (size_t i = first; i < count; i++) {
        size_t at = s->at[i] & BEGIN_PLACE, seen = n - at < BEGIN_BYTES ? n - at : BEGIN_BYTES;
        const unsigned char *q = (const unsigned char *)p + at;
        const struct pattern_begin_table *table = &b->tables[b->table_of[q[0]]];
        uint64_t left = table->first[s->at[i] >> BEGIN_PLACE_LOG2 & 1][q[0]];
        for (size_t k = 1; k < seen && left; k++)
            left &= table->rows[k][q[k]];
        s->at[kept] = s->at[i];
        s->rows[kept] = left;
        kept += left != 0;
    }
    return kept;
}

/* Adds the places of `mask`, with what stands before them, to the first `count`. */
static size_t add_places(struct pattern_places *s, size_t count, size_t from, uint64_t mask, const struct told *told)
{
    const uint64_t last = (uint64_t)1 << (BEGIN_STRETCH - 1);
    while (mask)
        for (unsigned i = 0; i < 4; i++, mask &= mask - 1) { /* as in words_of */
            unsigned at = (unsigned)__builtin_ctzll(mask | last);
            s->at[count] = (uint16_t)((from + at) | (told->before >> at & 1) << BEGIN_PLACE_LOG2 | (told->words >> at & 1) << BEGIN_WORD_LOG2 |
                                      (told->heads >> at & 1) << BEGIN_HEAD_LOG2);
            count += mask != 0;
        }
    return count;
}

static uint64_t first_bits(size_t n)
{
    return n < 64 ? ((uint64_t)1 << n) - 1 : UINT64_MAX;
}

/* All of it is too near to the end for heads to tell anything, as a word of a stream is: only the bytes themselves do. */
static size_t find_short(const struct pattern_begin *b, const char *p, size_t n, bool is_behind_word, struct pattern_places *s)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        unsigned kinds = b->kinds[(unsigned char)p[i]];
        s->at[count] = (uint16_t)(i | (size_t)is_behind_word << BEGIN_PLACE_LOG2);
        count += (kinds & (is_behind_word ? BEGIN_BEHIND_WORD : BEGIN_BEHIND_OTHER)) != 0;
        is_behind_word = kinds & BEGIN_IS_WORD;
    }
    return sift_end(b, p, n, s, 0, count, 0);
}

void pattern_begin_find(const struct pattern_begin *b, struct str text, size_t from, struct pattern_places *s)
{
    const char *p = text.at + from;
    const size_t n = text.len - from;
    struct told told = { .before = from && (b->kinds[(unsigned char)p[-1]] & BEGIN_IS_WORD) };
    size_t count = 0, whole;
    s->from = from;
    s->bytes = n < BEGIN_BATCH ? n : BEGIN_BATCH;
    if (n < BEGIN_BYTES) {
        s->count = find_short(b, p, n, told.before, s);
        return;
    }
    pattern_see_fn *see = see_best();
    for (size_t at = 0; at < s->bytes; at += BEGIN_STRETCH) {
        char end[BEGIN_STRETCH + BEGIN_BYTES] = { 0 };
        const char *q = p + at;
        if (n - at < sizeof end)
            q = memcpy(end, q, n - at);
        uint64_t headed = n - at < BEGIN_BYTES ? 0 : first_bits(n - at - BEGIN_BYTES + 1);
        uint64_t mask = places_in(b, see, q, headed, &told) & first_bits(n - at);
        count = add_places(s, count, at, mask, &told);
        told.before = b->kinds[(unsigned char)q[BEGIN_STRETCH - 1]] & BEGIN_IS_WORD;
    }
    for (whole = count; whole && n - (s->at[whole - 1] & BEGIN_PLACE) < BEGIN_BYTES;)
        whole--;
    s->count = sift_end(b, p, n, s, whole, count, sift(b, p, s, whole));
}
