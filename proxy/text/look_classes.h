/* look_classes.h - private to look.c: what each of sixty-four bytes is, as masks of 64 bits, in the ways that machines have. */
#ifndef TEXT_LOOK_CLASSES_H
#define TEXT_LOOK_CLASSES_H

#include "proxy/text/view_parts.h"

#if defined(__x86_64__) && defined(__GNUC__)
#define LOOK_X86 1
#include <immintrin.h>
#endif

/* `odd`: not all is printable ASCII or white space. */
struct masks {
    uint64_t letter, digit, run, rare;
    bool odd;
};

/* A byte's classes are LOW[byte & 15] & HIGH[byte >> 4]: two shuffles for a whole register. The bits: letters of two
 * kinds, a digit, [+-/], '_', then the rare: [!$%&*], [@`], [<>\^|~]. */
enum { BIT_LETTER = 3, BIT_DIGIT = 4, BIT_RUN = 31, BIT_RARE = 224 };
static const uint8_t LOW[16] = { 70, 39, 7, 7, 39, 39, 39, 7, 7, 7, 35, 9, 129, 9, 129, 25 };
static const uint8_t HIGH[16] = { 0, 0, 40, 132, 65, 146, 65, 130, 0, 0, 0, 0, 0, 0, 0, 0 };

static inline void classify_portable(const char *p, struct masks *m)
{
    *m = (struct masks){ 0 };
    for (unsigned i = 0; i < 64; i++) {
        unsigned char c = (unsigned char)p[i];
        unsigned k = LOW[c & 15] & HIGH[c >> 4];
        m->letter |= (uint64_t)((k & BIT_LETTER) != 0) << i;
        m->digit |= (uint64_t)((k & BIT_DIGIT) != 0) << i;
        m->run |= (uint64_t)((k & BIT_RUN) != 0) << i;
        m->rare |= (uint64_t)((k & BIT_RARE) != 0) << i;
        m->odd |= char_is((char)c, IS_CONTROL | IS_HIGH);
    }
}

#ifdef LOOK_X86
#define TARGET(isa) __attribute__((target(isa)))

TARGET("ssse3") static inline __m128i classes16(__m128i v)
{
    const __m128i low = _mm_loadu_si128((const __m128i *)(const void *)LOW);
    const __m128i high = _mm_loadu_si128((const __m128i *)(const void *)HIGH);
    const __m128i nibble = _mm_set1_epi8(15);
    return _mm_and_si128(_mm_shuffle_epi8(low, _mm_and_si128(v, nibble)),
                         _mm_shuffle_epi8(high, _mm_and_si128(_mm_srli_epi16(v, 4), nibble)));
}

/* The places where a class of `bits` is. */
TARGET("ssse3") static inline uint64_t places16(const __m128i k[4], int bits)
{
    uint64_t none = 0;
    for (unsigned i = 0; i < 4; i++) {
        __m128i is = _mm_cmpeq_epi8(_mm_and_si128(k[i], _mm_set1_epi8((char)bits)), _mm_setzero_si128());
        none |= (uint64_t)(unsigned)_mm_movemask_epi8(is) << 16 * i;
    }
    return ~none;
}

TARGET("ssse3") static inline void classify_ssse3(const char *p, struct masks *m)
{
    __m128i v[4], k[4];
    int odd = 0;
    for (unsigned i = 0; i < 4; i++) {
        v[i] = _mm_loadu_si128((const __m128i *)(const void *)(p + 16 * i));
        k[i] = classes16(v[i]);
        /* as signed numbers the controls and what is not ASCII are small, and DEL is the largest */
        __m128i low = _mm_cmplt_epi8(v[i], _mm_set1_epi8(0x20)), del = _mm_cmpeq_epi8(v[i], _mm_set1_epi8(0x7f));
        __m128i tab = _mm_sub_epi8(v[i], _mm_set1_epi8('\t'));
        __m128i white = _mm_cmpeq_epi8(_mm_min_epu8(tab, _mm_set1_epi8('\r' - '\t')), tab);
        odd |= _mm_movemask_epi8(_mm_or_si128(_mm_andnot_si128(white, low), del));
    }
    *m = (struct masks){ places16(k, BIT_LETTER), places16(k, BIT_DIGIT), places16(k, BIT_RUN), places16(k, BIT_RARE),
                         odd != 0 };
}

TARGET("avx2") static inline __m256i classes32(__m256i v)
{
    const __m256i low = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)LOW));
    const __m256i high = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)HIGH));
    const __m256i nibble = _mm256_set1_epi8(15);
    return _mm256_and_si256(_mm256_shuffle_epi8(low, _mm256_and_si256(v, nibble)),
                            _mm256_shuffle_epi8(high, _mm256_and_si256(_mm256_srli_epi16(v, 4), nibble)));
}

TARGET("avx2") static inline uint64_t places32(__m256i k0, __m256i k1, int bits)
{
    const __m256i class = _mm256_set1_epi8((char)bits), zero = _mm256_setzero_si256();
    unsigned low = (unsigned)_mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_and_si256(k0, class), zero));
    unsigned high = (unsigned)_mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_and_si256(k1, class), zero));
    return ~((uint64_t)high << 32 | low);
}

/* As signed numbers the controls and what is not ASCII are small. */
TARGET("avx2") static inline __m256i odd32(__m256i v)
{
    __m256i tab = _mm256_sub_epi8(v, _mm256_set1_epi8('\t'));
    __m256i white = _mm256_cmpeq_epi8(_mm256_min_epu8(tab, _mm256_set1_epi8('\r' - '\t')), tab);
    return _mm256_andnot_si256(white, _mm256_cmpgt_epi8(_mm256_set1_epi8(0x20), v));
}

TARGET("avx2") static inline void classify_avx2(const char *p, struct masks *m)
{
    __m256i v0 = _mm256_loadu_si256((const __m256i *)(const void *)p);
    __m256i v1 = _mm256_loadu_si256((const __m256i *)(const void *)(p + 32));
    __m256i k0 = classes32(v0), k1 = classes32(v1);
    __m256i del = _mm256_cmpeq_epi8(_mm256_max_epi8(v0, v1), _mm256_set1_epi8(0x7f)); /* the largest */
    int odd = _mm256_movemask_epi8(_mm256_or_si256(_mm256_or_si256(odd32(v0), odd32(v1)), del));
    *m = (struct masks){ places32(k0, k1, BIT_LETTER), places32(k0, k1, BIT_DIGIT), places32(k0, k1, BIT_RUN),
                         places32(k0, k1, BIT_RARE), odd != 0 };
}

TARGET("avx512bw") static inline uint64_t places64(__m512i k, int bits)
{
    return _mm512_test_epi8_mask(k, _mm512_set1_epi8((char)bits));
}

TARGET("avx512bw") static inline void classify_avx512(const char *p, struct masks *m)
{
    const __m512i low = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)(const void *)LOW));
    const __m512i high = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)(const void *)HIGH));
    const __m512i nibble = _mm512_set1_epi8(15);
    __m512i v = _mm512_loadu_si512(p);
    __m512i k = _mm512_and_si512(_mm512_shuffle_epi8(low, _mm512_and_si512(v, nibble)),
                                 _mm512_shuffle_epi8(high, _mm512_and_si512(_mm512_srli_epi16(v, 4), nibble)));
    __mmask64 white = _mm512_cmplt_epu8_mask(_mm512_sub_epi8(v, _mm512_set1_epi8('\t')), _mm512_set1_epi8('\r' - '\t' + 1));
    uint64_t odd = _mm512_mask_cmplt_epi8_mask(~white, v, _mm512_set1_epi8(0x20)) | _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8(0x7f));
    *m = (struct masks){ places64(k, BIT_LETTER), places64(k, BIT_DIGIT), places64(k, BIT_RUN), places64(k, BIT_RARE), odd != 0 };
}
#endif

#endif
