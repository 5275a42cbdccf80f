/* utf8.h - strict UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include "proxy/base/str.h"

/* Without the byte order mark that some editors and shells put before a file. */
static inline struct str utf8_without_mark(struct str s)
{
    return str_starts(s, STR("\xef\xbb\xbf")) ? str_from(s, 3) : s;
}

/* Length in bytes (1 to 4) of the valid character that `s` begins with; 0 when it begins with none. */
size_t utf8_valid_one(struct str s);
/* Index of the first byte that does not belong to a valid character; s.len when all are valid. */
size_t utf8_valid_prefix(struct str s);
/* Writes the UTF-8 form of `code` (a scalar value, not a surrogate) to `out`; returns its length, 1 to 4. */
size_t utf8_encode(char out[4], uint32_t code);

/* Inside a character, not its first byte? */
static inline bool utf8_is_inside(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

/* Where the next character begins, at `at` or behind it; s.len when none does. */
static inline size_t utf8_from(struct str s, size_t at)
{
    while (at < s.len && utf8_is_inside(s.at[at]))
        at++;
    return at;
}

/* Where the character that byte `at` belongs to begins. */
static inline size_t utf8_until(struct str s, size_t at)
{
    while (at > 0 && at < s.len && utf8_is_inside(s.at[at]))
        at--;
    return at;
}

/* The valid character that begins there. */
static inline uint32_t utf8_decode(const char *at)
{
    const unsigned char *p = (const unsigned char *)at;
    if (*p < 0x80)
        return *p;
    if (*p < 0xe0)
        return (*p & 0x1fu) << 6 | (p[1] & 0x3fu);
    if (*p < 0xf0)
        return (*p & 0x0fu) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu);
    return (*p & 0x07u) << 18 | (p[1] & 0x3fu) << 12 | (p[2] & 0x3fu) << 6 | (p[3] & 0x3fu);
}

#endif
