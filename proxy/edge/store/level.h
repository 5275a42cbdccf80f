/* level.h - how a bucket of the shared store stands, and what that answers: exact arithmetic on what ask.lua and
 * settle.lua give.
 *
 * Times are microseconds of the store's clock. A rate's fractions are 1/count of a microsecond, so that nothing is ever
 * rounded where it is decided; the scripts only add and compare whole numbers below 2^53, every product is computed
 * here, in 128 bits. */
#ifndef EDGE_STORE_LEVEL_H
#define EDGE_STORE_LEVEL_H

#include "proxy/core/world.h"

/* By kind: rate: when it is full again, and the fraction. Concurrency: how many are inside. Quota: what is spent, and
 * the end of the period in ms. */
struct level {
    uint64_t x, y;
};

/* A span of time: whole microseconds and a fraction below op->count. At most 2^51 us. */
struct span_us {
    uint64_t us, fraction;
};
struct span_us rate_span(const struct limit_op *op, uint64_t units);

/* Fills what an op of an ask is answered where the bucket stands so afterwards; op->allowed is set already. */
void level_tell(struct limit_op *op, struct level level, uint64_t now_us);
/* It stands so after a charge (negative: what is given back); of a quota, of that period only. */
void level_charge(struct level *level, const struct limit_op *op, int64_t cost, uint64_t end_ms, uint64_t now_us);

/* ---- ops as the scripts read them ---- */

enum { LEVEL_WORDS = 9, LEVEL_BYTES = 8 * LEVEL_WORDS };
enum { LEVEL_CONCURRENCY_RETRY_MS = 1000 }; /* nobody knows when somebody leaves; of every store */

/* What ask.lua reads, without the members. `lease`: as many units on top if they are there; 0: none. */
void level_write_ask(char out[LEVEL_BYTES], const struct limit_op *op, uint64_t lease, uint64_t hold_ms);
/* What settle.lua reads: a charge of `cost` (negative: given back) that was made `age_us` ago; of a quota in the period
 * with this end. */
void level_write_charge(char out[LEVEL_BYTES], const struct limit_op *op, int64_t cost, uint64_t age_us,
                        uint64_t end_ms);
/* What is known of a rate or quota: at least so much is spent. */
void level_write_known(char out[LEVEL_BYTES], const struct limit_op *op, struct level level);
void level_write_members(char out[LEVEL_BYTES], size_t leave, size_t stay, uint64_t hold_ms);

#endif
