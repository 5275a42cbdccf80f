/* client.c - a worker's side of the store in shared memory: asked in one turn of the loop, answered in the same. */
#include "proxy/base/metric.h"
#include "proxy/edge/store.h"

void store_count(const struct ask_store *ask)
{
    COUNT(METRIC_STORE_OPS, ask->result == STORE_PASSED    ? RESULT_OK
                            : ask->result == STORE_REFUSED ? RESULT_REFUSED
                                                           : RESULT_FAILED);
}

bool store_client_ask_now(struct store_client *c, struct ask_store *ask)
{
    assert(!ask->settle && !ask->ask.is_open);
    store_decide(c->store, c->row, store_time_now(), ask);
    store_count(ask);
    return true;
}

static void answer_asks(struct deferred *d)
{
    struct store_client *c = CONTAINER_OF(d, struct store_client, answer);
    struct store_time now = store_time_now();
    while (!list_is_empty(&c->asks)) { /* an answer may cancel another ask, or bring a new one */
        struct ask *ask = LIST_ENTRY(c->asks.next, struct ask, link);
        list_remove(&ask->link);
        ask->is_open = false;
        struct ask_store *a = CONTAINER_OF(ask, struct ask_store, ask);
        store_decide(c->store, c->row, now, a);
        store_count(a);
        ask->answered(ask);
    }
}

void store_client_init(struct store_client *c, struct store *store, struct loop *loop, unsigned row)
{
    *c = (struct store_client){ .store = store, .loop = loop, .row = row };
    list_init(&c->asks);
    deferred_init(&c->answer, answer_asks);
}

void store_client_finish(struct store_client *c)
{
    deferred_cancel(&c->answer);
}

static void drop_ask(struct ask *ask)
{
    ask->is_open = false;
    list_remove(&ask->link);
}

void store_client_ask(struct store_client *c, struct ask_store *ask)
{
    if (ask->settle) {
        store_decide(c->store, c->row, store_time_now(), ask);
        return;
    }
    assert(!ask->ask.is_open);
    ask->ask.is_open = true;
    ask->ask.drop = drop_ask;
    list_push_back(&c->asks, &ask->ask.link);
    loop_defer(c->loop, &c->answer);
}
