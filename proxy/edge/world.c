/* world.c - the outside of one worker, as the core asks for it. */
#include "proxy/edge/world.h"

#include <stdlib.h>
#include <time.h>

#include "proxy/edge/forward.h"
#include "proxy/edge/front.h"
#include "proxy/edge/store/shared.h"

enum { LOOKUPS_MAX = 256, SPARE_ALARMS_MAX = 1024, JOURNAL_CLOSE_MS = 1000 };

struct outside {
    struct world world;
    struct loop *loop;
    int64_t wall_ms; /* what the clock on the wall said when the loop's said wall_read_at_ms */
    uint64_t wall_read_at_ms;
    struct post *post;
    struct resolver *resolver;
    struct trusts *trusts;
    struct origins *origins;
    struct forwards *forwards;
    struct fetches *fetches;
    struct journal *journal;
    struct store_client store;
    struct resp_client *redis;   /* with a store that gateways share, as is */
    struct shared_store *shared;
    struct list spare; /* alarms */
    size_t spare_count;
    struct list
        unset; /* timers for which there was no memory: they go off at once, which is the safe side of a deadline */
    struct deferred answer_unset;
};

static struct outside *outside_of(struct world *w)
{
    return CONTAINER_OF(w, struct outside, world);
}

/* ---- time ---- */

static uint64_t world_now_ms(struct world *w)
{
    return loop_now_ms(outside_of(w)->loop);
}

/* Asked several times for each exchange, and read once in a turn of the loop that is a millisecond later. */
static int64_t world_wall_ms(struct world *w)
{
    struct outside *o = outside_of(w);
    uint64_t now_ms = loop_now_ms(o->loop);
    if (!o->wall_ms || now_ms != o->wall_read_at_ms) {
        struct timespec t;
        clock_gettime(CLOCK_REALTIME, &t);
        o->wall_ms = (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
        o->wall_read_at_ms = now_ms;
    }
    return o->wall_ms;
}

/* The loop's timer under an ask; pooled. */
struct alarm {
    struct timer timer;
    struct list link;
    struct outside *outside;
    struct ask *ask;
};

static void alarm_free(struct alarm *a)
{
    struct outside *o = a->outside;
    timer_cancel(&a->timer);
    a->ask->is_open = false;
    a->ask->op = NULL;
    if (o->spare_count >= SPARE_ALARMS_MAX) {
        free(a);
        return;
    }
    list_push_front(&o->spare, &a->link);
    o->spare_count++;
}

static void alarm_goes_off(struct timer *t)
{
    struct alarm *a = CONTAINER_OF(t, struct alarm, timer);
    struct ask *ask = a->ask;
    alarm_free(a);
    ask->answered(ask);
}

static void drop_alarm(struct ask *ask)
{
    alarm_free(ask->op);
}

static void drop_unset(struct ask *ask)
{
    ask->is_open = false;
    list_remove(&ask->link);
}

static void answer_unset(struct deferred *d)
{
    struct outside *o = CONTAINER_OF(d, struct outside, answer_unset);
    while (!list_is_empty(&o->unset)) {
        struct ask *ask = LIST_ENTRY(o->unset.next, struct ask, link);
        drop_unset(ask);
        ask->answered(ask);
    }
}

static struct alarm *alarm_new(struct outside *o)
{
    struct alarm *a;
    if (!list_is_empty(&o->spare)) {
        a = LIST_ENTRY(o->spare.next, struct alarm, link);
        list_remove(&a->link);
        o->spare_count--;
        return a;
    }
    if (!(a = malloc(sizeof *a)))
        return NULL;
    a->outside = o;
    list_init(&a->link);
    timer_init(&a->timer, alarm_goes_off);
    return a;
}

static void world_timer(struct world *w, struct ask_timer *ask)
{
    struct outside *o = outside_of(w);
    assert(!ask->ask.is_open);
    struct alarm *a = alarm_new(o);
    ask->ask.is_open = true;
    ask->ask.op = a;
    ask->ask.drop = a ? drop_alarm : drop_unset;
    if (!a) {
        list_push_back(&o->unset, &ask->ask.link);
        loop_defer(o->loop, &o->answer_unset);
        return;
    }
    a->ask = &ask->ask;
    timer_set(o->loop, &a->timer, ask->in_ms);
}

/* ---- the other asks ---- */

static void world_store(struct world *w, struct ask_store *ask)
{
    struct outside *o = outside_of(w);
    if (o->shared)
        shared_ask(o->shared, ask);
    else
        store_client_ask(&o->store, ask);
}

static bool world_store_now(struct world *w, struct ask_store *ask)
{
    struct outside *o = outside_of(w);
    return o->shared ? shared_ask_now(o->shared, ask) : store_client_ask_now(&o->store, ask);
}

static void world_fetch(struct world *w, struct ask_fetch *ask)
{
    fetch_ask(outside_of(w)->fetches, ask);
}

static void world_forward(struct world *w, struct ask_forward *ask)
{
    forward_ask(outside_of(w)->forwards, ask);
}

static void world_cancel(struct world *w, struct ask *ask)
{
    (void)w;
    if (ask->is_open)
        ask->drop(ask);
    assert(!ask->is_open);
}

static void world_cancel_forward(struct world *w, struct ask_forward *ask)
{
    (void)w;
    forward_cancel(ask);
}

/* ---- what is written down ---- */

static bool world_journal(struct world *w, struct str line)
{
    return journal_add(outside_of(w)->journal, line);
}

static bool world_is_accepting(struct world *w)
{
    return !journal_is_stuck(outside_of(w)->journal);
}

static const struct world WORLD = {
    .now_ms = world_now_ms,
    .wall_ms = world_wall_ms,
    .store = world_store,
    .store_now = world_store_now,
    .fetch = world_fetch,
    .timer = world_timer,
    .forward = world_forward,
    .cancel = world_cancel,
    .cancel_forward = world_cancel_forward,
    .read_body = front_read_body,
    .answer_head = front_answer_head,
    .answer_bytes = front_answer_bytes,
    .answer_end = front_answer_end,
    .ended = front_ended,
    .journal = world_journal,
    .is_accepting = world_is_accepting,
};

/* ---- making and ending it ---- */

static bool open_shared(struct outside *o, const struct outside_options *options, struct problems *problems)
{
    const struct store_settings *store = options->setup->store;
    if (!store)
        return true;
    struct resp_options redis = {
        .loop = o->loop, .resolver = o->resolver, .setup = options->setup, .world = &o->world
    };
    if (!(o->redis = resp_client_new(&redis, problems)))
        return false;
    struct shared_options shared = {
        .loop = o->loop,
        .memory = options->store,
        .row = options->row,
        .client = o->redis,
        .name = store->name,
        .replicas = (unsigned)store->replicas,
    };
    return (o->shared = shared_new(&shared)) != NULL;
}

struct outside *outside_new(const struct outside_options *options, struct problems *problems)
{
    struct outside *o = calloc(1, sizeof *o);
    if (!o) {
        journal_close(options->journal, JOURNAL_CLOSE_MS);
        return NULL;
    }
    struct loop *loop = options->loop;
    o->world = WORLD;
    o->loop = loop;
    o->journal = options->journal;
    list_init(&o->spare);
    list_init(&o->unset);
    deferred_init(&o->answer_unset, answer_unset);
    store_client_init(&o->store, options->store, loop, options->row);
    if ((o->post = post_new(loop, LOOKUPS_MAX)) && (o->resolver = resolver_new(loop, o->post, NULL)) &&
        (o->trusts = trusts_new()) &&
        (o->origins = origins_new(loop, o->resolver, o->trusts, options->setup, problems)) &&
        (o->forwards = forwards_new(loop, o->origins)) &&
        (o->fetches = fetches_new(loop, o->resolver, o->trusts, options->shelves)) && open_shared(o, options, problems))
        return o;
    outside_free(o);
    return NULL;
}

void outside_flush(struct outside *o, uint64_t within_ms)
{
    if (o && o->shared)
        shared_flush(o->shared, within_ms);
}

void outside_free(struct outside *o)
{
    if (!o)
        return;
    shared_free(o->shared);
    resp_client_free(o->redis);
    fetches_free(o->fetches);
    forwards_free(o->forwards);
    origins_free(o->origins);
    trusts_free(o->trusts);
    resolver_free(o->resolver);
    post_free(o->post);
    store_client_finish(&o->store);
    deferred_cancel(&o->answer_unset);
    journal_close(o->journal, JOURNAL_CLOSE_MS);
    LIST_EACH_SAFE (node, &o->spare)
        free(LIST_ENTRY(node, struct alarm, link));
    free(o);
}

struct world *outside_world(struct outside *o)
{
    return &o->world;
}

struct journal *outside_journal(const struct outside *o)
{
    return o->journal;
}

struct origin_counts outside_counts(const struct outside *o, const struct endpoint *endpoint)
{
    return origin_counts(o->origins, endpoint);
}
