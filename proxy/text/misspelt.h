/* misspelt.h - private to the room: words without their vowels, with their vowels twice, in pig Latin, and in pieces. */
#ifndef TEXT_MISSPELT_H
#define TEXT_MISSPELT_H

#include "proxy/text/view_parts.h"

/* vowelless_table.c */
enum { VOWELLESS_LETTERS_MAX = 11, VOWELLESS_WORD_MAX = 14 };
extern const struct vowelless {
    char seen[VOWELLESS_LETTERS_MAX + 1];
    char word[VOWELLESS_WORD_MAX + 1];
} VOWELLESS[]; /* by what is seen */
extern const size_t VOWELLESS_COUNT;

/* Steps like others: words that are known are put in the place of what they are without vowels, and back from pig Latin. */
bool with_vowels_text(struct view_memory *m, struct reading in, struct form *out, bool *changed) MUST_USE;
bool no_pig_text(struct view_memory *m, struct reading in, struct form *out, bool *changed) MUST_USE;
/* Vowels that stand there twice, or again and again, once. */
bool no_doubles_text(struct view_memory *m, struct reading in, struct form *out, bool *changed) MUST_USE;
/* cuts.c: words that were cut into pieces by white space or signs: are there some, of which the first is near, and what they are together. */
enum cuts_sought {
    CUTS_ANY,
    CUTS_IN_LONG, /* in a text that has long words when they are not cut: none before the first */
    CUTS_BY_SIGNS,
};
bool has_cuts(struct str s, enum cuts_sought sought, uint64_t *work);
bool words_are_one(struct str first, struct str second);
bool no_cuts_text(struct view_memory *m, struct reading in, struct form *out, bool *changed) MUST_USE;

#endif
