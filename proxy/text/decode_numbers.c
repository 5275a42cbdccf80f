/* decode_numbers.c - characters by their numbers: 73 103 110 111, [73, 103, 110], 01001001 01100111, with the same between all of them. */
#include "proxy/text/view_parts.h"

enum { BITS = 8, GAP_MAX = 2, TELLING = 6, TELLING_LETTERS = 4 };

static bool is_bits(struct str s)
{
    for (size_t i = 0; i < BITS; i++)
        if (i >= s.len || (s.at[i] != '0' && s.at[i] != '1'))
            return false;
    return true;
}

size_t number_at(struct str s, bool bits, char *c)
{
    unsigned value = 0;
    size_t n = 0;
    if (bits && !is_bits(s))
        return 0;
    for (; n < (bits ? BITS : 3) && n < s.len && char_is(s.at[n], IS_DIGIT); n++)
        value = value * (bits ? 2 : 10) + (unsigned)(s.at[n] - '0');
    bool goes_on = !bits && n < s.len && char_is(s.at[n], IS_DIGIT);
    if (!n || goes_on || value > 126 || (value < 32 && value != '\n'))
        return 0;
    *c = (char)value;
    return n;
}

bool run_is_numbers(struct str s, struct numbers *form)
{
    size_t i = 0, letters = 0;
    *form = (struct numbers){ .bits = is_bits(s) };
    for (size_t k = 0; k < TELLING; k++) {
        char c;
        size_t n = number_at(str_from(s, i), form->bits, &c);
        if (!n)
            return false;
        letters += char_is(c, IS_ALPHA);
        i += n;
        if (!k) {
            while (form->gap < GAP_MAX && i + form->gap < s.len && (s.at[i + form->gap] == ' ' || s.at[i + form->gap] == ','))
                form->gap++;
            if (!form->gap && !form->bits)
                return false;
            form->first_gap = s.at + i;
        }
        if (k + 1 < TELLING && (i + form->gap > s.len || memcmp(s.at + i, form->first_gap, form->gap) != 0))
            return false;
        i += form->gap;
    }
    return letters >= TELLING_LETTERS;
}
