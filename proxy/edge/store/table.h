/* table.h - the shared memory under the store of limits: where the bucket of a key is. Private to
 * proxy/edge/store/memory.c, known.c and left.c. */
#ifndef EDGE_STORE_TABLE_H
#define EDGE_STORE_TABLE_H

#include <stdatomic.h>

#include "proxy/edge/store/left.h"

enum {
    TABLE_GROUP = 8, /* places side by side; a key has two groups */
    TABLE_RATES = 256 * 1024,
    TABLE_HOLDS = 16 * 1024,
    TABLE_QUOTAS = 64 * 1024,
    TABLE_KNOWN = 64 * 1024, /* of rates, and as many of quotas */
    TABLE_TRIES = 64, /* of a swap that others win, of a place that others take */
};
#define TABLE_NOWHERE UINT32_MAX

/* `value` of a rate: its TAT, in nanoseconds. Of concurrency: a stamp in the upper half, those inside in the lower. Of
 * a quota: the hour in which its period ends (modulo 2^13) and what is spent (51 bits). The highest 64 values: a
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
    _Atomic uint64_t taking; /* the bucket that it replaces: its index in `buckets`, + 1 */
    _Atomic uint32_t moving; /* index of the hold between its two counts, + 1 */
};

enum table_part { PART_RATES, PART_HOLDS, PART_QUOTAS, PART_KNOWN_RATES, PART_KNOWN_QUOTAS, TABLE_PARTS };

enum { TABLE_SERVERS = 4 /* of the shared store, that are remembered */ };

struct left {
    struct left_due due; /* of its name only the length counts */
    char name[LEFT_NAME_MAX];
};

struct store {
    struct bucket buckets[TABLE_RATES + TABLE_HOLDS + TABLE_QUOTAS + 2 * TABLE_KNOWN]; /* one table behind the other */
    _Atomic uint32_t locks[TABLE_RATES / TABLE_GROUP]; /* of new keys only: row + 1 of who inserts one with this home */
    struct row rows[STORE_ROWS];
    _Atomic uint32_t shares[STORE_ROWS][TABLE_HOLDS]; /* how many of those inside are this process's */
    uint64_t id;
    _Atomic uint32_t gateways;
    _Atomic uint32_t left_count, left_states[LEFT_MAX];
    struct left left[LEFT_MAX];
    /* of the shared store: who it was, the latest at (met - 1) modulo their number, and its clock's lead before ours */
    _Atomic uint64_t servers[TABLE_SERVERS];
    _Atomic uint64_t met;
    _Atomic int64_t ahead_us;
    _Atomic bool has_clock;
};

/* Who asks, and when. */
struct asking {
    struct store *s;
    unsigned row;
    struct store_time now;
};

struct table {
    struct bucket *at;
    uint32_t groups;
    enum limit_kind kind;
};
struct table table_of(struct store *s, enum limit_kind kind);
struct table table_part(struct store *s, enum table_part part);

uint64_t table_hash(struct str key);
/* Finds the key and the value that it had; TABLE_NOWHERE when it has no bucket. */
uint32_t table_find(const struct table *t, uint64_t hash, uint64_t *value);
/* The same; a key without a bucket gets one, if there is room. */
uint32_t table_find_or_insert(const struct asking *a, const struct table *t, uint64_t hash, uint64_t *value);
bool table_is_taken(uint64_t value);
/* Finishes or undoes what a process was in the middle of. */
void table_forget_row(const struct asking *a);

/* ---- the word of a quota ---- */

enum { QUOTA_TAG_BITS = 13, QUOTA_TAG_SHIFT = 64 - QUOTA_TAG_BITS };
#define QUOTA_USED_MAX (((uint64_t)1 << QUOTA_TAG_SHIFT) - 1 - 4 * STORE_ROWS)
uint64_t quota_word(uint64_t end_ms, uint64_t used);
uint64_t quota_word_used(uint64_t word);
bool quota_word_ends(uint64_t word, uint64_t end_ms);

#endif
