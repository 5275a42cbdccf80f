/* ask.h - what the filters of `limit` have in common: a limit is added to those that the stage asks for together, and
 * one that only reports is told about at the end. */
#ifndef FILTERS_LIMIT_ASK_H
#define FILTERS_LIMIT_ASK_H

#include "proxy/core/exchange.h"

/* Adds the limit, or refuses the exchange when there is no room; at->key may be NULL for "no room". */
enum verdict limit_add(struct exchange *x, const struct limit_op *op, const char *what, bool give_back,
                       bool report_only);

/* As `settle`: a limit that only reports and was reached goes into journal and metrics. */
settle_fn limit_settle;

#endif
