/* date.c - the three forms of HTTP-date, and Retry-After. */
#include "proxy/http/date.h"

#include <time.h>

/* a, l: the day's name, short and long; d: two digits, e: one may be a space; b: the month's name; y, c: the year, with
 * and without its century; h, i, s: the time. Everything else stands for itself. */
static const char *const FORMS[] = {
    "a, d b y h:i:s GMT", /* Sun, 06 Nov 1994 08:49:37 GMT */
    "l, d-b-c h:i:s GMT", /* Sunday, 06-Nov-94 08:49:37 GMT */
    "a b e h:i:s y",      /* Sun Nov  6 08:49:37 1994 */
};

static const char *const DAYS[] = { "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday" };
static const char MONTHS[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

static bool take_number(struct str *s, size_t digits, int *out)
{
    uint64_t n;
    if (s->len < digits || !str_to_u64(str_first(*s, digits), &n))
        return false;
    *s = str_from(*s, digits);
    *out = (int)n;
    return true;
}

static bool take_month(struct str *s, int *out)
{
    size_t at = s->len < 3 ? 1 : str_find_str(str_c(MONTHS), str_first(*s, 3));
    *s = str_from(*s, 3);
    *out = (int)(at / 3);
    return at % 3 == 0 && at < sizeof MONTHS - 1;
}

static bool take_day(struct str *s, bool is_long)
{
    for (size_t i = 0; i < ARRAY_LEN(DAYS); i++) {
        struct str day = is_long ? str_c(DAYS[i]) : str_first(str_c(DAYS[i]), 3);
        if (str_starts(*s, day)) {
            *s = str_from(*s, day.len);
            return true;
        }
    }
    return false;
}

/* More than fifty years ahead means the century before. */
static int with_century(int two_digits, int64_t now_s)
{
    time_t clock = (time_t)now_s;
    struct tm now;
    if (!gmtime_r(&clock, &now))
        return two_digits;
    int year = (now.tm_year + 1900) / 100 * 100 + two_digits;
    return (year > now.tm_year + 1900 + 50 ? year - 100 : year) - 1900;
}

static bool take(struct str *s, char what, int64_t now_s, struct tm *t)
{
    switch (what) {
    case 'a':
    case 'l':
        return take_day(s, what == 'l');
    case 'b':
        return take_month(s, &t->tm_mon);
    case 'e':
        if (s->len && s->at[0] == ' ') {
            *s = str_from(*s, 1);
            return take_number(s, 1, &t->tm_mday);
        }
        /* fall through */
    case 'd':
        return take_number(s, 2, &t->tm_mday);
    case 'y':
        if (!take_number(s, 4, &t->tm_year))
            return false;
        t->tm_year -= 1900;
        return true;
    case 'c':
        if (!take_number(s, 2, &t->tm_year))
            return false;
        t->tm_year = with_century(t->tm_year, now_s);
        return true;
    case 'h':
        return take_number(s, 2, &t->tm_hour) && t->tm_hour < 24;
    case 'i':
        return take_number(s, 2, &t->tm_min) && t->tm_min < 60;
    case 's':
        return take_number(s, 2, &t->tm_sec) && t->tm_sec <= 60; /* a leap second */
    default:
        if (!s->len || s->at[0] != what)
            return false;
        *s = str_from(*s, 1);
        return true;
    }
}

bool http_date_read(struct str s, int64_t now_s, int64_t *wall_s)
{
    for (size_t i = 0; i < ARRAY_LEN(FORMS); i++) {
        struct str rest = s;
        struct tm t = { 0 };
        const char *form = FORMS[i];
        while (*form && take(&rest, *form, now_s, &t))
            form++;
        if (*form || rest.len)
            continue;
        struct tm day = { .tm_year = t.tm_year, .tm_mon = t.tm_mon, .tm_mday = t.tm_mday };
        timegm(&day); /* carries over what no month has */
        if (day.tm_mday != t.tm_mday)
            return false;
        *wall_s = timegm(&t);
        return true;
    }
    return false;
}

/* So many units, perhaps with a fraction, of which as much is read as `unit_ms` tells apart. */
static bool read_units(struct str s, uint64_t unit_ms, uint64_t *ms)
{
    struct str whole = str_cut(&s, '.');
    uint64_t value;
    if (!str_to_u64(whole, &value) || (s.at && !s.len))
        return false;
    value = value < HTTP_RETRY_AFTER_MAX_MS / unit_ms ? value * unit_ms : HTTP_RETRY_AFTER_MAX_MS;
    for (size_t i = 0; i < s.len; i++) {
        if (!ascii_is_digit(s.at[i]))
            return false;
        unit_ms /= 10;
        value += unit_ms * (uint64_t)(s.at[i] - '0');
    }
    *ms = value < HTTP_RETRY_AFTER_MAX_MS ? value : HTTP_RETRY_AFTER_MAX_MS;
    return true;
}

bool http_retry_after_read(const struct http_head *h, int64_t wall_s, uint64_t *ms)
{
    struct str after = http_known_value(h, HTTP_FIELD_RETRY_AFTER);
    uint64_t seconds_ms = 0, finer_ms = 0;
    int64_t at_s;
    bool is_told = read_units(after, 1000, &seconds_ms);
    if (!is_told && http_date_read(after, wall_s, &at_s)) {
        uint64_t ahead_s = at_s > wall_s ? (uint64_t)(at_s - wall_s) : 0;
        seconds_ms = ahead_s < HTTP_RETRY_AFTER_MAX_MS / 1000 ? ahead_s * 1000 : HTTP_RETRY_AFTER_MAX_MS;
        is_told = true;
    }
    if (!read_units(http_known_value(h, HTTP_FIELD_RETRY_AFTER_MS), 1, &finer_ms) && !is_told)
        return false;
    *ms = seconds_ms > finer_ms ? seconds_ms : finer_ms;
    return true;
}
