/* ascii.c - what bytes are by ASCII alone. */
#include "proxy/base/ascii.h"

bool ascii_is_made_of(struct str s, struct str marks)
{
    for (size_t i = 0; i < s.len; i++)
        if (!ascii_is_alnum(s.at[i]) && !str_has(marks, s.at[i]))
            return false;
    return true;
}

bool ascii_is_guid(struct str s)
{
    if (s.len != 36)
        return false;
    for (size_t i = 0; i < s.len; i++)
        if (i == 8 || i == 13 || i == 18 || i == 23 ? s.at[i] != '-' : hex_value(s.at[i]) < 0)
            return false;
    return true;
}

bool ascii_hex_at(struct str s, size_t at, size_t digits, uint32_t *number)
{
    uint32_t n = 0;
    if (s.len < at + digits)
        return false;
    for (size_t i = at; i < at + digits; i++) {
        int digit = hex_value(s.at[i]);
        if (digit < 0)
            return false;
        n = n << 4 | (uint32_t)digit;
    }
    *number = n;
    return true;
}
