/* personal_phone.c - telephone numbers: with a country's code, in the groups that a country writes, or because the words before say
 * so. Digits alone are everything; without one of the three they are left alone. */
#include "filters/detect/near.h"
#include "filters/detect/personal_parts.h"

enum { GROUPS_MAX = 12 };

struct group {
    size_t start, end; /* of the digits */
    bool bracketed;
};

/* A candidate in its groups of digits. */
struct groups {
    struct group at[GROUPS_MAX];
    size_t count;
};

static bool read_groups(struct str text, size_t start, size_t end, struct groups *g)
{
    g->count = 0;
    near_look(2 * (end - start));
    for (size_t i = start; i < end;) {
        if (!ascii_is_digit(text.at[i])) {
            if (ascii_lower(text.at[i]) == 'x' || ascii_lower(text.at[i]) == 'e' || text.at[i] == '#')
                break; /* an extension */
            i++;
            continue;
        }
        if (g->count == GROUPS_MAX)
            return false;
        struct group *group = &g->at[g->count++];
        group->start = i;
        while (i < end && ascii_is_digit(text.at[i]))
            i++;
        group->end = i;
        group->bracketed = group->start > start && text.at[group->start - 1] == '(' && i < end && text.at[i] == ')';
    }
    return g->count > 0;
}

/* Several rows ask about the same candidate, one after the other: what was read of the last one is kept. */
static const struct groups *split(struct str text, size_t start, size_t end)
{
    static _Thread_local struct {
        char bytes[48];
        size_t start, len;
        bool is_one;
        struct groups groups;
    } last;
    size_t len = end - start;
    if (len > sizeof last.bytes)
        return NULL;
    if (last.len != len || last.start != start || memcmp(last.bytes, text.at + start, len) != 0) {
        memcpy(last.bytes, text.at + start, len);
        last.len = len;
        last.start = start;
        last.is_one = read_groups(text, start, end, &last.groups);
    }
    return last.is_one ? &last.groups : NULL;
}

static size_t digits_of(const struct groups *g, size_t from, size_t to)
{
    size_t n = 0;
    for (size_t i = from; i < to; i++)
        n += g->at[i].end - g->at[i].start;
    return n;
}

static size_t length(const struct groups *g, size_t i)
{
    return g->at[i].end - g->at[i].start;
}

static char digit(struct str text, const struct groups *g, size_t group, size_t i)
{
    return text.at[g->at[group].start + i];
}

/* 2020-06-20, 20.6.2020, 1/2/03, and what begins like one */
static bool is_date(struct str text, const struct groups *g, size_t from)
{
    if (g->count - from < 3)
        return false;
    size_t a = length(g, from), b = length(g, from + 1), c = length(g, from + 2);
    char century = c == 4 ? digit(text, g, from + 2, 0) : a == 4 ? digit(text, g, from, 0) : '1';
    bool fits = (a == 4 && b <= 2 && c <= 2) || (a <= 2 && b <= 2 && (c == 4 || (c == 2 && g->count - from == 3)));
    bool marked = text.at[g->at[from].end] == text.at[g->at[from + 1].end] && text.at[g->at[from].end] != ' ';
    return fits && marked && (century == '1' || century == '2');
}

/* The number ends with group `to`, but for an extension behind the last one. */
static bool settle(struct str text, const struct groups *g, size_t from, size_t to, size_t *start, size_t *end)
{
    size_t first = g->at[from].start, last = to == g->count ? *end : g->at[to - 1].end;
    if (g->at[from].bracketed)
        first--;
    if (from == 0)
        first = *start;
    while (last > first && !ascii_is_alnum(text.at[last - 1]))
        last--;
    if (!near_begins(text, first) || !near_ends(text, last) || near_is_part_of_number(text, first, last))
        return false;
    if (first > 0 && memchr("$#=/-", text.at[first - 1], 5) && text.at[first] != '+' && text.at[first] != '(')
        return false;
    /* the last groups of a longer number */
    if (first >= 2 && memchr(" -.", text.at[first - 1], 3) && ascii_is_digit(text.at[first - 2]) && text.at[first] != '+')
        return false;
    *start = first;
    *end = last;
    return true;
}

/* ---- +49 30 1234567, 0049 30 1234567 (E.164) ---- */

static bool is_country_code(struct str digits)
{
    /* what begins with two digits that are no zone, or no country in it */
    static const char *const NONE[] = { "0", "21 ", "210", "214", "215", "217", "219", "259", "28", "292", "293", "294", "295", "296",
                                        "384", "388", "39 ", "422", "424", "425", "426", "427", "428", "429", "693", "694", "695", "696",
                                        "697", "698", "699", "801", "802", "803", "804", "805", "806", "807", "809", "83", "851", "854",
                                        "857", "858", "859", "871", "872", "873", "874", "875", "876", "877", "879", "884", "885", "887",
                                        "889", "89", "969", "978", "990", "997", "999" };
    for (size_t i = 0; i < ARRAY_LEN(NONE); i++)
        if (digits.at[0] == NONE[i][0] && str_starts(digits, str_c(NONE[i])))
            return false;
    return true;
}

bool personal_phone_abroad(struct str text, size_t *start, size_t *end)
{
    char digits[24];
    const struct groups *g = split(text, *start, *end);
    if (!g)
        return false;
    bool plus = text.at[*start] == '+';
    for (size_t to = g->count; to > 0; to--) {
        size_t n = digits_of(g, 0, to), skipped = plus ? 0 : 2;
        if (n < 8 + skipped || n > 15 + skipped || (!plus && g->count < 3 && n < 12))
            continue;
        size_t len = near_compact(text, g->at[0].start, g->at[to - 1].end, digits, sizeof digits);
        struct str number = str_from(str_of(digits, len), skipped);
        if (!is_country_code(number) || (number.at[0] == '1' && number.len != 11) || (number.at[0] == '7' && number.len != 11))
            continue;
        if (settle(text, g, 0, to, start, end))
            return true;
    }
    return false;
}

/* ---- North America: 212-555-0123, (212) 555-0123, 1.212.555.0123 ---- */

static bool is_american(struct str text, const struct groups *g, size_t i)
{
    return length(g, i) == 3 && length(g, i + 1) == 3 && length(g, i + 2) == 4 && digit(text, g, i, 0) >= '2' &&
           digit(text, g, i + 1, 0) >= '2' && !(digit(text, g, i, 1) == '1' && digit(text, g, i, 2) == '1');
}

bool personal_phone_america(struct str text, size_t *start, size_t *end)
{
    const struct groups *g = split(text, *start, *end);
    if (!g)
        return false;
    for (size_t from = 0; from + 3 <= g->count; from++) {
        if (!is_american(text, g, from))
            continue;
        bool one = from == 1 && length(g, 0) == 1 && digit(text, g, 0, 0) == '1';
        return settle(text, g, one ? 0 : from, from + 3, start, end);
    }
    return false;
}

/* ---- a trunk prefix 0, and groups: 030 1234567, 06 12 34 56 78, (0)20 7946 0958 ---- */

/* 011 010 001 */
static bool is_binary(struct str s)
{
    unsigned seen = 0;
    for (size_t i = 0; i < s.len; i++)
        seen |= ascii_is_digit(s.at[i]) ? 1U << (s.at[i] - '0') : 0;
    return __builtin_popcount(seen) < 3;
}

/* With hyphens, right behind what things are numbered by. */
static bool is_of_thing(struct str text, size_t start, size_t end)
{
    enum { CLOSE_BYTES = 16 };
    size_t from = start > CLOSE_BYTES ? start - CLOSE_BYTES : 0;
    return memchr(text.at + start, '-', end - start) &&
           near_before(str_of(text.at + from, start - from), start - from, "sku|part no|part number|item no|part|isbn|article|artikel");
}

bool personal_phone_trunk(struct str text, size_t *start, size_t *end)
{
    const struct groups *g = split(text, *start, *end);
    if (!g || is_binary(str_of(text.at + *start, *end - *start)))
        return false;
    size_t from = 0;
    if (length(g, 0) < 2 || digit(text, g, 0, 0) != '0' || digit(text, g, 0, 1) == '0' || length(g, 0) > 5 ||
        is_date(text, g, from) || is_of_thing(text, *start, *end))
        return false;
    for (size_t to = g->count; to > 1; to--) {
        size_t n = digits_of(g, 0, to), shortest = 9;
        for (size_t i = 1; i < to; i++)
            shortest = length(g, i) < shortest ? length(g, i) : shortest;
        if (n >= 9 && n <= 12 && shortest >= 2 && settle(text, g, 0, to, start, end))
            return true;
    }
    return false;
}

/* ---- mobiles of countries that write them in a shape of their own, without a prefix ---- */

bool personal_phone_mobile(struct str text, size_t *start, size_t *end)
{
    const struct groups *g = split(text, *start, *end);
    if (!g)
        return false;
    size_t a = length(g, 0), b = g->count > 1 ? length(g, 1) : 0, c = g->count > 2 ? length(g, 2) : 0;
    char first = digit(text, g, 0, 0);
    bool india = g->count == 2 && a == 5 && b == 5 && first >= '6';
    bool china = g->count == 3 && a == 3 && b == 4 && c == 4 && first == '1' && digit(text, g, 0, 1) >= '3';
    bool spain = g->count == 4 && a == 3 && b == 2 && c == 2 && length(g, 3) == 2 && memchr("6789", first, 4);
    bool brazil = g->at[0].bracketed && a == 2 && g->count == 3 && (b == 4 || b == 5) && c == 4;
    bool russia = first == '8' && a == 1 && b == 3 && c == 3 && g->count >= 4 && digits_of(g, 0, g->count) == 11;
    /* nor do more groups follow */
    bool goes_on = *end + 1 < text.len && memchr(" .-/", text.at[*end], 4) && ascii_is_digit(text.at[*end + 1]);
    return (india || china || spain || brazil || russia) && !goes_on && settle(text, g, 0, g->count, start, end);
}

/* ---- what the words before call a telephone number ---- */

bool personal_phone_said(struct str text, size_t *start, size_t *end)
{
    const struct groups *g = split(text, *start, *end);
    if (!g || is_date(text, g, 0))
        return false;
    /* of an account, an order and a card it is none, whatever else is told */
    size_t words = *start > 32 ? *start - 32 : 0;
    if (near_before(str_of(text.at + words, *start - words), *start - words,
                    "ssn|social security|account|card|order|invoice|id|zip|code|credit|license|passport|serial|model|price|version|year"))
        return false;
    for (size_t to = g->count; to > 0; to--) {
        size_t n = digits_of(g, 0, to), shortest = 15;
        for (size_t i = 0; i < to; i++)
            shortest = length(g, i) < shortest ? length(g, i) : shortest;
        if (n >= 7 && n <= 13 && (shortest >= 2 || length(g, 0) == 1) && settle(text, g, 0, to, start, end))
            return true;
    }
    return false;
}

/* By words that say so only where they stand right before it. */
bool personal_phone_called(struct str text, size_t *start, size_t *end)
{
    enum { CLOSE_BYTES = 24 };
    size_t from = *start > CLOSE_BYTES ? *start - CLOSE_BYTES : 0;
    return near_before(str_of(text.at + from, *start - from), *start - from, PHONE_CLOSE) && personal_phone_said(text, start, end);
}
