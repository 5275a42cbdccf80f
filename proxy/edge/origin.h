/* origin.h - the connections of one worker to its endpoints: kept open while nobody uses them, the last used first.
 *
 * A wire is one connection. Whoever takes one has it alone until it is kept or cut. In time order: origin_take gives a
 * kept wire, or none; then origin_open begins a fresh one, and `opened` is called later, on the loop. `ready` is called
 * as the stream's events come. At the end origin_keep (only after one whole answer, with everything sent, nothing left
 * unread and both sides willing) or origin_cut. A kept wire that the peer closes, or on which any byte comes, is
 * closed. */
#ifndef EDGE_ORIGIN_H
#define EDGE_ORIGIN_H

#include "proxy/core/setup.h"
#include "proxy/edge/dial.h"
#include "proxy/edge/trust.h"

enum { WIRE_AGE_MS = 10 * 60 * 1000, WIRE_EARLY_MS = 1000 /* before the server's own deadline */ };

struct origin;
struct origins;

struct wire {
    void (*opened)(struct wire *w, enum dial_answer answer, const char *why); /* not DIAL_OK: cut it */
    void (*ready)(struct wire *w);
    void *user;
    bool was_kept;        /* it has served before */
    struct dial dial;     /* dial.stream is the connection */
    uint64_t kept_for_ms; /* how long the server says that it keeps it (Keep-Alive: timeout=…); 0: it does not say */
    /* private */
    struct origin *origin;
    uint64_t opened_ms;
    struct list link;
    struct timer idle;
};

struct origin_counts {
    uint64_t opened, reused, failed; /* since the start */
    size_t open, kept;               /* now */
};

/* For all endpoints of the setup, which stays. NULL when a pool's files are no good, which `problems` says. */
struct origins *origins_new(struct loop *loop, struct resolver *resolver, struct trusts *trusts,
                            const struct setup *setup, struct problems *problems);
void origins_free(struct origins *o); /* NULL is fine; closes what is kept; no wire may be in use */

struct wire *origin_take(struct origins *o, const struct endpoint *endpoint);
struct wire *origin_open(struct origins *o, const struct endpoint *endpoint); /* NULL without memory */
void origin_keep(struct wire *w);
/* Closes; `at_once` so that the model server notices and stops its work. */
void origin_cut(struct wire *w, bool at_once);
/* Closes all that are kept for the wire's endpoint: when one of them turned out to be dead. */
void origin_forget_kept(struct wire *w);

struct origin_counts origin_counts(const struct origins *o, const struct endpoint *endpoint);

#endif
