/* rehearsal.h - the guard of a route on texts at hand, for `bartizan scan`: no caller, no limits, no model server.
 *
 * The same readers and filters as in traffic, by the same plan: a request is read and inspected, an answer is relayed.
 * In time order: rehearse_request; perhaps rehearse_answer; rehearse_end, also after a refusal. */
#ifndef CORE_REHEARSAL_H
#define CORE_REHEARSAL_H

#include "proxy/core/exchange.h"

struct rehearsal {
    struct exchange *x; /* zeroed before its first use; used again and again; exchange_free in the end */
    struct world *world;
    struct setup *setup;
    const struct route *route;
    void (*turn)(struct world *world); /* answers what was asked since the last turn */
};

/* Reads `body` as what was posted to `path`, and runs the filters of `inspect`. NEXT, or STOP with x->why. The texts as
 * the model would read them are in x->call, findings in x->findings. */
enum verdict rehearse_request(const struct rehearsal *r, struct str path, struct str body);
/* Relays a whole answer in JSON, which goes to world->answer_bytes. NEXT, or STOP with x->why. */
enum verdict rehearse_answer(const struct rehearsal *r, struct str answer);
/* Settles, and tells world->journal as for any exchange. */
void rehearse_end(const struct rehearsal *r);
/* The body with what filters have rewritten, into `out`. */
bool rehearse_body(const struct rehearsal *r, struct buf *out) MUST_USE;

#endif
