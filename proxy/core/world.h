/* world.h - everything that the core may ask of the outside: a table of asks.
 *
 * The edge fills it with sockets and clocks, tests/play with a script and a clock wound by hand. An answer never arrives
 * inside the call that asked, and a cancelled ask is never answered. Asks are embedded in whoever waits for them. */
#ifndef CORE_WORLD_H
#define CORE_WORLD_H

#include "proxy/base/buf.h"
#include "proxy/base/list.h"
#include "proxy/core/stage.h"
#include "proxy/http/message.h"

struct exchange;
struct endpoint;
struct world;

struct ask {
    void (*answered)(struct ask *ask); /* the world is done with the ask when it calls this: it may be freed in it */
    struct exchange *exchange; /* who waits; NULL for the house's own business */
    bool is_open;              /* asked and not yet answered or cancelled; kept by the world */
    struct list link;          /* the world's, as are: */
    void *op;                  /* what answers it */
    void (*drop)(struct ask *ask); /* how it is cancelled */
};

/* ---- limits ---- */

enum limit_kind {
    LIMIT_RATE,        /* GCRA: `cost` of `count` per `period_ms`, with `burst` on top of a steady flow */
    LIMIT_CONCURRENCY, /* at most `count` at once; taken by `cost`, given back by a settle with -cost */
    LIMIT_QUOTA,       /* at most `count` in a calendar period; forgotten when the next one begins */
};

/* What a limit does while the store cannot be asked. */
enum limit_down { DOWN_LOCAL_SHARE, DOWN_REFUSE, DOWN_ALLOW };

struct limit_op {
    enum limit_kind kind;
    enum limit_down on_down;
    struct str key;     /* the whole name of the bucket: limit's id and the caller's attributes */
    uint64_t count, period_ms, burst; /* requests, tokens, or billionths of the currency; at most 2^53 / 8 */
    /* QUOTA, since 1970: when the period in which the gateway's clock is begins, when the next one does, and the one after
     * it. The store's clock decides which of the two it is. */
    uint64_t periods_ms[3];
    int64_t cost;       /* 1 for a request; negative gives back (settle only) */
    bool soft;          /* report only: charged and answered, but never the cause of a refusal */
    uint64_t lease;     /* may be answered from a slice of so much, leased ahead; 0: the store is asked each time */
    /* answered */
    bool allowed;
    bool is_local;      /* the store was not asked: answered from a lease, or from what is known to be spent */
    uint64_t remaining;
    uint64_t retry_ms;  /* until this op could pass */
    uint64_t reset_ms;  /* until the bucket is full again */
    uint64_t period_start_ms; /* QUOTA: a moment of the period where it was charged; a settle with this set charges there, and
                               * nothing if that is over */
};

/* All ops pass and are charged, or none is. */
struct ask_store {
    struct ask ask;
    struct limit_op *ops;
    size_t ops_count;
    /* Charge without asking: never refused, above the limit too, and never answered. The world is done with the ask and the
     * ops when the call returns, and brings them home also through an outage, as long as it has room for them. */
    bool settle;
    enum { STORE_PASSED, STORE_REFUSED, STORE_DOWN } result;
};

/* ---- small documents: keys, discovery, tokens ---- */

struct ask_fetch {
    struct ask ask;
    struct str method;        /* GET or POST */
    struct str url;
    struct str headers;       /* whole lines, each with CRLF */
    struct str body;
    struct str ca_file;       /* at == NULL: the system's */
    uint64_t timeout_ms;
    size_t ceiling_bytes;     /* of the answer */
    bool allow_plain_http;    /* metadata endpoints and loopback only */
    /* Shared by all workers: at most one fetch for this shelf is in flight in the whole gateway, and its answer is given to
     * every worker that asked in the meantime. 0: not shared. See edge/shelf.h. */
    unsigned shelf;
    bool shelf_fresh;         /* only an answer newer than the one this worker saw last will do */
    /* answered */
    bool ok;                  /* a whole HTTP answer arrived, of any status */
    unsigned status;
    uint64_t retry_after_ms;  /* 0 when not told */
    uint64_t age_ms;          /* how long ago a shared answer was fetched */
    struct str answer;        /* valid during the call of `answered` only; may hold secrets: wipe copies */
    const char *failure;      /* why not ok, for the log */
};

/* ---- time ---- */

struct ask_timer {
    struct ask ask;
    uint64_t in_ms;
};

/* ---- the model server ---- */

enum forward_failure { FORWARD_UNREACHABLE, FORWARD_SILENT, FORWARD_BROKEN, FORWARD_TLS };

/* One upstream request. The world calls exchange_upstream_* (exchange.h) as the answer comes. */
struct ask_forward {
    struct ask ask;           /* answered is not used; is_open is true until end, failure or cancel */
    struct endpoint *endpoint;
    struct str head;          /* the whole head, written by the core; stays until the ask is over */
    struct str body[3];       /* pieces of the body, in order; borrowed the same way */
    bool answers_head;        /* the request is HEAD */
    bool reused;              /* told with a failure: a kept connection was closed under us before any answer byte */
    uint64_t connect_ms;      /* told: how long the connection took, 0 for a kept one */
    bool held_up;             /* told: the caller's side has no room, so nothing is read: silence is not the server's */
};

struct answer_head {
    unsigned status;
    struct str fields;        /* whole field lines with CRLF, written by the core */
    bool has_length;
    uint64_t content_length;
    bool has_body;            /* false: no body follows (204, 304, or HEAD, which still tells a length) */
    bool close;               /* end the connection afterwards */
};

struct world {
    uint64_t (*now_ms)(struct world *w);  /* monotonic */
    int64_t (*wall_ms)(struct world *w);  /* since 1970 */

    void (*store)(struct world *w, struct ask_store *ask);
    void (*fetch)(struct world *w, struct ask_fetch *ask);
    void (*timer)(struct world *w, struct ask_timer *ask);
    void (*forward)(struct world *w, struct ask_forward *ask);
    void (*cancel)(struct world *w, struct ask *ask);       /* harmless when not open; not for forward */
    void (*cancel_forward)(struct world *w, struct ask_forward *ask); /* the connection is cut, not kept */

    /* Towards the caller. Only between exchange_begin and the call of `ended`. None of these calls back into the exchange; `ended`
     * and cancel_forward may come inside any call of exchange_*. */
    void (*read_body)(struct world *w, struct exchange *x, uint64_t ceiling_bytes); /* then exchange_body_* are called */
    void (*answer_head)(struct world *w, struct exchange *x, const struct answer_head *head);
    void (*answer_bytes)(struct world *w, struct exchange *x, struct str bytes);
    /* `whole`: everything was sent; else the connection is cut so that the caller cannot take it for whole. */
    void (*answer_end)(struct world *w, struct exchange *x, bool whole);
    /* The exchange is over and will not be touched again by the core; the world frees it. Called once. */
    void (*ended)(struct world *w, struct exchange *x);

    /* One line for the audit journal, without its line feed. False when it cannot be kept: then nothing more is accepted. */
    bool (*journal)(struct world *w, struct str line);
    bool (*is_accepting)(struct world *w); /* false while the journal is stuck */

    /* As store, but true when it could be answered at once: then `answered` is not called. Not of a settle. May be NULL. */
    bool (*store_now)(struct world *w, struct ask_store *ask);
};

#endif
