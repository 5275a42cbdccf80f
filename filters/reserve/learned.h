/* learned.h - what an application's requests to a model usually produce, and how its estimates turn out.
 *
 * Of this worker, since it started; a bounded table in which the least used gives way. */
#ifndef FILTERS_RESERVE_LEARNED_H
#define FILTERS_RESERVE_LEARNED_H

#include "proxy/base/str.h"

enum { LEARNED_ENOUGH = 8 /* answers, before they say anything */ };

struct learned;

struct learned *learned_new(void);
void learned_free(struct learned *l); /* NULL is fine */

/* Output tokens that nine in ten answers of this app and model stay within; 0: not enough of them were seen. */
uint64_t learned_output(const struct learned *l, struct str app, struct str model);
/* `estimate` tokens of input as they turned out to be for that app and model so far. */
uint64_t learned_input(const struct learned *l, struct str app, struct str model, uint64_t estimate);
/* One answer: its estimate of the input as it was counted, and what the model server reported. */
void learned_add(struct learned *l, struct str app, struct str model, uint64_t counted, uint64_t input, uint64_t output);

#endif
