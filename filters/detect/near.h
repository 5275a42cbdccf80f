/* near.h - what validators ask about a candidate and what stands around it. All of it is plain ASCII work over at most
 * PATTERN_CONTEXT bytes to either side, so that a stream sees what a whole text sees. */
#ifndef DETECT_NEAR_H
#define DETECT_NEAR_H

#include "filters/detect/pattern_set.h"
#include "proxy/base/ascii.h"

/* Does nothing that belongs to a word stand before `start`, or behind `end`? The letter of an escape in quoted JSON (\n, \t) is
 * none, nor is a character beyond ASCII: not every script has spaces. */
bool near_begins(struct str text, size_t start);
bool near_ends(struct str text, size_t end);
/* Is it a piece of a longer number, as in 1.23 or 1,234? Not between the commas of a table. */
bool near_is_part_of_number(struct str text, size_t start, size_t end);

/* Does one of the words ("ssn|social security|…", lower case, whole words; a literal) stand in the bytes before or behind? */
bool near_before(struct str text, size_t start, const char *words);
bool near_behind(struct str text, size_t end, const char *words);

/* Letters and digits of text[start, end), without what separates them, into `out`; their number, or 0 when there are more. */
size_t near_compact(struct str text, size_t start, size_t end, char *out, size_t room);

/* How many bytes all of these have looked at in this thread, for those who bound it. */
uint64_t near_looked_at(void);
void near_look(size_t bytes); /* of validators that look at much by themselves */

/* ---- is it random, or made up to show where something goes? ---- */

/* xxxx, 1234567890, <your-key>, EXAMPLE, ${KEY}, changeme, the same again and again, runs of the keyboard. */
bool near_is_placeholder(struct str s);
/* Random enough for a key of its alphabet, and no placeholder. */
bool near_is_random(struct str s);
/* Made of words, more than half of it: a name, a path, a call. */
bool near_is_words(struct str s);

#endif
