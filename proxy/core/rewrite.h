/* rewrite.h - texts that the model reads in other words than the caller sent. Private to the core; filters rewrite by
 * exchange_rewrite_text. */
#ifndef CORE_REWRITE_H
#define CORE_REWRITE_H

#include "proxy/core/exchange.h"

/* The body with the texts that were rewritten and the other edits of x, into `out`. False when it does not fit. */
bool rewrite_body(struct exchange *x, struct buf *out) MUST_USE;

#endif
