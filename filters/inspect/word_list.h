/* word_list.h - lists of words and phrases: read from a file, turned into patterns. */
#ifndef INSPECT_WORD_LIST_H
#define INSPECT_WORD_LIST_H

#include "config/setting.h"

/* The lines of the file but for empty ones and comments (#); complains and answers false when it cannot be read, is no
 * UTF-8 or is larger than 4 MiB. `path` ends with a NUL. */
bool word_list_read(struct arena *a, struct str path, struct texts *out, struct problems *problems) MUST_USE;

/* A regular expression that finds the phrase, with any white space between its words, and the flags to compile it with;
 * its matches tell where they begin. NULL for a phrase without a word in it, and without memory.
 *
 * Whether a match is made of whole words is asked of word_stands_alone: said in the expression itself, in Unicode's
 * terms, it makes compiling slower a hundred times. */
const char *word_pattern(struct arena *a, struct str phrase, unsigned *flags) MUST_USE;

/* Does no letter or digit touch text[from, to) where that begins or ends with one? `text` is valid UTF-8. Scripts that
 * put no space between words have no such borders. */
bool word_stands_alone(struct str text, size_t from, size_t to);

#endif
