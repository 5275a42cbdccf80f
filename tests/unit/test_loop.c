/* test_loop.c - turns: readiness, removal while events are out, order of deferred and flushed, timers in real time. */
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proxy/loop/timer.h"
#include "tests/harness/check.h"

static char order[64];
static size_t order_len;

static void note(char what)
{
    if (order_len < sizeof order)
        order[order_len++] = what;
}

static struct loop *the_loop;

struct end {
    struct watch watch;
    struct end *removes;
    uint32_t events;
    unsigned times;
};

static void end_ready(struct watch *w, uint32_t events)
{
    struct end *e = CONTAINER_OF(w, struct end, watch);
    e->events |= events;
    e->times++;
    if (e->removes)
        loop_remove(&e->removes->watch);
}

static void pair_up(struct loop *loop, struct end *a, struct end *b)
{
    int fds[2];
    CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) == 0);
    *a = (struct end){ .watch = { .fd = fds[0], .ready = end_ready } };
    *b = (struct end){ .watch = { .fd = fds[1], .ready = end_ready } };
    CHECK(loop_add(loop, &a->watch, false) && loop_add(loop, &b->watch, false));
}

static void end_close(struct end *e)
{
    loop_remove(&e->watch);
    loop_remove(&e->watch);
    close(e->watch.fd);
}

TEST("edges come once, a leaving peer is told at once")
{
    struct loop *loop = loop_new();
    struct end a, b;
    pair_up(loop, &a, &b);
    loop_turn(loop, 0);
    CHECK(a.events == EPOLLOUT && b.events == EPOLLOUT);
    CHECK(write(a.watch.fd, "x", 1) == 1);
    loop_turn(loop, 1000);
    loop_turn(loop, 0);
    CHECK(b.times == 2 && (b.events & EPOLLIN));
    end_close(&a);
    b.events = 0;
    loop_turn(loop, 1000);
    CHECK(b.events & EPOLLRDHUP);
    end_close(&b);
    loop_free(loop);
}

TEST("an event already fetched for a removed watch is dropped, and its slot can be used again")
{
    struct loop *loop = loop_new();
    struct end a, b;
    pair_up(loop, &a, &b);
    a.removes = &b;
    b.removes = &a;
    loop_turn(loop, 0);
    CHECK_INT(a.times + b.times, 1);
    struct end c, d;
    pair_up(loop, &c, &d);
    loop_turn(loop, 0);
    CHECK(c.times == 1 && d.times == 1 && a.times + b.times == 1);
    end_close(&a);
    end_close(&b);
    end_close(&c);
    end_close(&d);
    loop_free(loop);
}

TEST("more watches than the first table of slots")
{
    struct loop *loop = loop_new();
    struct end ends[300];
    for (size_t i = 0; i < 300; i += 2)
        pair_up(loop, &ends[i], &ends[i + 1]);
    for (size_t i = 0; i < 3; i++)
        loop_turn(loop, 0);
    for (size_t i = 0; i < 300; i++) {
        CHECK_INT(ends[i].times, 1);
        end_close(&ends[i]);
    }
    loop_free(loop);
}

static struct deferred one, two, flush, again;
static struct timer soon;

static void run_one(struct deferred *d)
{
    (void)d;
    note('1');
    loop_defer(the_loop, &two);
    loop_at_flush(the_loop, &flush);
    loop_at_flush(the_loop, &flush);
}

static void run_two(struct deferred *d)
{
    (void)d;
    note('2');
}

static void run_flush(struct deferred *d)
{
    (void)d;
    note('f');
    loop_at_flush(the_loop, &again);
    loop_defer(the_loop, &two);
}

static void run_again(struct deferred *d)
{
    (void)d;
    note('a');
}

static void fire_soon(struct timer *t)
{
    (void)t;
    note('t');
}

TEST("a turn runs timers, what was deferred until nothing is left, then the flushes")
{
    struct loop *loop = the_loop = loop_new();
    deferred_init(&one, run_one);
    deferred_init(&two, run_two);
    deferred_init(&flush, run_flush);
    deferred_init(&again, run_again);
    timer_init(&soon, fire_soon);
    timer_set(loop, &soon, 0);
    loop_defer(loop, &one);
    loop_defer(loop, &one);
    loop_turn(loop, 1000);
    CHECK_STR(str_of(order, order_len), STR("t12f"));
    loop_turn(loop, 1000);
    CHECK_STR(str_of(order, order_len), STR("t12f2a"));
    loop_defer(loop, &one);
    deferred_cancel(&one);
    loop_turn(loop, 0);
    CHECK_INT(order_len, 6);
    loop_free(loop);
}

static void fire_stop(struct timer *t)
{
    (void)t;
    loop_stop(the_loop);
}

TEST("a timer wakes the loop, not early and hardly late")
{
    struct loop *loop = the_loop = loop_new();
    struct timer t;
    timer_init(&t, fire_stop);
    uint64_t start_us = loop_now_exact_us();
    timer_set(loop, &t, 1000);
    timer_set(loop, &t, 20);
    loop_run(loop);
    uint64_t took_us = loop_now_exact_us() - start_us;
    CHECK(took_us >= 19000 && took_us < 500000);
    loop_free(loop);
}

static struct timer late;

static void work_for_long(struct deferred *d)
{
    (void)d;
    usleep(100 * 1000);
    loop_catch_up(the_loop);
    timer_set(the_loop, &late, 50);
}

TEST("a timer that is set after long work does not ring early, once the clock was read")
{
    struct loop *loop = the_loop = loop_new();
    struct deferred work;
    timer_init(&late, fire_stop);
    deferred_init(&work, work_for_long);
    loop_defer(loop, &work);
    uint64_t start_us = loop_now_exact_us();
    loop_run(loop);
    CHECK(loop_now_exact_us() - start_us >= 149000);
    loop_free(loop);
}
