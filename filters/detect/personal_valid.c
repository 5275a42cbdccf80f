/* personal_valid.c - is the candidate one? Where its shape alone cannot say so, the words around it must. */
#include "filters/detect/checks.h"
#include "filters/detect/near.h"
#include "filters/detect/personal_parts.h"

#include "proxy/http/url.h"

static char at_or(struct str text, size_t i, char otherwise)
{
    return i < text.len ? text.at[i] : otherwise;
}

/* ---- cards, accounts ---- */

/* Groups of four, of Amex's and Diners' kinds, or none: three digits and a blank are of something else. */
static bool is_grouped_as_card(struct str s)
{
    size_t groups[20] = { 0 }, n = 0;
    char mark = 0;
    for (size_t i = 0; i < s.len; i++) {
        if (ascii_is_digit(s.at[i])) {
            groups[n]++;
            continue;
        }
        if ((mark && s.at[i] != mark) || ++n == ARRAY_LEN(groups))
            return false;
        mark = s.at[i];
    }
    if (n == 0)
        return true;
    bool fours = true;
    for (size_t i = 0; i < n; i++)
        fours &= groups[i] == 4;
    return (fours && groups[n] <= 4) || (n == 2 && groups[0] == 4 && groups[1] == 6 && groups[2] >= 4);
}

enum { FOURS = 19 }; /* bytes of four groups of four */

/* 4539 1488 0343 6467, of a card? */
static bool is_fours(struct str text, size_t start)
{
    char digits[16];
    if (start + FOURS > text.len)
        return false;
    for (size_t i = 4; i < FOURS; i += 5)
        if (text.at[start + i] != ' ')
            return false;
    struct str s = str_of(digits, near_compact(text, start, start + FOURS, digits, sizeof digits));
    return s.len == sizeof digits && check_all_digits(s) && check_card(s);
}

/* How many groups of four stand before it with the same sign, up to two. */
static size_t groups_before(struct str text, size_t start)
{
    size_t n = 0;
    for (char sign = at_or(text, start + 4, 0); n < 2 && start >= 5 && text.at[start - 1] == sign; n++, start -= 5)
        for (size_t i = 2; i <= 5; i++)
            if (!ascii_is_digit(text.at[start - i]))
                return n;
    return n;
}

/* A later part of a longer number: three groups behind a fourth one, and what has two before it, unless a card ends there. */
static bool is_later_part(struct str text, size_t start, size_t end)
{
    size_t n = groups_before(text, start);
    return (n == 1 && end - start == 14) || (n == 2 && !(start > FOURS && is_fours(text, start - FOURS - 1)));
}

/* When it expires and its code may stand behind the groups of a card, and another card; what has more groups is a row of numbers. */
static bool may_end(struct str text, size_t end)
{
    size_t groups = 0, at = end;
    while (groups < 3 && at + 1 < text.len && text.at[at] == ' ' && ascii_is_digit(text.at[at + 1])) {
        size_t first = ++at;
        while (at < text.len && ascii_is_digit(text.at[at]))
            at++;
        if (at - first > 4)
            break; /* something else */
        groups++;
    }
    return groups < 3 || is_fours(text, end + 1);
}

/* Four groups of four may be followed by more digits: the longest that holds counts. */
bool personal_card(struct str text, size_t *start, size_t *end)
{
    char digits[19];
    struct str s = str_of(text.at + *start, *end - *start);
    if (!near_begins(text, *start) || !near_ends(text, *end) || is_later_part(text, *start, *end) || near_is_part_of_number(text, *start, *end))
        return false;
    bool is_whole = is_grouped_as_card(s) && check_card(str_of(digits, near_compact(text, *start, *end, digits, sizeof digits)));
    if (is_whole && (s.len != FOURS || may_end(text, *end)))
        return true;
    if (s.len <= FOURS || s.at[FOURS] != ' ' || !is_fours(text, *start) || !may_end(text, *start + FOURS))
        return false;
    *end = *start + FOURS;
    return true;
}

/* The candidate may run on into words: it ends where the country's do. */
bool personal_iban(struct str text, size_t *start, size_t *end)
{
    char compact[40];
    size_t length = check_iban_length(text.at + *start), n = 0, stop = *start;
    near_look(64);
    if (!length || length > sizeof compact || !near_begins(text, *start))
        return false;
    for (; stop < *end && n < length; stop++)
        if (ascii_is_alnum(text.at[stop]))
            compact[n++] = text.at[stop];
    if (n != length || !near_ends(text, stop) || !check_iban(str_of(compact, n)))
        return false;
    *end = stop;
    return true;
}

bool personal_account(struct str text, size_t *start, size_t *end)
{
    return near_begins(text, *start) && near_ends(text, *end) && !near_is_part_of_number(text, *start, *end);
}

bool personal_sort_code(struct str text, size_t *start, size_t *end)
{
    return near_begins(text, *start) && near_ends(text, *end);
}

bool personal_bic(struct str text, size_t *start, size_t *end)
{
    return near_begins(text, *start) && near_ends(text, *end);
}

/* ---- addresses of machines ---- */

bool personal_ip4(struct str text, size_t *start, size_t *end)
{
    struct ip_address ip;
    struct str s = str_of(text.at + *start, *end - *start);
    if (!near_begins(text, *start) || !near_ends(text, *end) || near_is_part_of_number(text, *start, *end) || !ip_parse(s, &ip))
        return false;
    /* numbers of versions and sections look the same; the machine itself, masks and "any" are nobody's */
    if (near_before(text, *start, "version|ver|v|release|build|firmware|section|chapter|clause|v.") &&
        !near_before(text, *start, "ip|address|host|server|client"))
        return false;
    /* low numbers all four are most often a section's, or a public server's */
    bool is_low = true;
    for (size_t i = 12; i < 16; i++)
        is_low &= ip.bytes[i] < 20;
    if (ip_is_metadata(&ip) || (is_low && !near_before(text, *start, "ip|address|host|from|client")))
        return false;
    return !str_starts(s, STR("127.")) && !str_starts(s, STR("0.")) && !str_starts(s, STR("255."));
}

bool personal_ip6(struct str text, size_t *start, size_t *end)
{
    struct ip_address ip;
    bool has_digit = false, begins = *start == 0 || (near_begins(text, *start) && text.at[*start - 1] != ':');
    size_t stop = *end;
    while (stop > *start && text.at[stop - 1] == ':' && !(stop - *start > 1 && text.at[stop - 2] == ':'))
        stop--; /* the colon of a sentence */
    struct str s = str_of(text.at + *start, stop - *start);
    for (size_t i = 0; i < s.len; i++)
        has_digit |= ascii_is_digit(s.at[i]);
    *end = stop;
    return begins && has_digit && near_ends(text, stop) && s.len >= 7 && ip_parse(s, &ip) && !ip_is_loopback(&ip);
}

bool personal_mac(struct str text, size_t *start, size_t *end)
{
    char mark = text.at[*start + 2];
    bool any = false;
    for (size_t i = *start + 2; i < *end; i += 3)
        if (text.at[i] != mark)
            return false;
    for (size_t i = *start; i < *end; i++)
        any |= text.at[i] != '0' && ascii_lower(text.at[i]) != 'f' && text.at[i] != mark;
    return any && near_begins(text, *start) && near_ends(text, *end) && (*start == 0 || text.at[*start - 1] != mark) &&
           at_or(text, *end, ' ') != mark;
}

bool personal_mac_dotted(struct str text, size_t *start, size_t *end)
{
    bool letter = false, digit = false;
    for (size_t i = *start; i < *end; i++) {
        letter |= ascii_is_letter(text.at[i]);
        digit |= ascii_is_digit(text.at[i]);
    }
    return letter && digit && near_begins(text, *start) && near_ends(text, *end) && !near_is_part_of_number(text, *start, *end);
}

bool personal_imei(struct str text, size_t *start, size_t *end)
{
    char digits[16];
    struct str n = str_of(digits, near_compact(text, *start, *end, digits, sizeof digits));
    return n.len == 15 && check_luhn(n) && near_begins(text, *start) && near_ends(text, *end);
}

/* ---- wallets ---- */

bool personal_base58(struct str text, size_t *start, size_t *end)
{
    near_look(2000);
    return near_begins(text, *start) && near_ends(text, *end) && check_base58(str_of(text.at + *start, *end - *start));
}

bool personal_bech32(struct str text, size_t *start, size_t *end)
{
    near_look(8 * (*end - *start));
    return near_begins(text, *start) && near_ends(text, *end) && check_bech32(str_of(text.at + *start, *end - *start));
}

bool personal_ether(struct str text, size_t *start, size_t *end)
{
    return near_begins(text, *start) && near_ends(text, *end) &&
           !near_is_placeholder(str_of(text.at + *start + 2, *end - *start - 2));
}

/* ---- dates of birth ---- */

static const struct str MONTHS[] = {
    STR_INIT("jan"), STR_INIT("feb"), STR_INIT("mar"), STR_INIT("apr"), STR_INIT("may"), STR_INIT("jun"),
    STR_INIT("jul"), STR_INIT("aug"), STR_INIT("sep"), STR_INIT("oct"), STR_INIT("nov"), STR_INIT("dec"),
};

/* What the French and the Germans call those that do not begin as the English */
static const struct {
    const char *begins;
    unsigned month;
} MONTHS_ABROAD[] = { { "fév", 2 },  { "mär", 3 },  { "avr", 4 }, { "mai", 5 }, { "juin", 6 },
                      { "juil", 7 }, { "août", 8 }, { "okt", 10 }, { "déc", 12 }, { "dez", 12 } };

/* Numbers in the date, a month's name being one; order as written. */
static size_t numbers_of(struct str s, unsigned out[3], bool *has_name)
{
    size_t n = 0;
    *has_name = false;
    for (size_t i = 0; i < s.len && n < 3;) {
        if (ascii_is_digit(s.at[i])) {
            unsigned value = 0;
            for (; i < s.len && ascii_is_digit(s.at[i]) && value < 100000; i++)
                value = value * 10 + (unsigned)(s.at[i] - '0');
            out[n++] = value;
            continue;
        }
        for (unsigned m = 0; m < 12 && !*has_name; m++)
            if (str_starts_nocase(str_from(s, i), MONTHS[m]) && (i == 0 || !ascii_is_alnum(s.at[i - 1]))) {
                out[n++] = m + 1;
                *has_name = true;
            }
        for (size_t k = 0; k < ARRAY_LEN(MONTHS_ABROAD) && !*has_name; k++)
            if (str_starts_nocase(str_from(s, i), str_c(MONTHS_ABROAD[k].begins)) && (i == 0 || !ascii_is_alnum(s.at[i - 1]))) {
                out[n++] = MONTHS_ABROAD[k].month;
                *has_name = true;
            }
        i++;
    }
    return n;
}

bool personal_birth_date(struct str text, size_t *start, size_t *end)
{
    unsigned n[3];
    bool named;
    if (!near_begins(text, *start) || !near_ends(text, *end) ||
        numbers_of(str_of(text.at + *start, *end - *start), n, &named) != 3)
        return false;
    return check_date(n[2], n[1], n[0]) || check_date(n[2], n[0], n[1]) || check_date(n[0], n[1], n[2]);
}

/* ---- papers ---- */

static bool has_digits(struct str s, size_t least)
{
    size_t n = 0;
    for (size_t i = 0; i < s.len; i++)
        n += ascii_is_digit(s.at[i]);
    return n >= least;
}

/* Six digits in a row; Germany has letters between them, which make no word. */
bool personal_passport(struct str text, size_t *start, size_t *end)
{
    struct str s = str_of(text.at + *start, *end - *start);
    return near_begins(text, *start) && near_ends(text, *end) && has_digits(s, s.len == 9 ? 3 : 6);
}

bool personal_licence(struct str text, size_t *start, size_t *end)
{
    return near_begins(text, *start) && near_ends(text, *end) && has_digits(str_of(text.at + *start, *end - *start), 5);
}
