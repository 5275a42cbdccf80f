/* spot_making.h - private to spot_table.c and spot_choose.c: a table while it is made. */
#ifndef DETECT_SPOT_MAKING_H
#define DETECT_SPOT_MAKING_H

#include "filters/detect/rarity.h"
#include "filters/detect/spot_parts.h"

struct rule_set;

struct spot_part {
    double often; /* times in a million words */
    uint32_t first_link, links;
    uint32_t first_key, mask; /* mask 0: its keys are not there yet */
    uint16_t bytes;           /* of its longest piece */
    uint16_t herald;          /* 0: it is none */
    bool has_signs, has_ends; /* some piece has what ends a sentence */
};

/* Of a piece that is words or signs: what it is found by; of a phrase the first word by itself too. */
enum spot_kind { SPOT_WORD, SPOT_PAIR, SPOT_SIGN };
struct spot_name {
    uint32_t key, begin;
    enum spot_kind kind;
    bool is_word;  /* its key tells it */
    bool has_bits; /* in the table */
};

/* Of a chain: the parts that it is looked for by; the same twice where it has no herald. */
struct spot_choice {
    uint8_t anchor, herald;
};

struct spot_link { /* the key is that of a piece of an anchor or a herald */
    uint32_t key, phrase;           /* 0: a word, which its key tells; else the piece it is, plus one */
    uint16_t bytes;                 /* of a phrase */
    uint16_t herald, reach, anchor; /* of a check */
    bool is_herald;                 /* it tells this one */
};

struct spot_making {
    struct spot_table *t;
    struct rule_set *set;
    struct rarity rarity;
    struct spot_name *names; /* of each piece */
    struct spot_part *parts;
    struct spot_choice *choices;
    double *often;       /* of each piece; 0 when it is asked anyhow */
    uint32_t *same;      /* for each piece: the first that is found by the same */
    uint32_t *counted;   /* for each: in which count it was last */
    uint32_t counts;
    uint32_t *pieces_of; /* of each part, one after the other */
    struct spot_link *links;
    size_t links_count, keys_count;
};

struct spot_name spot_name_of(const struct spot_table *t, struct str word);

/* Of each chain an anchor and a herald; t->heralds may come to be more than an entry can name. False without memory. */
bool spot_choose(struct spot_making *m) MUST_USE;

#endif
