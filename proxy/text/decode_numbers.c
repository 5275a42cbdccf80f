/* decode_numbers.c - characters by their numbers: 73 103 110 111, [73, 103, 110], 01001001 01100111, U+0049 U+0067, with the same between
 * all of them. */
#include "proxy/text/view_parts.h"

#include "proxy/base/ascii.h"

enum { BITS = 8, GAP_MAX = 2, TELLING = 6, TELLING_LETTERS = 4, TELLING_BITS = 16, POINT_DIGITS_MIN = 4, POINT_DIGITS_MAX = 6 };

static bool is_bits(struct str s)
{
    for (size_t i = 0; i < BITS; i++)
        if (i >= s.len || (s.at[i] != '0' && s.at[i] != '1'))
            return false;
    return true;
}

static size_t code_point_at(struct str s, uint32_t *code)
{
    size_t n = 2;
    if (!begins_code_point(s))
        return 0;
    while (n < s.len && n < 2 + POINT_DIGITS_MAX && char_is(s.at[n], IS_HEX))
        n++;
    if (n < 2 + POINT_DIGITS_MIN || !ascii_hex_at(s, 2, n - 2, code) || (*code < 0x80 && char_is((char)*code, IS_CONTROL)))
        return 0; /* controls end a run: one at its beginning would leave nothing taken, again and again */
    return *code <= 0x10ffff && (*code < 0xd800 || *code >= 0xe000) ? n : 0;
}

size_t number_at(struct str s, enum number_kind kind, uint32_t *code)
{
    unsigned value = 0;
    size_t n = 0;
    if (kind == NUMBER_CODE_POINT)
        return code_point_at(s, code);
    bool bits = kind == NUMBER_BITS;
    if (bits && !is_bits(s))
        return 0;
    for (; n < (bits ? BITS : 3) && n < s.len && char_is(s.at[n], IS_DIGIT); n++)
        value = value * (bits ? 2 : 10) + (unsigned)(s.at[n] - '0');
    bool goes_on = !bits && n < s.len && char_is(s.at[n], IS_DIGIT);
    if (!n || goes_on || value > 126 || (value < 32 && value != '\n' && !(bits && (value == '\t' || value == '\r'))))
        return 0;
    *code = value;
    return n;
}

bool run_is_numbers(struct str s, struct numbers *form)
{
    size_t i = 0, letters = 0;
    *form = (struct numbers){ .kind = begins_code_point(s) ? NUMBER_CODE_POINT : is_bits(s) ? NUMBER_BITS : NUMBER_DECIMAL };
    bool bits = form->kind == NUMBER_BITS; /* so many of them are characters, be they letters or not */
    for (size_t k = 0; k < (bits ? TELLING_BITS : TELLING) && !(k >= TELLING && letters >= TELLING_LETTERS); k++) {
        uint32_t code;
        if (k && (i + form->gap > s.len || memcmp(s.at + i, form->first_gap, form->gap) != 0))
            return false;
        i += form->gap;
        size_t n = number_at(str_from(s, i), form->kind, &code);
        if (!n)
            return false;
        letters += code >= 0x80 || char_is((char)code, IS_ALPHA);
        i += n;
        if (k)
            continue;
        while (form->gap < GAP_MAX && i + form->gap < s.len && (s.at[i + form->gap] == ' ' || s.at[i + form->gap] == ','))
            form->gap++;
        if (!form->gap && form->kind == NUMBER_DECIMAL)
            return false;
        form->first_gap = s.at + i;
    }
    return bits || letters >= TELLING_LETTERS;
}
