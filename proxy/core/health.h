/* health.h - what a worker learns about endpoints from their answers, and which one takes the next request.
 *
 * Passive: an endpoint that fails `eject_failures` times in a row, or says when to come back, rests. After the rest one request
 * probes it; its success brings the endpoint back, its failure sends it to rest again. */
#ifndef CORE_HEALTH_H
#define CORE_HEALTH_H

#include "proxy/core/setup.h"

/* An endpoint of the best priority that is not resting and not in `tried` (a bit set by place in the pool); smooth weighted
 * round robin among equals. NULL when there is none; then *retry_ms tells how long until one may be there (0: unknown). */
struct endpoint *health_pick(struct pool *pool, uint64_t tried, uint64_t now_ms, uint64_t *retry_ms);
/* Is there another one to go to? Changes nothing. */
bool health_has_other(const struct pool *pool, uint64_t tried, uint64_t now_ms);
/* The endpoint's bit in a `tried` set. */
uint64_t health_bit(const struct endpoint *e);

void health_worked(struct endpoint *e);
void health_failed(struct endpoint *e, uint64_t now_ms);
/* Told to come back later (429, 503 with Retry-After): rests that long, clamped by the pool. */
void health_rest(struct endpoint *e, uint64_t now_ms, uint64_t for_ms);
/* The request ended without telling anything about the endpoint: a probe is free to be tried again. */
void health_unknown(struct endpoint *e);

/* How long a throttled answer asks to wait: what http_retry_after_read has or, for a spent token window, its renewal period, the
 * larger one (Retry-After can be a lie there); nothing or 0 gives `otherwise_ms`; at most `max_ms`. */
uint64_t health_retry_after(const struct http_head *h, int64_t wall_s, uint64_t otherwise_ms, uint64_t max_ms);

#endif
