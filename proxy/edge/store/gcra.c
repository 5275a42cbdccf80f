/* gcra.c - the arithmetic of a rate limit, in 128 bits so that nothing is rounded on the way. */
#include "proxy/edge/store/gcra.h"

__extension__ typedef unsigned __int128 u128;

enum { NS_PER_MS = 1000000 };

/* units × period ÷ count in nanoseconds, at most 2^62 (146 years). Rounded down, so that exactly burst + 1 pass at
 * once. */
static uint64_t span_of(const struct limit_op *op, uint64_t units)
{
    assert(op->count && op->period_ms);
    u128 ns = (u128)op->period_ms * NS_PER_MS;
    if (units && ns > (((u128)1 << 126) / units))
        return GCRA_FAR_NS;
    ns = ns * units / op->count;
    return ns > GCRA_FAR_NS ? GCRA_FAR_NS : (uint64_t)ns;
}

uint64_t gcra_increment(const struct limit_op *op, uint64_t cost)
{
    uint64_t ns = span_of(op, cost);
    return cost && !ns ? 1 : ns;
}

static uint64_t ms_up(uint64_t ns)
{
    return ns / NS_PER_MS + (ns % NS_PER_MS != 0);
}

bool gcra_ask(struct limit_op *op, uint64_t now_ns, uint64_t *tat)
{
    assert(op->cost >= 0);
    uint64_t depth = span_of(op, op->burst + 1), step = gcra_increment(op, (uint64_t)op->cost);
    uint64_t before = *tat > now_ns ? *tat : now_ns, after = before + step;
    op->allowed = after - now_ns <= depth;
    op->retry_ms = op->allowed ? 0 : step <= depth ? ms_up(after - now_ns - depth) : UINT64_MAX;
    uint64_t full_in = (op->allowed ? after : before) - now_ns;
    op->reset_ms = ms_up(full_in);
    /* what is missing is rounded up, since spans are rounded down: what is left, from a rounded depth, would be one too few */
    u128 period = (u128)op->period_ms * NS_PER_MS, missing = ((u128)full_in * op->count + period - 1) / period;
    op->remaining = full_in >= depth || missing > op->burst ? 0 : op->burst + 1 - (uint64_t)missing;
    if (op->allowed)
        *tat = after;
    return op->allowed;
}
