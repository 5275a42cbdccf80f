/* front_parts.h - what the files of the front share; nobody else includes it.
 *
 * An idle connection is a struct front and its TLS, no more. While a request is read or answered it has a desk: the
 * reader, the buffers, the exchange. Desks and their memory are used again and again. */
#ifndef EDGE_FRONT_PARTS_H
#define EDGE_FRONT_PARTS_H

#include "proxy/edge/front.h"
#include "proxy/edge/gate.h"
#include "proxy/edge/listen.h"
#include "proxy/edge/stream.h"
#include "proxy/http/reader.h"

enum {
    FRONT_READ_BYTES = 64 * 1024,      /* the most that is read at once */
    FRONT_READS_A_TURN = 8,            /* then the others have their turn */
    FRONT_UNREAD_MAX = 64 * 1024,      /* bytes that wait unread; above it the socket is left alone */
    FRONT_ROOM_HIGH = 256 * 1024,      /* of the answer, unsent: above it the model server waits */
    FRONT_ROOM_LOW = 64 * 1024,        /* below it, it goes on */
    FRONT_OUT_MAX = 256 * 1024 * 1024, /* an answer that is given whole may be this long */
    FRONT_PASS_OVER_MAX = 64 * 1024,   /* of an unwanted body, to keep the connection; and while lingering */
    FRONT_PASS_OVER_MS = 5000,
    FRONT_LINGER_MS = 2000,
    FRONT_BODY_WINDOW_MS = 5000,
    FRONT_DESKS_KEPT = 64,
    FRONT_BUFFER_KEPT = 64 * 1024,
    FRONT_MANY = 64, /* connections; with more the heap is asked to lie in large pages */
};

struct desk {
    struct list link; /* of the house's free ones */
    struct http_reader reader;
    struct buf head; /* the bytes that reader.head points into */
    struct buf in;   /* received and not read */
    struct buf out;  /* to be sent */
    struct exchange x;
};

struct door {
    struct list link;
    struct fronts *house;
    const struct listener *listener;
    struct tls_server *tls; /* borrowed; NULL when plain */
    struct listening listening;
};

struct fronts {
    struct loop *loop;
    struct world *world;
    struct setup *setup;
    struct http_limits http_limits;
    struct gate *gate;             /* owned */
    struct list doors, busy, idle; /* idle: longest first */
    struct list desks;             /* free ones */
    size_t desks_count, count;
    uint64_t drain_idle_ms; /* while draining: how long a connection may stay idle */
    bool draining;
};

enum front_phase {
    FRONT_PROXY,     /* waiting for the PROXY header */
    FRONT_TLS,       /* shaking hands */
    FRONT_HEAD,      /* between requests, or in a head */
    FRONT_EXCHANGE,  /* an exchange runs */
    FRONT_PASS_OVER, /* it is over, its body is not */
    FRONT_CLOSING,   /* what is left to send is sent */
    FRONT_LINGER,    /* everything is sent: the caller reads and closes */
    FRONT_GONE,      /* closed; freed as soon as no exchange needs it */
};

enum front_wait { /* which deadline the timer is set for */
                  FRONT_WAIT_NONE,
                  FRONT_WAIT_HANDSHAKE,
                  FRONT_WAIT_HEAD,
                  FRONT_WAIT_IDLE,
                  FRONT_WAIT_BODY,
                  FRONT_WAIT_PASS_OVER,
                  FRONT_WAIT_STALL,
                  FRONT_WAIT_LINGER,
};

struct front {
    struct stream stream;
    struct deferred flush; /* at the end of the turn */
    struct fronts *house;
    struct desk *desk; /* NULL while idle */
    enum front_phase phase;
    enum front_wait wait;
    enum { EXCHANGE_NONE, EXCHANGE_RUNS, EXCHANGE_OVER } exchange;
    bool is_counted, is_first, is_idle, is_feeding, reads_on;
    /* of the request and its answer */
    bool body_wanted, body_done, body_too_large, in_grace, keep;
    bool answer_begun, has_body, chunked, until_close, cut, overfull, wants_room;
    uint64_t answer_left;
    /* each piece of an answer needs what is above, and nothing of this */
    uint64_t body_bytes, window_bytes;
    size_t lingered, proxy_seen;
    struct list link; /* of busy or idle */
    struct door *door;
    struct timer timer;
    struct deferred go; /* what must not be done inside a call of the core */
    struct peer peer;
    char *names;               /* owned: texts of the peer's certificate */
    struct ip_address counted; /* by the gate, when is_counted */
};

/* front.c */
/* Closes the connection; an exchange that runs is told why. Nothing of `f` is freed before the deferred ones run. */
void front_close(struct front *f, enum reason why);
void front_abort(struct front *f, enum reason why);
/* Sets the deadline that the connection's state calls for, gives back an idle desk. */
void front_settle(struct front *f);
void front_accepted(struct listening *l, int fd, const struct ip_address *from, uint16_t from_port);

/* front_open.c: until the first request. False: not yet, or closed. */
bool front_read_proxy_header(struct front *f);
bool front_shake_hands(struct front *f);

/* front_read.c */
void front_serve(struct front *f); /* reads and handles what there is */
void front_next_request(struct front *f);
/* `head`: what was read of it, when its views are good; else NULL. */
void front_refuse_head(struct front *f, struct http_head *head, enum reason why, unsigned status, const char *detail);

/* front_write.c */
void front_flush(struct deferred *d);
void front_close_when_sent(struct front *f);

/* front_time.c */
void front_time_passed(struct timer *t);
void front_set_deadline(struct front *f);
void front_hurry(struct front *f); /* an idle one, when draining begins */

/* fronts.c */
struct desk *fronts_take_desk(struct fronts *h);
void fronts_give_desk(struct fronts *h, struct desk *d);

static inline size_t front_unsent(const struct front *f)
{
    return f->desk ? buf_len(&f->desk->out) : 0;
}

static inline size_t front_unread(const struct front *f)
{
    return f->desk ? buf_len(&f->desk->in) : 0;
}

#endif
