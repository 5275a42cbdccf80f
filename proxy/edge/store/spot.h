/* spot.h - what one worker knows of the buckets that it uses: how they stood when the store last told, what is still to
 * be brought home, who is inside, what is leased.
 *
 * A table with a ceiling. What nobody owes or holds anything in is forgotten, the longest unused first, when there is
 * no room. */
#ifndef EDGE_STORE_SPOT_H
#define EDGE_STORE_SPOT_H

#include "proxy/base/list.h"
#include "proxy/edge/redis/redis.h"
#include "proxy/edge/store/level.h"

enum { SPOTS_MAX = 16384, SPOT_MEMBERS_MAX = 65536 /* in all spots */ };

/* One that is inside a concurrency; a member of the set at the store. */
struct member {
    struct list link;
    uint32_t number;
    bool is_sent;    /* the store may have it */
    bool was_inside; /* it was taken over from one who left, whom the store may still count */
};

struct spot {
    struct spot *next; /* in the same slot of the table */
    struct list use;   /* all spots, the longest unused first */
    struct list due;   /* in the row of those that owe the store something */
    struct list leased;
    uint64_t hash;
    struct limit_op op;      /* as it was asked or settled last; its key lies in `name` */
    struct str name;         /* at the store: the tag, the kind, the key */
    struct str bulk;         /* the same as it is sent */
    char words[LEVEL_BYTES]; /* what the script was asked last, by this op with this lease; count 0: nothing yet */
    struct limit_op words_op;
    uint64_t words_lease;
    unsigned pins; /* asks and batches under way that point here */

    /* as the store told last */
    bool is_told, is_sought; /* sought: whether others of this gateway were told */
    struct level level;
    uint64_t
        kept_until_ms; /* the store has promised to keep it so long, or longer; of a quota: to the end of its period */
    uint32_t known_at; /* where this gateway keeps it for all its workers */
    uint64_t shut_until_ms; /* until then no op of this cost or more can pass */
    int64_t shut_cost;
    uint64_t planted; /* in this outage the share of this gateway began with what was known */

    /* what the store does not know yet */
    int64_t owed;
    uint64_t owed_since_us; /* the first of it; monotonic */
    uint64_t owed_end_ms;   /* of a quota: in the period with this end */
    bool wants_seed;        /* it has forgotten what it told */

    /* concurrency */
    struct list members, leaving;
    size_t members_count, leaving_count;
    size_t refresh; /* so many from the front are to be told again, before they expire */

    /* units that are charged at the store and not spent yet */
    uint64_t hand, hand_end_ms, hand_used_ms, no_lease_until_ms;
    bool lease_asked;
};

struct spots {
    struct spot **slots; /* owned, as are the spots */
    size_t count;
    struct list used;
    struct list due;
    size_t due_count;
    struct list leased;
    struct list spare; /* members */
    size_t members;
    struct str tag; /* "{name}" */
};

bool spots_init(struct spots *t, struct str tag) MUST_USE;
void spots_finish(struct spots *t);

/* NULL when it is not known. */
struct spot *spot_find(struct spots *t, const struct limit_op *op);
/* Found or made, with the op's parameters; NULL when there is no room. */
struct spot *spot_get(struct spots *t, const struct limit_op *op);
/* Into the row of those that owe. */
void spot_is_due(struct spots *t, struct spot *s, bool first);
/* The first in the row, taken out of it; NULL: nobody owes. */
struct spot *spot_next_due(struct spots *t);

/* NULL when there are too many. In no list yet. */
struct member *member_new(struct spots *t, uint32_t number);
void member_free(struct spots *t, struct member *member);

#endif
