/* quota.h - the arithmetic of a quota: so much in an hour, a day or a month of somebody's calendar.
 *
 * A period is known by its end. The gateway says when the three periods around its own clock end; which of them it is,
 * is for the store's clock to say, so that a gateway whose clock is wrong changes nothing. All times are milliseconds
 * since 1970. */
#ifndef EDGE_STORE_QUOTA_H
#define EDGE_STORE_QUOTA_H

#include "proxy/core/world.h"

/* The end of the period that `at_ms` is in, as far as op->periods_ms knows. */
uint64_t quota_end_ms(const struct limit_op *op, uint64_t at_ms);
/* Some moment in the period with this end; what goes into op->period_start_ms. */
uint64_t quota_moment_ms(const struct limit_op *op, uint64_t end_ms);

/* Whether op->cost (not negative) passes where `used` are spent already. */
bool quota_passes(const struct limit_op *op, uint64_t used);
/* Fills what `op` is answered, `used` being spent after it; op->allowed is set already. */
void quota_tell(struct limit_op *op, uint64_t used, uint64_t end_ms, uint64_t now_ms);

#endif
