/* share.c - the part of a limit that one gateway of several may give out alone. */
#include "proxy/edge/store/share.h"

#include "proxy/edge/store/quota.h"

__extension__ typedef unsigned __int128 u128;

/* At least 1, and what one request costs. */
static uint64_t part(uint64_t whole, uint64_t gateways, int64_t cost)
{
    uint64_t n = whole / gateways, one = cost > 1 && (uint64_t)cost <= whole ? (uint64_t)cost : 1;
    return n > one ? n : one;
}

struct limit_op share_of(const struct limit_op *op, uint64_t gateways)
{
    struct limit_op share = *op;
    assert(gateways > 0);
    switch (op->kind) {
    case LIMIT_RATE:
        share.period_ms = op->period_ms * gateways;
        share.burst = part(op->burst + 1, gateways, op->cost) - 1;
        return share;
    case LIMIT_CONCURRENCY:
    case LIMIT_QUOTA:
        break;
    }
    share.count = op->count ? part(op->count, gateways, op->cost) : 0;
    return share;
}

void share_plant(struct store *memory, unsigned row, struct store_time now, const struct limit_op *op,
                 const struct limit_op *share, struct level level, uint64_t now_us)
{
    struct limit_op spent = *share;
    if (op->kind == LIMIT_RATE) {
        struct span_us depth = rate_span(op, op->burst + 1);
        uint64_t us = level.x > now_us ? level.x - now_us : 0;
        us = us < depth.us ? us : depth.us;
        u128 units = depth.us ? ((u128)(share->burst + 1) * us + depth.us - 1) / depth.us : 0;
        spent.cost = (int64_t)(units < share->burst + 1 ? (uint64_t)units : share->burst + 1);
    } else if (op->kind == LIMIT_QUOTA && level.y > now_us / 1000) {
        uint64_t used = level.x < op->count ? level.x : op->count;
        spent.cost = (int64_t)(((u128)used * share->count + op->count - 1) / (op->count ? op->count : 1));
        spent.period_start_ms = quota_moment_ms(op, level.y);
    } else {
        return;
    }
    if (spent.cost > 0)
        store_raise(memory, row, now, &spent);
}
