/* slices.c - a stream beyond its reservation: ask for a further slice, go on, and end when there is none. */
#include "proxy/core/slices.h"

#include <stdlib.h>

#include "proxy/base/metric.h"
#include "proxy/core/pipeline.h"

enum { LEAST_TOKENS = 16 /* less is not worth a question */ };

/* Lives until it is answered, also when the exchange does not: what it took must be given back. */
struct slice_ask {
    struct ask_store store;
    struct world *world;
    struct exchange *x; /* NULL: it has ended in the meantime */
    uint64_t tokens;
    size_t count;
    size_t index[EXCHANGE_LIMITS_MAX]; /* of the exchange's limits */
    struct limit_op ops[EXCHANGE_LIMITS_MAX];
    char keys[]; /* of the ops, one after the other */
};

static void ask_slice(struct exchange *x, uint64_t at_most);

/* The ceiling that the caller named, while the answer keeps to it: a server may know it by another name. Its count and ours
 * differ by what lies at the borders of events. */
static uint64_t ceiling_of(const struct budget *b, const struct meter *m)
{
    return b->produced > 2 * b->output_max + m->slice ? 0 : b->output_max;
}

/* How many more tokens this rule would like; 0: it has enough, or the answer cannot grow further. */
static uint64_t wanted(const struct exchange *x, const struct limit_rule *rule)
{
    const struct meter *m = &rule->meter;
    const struct budget *b = &x->budget;
    uint64_t most = ceiling_of(b, m);
    if (!m->is_metered || b->produced < m->covers || (most && m->covers >= most))
        return 0;
    uint64_t behind = b->produced - m->covers, tokens = behind + m->slice;
    return most && tokens > most - m->covers ? most - m->covers : tokens;
}

static void look(struct exchange *x)
{
    const struct budget *b = &x->budget;
    if (b->asking || (b->ask_again_ms && x->world->now_ms(x->world) < b->ask_again_ms))
        return;
    for (size_t i = 0; i < x->limits_asked; i++)
        if (wanted(x, &x->limit_rules[i])) {
            ask_slice(x, UINT64_MAX);
            return;
        }
}

void slices_event(struct exchange *x, struct str data)
{
    x->budget.events++;
    uint64_t tokens = produced_tokens(x->budget.encoding, x->call.operation, data);
    if (!tokens && x->call.operation == OP_SCORE)
        tokens = produced_tokens(NULL, OP_OTHER, data); /* of a shape that nobody knows */
    x->budget.produced += tokens;
    look(x);
}

void slices_bytes(struct exchange *x, struct str bytes)
{
    x->budget.produced += produced_tokens(NULL, OP_OTHER, bytes);
    look(x);
}

/* ---- asking ---- */

static size_t keys_length(const struct exchange *x)
{
    size_t len = 0;
    for (size_t i = 0; i < x->limits_asked; i++)
        len += x->limits[i].key.len;
    return len;
}

static void add_op(struct slice_ask *s, size_t i, const struct limit_op *op, uint64_t cost, char **key)
{
    s->index[s->count] = i;
    struct limit_op *mine = &s->ops[s->count++];
    *mine = *op;
    mine->cost = (int64_t)(cost < INT64_MAX / 2 ? cost : INT64_MAX / 2);
    mine->period_start_ms = 0; /* charged in the period that is now */
    memcpy(*key, op->key.at, op->key.len);
    mine->key = str_of(*key, op->key.len);
    *key += op->key.len;
}

static void slice_answered(struct ask *ask);

/* One question for all limits that want more; of each what `at_most` tokens cost. */
static void ask_slice(struct exchange *x, uint64_t at_most)
{
    struct slice_ask *s = calloc(1, sizeof *s + keys_length(x));
    if (!s)
        return; /* the next event asks again; what was produced is charged in any case */
    char *key = s->keys;
    for (size_t i = 0; i < x->limits_asked; i++) {
        uint64_t tokens = wanted(x, &x->limit_rules[i]);
        s->tokens = tokens > s->tokens ? tokens : s->tokens;
    }
    s->tokens = at_most < s->tokens ? at_most : s->tokens;
    for (size_t i = 0; i < x->limits_asked; i++)
        if (wanted(x, &x->limit_rules[i]))
            add_op(s, i, &x->limits[i], budget_price(s->tokens, x->limit_rules[i].meter.per_million), &key);
    s->world = x->world;
    s->x = x;
    s->store = (struct ask_store){ .ask.answered = slice_answered, .ops = s->ops, .ops_count = s->count };
    x->budget.asking = s;
    x->world->store(x->world, &s->store);
}

/* ---- the answer ---- */

/* What was taken for an exchange that is no more. */
static void give_back(struct slice_ask *s)
{
    struct ask_store settle = { .ops = s->ops, .settle = true };
    for (size_t i = 0; i < s->count; i++) {
        if (s->ops[i].soft && !s->ops[i].allowed)
            continue;
        struct limit_op *op = &s->ops[settle.ops_count++];
        *op = s->ops[i];
        op->cost = -op->cost;
    }
    if (s->store.result == STORE_PASSED && settle.ops_count)
        s->world->store(s->world, &settle);
}

static void take(struct exchange *x, const struct slice_ask *s)
{
    for (size_t i = 0; i < s->count; i++) {
        const struct limit_op *op = &s->ops[i];
        struct limit_rule *rule = &x->limit_rules[s->index[i]];
        rule->meter.covers += s->tokens;
        if (op->soft && (!op->allowed || !rule->charged))
            continue;
        rule->charged += (uint64_t)op->cost;
        x->limits[s->index[i]].period_start_ms = op->period_start_ms; /* what is too much is given back there */
    }
    x->budget.slices++;
}

static uint64_t affordable(const struct limit_op *op, uint64_t per_million)
{
    if (!per_million)
        return UINT64_MAX;
    uint64_t n = op->remaining;
    return n > UINT64_MAX / 1000000 ? n / per_million * 1000000 : n * 1000000 / per_million;
}

/* Less than a slice may be left: then that is asked for. A rate fills again, so a stream may wait for it in running. */
static void refused(struct exchange *x, const struct slice_ask *s)
{
    uint64_t tokens = UINT64_MAX, wait_ms = 0;
    const struct limit_op *worst = NULL;
    bool may_wait = true;
    for (size_t i = 0; i < s->count; i++) {
        const struct limit_op *op = &s->ops[i];
        const struct meter *m = &x->limit_rules[s->index[i]].meter;
        uint64_t n = affordable(op, m->per_million);
        if (op->allowed || op->soft)
            continue;
        worst = op;
        tokens = n < tokens ? n : tokens;
        may_wait = may_wait && op->kind == LIMIT_RATE && op->retry_ms <= m->patience_ms;
        wait_ms = op->retry_ms > wait_ms ? op->retry_ms : wait_ms;
    }
    if (tokens >= LEAST_TOKENS && tokens < s->tokens) {
        ask_slice(x, tokens);
        return;
    }
    if (worst && may_wait) {
        x->budget.ask_again_ms = x->world->now_ms(x->world) + wait_ms;
        return;
    }
    x->rule = worst ? arena_copy(&x->arena, worst->key) : STR_NONE;
    exchange_refuse(x, WHY_CUT_OFF, "after about %llu tokens of the answer", (unsigned long long)x->budget.produced);
    pipeline_end(x);
}

static void slice_answered(struct ask *ask)
{
    struct slice_ask *s = CONTAINER_OF(CONTAINER_OF(ask, struct ask_store, ask), struct slice_ask, store);
    struct exchange *x = s->x;
    COUNT(METRIC_SLICES, s->store.result == STORE_PASSED    ? RESULT_OK
                         : s->store.result == STORE_REFUSED ? RESULT_REFUSED
                                                            : RESULT_FAILED);
    if (!x) {
        give_back(s);
        free(s);
        return;
    }
    x->budget.asking = NULL;
    x->budget.ask_again_ms = 0;
    if (s->store.result == STORE_PASSED) {
        take(x, s);
        look(x);
    } else if (s->store.result == STORE_REFUSED) {
        refused(x, s);
    } else {
        exchange_refuse(x, WHY_STORE_DOWN, "the store of limits does not answer for a slice");
        pipeline_end(x);
    }
    free(s);
}

void slices_end(struct exchange *x)
{
    if (x->budget.asking)
        x->budget.asking->x = NULL;
    x->budget.asking = NULL;
}
