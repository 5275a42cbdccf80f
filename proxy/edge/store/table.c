/* table.c - where the bucket of a key is, and how a new key gets one. */
#include "proxy/edge/store/table.h"

#include <sched.h>
#include <sys/mman.h>
#include <sys/random.h>

#include "proxy/base/hash.h"

#define TAKEN_BASE (UINT64_MAX - STORE_ROWS)
enum { HOUR_MS = 3600000, TAG_MASK = (1 << QUOTA_TAG_BITS) - 1 };

struct store *store_new(void)
{
    struct store *s =
        mmap(NULL, sizeof(struct store), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (s == MAP_FAILED)
        return NULL;
    if (getrandom(&s->id, sizeof s->id, 0) == (ssize_t)sizeof s->id)
        return s;
    store_free(s);
    return NULL;
}

void store_free(struct store *s)
{
    if (s)
        munmap(s, sizeof *s);
}

uint64_t store_id(const struct store *s)
{
    return s->id;
}

uint64_t store_gateways(const struct store *s)
{
    return atomic_load_explicit(&s->gateways, memory_order_relaxed);
}

void store_tell_gateways(struct store *s, uint64_t count)
{
    atomic_store_explicit(&s->gateways, count < UINT32_MAX ? (uint32_t)count : UINT32_MAX, memory_order_relaxed);
}

static const struct {
    uint32_t first, size;
    enum limit_kind kind;
} PARTS[TABLE_PARTS] = {
    [PART_RATES] = { 0, TABLE_RATES, LIMIT_RATE },
    [PART_HOLDS] = { TABLE_RATES, TABLE_HOLDS, LIMIT_CONCURRENCY },
    [PART_QUOTAS] = { TABLE_RATES + TABLE_HOLDS, TABLE_QUOTAS, LIMIT_QUOTA },
    [PART_KNOWN_RATES] = { TABLE_RATES + TABLE_HOLDS + TABLE_QUOTAS, TABLE_KNOWN, LIMIT_RATE },
    [PART_KNOWN_QUOTAS] = { TABLE_RATES + TABLE_HOLDS + TABLE_QUOTAS + TABLE_KNOWN, TABLE_KNOWN, LIMIT_QUOTA },
};

struct table table_part(struct store *s, enum table_part part)
{
    return (struct table){ s->buckets + PARTS[part].first, PARTS[part].size / TABLE_GROUP, PARTS[part].kind };
}

struct table table_of(struct store *s, enum limit_kind kind)
{
    static const enum table_part OWN[] = {
        [LIMIT_RATE] = PART_RATES, [LIMIT_CONCURRENCY] = PART_HOLDS, [LIMIT_QUOTA] = PART_QUOTAS
    };
    return table_part(s, OWN[kind]);
}

/* ---- the word of a quota ---- */

/* An hour of its own for every period, also where a zone is half an hour off. The next such hour is 341 days away. */
static uint64_t tag_of(uint64_t end_ms)
{
    return (end_ms + HOUR_MS - 1) / HOUR_MS & TAG_MASK;
}

uint64_t quota_word(uint64_t end_ms, uint64_t used)
{
    return tag_of(end_ms) << QUOTA_TAG_SHIFT | (used < QUOTA_USED_MAX ? used : QUOTA_USED_MAX);
}

uint64_t quota_word_used(uint64_t word)
{
    return word & (((uint64_t)1 << QUOTA_TAG_SHIFT) - 1);
}

bool quota_word_ends(uint64_t word, uint64_t end_ms)
{
    return word >> QUOTA_TAG_SHIFT == tag_of(end_ms);
}

/* By the hour: at or before this one. No period ends more than half the circle ahead. */
static bool is_over(uint64_t word, uint64_t wall_ms)
{
    uint64_t ahead = ((word >> QUOTA_TAG_SHIFT) - wall_ms / HOUR_MS) & TAG_MASK;
    return ahead == 0 || ahead > TAG_MASK / 2;
}

/* ---- places ---- */

uint64_t table_hash(struct str key)
{
    uint64_t h = hash_str(key);
    return h ? h : 1;
}

/* The i-th of the sixteen places. */
static uint32_t place(const struct table *t, uint64_t hash, unsigned i)
{
    uint32_t group = (i < TABLE_GROUP ? (uint32_t)hash : (uint32_t)(hash >> 32)) & (t->groups - 1);
    return group * TABLE_GROUP + i % TABLE_GROUP;
}

bool table_is_taken(uint64_t value)
{
    return value >= TAKEN_BASE;
}

static bool is_full_again(const struct table *t, uint64_t value, struct store_time now)
{
    switch (t->kind) {
    case LIMIT_RATE:
        return value <= now.us * 1000;
    case LIMIT_CONCURRENCY:
        return (uint32_t)value == 0;
    case LIMIT_QUOTA:
        break;
    }
    return quota_word_used(value) == 0 || is_over(value, now.wall_ms);
}

uint32_t table_find(const struct table *t, uint64_t hash, uint64_t *value)
{
    for (unsigned i = 0; i < 2 * TABLE_GROUP; i++) {
        struct bucket *b = &t->at[place(t, hash, i)];
        if (atomic_load(&b->hash) != hash)
            continue;
        uint64_t v = atomic_load(&b->value);
        if (table_is_taken(v) || atomic_load(&b->hash) != hash)
            continue;
        *value = v;
        return place(t, hash, i);
    }
    return TABLE_NOWHERE;
}

/* Takes a place that is empty or full again, the emptier group first; TABLE_NOWHERE when there is none. */
static uint32_t take_place(const struct asking *a, const struct table *t, uint64_t hash, uint64_t *before)
{
    struct row *mine = &a->s->rows[a->row];
    unsigned used[2] = { 0, 0 };
    for (unsigned i = 0; i < 2 * TABLE_GROUP; i++)
        used[i / TABLE_GROUP] += !is_full_again(t, atomic_load(&t->at[place(t, hash, i)].value), a->now);
    unsigned start = used[1] < used[0] ? TABLE_GROUP : 0;
    for (unsigned i = 0; i < 2 * TABLE_GROUP; i++) {
        uint32_t at = place(t, hash, (start + i) % (2 * TABLE_GROUP));
        uint64_t v = atomic_load(&t->at[at].value);
        if (table_is_taken(v) || !is_full_again(t, v, a->now))
            continue;
        atomic_store(&mine->taking, (uint64_t)(&t->at[at] - a->s->buckets) + 1);
        if (atomic_compare_exchange_strong(&t->at[at].value, &v, TAKEN_BASE + a->row)) {
            *before = v;
            return at;
        }
    }
    atomic_store(&mine->taking, 0);
    return TABLE_NOWHERE;
}

/* The first value of a new key: nothing spent, and not a value that the place had before. A quota's is of a period that
 * is over, so that what is spent may be anything. */
static uint64_t first_value(enum limit_kind kind, uint64_t before, struct store_time now)
{
    uint64_t value;
    switch (kind) {
    case LIMIT_RATE:
        value = now.us * 1000;
        return value != before ? value : value - 1;
    case LIMIT_CONCURRENCY:
        value = (now.us & 0x3fffffff) << 32;
        return value != before ? value : value + ((uint64_t)1 << 62);
    case LIMIT_QUOTA:
        break;
    }
    value = quota_word(now.wall_ms - now.wall_ms % HOUR_MS, now.us & UINT32_MAX);
    return value != before ? value : value + 1;
}

/* One process at a time inserts keys of one home group, so that no key ever has two buckets. */
static bool lock_home(const struct asking *a, uint32_t group)
{
    struct row *mine = &a->s->rows[a->row];
    atomic_store(&mine->lock, group + 1);
    for (unsigned i = 0; i < 100 * TABLE_TRIES; i++) {
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

uint32_t table_find_or_insert(const struct asking *a, const struct table *t, uint64_t hash, uint64_t *value)
{
    uint32_t at = table_find(t, hash, value), home = (uint32_t)hash & (TABLE_RATES / TABLE_GROUP - 1);
    if (at != TABLE_NOWHERE || !lock_home(a, home))
        return at;
    at = table_find(t, hash, value);
    if (at == TABLE_NOWHERE && (at = take_place(a, t, hash, value)) != TABLE_NOWHERE) {
        *value = first_value(t->kind, *value, a->now);
        atomic_store(&t->at[at].hash, hash);
        atomic_store(&t->at[at].value, *value);
        atomic_store(&a->s->rows[a->row].taking, 0);
    }
    unlock_home(a, home);
    return at;
}

/* ---- after a crash ---- */

void table_forget_row(const struct asking *a)
{
    struct store *s = a->s;
    struct row *gone = &s->rows[a->row];
    uint64_t taking = atomic_load(&gone->taking);
    if (taking) {
        struct bucket *b = &s->buckets[taking - 1];
        enum table_part part = PART_RATES;
        while (taking > PARTS[part].first + PARTS[part].size)
            part++;
        uint64_t half_done = TAKEN_BASE + a->row;
        if (atomic_load(&b->value) == half_done) {
            atomic_store(&b->hash, 0);
            atomic_compare_exchange_strong(&b->value, &half_done, first_value(PARTS[part].kind, 0, a->now));
        }
        atomic_store(&gone->taking, 0);
    }
    uint32_t lock = atomic_load(&gone->lock), owner = a->row + 1;
    if (lock)
        atomic_compare_exchange_strong(&s->locks[lock - 1], &owner, 0);
    atomic_store(&gone->lock, 0);
}
