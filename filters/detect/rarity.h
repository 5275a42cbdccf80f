/* rarity.h - how often ordinary texts may have a word or phrase: a guess, by a list of the commonest words and by length. */
#ifndef DETECT_RARITY_H
#define DETECT_RARITY_H

#include "proxy/base/arena.h"

struct rarity {
    struct rarity_word {
        struct str word;
        unsigned bits;
    } *words; /* the arena's, in order */
    size_t count;
};

bool rarity_init(struct rarity *r, struct arena *a) MUST_USE;
/* Of small letters: times in a million words. */
double rarity_of(const struct rarity *r, struct str phrase);

#endif
