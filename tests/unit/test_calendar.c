/* test_calendar.c - time zones as the C library has them, and periods that follow one another through every change of clocks. */
#include "filters/limit/calendar.h"
#include "tests/harness/check.h"

#include <stdlib.h>
#include <time.h>

enum { HOUR_S = 3600, DAY_S = 86400 };

/* With changes at midnight, of half an hour, on Sundays and Fridays, in either half of the year, and without any. */
static const char *const ZONES[] = { "Europe/Berlin",       "America/New_York",  "America/Sao_Paulo", "America/Havana",
                                     "Asia/Kolkata",        "Asia/Beirut",       "Africa/Cairo",      "Australia/Lord_Howe",
                                     "Pacific/Apia",        "America/St_Johns",  "Asia/Tehran",       "Africa/Casablanca",
                                     "Antarctica/Troll",    "Asia/Gaza",         "Europe/Dublin",     "UTC",
                                     "America/Scoresbysund" };

static struct zone *load(struct arena *a, const char *name)
{
    const char *why = "";
    struct zone *z = zone_load(a, ZONE_DIRECTORY, str_c(name), &why);
    if (!CHECK(z != NULL))
        fprintf(stderr, "  %s %s\n", name, why);
    return z;
}

static int64_t utc(int year, unsigned month, unsigned day, int hour, int minute)
{
    return days_of_date(year, month, day) * DAY_S + hour * HOUR_S + minute * 60;
}

TEST("dates are those of the C library")
{
    for (int64_t days = -100000; days < 100000; days += 17) {
        time_t at = (time_t)days * DAY_S;
        struct tm tm;
        int64_t year;
        unsigned month, day;
        gmtime_r(&at, &tm);
        date_of_days(days, &year, &month, &day);
        CHECK(year == tm.tm_year + 1900 && (int)month == tm.tm_mon + 1 && (int)day == tm.tm_mday);
        CHECK(days_of_date(year, month, day) == days);
    }
}

TEST("offsets are those of the C library, for a hundred years")
{
    struct arena a;
    arena_init(&a, 16 << 20);
    for (size_t i = 0; i < ARRAY_LEN(ZONES); i++) {
        const struct zone *z = load(&a, ZONES[i]);
        size_t wrong = 0;
        setenv("TZ", ZONES[i], 1);
        tzset();
        for (int64_t t = utc(1971, 1, 1, 0, 30); z && t < utc(2071, 1, 1, 0, 0); t += 5 * HOUR_S + 1800) {
            time_t at = (time_t)t;
            struct tm tm;
            localtime_r(&at, &tm);
            wrong += zone_offset(z, t) != tm.tm_gmtoff;
        }
        if (!CHECK(wrong == 0))
            fprintf(stderr, "  %s: %zu\n", ZONES[i], wrong);
    }
    unsetenv("TZ");
    tzset();
    arena_finish(&a);
}

TEST("periods have neither gap nor overlap, and begin when the clocks first show it")
{
    struct arena a;
    arena_init(&a, 16 << 20);
    for (size_t i = 0; i < ARRAY_LEN(ZONES); i++)
        for (enum calendar_unit unit = CALENDAR_HOUR; unit < CALENDAR_UNITS; unit++) {
            struct calendar c = { .zone = load(&a, ZONES[i]), .unit = unit };
            int64_t end = utc(unit == CALENDAR_HOUR ? 2010 : 2030, 1, 1, 0, 0);
            uint64_t next = 0, after = 0;
            bool ok = true;
            for (int64_t t = utc(2009, 1, 1, 0, 0) - 1; t < end; t = (int64_t)(next / 1000)) {
                const uint64_t *p = calendar_periods(&c, t * 1000);
                ok = ok && p[0] <= (uint64_t)t * 1000 && (uint64_t)t * 1000 < p[1] && p[1] < p[2];
                ok = ok && (!next || (p[0] == next && p[1] == after));
                struct calendar fresh = { .zone = c.zone, .unit = unit }; /* from its last second it looks the same */
                const uint64_t *late = calendar_periods(&fresh, (int64_t)p[1] - 1);
                ok = ok && late[0] == p[0] && late[1] == p[1] && late[2] == p[2];
                int64_t local_s = (int64_t)(p[1] / 1000) + zone_offset(c.zone, (int64_t)(p[1] / 1000)), year;
                unsigned month, day;
                date_of_days(local_s / DAY_S, &year, &month, &day);
                ok = ok && (unit != CALENDAR_MONTH || day == 1);
                next = p[1];
                after = p[2];
            }
            if (!CHECK(ok))
                fprintf(stderr, "  %s %s, near %llu\n", ZONES[i], CALENDAR_WORDS[unit], (unsigned long long)next);
        }
    arena_finish(&a);
}

static uint64_t length_h(struct calendar *c, int64_t at_s)
{
    const uint64_t *p = calendar_periods(c, at_s * 1000);
    return (p[1] - p[0]) / 1000 / HOUR_S;
}

TEST("a day may have 23 or 25 hours, a month the days it has")
{
    struct arena a;
    arena_init(&a, 1 << 20);
    const struct zone *berlin = load(&a, "Europe/Berlin");
    struct calendar day = { .zone = berlin, .unit = CALENDAR_DAY }, month = { .zone = berlin, .unit = CALENDAR_MONTH };
    struct calendar plain = { .unit = CALENDAR_MONTH };
    CHECK(length_h(&day, utc(2026, 3, 29, 12, 0)) == 23);
    CHECK(length_h(&day, utc(2026, 10, 25, 12, 0)) == 25);
    CHECK(length_h(&day, utc(2026, 6, 1, 12, 0)) == 24);
    CHECK(length_h(&month, utc(2026, 3, 10, 0, 0)) == 31 * 24 - 1);
    CHECK(length_h(&plain, utc(2024, 2, 29, 23, 59)) == 29 * 24);
    CHECK(length_h(&plain, utc(2026, 2, 1, 0, 0)) == 28 * 24);
    const uint64_t *p = calendar_periods(&month, utc(2026, 12, 31, 22, 59) * 1000);
    CHECK(p[0] == (uint64_t)utc(2026, 11, 30, 23, 0) * 1000 && p[1] == (uint64_t)utc(2026, 12, 31, 23, 0) * 1000);
    p = calendar_periods(&month, utc(2026, 12, 31, 23, 0) * 1000);
    CHECK(p[0] == (uint64_t)utc(2026, 12, 31, 23, 0) * 1000 && p[2] == (uint64_t)utc(2027, 2, 28, 23, 0) * 1000);
    arena_finish(&a);
}

TEST("a day that begins at one o'clock begins when the clocks jump")
{
    struct arena a;
    arena_init(&a, 1 << 20);
    struct calendar c = { .zone = load(&a, "Africa/Cairo"), .unit = CALENDAR_DAY };
    const uint64_t *p = calendar_periods(&c, utc(2024, 4, 26, 10, 0) * 1000); /* 00:00 became 01:00 */
    CHECK(p[0] == (uint64_t)utc(2024, 4, 25, 22, 0) * 1000 && p[1] == (uint64_t)utc(2024, 4, 26, 21, 0) * 1000);
    arena_finish(&a);
}

TEST("a name that is none, a zone that is not there and a file that is none are told apart")
{
    static const char *const BAD[] = { "", "/etc/passwd", "../../etc/passwd", "Europe/Ber lin", "Europe\nBerlin" };
    struct arena a;
    const char *why = NULL;
    arena_init(&a, 1 << 20);
    for (size_t i = 0; i < ARRAY_LEN(BAD); i++)
        CHECK(!zone_load(&a, ZONE_DIRECTORY, str_c(BAD[i]), &why) && strstr(why, "no name"));
    CHECK(!zone_load(&a, ZONE_DIRECTORY, STR("Europe/Berlim"), &why) && strstr(why, "tzdata"));
    CHECK(!zone_load(&a, "/nowhere", STR("Europe/Berlin"), &why) && strstr(why, "tzdata"));
    CHECK(!zone_load(&a, ZONE_DIRECTORY, STR("tzdata.zi"), &why));
    CHECK(!zone_load(&a, ZONE_DIRECTORY, STR("zone.tab"), &why));
    arena_finish(&a);
}

TEST("a file that is cut anywhere or changed anywhere is refused or read, never more")
{
    static char text[65536];
    FILE *f = fopen(ZONE_DIRECTORY "/Europe/Berlin", "rb");
    size_t len = f ? fread(text, 1, sizeof text, f) : 0;
    if (f)
        fclose(f);
    CHECK(len > 500);
    for (size_t cut = 0; cut < len; cut++) {
        struct arena a;
        const char *why;
        arena_init(&a, 1 << 20);
        char *copy = malloc(cut ? cut : 1); /* exactly as long, so that a step beyond is seen */
        memcpy(copy, text, cut);
        struct zone *z = zone_read(&a, str_of(copy, cut), &why);
        CHECK(!z || cut > len - 40);
        free(copy);
        char was = text[cut];
        text[cut] = (char)(was ^ 0x81);
        if ((z = zone_read(&a, str_of(text, len), &why)))
            zone_offset(z, utc(2050, 7, 1, 0, 0));
        text[cut] = was;
        arena_finish(&a);
    }
}
