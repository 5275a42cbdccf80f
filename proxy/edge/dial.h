/* dial.h - a connection to a named host: its addresses one after the other, then TLS, within one deadline.
 *
 * The dial holds the stream that it makes and stays under it for the connection's life. In time order: dial_begin;
 * later, on the loop, `done` is called once. With DIAL_OK the stream is open and the owner sets stream.ready to its
 * own. Otherwise everything is closed. dial_close ends it in any state; then `done` is not called any more. */
#ifndef EDGE_DIAL_H
#define EDGE_DIAL_H

#include "proxy/edge/resolve.h"
#include "proxy/edge/stream.h"
#include "proxy/edge/tls.h"
#include "proxy/loop/timer.h"

enum { DIAL_ATTEMPTS_MAX = 4, DIAL_ATTEMPT_MS = 1000 };

/* Which addresses will do, decided on the one that is connected to, whatever the name said. Link-local and metadata
 * addresses never are, unless the operator wrote the address itself, or with DIAL_HERE. */
enum dial_reach {
    DIAL_ANYWHERE,
    DIAL_PRIVATE, /* loopback and private addresses only */
    DIAL_HERE,    /* loopback, link-local and metadata addresses only: what plain HTTP may carry a secret to */
};

/* Where to; borrowed for as long as the dial and its connection are used. */
struct dial_target {
    struct str host;
    uint16_t port;
    const char *unix_path; /* a socket of this machine instead of host and port; NULL without */
    enum dial_reach reach;
    const struct tls_client *tls; /* NULL: plain */
    struct str tls_name; /* what the certificate must say; at == NULL: the host */
    struct tls_session session;   /* owned, finished by the target's owner */
    unsigned turn; /* the address to begin with; moves on with every connection and past those that failed */
};

enum dial_answer {
    DIAL_OK,
    DIAL_UNREACHABLE, /* no address, none that is allowed, refused, or no answer within the deadline */
    DIAL_TLS,         /* the handshake failed: name, chain, protocol */
};

struct dial {
    struct stream stream;
    void (*done)(struct dial *d, enum dial_answer answer, const char *why); /* `why` is a constant, for the journal */
    /* private */
    struct loop *loop;
    struct dial_target *target;
    struct lookup lookup;
    struct timer timer; /* of the whole, or of one attempt when another address is left */
    struct deferred fail;
    struct addresses addresses;
    uint64_t until_ms;
    size_t attempts, allowed;
    enum dial_answer answer;
    const char *why;
};

void dial_begin(struct dial *d, struct loop *loop, struct resolver *resolver, struct dial_target *target,
                uint64_t within_ms);
void dial_close(struct dial *d); /* in order; harmless on one that is closed, not on one that never began */
void dial_abort(struct dial *d); /* so that the peer notices: no close_notify, a reset when plain */

#endif
