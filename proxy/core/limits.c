/* limits.c - the built-in part of `limit` and `reserve`: all limits of the stage asked for together, and settled in the tail. */
#include "proxy/core/pipeline.h"
#include "proxy/core/slices.h"

__extension__ typedef unsigned __int128 u128;

uint64_t budget_price(uint64_t tokens, uint64_t per_million)
{
    u128 whole = (u128)tokens * per_million, price = whole / 1000000 + (whole % 1000000 != 0);
    return price > UINT64_MAX ? UINT64_MAX : (uint64_t)price;
}

/* A soft one that was reached passes, and counts no more than the hard one would that it stands for. */
static bool is_charged(const struct limit_op *op)
{
    return op->allowed || !op->soft;
}

static void passed(struct exchange *x)
{
    for (size_t i = x->limits_asked - x->ask_store.ops_count; i < x->limits_asked; i++) {
        struct limit_rule *rule = &x->limit_rules[i];
        rule->is_answered = true;
        rule->charged = is_charged(&x->limits[i]) ? (uint64_t)x->limits[i].cost : 0;
    }
}

/* What can never pass, or only when a calendar's period is over, is not to be tried again by a program. */
static bool is_final(const struct limit_op *op)
{
    return op->kind == LIMIT_QUOTA || op->retry_ms == UINT64_MAX;
}

/* The limit that takes the longest until it lets this one pass is the one that is told. */
static enum verdict refused(struct exchange *x, size_t asked)
{
    const struct limit_op *worst = NULL;
    const struct limit_rule *rule = NULL;
    for (size_t i = x->limits_asked; i < asked; i++) {
        const struct limit_op *op = &x->limits[i];
        x->limit_rules[i].is_answered = true;
        if (op->allowed || op->soft || (worst && op->retry_ms < worst->retry_ms))
            continue;
        worst = op;
        rule = &x->limit_rules[i];
    }
    if (!worst)
        return exchange_refuse(x, WHY_STORE_DOWN, "the store refused without a limit");
    x->retry_ms = worst->retry_ms == UINT64_MAX ? 0 : worst->retry_ms;
    x->is_final = is_final(worst);
    x->rule = worst->key;
    x->limit_text = rule->text;
    enum reason why = worst->kind == LIMIT_CONCURRENCY ? WHY_OVER_CONCURRENCY
                      : x->stage == STAGE_RESERVE      ? WHY_OVER_BUDGET
                                                       : WHY_OVER_LIMIT;
    return exchange_refuse(x, why, worst->retry_ms == UINT64_MAX ? "more than the limit of %s ever holds" : "limit of %s reached",
                           rule->what);
}

static enum verdict limits_answered(struct exchange *x)
{
    size_t asked = x->limits_asked;
    if (x->ask_store.result == STORE_PASSED)
        passed(x);
    else
        x->limits_asked -= x->ask_store.ops_count; /* nothing of these was taken, nothing is to be given back */
    if (x->left) {
        x->why = x->left;
        x->why_stage = x->stage;
        return STOP;
    }
    if (x->ask_store.result == STORE_PASSED)
        return NEXT;
    if (x->ask_store.result == STORE_DOWN)
        return exchange_refuse(x, WHY_STORE_DOWN, "the store of limits does not answer");
    return refused(x, asked);
}

enum verdict stage_limit(struct exchange *x)
{
    if (x->limits_count == x->limits_asked)
        return NEXT;
    x->ask_store.ops = &x->limits[x->limits_asked];
    x->ask_store.ops_count = x->limits_count - x->limits_asked;
    x->ask_store.settle = false;
    x->ask_store.ask.answered = exchange_answered;
    x->limits_asked = x->limits_count;
    if (x->world->store_now && x->world->store_now(x->world, &x->ask_store))
        return limits_answered(x);
    if (!x->world->store_now)
        x->world->store(x->world, &x->ask_store);
    return exchange_wait(x, &x->ask_store.ask, limits_answered);
}

/* What is still to be charged, or, negative, to be given back. */
static int64_t debt(const struct limit_op *op, const struct limit_rule *rule)
{
    if (rule->give_back)
        return -op->cost;
    if (!rule->meter.is_metered || (op->soft && !rule->charged))
        return 0;
    uint64_t used = rule->used < INT64_MAX / 2 ? rule->used : INT64_MAX / 2;
    return (int64_t)used - (int64_t)rule->charged;
}

void limits_settle(struct exchange *x)
{
    size_t i = 0, n = 0;
    while (i < x->limits_asked && !debt(&x->limits[i], &x->limit_rules[i]))
        i++;
    if (i == x->limits_asked)
        return; /* as mostly with requests */
    struct limit_op ops[EXCHANGE_LIMITS_MAX];
    for (; i < x->limits_asked; i++) {
        int64_t cost = debt(&x->limits[i], &x->limit_rules[i]);
        if (!cost)
            continue;
        ops[n] = x->limits[i];
        if (cost > 0)
            ops[n].period_start_ms = 0; /* as a slice is: not into a period that ended meanwhile, where it would cost nothing */
        ops[n++].cost = cost;
    }
    struct ask_store ask = { .ops = ops, .ops_count = n, .settle = true };
    x->world->store(x->world, &ask);
}
