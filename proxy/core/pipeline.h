/* pipeline.h - the one door through which an exchange moves. Private to the core and its tests. */
#ifndef CORE_PIPELINE_H
#define CORE_PIPELINE_H

#include "proxy/core/exchange.h"

/* Runs steps from where the exchange stands until one waits or the exchange is over. */
void pipeline_run(struct exchange *x);
/* Ends the exchange with x->why: answers if nothing was sent yet, settles, journals, tells the world. Idempotent. */
void pipeline_end(struct exchange *x);

/* The built-in part of each stage, run after its filters. */
enum verdict stage_limit(struct exchange *x);
enum verdict stage_read(struct exchange *x);
enum verdict stage_select(struct exchange *x);
enum verdict stage_stamp(struct exchange *x);
enum verdict stage_forward(struct exchange *x);
enum verdict stage_relay(struct exchange *x);

/* Goes back to `select` for another endpoint (before the first byte was sent). */
void pipeline_again(struct exchange *x);

#endif
