/* spots.h - where in a text a chain of words may be whole: all else is passed over.
 *
 * A chain needs all of its parts, so it is enough to look for the two that ordinary texts have least often (rarity.h): the one that
 * comes first is its herald, the other its anchor. A text is cut into words, each is hashed, and two bits tell of nearly all that they
 * are in neither. Where a herald is, that is remembered; where an anchor is and its herald was near, the words around it are asked
 * for the chain's other parts, as far as its gaps reach, and if there is one of each, that stretch of the text is a spot. What makes a
 * chain whole, and what could come between, lies in one spot: so chains that are looked for in spots alone (judge_chain.c) are those
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
    SPOT_SIGNS = 4096,    /* … signs that may be either */
    SPOT_BLOCK = 64,
    SPOTS_MAX = 512,
    SPOT_STEPS = 1,        /* words that may be asked for each byte of a text; then what is left of it is one spot */
};

/* Another part of the chain: it begins at most so many bytes before or behind where the anchor begins. */
struct spot_near {
    uint16_t reach;
    bool is_before, has_signs;
    uint32_t first_key, mask; /* an open hash table of what its words are found by */
};
struct spot_anchor {
    uint16_t back, ahead; /* the spot, from where the anchor begins */
    uint8_t nears;
    struct spot_near near[RULE_PARTS_MAX - 1]; /* parts that have no herald, the rarest first */
};

/* What a word, phrase or sign asks when it is seen, or tells. */
struct spot_link {
    uint32_t herald;        /* index of `seen`; of a chain without one SPOT_ALWAYS behind the parts */
    uint16_t reach, anchor; /* of a check: the herald begins at most so many bytes before the anchor */
};
enum { SPOT_ALWAYS, SPOT_NEVER, SPOT_SINK, SPOT_PSEUDO_PARTS, SPOT_CHECKS_AT_ONCE = 4, SPOT_HERALDS_AT_ONCE = 2 };

/* A word, phrase or sign that is in anchors and heralds. */
struct spot_piece {
    uint64_t edge, mask; /* its last eight bytes, or all; mask 0 of a word, which its key tells */
    uint16_t len, edge_at;
    uint32_t first, checks; /* links[first ..]: its checks, then its heralds, each filled up to so many at once */
    uint32_t heralds : 31;
    bool is_last : 1; /* with this key */
};

struct spot_table {
    bool is_everywhere; /* spots are of no use: all are expressions, or chains go too far */
    const uint64_t *letters;
    uint32_t *may_be, *may_pair; /* bits for some bits of each hash: of words, of pairs */
    uint64_t signs[128][4];      /* of a sign: what follows it in both */
    uint8_t sign_bytes[128];     /* … by how many bytes it is found: bits for 1, 2 and 4 */
    struct spot_slot {
        uint32_t key, piece; /* the first of pieces with that key, plus one; 0: free */
    } *slots;                /* an open hash table */
    size_t mask;
    struct spot_piece *pieces;
    struct spot_link *links;
    struct spot_anchor *anchors; /* one for each chain */
    uint32_t *keys;
};

/* Of a set whose words are in its table. False without memory. */
bool spot_table_init(struct spot_table *t, struct rule_set *set) MUST_USE;

/* A worker's own. */
struct spots {
    struct spot {
        uint32_t from, to; /* `from` is where a word begins */
    } at[SPOTS_MAX];       /* in order, apart */
    size_t count;
    uint64_t work; /* words that were asked, for tests */
    /* private */
    uint64_t *seen; /* owned; where each part was seen last, counted from the first text on */
    uint64_t base;  /* of this text */
    size_t words_count, hashed, maybes_count, signs_count;
    uint32_t begins[SPOT_WORDS], ends[SPOT_WORDS];
    uint32_t hashes[SPOT_WORDS], pairs[SPOT_WORDS]; /* of words[1 ..]; with the word before */
    uint32_t maybes[SPOT_WORDS];                    /* words that may be anchors or heralds, or end one of two words: see SPOT_MAYBE_SHIFT */
    struct spot_sign {
        uint32_t at, nth; /* the word that comes next */
    } signs[SPOT_SIGNS];
};

/* False without memory. Spots of zeros may be closed. */
bool spots_open(struct spots *s, const struct rule_set *set) MUST_USE;
void spots_close(struct spots *s);
/* Of a text as word_table_scan wants it. */
void spots_find(const struct spot_table *t, struct str text, struct spots *s);

#endif
