/* health.c - passive health and the choice of an endpoint. */
#include "proxy/core/health.h"

#include "proxy/base/metric.h"
#include "proxy/http/date.h"

static struct endpoint *endpoint_at(const struct pool *pool, size_t i)
{
    return (struct endpoint *)pool->endpoints.at + i;
}

uint64_t health_bit(const struct endpoint *e)
{
    size_t place = (size_t)(e - endpoint_at(e->pool, 0));
    return place < 64 ? (uint64_t)1 << place : 0;
}

static bool may_take(const struct endpoint *e, uint64_t tried, uint64_t now_ms)
{
    return !(tried & health_bit(e)) && !e->health.is_probing && now_ms >= e->health.until_ms;
}

struct endpoint *health_pick(struct pool *pool, uint64_t tried, uint64_t now_ms, uint64_t *retry_ms)
{
    uint64_t best = UINT64_MAX, soonest = UINT64_MAX;
    for (size_t i = 0; i < pool->endpoints.count; i++) {
        const struct endpoint *e = endpoint_at(pool, i);
        if (may_take(e, tried, now_ms) && e->priority < best)
            best = e->priority;
        if (e->health.until_ms > now_ms && e->health.until_ms < soonest)
            soonest = e->health.until_ms;
    }
    struct endpoint *chosen = NULL;
    int64_t sum = 0;
    for (size_t i = 0; i < pool->endpoints.count && best != UINT64_MAX; i++) {
        struct endpoint *e = endpoint_at(pool, i);
        if (e->priority != best || !may_take(e, tried, now_ms))
            continue;
        e->turn += (int64_t)e->weight;
        sum += (int64_t)e->weight;
        if (!chosen || e->turn > chosen->turn)
            chosen = e;
    }
    *retry_ms = soonest == UINT64_MAX ? 0 : soonest - now_ms;
    if (!chosen)
        return NULL;
    chosen->turn -= sum;
    chosen->health.is_probing = chosen->health.until_ms != 0;
    return chosen;
}

bool health_has_other(const struct pool *pool, uint64_t tried, uint64_t now_ms)
{
    for (size_t i = 0; i < pool->endpoints.count; i++)
        if (may_take(endpoint_at(pool, i), tried, now_ms))
            return true;
    return false;
}

void health_worked(struct endpoint *e)
{
    e->health = (struct health){ 0 };
}

void health_failed(struct endpoint *e, uint64_t now_ms)
{
    bool probed = e->health.is_probing;
    e->health.is_probing = false;
    e->health.failures++;
    if (probed || e->health.failures >= e->pool->eject_failures)
        health_rest(e, now_ms, e->pool->eject_ms);
}

void health_rest(struct endpoint *e, uint64_t now_ms, uint64_t for_ms)
{
    if (for_ms > e->pool->retry_after_max_ms)
        for_ms = e->pool->retry_after_max_ms;
    e->health.is_probing = false;
    COUNT(METRIC_EJECTIONS, e->metric);
    if (now_ms + for_ms > e->health.until_ms)
        e->health.until_ms = now_ms + for_ms;
}

void health_unknown(struct endpoint *e)
{
    e->health.is_probing = false;
}

uint64_t health_retry_after(const struct http_head *h, int64_t wall_s, uint64_t otherwise_ms, uint64_t max_ms)
{
    uint64_t best = 0, renewal_s;
    if (!http_retry_after_read(h, wall_s, &best))
        best = 0;
    if (str_eq_nocase(http_field_value(h, STR("x-ratelimit-type")), STR("tokens")) &&
        str_eq(http_field_value(h, STR("x-ratelimit-remaining-tokens")), STR("0")) &&
        str_to_u64(http_field_value(h, STR("x-ratelimit-renewalperiod-tokens")), &renewal_s)) {
        uint64_t renewal_ms = renewal_s > 60 ? 60000 : renewal_s * 1000;
        best = renewal_ms > best ? renewal_ms : best;
    }
    if (!best)
        best = otherwise_ms;
    return best > max_ms ? max_ms : best;
}
