/* reserve.h - what limits of tokens and of money have in common: the estimate before, and what was used after.
 *
 * The estimate is made once for an exchange, by the first filter of the stage. Input: the texts counted (count.h), as this app's
 * requests to this model turned out so far (learned.h). Output: the lesser of the caller's ceiling and what this app and model
 * usually produce. */
#ifndef FILTERS_RESERVE_RESERVE_H
#define FILTERS_RESERVE_RESERVE_H

#include "filters/limit/terms.h"

struct reserve_terms {
    struct limit_terms limit;
    uint64_t usual_output, image_tokens, slice, patience_ms;
    int on_budget_end;
};

extern const char *const BUDGET_END_WORDS[]; /* length, error */

/* Rows that tokens and money have, of `type`, whose terms are its member `terms`. */
#define RESERVE_ROWS(type)                                                                                             \
    SETTING_AS("usual_output", type, terms.usual_output, SET_UINT, .min = 1, .max = 1000000, .dflt = "500",            \
               .about = "tokens that an answer is taken to have, before this app and model have shown what is usual"), \
    SETTING_AS("image_tokens", type, terms.image_tokens, SET_UINT, .max = 100000, .dflt = "765",                       \
               .about = "tokens that an image of the prompt is taken to be, before the model has counted them"),       \
    SETTING_AS("slice", type, terms.slice, SET_UINT, .min = 16, .max = 1000000, .dflt = "500",                         \
               .about = "output tokens that a running stream reserves at a time once it goes beyond what was reserved"), \
    SETTING_AS("on_budget_end", type, terms.on_budget_end, SET_WORD, .words = BUDGET_END_WORDS, .dflt = "length",      \
               .about = "how a stream ends when the budget does: as if the model had come to its own limit "           \
                        "(finish_reason length), or with an error event"),                                             \
    SETTING_AS("patience", type, terms.patience_ms, SET_DURATION, .max = 60000, .dflt = "5s",                          \
               .about = "how long a running stream may be ahead of a rate, which fills again; a quota is not waited for")

/* `open` and `close` of both filters: what is learned belongs to the worker. */
bool reserve_open(void *policy, struct world *world, void **instance);
void reserve_close(void *policy, void *instance);

/* Does this request use tokens at all? Lists of models and stored responses do not. */
bool reserve_applies(const struct exchange *x);
/* Fills x->budget, once. */
void reserve_estimate(struct exchange *x, const struct reserve_terms *t);
/* Asks for `input_cost` and as much of the estimated output as the limit could ever hold. */
enum verdict reserve_ask(struct exchange *x, const struct reserve_terms *t, const char *what, uint64_t input_cost,
                         uint64_t per_million);

/* What the exchange used, in the tail; the same however often it is asked for. Learns from it once. */
struct usage reserve_used(struct exchange *x);

#endif
