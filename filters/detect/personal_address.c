/* personal_address.c - postal addresses, where a street's word, a house number and capitals stand together. */
#include "filters/detect/near.h"
#include "filters/detect/personal_parts.h"

static bool has_capital(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (ascii_is_upper(s.at[i]) || (unsigned char)s.at[i] >= 0xc3)
            return true;
    return false;
}

/* Words that end a street's name and mean much else: "5 Easy Place". Alone they need the end of a line or a comma behind them. */
static bool ends_with_common_word(struct str s)
{
    static const char *const WORDS[] = { "Way", "Place", "Drive", "Court", "Close", "Row", "Walk", "Square", "Trail", "Circle", "Grove",
                                         "Terrace", "Gardens", "Hill" };
    for (size_t i = 0; i < ARRAY_LEN(WORDS); i++)
        if (str_ends(s, str_c(WORDS[i])))
            return true;
    return false;
}

static void trim(struct str text, size_t start, size_t *end)
{
    while (*end > start && memchr(" ,.\n", text.at[*end - 1], 4))
        (*end)--;
}

bool personal_street(struct str text, size_t *start, size_t *end)
{
    trim(text, *start, end);
    struct str s = str_of(text.at + *start, *end - *start);
    if (!near_begins(text, *start) || !near_ends(text, *end) || !has_capital(s))
        return false;
    if (*start > 0 && memchr("$.,", text.at[*start - 1], 3) && ascii_is_digit(text.at[*start]))
        return false;
    return !ends_with_common_word(s) || *end == text.len || memchr(",.\n;)\"\\", text.at[*end], 7);
}

/* BS7666: the outward and the inward part of a British postcode */
bool personal_postcode(struct str text, size_t *start, size_t *end)
{
    return near_begins(text, *start) && near_ends(text, *end);
}

bool personal_box(struct str text, size_t *start, size_t *end)
{
    trim(text, *start, end);
    return near_begins(text, *start) && near_ends(text, *end);
}

/* "My address is …", "Address: …": the rest of the line, when it has a number and capitals, and is no other kind of address. */
bool personal_said_address(struct str text, size_t *start, size_t *end)
{
    size_t at = *start, digits = 0, capitals = 0;
    if (!near_begins(text, at) || near_before(text, at, "ip|mac|email|e-mail|web|memory|url|wallet|bitcoin|mail|server|return|base"))
        return false;
    while (at < *end && text.at[at] != ':' && !(text.at[at] == 's' && text.at[at - 1] == 'i'))
        at++;
    at++;
    while (at < *end && memchr(" \t\"'\n*", text.at[at], 6))
        at++;
    size_t stop = at;
    for (; stop < *end && !memchr("?!;\"\\<{", text.at[stop], 7); stop++) {
        digits += ascii_is_digit(text.at[stop]);
        capitals += ascii_is_upper(text.at[stop]) && !ascii_is_alnum(text.at[stop - 1]);
        if (text.at[stop] == '@' || str_starts(str_from(text, stop), STR("://")) || str_starts(str_from(text, stop), STR("0x")))
            return false;
        if (text.at[stop] == '.' && stop > at + 12 && stop + 2 < *end && text.at[stop + 1] == ' ' && ascii_is_upper(text.at[stop + 2]) &&
            ascii_is_lower(text.at[stop - 1]) && ascii_is_lower(text.at[stop - 2]) && ascii_is_lower(text.at[stop - 3]) && ascii_is_lower(text.at[stop - 4]))
            break; /* the end of a sentence, not of an abbreviation */
    }
    trim(text, at, &stop);
    if (stop <= at + 8 || !digits || capitals < 2 || !near_ends(text, stop))
        return false;
    *start = at;
    *end = stop;
    return true;
}
