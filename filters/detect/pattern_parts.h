/* pattern_parts.h - how a set of patterns is made and run: the expressions as one automaton of states with exits, and the
 * deterministic automaton that a worker builds out of it as texts need it. Private to this folder.
 *
 * Every pattern is bounded in length, so that a run over a text ends by itself: it begins at one place, and each byte
 * leads to the next state, until no pattern can go on ("dead") or the text ends. Which patterns ended where is known one
 * byte later, since \b looks at both neighbours; the end of a text counts as one more byte. */
#ifndef DETECT_PATTERN_PARTS_H
#define DETECT_PATTERN_PARTS_H

#include <string.h>

#include "filters/detect/pattern_set.h"
#include "proxy/base/ascii.h"

struct byte_set {
    uint64_t bits[4];
};
static inline bool byte_set_has(const struct byte_set *s, unsigned char c)
{
    return s->bits[c >> 6] >> (c & 63) & 1;
}
static inline void byte_set_add(struct byte_set *s, unsigned char c)
{
    s->bits[c >> 6] |= (uint64_t)1 << (c & 63);
}

/* One state; `next` and `other` are where it leads. */
struct pattern_node {
    enum { NODE_BYTE, NODE_FORK, NODE_AT_WORD_END, NODE_INSIDE, NODE_FOUND } kind;
    uint32_t next, other; /* FORK: both. BYTE, AT_WORD_END (\b), INSIDE (\B): next. FOUND: next is the pattern. */
    uint32_t set;         /* BYTE: index of its bytes */
};

enum { NODES_MAX = 1 << 18, GROUPS_MAX = 32, GROUP_PATTERNS_MIN = 40, WORD_LISTS_MAX = 64 };

/* Whether patterns of a group are looked for at a place, told by what stands before it: enum pattern_behind, or words. */
enum { GATE_NUMBER = BEFORE_NUMBER, GATE_WORDS, GATE_SIGN /* and by whether an `@` follows soon enough */, GATES };

/* Patterns that have an automaton of their own. In one automaton they multiply each other's states: a number of which sixty
 * patterns count the digits and the separators, each in its way, is somewhere else in each of them. So there are a few, of some
 * patterns each that have the same gate. */
struct pattern_group {
    unsigned gate;
    uint64_t lists;                    /* GATE_WORDS: of its patterns */
    size_t sign_within;                /* GATE_SIGN, GATE_NUMBER: the most of them */
    size_t first, end;                 /* its patterns: order[first] to order[end - 1] */
    uint32_t first_node, nodes;
    /* bytes that none of its patterns tells apart are one class; the last class is the end of the text */
    uint8_t class_of[256];
    unsigned char of_class[256]; /* one of its bytes */
    uint32_t classes;            /* with the end */
    unsigned width_log2;         /* of a state's row in the table, which has room for the classes */
};

/* Where a match can begin, by its first bytes: a bit for each row of ways to begin. What begins with a digit, a small letter, a
 * capital and anything else has rows of its own each. See pattern_begin.c. */
enum { BEGIN_ROWS = 64, BEGIN_BYTES = 16, BEGIN_STRETCH = 64, BEGIN_BATCH = 512, BEGIN_PLACE_LOG2 = 9, BEGIN_WORD_LOG2, BEGIN_HEAD_LOG2, BEGIN_PLACE = BEGIN_BATCH - 1 };
enum {
    BEGIN_KIND_WORD,
    BEGIN_KIND_BEHIND_OTHER,
    BEGIN_KIND_BEHIND_WORD,
    BEGIN_KIND_RARE, /* in prose */
    BEGIN_KIND_HEAD, /* always looked at */
    BEGIN_KIND_VISIBLE,
    BEGIN_KINDS
};
enum { BEGIN_IS_WORD = 1, BEGIN_BEHIND_OTHER = 2, BEGIN_BEHIND_WORD = 4, BEGIN_IS_RARE = 8, BEGIN_IS_HEAD = 16, BEGIN_IS_VISIBLE = 32 };
/* Heads: see pattern_heads.c. */
enum { HEAD_RARE = 8, HEAD_RUN = 12, HEAD_WORD = 4, HEAD_SLOTS_LOG2 = 16 };
enum { BEGIN_OTHER, BEGIN_DIGIT, BEGIN_SMALL, BEGIN_CAPITAL, BEGIN_TABLES };

struct pattern_begin_table {
    uint64_t first[2][256];          /* by the first byte: behind something else, behind a word */
    uint64_t rows[BEGIN_BYTES][256]; /* by those that follow; rows[0] is not used */
    uint32_t groups[BEGIN_ROWS];     /* of patterns that begin as a row says, a bit for each */
};

/* Case is a bit that is left out. */
static inline unsigned head_slot(const char *at)
{
    uint32_t bytes;
    memcpy(&bytes, at, HEAD_WORD);
    return (bytes | 0x20202020) * 0x9e3779b1u >> (32 - HEAD_SLOTS_LOG2);
}
static inline unsigned head_pair(const char *at)
{
    return (((unsigned char)at[0] | 0x20u) ^ ((unsigned char)at[1] | 0x20u) << 2) & 127;
}

struct pattern_begin {
    uint32_t headless;                  /* groups for which a place is looked at because of its first byte alone, a bit for each */
    uint64_t words[((size_t)1 << HEAD_SLOTS_LOG2) / 64]; /* that something begins with, by head_slot */
    uint8_t thirds[2][128];             /* of them, bytes that stand behind the first two and behind the next two, by head_pair: a bit for & 7 */
    struct pattern_begin_table tables[BEGIN_TABLES];
    uint8_t table_of[256];              /* by the first byte */
    uint8_t kinds[256];                 /* BEGIN_… of each byte as the first one */
    uint8_t halves[BEGIN_KINDS][2][16]; /* the same as bits: [kind][c >> 7][c & 15], bit c >> 4 & 7 */
};

/* All lists of words, to be looked for at once: see pattern_words.c. */
struct pattern_word {
    struct str word;
    uint32_t list;
    uint16_t slot;
};
enum { WORD_SLOTS = 4096, WORD_BYTES_MIN = 3 };
struct pattern_words {
    struct pattern_word *words; /* owned; by slot */
    size_t count;
    uint8_t kinds[256];             /* of each byte, what it is to words */
    uint64_t some[WORD_SLOTS / 64]; /* slots in which there is a word */
    uint16_t slots[WORD_SLOTS + 1]; /* where the words of each begin */
    uint8_t *list_of;               /* of each pattern that has words; owned */
    uint32_t lists;
};

struct pattern_set {
    const struct pattern **patterns; /* owned array of what is borrowed */
    size_t count;
    struct pattern_node *nodes; /* owned */
    uint32_t nodes_count, nodes_room;
    struct byte_set *sets; /* owned */
    uint32_t sets_count, sets_room;
    uint32_t *firsts; /* of each pattern, its first node; owned */
    uint32_t *order;  /* the patterns by groups; owned */
    struct pattern_group *groups; /* owned */
    size_t groups_count;
    uint32_t gated[GATES];        /* groups, a bit for each */
    struct pattern_words words;
    struct pattern_begin begin;
    bool endless; /* repeats may be, as in {1,}: of expressions that nobody asks how long a match is */
};

/* Adds one pattern's nodes; NULL, or what is wrong with its expression. */
const char *pattern_parse(struct pattern_set *set, uint32_t pattern, struct str expression, bool caseless);

/* Of all patterns of the set; NULL, or what is wrong with them. */
const char *pattern_words_make(const struct pattern_set *set, struct pattern_words *words);
void pattern_words_finish(struct pattern_words *words);

/* Of all patterns of the set; false without memory. */
bool pattern_begin_make(const struct pattern_set *set, struct pattern_begin *begin) MUST_USE;
bool pattern_heads_make(const struct pattern_set *set, struct pattern_begin *begin) MUST_USE; /* its part of it */

/* Of the four bytes that stand there: does something begin with them? */
static inline bool head_is_word(const struct pattern_begin *begin, const char *at)
{
    unsigned slot = head_slot(at);
    bool is = begin->words[slot / 64] >> slot % 64 & 1;
    for (unsigned i = 0; is && i < 2; i++)
        is = begin->thirds[i][head_pair(at + i)] >> (at[i + 2] & 7) & 1;
    return is;
}

/* What is known of sixty-four places, a bit for each. */
struct pattern_seen {
    uint64_t kinds[BEGIN_KINDS];        /* 1 << i of BEGIN_… */
    uint64_t rare_later, visible_later; /* HEAD_RARE - 1 and HEAD_RUN - 1 bytes further */
    uint64_t words;                     /* may begin here, as far as is cheap to tell: not the same in all ways */
};
/* Tells it, of BEGIN_STRETCH bytes behind which BEGIN_BYTES more are there to be read. */
typedef void pattern_see_fn(const struct pattern_begin *begin, const char *p, struct pattern_seen *seen);
/* The ways to do so, the best first, the last one everywhere; NULL where the machine has not what it takes. */
enum { PATTERN_SEE_WAYS = 3 };
pattern_see_fn *pattern_see(unsigned way);

/* Of the next bytes of a text, those with which a match may begin as far as can be seen, in their order, and the rows of each. */
struct pattern_places {
    size_t from, bytes, count;
    uint16_t at[BEGIN_BATCH + 4]; /* behind `from`; in the bits beyond BEGIN_PLACE what sift() is to know */
    uint64_t rows[BEGIN_BATCH];
};
/* Of the BEGIN_BATCH bytes from `from` on. */
void pattern_begin_find(const struct pattern_begin *begin, struct str text, size_t from, struct pattern_places *places);
/* The groups of patterns that begin so, at the place `i`; `first` is its byte. */
static inline uint32_t pattern_begin_groups(const struct pattern_begin *begin, char first, const struct pattern_places *places, size_t i)
{
    uint64_t rows = places->rows[i];
    const struct pattern_begin_table *table = &begin->tables[begin->table_of[(unsigned char)first]];
    uint32_t groups = 0;
    for (; rows; rows &= rows - 1)
        groups |= table->groups[__builtin_ctzll(rows)];
    return places->at[i] >> BEGIN_HEAD_LOG2 & 1 ? groups & begin->headless : groups;
}

/* ---- the deterministic automaton, in pieces as they are needed ---- */

#define STATE_UNKNOWN UINT32_MAX
/* What making one costs, in steps from byte to byte. That is free as long as all of a text fit, and for so many more: a private key leads to
 * three thousand. */
enum { STATE_DEAD = 0, STATE_STEPS = 40, STATES_FREE = 1200 };
#define STATE_SPECIAL 0x80000000u /* in `next`: more is to be done than to go on; STATE_UNKNOWN has the bit too */

struct pattern_state {
    uint32_t at, count;        /* its nodes in the pool, sorted */
    uint32_t found_count;      /* patterns that ended before the last byte: in the pool behind the nodes */
    bool after_word;           /* the last byte was a letter, a digit or `_` */
};

struct pattern_automaton {
    const struct pattern_set *set;
    const struct pattern_group *group;
    struct pattern_state *states; /* owned, as all below */
    bool *is_special;             /* dead, or with something found: what a run must look at */
    uint32_t *next;               /* states x rows of classes: where a state's row begins, with STATE_SPECIAL */
    uint32_t states_count, states_room;
    uint32_t *pool, pool_count, pool_room;
    uint32_t *buckets;            /* of states by what they hold; a power of two; STATE_UNKNOWN is empty */
    uint32_t *work, *stack, *mark, turn; /* for building: nodes, and in which turn each was added */
    uint32_t *fresh, *found;      /* the nodes and patterns of the state that is built */
    uint32_t starts[2];           /* after something else, after a word */
    uint32_t generation;          /* counts how often everything was forgotten, since there is a ceiling */
};

/* The classes of a group whose patterns and nodes are known; false without memory. */
bool pattern_classes_make(const struct pattern_set *set, struct pattern_group *group) MUST_USE;

/* Of one group of the set's patterns: it needs `firsts`, `order`, `nodes` and `sets` of the set. */
bool pattern_automaton_init(struct pattern_automaton *a, const struct pattern_set *set, const struct pattern_group *group) MUST_USE;
void pattern_automaton_finish(struct pattern_automaton *a);
/* All states but the dead one and the two starts; false without memory. */
bool pattern_automaton_forget(struct pattern_automaton *a) MUST_USE;
/* Where `state` leads; STATE_UNKNOWN without memory. Forgets all other states when there is no room for one more. */
uint32_t pattern_automaton_next(struct pattern_automaton *a, uint32_t state, uint32_t class) MUST_USE;

/* ---- a walk over a text: what pattern_set_find and pattern_stream_feed have in common ---- */

/* Which words a text has had so far, as far as patterns ask for them. */
struct pattern_heard {
    size_t done;   /* all words that begin before it are known */
    uint64_t some; /* lists of which there may be any near enough */
    struct {
        size_t begin, end;
    } last[WORD_LISTS_MAX][2]; /* the last one of each list, and the one before it */
};
/* The lists of which a word stands before `at`. Places are asked about in their order; `looked_at` counts bytes. */
uint64_t pattern_words_before(const struct pattern_words *words, struct pattern_heard *heard, struct str text, size_t at,
                              uint64_t *looked_at);

struct pattern_scratch {
    const struct pattern_set *set;
    struct pattern_automaton automata[GROUPS_MAX]; /* of each group one */
    uint32_t *found;      /* patterns that ended in the run, and where the longest of each did; owned */
    size_t *ends;
    uint32_t *found_at; /* of each pattern, where in `found` it was; owned */
    size_t found_count;
    struct pattern_places places; /* that are walked */
    size_t place;                 /* of them, the one that is next */
    size_t made;          /* states, since everything was forgotten */
    uint64_t steps;       /* what it has cost so far, in steps of an automaton */
    bool is_spent;        /* that was too much */
    bool is_alone, is_full; /* there are no states of other texts; there were too many with them */
    struct pattern_heard heard;
    uint64_t lists;       /* of words before lists_at, the place that is tried */
    size_t lists_at;
    struct pattern_ahead {
        size_t from, at;
    } sign, number; /* where behind a place the first `@` is, and the first digit behind a space */
    uint32_t generations[GROUPS_MAX]; /* of each automaton, before this text */
    struct pattern_match *matches; /* of pattern_all; owned */
    struct buf copy;               /* of a text with escapes */
    size_t matches_count, matches_room;
};

/* FAILED: without memory, is_spent, or is_full. */
enum pattern_answer { PATTERN_NONE, PATTERN_FOUND, PATTERN_OPEN, PATTERN_FAILED };

/* Before the first pattern_next of a text. */
static inline void pattern_begin_text(struct pattern_scratch *scratch)
{
    scratch->steps = scratch->heard.done = scratch->made = 0;
    scratch->is_spent = scratch->is_full = false;
    scratch->heard.some = 0;
    scratch->places.bytes = 0;
    scratch->sign = scratch->number = (struct pattern_ahead){ 1, 0 };
    for (size_t i = 0; i < scratch->set->groups_count; i++)
        scratch->generations[i] = scratch->automata[i].generation;
}

/* The same text with white space in the place of the escapes of white space, in `copy` when it has any. False without memory. */
bool pattern_no_escapes(struct buf *copy, struct str *text) MUST_USE;
enum { PATTERN_ESCAPE_MAX = 13 }; /* eight backslashes and u000a */
/* How many bytes at the end may become such an escape. */
size_t pattern_open_escape(struct str text);
/* Where the escape of JSON begins that `at` is inside of; `at`: none. */
size_t pattern_escape_around(struct str text, size_t at);

/* The first match at or behind `*from` in `text`, of which more follows unless `last`. FOUND: *match. OPEN: what follows
 * decides; *from is the first byte that a match may begin with. NONE: there is none. Work for `budget` steps at most. */
enum pattern_answer pattern_next(struct pattern_scratch *scratch, struct str text, bool last, uint64_t budget,
                                 size_t *from, struct pattern_match *match);
/* All that pattern_next finds from *from on: scratch->matches. NONE, OPEN or FAILED; whether it costs too much depends on the text alone. */
enum pattern_answer pattern_all(struct pattern_scratch *scratch, struct str text, bool last, size_t *from) MUST_USE;
/* What a walk over so many bytes may cost: ten times what prose does, more than lists of numbers do, and linear. Besides, as much as thirty KB
 * of prose: a short list may be of nothing but what is dear. */
enum { BUDGET_STEPS = 32000, BUDGET_STEPS_A_BYTE = 10 };
static inline uint64_t pattern_budget(size_t bytes)
{
    return BUDGET_STEPS + BUDGET_STEPS_A_BYTE * (uint64_t)bytes;
}

#endif
