/* scan_world.c - a world without anybody in it. */
#include "proxy/app/scan_world.h"

#include <time.h>

static uint64_t ms_of(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static uint64_t now_ms(struct world *w)
{
    (void)w;
    return ms_of(CLOCK_MONOTONIC);
}

static int64_t wall_ms(struct world *w)
{
    (void)w;
    return (int64_t)ms_of(CLOCK_REALTIME);
}

static void keep(struct world *world, struct ask *ask)
{
    struct scan_world *w = (struct scan_world *)world;
    ask->is_open = true;
    list_push_back(&w->asks, &ask->link);
}

static void ask_fetch(struct world *w, struct ask_fetch *ask)
{
    ask->ok = false;
    ask->failure = "a scan asks nobody";
    keep(w, &ask->ask);
}

static void ask_store(struct world *w, struct ask_store *ask)
{
    ask->result = STORE_DOWN;
    if (!ask->settle)
        keep(w, &ask->ask);
}

/* Nothing that is scanned takes so long that a time could be up. */
static void ask_timer(struct world *w, struct ask_timer *ask)
{
    (void)w;
    ask->ask.is_open = true;
    list_init(&ask->ask.link);
}

static void ask_forward(struct world *w, struct ask_forward *ask)
{
    (void)w;
    (void)ask;
}

static void cancel(struct world *w, struct ask *ask)
{
    (void)w;
    if (!ask->is_open)
        return;
    ask->is_open = false;
    list_remove(&ask->link);
}

static void read_body(struct world *w, struct exchange *x, uint64_t ceiling_bytes)
{
    (void)w;
    (void)x;
    (void)ceiling_bytes;
}

static void answer_head(struct world *w, struct exchange *x, const struct answer_head *head)
{
    (void)w;
    (void)x;
    (void)head;
}

static void answer_bytes(struct world *world, struct exchange *x, struct str bytes)
{
    struct scan_world *w = (struct scan_world *)world;
    (void)x;
    (void)!buf_add(&w->answer, bytes);
}

static void answer_end(struct world *w, struct exchange *x, bool whole)
{
    (void)w;
    (void)x;
    (void)whole;
}

static void ended(struct world *w, struct exchange *x)
{
    (void)w;
    (void)x;
}

static bool journal(struct world *w, struct str line)
{
    (void)w;
    (void)line;
    return true;
}

static bool is_accepting(struct world *w)
{
    (void)w;
    return true;
}

void scan_world_init(struct scan_world *w, size_t answer_bytes_max)
{
    *w = (struct scan_world){
        .world = { .now_ms = now_ms,
                   .wall_ms = wall_ms,
                   .store = ask_store,
                   .fetch = ask_fetch,
                   .timer = ask_timer,
                   .forward = ask_forward,
                   .cancel = cancel,
                   .cancel_forward = ask_forward,
                   .read_body = read_body,
                   .answer_head = answer_head,
                   .answer_bytes = answer_bytes,
                   .answer_end = answer_end,
                   .ended = ended,
                   .journal = journal,
                   .is_accepting = is_accepting },
    };
    list_init(&w->asks);
    buf_init(&w->answer, answer_bytes_max);
}

void scan_world_finish(struct scan_world *w)
{
    buf_finish(&w->answer);
}

void scan_world_turn(struct world *world)
{
    struct scan_world *w = (struct scan_world *)world;
    while (!list_is_empty(&w->asks)) {
        struct ask *ask = LIST_ENTRY(w->asks.next, struct ask, link);
        cancel(world, ask);
        ask->answered(ask);
    }
}
