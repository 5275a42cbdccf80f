/* test_health.c - which endpoint takes the next request, who rests and for how long. */
#include "proxy/core/health.h"
#include "proxy/http/reader.h"
#include "tests/harness/check.h"

enum { WALL_S = 784111777 }; /* Sun, 06 Nov 1994 08:49:37 GMT */

static struct endpoint endpoints[4];
static struct pool pool;

static void build(const uint64_t priorities[], const uint64_t weights[], size_t count)
{
    pool = (struct pool){ .endpoints = { .at = endpoints, .count = count },
                          .eject_failures = 3,
                          .eject_ms = 10000,
                          .retry_after_max_ms = 60000 };
    for (size_t i = 0; i < count; i++)
        endpoints[i] =
            (struct endpoint){ .pool = &pool, .priority = priorities[i], .weight = weights[i], .id = (unsigned)i };
}

/* The place of the next one; -1: none. */
static int pick(uint64_t tried, uint64_t now_ms)
{
    uint64_t retry_ms;
    struct endpoint *e = health_pick(&pool, tried, now_ms, &retry_ms);
    return e ? (int)e->id : -1;
}

TEST("equals take turns by their weight, evenly spread, and only the best priority is asked")
{
    build((uint64_t[]){ 2, 1, 1, 1 }, (uint64_t[]){ 9, 5, 1, 1 }, 4);
    unsigned counts[4] = { 0 }, in_a_row = 0, most = 0;
    for (int i = 0; i < 700; i++) {
        int e = pick(0, 0);
        counts[e]++;
        in_a_row = e == 1 ? in_a_row + 1 : 0;
        most = in_a_row > most ? in_a_row : most;
        health_worked(&endpoints[e]);
    }
    CHECK(counts[0] == 0 && counts[1] == 500 && counts[2] == 100 && counts[3] == 100);
    CHECK(most <= 4); /* of seven, five are its own */
}

TEST("who was tried is not tried again; the next priority is asked when the better one has nobody")
{
    build((uint64_t[]){ 1, 1, 2 }, (uint64_t[]){ 1, 1, 1 }, 3);
    int first = pick(0, 0), second = pick(health_bit(&endpoints[first]), 0);
    CHECK(first + second == 1);
    CHECK_INT(pick(3, 0), 2);
    CHECK(health_has_other(&pool, 3, 0) && !health_has_other(&pool, 7, 0));
    CHECK_INT(pick(7, 0), -1);
}

TEST("who fails so many times in a row rests; one request probes him, and decides")
{
    build((uint64_t[]){ 1 }, (uint64_t[]){ 1 }, 1);
    for (int i = 0; i < 3; i++) { /* two failures and a success are nothing */
        CHECK_INT(pick(0, 0), 0);
        health_failed(&endpoints[0], 0);
        CHECK_INT(pick(0, 0), 0);
        health_failed(&endpoints[0], 0);
        CHECK_INT(pick(0, 0), 0);
        health_worked(&endpoints[0]);
    }
    for (int i = 0; i < 3; i++) {
        CHECK_INT(pick(0, 1000), 0);
        health_failed(&endpoints[0], 1000);
    }
    uint64_t retry_ms = 0;
    CHECK(!health_pick(&pool, 0, 1001, &retry_ms));
    CHECK_INT(retry_ms, 9999);
    CHECK_INT(pick(0, 10999), -1);
    CHECK_INT(pick(0, 11000), 0);
    CHECK_INT(pick(0, 11000), -1); /* while the one is out */
    health_failed(&endpoints[0], 11500);
    CHECK_INT(pick(0, 21499), -1); /* once was enough */
    CHECK_INT(pick(0, 21500), 0);
    health_unknown(&endpoints[0]); /* the caller left */
    CHECK_INT(pick(0, 21500), 0);
    health_worked(&endpoints[0]);
    CHECK(pick(0, 21501) == 0 && pick(0, 21501) == 0);
}

TEST("who asks for time gets it, at most as much as the pool gives, and never less than before")
{
    build((uint64_t[]){ 1 }, (uint64_t[]){ 1 }, 1);
    health_rest(&endpoints[0], 0, 7000);
    health_rest(&endpoints[0], 0, 1000);
    CHECK(pick(0, 6999) == -1 && pick(0, 7000) == 0);
    health_rest(&endpoints[0], 10000, 86400000);
    CHECK(pick(0, 69999) == -1 && pick(0, 70000) == 0);
}

/* What fields of an answer ask for: 1000 when they say nothing, at most 60000. */
static uint64_t asked_for(const char *fields)
{
    struct http_reader r;
    struct str piece;
    size_t used;
    char text[400];
    int len = snprintf(text, sizeof text, "HTTP/1.1 429 Too Many Requests\r\ncontent-length: 0\r\n%s\r\n", fields);
    http_reader_init(&r, HTTP_RESPONSES, &HTTP_LIMITS_DEFAULT);
    CHECK_INT(http_reader_next(&r, str_of(text, (size_t)len), &used, &piece), HTTP_HEAD);
    uint64_t ms = health_retry_after(&r.head, WALL_S, 1000, 60000);
    http_reader_finish(&r);
    return ms;
}

TEST("an endpoint rests as long as it asks to, a spent window of tokens for its period; lies are clamped, nonsense is nothing")
{
    static const struct {
        const char *fields;
        uint64_t ms;
    } ROWS[] = {
        { "", 1000 },
        { "retry-after: 7\r\n", 7000 },
        { "retry-after: 0\r\n", 1000 },
        { "retry-after: -1\r\n", 1000 },
        { "retry-after: 61\r\n", 60000 },
        { "retry-after: 99999999999\r\n", 60000 },
        { "retry-after: Sun, 06 Nov 1994 08:49:07 GMT\r\n", 1000 },
        { "retry-after-ms: 250\r\n", 250 },
        { "retry-after: 1\r\nretry-after-ms: 0\r\nx-ratelimit-type: tokens\r\nx-ratelimit-remaining-tokens: 0\r\n"
          "x-ratelimit-renewalperiod-tokens: 60\r\n",
          60000 },
        { "x-ratelimit-type: tokens\r\nx-ratelimit-remaining-tokens: 0\r\nx-ratelimit-renewalperiod-tokens: 40\r\n",
          40000 },
        { "x-ratelimit-type: tokens\r\nx-ratelimit-remaining-tokens: 5\r\nx-ratelimit-renewalperiod-tokens: 40\r\n",
          1000 },
    };
    for (size_t i = 0; i < ARRAY_LEN(ROWS); i++)
        if (!CHECK_INT(asked_for(ROWS[i].fields), ROWS[i].ms))
            printf("  %s", ROWS[i].fields);
}
