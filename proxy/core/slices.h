/* slices.h - a stream that outlives its reservation: what it produces is counted, and paid for slice by slice.
 *
 * The stream does not wait for the store. When the answer is that nothing is left, the caller's answer ends as if the model had
 * reached its limit, or with an error event, and the model server is cut. */
#ifndef CORE_SLICES_H
#define CORE_SLICES_H

#include "proxy/core/exchange.h"

/* For each event, and for each piece of a stream that is not read, when x->budget.is_metered. */
void slices_event(struct exchange *x, struct str data);
void slices_bytes(struct exchange *x, struct str bytes);

/* In the tail: a slice that is still asked for is given back when it is answered; nobody waits for it. */
void slices_end(struct exchange *x);

/* Tokens of an event's texts, as the operation's events carry them; 0: it carries none. */
uint64_t produced_tokens(const struct encoding *e, enum operation operation, struct str data);

#endif
