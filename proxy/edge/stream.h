/* stream.h - a non-blocking byte stream over a socket, plain or TLS: callers, model servers, Redis and fetches all use it.
 *
 * It lies in its owner and must not move. In time order: stream_accept or stream_connect; then `ready` is called whenever the
 * socket may have become readable or writable or the peer has left, and the owner calls stream_handshake until that says
 * STREAM_OK, and reads and writes from then on. Events are edges: whoever leaves bytes unread (for back-pressure) comes
 * back by itself later, no second event tells of them. A stream has no deadlines: they are the owner's.
 *
 * Idle streams hold no buffers: OpenSSL's are released, and owners release their own. */
#ifndef EDGE_STREAM_H
#define EDGE_STREAM_H

#include <openssl/ssl.h>
#include <sys/socket.h>

#include "proxy/base/buf.h"
#include "proxy/loop/loop.h"

enum stream_answer {
    STREAM_OK,     /* handshake: done; read: at least one byte; write: everything was taken */
    STREAM_WAIT,   /* come again when `ready` is called */
    STREAM_END,    /* read: the peer has closed its side in order (FIN, and close_notify with TLS) */
    STREAM_BROKEN, /* reset, TLS error, or TLS cut without close_notify: `why` says which */
};

struct stream {
    /* Set by the owner before anything else. May close the stream and free its owner. */
    void (*ready)(struct stream *s);
    bool is_open;   /* connected, and the TLS handshake is through */
    bool peer_left; /* FIN, RST or an error was seen: nothing more will come than what is in the socket now */
    bool was_cut;   /* BROKEN because the peer closed without close_notify: a body that runs until close is not whole */
    const char *why; /* a constant, of STREAM_BROKEN */
    SSL *ssl;        /* owned; NULL when plain */
    /* private */
    struct watch watch;
    struct stream_ahead *ahead; /* decrypted and not yet taken; NULL: nothing */
    struct deferred later;      /* `ready`, when all that came in this turn is decrypted */
    bool is_connecting, can_read, can_write, has_fin;
    bool tls_holds; /* OpenSSL has bytes that were not read yet */
    enum stream_answer ended; /* STREAM_END or STREAM_BROKEN are final for reading */
};

/* Takes over an accepted socket and, when not NULL, `ssl` (also on failure: both are closed). The socket becomes
 * non-blocking and sends without delay. */
bool stream_accept(struct stream *s, struct loop *loop, int fd, SSL *ssl) MUST_USE;
/* Begins to connect. Takes over `ssl`, also on failure, when `why` is set. */
bool stream_connect(struct stream *s, struct loop *loop, const struct sockaddr *to, socklen_t to_len, SSL *ssl) MUST_USE;
/* TLS begins only now, after what came before it (a PROXY header) was taken with stream_peek and stream_skip. */
void stream_start_tls(struct stream *s, SSL *ssl);

/* Goes on connecting and shaking hands: OK, WAIT or BROKEN. Costs nothing once it is done. */
enum stream_answer stream_handshake(struct stream *s);

/* Reads what there is, at most `max` bytes, to the end of `into`: OK, WAIT, END or BROKEN. A full buffer is BROKEN: owners
 * stop reading before. */
enum stream_answer stream_read(struct stream *s, struct buf *into, size_t max);
/* The same into given memory; *n is set with OK. */
enum stream_answer stream_read_at(struct stream *s, char *at, size_t size, size_t *n);
/* The same into `room` or, where it is there already, without a copy: *got is what was read. stream_give_back follows when that
 * was used, whatever became of the stream meanwhile; until then nobody else writes there. */
struct stream_ahead;
enum stream_answer stream_borrow(struct stream *s, char *room, size_t size, struct str *got, struct stream_ahead **place);
void stream_give_back(struct stream_ahead *place); /* NULL is fine */
/* May a read find something, or an end? False until the next call of `ready`. */
bool stream_may_read(const struct stream *s);
/* Has anything come that was not read, also what no read finds yet: a part of a TLS record? */
bool stream_holds_any(const struct stream *s);

/* Writes the pieces in order, TLS records filled across them: OK, WAIT or BROKEN; *written tells how many bytes were taken,
 * in all three. After WAIT the same bytes must come again first. */
enum stream_answer stream_write(struct stream *s, const struct str *pieces, size_t count, size_t *written);
/* The same from a buffer, off whose front the written bytes are taken. */
enum stream_answer stream_write_buf(struct stream *s, struct buf *from);

/* Looks at the next plain bytes, before TLS: at most `size`, without taking them. OK, WAIT, END or BROKEN. Comes again with the
 * same bytes and more; WAIT when there are no more than `seen`, those of the last call. */
enum stream_answer stream_peek(struct stream *s, char *at, size_t size, size_t seen, size_t *n);
bool stream_skip(struct stream *s, size_t n) MUST_USE;

/* Says that nothing more will be sent (close_notify, FIN); reading goes on. */
void stream_shutdown(struct stream *s);
/* Closes in order, as far as that goes without waiting. Harmless on a closed or zeroed stream. */
void stream_close(struct stream *s);
/* Closes so that the peer cannot take what it got for whole: no close_notify, a reset when plain. */
void stream_abort(struct stream *s);
static inline bool stream_is_closed(const struct stream *s)
{
    return !s->watch.loop;
}

#endif
