/* store_stage.h - gateways that share a store, all in memory, on one clock wound by hand: the loop and the client of
 * Redis are played (link this instead of proxy/loop and proxy/edge/redis), the server is the model of the scripts. */
#ifndef TESTS_UNIT_STORE_STAGE_H
#define TESTS_UNIT_STORE_STAGE_H

#include "proxy/base/log.h"
#include "proxy/edge/store/script.h"
#include "proxy/edge/store/shared.h"
#include "proxy/loop/timer.h"
#include "tests/unit/store_model.h"

#define STAGE_EPOCH_US 1790000000000000ull /* of the server's clock, when the stage's is 0 */

/* ---- the clock, and the loop of all ---- */

struct loop {
    struct list deferred, timers;
};
static uint64_t stage_us = 5000000;
static struct loop stage_loop;

uint64_t loop_now_ms(const struct loop *loop)
{
    (void)loop;
    return stage_us / 1000;
}

uint64_t loop_now_exact_us(void)
{
    return stage_us;
}

uint64_t loop_now_us(const struct loop *loop)
{
    (void)loop;
    return stage_us;
}

void deferred_init(struct deferred *d, void (*run)(struct deferred *d))
{
    list_init(&d->link);
    d->run = run;
}

void deferred_cancel(struct deferred *d)
{
    list_remove(&d->link);
}

void loop_defer(struct loop *loop, struct deferred *d)
{
    if (list_is_empty(&d->link))
        list_push_back(&loop->deferred, &d->link);
}

void timer_init(struct timer *t, void (*fire)(struct timer *t))
{
    *t = (struct timer){ .fire = fire };
    list_init(&t->link);
}

void timer_set(struct loop *loop, struct timer *t, uint64_t in_ms)
{
    list_remove(&t->link);
    t->due_ms = stage_us / 1000 + in_ms;
    list_push_back(&loop->timers, &t->link);
}

void timer_cancel(struct timer *t)
{
    list_remove(&t->link);
    t->due_ms = 0;
}

static inline void stage_settle(void)
{
    while (!list_is_empty(&stage_loop.deferred)) {
        struct deferred *d = LIST_ENTRY(stage_loop.deferred.next, struct deferred, link);
        list_remove(&d->link);
        d->run(d);
    }
}

/* ---- the server and who speaks to it ---- */

static struct model *stage_server;
static unsigned stage_run, stage_scripts, stage_told; /* which server it is; how many scripts it ran, and asks were answered */
static uint64_t stage_gateways_until[64]; /* by gateway */

struct resp_client {
    unsigned gateway;
    bool is_up;
    uint64_t latency_us;
    struct list sent; /* asks, in order */
    void (*changed)(void *user, bool is_up);
    void *user;
};

void resp_script_init(struct resp_script *script, struct str text)
{
    script->text = text;
}

void resp_client_watch(struct resp_client *c, void (*changed)(void *user, bool is_up), void *user)
{
    c->changed = changed;
    c->user = user;
}

bool resp_is_up(const struct resp_client *c, struct str key)
{
    (void)key;
    return c->is_up;
}

void resp_call(struct resp_client *c, struct resp_ask *ask, const struct resp_script *script, const struct str *args,
               size_t count, size_t keys)
{
    assert(!ask->is_open && count <= RESP_ARGS_MAX);
    ask->is_open = true;
    ask->client = c;
    ask->script = script;
    ask->args = args;
    ask->count = count;
    ask->keys = keys;
    ask->asked_us = stage_us;
    list_push_back(&c->sent, &ask->link);
}

/* The server here reads plain args. */
struct str resp_bulk(char *at, struct str s)
{
    memcpy(at, s.at, s.len);
    return str_of(at, s.len);
}

void resp_call_bulks(struct resp_client *c, struct resp_ask *ask, const struct resp_script *script, const struct str *args,
                     size_t count, size_t keys)
{
    resp_call(c, ask, script, args, count, keys);
}

void resp_cancel(struct resp_ask *ask)
{
    if (ask->is_open)
        list_remove(&ask->link);
    ask->is_open = false;
}

static inline void stage_answer(struct resp_ask *ask, enum resp_answer answer, const struct resp_value *value)
{
    stage_told++;
    list_remove(&ask->link);
    ask->is_open = false;
    ask->answer = answer;
    ask->value = value;
    ask->why = "the play";
    ask->answered(ask);
}

static inline void stage_say_hello(struct resp_ask *ask)
{
    char run[16];
    int64_t n = 0;
    if (!*stage_server->mark)
        memcpy(stage_server->mark, ask->args[3].at, MODEL_MARK);
    stage_gateways_until[ask->client->gateway] = stage_us + SHARED_GATEWAY_MS * 1000;
    for (size_t i = 0; i < ARRAY_LEN(stage_gateways_until); i++)
        n += stage_gateways_until[i] > stage_us;
    snprintf(run, sizeof run, "r%u", stage_run);
    struct resp_value values[4] = { { .kind = RESP_INTEGER, .integer = (int64_t)(STAGE_EPOCH_US + stage_us) },
                                    { .kind = RESP_INTEGER, .integer = n },
                                    { .kind = RESP_TEXT, .text = str_of(stage_server->mark, MODEL_MARK) },
                                    { .kind = RESP_TEXT, .text = str_c(run) } };
    stage_answer(ask, RESP_GIVEN, &(struct resp_value){ .kind = RESP_LIST, .list = values, .count = 4 });
}

/* The server does it, and tells, unless the answer is lost. */
static inline void stage_run_script(struct resp_ask *ask, bool tells)
{
    static struct resp_value values[MODEL_OUT];
    stage_scripts++;
    if (str_eq(ask->script->text, script_hello())) {
        if (tells)
            stage_say_hello(ask);
        return;
    }
    stage_server->now_us = (double)(STAGE_EPOCH_US + stage_us);
    stage_server->out_count = 0;
    if (str_eq(ask->script->text, script_ask()))
        model_ask(stage_server, ask->args, ask->count, ask->keys);
    else
        model_settle(stage_server, ask->args, ask->keys);
    size_t n = stage_server->out_count;
    for (size_t i = 0; i < n; i++)
        values[i] = (struct resp_value){ .kind = RESP_INTEGER, .integer = stage_server->out[i] };
    if (tells)
        stage_answer(ask, RESP_GIVEN, &(struct resp_value){ .kind = RESP_LIST, .list = values, .count = n });
}

/* Everything is answered that is due at this moment. */
static inline void stage_serve(struct resp_client *c)
{
    while (!list_is_empty(&c->sent)) {
        struct resp_ask *ask = LIST_ENTRY(c->sent.next, struct resp_ask, link);
        if (!c->is_up) {
            stage_answer(ask, RESP_DOWN, NULL);
            continue;
        }
        if (stage_us - ask->asked_us < c->latency_us)
            return;
        stage_run_script(ask, true);
    }
}

/* The connection ends: what is on its way may have been carried out (by turns), and nobody hears of it. */
static inline void stage_cut(struct resp_client *c, bool late)
{
    bool carried_out = true;
    c->is_up = false;
    if (c->changed)
        c->changed(c->user, false);
    for (size_t n = 0; n < 10000 && !list_is_empty(&c->sent); n++, carried_out = !carried_out) {
        struct resp_ask *ask = LIST_ENTRY(c->sent.next, struct resp_ask, link);
        if (carried_out)
            stage_run_script(ask, false);
        stage_answer(ask, late ? RESP_LATE : RESP_LOST, NULL);
    }
}

static inline void stage_connect(struct resp_client *c)
{
    c->is_up = true;
    if (c->changed)
        c->changed(c->user, true);
}

static inline void stage_wait_us(uint64_t us);
void loop_turn(struct loop *loop, int wait_ms)
{
    (void)loop;
    stage_wait_us((uint64_t)wait_ms * 1000);
}

/* ---- gateways and their workers ---- */

enum { STAGE_GATEWAYS = 3, STAGE_WORKERS = 2, STAGE_ALL = STAGE_GATEWAYS * STAGE_WORKERS };

static struct store *stage_memory[STAGE_GATEWAYS];
static struct resp_client stage_clients[STAGE_ALL];
static struct shared_store *stage_workers[STAGE_ALL];

static inline void stage_start_worker(unsigned i)
{
    stage_workers[i] = shared_new(&(struct shared_options){ .loop = &stage_loop,
                                                            .memory = stage_memory[i / STAGE_WORKERS],
                                                            .row = 1 + i % STAGE_WORKERS,
                                                            .client = &stage_clients[i],
                                                            .name = STR("play"),
                                                            .replicas = STAGE_GATEWAYS });
}

/* The worker ends, as after a reload or (when it crashed) at once; another one begins in its place. */
static inline void stage_replace_worker(unsigned i, bool crashed)
{
    struct resp_client *c = &stage_clients[i];
    if (!crashed)
        shared_flush(stage_workers[i], 100);
    LIST_EACH_SAFE (node, &c->sent)
        resp_cancel(LIST_ENTRY(node, struct resp_ask, link));
    shared_free(stage_workers[i]);
    store_forget_row(stage_memory[i / STAGE_WORKERS], 1 + i % STAGE_WORKERS, stage_us);
    stage_start_worker(i);
}

static inline void stage_begin_now(uint64_t latency_us)
{
    log_level = LOG_LEVEL_ERROR;
    list_init(&stage_loop.deferred);
    list_init(&stage_loop.timers);
    stage_server = model_new();
    memset(stage_gateways_until, 0, sizeof stage_gateways_until);
    for (unsigned i = 0; i < STAGE_GATEWAYS; i++)
        stage_memory[i] = store_new();
    for (unsigned i = 0; i < STAGE_ALL; i++) {
        stage_clients[i] = (struct resp_client){ .gateway = i / STAGE_WORKERS, .latency_us = latency_us };
        list_init(&stage_clients[i].sent);
        stage_start_worker(i);
        stage_connect(&stage_clients[i]);
    }
}

/* Some time after the one before. */
static inline void stage_begin(uint64_t latency_us)
{
    stage_us += 1000000000;
    stage_begin_now(latency_us);
}

static inline void stage_end(void)
{
    for (unsigned i = 0; i < STAGE_ALL; i++) {
        LIST_EACH_SAFE (node, &stage_clients[i].sent)
            resp_cancel(LIST_ENTRY(node, struct resp_ask, link));
        shared_free(stage_workers[i]);
    }
    for (unsigned i = 0; i < STAGE_GATEWAYS; i++)
        store_free(stage_memory[i]);
    model_free(stage_server);
}

/* Time goes on, by steps of half a millisecond at most. */
static inline void stage_wait_us(uint64_t us)
{
    uint64_t until = stage_us + us;
    for (;;) {
        stage_settle();
        for (unsigned i = 0; i < STAGE_ALL; i++) {
            stage_serve(&stage_clients[i]);
            stage_settle();
        }
        LIST_EACH_SAFE (node, &stage_loop.timers) {
            struct timer *t = LIST_ENTRY(node, struct timer, link);
            if (t->due_ms > stage_us / 1000)
                continue;
            timer_cancel(t);
            t->fire(t);
            break; /* the list may be another one */
        }
        stage_settle();
        if (stage_us >= until)
            return;
        stage_us += until - stage_us < 500 ? until - stage_us : 500;
    }
}

#endif
