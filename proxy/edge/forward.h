/* forward.h - one request to a model server and its answer, told to the exchange as it comes.
 *
 * The request is written from the core's own bytes, without a copy where the connection is plain. The answer is read by
 * the strict reader straight from what came off the wire; only what is not whole yet, or what the caller's side has no
 * room for (flow.h), is kept. Deadlines on the answer are the core's (ask_timer, cancel_forward); connecting has the
 * pool's own.
 *
 *   1xx heads are passed over, no more than a few; 101 is broken.
 *   An error that is answered while the body is still being written ends the writing, and the connection with it.
 *   A kept connection that ends before a byte of the answer fails with `reused`; then no other kept one is left.
 *   A body that runs until the connection closes is whole only when TLS says so with close_notify.
 *   A cancelled request's connection is cut at once. */
#ifndef EDGE_FORWARD_H
#define EDGE_FORWARD_H

#include "proxy/core/world.h"
#include "proxy/edge/flow.h"
#include "proxy/edge/origin.h"

struct forwards;

struct forwards *forwards_new(struct loop *loop, struct origins *origins);
void forwards_free(struct forwards *f); /* NULL is fine; no ask may be open */

void forward_ask(struct forwards *f, struct ask_forward *ask);
void forward_cancel(struct ask_forward *ask); /* harmless when not open */

#endif
