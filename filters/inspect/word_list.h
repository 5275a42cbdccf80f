/* word_list.h - lists of words and phrases: read from a file, turned into patterns. */
#ifndef INSPECT_WORD_LIST_H
#define INSPECT_WORD_LIST_H

#include "config/setting.h"

/* The lines of the file but for empty ones and comments (#); complains and answers false when it cannot be read, is no
 * UTF-8 or is larger than 4 MiB. `path` ends with a NUL. */
bool word_list_read(struct arena *a, struct str path, struct texts *out, struct problems *problems) MUST_USE;

/* A regular expression that finds the phrase as whole words, with any white space between them. NULL for a phrase
 * without a word in it, and without memory. */
const char *word_pattern(struct arena *a, struct str phrase) MUST_USE;

#endif
