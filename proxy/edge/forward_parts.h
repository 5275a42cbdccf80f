/* forward_parts.h - what the files of a forwarded request share; nobody else includes it.
 *
 * forward.c begins and ends a request and writes it; forward_answer.c reads its answer. */
#ifndef EDGE_FORWARD_PARTS_H
#define EDGE_FORWARD_PARTS_H

#include "proxy/edge/forward.h"
#include "proxy/http/reader.h"

enum {
    FORWARD_READ_BYTES = 64 * 1024, /* at a time */
    FORWARD_HELD_BYTES = 2 * FORWARD_READ_BYTES,
    FORWARD_BESIDE_BYTES = 1024, /* so few held bytes are put before what is read: a chunk's end, mostly */
};

/* One request on its way. Pooled; `ask` is NULL when it is over. */
struct forward {
    struct list link; /* in forwards.spare */
    uint64_t began_ms;
    struct deferred again; /* go on reading, or tell the failure */
    struct deferred turn;  /* the others first: `again` in the next turn */
    struct deferred write; /* on a kept connection, with what the others write at the end of the turn */
    uint64_t keeps_ms;     /* how long the server keeps the connection; 0: it does not say */
    unsigned interim;
    enum forward_failure failure;
    const char *failing; /* told by `again` */
    /* what each piece of the answer needs lies together, to the reader's state */
    struct forwards *all;
    struct ask_forward *ask;
    struct exchange *x; /* the ask's */
    struct wire *wire;  /* NULL when there is none (any more) */
    size_t written, total; /* bytes of the request */
    bool is_open;          /* the wire is connected */
    bool is_busy;          /* reading: a cancel only marks, the reader's loop frees */
    bool has_byte;         /* of the answer */
    bool has_head;         /* the final one */
    bool stop_writing;     /* the answer is an error already */
    bool has_more;         /* the reader was stopped before it had nothing more to tell */
    struct buf held;       /* read and not yet taken; empty most of the time */
    struct http_reader reader;
};

struct forwards {
    struct loop *loop;
    struct origins *origins;
    struct list spare;
    size_t spare_count, open;
    struct list refused; /* asks for which there was no memory */
    struct deferred refuse;
    /* What was held, when that is little, and what one read brings; nobody reads within another's reading. */
    char room[FORWARD_BESIDE_BYTES + FORWARD_READ_BYTES];
};

/* Both end the request: what is open of it is closed or kept, the exchange is told, and whoever reads frees it when he
 * is done. */
void forward_fail(struct forward *f, enum forward_failure failure, const char *why);
/* The answer is whole. `is_clean`: nothing followed it. */
void forward_finish(struct forward *f, bool is_clean);

/* Reads what is there and tells the exchange; until there is nothing more, no room for it, or it is over: then there is
 * no ask any more. */
void forward_read_answer(struct forward *f);

#endif
