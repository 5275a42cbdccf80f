/* requests.c - how many requests may come in a time, for each caller, app, tenant or whatever else is named. */
#include "filters/limit/ask.h"
#include "filters/limit/by.h"

struct requests_policy {
    struct rate rate;
    uint64_t burst;
    uint64_t by;
    bool report_only;
    struct str name;
};

static const struct setting SETTINGS[] = {
    SETTING(struct requests_policy, rate, SET_RATE, .required = true, .example = "60/min",
            .about = "as many requests in a time: 5/s, 60/min, 1000/h, 20000/day"),
    SETTING(struct requests_policy, burst, SET_UINT, .min = 1, .max = 1000000, .example = "10",
            .about = "how many may come at once after a pause; as many as the rate counts when absent"),
    SETTING(struct requests_policy, by, SET_WORDS, .words = BY_WORDS, .dflt = "subject", .example = "[tenant, app]",
            .about = BY_ABOUT),
    SETTING(struct requests_policy, report_only, SET_BOOL, .dflt = "false",
            .about = "tell in journal and metrics what would be refused, and let it pass"),
    SETTING(struct requests_policy, name, SET_TEXT, .example = "shared",
            .about = "limits of the same name count together, on whatever route; each is by itself when absent"),
    SETTINGS_END,
};

static enum verdict step(struct exchange *x, const void *policy)
{
    const struct requests_policy *p = policy;
    struct limit_op op = {
        .kind = LIMIT_RATE,
        .key = by_key(x, "requests", p->name, p->by),
        .count = p->rate.count,
        .period_ms = p->rate.period_ms,
        .burst = (p->burst ? p->burst : p->rate.count) - 1, /* beside the one that is always taken */
        .cost = 1,
    };
    return limit_add(x, &op, "requests", false, p->report_only);
}

const struct filter filter_requests = {
    .name = "requests",
    .about = "How many requests may come in a time, for each caller or whatever `by` names.",
    .seat = STAGE_LIMIT,
    .settings = SETTINGS,
    .policy_size = sizeof(struct requests_policy),
    .step = step,
    .settle = limit_settle,
    .scalar = "rate",
};
