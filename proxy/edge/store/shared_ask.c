/* shared_ask.c - asks of the shared store: from memory, from a lease, or by a question to it. */
#include "proxy/base/metric.h"
#include "proxy/edge/store/shared_parts.h"

void shared_give(struct ask_store *ask)
{
    ask->ask.is_open = false;
    ask->ask.op = NULL;
    list_remove(&ask->ask.link);
    store_count(ask);
    ask->ask.answered(&ask->ask);
}

/* ---- deciding ---- */

/* Refused from memory: one of them cannot pass yet. */
static bool is_shut(struct shared_store *s, struct ask_store *ask, struct spot *const *spots)
{
    uint64_t now_ms = loop_now_ms(s->loop);
    bool shut = false;
    for (size_t i = 0; i < ask->ops_count; i++) {
        struct limit_op *op = &ask->ops[i];
        op->allowed = op->soft || now_ms >= spots[i]->shut_until_ms || op->cost < spots[i]->shut_cost;
        shut |= !op->allowed;
    }
    if (!shut)
        return false;
    for (size_t i = 0; i < ask->ops_count; i++) {
        struct limit_op *op = &ask->ops[i];
        shared_tell_local(s, spots[i], op);
        uint64_t least_ms = op->allowed                               ? 0
                            : op->kind == LIMIT_RATE && op->cost == 1 ? spots[i]->shut_until_ms - now_ms
                                                                      : 1;
        op->retry_ms = op->retry_ms > least_ms ? op->retry_ms : least_ms;
    }
    ask->result = STORE_REFUSED;
    return true;
}

/* All ops are leased, and there is enough in hand for each. */
static bool is_in_hand(struct shared_store *s, struct ask_store *ask, struct spot *const *spots)
{
    for (size_t i = 0; i < ask->ops_count; i++)
        if (!ask->ops[i].lease || ask->ops[i].kind == LIMIT_CONCURRENCY || !spots[i]->hand)
            return false;
    for (size_t i = 0; i < ask->ops_count; i++) {
        if (shared_from_hand(s, spots[i], &ask->ops[i]))
            continue;
        while (i-- > 0)
            spots[i]->hand += (uint64_t)ask->ops[i].cost;
        return false;
    }
    for (size_t i = 0; i < ask->ops_count; i++)
        shared_ask_for_lease(s, spots[i], &ask->ops[i]);
    ask->result = STORE_PASSED;
    return true;
}

/* False: it was sent. */
static bool decide(struct shared_store *s, struct ask_store *ask)
{
    struct spot *spots[SHARED_OPS_MAX];
    bool fits = ask->ops_count <= SHARED_OPS_MAX;
    for (size_t i = 0; fits && i < ask->ops_count; i++)
        fits = (spots[i] = shared_spot(s, &ask->ops[i])) != NULL;
    if (fits && !shared_serves(s)) {
        shared_decide_alone(s, ask);
    } else if (fits && !is_shut(s, ask, spots) && !is_in_hand(s, ask, spots)) {
        if (shared_send(s, ask, spots))
            return false;
        fits = false;
    }
    if (!fits) {
        ask->result = STORE_DOWN;
        COUNT(METRIC_STORE_FULL);
    }
    return true;
}

bool shared_ask_now(struct shared_store *s, struct ask_store *ask)
{
    assert(!ask->settle && !ask->ask.is_open);
    list_init(&ask->ask.link);
    if (!decide(s, ask))
        return false;
    store_count(ask);
    return true;
}

void shared_decide(struct deferred *d)
{
    struct shared_store *s = CONTAINER_OF(d, struct shared_store, decide);
    while (!list_is_empty(&s->asks)) { /* an answer may cancel another ask, or bring a new one */
        struct ask_store *ask = CONTAINER_OF(LIST_ENTRY(s->asks.next, struct ask, link), struct ask_store, ask);
        if (decide(s, ask))
            shared_give(ask);
    }
}
