/* store.c - the table of limits: who may pass is decided by one compare-and-swap for each bucket. */
#include "proxy/edge/store.h"

#include <sched.h>
#include <stdatomic.h>
#include <sys/mman.h>

#include "proxy/base/hash.h"
#include "proxy/base/metric.h"
#include "proxy/edge/gcra.h"

enum {
    GROUP = 8, /* places side by side; a key has two groups */
    RATES = 256 * 1024,
    HOLDS = 16 * 1024,
    TRIES = 64,                  /* of a swap that others win, of a place that others take */
    CONCURRENCY_RETRY_MS = 1000, /* nobody knows when somebody leaves */
};
#define NOWHERE    UINT32_MAX
#define TAKEN_BASE (UINT64_MAX - STORE_ROWS)

/* `value` of a rate: its TAT. Of concurrency: a stamp in the upper half, those inside in the lower. Above TAKEN_BASE: a
 * process is just replacing the key. A swap is tried only on a value that was read before the key was found to be
 * right; every new key begins with a value that the place never had while it belonged to another, so a swap on the
 * wrong key fails. */
struct bucket {
    _Atomic uint64_t hash; /* 0: never used */
    _Atomic uint64_t value;
};

/* What a process is in the middle of, for store_forget_row; 0: nothing. */
struct row {
    _Atomic uint32_t lock;   /* of which group's lock, + 1 */
    _Atomic uint64_t taking; /* index of the bucket that it replaces, + 1; of a hold: + RATES */
    _Atomic uint32_t moving; /* index of the hold between its two counts, + 1 */
};

struct store {
    struct bucket rates[RATES];
    struct bucket holds[HOLDS];
    _Atomic uint32_t locks[RATES / GROUP]; /* of new keys only: row + 1 of who inserts one with this home */
    struct row rows[STORE_ROWS];
    _Atomic uint32_t shares[STORE_ROWS][HOLDS]; /* how many of those inside are this process's */
};

struct table {
    struct bucket *at;
    uint32_t groups;
    bool holds;
};

struct asking {
    struct store *s;
    unsigned row;
    uint64_t now_us;
};

struct store *store_new(void)
{
    void *at =
        mmap(NULL, sizeof(struct store), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return at == MAP_FAILED ? NULL : at;
}

void store_free(struct store *s)
{
    if (s)
        munmap(s, sizeof *s);
}

/* ---- places ---- */

static struct table table_of(struct store *s, enum limit_kind kind)
{
    return kind == LIMIT_RATE ? (struct table){ s->rates, RATES / GROUP, false }
                              : (struct table){ s->holds, HOLDS / GROUP, true };
}

static uint64_t key_hash(struct str key)
{
    uint64_t h = hash_str(key);
    return h ? h : 1;
}

/* The i-th of the sixteen places. */
static uint32_t place(const struct table *t, uint64_t hash, unsigned i)
{
    uint32_t group = (i < GROUP ? (uint32_t)hash : (uint32_t)(hash >> 32)) & (t->groups - 1);
    return group * GROUP + i % GROUP;
}

static bool is_taken(uint64_t value)
{
    return value >= TAKEN_BASE;
}

static bool is_full_again(const struct table *t, uint64_t value, uint64_t now_us)
{
    return t->holds ? (uint32_t)value == 0 : value <= now_us * 1000;
}

/* Finds the key and the value that it had; NOWHERE when it has no bucket. */
static uint32_t find(const struct table *t, uint64_t hash, uint64_t *value)
{
    for (unsigned i = 0; i < 2 * GROUP; i++) {
        struct bucket *b = &t->at[place(t, hash, i)];
        if (atomic_load(&b->hash) != hash)
            continue;
        uint64_t v = atomic_load(&b->value);
        if (is_taken(v) || atomic_load(&b->hash) != hash)
            continue;
        *value = v;
        return place(t, hash, i);
    }
    return NOWHERE;
}

/* Takes a place that is empty or full again, the emptier group first; NOWHERE when there is none. */
static uint32_t take_place(const struct asking *a, const struct table *t, uint64_t hash, uint64_t *before)
{
    struct row *mine = &a->s->rows[a->row];
    unsigned used[2] = { 0, 0 };
    for (unsigned i = 0; i < 2 * GROUP; i++)
        used[i / GROUP] += !is_full_again(t, atomic_load(&t->at[place(t, hash, i)].value), a->now_us);
    unsigned start = used[1] < used[0] ? GROUP : 0;
    for (unsigned i = 0; i < 2 * GROUP; i++) {
        uint32_t at = place(t, hash, (start + i) % (2 * GROUP));
        uint64_t v = atomic_load(&t->at[at].value);
        if (is_taken(v) || !is_full_again(t, v, a->now_us))
            continue;
        atomic_store(&mine->taking, (uint64_t)at + 1 + (t->holds ? RATES : 0));
        if (atomic_compare_exchange_strong(&t->at[at].value, &v, TAKEN_BASE + a->row)) {
            *before = v;
            return at;
        }
    }
    atomic_store(&mine->taking, 0);
    return NOWHERE;
}

/* The first value of a new key: nothing spent, and not the value that the place had before. */
static uint64_t first_value(const struct table *t, uint64_t before, uint64_t now_us)
{
    uint64_t value = t->holds ? (now_us & 0x3fffffff) << 32 : now_us * 1000;
    return value != before ? value : t->holds ? value + ((uint64_t)1 << 62) : value - 1;
}

/* One process at a time inserts keys of one home group, so that no key ever has two buckets. */
static bool lock_home(const struct asking *a, uint32_t group)
{
    struct row *mine = &a->s->rows[a->row];
    atomic_store(&mine->lock, group + 1);
    for (unsigned i = 0; i < 100 * TRIES; i++) {
        uint32_t free_lock = 0;
        if (atomic_compare_exchange_strong(&a->s->locks[group], &free_lock, a->row + 1))
            return true;
        if (i % 16 == 15)
            sched_yield(); /* its holder was interrupted, or has died and the supervisor is about to see it */
    }
    atomic_store(&mine->lock, 0);
    return false;
}

static void unlock_home(const struct asking *a, uint32_t group)
{
    atomic_store(&a->s->locks[group], 0);
    atomic_store(&a->s->rows[a->row].lock, 0);
}

static uint32_t find_or_insert(const struct asking *a, const struct table *t, uint64_t hash, uint64_t *value)
{
    uint32_t at = find(t, hash, value), home = (uint32_t)hash & (RATES / GROUP - 1);
    if (at != NOWHERE || !lock_home(a, home))
        return at;
    at = find(t, hash, value);
    if (at == NOWHERE && (at = take_place(a, t, hash, value)) != NOWHERE) {
        *value = first_value(t, *value, a->now_us);
        atomic_store(&t->at[at].hash, hash);
        atomic_store(&t->at[at].value, *value);
        atomic_store(&a->s->rows[a->row].taking, 0);
    }
    unlock_home(a, home);
    return at;
}

/* ---- one op ---- */

enum charge { CHARGED, REFUSED, NO_ROOM };

/* Answers for a total of `inside` before the op. */
static bool hold_ask(struct limit_op *op, uint64_t inside)
{
    uint64_t cost = (uint64_t)op->cost;
    op->allowed = cost <= op->count && inside <= op->count - cost;
    uint64_t after = op->allowed ? inside + cost : inside;
    op->remaining = after < op->count ? op->count - after : 0;
    op->retry_ms = op->allowed ? 0 : CONCURRENCY_RETRY_MS;
    op->reset_ms = 0;
    return op->allowed;
}

/* Moves `n` (either way) into the hold and into this process's share of it. */
static bool hold_move(const struct asking *a, uint32_t at, uint64_t value, int64_t n)
{
    struct row *mine = &a->s->rows[a->row];
    atomic_store(&mine->moving, at + 1);
    bool ok = atomic_compare_exchange_strong(&a->s->holds[at].value, &value, value + (uint64_t)n);
    if (ok)
        atomic_fetch_add_explicit(&a->s->shares[a->row][at], (uint32_t)n, memory_order_relaxed);
    atomic_store(&mine->moving, 0);
    return ok;
}

/* What the op would be answered now, charging nothing. */
static bool peek(const struct asking *a, struct limit_op *op)
{
    struct table t = table_of(a->s, op->kind);
    uint64_t value = 0;
    if (find(&t, key_hash(op->key), &value) == NOWHERE)
        value = 0;
    return t.holds ? hold_ask(op, (uint32_t)value) : gcra_ask(op, a->now_us * 1000, &value);
}

/* A soft rate that is reached is left as it is, as a real one would be; a soft concurrency always counts who is inside.
 */
static enum charge charge(const struct asking *a, struct limit_op *op, bool settle)
{
    struct table t = table_of(a->s, op->kind);
    uint64_t hash = key_hash(op->key);
    for (unsigned i = 0; i < TRIES; i++) {
        uint64_t value;
        uint32_t at = find_or_insert(a, &t, hash, &value);
        if (at == NOWHERE)
            return NO_ROOM;
        if (t.holds) {
            if (!hold_ask(op, (uint32_t)value) && !op->soft && !settle)
                return REFUSED;
            if (hold_move(a, at, value, op->cost))
                return CHARGED;
            continue;
        }
        uint64_t tat = value, now_ns = a->now_us * 1000;
        if (!gcra_ask(op, now_ns, &tat)) {
            if (!settle)
                return op->soft ? CHARGED : REFUSED;
            tat = (value > now_ns ? value : now_ns) + gcra_increment(op, (uint64_t)op->cost);
        }
        if (atomic_compare_exchange_strong(&t.at[at].value, &value, tat))
            return CHARGED;
    }
    return NO_ROOM;
}

/* Gives `cost` units back: of a rate what is still spent, of concurrency what this process holds. */
static void give_back(const struct asking *a, const struct limit_op *op, uint64_t cost)
{
    struct table t = table_of(a->s, op->kind);
    uint64_t value, hash = key_hash(op->key), now_ns = a->now_us * 1000;
    for (unsigned i = 0; i < 100 * TRIES; i++) {
        uint32_t at = find(&t, hash, &value);
        if (at == NOWHERE)
            return;
        if (t.holds) {
            uint64_t held = atomic_load(&a->s->shares[a->row][at]), n = cost < held ? cost : held;
            if (n == 0 || hold_move(a, at, value, -(int64_t)n))
                return;
            continue;
        }
        uint64_t step = gcra_increment(op, cost);
        uint64_t tat = value > now_ns && value - now_ns > step ? value - step : now_ns;
        if (value <= now_ns || atomic_compare_exchange_strong(&t.at[at].value, &value, tat))
            return;
    }
}

/* ---- all ops or none ---- */

static void settle(const struct asking *a, struct ask_store *ask)
{
    ask->result = STORE_PASSED;
    for (size_t i = 0; i < ask->ops_count; i++) {
        struct limit_op *op = &ask->ops[i];
        if (op->cost < 0)
            give_back(a, op, (uint64_t)-op->cost);
        else if (op->cost > 0 && charge(a, op, true) == NO_ROOM) {
            COUNT(METRIC_STORE_FULL);
            ask->result = STORE_DOWN;
        }
    }
}

/* Looks at all of them first, so that a refusal charges nothing; what another process took in between is undone. */
static void ask_all(const struct asking *a, struct ask_store *ask)
{
    bool refused = false;
    for (size_t i = 0; ask->ops_count > 1 && i < ask->ops_count; i++)
        refused |= !peek(a, &ask->ops[i]) && !ask->ops[i].soft;
    ask->result = refused ? STORE_REFUSED : STORE_PASSED;
    for (size_t i = 0; i < ask->ops_count && ask->result == STORE_PASSED; i++) {
        enum charge c = charge(a, &ask->ops[i], false);
        if (c == CHARGED)
            continue;
        ask->result = c == REFUSED ? STORE_REFUSED : STORE_DOWN;
        for (size_t k = 0; k < i; k++)
            if (ask->ops[k].allowed || ask->ops[k].kind == LIMIT_CONCURRENCY)
                give_back(a, &ask->ops[k], (uint64_t)ask->ops[k].cost);
        if (c == NO_ROOM)
            COUNT(METRIC_STORE_FULL);
    }
}

void store_decide(struct store *s, unsigned row, uint64_t now_us, struct ask_store *ask)
{
    assert(row < STORE_ROWS);
    struct asking a = { s, row, now_us };
    if (ask->settle) {
        settle(&a, ask);
        return;
    }
    ask_all(&a, ask);
    COUNT(METRIC_STORE_OPS, ask->result == STORE_PASSED    ? RESULT_OK
                            : ask->result == STORE_REFUSED ? RESULT_REFUSED
                                                           : RESULT_FAILED);
}

/* ---- after a crash ---- */

/* The process died between the hold's count and its share, or before or after both: the count must be the sum of the
 * shares, once nobody else is between his two. */
static void mend_hold(struct store *s, uint32_t at)
{
    for (unsigned tries = 0; tries < 1000; tries++) {
        uint64_t value = atomic_load(&s->holds[at].value), sum = 0;
        bool busy = is_taken(value);
        for (unsigned r = 0; r < STORE_ROWS; r++) {
            busy |= atomic_load(&s->rows[r].moving) == at + 1;
            sum += atomic_load(&s->shares[r][at]);
        }
        uint64_t right = (value & ~(uint64_t)UINT32_MAX) | sum;
        if (!busy && atomic_compare_exchange_strong(&s->holds[at].value, &value, right))
            return;
        sched_yield();
    }
}

void store_forget_row(struct store *s, unsigned row, uint64_t now_us)
{
    assert(row < STORE_ROWS);
    struct row *gone = &s->rows[row];
    uint64_t taking = atomic_load(&gone->taking);
    if (taking) {
        bool is_hold = taking > RATES;
        struct bucket *b = is_hold ? &s->holds[taking - 1 - RATES] : &s->rates[taking - 1];
        struct table t = table_of(s, is_hold ? LIMIT_CONCURRENCY : LIMIT_RATE);
        uint64_t half_done = TAKEN_BASE + row;
        if (atomic_load(&b->value) == half_done) {
            atomic_store(&b->hash, 0);
            atomic_compare_exchange_strong(&b->value, &half_done, first_value(&t, 0, now_us));
        }
        atomic_store(&gone->taking, 0);
    }
    uint32_t lock = atomic_load(&gone->lock), owner = row + 1;
    if (lock)
        atomic_compare_exchange_strong(&s->locks[lock - 1], &owner, 0);
    atomic_store(&gone->lock, 0);
    uint32_t moving = atomic_exchange(&gone->moving, 0);
    if (moving)
        mend_hold(s, moving - 1);
    struct asking a = { s, row, now_us };
    for (uint32_t at = 0; at < HOLDS; at++) {
        uint32_t held;
        while ((held = atomic_load(&s->shares[row][at])) != 0 &&
               !hold_move(&a, at, atomic_load(&s->holds[at].value), -(int64_t)held))
            ;
    }
}

/* ---- a worker's side ---- */

static void answer_asks(struct deferred *d)
{
    struct store_client *c = CONTAINER_OF(d, struct store_client, answer);
    uint64_t now_us = loop_now_exact_us();
    while (!list_is_empty(&c->asks)) { /* an answer may cancel another ask, or bring a new one */
        struct ask *ask = LIST_ENTRY(c->asks.next, struct ask, link);
        list_remove(&ask->link);
        ask->is_open = false;
        store_decide(c->store, c->row, now_us, CONTAINER_OF(ask, struct ask_store, ask));
        if (ask->answered)
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
    if (ask->settle && !ask->ask.answered) {
        store_decide(c->store, c->row, loop_now_exact_us(), ask);
        return;
    }
    assert(!ask->ask.is_open);
    ask->ask.is_open = true;
    ask->ask.drop = drop_ask;
    list_push_back(&c->asks, &ask->ask.link);
    loop_defer(c->loop, &c->answer);
}
