/* calendar.c - where the periods of a zone's calendar begin. */
#include "filters/limit/calendar.h"

enum { HOUR_S = 3600, DAY_S = 86400 };

const char *const CALENDAR_WORDS[CALENDAR_UNITS + 1] = { "hour", "day", "month", NULL };

bool calendar_unit_parse(struct str word, enum calendar_unit *unit)
{
    for (enum calendar_unit i = 0; i < CALENDAR_UNITS; i++) {
        if (!str_eq(word, str_c(CALENDAR_WORDS[i])))
            continue;
        *unit = i;
        return true;
    }
    return false;
}

static int64_t offset_at(const struct zone *z, int64_t utc_s)
{
    return z ? zone_offset(z, utc_s) : 0;
}

static int64_t floor_to(int64_t n, int64_t unit)
{
    return n - (n % unit + unit) % unit;
}

/* The first second in (low, high] in which the offset is that of `high`; there is one change between them. */
static int64_t change_between(const struct zone *z, int64_t low, int64_t high)
{
    int64_t offset = offset_at(z, high);
    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        *(offset_at(z, middle) == offset ? &high : &low) = middle;
    }
    return high;
}

/* When the clocks first show this local time; where they jump over it, when they jump. */
static int64_t first_shown(const struct zone *z, int64_t local_s)
{
    int64_t before = offset_at(z, local_s - DAY_S), after = offset_at(z, local_s + DAY_S);
    int64_t early = local_s - (before > after ? before : after), late = local_s - (before > after ? after : before);
    if (early + offset_at(z, early) == local_s)
        return early;
    if (late + offset_at(z, late) == local_s)
        return late;
    return change_between(z, early, late);
}

static int64_t local_start(int64_t local_s, enum calendar_unit unit, unsigned further)
{
    int64_t days = floor_to(local_s, DAY_S) / DAY_S, year;
    unsigned month, day;
    if (unit == CALENDAR_DAY)
        return (days + further) * DAY_S;
    date_of_days(days, &year, &month, &day);
    month += further;
    return days_of_date(year + (month - 1) / 12, (month - 1) % 12 + 1, 1) * DAY_S;
}

/* Hours are as long as the clocks say; a change that is not on the hour begins one. */
static int64_t hour_start(const struct zone *z, int64_t utc_s)
{
    int64_t offset = offset_at(z, utc_s), start = floor_to(utc_s + offset, HOUR_S) - offset;
    return offset_at(z, start) == offset ? start : change_between(z, start, utc_s);
}

static int64_t hour_end(const struct zone *z, int64_t utc_s)
{
    int64_t offset = offset_at(z, utc_s), end = floor_to(utc_s + offset, HOUR_S) - offset + HOUR_S;
    return offset_at(z, end - 1) == offset ? end : change_between(z, utc_s, end - 1);
}

/* The first start of a period after `utc_s`. */
static int64_t next_start(const struct calendar *c, int64_t utc_s)
{
    if (c->unit == CALENDAR_HOUR)
        return hour_end(c->zone, utc_s);
    int64_t local_s = utc_s + offset_at(c->zone, utc_s), next = utc_s;
    for (unsigned further = 1; next <= utc_s; further++) /* twice where midnight is shown twice */
        next = first_shown(c->zone, local_start(local_s, c->unit, further));
    return next;
}

const uint64_t *calendar_periods(struct calendar *c, int64_t wall_ms)
{
    uint64_t now_ms = wall_ms > 0 ? (uint64_t)wall_ms : 0;
    if (c->periods_ms[1] && now_ms >= c->periods_ms[0] && now_ms < c->periods_ms[1])
        return c->periods_ms;
    int64_t now_s = (int64_t)(now_ms / 1000), start, next;
    if (c->unit == CALENDAR_HOUR) {
        start = hour_start(c->zone, now_s);
        next = hour_end(c->zone, now_s);
    } else {
        next = next_start(c, now_s);
        int64_t local_s = next - 1 + offset_at(c->zone, next - 1);
        start = first_shown(c->zone, local_start(local_s, c->unit, 0));
    }
    int64_t starts[] = { start > 0 ? start : 0, next, next_start(c, next) };
    for (size_t i = 0; i < 3; i++)
        c->periods_ms[i] = (uint64_t)starts[i] * 1000;
    return c->periods_ms;
}
