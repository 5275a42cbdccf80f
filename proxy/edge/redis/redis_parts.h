/* redis_parts.h - what the files of this folder share: nodes, and the client that chooses among them. */
#ifndef EDGE_REDIS_REDIS_PARTS_H
#define EDGE_REDIS_REDIS_PARTS_H

#include "proxy/base/pause.h"
#include "proxy/edge/dial.h"
#include "proxy/edge/redis/reply.h"

/* ---- what goes out: command.c ---- */

/* The command of an ask; false when the buffer has no room for it. */
bool resp_write_ask(struct buf *out, const struct resp_ask *ask) MUST_USE;
bool resp_write(struct buf *out, const struct str *args, size_t count) MUST_USE;

/* ---- who we are: login.c ---- */

/* Of the servers, or of the sentinels. */
struct resp_login {
    struct str user;        /* empty: the default one */
    struct secret password; /* owned; empty: none is needed */
    struct token *token;    /* owned; NULL: the password does not change */
    uint64_t number;        /* of the token that was looked at last */
    char token_user[64];    /* whose it is, by itself */
};

bool login_init(struct resp_login *l, struct str user, const struct secret_source *password, const char *whose,
                struct problems *problems) MUST_USE;
bool login_begin_token(struct resp_login *l, const void *identity, struct world *world) MUST_USE;
void login_finish(struct resp_login *l);
enum login_answer { LOGIN_NONE, LOGIN_WRITTEN, LOGIN_NOT_YET };
/* AUTH, when the server wants it. The buffer holds a secret afterwards. */
enum login_answer login_write(struct resp_login *l, struct buf *out);
/* Is the token another one than at the last call of login_write or of this? */
bool login_has_changed(struct resp_login *l);

/* ---- one server: node.c ---- */

struct node_place {
    struct str host; /* copied */
    uint16_t port;
    const char *unix_path; /* borrowed; NULL without */
    struct str tls_name;   /* borrowed; at == NULL: the host */
    bool is_seed, is_sentinel;
};

enum node_state {
    NODE_ASLEEP,  /* nobody needs it now */
    NODE_RESTING, /* until it is tried again */
    NODE_DIALLING,
    NODE_GREETING, /* AUTH, SELECT, ROLE, PING are sent */
    NODE_READY,
};

enum sent_kind { SENT_ASK, SENT_NOBODY /* its answer is passed over */, SENT_AUTH, SENT_SELECT, SENT_ROLE, SENT_PING };

struct sent {
    enum sent_kind kind;
    struct resp_ask *ask; /* of SENT_ASK */
};

struct resp_node {
    struct resp_client *client;
    struct list link; /* in the client */
    char host[256];
    char name[272]; /* for the log */
    bool is_seed, is_sentinel, is_wanted;
    bool is_retired; /* goes at the end of this turn */
    enum node_state state;
    bool is_doubted; /* asks are answered RESP_DOWN at once */
    bool was_told;   /* in the log, that it is down */
    uint64_t told_ms;
    bool has_served, has_ping;
    const char *why; /* of the last trouble */
    struct dial_target target;
    struct dial dial;
    bool has_dialled;
    struct resp_reader reader;
    uint64_t number;     /* counts connections */
    struct sent *sent;   /* owned: a ring; `first` has gone out longest ago */
    size_t room;         /* a power of two */
    uint64_t first, written, end; /* places; place % room is the index */
    struct list waiting; /* asks, until it is ready */
    size_t waiting_count;
    struct buf out;
    bool out_is_secret;
    struct deferred flush;
    struct timer hold;  /* what is to be sent waits for company at most so long */
    bool was_held;
    struct timer timer; /* by state: try again, too late, look after it */
    struct pause pause;
    uint64_t until_ms, heard_ms, ready_ms, ping_ms;
    uint64_t trust_ms; /* not before: a server that takes no writes may answer a PING well all the while */
};

/* NULL without memory, or when it would lead where nobody should be sent. It is asleep. */
struct resp_node *node_new(struct resp_client *c, const struct node_place *place);
void node_free(struct resp_node *n); /* NULL is fine; its asks are told */
void node_wake(struct resp_node *n); /* harmless when awake */
void node_sleep(struct resp_node *n);
bool node_is_at(const struct resp_node *n, struct str host, uint16_t port);
static inline bool node_is_up(const struct resp_node *n)
{
    return n->state == NODE_READY && !n->is_doubted;
}
/* Nothing is waited for there. */
bool node_is_idle(const struct resp_node *n);

/* Sends it, lets it wait, or says RESP_DOWN. */
void node_take(struct resp_node *n, struct resp_ask *ask);
/* The ask is not waited for any more. */
void node_leave(struct resp_node *n, struct resp_ask *ask);
/* Asks were not answered in time. */
void node_doubt(struct resp_node *n, const char *why);
/* The connection is of no use: cut, and made anew. */
void node_fail(struct resp_node *n, const char *why);
/* Sends AUTH again, with the token of now. */
void node_login_again(struct resp_node *n);

/* ---- node_send.c ---- */

/* A command of our own; false when there is no room for it, and then nothing was sent. */
bool node_send_own(struct resp_node *n, enum sent_kind kind, const struct str *args, size_t count) MUST_USE;
bool node_send_word(struct resp_node *n, enum sent_kind kind, const char *word) MUST_USE;
/* AUTH, if it is needed. */
bool node_send_login(struct resp_node *n, enum login_answer *answer) MUST_USE;

/* ---- between node.c and node_reply.c ---- */

static inline struct sent *node_sent_at(const struct resp_node *n, uint64_t place)
{
    return &n->sent[place & (n->room - 1)];
}
/* The reply to what was sent first. The connection may be another one, or none, afterwards. */
void node_take_reply(struct resp_node *n, const struct resp_value *v);
/* It can be relied on again. */
void node_trust(struct resp_node *n);
void node_become_ready(struct resp_node *n);

/* ---- the client: client.c ---- */

struct resp_cluster;
struct resp_sentinels;

struct resp_client {
    struct loop *loop;
    struct resolver *resolver;
    const struct store_settings *settings;
    struct tls_client *tls; /* owned; NULL: plain */
    struct resp_login login, sentinel_login;
    struct list nodes; /* owned */
    size_t nodes_count;
    struct resp_node *server;         /* the one, or the master; NULL while it is not known, and in a cluster */
    struct resp_cluster *cluster;     /* owned; NULL without */
    struct resp_sentinels *sentinels; /* owned; NULL without */
    const char *lost;                 /* why nobody can be asked; NULL while there is hope */
    struct list asks;                 /* open, by deadline */
    struct timer deadline;
    struct list told; /* to be answered later in this turn */
    struct deferred tell;
    struct list held; /* to be tried again soon */
    size_t held_count;
    struct timer retry, login_look;
    struct deferred sweep; /* frees the nodes that are retired */
    bool was_up;
    void (*changed)(void *user, bool is_up);
    void *user;
};

/* An ask of the client's own, to a node that it has chosen. */
void client_ask(struct resp_client *c, struct resp_ask *ask, struct resp_node *n, const struct str *args, size_t count);
/* Answers, later in this turn. The ask is in no node any more. */
void client_tell(struct resp_ask *ask, enum resp_answer answer, const char *why);
/* Answers now, with what Redis said. */
void client_give(struct resp_ask *ask, const struct resp_value *value);
/* Tries again soon. */
void client_hold(struct resp_ask *ask);
/* A node came up or went down, or could not be reached. */
void client_node_changed(struct resp_client *c, struct resp_node *n);
/* Its asks are told, and at the end of the turn it is freed. */
void client_retire(struct resp_client *c, struct resp_node *n);
/* client_nodes.c: those of the configuration, asleep; and the end of those that are retired. */
bool client_add_seeds(struct resp_client *c, const struct store_urls *urls, bool are_sentinels) MUST_USE;
void client_sweep(struct deferred *d);
/* By address; made, and awake, when there is none yet. NULL when it may not be. */
struct resp_node *client_node_at(struct resp_client *c, struct str host, uint16_t port);

/* ---- who has what: cluster.c, sentinel.c ---- */

enum { NODES_MAX = 256 };

struct resp_cluster *cluster_new(struct resp_client *c);
void cluster_free(struct resp_cluster *k);
/* NULL: not known (yet). */
struct resp_node *cluster_node(const struct resp_cluster *k, const struct resp_ask *ask);
bool cluster_is_known(const struct resp_cluster *k);
/* MOVED and ASK: the ask goes where they say. `from` sent it. */
void cluster_redirect(struct resp_cluster *k, struct resp_ask *ask, struct resp_node *from, struct str fault);
/* The map is doubtful. */
void cluster_look_soon(struct resp_cluster *k);
struct resp_sentinels *sentinels_new(struct resp_client *c);
void sentinels_free(struct resp_sentinels *s);
/* One of the sentinels, or the master, came up or went down. */
void sentinels_node_changed(struct resp_sentinels *s, struct resp_node *n);

#endif
