/* prices.h - what tokens of a model cost: the section `prices`, in whole billionths of the currency for a million tokens. */
#ifndef FILTERS_RESERVE_PRICES_H
#define FILTERS_RESERVE_PRICES_H

#include "proxy/core/exchange.h"

/* An amount of money as it is written, 2.50: at most nine digits behind the point. */
struct amount {
    uint64_t billionths;
    bool is_set;
};
/* Of a SET_CUSTOM row, into a struct amount. */
void read_amount(struct reading *r, const struct yaml *at, void *field);
bool print_amount(struct buf *out, const void *field);
bool amount_parse(struct str s, uint64_t *billionths) MUST_USE;

struct price {
    struct name name;
    struct texts models; /* names, or how they begin: gpt-4o, gpt-4o-2024* */
    struct str currency;
    struct amount input, cached_input, output, reasoning; /* of a million tokens */
};
extern const struct section_kind section_prices;

/* The price of a model (lower case): the entry that names it, or the one with the longest beginning. NULL without. */
const struct price *price_find(const struct setup *s, struct str model);

/* What that costs, in billionths, rounded up once. Cached input and reasoning are parts of input and output. */
uint64_t price_of(const struct price *p, const struct usage *u);
/* Of a million tokens of output, of whichever kind costs more. */
uint64_t price_output(const struct price *p);

#endif
