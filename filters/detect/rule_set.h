/* rule_set.h - rules compiled: the words of all of them in one table, their expressions in one database, and the
 * chains that they make.
 *
 * Reading and compiling take a moment, so the set of the built-in rules is made once in a process and shared by all routes that have
 * no file of their own; sets are counted. */
#ifndef DETECT_RULE_SET_H
#define DETECT_RULE_SET_H

#include "filters/detect/rules.h"
#include "filters/detect/spots.h"
#include "filters/detect/word_table.h"

struct hs_database;

/* What a text can have about it whatever it says (enum view_oddity); each stands as a rule behind those of the files. */
enum { RULE_ODDITIES = 7 };

/* Expressions are looked for only where they can be: those with characters beyond ASCII in texts that have some, and those that
 * speak of lines in texts as they are; the others in texts whose white space is evened. */
enum set_database { SET_PLAIN, SET_FOREIGN, SET_LINES, SET_DATABASES };

/* A piece that is looked for. */
struct set_piece {
    const char *expression;
    struct str word; /* as texts have it; of a word */
    uint16_t bytes; /* how long a match is at least; of a word, how long */
    bool is_word, left, right;
    uint8_t lines;  /* it begins a line, ends one: enum rule_line */
    bool in_table;
    enum set_database where;
};
/* What is asked of a piece each time that it is found: the parts that it is one of, from parts_of[first_part] on. The first `wanted` of
 * them stand behind other parts somewhere, those from `starts` on begin chains, and some do both. */
struct set_seat {
    uint32_t first_part;
    uint16_t bytes, parts, wanted, starts;
    uint8_t lines;
};
/* A part, and the places in chains where it stands: uses[first_use .. + uses), those where it comes first in front. */
struct set_part {
    uint32_t first_use, uses, begins;
    uint32_t first_arm, arms;
    bool is_whole; /* some chain is nothing but this */
};
/* What a chain's first part makes wanted; of several chains with the same second part, for the widest of their gaps. */
struct set_arm {
    uint32_t part, gap;
};
struct set_use {
    uint16_t chain;
    uint8_t at;
};
struct set_chain {
    uint16_t rule;
    uint8_t count;
    bool across[RULE_PARTS_MAX];
    uint16_t gap[RULE_PARTS_MAX];
    uint32_t part[RULE_PARTS_MAX];
};

struct rule_set {
    struct rules rules;
    struct word_table words;      /* the pieces that are words */
    struct spot_table spots;
    struct hs_database *databases[SET_DATABASES]; /* owned; the others; NULL where there are none */
    struct arena arena;           /* of the tables */
    struct set_piece *pieces;
    struct set_seat *seats;       /* of each piece */
    struct set_part *parts;
    struct word_filter *filters;  /* of each part */
    struct set_use *uses;
    struct set_arm *arms;
    struct set_chain *chains;
    uint32_t *parts_of;
    size_t pieces_count, parts_count, chains_count;
    size_t count; /* rules and oddities */
    uint16_t *ranked, *ranks; /* of rules and oddities, those with the highest score first; where each stands there */
    bool counts;  /* some rule wants several matches */
    unsigned refs;
};

/* NULL with problems told. `path`: more rules, at == NULL without; `builtin`: with those that the program brings along. */
struct rule_set *rule_set_new(struct str path, bool builtin, struct problems *problems) MUST_USE;
void rule_set_unref(struct rule_set *set); /* NULL is fine */

/* Of rule or oddity `i`. */
struct str rule_set_id(const struct rule_set *set, size_t i);
enum rule_category rule_set_category(const struct rule_set *set, size_t i);
unsigned rule_set_score(const struct rule_set *set, size_t i);
/* Index of what has that id; set->count without. */
size_t rule_set_find(const struct rule_set *set, struct str id);

#endif
