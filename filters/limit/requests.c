/* requests.c - how many requests may come in a time, for each caller, app, tenant or whatever else is named. */
#include "filters/limit/terms.h"

struct requests_policy {
    struct limit_terms terms;
};

static const struct setting SETTINGS[] = {
    SETTING_AS("rate", struct requests_policy, terms.rate, SET_RATE, .example = "60/min",
               .about = "as many requests in a time: 5/s, 60/min, 1000/h, 20000/day; this or `quota`"),
    SETTING_AS("burst", struct requests_policy, terms.burst, SET_UINT, .min = 1, .max = 1000000, .example = "10",
               .about = "how many may come at once after a pause; as many as the rate counts when absent"),
    SETTING_AS("quota", struct requests_policy, terms.quota, SET_CUSTOM, .custom = read_quota, .custom_print = print_quota, .example = "1000/month",
               .about = "as many requests in an hour, day or month of the calendar, however spread"),
    LIMIT_ROW_ZONE(struct requests_policy, terms),
    LIMIT_ROWS_WHO(struct requests_policy, terms, BY_WORDS),
    SETTING_AS("lease", struct requests_policy, terms.lease, SET_UINT, .max = 100000, .dflt = "0", .example = "50",
               .about = LIMIT_ABOUT_LEASE),
    SETTINGS_END,
};

static bool check(void *policy, struct setup *s, struct problems *problems)
{
    struct requests_policy *p = policy;
    return terms_check(&p->terms, "requests", "requests", s, problems);
}

static enum verdict step(struct exchange *x, const void *policy)
{
    const struct limit_terms *t = &((const struct requests_policy *)policy)->terms;
    if (terms_spare(x, t))
        return NEXT;
    struct limit_op op = terms_op(x, t);
    return terms_ask(x, t, &op, "requests", false, NULL);
}

const struct filter filter_requests = {
    .name = "requests",
    .about = "How many requests may come in a time, for each caller or whatever `by` names.",
    .seat = STAGE_LIMIT,
    .settings = SETTINGS,
    .policy_size = sizeof(struct requests_policy),
    .check = check,
    .step = step,
    .settle = terms_report,
    .scalar = "rate",
};
