/* concurrency.c - how many requests may run at the same time, for each caller, app, tenant or whatever else is named. */
#include "filters/limit/terms.h"

struct concurrency_policy {
    struct limit_terms terms;
    uint64_t max;
};

static const struct setting SETTINGS[] = {
    SETTING(struct concurrency_policy, max, SET_UINT, .required = true, .min = 1, .max = 1000000, .example = "8",
            .about = "as many requests at the same time, streams included until their end"),
    LIMIT_ROWS_WHO(struct concurrency_policy, terms, BY_WORDS),
    SETTINGS_END,
};

static bool check(void *policy, struct setup *s, struct problems *problems)
{
    struct concurrency_policy *p = policy;
    return terms_check_who(&p->terms, "requests at the same time", p->max, s, problems);
}

/* The core gives it back in the tail, also when the caller left. */
static enum verdict step(struct exchange *x, const void *policy)
{
    const struct concurrency_policy *p = policy;
    if (terms_spare(x, &p->terms))
        return NEXT;
    struct limit_op op = {
        .kind = LIMIT_CONCURRENCY,
        .on_down = (enum limit_down)p->terms.on_store_down,
        .key = terms_key(x, &p->terms, "concurrency"),
        .count = p->max,
        .cost = 1,
    };
    return terms_ask(x, &p->terms, &op, "concurrency", true, NULL);
}

const struct filter filter_concurrency = {
    .name = "concurrency",
    .about = "How many requests may run at the same time, for each caller or whatever `by` names.",
    .seat = STAGE_LIMIT,
    .settings = SETTINGS,
    .policy_size = sizeof(struct concurrency_policy),
    .check = check,
    .step = step,
    .settle = terms_report,
    .scalar = "max",
};
