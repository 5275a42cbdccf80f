/* judge_parts.h - private to judge_*.c: a judge at work.
 *
 * judge_scan.c finds pieces in each view, judge_chain.c makes chains of them, and thereby hits; judge_score.c sees where in the
 * text they stand close together, and what that comes to. */
#ifndef DETECT_JUDGE_PARTS_H
#define DETECT_JUDGE_PARTS_H

#include "filters/detect/even.h"
#include "filters/detect/judge.h"
#include "proxy/text/views.h"

enum { JUDGE_HITS_MAX = 512, JUDGE_ALLOWED_MAX = 64, JUDGE_EVENTS_MAX = 2048, JUDGE_MATCHED_BYTES = 48 };

struct judge_event { /* a piece was seen */
    uint32_t end, piece;
};

/* Where something ended the last two times, in the view of that epoch. */
struct judge_ends {
    uint32_t epoch, last, before;
    uint32_t from_last, from_before; /* where what ended there had begun, at the latest */
};

/* Which rules were found in a stretch of the text: in VIEW_PLAIN, and in the others. Two bit sets for each stretch, and before them which
 * of their words are not 0: so what a text costs does not grow with the rules that it does not have. */
struct judge_places {
    uint64_t *bits; /* owned */
    size_t words;   /* of one bit set */
    size_t group;   /* words that share a bit of what tells where there are some */
    size_t room;    /* stretches */
    size_t count;
    unsigned shift; /* a stretch is 1 << shift bytes of the text */
    uint64_t everywhere; /* as before a stretch, of the text as a whole */
};

struct judge {
    struct views views;
    struct hs_scratch *scratch; /* owned */
    struct hs_stream *allow; /* of the policy's allow; owned; NULL without */
    const struct judge_policy *policy;
    const struct view *measure; /* of the text that is judged: in its bytes distances are counted; NULL: in those that were sent */
    size_t text_bytes;          /* so counted */
    /* the view that is scanned */
    const struct view *view; /* NULL: none, the text as a whole */
    struct even even;
    struct spots spots;
    struct str text;          /* as it is scanned */
    bool is_lines;            /* lines are scanned, not words */
    uint32_t base, done;      /* where the block begins; what was used before it */
    uint32_t epoch;           /* one later for each */
    struct judge_event events[JUDGE_EVENTS_MAX]; /* of expressions */
    size_t events_count, events_used;
    struct judge_allowed {
        unsigned long long from, to;
    } allowed[JUDGE_ALLOWED_MAX];
    size_t allowed_count;
    /* of chains */
    const uint64_t *parts;          /* a bit for each that may be of use; NULL: all */
    struct word_filter filter;      /* of what finds those */
    uint64_t *wanted;               /* owned; of each part: epoch, and until where a chain can use it */
    struct judge_ends *seen_parts;  /* owned; one for each part */
    struct judge_ends *seen_chains; /* owned; of each chain, all parts but the first and the last */
    unsigned char *matches;         /* owned; of each rule that wants several, in this view */
    /* what was found */
    struct judge_places places;
    uint64_t *seen, *everywhere; /* owned; a bit for each rule: anywhere in the text; of the text as a whole */
    struct judge_hit hits[JUDGE_HITS_MAX];
    uint32_t hit_stretch[JUDGE_HITS_MAX];
    char kept[JUDGE_HITS_MAX][JUDGE_MATCHED_BYTES]; /* what they matched: texts do not stay */
    size_t hits_count;
};

static inline enum override_action judge_action_of(const struct judge_policy *p, size_t rule)
{
    return p->actions ? (enum override_action)p->actions[rule] : OVERRIDE_COUNT;
}

/* judge_scan.c */
bool judge_scan(struct judge *j, const struct view *v) MUST_USE;
/* judge_chain.c: pieces come in the order of where they end. */
void judge_use(struct judge *j, struct judge_event e);
/* judge_score.c: a text of so many bytes, whose views are made, is judged; a rule was found, `matched` in j->text; what it comes to. */
bool judge_places_begin(struct judge *j, size_t bytes) MUST_USE;
void judge_add_hit(struct judge *j, size_t rule, struct str matched);
bool judge_settle(struct judge *j, enum text_source source, struct judgement *out) MUST_USE;

#endif
