/* budget.h - how the limits of an exchange are named, reserved and settled, and what its answer has cost so far.
 *
 * The story: filters of `limit` and `reserve` add limits (exchange_limit); the built-in part of the stage asks for all of them in
 * one go (limits.c). A limit that counts what the model uses is metered: its op's cost is a reservation. While a stream runs,
 * slices.c counts what is produced, asks for a further slice when the reservation is used up, and ends the answer when there is
 * none. In the tail each filter's settle says what was used (rule->used), and one settle brings all differences home. */
#ifndef CORE_BUDGET_H
#define CORE_BUDGET_H

#include "proxy/base/str.h"
#include "proxy/text/encoding.h"

struct exchange;
struct slice_ask;

struct limit_rule {
    const char *what; /* "requests", "concurrency", "tokens", "money" */
    struct str text;  /* for the caller: "60 requests per minute for each subject"; may be empty */
    bool give_back;   /* what was taken is given back in the tail: concurrency */
    bool report_only;
    bool is_answered; /* the op's answers are there */
    size_t step;      /* of the plan: whose limit it is */
    struct meter {
        bool is_metered;
        uint64_t covers;      /* output tokens that what is charged is enough for */
        uint64_t per_million; /* what a million output tokens cost, in the op's unit */
        uint64_t slice;       /* tokens that are reserved at a time once a stream goes beyond */
        uint64_t patience_ms; /* how long a stream may run ahead of a rate that fills again */
    } meter;
    uint64_t charged; /* of a metered one: the reservation and all slices */
    uint64_t used;    /* told by its filter's settle: what should have been charged */
};

/* Tokens of this exchange. Filled by filters of `reserve`; nothing is counted while is_metered is false. */
struct budget {
    bool is_metered;
    bool is_estimated, is_settled; /* the first filter of `reserve` does it for all */
    bool ends_softly; /* as if the model had reached its limit, not with an error */
    const struct encoding *encoding; /* NULL: by the length of the text */
    uint64_t counted_tokens;              /* the texts, as they were counted */
    uint64_t input_tokens, output_tokens; /* the estimate */
    uint64_t output_max;  /* the ceiling of the answer; 0: none is known */
    uint64_t produced, events; /* of a stream, so far: tokens, and events of any kind */
    uint64_t reported_at; /* what was produced when the model server last told its usage */
    uint64_t ask_again_ms; /* a rate fills again: not before this is a slice asked for */
    struct slice_ask *asking; /* a slice that is asked for; owned, outlives the exchange when it must */
    unsigned slices;
    /* for the journal */
    uint64_t settled_tokens;
    uint64_t reserved_money, settled_money; /* billionths */
    struct str currency;      /* empty: no limit of money */
};

/* What `tokens` cost at `per_million`, rounded up. */
uint64_t budget_price(uint64_t tokens, uint64_t per_million);

#endif
