/* base64.c - both alphabets from one table each way. */
#include "proxy/base/base64.h"

static const char URL_ALPHABET[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
static const char STD_ALPHABET[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static int value_of(unsigned char c, bool url)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == (url ? '-' : '+'))
        return 62;
    return c == (url ? '_' : '/') ? 63 : -1;
}

static bool decode(struct str s, bool url, void *out, size_t *out_len)
{
    unsigned char *to = out;
    uint32_t bits = 0;
    size_t n = 0;
    if (s.len % 4 == 1)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        int v = value_of((unsigned char)s.at[i], url);
        if (v < 0)
            return false;
        bits = bits << 6 | (uint32_t)v;
        if (i % 4 == 0)
            continue;
        /* after the 2nd, 3rd and 4th character of a group one more byte is whole */
        unsigned spare = 6 - 2 * (unsigned)(i % 4);
        to[n++] = (unsigned char)(bits >> spare);
        bits &= (1u << spare) - 1;
    }
    if (bits)
        return false; /* unused bits must be zero, else two texts would mean one value */
    *out_len = n;
    return true;
}

bool base64url_decode(struct str s, void *out, size_t *out_len)
{
    return decode(s, true, out, out_len);
}

bool base64_decode(struct str s, void *out, size_t *out_len)
{
    if (s.len % 4)
        return false;
    for (int i = 0; i < 2 && s.len && s.at[s.len - 1] == '='; i++)
        s.len--;
    return decode(s, false, out, out_len);
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
