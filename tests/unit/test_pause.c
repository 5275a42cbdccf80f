/* test_pause.c - pauses double, end, and differ; a server's own wish is granted within reason. */
#include "proxy/base/pause.h"

#include "tests/harness/check.h"

static bool is_about(uint64_t ms, uint64_t of)
{
    return ms >= of - of / 10 && ms <= of + of / 10;
}

TEST("each failure doubles the pause, up to the longest, and success forgets them")
{
    struct pause p;
    pause_init(&p, 1000, 6000, 7);
    CHECK(is_about(pause_failed(&p, 0), 1000));
    CHECK(is_about(pause_failed(&p, 0), 2000));
    CHECK(is_about(pause_failed(&p, 0), 4000));
    CHECK(is_about(pause_failed(&p, 0), 6000));
    CHECK(is_about(pause_failed(&p, 0), 6000));
    pause_over(&p);
    CHECK(is_about(pause_failed(&p, 0), 1000));
}

TEST("a longer wish of the server counts, but for no more than an hour")
{
    struct pause p;
    pause_init(&p, 1000, 60000, 7);
    CHECK_INT(pause_failed(&p, 5000), 5000);
    CHECK(is_about(pause_failed(&p, 1), 2000));
    CHECK_INT(pause_failed(&p, UINT64_MAX), 3600 * 1000);
}

TEST("pauses that began alike come apart, and none leaves its bounds")
{
    struct pause a, b;
    unsigned same = 0;
    pause_init(&a, 1000, 1000, 0);
    pause_init(&b, 1000, 1000, 2);
    for (int i = 0; i < 1000; i++) {
        uint64_t one = pause_jitter(&a, 1000, 4), other = pause_jitter(&b, 1000, 4);
        CHECK(one >= 750 && one <= 1250 && other >= 750 && other <= 1250);
        same += one == other;
    }
    CHECK(same < 50);
}
