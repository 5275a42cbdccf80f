/* ascii.h - what bytes are by ASCII alone, never by a locale; str.h has the two that everybody needs. */
#ifndef BASE_ASCII_H
#define BASE_ASCII_H

#include "proxy/base/str.h"

static inline bool ascii_is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static inline bool ascii_is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static inline bool ascii_is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static inline bool ascii_is_letter(char c)
{
    char l = ascii_lower(c);
    return l >= 'a' && l <= 'z';
}

static inline bool ascii_is_alnum(char c)
{
    return ascii_is_letter(c) || ascii_is_digit(c);
}

static inline bool ascii_is_word(char c)
{
    return ascii_is_alnum(c) || c == '_';
}

static inline char ascii_rot13(char c)
{
    return !ascii_is_letter(c) ? c : ascii_lower(c) < 'n' ? (char)(c + 13) : (char)(c - 13);
}

/* Nothing but letters, digits and `marks`? True of an empty one. */
bool ascii_is_made_of(struct str s, struct str marks);
/* 8-4-4-4-12 hexadecimal digits, in either case. */
bool ascii_is_guid(struct str s);
/* The number that `digits` hexadecimal digits at s[at] are, at most eight; false when they are not all there. */
bool ascii_hex_at(struct str s, size_t at, size_t digits, uint32_t *number) MUST_USE;

#endif
