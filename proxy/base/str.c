/* str.c - comparing, searching, cutting and copying views. */
#include "proxy/base/str.h"

#include <stdlib.h>

static inline uint64_t eight(const char *at)
{
    uint64_t bytes;
    memcpy(&bytes, at, sizeof bytes);
    return bytes;
}

/* The first four and the last four of `len` bytes; the same ones when there are no more. */
static inline uint64_t four_and_four(const char *at, size_t len)
{
    uint32_t first, last;
    memcpy(&first, at, sizeof first);
    memcpy(&last, at + len - sizeof last, sizeof last);
    return (uint64_t)first << 32 | last;
}

/* Do eight bytes differ in nothing but the case of letters? */
static inline bool eight_same_nocase(uint64_t x, uint64_t y)
{
    const uint64_t ones = 0x0101010101010101u, highs = 0x80 * ones, cases = 0x20 * ones;
    if (x == y)
        return true;
    uint64_t lower = x | cases, low7 = lower & ~highs;
    if (lower != (y | cases))
        return false;
    /* no sum is carried from byte to byte: the high bit tells whether it is an `a` or more, and more than a `z` */
    uint64_t letters = (low7 + (0x80 - 'a') * ones) & ~(low7 + (0x7f - 'z') * ones) & ~lower & highs;
    return !((x ^ y) & ~(letters >> 2));
}

bool str_same_nocase(const char *a, const char *b, size_t len)
{
    size_t i = 0;
    for (; i + 8 <= len; i += 8)
        if (!eight_same_nocase(eight(a + i), eight(b + i)))
            return false;
    if (len >= 8)
        return i == len || eight_same_nocase(eight(a + len - 8), eight(b + len - 8));
    if (len >= 4)
        return eight_same_nocase(four_and_four(a, len), four_and_four(b, len));
    for (; i < len; i++)
        if (ascii_lower(a[i]) != ascii_lower(b[i]))
            return false;
    return true;
}

int str_cmp(struct str a, struct str b)
{
    size_t shared = a.len < b.len ? a.len : b.len;
    int order = shared ? memcmp(a.at, b.at, shared) : 0;
    return order ? order : (a.len > b.len) - (a.len < b.len);
}

bool str_starts(struct str s, struct str prefix)
{
    return s.len >= prefix.len && str_eq(str_first(s, prefix.len), prefix);
}

bool str_starts_nocase(struct str s, struct str prefix)
{
    return s.len >= prefix.len && str_eq_nocase(str_first(s, prefix.len), prefix);
}

bool str_is_one_of_nocase(struct str s, const struct str *list, size_t count)
{
    for (const struct str *one = list; one < list + count; one++)
        if (one->len == s.len && str_eq_nocase(s, *one))
            return true;
    return false;
}

bool str_ends(struct str s, struct str suffix)
{
    return s.len >= suffix.len && str_eq(str_from(s, s.len - suffix.len), suffix);
}

size_t str_find(struct str s, char c)
{
    const char *hit = s.len ? memchr(s.at, c, s.len) : NULL;
    return hit ? (size_t)(hit - s.at) : s.len;
}

size_t str_find_str(struct str s, struct str needle)
{
    if (!needle.len)
        return 0;
    const char *hit = s.len ? memmem(s.at, s.len, needle.at, needle.len) : NULL;
    return hit ? (size_t)(hit - s.at) : s.len;
}

struct str str_cut(struct str *s, char c)
{
    size_t at = str_find(*s, c);
    struct str part = str_first(*s, at);
    *s = at < s->len ? str_from(*s, at + 1) : STR_NONE;
    return part;
}

struct str str_trim(struct str s)
{
    while (s.len && (s.at[0] == ' ' || s.at[0] == '\t'))
        s = str_from(s, 1);
    while (s.len && (s.at[s.len - 1] == ' ' || s.at[s.len - 1] == '\t'))
        s.len--;
    return s;
}

bool str_copy(struct str s, struct str *out)
{
    char *at = malloc(s.len + 1);
    if (!at)
        return false;
    memcpy(at, s.len ? s.at : "", s.len);
    at[s.len] = '\0';
    *out = str_of(at, s.len);
    return true;
}

void str_free(struct str s)
{
    free((char *)(uintptr_t)s.at);
}

bool str_to_u64(struct str s, uint64_t *out)
{
    uint64_t value = 0;
    if (!s.len)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        unsigned digit = (unsigned)(s.at[i] - '0');
        if (digit > 9 || value > (UINT64_MAX - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    *out = value;
    return true;
}

void hex_encode(char *out, const void *bytes, size_t n)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *in = bytes;
    for (size_t i = 0; i < n; i++) {
        *out++ = digits[in[i] >> 4];
        *out++ = digits[in[i] & 15];
    }
}

int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = ascii_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}
