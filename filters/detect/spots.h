/* spots.h - where in a text a chain of words may be whole: all else is passed over.
 *
 * A chain needs all of its parts, so it is enough to look for the two that ordinary texts have least often (rarity.h): the one that
 * comes first is its herald, the other its anchor. A text is cut into words, each is hashed, and two bits tell of nearly all that they
 * are in neither. Where a herald is, that is remembered; where an anchor is and its herald was near, the words around it are asked
 * for the chain's other parts, as far as its gaps reach and its sentence goes, and if there is one of each, that stretch of the text is a
 * spot. What makes a chain whole, and what could come between, lies in one spot: so chains that are looked for in spots alone (judge_chain.c) are those
 * that are found in the whole text. */
#ifndef DETECT_SPOTS_H
#define DETECT_SPOTS_H

#include "filters/detect/rule_pattern.h"

struct rule_set;
struct set_chain;
struct word_table;

enum {
    SPOT_REACH_MAX = 2048, /* bytes that a chain may go over; where one goes further all of a text is a spot */
    SPOT_WORDS = 8192,     /* of a text at a time: enough for three times that */
    SPOT_SIGNS = 4096,     /* … signs that may be either */
    SPOT_BLOCK = 64,
    SPOTS_MAX = 512,
    SPOT_STEPS = 1,        /* words that may be asked for each byte of a text; then what is left of it is one spot */
};

/* Another part of the chain: it begins at most so many bytes before or behind where the anchor begins. */
struct spot_near {
    uint16_t reach;
    uint16_t herald; /* of a part before the anchor that is one; else SPOT_ALWAYS, and words are asked */
    bool is_before, has_signs;
    bool in_sentence; /* none may end between them */
    uint32_t first_key, mask; /* an open hash table of what its words are found by, a filter before it */
};
struct spot_anchor {
    uint16_t back, ahead; /* the spot, from where the anchor begins */
    uint32_t part[RULE_PARTS_MAX]; /* all of the chain, the last again where it has fewer */
    uint8_t nears;
    bool in_sentence; /* none may end between it and its herald */
    uint16_t herald;
    struct spot_near near[RULE_PARTS_MAX - 1]; /* parts that have no herald, the rarest first */
};

/* What a word, phrase or sign that is in anchors or heralds asks when it is seen, and what it tells: one line of the cache, filled up
 * with what says nothing. What has more goes on in the next. */
enum { SPOT_ALWAYS, SPOT_NEVER, SPOT_SINK, SPOT_HERALDS /* from here on: index of `seen` */, SPOT_CHECKS = 7, SPOT_TELLS = 8 };
struct spot_entry {
    uint16_t herald[SPOT_CHECKS], reach[SPOT_CHECKS], anchor[SPOT_CHECKS]; /* it begins at most so many bytes before the anchor */
    uint16_t tells[SPOT_TELLS];
    uint32_t goes_on;
};
static_assert(sizeof(struct spot_entry) == 64, "one line of the cache");

/* A phrase or sign, which its key does not tell from others that begin as it does; those stand together, the shortest first. */
enum { SPOT_SHAPES = 1 << 30 }; /* of an index: of shapes, not of entries */
struct spot_shape {
    uint64_t edge, mask; /* its last eight bytes, or all */
    uint16_t len, edge_at, rest_at;
    uint32_t entry;
    uint32_t rest; /* a bit for each byte that longer ones have at `rest_at`; 0: there are none */
};

struct spot_table {
    bool is_everywhere; /* spots are of no use: all are expressions, or chains go too far */
    const uint64_t *letters;
    uint32_t *may_be, *may_pair; /* bits for some bits of each hash: of words and signs, of pairs */
    uint64_t signs[128][4];      /* of a sign that has more behind it: what follows */
    uint32_t sign_alone[128];    /* entry of a sign by itself; 0: none */
    uint8_t sign_rows[16];       /* of both, for the lower half of the byte: a bit for the upper half */
    struct spot_slot {
        uint32_t key, entry; /* or shapes; 0: free */
    } *slots;                /* an open hash table */
    size_t mask;
    struct spot_entry *entries;
    struct spot_shape *shapes;
    struct spot_anchor *anchors; /* one for each chain */
    uint32_t *keys;
    size_t heralds; /* and what is not one: size of `seen` */
};

/* Of a set whose words are in its table. False without memory. */
bool spot_table_init(struct spot_table *t, struct rule_set *set) MUST_USE;

/* A worker's own. */
struct spots {
    struct spot {
        uint32_t from, to; /* `from` is where a word begins */
    } at[SPOTS_MAX];       /* in order, apart */
    size_t count;
    uint64_t *parts; /* owned; a bit for each part of chains that may be whole in a spot: others need not be looked for */
    uint64_t work;   /* words that were asked, for tests */
    /* private */
    uint32_t *seen;  /* owned; where each herald was seen last, counted from a text before this one on */
    uint32_t base;   /* of this text */
    size_t heralds, parts_words;
    size_t words_count, hashed, maybes_count, asks_count;
    size_t signs_count, signs_asked; /* so many were asked whether they are anchors or heralds, and stayed */
    uint32_t begins[SPOT_WORDS], ends[SPOT_WORDS];
    uint32_t hashes[SPOT_WORDS], pairs[SPOT_WORDS]; /* of words[1 ..]; with the word before */
    uint32_t maybes[SPOT_WORDS];                    /* of those hashed last, see SPOT_MAYBE_SHIFT */
    struct spot_ask {
        uint32_t nth, entry;
    } asks[2 * SPOT_WORDS]; /* words that are anchors or heralds, or begin one */
    uint32_t signs[SPOT_SIGNS]; /* that may be, too */
};

/* False without memory. Spots of zeros may be closed. */
bool spots_open(struct spots *s, const struct rule_set *set) MUST_USE;
void spots_close(struct spots *s);
/* Of a text as word_table_scan wants it. */
void spots_find(const struct spot_table *t, struct str text, struct spots *s);

#endif
