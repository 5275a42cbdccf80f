/* shared_parts.h - what the files of the shared store share; nobody else includes it. */
#ifndef EDGE_STORE_SHARED_PARTS_H
#define EDGE_STORE_SHARED_PARTS_H

#include "proxy/edge/store/known.h"
#include "proxy/edge/store/left.h"
#include "proxy/edge/store/shared.h"
#include "proxy/edge/store/spot.h"
#include "proxy/loop/timer.h"

enum {
    SHARED_OPS_MAX = 16,    /* of one ask */
    SHARED_COST_MAX = 8,    /* of one op of a concurrency */
    SHARED_BATCH_KEYS = 62, /* with the number and the mark before them: what one call takes */
    SHARED_BATCH_BYTES = 128 * 1024,
    SHARED_MEMBERS_MAX = 256,  /* of one bucket in one batch */
    SHARED_FLIGHTS_MAX = 1024, /* kept for the next ask */
    SHARED_LOOK_MS = 500,
    SHARED_LEFT_MAX = 256, /* taken over in one look */
    SHARED_KEPT_MS = 9000, /* the scripts keep what they write ten seconds, or longer */
    SHARED_AGAIN_MS = 100,       /* after a batch was not answered */
    SHARED_AGAIN_LONG_MS = 1000, /* after one was refused */
    SHARED_REFUSALS_MAX = 3,
    SHARED_SHUT_MS = 1000,       /* a refusal is remembered at most so long: somebody may give something back */
    SHARED_SHUT_LONG_MS = 60000, /* of a request: those are hardly ever given back */
    SHARED_SHUT_HOLD_MS = 10,
    SHARED_NO_LEASE_MS = 100, /* after one was refused */
    MEMBER_BYTES = 16,
};

struct batch {
    struct resp_ask ask;
    double number;
    bool is_formed, is_known; /* known: what it charges was added to what is known */
    unsigned refusals;
    size_t count;
    struct batch_item {
        struct spot *spot;
        enum { ITEM_CHARGE, ITEM_KNOWN, ITEM_MEMBERS } what;
        struct limit_op op; /* its key is the spot's */
        int64_t cost;
        uint64_t since_us, end_ms;
        struct level level;
        size_t leave, stay; /* members: names in `names`, from here on */
        size_t names_at;
    } items[SHARED_BATCH_KEYS];
    struct list leaving; /* members that are on their way out */
    struct buf names;
    struct buf bytes; /* what the script reads for each */
    struct str args[3 + 2 * SHARED_BATCH_KEYS];
};

struct shared_store {
    struct loop *loop;
    struct store *memory;
    unsigned row;
    struct resp_client *client;
    unsigned replicas;
    struct resp_script ask_script, settle_script, hello_script;
    char tag[80], seen_key[112], mark_key[96], live_key[96];
    char mark_key_room[96 + RESP_BULK_MORE], mark_room[24 + RESP_BULK_MORE];
    struct str mark_key_bulk, mark_bulk; /* as they are sent */
    struct spots spots;
    uint32_t instance, members; /* this worker's number, and how many members it has named */
    int64_t ahead_us;           /* of the store's clock before this machine's monotonic one */

    struct list asks; /* to be decided in this turn */
    struct deferred decide;
    struct list flights; /* asks at the store */
    struct list spare;   /* flights */
    size_t spare_count;

    /* dues */
    struct batch batch;
    struct deferred pump;
    struct timer again;
    uint64_t formed, home; /* batches */

    /* who is there */
    struct resp_ask hello;
    struct str hello_args[5];
    char hello_words[3][24];
    struct timer look;
    uint64_t hello_ms, refresh_ms, greetings;
    char mark[24];
    uint64_t server; /* that greeted us last, or the gateway's other workers */
    bool is_greeted;
    uint64_t serves_after; /* the batch with which everything that it must know first is there */
    uint64_t outage;       /* counts */
    uint64_t told_ms;      /* in the log */
};

/* ---- time ---- */

uint64_t shared_clock_us(const struct shared_store *s); /* the store's, as far as is known */
struct store_time shared_time(const struct shared_store *s);
void shared_tell_clock(struct shared_store *s, uint64_t clock_us);

/* ---- what is known ---- */

/* Found or made, with the op's parameters and what this gateway knows of it; NULL when there is no room. */
struct spot *shared_spot(struct shared_store *s, const struct limit_op *op);
/* The store told how it stands. */
void shared_learn(struct shared_store *s, struct spot *spot, struct level level);
/* The store has charged so much there, of a quota in the period with that end, and is still to be told what we know: also if it had
 * none of it (is_new) before its time. */
bool shared_knows_more(struct shared_store *s, struct spot *spot, bool is_new, int64_t charged, uint64_t end_ms);
/* What the scripts answer: whole numbers, none below 0, the first two what became of it and the time. */
bool shared_is_answer(const struct resp_ask *ask);
/* It says that the store is another one, or has lost what it knew, and did nothing. */
bool shared_says_strange(const struct resp_ask *ask);
/* The store does not know us: it is greeted anew, and asked again after it was told what we know. */
void shared_is_strange(struct shared_store *s);

/* Can be asked, and knows what this worker knew. */
bool shared_serves(const struct shared_store *s);
uint64_t shared_gateways(const struct shared_store *s);
void shared_complain(struct shared_store *s, const char *what, const struct resp_ask *ask);

/* ---- shared_ask.c ---- */

void shared_decide(struct deferred *d);
/* Takes the ask out of its list and answers it. */
void shared_give(struct ask_store *ask);

/* ---- shared_hand.c ---- */

void shared_take_lease(struct shared_store *s, struct spot *spot, uint64_t units);
/* From what is in hand; tells the op when it does. */
bool shared_from_hand(struct shared_store *s, struct spot *spot, struct limit_op *op);
/* How the bucket stands, without asking. */
void shared_tell_local(struct shared_store *s, struct spot *spot, struct limit_op *op);
/* How many more units are to be had with the next question; 0: none now. */
uint64_t shared_lease_wanted(struct shared_store *s, const struct spot *spot, uint64_t lease);
/* The members are inside; they are counted in memory too, unless they are there already. */
void shared_enter(struct shared_store *s, struct spot *spot, struct list *members, bool counted);
bool shared_name_members(struct shared_store *s, struct list *members, int64_t count);
/* Perhaps inside, and to leave; or never let in, and forgotten unless the name is one that was inside before. */
void shared_turn_away(struct shared_store *s, struct spot *spot, struct list *members, bool may_be_inside);

/* ---- shared_flight.c ---- */

/* Sends the question; its answer answers the ask. False when there is no room for it. */
bool shared_send(struct shared_store *s, struct ask_store *ask, struct spot *const *spots);
/* Fills the slice up, ahead of need, when half of it is gone. */
void shared_ask_for_lease(struct shared_store *s, struct spot *spot, const struct limit_op *op);
void shared_cancel_flights(struct shared_store *s);

/* ---- shared_down.c ---- */

/* Decides without the store: op->on_down. */
void shared_decide_alone(struct shared_store *s, struct ask_store *ask);
/* Charges the share with what was settled. */
void shared_settle_alone(struct shared_store *s, const struct limit_op *op);

/* ---- shared_dues.c ---- */

void shared_settle(struct shared_store *s, const struct ask_store *ask);
void shared_owe(struct shared_store *s, struct spot *spot, int64_t cost, uint64_t end_ms);
void shared_pump(struct deferred *d);
void shared_batch_init(struct shared_store *s);
void shared_batch_finish(struct shared_store *s);
/* What the batch under way charges is known to be spent. */
void shared_batch_is_known(struct shared_store *s);
/* How many batches what is due now takes. */
uint64_t shared_batches_due(const struct shared_store *s);
void shared_return_lease(struct shared_store *s, struct spot *spot);

#endif
