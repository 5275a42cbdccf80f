/* level.c - how a bucket of the shared store stands, and what that answers. */
#include "proxy/edge/store/level.h"

#include "proxy/edge/store/quota.h"

__extension__ typedef unsigned __int128 u128;

#define SPAN_MAX_US ((uint64_t)1 << 51)
#define UNITS_MAX   ((uint64_t)1 << 53)

/* The kinds as the scripts know them. */
enum { WORD_RATE, WORD_HOLD, WORD_QUOTA };

static u128 period_us(const struct limit_op *op)
{
    assert(op->count && op->period_ms);
    return (u128)op->period_ms * 1000;
}

/* Most products fit into 64 bits, whose division costs a tenth. */
static u128 divided(u128 a, u128 b)
{
    return a >> 64 || b >> 64 ? a / b : (uint64_t)a / (uint64_t)b;
}

struct span_us rate_span(const struct limit_op *op, uint64_t units)
{
    u128 parts = period_us(op) * (units < UNITS_MAX ? units : UNITS_MAX);
    if (!(parts >> 64) && (uint64_t)parts / op->count < SPAN_MAX_US)
        return (struct span_us){ (uint64_t)parts / op->count, (uint64_t)parts % op->count };
    return parts / op->count >= SPAN_MAX_US
               ? (struct span_us){ SPAN_MAX_US, 0 }
               : (struct span_us){ (uint64_t)(parts / op->count), (uint64_t)(parts % op->count) };
}

/* ---- what is told ---- */

static uint64_t ms_up(u128 parts, uint64_t count)
{
    u128 per_ms = (u128)count * 1000, ms = divided(parts, per_ms);
    ms += ms * per_ms != parts;
    return ms < UINT64_MAX ? (uint64_t)ms : UINT64_MAX;
}

/* All in parts: `count` of them are a microsecond, `period_us` of them a unit. */
static void tell_rate(struct limit_op *op, struct level l, uint64_t now_us)
{
    u128 unit = period_us(op), depth = unit * ((u128)op->burst + 1);
    u128 spent = l.x >= now_us ? (u128)(l.x - now_us) * op->count + l.y : 0;
    u128 step = unit * (uint64_t)op->cost;
    u128 after = spent + (op->allowed ? 0 : step);
    op->remaining = spent >= depth ? 0 : (uint64_t)divided(depth - spent, unit);
    op->retry_ms = op->allowed || after <= depth ? 0 : step > depth ? UINT64_MAX : ms_up(after - depth, op->count);
    op->reset_ms = ms_up(spent, op->count);
}

static void tell_hold(struct limit_op *op, uint64_t inside)
{
    op->remaining = inside < op->count ? op->count - inside : 0;
    op->retry_ms = op->allowed ? 0 : LEVEL_CONCURRENCY_RETRY_MS;
    op->reset_ms = 0;
}

void level_tell(struct limit_op *op, struct level l, uint64_t now_us)
{
    switch (op->kind) {
    case LIMIT_RATE:
        tell_rate(op, l, now_us);
        return;
    case LIMIT_CONCURRENCY:
        tell_hold(op, l.x);
        return;
    case LIMIT_QUOTA:
        break;
    }
    quota_tell(op, l.x, l.y, now_us / 1000);
}

void level_charge(struct level *l, const struct limit_op *op, int64_t cost, uint64_t end_ms, uint64_t now_us)
{
    uint64_t units = (uint64_t)(cost < 0 ? -cost : cost);
    if (op->kind == LIMIT_QUOTA && l->y == end_ms)
        l->x = cost >= 0 ? l->x + units : l->x > units ? l->x - units : 0;
    if (op->kind != LIMIT_RATE)
        return;
    struct span_us span = rate_span(op, units);
    uint64_t from = l->x > now_us ? l->x : now_us;
    l->x = cost >= 0 ? from + span.us + (span.fraction > 0) : from - now_us > span.us ? from - span.us : now_us;
}

/* ---- ops as the scripts read them ---- */

/* Little-endian doubles, whole and below 2^53, so that they are exact. */
static void write_words(char out[LEVEL_BYTES], const double words[LEVEL_WORDS])
{
    static_assert(sizeof(double) == 8, "Lua's struct and this agree on doubles");
    static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the scripts read little-endian doubles");
    memcpy(out, words, LEVEL_BYTES);
}

void level_write_ask(char out[LEVEL_BYTES], const struct limit_op *op, uint64_t lease, uint64_t hold_ms)
{
    double soft = op->soft, cost = (double)op->cost, count = (double)op->count;
    const uint64_t *p = op->periods_ms;
    if (op->kind == LIMIT_CONCURRENCY) {
        write_words(out, (double[LEVEL_WORDS]){ WORD_HOLD, soft, count, cost, (double)hold_ms });
    } else if (op->kind == LIMIT_QUOTA) {
        write_words(out, (double[LEVEL_WORDS]){ WORD_QUOTA, soft, count, cost, (double)p[0], (double)p[1], (double)p[2],
                                                (double)lease });
    } else {
        struct span_us step = rate_span(op, (uint64_t)op->cost), depth = rate_span(op, op->burst + 1);
        struct span_us more = rate_span(op, lease);
        if ((u128)(uint64_t)op->cost > (u128)op->burst + 1)
            step = (struct span_us){ 2 * SPAN_MAX_US, 0 }; /* never passes, however deep the bucket is */
        write_words(out, (double[LEVEL_WORDS]){ WORD_RATE, soft, (double)step.us, (double)step.fraction, count,
                                                (double)depth.us, (double)depth.fraction, lease ? (double)more.us : -1,
                                                lease ? (double)more.fraction : 0 });
    }
}

void level_write_charge(char out[LEVEL_BYTES], const struct limit_op *op, int64_t cost, uint64_t age_us,
                        uint64_t end_ms)
{
    if (op->kind == LIMIT_QUOTA) {
        write_words(out, (double[LEVEL_WORDS]){ WORD_QUOTA, 1, (double)cost, (double)end_ms });
        return;
    }
    struct span_us step = rate_span(op, (uint64_t)(cost < 0 ? -cost : cost));
    write_words(out, (double[LEVEL_WORDS]){ WORD_RATE, cost < 0 ? -1 : 1, (double)step.us, (double)step.fraction,
                                            (double)op->count, (double)age_us });
}

void level_write_known(char out[LEVEL_BYTES], const struct limit_op *op, struct level l)
{
    double kind = op->kind == LIMIT_QUOTA ? WORD_QUOTA : WORD_RATE;
    write_words(out, (double[LEVEL_WORDS]){ kind, 0, (double)l.x, (double)l.y, (double)op->count });
}

void level_write_members(char out[LEVEL_BYTES], size_t leave, size_t stay, uint64_t hold_ms)
{
    write_words(out, (double[LEVEL_WORDS]){ WORD_HOLD, 0, (double)leave, (double)stay, (double)hold_ms });
}
