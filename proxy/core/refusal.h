/* refusal.h - answers that the gateway writes itself, in the shape that the caller's SDK reads (gateways.md §5). */
#ifndef CORE_REFUSAL_H
#define CORE_REFUSAL_H

#include "proxy/core/exchange.h"

/* Tells the caller how the exchange ended: a whole answer when none has begun, an error event when a stream has, a cut
 * connection otherwise; nothing when the caller is gone. */
void refusal_write(struct exchange *x);

/* A whole answer with these field lines and what every answer carries. */
void refusal_answer(struct exchange *x, unsigned status, struct str fields, struct str body);

/* The field lines that every answer carries: request id, the caller's own limits. */
bool answer_common_fields(struct exchange *x, struct buf *out) MUST_USE;
/* When to come back: retry-after and retry-after-ms of x->retry_ms, one second where nothing better is known. */
bool answer_retry_fields(const struct exchange *x, struct buf *out) MUST_USE;

#endif
