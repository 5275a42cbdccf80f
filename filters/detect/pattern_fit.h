/* pattern_fit.h - what else might stand in the place of each byte of a match, as far as its expression tells. */
#ifndef DETECT_PATTERN_FIT_H
#define DETECT_PATTERN_FIT_H

#include "filters/detect/pattern_parts.h"

/* Of the set's `pattern`, and a match of it or what a validator has left of one: sets[i] is what the expression has for
 * match.at[i]. There is no telling what stands around. FIT_NOT: the pattern is not of the set, or bounded work does not
 * show how it matches. */
enum pattern_fit { FIT_NOT, FIT_PART, FIT_WHOLE };
enum pattern_fit pattern_fit(const struct pattern_set *set, const struct pattern *pattern, struct str match,
                             const struct byte_set **sets);

#endif
