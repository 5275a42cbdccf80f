/* words.h - every word that the file may contain, in chapters: for `settings`, the reference page and its test. */
#ifndef APP_WORDS_H
#define APP_WORDS_H

#include "proxy/core/setup.h"

struct chapter {
    struct str path; /* dotted: "routes.authenticate.jwt"; empty for the top of the file */
    const char *about;
    const struct setting *rows;  /* NULL: none */
    const char *scalar;          /* the row that another form than a map sets; NULL without */
    const struct filter *filter; /* whose chapter it is; NULL: none's */
};

typedef bool chapter_fn(void *data, const struct chapter *chapter);

/* In the order of the file, filters in the order of the journey. Stops and answers false when the function does. */
bool words_each(const struct language *language, chapter_fn *fn, void *data) MUST_USE;

/* The whole reference page. */
bool words_print_markdown(struct buf *out, const struct language *language) MUST_USE;

/* What is known of a word: chapters and settings of that name, or of that dotted path; all of them for the empty word.
 * False in *found when there is nothing. */
bool words_print(struct buf *out, const struct language *language, struct str word, bool *found) MUST_USE;

/* The nearest known word; NULL when none is near. */
const char *words_nearest(const struct language *language, struct str word);

#endif
