/* rewrite.h - texts that the model reads in other words than the caller sent. Private to the core; filters rewrite by
 * exchange_rewrite_text. */
#ifndef CORE_REWRITE_H
#define CORE_REWRITE_H

#include "proxy/core/exchange.h"

/* May `with` stand in the place of that text, or would the call break? Names of members, ids and words that something else is
 * compared with are not rewritten. In a document of no known shape only the names of members mean something. */
bool rewrite_fits(const struct jsonx *body, const struct text *text, bool is_free, struct str with) MUST_USE;

/* The body with the texts that were rewritten and the other edits of x, into `out`. False when it does not fit. */
bool rewrite_body(struct exchange *x, struct buf *out) MUST_USE;

#endif
