/* fetch.h - small documents from elsewhere: keys, discovery, tokens. Off the loop's way, strict, and bounded in every
 * direction.
 *
 * One request on a connection of its own, TLS verified against the system's CAs or the ask's own; plain HTTP only where
 * the ask allows it, and then only to the loopback and to metadata addresses. No redirect is followed, no proxy of the
 * environment used, no compression offered. What was sent and received may hold secrets and is wiped.
 *
 * An ask with a shelf (shelf.h) is answered from there when it can be, waits while another worker fetches, or fetches
 * for all. */
#ifndef EDGE_FETCH_H
#define EDGE_FETCH_H

#include "proxy/core/world.h"
#include "proxy/edge/resolve.h"
#include "proxy/edge/shelf.h"
#include "proxy/edge/trust.h"

enum {
    FETCH_TIMEOUT_MS = 10000, /* where the ask gives none */
    FETCH_POLL_MS = 4,        /* between looks at a shelf that another worker fills */
    FETCH_REQUEST_BYTES = 512 * 1024,
};

struct fetches;

/* `shelves` may be NULL: then nothing is shared. All are borrowed. */
struct fetches *fetches_new(struct loop *loop, struct resolver *resolver, struct trusts *trusts,
                            struct shelves *shelves);
void fetches_free(struct fetches *f); /* NULL is fine; asks that are open are never answered */

/* As world->fetch; the ask's strings stay until it is answered. Cancelled by ask.drop. */
void fetch_ask(struct fetches *f, struct ask_fetch *ask);

#endif
