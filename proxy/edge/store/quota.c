/* quota.c - the arithmetic of a quota. */
#include "proxy/edge/store/quota.h"

uint64_t quota_end_ms(const struct limit_op *op, uint64_t at_ms)
{
    const uint64_t *p = op->periods_ms;
    return at_ms < p[0] ? p[0] : at_ms < p[1] ? p[1] : p[2];
}

uint64_t quota_moment_ms(const struct limit_op *op, uint64_t end_ms)
{
    const uint64_t *p = op->periods_ms;
    return end_ms == p[2] ? p[1] : end_ms == p[1] ? p[0] : p[0] - 1;
}

bool quota_passes(const struct limit_op *op, uint64_t used)
{
    assert(op->cost >= 0);
    return used <= op->count && (uint64_t)op->cost <= op->count - used;
}

void quota_tell(struct limit_op *op, uint64_t used, uint64_t end_ms, uint64_t now_ms)
{
    uint64_t left_ms = end_ms > now_ms ? end_ms - now_ms : 0;
    op->remaining = used < op->count ? op->count - used : 0;
    op->retry_ms = op->allowed ? 0 : op->cost > 0 && (uint64_t)op->cost > op->count ? UINT64_MAX : left_ms;
    op->reset_ms = used ? left_ms : 0;
    op->period_start_ms = quota_moment_ms(op, end_ms);
}
