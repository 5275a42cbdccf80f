/* expression.h - which of an operator's expressions Vectorscan is never given.
 *
 * Vectorscan 5.4.9 writes past a buffer of its own in texts of 255 bytes and more, with some expressions, when it is asked where
 * matches begin in a block, or with (*UCP); mended upstream in 2026. Where matches begin is therefore asked of streams alone. */
#ifndef DETECT_EXPRESSION_H
#define DETECT_EXPRESSION_H

#include "proxy/base/str.h"

#define EXPRESSION_HAS_VERB "an expression cannot begin with (*"

static inline bool expression_has_verb(struct str expression)
{
    return str_starts(expression, STR("(*"));
}

#endif
