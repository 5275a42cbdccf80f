/* pipeline.h - the one door through which an exchange moves. Private to the core and its tests. */
#ifndef CORE_PIPELINE_H
#define CORE_PIPELINE_H

#include "proxy/core/exchange.h"

/* A zeroed or recycled exchange, before it moves. */
void exchange_prepare(struct exchange *x, struct world *world, struct setup *setup, void *front, struct peer *peer,
                      struct http_head *head);
/* Runs steps from where the exchange stands until one waits or the exchange is over. */
void pipeline_run(struct exchange *x);
/* Ends the exchange with x->why: answers if nothing was sent yet, settles, journals, tells the world. Idempotent. */
void pipeline_end(struct exchange *x);

/* The built-in part of each stage, run after its filters. */
enum verdict stage_route(struct exchange *x);
enum verdict stage_limit(struct exchange *x);
enum verdict stage_read(struct exchange *x);
enum verdict stage_admit(struct exchange *x);
enum verdict stage_select(struct exchange *x);
enum verdict stage_stamp(struct exchange *x);
enum verdict stage_forward(struct exchange *x);
enum verdict stage_relay(struct exchange *x);

/* The second half of `read`: the whole body is in x->body. */
enum verdict body_arrived(struct exchange *x);

/* Goes back to `from` (select for another endpoint, stamp for a new identity) while nothing was answered yet. */
void pipeline_again(struct exchange *x, enum stage from);

/* In the tail: gives back what was taken and not used, charges what was used and not taken. */
void limits_settle(struct exchange *x);

/* Our request into x->ask_forward, for the endpoint that was selected; false when it does not fit. */
bool forward_write_request(struct exchange *x) MUST_USE;

/* The answer, in relay_head.c and relay.c: called by forward.c once the head of an answer is to be passed on, and with
 * what follows. */
enum verdict relay_begin(struct exchange *x, const struct http_head *head);
/* The head that relay_begin has made; heart-beats from then on. */
void relay_send_head(struct exchange *x);
void relay_bytes(struct exchange *x, struct str bytes);
void relay_end(struct exchange *x);
/* The last verdict is in: what was held goes. */
void relay_released(struct exchange *x);
/* Text that was kept back is in x->out, or the filters refused it. */
void relay_held(struct exchange *x, bool ok);
void relay_failed(struct exchange *x, enum reason why, const char *detail);

#endif
