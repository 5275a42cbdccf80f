/* memory.c - who may pass is decided by one compare-and-swap for each bucket. */
#include <sched.h>
#include <time.h>

#include "proxy/base/metric.h"
#include "proxy/edge/store/gcra.h"
#include "proxy/edge/store/level.h"
#include "proxy/edge/store/quota.h"
#include "proxy/edge/store/table.h"

struct store_time store_time_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (struct store_time){ loop_now_exact_us(), (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000 };
}

/* ---- one op: what a bucket's value answers ---- */

/* For a total of `inside` before the op. */
static bool hold_ask(struct limit_op *op, uint64_t inside)
{
    uint64_t cost = (uint64_t)op->cost;
    op->allowed = cost <= op->count && inside <= op->count - cost;
    uint64_t after = op->allowed ? inside + cost : inside;
    op->remaining = after < op->count ? op->count - after : 0;
    op->retry_ms = op->allowed ? 0 : LEVEL_CONCURRENCY_RETRY_MS;
    op->reset_ms = 0;
    return op->allowed;
}

/* The end of the period that a word counts for. The clock says so; but when it went back, what has begun already goes
 * on. */
static uint64_t quota_end(const struct limit_op *op, uint64_t word, uint64_t wall_ms)
{
    uint64_t end = quota_end_ms(op, wall_ms);
    for (unsigned i = 1; i < ARRAY_LEN(op->periods_ms); i++)
        if (end < op->periods_ms[i] && quota_word_ends(word, op->periods_ms[i]))
            return op->periods_ms[i];
    return end;
}

static bool quota_ask(struct limit_op *op, uint64_t wall_ms, uint64_t *word)
{
    uint64_t end = quota_end(op, *word, wall_ms), used = quota_word_ends(*word, end) ? quota_word_used(*word) : 0;
    op->allowed = quota_passes(op, used);
    used += op->allowed ? (uint64_t)op->cost : 0;
    quota_tell(op, used, end, wall_ms);
    if (op->allowed)
        *word = quota_word(end, used);
    return op->allowed;
}

/* Whether op->cost passes. *value becomes the bucket's new one only when it does; of concurrency it never changes. */
static bool passes(const struct asking *a, struct limit_op *op, uint64_t *value)
{
    switch (op->kind) {
    case LIMIT_RATE:
        return gcra_ask(op, a->now.us * 1000, value);
    case LIMIT_CONCURRENCY:
        return hold_ask(op, (uint32_t)*value);
    case LIMIT_QUOTA:
        break;
    }
    return quota_ask(op, a->now.wall_ms, value);
}

/* Moves `n` (either way) into the hold and into this process's share of it. */
static bool hold_move(const struct asking *a, uint32_t at, uint64_t value, int64_t n)
{
    struct row *mine = &a->s->rows[a->row];
    struct table t = table_of(a->s, LIMIT_CONCURRENCY);
    atomic_store(&mine->moving, at + 1);
    bool ok = atomic_compare_exchange_strong(&t.at[at].value, &value, value + (uint64_t)n);
    if (ok)
        atomic_fetch_add_explicit(&a->s->shares[a->row][at], (uint32_t)n, memory_order_relaxed);
    atomic_store(&mine->moving, 0);
    return ok;
}

/* ---- asking ---- */

enum charge { CHARGED, REFUSED, NO_ROOM };

/* What the op would be answered now, charging nothing. */
static bool peek(const struct asking *a, struct limit_op *op)
{
    struct table t = table_of(a->s, op->kind);
    uint64_t value = 0;
    if (table_find(&t, table_hash(op->key), &value) == TABLE_NOWHERE)
        value = 0;
    return passes(a, op, &value);
}

/* A soft limit that is reached is left as it is, as a real one would be; a soft concurrency always counts who is
 * inside. */
static enum charge charge(const struct asking *a, struct limit_op *op)
{
    struct table t = table_of(a->s, op->kind);
    uint64_t hash = table_hash(op->key);
    for (unsigned i = 0; i < TABLE_TRIES; i++) {
        uint64_t value;
        uint32_t at = table_find_or_insert(a, &t, hash, &value);
        if (at == TABLE_NOWHERE)
            return NO_ROOM;
        uint64_t after = value;
        if (!passes(a, op, &after)) {
            if (!op->soft)
                return REFUSED;
            if (t.kind != LIMIT_CONCURRENCY)
                return CHARGED;
        }
        if (t.kind == LIMIT_CONCURRENCY ? hold_move(a, at, value, op->cost)
                                        : atomic_compare_exchange_strong(&t.at[at].value, &value, after))
            return CHARGED;
    }
    return NO_ROOM;
}

/* ---- settling: what was done is charged, and what was not is given back ---- */

/* How many the process may give back of what it holds, or takes. */
static int64_t hold_step(const struct asking *a, uint32_t at, int64_t cost)
{
    uint64_t held = atomic_load(&a->s->shares[a->row][at]);
    return cost < 0 && (uint64_t)-cost > held ? -(int64_t)held : cost;
}

/* The bucket's value after the settle: of a rate nothing below full, of a quota nothing outside its period. */
static uint64_t settled(const struct asking *a, const struct limit_op *op, uint64_t value)
{
    uint64_t cost = (uint64_t)(op->cost < 0 ? -op->cost : op->cost);
    if (op->kind == LIMIT_RATE) {
        uint64_t now_ns = a->now.us * 1000, tat = value > now_ns ? value : now_ns, step = gcra_increment(op, cost);
        tat = op->cost >= 0 ? tat + step : tat - now_ns > step ? tat - step : now_ns;
        tat = tat - now_ns > GCRA_FAR_NS ? now_ns + GCRA_FAR_NS : tat; /* however often the largest is charged */
        return value <= now_ns && op->cost < 0 ? value : tat;
    }
    uint64_t wall = a->now.wall_ms;
    uint64_t end = op->period_start_ms ? quota_end_ms(op, op->period_start_ms) : quota_end(op, value, wall);
    bool is_there = quota_word_ends(value, end);
    uint64_t used = is_there ? quota_word_used(value) : 0;
    used = op->cost >= 0 ? used + cost : used > cost ? used - cost : 0;
    return end <= wall || (!is_there && op->cost < 0) ? value : quota_word(end, used);
}

/* False: no room. */
static bool settle_op(const struct asking *a, const struct limit_op *op)
{
    struct table t = table_of(a->s, op->kind);
    uint64_t hash = table_hash(op->key);
    for (unsigned i = 0; i < 100 * TABLE_TRIES; i++) {
        uint64_t value = 0;
        uint32_t at = op->cost > 0 ? table_find_or_insert(a, &t, hash, &value) : table_find(&t, hash, &value);
        if (at == TABLE_NOWHERE && op->cost > 0)
            return false;
        if (t.kind == LIMIT_CONCURRENCY) {
            int64_t step = at == TABLE_NOWHERE ? 0 : hold_step(a, at, op->cost);
            if (step == 0 || hold_move(a, at, value, step))
                return true;
            continue;
        }
        uint64_t after = settled(a, op, value);
        if (at == TABLE_NOWHERE || after == value || atomic_compare_exchange_strong(&t.at[at].value, &value, after))
            return true;
    }
    return op->cost <= 0;
}

static void settle(const struct asking *a, const struct ask_store *ask)
{
    for (size_t i = 0; i < ask->ops_count; i++)
        if (!settle_op(a, &ask->ops[i]))
            COUNT(METRIC_STORE_FULL);
}

/* ---- all ops or none ---- */

static void undo(const struct asking *a, const struct limit_op *op)
{
    if (!op->allowed && op->kind != LIMIT_CONCURRENCY)
        return;
    struct limit_op back = *op;
    back.cost = -op->cost;
    (void)settle_op(a, &back);
}

/* Looks at all of them first, so that a refusal charges nothing; what another process took in between is undone. */
static void ask_all(const struct asking *a, struct ask_store *ask)
{
    bool refused = false;
    for (size_t i = 0; i < ask->ops_count; i++) {
        ask->ops[i].is_local = false;
        refused |= ask->ops_count > 1 && !peek(a, &ask->ops[i]) && !ask->ops[i].soft;
    }
    ask->result = refused ? STORE_REFUSED : STORE_PASSED;
    for (size_t i = 0; i < ask->ops_count && ask->result == STORE_PASSED; i++) {
        enum charge c = charge(a, &ask->ops[i]);
        if (c == CHARGED)
            continue;
        ask->result = c == REFUSED ? STORE_REFUSED : STORE_DOWN;
        for (size_t k = 0; k < i; k++)
            undo(a, &ask->ops[k]);
        if (c == NO_ROOM)
            COUNT(METRIC_STORE_FULL);
    }
}

void store_decide(struct store *s, unsigned row, struct store_time now, struct ask_store *ask)
{
    assert(row < STORE_ROWS);
    struct asking a = { s, row, now };
    if (ask->settle) {
        settle(&a, ask);
        return;
    }
    ask_all(&a, ask);
}

void store_raise(struct store *s, unsigned row, struct store_time now, const struct limit_op *op)
{
    assert(row < STORE_ROWS && op->kind != LIMIT_CONCURRENCY);
    struct asking a = { s, row, now };
    struct table t = table_of(s, op->kind);
    uint64_t hash = table_hash(op->key);
    for (unsigned i = 0; i < TABLE_TRIES; i++) {
        uint64_t value;
        uint32_t at = table_find_or_insert(&a, &t, hash, &value);
        if (at == TABLE_NOWHERE)
            return;
        uint64_t least = settled(&a, op, 0); /* of a bucket in which nothing is spent */
        if (!least)
            return; /* of a period that is over */
        bool is_there = op->kind == LIMIT_RATE || (value ^ least) >> QUOTA_TAG_SHIFT == 0;
        if ((is_there && value >= least) || atomic_compare_exchange_strong(&t.at[at].value, &value, least))
            return;
    }
}

/* ---- after a crash ---- */

/* The process died between the hold's count and its share, or before or after both: the count must be the sum of the
 * shares, once nobody else is between his two. */
static void mend_hold(struct store *s, uint32_t at)
{
    struct table t = table_of(s, LIMIT_CONCURRENCY);
    for (unsigned tries = 0; tries < 1000; tries++) {
        uint64_t value = atomic_load(&t.at[at].value), sum = 0;
        bool busy = table_is_taken(value);
        for (unsigned r = 0; r < STORE_ROWS; r++) {
            busy |= atomic_load(&s->rows[r].moving) == at + 1;
            sum += atomic_load(&s->shares[r][at]);
        }
        uint64_t right = (value & ~(uint64_t)UINT32_MAX) | sum;
        if (!busy && atomic_compare_exchange_strong(&t.at[at].value, &value, right))
            return;
        sched_yield();
    }
}

void store_forget_row(struct store *s, unsigned row, uint64_t now_us)
{
    assert(row < STORE_ROWS);
    struct asking a = { s, row, { now_us, store_time_now().wall_ms } };
    table_forget_row(&a);
    left_forget_row(s, row);
    uint32_t moving = atomic_exchange(&s->rows[row].moving, 0);
    if (moving)
        mend_hold(s, moving - 1);
    struct table t = table_of(s, LIMIT_CONCURRENCY);
    for (uint32_t at = 0; at < TABLE_HOLDS; at++) {
        uint32_t held;
        while ((held = atomic_load(&s->shares[row][at])) != 0 &&
               !hold_move(&a, at, atomic_load(&t.at[at].value), -(int64_t)held))
            ;
    }
}
