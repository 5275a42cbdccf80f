/* national_parts.h - what the rules of several countries have in common. Private to national.c and national_east.c. */
#ifndef DETECT_NATIONAL_PARTS_H
#define DETECT_NATIONAL_PARTS_H

#include "filters/detect/checks.h"

static inline unsigned digit(struct str s, size_t i)
{
    return (unsigned)(s.at[i] - '0');
}

static inline bool all_same(struct str s)
{
    for (size_t i = 1; i < s.len; i++)
        if (s.at[i] != s.at[0])
            return false;
    return true;
}

/* YYMMDD or DDMMYY at `at` */
static inline bool is_ymd(struct str s, size_t at)
{
    return check_date(check_number(s, at, 2), check_number(s, at + 2, 2), check_number(s, at + 4, 2));
}
static inline bool is_dmy(struct str s, size_t at)
{
    return check_date(check_number(s, at + 4, 2), check_number(s, at + 2, 2), check_number(s, at, 2));
}

static inline uint64_t number(struct str s, size_t at, size_t len)
{
    uint64_t n = 0;
    for (size_t i = at; i < at + len; i++)
        n = n * 10 + digit(s, i);
    return n;
}

/* A check digit of ISO 7064 mod 11,10 */
static inline bool iso_11_10(struct str s)
{
    unsigned product = 10;
    for (size_t i = 0; i + 1 < s.len; i++) {
        unsigned sum = (digit(s, i) + product) % 10;
        product = (sum ? sum : 10) * 2 % 11;
    }
    return (11 - product) % 10 == digit(s, s.len - 1);
}

#endif
