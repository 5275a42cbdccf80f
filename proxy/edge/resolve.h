/* resolve.h - host names to addresses, off the loop, and remembered.
 *
 * A literal address is answered at once and never asked for. A name is looked up on the helper thread (one lookup per
 * name at a time, however many wait for it) and remembered for 30 s; a failure for 5 s. An answer that has just grown
 * old is given once more while it is asked for again, so that nobody waits for what is probably unchanged. When the
 * resolver is out of order (not when it says that there is no such name) the last addresses serve for up to an hour. */
#ifndef EDGE_RESOLVE_H
#define EDGE_RESOLVE_H

#include "proxy/http/url.h"
#include "proxy/loop/post.h"

enum {
    ADDRESSES_MAX = 16, /* more are dropped */
    RESOLVE_FRESH_MS = 30 * 1000,
    RESOLVE_GIVEN_MS = 60 * 1000, /* given without waiting, while asked for again */
    RESOLVE_FAILED_MS = 5 * 1000,
    RESOLVE_STALE_MS = 3600 * 1000,
    RESOLVE_NAMES_MAX = 512,
};

struct addresses {
    struct ip_address at[ADDRESSES_MAX]; /* in the order of RFC 6724, as the system sorts them */
    size_t count;
    bool is_literal; /* the host was an address, written out by the operator */
};

/* Embedded in whoever waits. `found` is NULL when there is no address; `why` then says so, for the log. */
struct lookup {
    void (*done)(struct lookup *l, const struct addresses *found, const char *why);
    struct list link; /* private */
};

/* The blocking part, replaced in tests: runs on the helper thread. LOOKUP_NONE: the name has no address, surely. */
enum lookup_answer { LOOKUP_FOUND, LOOKUP_NONE, LOOKUP_FAILED };
typedef enum lookup_answer lookup_fn(const char *host, struct addresses *out);

struct resolver;
struct resolver *resolver_new(struct loop *loop, struct post *post, lookup_fn *lookup); /* NULL: getaddrinfo */
/* Nobody may be waiting any more; before post_free. */
void resolver_free(struct resolver *r);

enum resolve_answer { RESOLVE_FOUND, RESOLVE_FAILED, RESOLVE_ASKED };
/* RESOLVE_FOUND fills *out; RESOLVE_FAILED sets *why; RESOLVE_ASKED: `l->done` will be called, on the loop. */
enum resolve_answer resolve(struct resolver *r, struct str host, struct lookup *l, struct addresses *out,
                            const char **why);
void resolve_cancel(struct lookup *l); /* harmless when not waiting; list_init(&l->link) makes a lookup that is not */

#endif
