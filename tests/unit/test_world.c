/* test_world.c - the outside of a worker: timers, clocks, the store, the journal, and how asks are cancelled. */
#include "proxy/edge/world.h"

#include <time.h>

#include "tests/harness/check.h"

static struct loop *loop;
static struct store *store;
static struct outside *outside;
static struct world *world;
static struct setup setup;

static void begin(void)
{
    static struct problems problems;
    char why[160];
    loop = loop_new();
    store = store_new();
    const struct outside_options options = { .loop = loop,
                                             .setup = &setup,
                                             .store = store,
                                             .row = 1,
                                             .journal = journal_open(loop, STR("insecure_none"), why) };
    outside = outside_new(&options, &problems);
    CHECK(outside != NULL);
    world = outside_world(outside);
}

static void end(void)
{
    outside_free(outside);
    store_free(store);
    loop_free(loop);
}

struct waiter {
    struct ask_timer timer;
    struct ask_store store;
    struct ask_fetch fetch;
    unsigned told;
    unsigned again;
};

static void timer_told(struct ask *ask)
{
    struct waiter *w = CONTAINER_OF(CONTAINER_OF(ask, struct ask_timer, ask), struct waiter, timer);
    CHECK(!ask->is_open);
    w->told++;
    if (w->again) {
        w->again--;
        world->timer(world, &w->timer);
    }
}

static void turns(unsigned ms)
{
    uint64_t until_us = loop_now_exact_us() + ms * 1000;
    while (loop_now_exact_us() < until_us)
        loop_turn(loop, 1);
}

TEST("a timer is answered once, in its time, and may be asked again from there")
{
    begin();
    struct waiter w = { .timer = { .ask = { .answered = timer_told }, .in_ms = 20 }, .again = 2 };
    uint64_t began_ms = world->now_ms(world);
    world->timer(world, &w.timer);
    CHECK(w.timer.ask.is_open);
    turns(5);
    CHECK(!w.told || world->now_ms(world) - began_ms >= 20); /* on a busy machine a turn takes what it takes */
    while (w.told < 3)
        loop_turn(loop, 5);
    CHECK(world->now_ms(world) - began_ms >= 60);
    CHECK(!w.timer.ask.is_open);
    turns(30);
    CHECK_INT(w.told, 3);
    end();
}

TEST("a timer of no time is not answered within the call")
{
    begin();
    struct waiter w = { .timer = { .ask = { .answered = timer_told } } };
    world->timer(world, &w.timer);
    CHECK_INT(w.told, 0);
    turns(5);
    CHECK_INT(w.told, 1);
    end();
}

TEST("a cancelled timer is never answered, and cancelling twice or never asked does no harm")
{
    begin();
    struct waiter w[50];
    for (size_t i = 0; i < ARRAY_LEN(w); i++) {
        w[i] = (struct waiter){ .timer = { .ask = { .answered = timer_told }, .in_ms = 5 + i % 7 } };
        world->cancel(world, &w[i].timer.ask);
        world->timer(world, &w[i].timer);
    }
    for (size_t i = 0; i < ARRAY_LEN(w); i += 2) {
        world->cancel(world, &w[i].timer.ask);
        world->cancel(world, &w[i].timer.ask);
        CHECK(!w[i].timer.ask.is_open);
    }
    turns(30);
    for (size_t i = 0; i < ARRAY_LEN(w); i++)
        CHECK_INT(w[i].told, i % 2);
    end();
}

static void store_told(struct ask *ask)
{
    CONTAINER_OF(CONTAINER_OF(ask, struct ask_store, ask), struct waiter, store)->told++;
}

static void fetch_told(struct ask *ask)
{
    CONTAINER_OF(CONTAINER_OF(ask, struct ask_fetch, ask), struct waiter, fetch)->told++;
}

TEST("the store and the fetch answer later, or not at all when they are cancelled")
{
    begin();
    struct limit_op ops[2] = { { .kind = LIMIT_RATE, .key = STR("a"), .count = 10, .period_ms = 1000, .cost = 1 },
                               { .kind = LIMIT_RATE, .key = STR("b"), .count = 10, .period_ms = 1000, .cost = 1 } };
    struct waiter w[2] = { { .told = 0 }, { .told = 0 } };
    for (size_t i = 0; i < 2; i++) {
        w[i].store = (struct ask_store){ .ask = { .answered = store_told }, .ops = &ops[i], .ops_count = 1 };
        w[i].fetch = (struct ask_fetch){
            .ask = { .answered = fetch_told }, .method = STR("GET"), .url = STR("gopher://x/"), .ceiling_bytes = 10
        };
        world->store(world, &w[i].store);
        world->fetch(world, &w[i].fetch);
        CHECK_INT(w[i].told, 0);
    }
    world->cancel(world, &w[1].store.ask);
    world->cancel(world, &w[1].fetch.ask);
    turns(5);
    CHECK_INT(w[0].told, 2);
    CHECK_INT(w[0].store.result, STORE_PASSED);
    CHECK(!w[0].fetch.ok);
    CHECK_INT(w[1].told, 0);
    end();
}

TEST("the clocks go with the loop and with the wall")
{
    begin();
    CHECK_INT(world->now_ms(world), loop_now_ms(loop));
    int64_t off_ms = world->wall_ms(world) - (int64_t)time(NULL) * 1000;
    CHECK(off_ms > -2000 && off_ms < 2000);
    end();
}

TEST("a world whose journal takes lines accepts requests")
{
    begin();
    CHECK(world->is_accepting(world));
    CHECK(world->journal(world, STR("{}")));
    CHECK(world->is_accepting(world));
    end();
}
