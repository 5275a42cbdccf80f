/* redis.h - commands to the Redis (or Valkey) that all gateways share: one server, a Sentinel's master, or a Cluster.
 *
 * One client for each worker, with one pipelined connection to each node: RESP2, plain, TLS or a UNIX socket. hiredis owns the
 * prefix `redis`; ours is that of the protocol. In time order: resp_client_new begins to connect; resp_command and
 * resp_call send; each ask is answered exactly once, later, on the loop, no later than its deadline, and never inside the call
 * that asked. What a turn of the loop asks for leaves in one write for each node; under load that of some turns, a millisecond at most.
 *
 * While a node is in trouble (gone, silent, loading, read-only) its asks are answered RESP_DOWN at once, without waiting: that
 * begins with the first deadline that is missed and ends with the first probe that is answered in time. Redirections (MOVED, ASK),
 * slots on the move (TRYAGAIN), forgotten scripts (NOSCRIPT), failovers and expiring tokens are seen to in here. */
#ifndef EDGE_REDIS_REDIS_H
#define EDGE_REDIS_REDIS_H

#include "proxy/core/setup.h"
#include "proxy/edge/resolve.h"

struct resp_client;
struct resp_node;

enum {
    RESP_ARGS_MAX = 128,              /* of a command or a script's call */
    RESP_SENT_MAX = 8192,             /* unanswered commands of one node; beyond: RESP_DOWN */
    RESP_OUT_BYTES = 4 * 1024 * 1024, /* unsent bytes of one node; beyond: RESP_DOWN */
    RESP_REPLY_BYTES = 1024 * 1024,   /* of one reply; a longer one cuts the connection */
    RESP_REPLY_VALUES = 16384,
    RESP_REPLY_DEPTH = 6,
    RESP_REDIRECTIONS_MAX = 5,
};

/* ---- what Redis says ---- */

enum resp_kind { RESP_NIL, RESP_INTEGER, RESP_TEXT, RESP_STATUS, RESP_LIST, RESP_FAULT /* "ERR …", within a list too */ };

struct resp_value {
    enum resp_kind kind;
    int64_t integer;               /* of INTEGER */
    struct str text;               /* of TEXT, STATUS and FAULT */
    const struct resp_value *list; /* of LIST */
    size_t count;
};

/* ---- asking ---- */

enum resp_answer {
    RESP_GIVEN,   /* `value` is the reply, and not a FAULT */
    RESP_REFUSED, /* `value` is a FAULT: wrong arguments, a script's error, no permission, out of memory. Nothing of it was kept */
    RESP_DOWN,    /* nobody to ask, or one who cannot serve now: surely not carried out */
    RESP_LATE,    /* sent, and not answered within the deadline: perhaps carried out, or will be */
    RESP_LOST,    /* sent, and the connection ended: perhaps carried out */
};

/* Embedded in whoever asks, zeroed at first. Only `answered` is the owner's to set; it may ask again, also with this ask, and may
 * free it. To fire and forget is to let `answered` free it. */
struct resp_ask {
    void (*answered)(struct resp_ask *ask);
    bool is_open; /* asked and not yet answered or cancelled */
    enum resp_answer answer;
    const struct resp_value *value; /* of GIVEN and REFUSED, during the call of `answered` only */
    const char *why;                /* of DOWN, LATE and LOST: a constant, for the log */
    /* private */
    struct resp_client *client;
    struct list link;       /* by deadline, in the client */
    struct list node_link;  /* waiting in a node, or in the client to be told or tried again */
    struct resp_node *node; /* that has it */
    uint64_t place;         /* in the node's row of sent commands, when is_sent */
    bool is_sent, is_held;
    bool is_whole;          /* the script goes with it in full */
    bool are_bulks;
    bool is_asking;         /* of a slot that is on its way to the node */
    uint8_t redirections;
    bool has_slot;
    uint16_t slot;
    uint64_t until_ms, asked_us;
    const struct str *args;
    size_t count, keys;
    const struct resp_script *script;
};

/* A script and its name at the server. The text stays. */
struct resp_script {
    struct str text;
    char call[60]; /* EVALSHA and the name, as they are sent */
};
void resp_script_init(struct resp_script *script, struct str text);

/* A command, whole: args[0] is its name. `key` decides which node of a Cluster has it (by its hash tag, if any); at == NULL: any
 * node. Args and what they point to stay until the ask is answered or cancelled. */
void resp_command(struct resp_client *c, struct resp_ask *ask, struct str key, const struct str *args, size_t count);
/* EVALSHA, and EVAL when the server has forgotten the script. The first `keys` of `args` are KEYS (all of one slot; the first
 * decides about the node), the others ARGV. The same about what stays. */
void resp_call(struct resp_client *c, struct resp_ask *ask, const struct resp_script *script, const struct str *args,
               size_t count, size_t keys);
/* The same, of args that resp_bulk has written; the first has a hash tag. */
void resp_call_bulks(struct resp_client *c, struct resp_ask *ask, const struct resp_script *script, const struct str *args,
                     size_t count, size_t keys);
enum { RESP_BULK_MORE = 26 /* bytes beside the string, at most */ };
/* An arg as it is sent, written where there is room for it. */
struct str resp_bulk(char *at, struct str s);
/* Its answer, if one comes, is passed over. Harmless when not open. */
void resp_cancel(struct resp_ask *ask);

/* Would a command for this key leave now (key.at == NULL: for any)? False while there is trouble, also while connecting. */
bool resp_is_up(const struct resp_client *c, struct str key);

/* ---- the client ---- */

struct resp_options {
    struct loop *loop;
    struct resolver *resolver;
    const struct setup *setup; /* setup->store says where and how; it must not be in memory */
    struct world *world;       /* fetches tokens, when the store has an identity */
};

/* Begins to connect. NULL with an error among the complaints when a secret or a CA file cannot be used. All are borrowed. */
struct resp_client *resp_client_new(const struct resp_options *options, struct problems *problems);
/* NULL is fine. Open asks are not answered any more. Before the resolver and the world's fetches go, and never
 * out of `answered`. */
void resp_client_free(struct resp_client *c);

/* Called, from the loop, as it goes down and comes up again; at first it is down. May be NULL. */
void resp_client_watch(struct resp_client *c, void (*changed)(void *user, bool is_up), void *user);

/* ---- by themselves ---- */

/* Which slot of a Cluster has the key: CRC16 of what stands in its first {…}, or of the whole. */
uint16_t resp_slot(struct str key);
/* The words of enum resp_answer, as metrics show them. */
enum { RESP_ANSWERS = RESP_LOST + 1 };
const char *resp_answer_word(unsigned answer);

#endif
