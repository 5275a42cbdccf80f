/* word_list.h - lists of words and phrases: read from a file, turned into patterns. */
#ifndef DETECT_WORD_LIST_H
#define DETECT_WORD_LIST_H

#include "config/setting.h"

/* The lines of the file but for empty ones and comments (#); complains and answers false when it cannot be read, is no
 * UTF-8 or is larger than 4 MiB. `path` ends with a NUL. */
bool word_list_read(struct arena *a, struct str path, struct texts *out, struct problems *problems) MUST_USE;

/* A regular expression that finds the phrase in a text whose white space was evened, and the flags to compile it with;
 * its matches tell where they begin. NULL for a phrase without a word in it, and without memory.
 *
 * Said in the expression itself, "any white space" makes compiling slower thirty times, and whole words in Unicode's
 * terms (see word_stands_alone) a hundred times: workers would start in seconds instead of milliseconds. */
const char *word_pattern(struct arena *a, struct str phrase, unsigned *flags) MUST_USE;

/* The text with one space in the place of each run of white space: the text itself when it is so already, else a copy in
 * `room`, which is cleared first. at == NULL when that has no room. */
struct str word_text(struct str text, struct buf *room) MUST_USE;
/* Which byte of `text` byte `at` of that was made of; of a run of white space, the first. */
size_t word_text_origin(struct str text, size_t at);

/* Does no letter or digit touch text[from, to) where that begins or ends with one? `text` is valid UTF-8. Scripts that
 * put no space between words have no such borders. */
bool word_stands_alone(struct str text, size_t from, size_t to);
/* Does a letter, digit or mark of a script that writes spaces between words begin at text[at]? */
bool word_has_letter(struct str text, size_t at);
/* The same as word_stands_alone, asked only of the side or sides that matter. */
bool word_has_borders(struct str text, size_t from, size_t to, bool left, bool right);

#endif
