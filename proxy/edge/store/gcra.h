/* gcra.h - the arithmetic of a rate limit: the generic cell rate algorithm, as throttled and redis-cell compute it.
 *
 * A bucket is one number, the time at which it will be full again ("theoretical arrival time", TAT). A cost moves it
 * on; what would move it further ahead than the bucket is deep is refused. All times are nanoseconds of one clock. */
#ifndef EDGE_STORE_GCRA_H
#define EDGE_STORE_GCRA_H

#include "proxy/core/world.h"

#define GCRA_FAR_NS ((uint64_t)1 << 62) /* 146 years: no TAT is further ahead of its clock */

/* How far `cost` units move the TAT: at least 1 for a cost above 0. */
uint64_t gcra_increment(const struct limit_op *op, uint64_t cost);

/* Whether op->cost (not negative) may pass now. Fills the answers of `op` as they are afterwards (when it passes) or
 * stay (when not: retry_ms is UINT64_MAX for what can never pass). *tat becomes the new value only when it passes. */
bool gcra_ask(struct limit_op *op, uint64_t now_ns, uint64_t *tat);

#endif
