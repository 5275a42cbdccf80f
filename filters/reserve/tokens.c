/* tokens.c - how many tokens may be used in a time, input and output together. */
#include "filters/reserve/count.h"
#include "filters/reserve/reserve.h"

enum { MILLION = 1000000 };

struct tokens_policy {
    struct reserve_terms terms;
};

static const struct setting SETTINGS[] = {
    SETTING_AS("rate", struct tokens_policy, terms.limit.rate, SET_RATE, .example = "200000/min",
               .about = "as many tokens in a time; this or `quota`"),
    SETTING_AS("burst", struct tokens_policy, terms.limit.burst, SET_UINT, .min = 1, .max = 1000000000000, .example = "50000",
               .about = "how many may be used at once after a pause; as many as the rate counts when absent"),
    SETTING_AS("quota", struct tokens_policy, terms.limit.quota, SET_CUSTOM, .custom = read_quota, .custom_print = print_quota, .example = "50000000/month",
               .about = "as many tokens in an hour, day or month of the calendar, however spread"),
    LIMIT_ROW_ZONE(struct tokens_policy, terms.limit),
    LIMIT_ROWS_WHO(struct tokens_policy, terms.limit, BY_WORDS_WITH_MODEL),
    SETTING_AS("lease", struct tokens_policy, terms.limit.lease, SET_UINT, .max = 1000000000, .dflt = "0", .example = "20000",
               .about = LIMIT_ABOUT_LEASE),
    RESERVE_ROWS(struct tokens_policy),
    SETTINGS_END,
};

static bool check(void *policy, struct setup *s, struct problems *problems)
{
    struct tokens_policy *p = policy;
    if (!count_prepare()) {
        problem(problems, (struct span){ 0 }, "no memory for the encodings that count tokens");
        return false;
    }
    return terms_check(&p->terms.limit, "tokens", "tokens", s, problems);
}

static enum verdict step(struct exchange *x, const void *policy)
{
    const struct tokens_policy *p = policy;
    if (!reserve_applies(x) || terms_spare(x, &p->terms.limit))
        return NEXT;
    reserve_estimate(x, &p->terms);
    return reserve_ask(x, &p->terms, "tokens", x->budget.input_tokens, MILLION);
}

static void settle(struct exchange *x, const void *policy)
{
    struct limit_rule *rule = terms_rule(x);
    if (!rule)
        return;
    struct usage u = reserve_used(x);
    rule->used = u.input_tokens + u.output_tokens;
    terms_report(x, policy);
}

const struct filter filter_tokens = {
    .name = "tokens",
    .about = "How many tokens may be used in a time. An estimate is reserved before the request is forwarded; what the model "
             "server reports is charged in the end.",
    .seat = STAGE_RESERVE,
    .settings = SETTINGS,
    .policy_size = sizeof(struct tokens_policy),
    .check = check,
    .step = step,
    .settle = settle,
    .open = reserve_open,
    .close = reserve_close,
    .scalar = "rate",
};
