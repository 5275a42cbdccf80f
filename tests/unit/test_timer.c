/* test_timer.c - the wheel on a clock wound by hand. */
#include <stdlib.h>

#include "proxy/loop/wheel.h"
#include "tests/harness/check.h"

struct alarm {
    struct timer timer;
    uint64_t due_ms, fired_ms;
    unsigned times;
};

static struct wheel wheel;
static uint64_t last_due_ms;
static size_t out_of_order;

static void ring(struct timer *t)
{
    struct alarm *a = CONTAINER_OF(t, struct alarm, timer);
    CHECK(!timer_is_set(t));
    a->times++;
    a->fired_ms = wheel.now_ms;
    out_of_order += a->due_ms < last_due_ms;
    last_due_ms = a->due_ms;
}

static void alarm_set(struct alarm *a, uint64_t due_ms)
{
    a->due_ms = due_ms;
    wheel_set(&wheel, &a->timer, due_ms);
}

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

TEST("a hundred thousand timers, set, moved and cancelled, fire once, in order and on their millisecond")
{
    enum { COUNT = 100000 };
    uint64_t random = 88172645463325252u, start_ms = 123456789;
    struct alarm *alarms = calloc(COUNT, sizeof *alarms);
    wheel_init(&wheel, start_ms);
    last_due_ms = out_of_order = 0;
    for (size_t i = 0; i < COUNT; i++) {
        timer_init(&alarms[i].timer, ring);
        alarm_set(&alarms[i], start_ms + 1 + next_random(&random) % 5000000);
    }
    for (size_t i = 0; i < COUNT; i += 3)
        alarm_set(&alarms[i], start_ms + 1 + next_random(&random) % 300000000);
    for (size_t i = 0; i < COUNT; i += 5)
        timer_cancel(&alarms[i].timer);
    size_t visits = 0;
    for (uint64_t next_ms; (next_ms = wheel_next_ms(&wheel)) != UINT64_MAX; visits++)
        wheel_advance(&wheel, next_ms + next_random(&random) % 2);
    size_t wrong = 0;
    for (size_t i = 0; i < COUNT; i++) {
        bool is_cancelled = i % 5 == 0;
        wrong += alarms[i].times != (is_cancelled ? 0 : 1);
        wrong += !is_cancelled && alarms[i].fired_ms != alarms[i].due_ms;
    }
    CHECK_INT(wrong, 0);
    CHECK_INT(out_of_order, 0);
    CHECK(visits < 4 * (size_t)COUNT);
    free(alarms);
}

TEST("a jump over everything still fires in the order of the due times")
{
    struct alarm a[4];
    wheel_init(&wheel, 63);
    last_due_ms = out_of_order = 0;
    static const uint64_t DUE[4] = { 300000000, 64, 4097, 65 };
    for (size_t i = 0; i < 4; i++) {
        a[i] = (struct alarm){ 0 };
        timer_init(&a[i].timer, ring);
        alarm_set(&a[i], DUE[i]);
    }
    CHECK_INT(wheel_next_ms(&wheel), 64);
    wheel_advance(&wheel, 63);
    CHECK_INT(a[1].times, 0);
    wheel_advance(&wheel, 400000000);
    for (size_t i = 0; i < 4; i++)
        CHECK_INT(a[i].fired_ms, DUE[i]);
    CHECK_INT(out_of_order, 0);
    CHECK_INT(wheel.now_ms, 400000000);
}

static struct alarm victim;
static void ring_and_cancel(struct timer *t)
{
    ring(t);
    timer_cancel(&victim.timer);
}

TEST("a timer may cancel another that is due in the same millisecond")
{
    struct alarm killer = { 0 };
    wheel_init(&wheel, 1000);
    last_due_ms = out_of_order = 0;
    timer_init(&killer.timer, ring_and_cancel);
    timer_init(&victim.timer, ring);
    alarm_set(&killer, 1100);
    alarm_set(&victim, 1100);
    wheel_advance(&wheel, 1100);
    CHECK(killer.times == 1 && victim.times == 0 && !timer_is_set(&victim.timer));
    CHECK(wheel_next_ms(&wheel) == UINT64_MAX);
}

static unsigned again_times;
static void ring_again(struct timer *t)
{
    again_times++;
    wheel_set(&wheel, t, wheel.now_ms);
}

TEST("a timer that sets itself for now waits for the next turn")
{
    struct timer t;
    wheel_init(&wheel, 5);
    timer_init(&t, ring_again);
    wheel_set(&wheel, &t, 5);
    CHECK_INT(wheel_next_ms(&wheel), 5);
    wheel_advance(&wheel, 6);
    CHECK_INT(again_times, 1);
    wheel_advance(&wheel, 6);
    CHECK_INT(again_times, 2);
    timer_cancel(&t);
    CHECK(wheel_next_ms(&wheel) == UINT64_MAX);
}
