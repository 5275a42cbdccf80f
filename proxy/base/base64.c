/* base64.c - both alphabets from one table each way. */
#include "proxy/base/base64.h"

static const char URL_ALPHABET[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
static const char STD_ALPHABET[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* Six bits, and which alphabet has the character: of both where neither mark is set, of none where both are. Looked up
 * rather than compared, because tokens are random and branches on them are guessed wrong. */
enum { URL = 0x40, STD = 0x80, BAD = URL | STD };
/* clang-format off */
static const unsigned char VALUES[128] = {
    BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD,
    BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD,
    BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD, 62 | STD, BAD, 62 | URL, BAD, 63 | STD,
    52, 53, 54, 55, 56, 57, 58, 59, 60, 61, BAD, BAD, BAD, BAD, BAD, BAD,
    BAD, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
    15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, BAD, BAD, BAD, BAD, 63 | URL,
    BAD, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
    41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, BAD, BAD, BAD, BAD, BAD,
};
/* clang-format on */

static unsigned value_of(char c)
{
    return (unsigned char)c < 128 ? VALUES[(unsigned char)c] : BAD;
}

/* `other` marks the characters that only the other alphabet has. */
static bool decode(struct str s, unsigned other, void *out, size_t *out_len)
{
    unsigned char *to = out;
    size_t i = 0, n = 0, rest = s.len % 4;
    for (; i + 4 <= s.len; i += 4) {
        unsigned a = value_of(s.at[i]), b = value_of(s.at[i + 1]), c = value_of(s.at[i + 2]), d = value_of(s.at[i + 3]);
        if ((a | b | c | d) & other)
            return false;
        unsigned bits = (a & 63) << 18 | (b & 63) << 12 | (c & 63) << 6 | (d & 63);
        to[n++] = (unsigned char)(bits >> 16);
        to[n++] = (unsigned char)(bits >> 8);
        to[n++] = (unsigned char)bits;
    }
    if (rest == 1)
        return false;
    if (rest) {
        unsigned a = value_of(s.at[i]), b = value_of(s.at[i + 1]), c = rest == 3 ? value_of(s.at[i + 2]) : 0;
        unsigned bits = (a & 63) << 18 | (b & 63) << 12 | (c & 63) << 6;
        /* unused bits must be zero, else two texts would mean one value */
        if ((a | b | c) & other || bits & (rest == 2 ? 0xffffu : 0xffu))
            return false;
        to[n++] = (unsigned char)(bits >> 16);
        if (rest == 3)
            to[n++] = (unsigned char)(bits >> 8);
    }
    *out_len = n;
    return true;
}

bool base64url_decode(struct str s, void *out, size_t *out_len)
{
    return decode(s, STD, out, out_len);
}

bool base64_decode(struct str s, void *out, size_t *out_len)
{
    if (s.len % 4)
        return false;
    for (int i = 0; i < 2 && s.len && s.at[s.len - 1] == '='; i++)
        s.len--;
    return decode(s, URL, out, out_len);
}

static size_t encode(char *out, const void *bytes, size_t n, const char *alphabet)
{
    const unsigned char *in = bytes;
    size_t len = 0;
    for (size_t i = 0; i < n; i += 3) {
        uint32_t bits = (uint32_t)in[i] << 16;
        bits |= i + 1 < n ? (uint32_t)in[i + 1] << 8 : 0;
        bits |= i + 2 < n ? (uint32_t)in[i + 2] : 0;
        size_t digits = n - i >= 3 ? 4 : n - i + 1;
        for (size_t d = 0; d < digits; d++)
            out[len++] = alphabet[bits >> (18 - 6 * d) & 63];
    }
    return len;
}

size_t base64url_encode(char *out, const void *bytes, size_t n)
{
    return encode(out, bytes, n, URL_ALPHABET);
}

size_t base64_encode(char *out, const void *bytes, size_t n)
{
    size_t len = encode(out, bytes, n, STD_ALPHABET);
    while (len % 4)
        out[len++] = '=';
    return len;
}
