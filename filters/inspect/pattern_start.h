/* pattern_start.h - where a match begins of which Vectorscan has told the end. */
#ifndef INSPECT_PATTERN_START_H
#define INSPECT_PATTERN_START_H

#include "proxy/base/str.h"

enum { PATTERN_START_WINDOW = 256 };

/* Finds the match of `expression` (UTF-8, no flags of its own) that ends at `to` or goes beyond it and begins at most
 * PATTERN_START_WINDOW bytes before. Bounded work, however the expression is made; false when it is not found. */
bool pattern_start(const char *expression, struct str text, size_t to, size_t *start, size_t *end);

#endif
