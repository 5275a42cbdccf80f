/* zone.c - TZif files: their transitions, and the rule that goes on after the last one. */
#include "filters/limit/zone.h"

#include <stdio.h>

#include "proxy/base/ascii.h"

enum { FILE_MAX = 256 * 1024, HEADER = 44, DAY_S = 86400 };

/* One end of summer time: Mm.w.d, Jn or n, and the local time of the change. */
struct change {
    enum { ON_WEEKDAY, ON_JULIAN, ON_DAY } kind;
    unsigned month, week, day;
    int64_t time_s;
};

struct zone {
    size_t count;
    int64_t *at;      /* when it changes */
    int32_t *offsets; /* from then on */
    int32_t first;    /* before the first change */
    bool has_rule, has_summer;
    int64_t standard, summer;
    struct change begins, ends;
};

/* ---- dates (Howard Hinnant's algorithms, which are exact for all years) ---- */

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

int64_t days_of_date(int64_t year, unsigned month, unsigned day)
{
    year -= month <= 2;
    int64_t era = floor_div(year, 400);
    unsigned of_era = (unsigned)(year - era * 400);
    unsigned of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

void date_of_days(int64_t days, int64_t *year, unsigned *month, unsigned *day)
{
    days += 719468;
    int64_t era = floor_div(days, 146097);
    unsigned of_era = (unsigned)(days - era * 146097);
    unsigned year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    unsigned of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100), m = (5 * of_year + 2) / 153;
    *day = of_year - (153 * m + 2) / 5 + 1;
    *month = m < 10 ? m + 3 : m - 9;
    *year = (int64_t)year_of_era + era * 400 + (*month <= 2);
}

/* ---- the rule: a POSIX TZ text ---- */

static bool take_number(struct str *s, unsigned max, unsigned *out)
{
    unsigned n = 0;
    size_t i = 0;
    while (i < s->len && i < 4 && ascii_is_digit(s->at[i]))
        n = n * 10 + (unsigned)(s->at[i++] - '0');
    if (i == 0 || n > max)
        return false;
    *s = str_from(*s, i);
    *out = n;
    return true;
}

static bool take_char(struct str *s, char c)
{
    if (!s->len || s->at[0] != c)
        return false;
    *s = str_from(*s, 1);
    return true;
}

static bool take_zone_name(struct str *s)
{
    size_t i = 0;
    if (take_char(s, '<')) {
        i = str_find(*s, '>');
        if (i == s->len)
            return false;
        *s = str_from(*s, i + 1);
        return true;
    }
    while (i < s->len && ascii_is_letter(s->at[i]))
        i++;
    *s = str_from(*s, i);
    return i >= 3;
}

/* [+-]h[h[h]][:mm[:ss]] in seconds. */
static bool take_time(struct str *s, int64_t *out)
{
    unsigned h, m = 0, sec = 0;
    bool negative = take_char(s, '-');
    if (!negative)
        take_char(s, '+');
    if (!take_number(s, 167, &h) || (take_char(s, ':') && !take_number(s, 59, &m)) ||
        (take_char(s, ':') && !take_number(s, 59, &sec)))
        return false;
    int64_t n = (int64_t)h * 3600 + m * 60 + sec;
    *out = negative ? -n : n;
    return true;
}

static bool take_change(struct str *s, struct change *c)
{
    *c = (struct change){ .kind = ON_DAY, .time_s = 2 * 3600 };
    bool ok;
    if (take_char(s, 'M')) {
        c->kind = ON_WEEKDAY;
        ok = take_number(s, 12, &c->month) && take_char(s, '.') && take_number(s, 5, &c->week) && take_char(s, '.') &&
             take_number(s, 6, &c->day) && c->month >= 1 && c->week >= 1;
    } else {
        c->kind = take_char(s, 'J') ? ON_JULIAN : ON_DAY;
        ok = take_number(s, 365, &c->day);
    }
    return ok && (!take_char(s, '/') || take_time(s, &c->time_s));
}

static bool read_rule(struct zone *z, struct str s)
{
    int64_t west, summer_west;
    if (!take_zone_name(&s) || !take_time(&s, &west))
        return false;
    z->standard = -west;
    z->has_rule = true;
    if (!s.len)
        return true;
    if (!take_zone_name(&s))
        return false;
    z->summer = z->standard + 3600;
    if (s.len && s.at[0] != ',') {
        if (!take_time(&s, &summer_west))
            return false;
        z->summer = -summer_west;
    }
    z->has_summer = true;
    return take_char(&s, ',') && take_change(&s, &z->begins) && take_char(&s, ',') && take_change(&s, &z->ends) &&
           s.len == 0;
}

static bool is_leap(int64_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* When the change of that year comes, in seconds of a clock that is `offset` from UTC. */
static int64_t change_at(const struct change *c, int64_t year, int64_t offset)
{
    static const unsigned char LENGTHS[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    int64_t days = days_of_date(year, 1, 1);
    if (c->kind == ON_WEEKDAY) {
        days = days_of_date(year, c->month, 1);
        unsigned first = (unsigned)(((days + 4) % 7 + 7) % 7); /* 1970-01-01 was a Thursday */
        unsigned length = LENGTHS[c->month - 1] + (c->month == 2 && is_leap(year));
        unsigned day = (c->day + 7 - first) % 7 + (c->week - 1) * 7;
        days += day < length ? day : day - 7;
    } else if (c->kind == ON_JULIAN) { /* 1 to 365; 29 February is never counted */
        days += c->day - 1 + (is_leap(year) && c->day >= 60);
    } else {
        days += c->day;
    }
    return days * DAY_S + c->time_s - offset;
}

static int64_t rule_offset(const struct zone *z, int64_t utc_s)
{
    int64_t year;
    unsigned month, day;
    if (!z->has_summer)
        return z->standard;
    date_of_days(floor_div(utc_s + z->standard, DAY_S), &year, &month, &day);
    int64_t begin = change_at(&z->begins, year, z->standard), end = change_at(&z->ends, year, z->summer);
    bool is_summer = begin < end ? utc_s >= begin && utc_s < end : utc_s >= begin || utc_s < end;
    return is_summer ? z->summer : z->standard;
}

int64_t zone_offset(const struct zone *z, int64_t utc_s)
{
    if (z->count == 0 || utc_s < z->at[0])
        return z->count == 0 && z->has_rule ? rule_offset(z, utc_s) : z->first;
    if (utc_s >= z->at[z->count - 1] && z->has_rule)
        return rule_offset(z, utc_s);
    size_t low = 0, high = z->count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        *(z->at[middle] <= utc_s ? &low : &high) = middle;
    }
    return z->offsets[low];
}

/* ---- the file ---- */

static uint64_t big_endian(const char *at, size_t n)
{
    uint64_t value = 0;
    for (size_t i = 0; i < n; i++)
        value = value << 8 | (unsigned char)at[i];
    return value;
}

struct counts {
    size_t is_ut, is_standard, leaps, times, types, chars;
};

static bool read_header(struct str file, size_t at, struct counts *c, char *version)
{
    if (file.len < at + HEADER || memcmp(file.at + at, "TZif", 4) != 0)
        return false;
    size_t n[6];
    for (size_t i = 0; i < 6; i++)
        n[i] = (size_t)big_endian(file.at + at + 20 + 4 * i, 4);
    *c = (struct counts){ n[0], n[1], n[2], n[3], n[4], n[5] };
    *version = file.at[at + 4];
    for (size_t i = 0; i < 6; i++)
        if (n[i] > FILE_MAX)
            return false;
    return c->types > 0;
}

static size_t block_size(const struct counts *c, size_t time_size)
{
    return c->times * time_size + c->times + c->types * 6 + c->chars + c->leaps * (time_size + 4) + c->is_standard + c->is_ut;
}

static bool read_block(struct zone *z, struct arena *a, struct str block, const struct counts *c, size_t time_size)
{
    const char *types = block.at + c->times * time_size, *infos = types + c->times;
    z->at = arena_array(a, int64_t, c->times + 1);
    z->offsets = arena_array(a, int32_t, c->times + 1);
    if (!z->at || !z->offsets)
        return false;
    z->first = (int32_t)big_endian(infos, 4);
    for (size_t i = 0; i < c->times; i++) {
        uint64_t raw = big_endian(block.at + i * time_size, time_size);
        size_t type = (unsigned char)types[i];
        int64_t when = time_size == 8 ? (int64_t)raw : (int32_t)(uint32_t)raw;
        if (type >= c->types || (i && when <= z->at[i - 1]))
            return false;
        z->at[i] = when;
        z->offsets[i] = (int32_t)big_endian(infos + type * 6, 4);
    }
    z->count = c->times;
    return true;
}

struct zone *zone_read(struct arena *a, struct str file, const char **why)
{
    struct counts c;
    char version;
    size_t at = HEADER, time_size = 4;
    struct zone *z = arena_new(a, struct zone);
    *why = "is no time zone file";
    if (!z || !read_header(file, 0, &c, &version))
        return NULL;
    if (version >= '2') { /* the first block is for old readers */
        at += block_size(&c, 4);
        if (!read_header(file, at, &c, &version))
            return NULL;
        at += HEADER;
        time_size = 8;
    }
    size_t size = block_size(&c, time_size);
    if (file.len < at || file.len - at < size || !read_block(z, a, str_of(file.at + at, size), &c, time_size))
        return NULL;
    struct str rule = str_from(file, at + size);
    if (time_size == 8 && take_char(&rule, '\n') && (rule = str_cut(&rule, '\n')).len && !read_rule(z, rule))
        return NULL;
    return z;
}

static bool is_zone_name(struct str name)
{
    return name.len > 0 && name.len <= 64 && name.at[0] != '/' && str_find_str(name, STR("..")) == name.len &&
           ascii_is_made_of(name, STR("/_-+"));
}

struct zone *zone_load(struct arena *a, const char *directory, struct str name, const char **why)
{
    *why = "is no name of a time zone, such as Europe/Berlin";
    if (!is_zone_name(name))
        return NULL;
    struct str path = arena_printf(a, "%s/" STR_F, directory, STR_A(name));
    char *path_c = path.at ? arena_cstr(a, path) : NULL;
    char *text = malloc(FILE_MAX);
    FILE *f = path_c && text ? fopen(path_c, "rb") : NULL;
    struct zone *z = NULL;
    *why = "is not among the system's time zones: is the package tzdata installed?";
    if (f) {
        size_t len = fread(text, 1, FILE_MAX, f);
        z = zone_read(a, str_of(text, len), why);
        fclose(f);
    }
    free(text);
    return z;
}
