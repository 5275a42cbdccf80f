/* jsonx_plain_parts.h - most bytes of a JSON string stand for themselves: passing over many of them at once. Inline,
 * and for jsonx.c alone. */
#ifndef BASE_JSONX_PLAIN_PARTS_H
#define BASE_JSONX_PLAIN_PARTS_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#if defined(__SSE2__)
#include <emmintrin.h>

static inline unsigned sse_bits(__m128i v)
{
    return (unsigned)_mm_movemask_epi8(v);
}

static inline __m128i sse_masked_are(__m128i v, int mask, int byte)
{
    return _mm_cmpeq_epi8(_mm_and_si128(v, _mm_set1_epi8((char)mask)), _mm_set1_epi8((char)byte));
}

/* Of 16 bytes that begin with a character: how many are whole characters, before the first of `stops`. Without an odd
 * lead byte (C0, C1; E0, ED, F0 and above, whose second byte has rules of its own) UTF-8 is valid when exactly those
 * bytes are continuations that lead bytes ask for, which is arithmetic on bit sets. */
static inline unsigned jsonx_whole_characters(__m128i v, unsigned stops)
{
    unsigned odd = sse_bits(sse_masked_are(v, 0xfe, 0xc0)) | sse_bits(sse_masked_are(v, 0xff, 0xe0)) |
                   sse_bits(sse_masked_are(v, 0xff, 0xed)) | sse_bits(sse_masked_are(v, 0xf0, 0xf0));
    unsigned of_two = sse_bits(sse_masked_are(v, 0xe0, 0xc0)), of_three = sse_bits(sse_masked_are(v, 0xf0, 0xe0));
    unsigned asked = (of_two | of_three) << 1 | of_three << 2;
    unsigned n = (unsigned)__builtin_ctz(stops | odd | 1u << 16);
    if ((asked ^ sse_bits(sse_masked_are(v, 0xc0, 0x80))) & ((2u << n) - 1) & 0xffff)
        return 0; /* something is wrong among them: looked at one by one */
    if (n < 16)
        return n;
    return (of_two | of_three) >> 15 & 1 ? 15 : of_three >> 14 & 1 ? 14 : 16;
}

static inline __m128i sse_load(const unsigned char *p)
{
    return _mm_loadu_si128((const __m128i *)(const void *)p);
}

/* All ones where a byte is ASCII and neither a control byte, a quote nor a backslash. */
static inline __m128i jsonx_plain_bytes(__m128i v)
{
    return _mm_andnot_si128(_mm_or_si128(sse_masked_are(v, 0xff, '"'), sse_masked_are(v, 0xff, '\\')),
                            _mm_cmpgt_epi8(v, _mm_set1_epi8(0x1f)));
}

/* Bits of the bytes among the next 16 that are not plain. */
static inline unsigned jsonx_uneven_bits(const unsigned char *p)
{
    return sse_bits(jsonx_plain_bytes(sse_load(p))) ^ 0xffff;
}

static inline bool jsonx_are_64_plain(const unsigned char *p)
{
    __m128i first = _mm_and_si128(jsonx_plain_bytes(sse_load(p)), jsonx_plain_bytes(sse_load(p + 16)));
    __m128i second = _mm_and_si128(jsonx_plain_bytes(sse_load(p + 32)), jsonx_plain_bytes(sse_load(p + 48)));
    return sse_bits(_mm_and_si128(first, second)) == 0xffff;
}

/* Behind the bytes that a string may hold as they are, as far as they are quickly seen to be such; what stops it, the
 * caller looks at. */
static inline const unsigned char *jsonx_skip_plain(const unsigned char *p, const unsigned char *end)
{
    while (end - p >= 16) {
        if (end - p >= 64 && jsonx_are_64_plain(p)) {
            p += 64;
            continue;
        }
        unsigned uneven = jsonx_uneven_bits(p);
        if (!uneven) {
            p += 16;
            continue;
        }
        unsigned high = sse_bits(sse_load(p)), first = (unsigned)__builtin_ctz(uneven);
        if (!(high >> first & 1))
            return p + first;
        unsigned n = jsonx_whole_characters(sse_load(p), uneven & ~high);
        p += n;
        if (n < 14)
            return p;
    }
    while (p < end && *p >= 0x20 && *p < 0x80 && *p != '"' && *p != '\\')
        p++;
    return p;
}
#else
static inline const unsigned char *jsonx_skip_plain(const unsigned char *p, const unsigned char *end)
{
    const uint64_t ones = 0x0101010101010101u, highs = 0x8080808080808080u;
    for (; end - p >= 8; p += 8) {
        uint64_t v;
        memcpy(&v, p, sizeof v);
        uint64_t quote = v ^ (ones * '"'), backslash = v ^ (ones * '\\');
        if (((quote - ones) | (backslash - ones) | (v - ones * 0x20) | v) & highs)
            break; /* perhaps: a borrow may say so too early, never too late; the loop below looks closely */
    }
    while (p < end && *p >= 0x20 && *p < 0x80 && *p != '"' && *p != '\\')
        p++;
    return p;
}
#endif

#endif
