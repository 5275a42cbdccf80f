/* share.h - the part of a limit that one gateway of several may give out alone, and how it is kept in the gateway's
 * memory. */
#ifndef EDGE_STORE_SHARE_H
#define EDGE_STORE_SHARE_H

#include "proxy/edge/store.h"
#include "proxy/edge/store/level.h"

/* Of `gateways` (at least 1). One request always fits, however large, when nothing of the share is spent and the whole
 * limit would hold it. */
struct limit_op share_of(const struct limit_op *op, uint64_t gateways);
/* As much of the share is spent as of the whole: raises the bucket in memory, never lowers it. `now_us`: the store's
 * clock. */
void share_plant(struct store *memory, unsigned row, struct store_time now, const struct limit_op *op,
                 const struct limit_op *share, struct level level, uint64_t now_us);

#endif
