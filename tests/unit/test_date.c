/* test_date.c - points in time as HTTP writes them, and when to come back. */
#include "proxy/http/date.h"
#include "proxy/http/reader.h"
#include "tests/harness/check.h"

#include <time.h>

enum { NOW = 1795000000 }; /* in November 2026 */

/* The time as each of the forms has it. */
static void write_forms(time_t at, char forms[3][64])
{
    static const char *const DAYS[] = { "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday" };
    static const char MONTHS[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    struct tm t;
    gmtime_r(&at, &t);
    const char *day = DAYS[t.tm_wday], *month = MONTHS + 3 * t.tm_mon;
    int year = t.tm_year + 1900;
    char clock[32];
    snprintf(clock, sizeof clock, "%02d:%02d:%02d", t.tm_hour, t.tm_min, t.tm_sec);
    snprintf(forms[0], 64, "%.3s, %02d %.3s %04d %s GMT", day, t.tm_mday, month, year, clock);
    snprintf(forms[1], 64, "%s, %02d-%.3s-%02d %s GMT", day, t.tm_mday, month, year % 100, clock);
    snprintf(forms[2], 64, "%.3s %.3s %2d %s %04d", day, month, t.tm_mday, clock, year);
}

TEST("each of the three forms is read, on every day of a century")
{
    char forms[3][64];
    for (time_t at = NOW - (time_t)49 * 31557600; at < NOW + (time_t)49 * 31557600; at += 86399) {
        write_forms(at, forms);
        for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
            int64_t read = -1;
            if (!CHECK(http_date_read(str_c(forms[i]), NOW, &read)) || !CHECK_INT(read, at))
                printf("  %s\n", forms[i]);
        }
    }
}

TEST("two digits of a year are of the century that is not too far ahead; a leap second is one")
{
    static const struct {
        const char *text;
        int64_t at;
    } DATES[] = {
        { "Sunday, 06-Nov-94 08:49:37 GMT", 784111777 }, { "Sunday, 06-Nov-76 08:49:37 GMT", 3371878177 },
        { "Sunday, 06-Nov-77 08:49:37 GMT", 247654177 }, { "Sat, 31 Dec 2016 23:59:60 GMT", 1483228800 },
        { "Thu, 29 Feb 2024 00:00:00 GMT", 1709164800 },
    };
    for (size_t i = 0; i < ARRAY_LEN(DATES); i++) {
        int64_t read = -1;
        CHECK(http_date_read(str_c(DATES[i].text), NOW, &read));
        CHECK_INT(read, DATES[i].at);
    }
}

TEST("what is no date is none, and a date that is cut is none")
{
    static const char *const WRONG[] = {
        "",
        "120",
        "Sun, 06 Nix 1994 08:49:37 GMT",
        "Sun, 6 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 94 08:49:37 GMT",
        "sun, 06 nov 1994 08:49:37 gmt",
        "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 06 Nov 1994 08:49:37 +0000",
        "Sun, 06 Nov 1994 08:49 GMT",
        "Sun, 06 Nov 1994 24:00:00 GMT",
        "Sun, 06 Nov 1994 08:60:00 GMT",
        "Sun, 06 Nov 1994 08:00:61 GMT",
        "Sun, 00 Nov 1994 08:49:37 GMT",
        "Sun, 31 Nov 1994 08:49:37 GMT",
        "Wed, 29 Feb 2023 00:00:00 GMT",
        "Sunday, 06 Nov 1994 08:49:37 GMT",
        "Sun, 06-Nov-94 08:49:37 GMT",
        "Sun Nov 06 08:49:37 1994 GMT",
        "Sun, 06 Nov 1994 08:49:37 GMT ",
        "Sun, 06 ov 1994 08:49:37 GMT",
        "Sun, 06 Nov -994 08:49:37 GMT",
    };
    int64_t read;
    for (size_t i = 0; i < ARRAY_LEN(WRONG); i++)
        if (!CHECK(!http_date_read(str_c(WRONG[i]), NOW, &read)))
            printf("  %s\n", WRONG[i]);
    struct str whole = STR("Sun, 06 Nov 1994 08:49:37 GMT");
    for (size_t len = 0; len < whole.len; len++) {
        char *copy = malloc(len + !len);
        memcpy(copy, whole.at, len);
        CHECK(!http_date_read(str_of(copy, len), NOW, &read));
        free(copy);
    }
}

enum { IN_1994 = 784111777, NOTHING = 77 }; /* Sun, 06 Nov 1994 08:49:37 GMT */

/* NOTHING stays where neither field says anything. */
static uint64_t asked_for(const char *fields)
{
    char text[400];
    int len = snprintf(text, sizeof text, "HTTP/1.1 429 Too Many Requests\r\ncontent-length: 0\r\n%s\r\n", fields);
    struct http_reader r;
    struct str piece;
    size_t used;
    http_reader_init(&r, HTTP_RESPONSES, &HTTP_LIMITS_DEFAULT);
    CHECK_INT(http_reader_next(&r, str_of(text, (size_t)len), &used, &piece), HTTP_HEAD);
    uint64_t ms = NOTHING;
    CHECK(http_retry_after_read(&r.head, IN_1994, &ms) == (ms != NOTHING));
    http_reader_finish(&r);
    return ms;
}

TEST("Retry-After is seconds, with a fraction or without, or a date; the larger one of it and of retry-after-ms counts")
{
    static const struct {
        const char *fields;
        uint64_t ms;
    } ROWS[] = {
        { "", NOTHING },
        { "retry-after: 7\r\n", 7000 },
        { "retry-after: 0\r\n", 0 },
        { "retry-after: 1.5\r\n", 1500 },
        { "retry-after: 0.0625\r\n", 62 },
        { "retry-after: 1.\r\n", NOTHING },
        { "retry-after: .5\r\n", NOTHING },
        { "retry-after: 1.5s\r\n", NOTHING },
        { "retry-after: 1.5.5\r\n", NOTHING },
        { "retry-after: 1,5\r\n", NOTHING },
        { "retry-after: 1e3\r\n", NOTHING },
        { "retry-after: +1\r\n", NOTHING },
        { "retry-after: -1\r\n", NOTHING },
        { "retry-after:\r\n", NOTHING },
        { "retry-after: soon\r\n", NOTHING },
        { "retry-after: 86400\r\n", HTTP_RETRY_AFTER_MAX_MS },
        { "retry-after: 86400.9\r\n", HTTP_RETRY_AFTER_MAX_MS },
        { "retry-after: 86399.999\r\n", HTTP_RETRY_AFTER_MAX_MS - 1 },
        { "retry-after: 18446744073709551615\r\n", HTTP_RETRY_AFTER_MAX_MS },
        { "retry-after: 18446744073709551616\r\n", NOTHING },
        { "retry-after: Sun, 06 Nov 1994 08:50:07 GMT\r\n", 30000 },
        { "retry-after: Sunday, 06-Nov-94 08:50:07 GMT\r\n", 30000 },
        { "retry-after: Sun Nov  6 08:50:07 1994\r\n", 30000 },
        { "retry-after: Sun, 06 Nov 1994 08:49:37 GMT\r\n", 0 },
        { "retry-after: Sun, 06 Nov 1994 08:49:07 GMT\r\n", 0 },
        { "retry-after: Sun, 06 Nov 2094 08:49:07 GMT\r\n", HTTP_RETRY_AFTER_MAX_MS },
        { "retry-after: Sun, 06 Nix 1994 08:50:07 GMT\r\n", NOTHING },
        { "retry-after-ms: 250\r\n", 250 },
        { "retry-after-ms: 250.7\r\n", 250 },
        { "retry-after-ms: -1\r\n", NOTHING },
        { "retry-after-ms: 99999999999\r\n", HTTP_RETRY_AFTER_MAX_MS },
        { "retry-after: 1\r\nretry-after-ms: 0\r\n", 1000 },
        { "retry-after: 2\r\nretry-after-ms: 1700\r\n", 2000 },
        { "retry-after: soon\r\nretry-after-ms: 1700\r\n", 1700 },
        { "retry-after: 3\r\nretry-after-ms: soon\r\n", 3000 },
        { "retry-after: Sun, 06 Nov 1994 08:49:38 GMT\r\nretry-after-ms: 1700\r\n", 1700 },
    };
    for (size_t i = 0; i < ARRAY_LEN(ROWS); i++)
        if (!CHECK_INT(asked_for(ROWS[i].fields), ROWS[i].ms))
            printf("  %s\n", ROWS[i].fields);
}
