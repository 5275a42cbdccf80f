/* front.h - the callers' side: connections, what they send as exchanges, what exchanges answer as bytes.
 *
 * A connection in time order: [PROXY header], [TLS handshake], then requests one after the other: head, exchange_begin, the
 * body when the core asks for it (front_read_body), the answer as the core gives it (front_answer_*), front_ended. Bytes of the
 * next request wait, bounded, until then. All that a turn of the loop produced is written at its end.
 *
 * Every wait has a deadline: a head that has begun is answered with 408, an idle connection is closed silently, a body that
 * comes too slowly fails the exchange, an answer that is not taken ends it. A caller who leaves (FIN, RST, close_notify) is
 * told to the core at once, whatever the exchange waits for. After an early refusal what is left of a small body is passed
 * over; otherwise the connection is closed with patience, so that the caller can read the answer. */
#ifndef EDGE_FRONT_H
#define EDGE_FRONT_H

#include "proxy/core/exchange.h"
#include "proxy/edge/flow.h"
#include "proxy/edge/tls.h"
#include "proxy/loop/loop.h"

struct fronts;

struct fronts_options {
    struct loop *loop;
    struct world *world; /* whose table has the functions below */
    struct setup *setup; /* its `limits` are one worker's */
};

/* All connections of one worker; NULL without memory. */
struct fronts *fronts_new(const struct fronts_options *options);
/* Accepts from `fd`, which is taken over; `tls` is NULL for a plain listener, borrowed. */
bool fronts_listen(struct fronts *fronts, const struct listener *listener, struct tls_server *tls, int fd) MUST_USE;
/* Accepts no more. A connection may still ask within `idle_ms`, since its caller cannot know; its answer says that it closes.
 * Those that stay idle so long are closed; with 0 at once. May be called again with less. */
void fronts_drain(struct fronts *fronts, uint64_t idle_ms);
/* Ends what still runs with WHY_DRAINED. */
void fronts_cut(struct fronts *fronts);
/* Closes what is still open then, because its caller does not take the end of his answer. */
void fronts_abort(struct fronts *fronts);
/* Connections, and exchanges whose caller is gone but which are not over yet. */
size_t fronts_count(const struct fronts *fronts);
/* After fronts_cut, once fronts_count is 0. NULL is fine. */
void fronts_free(struct fronts *fronts);

/* For the world's table. */
void front_read_body(struct world *w, struct exchange *x, uint64_t ceiling_bytes);
void front_answer_head(struct world *w, struct exchange *x, const struct answer_head *head);
void front_answer_bytes(struct world *w, struct exchange *x, struct str bytes);
void front_answer_end(struct world *w, struct exchange *x, bool whole);
void front_ended(struct world *w, struct exchange *x);

#endif
