/* concurrency.c - how many requests may run at the same time, for each caller, app, tenant or whatever else is named.
 */
#include "filters/limit/ask.h"
#include "filters/limit/by.h"

struct concurrency_policy {
    uint64_t max;
    uint64_t by;
    bool report_only;
    struct str name;
};

static const struct setting SETTINGS[] = {
    SETTING(struct concurrency_policy, max, SET_UINT, .required = true, .min = 1, .max = 1000000, .example = "8",
            .about = "as many requests at the same time, streams included until their end"),
    SETTING(struct concurrency_policy, by, SET_WORDS, .words = BY_WORDS, .dflt = "subject", .example = "[tenant, app]",
            .about = BY_ABOUT),
    SETTING(struct concurrency_policy, report_only, SET_BOOL, .dflt = "false",
            .about = "tell in journal and metrics what would be refused, and let it pass"),
    SETTING(struct concurrency_policy, name, SET_TEXT, .example = "shared",
            .about = "limits of the same name count together, on whatever route; each is by itself when absent"),
    SETTINGS_END,
};

/* The core gives it back in the tail, also when the caller left. */
static enum verdict step(struct exchange *x, const void *policy)
{
    const struct concurrency_policy *p = policy;
    struct limit_op op = {
        .kind = LIMIT_CONCURRENCY,
        .key = by_key(x, "concurrency", p->name, p->by),
        .count = p->max,
        .cost = 1,
    };
    return limit_add(x, &op, "concurrency", true, p->report_only);
}

const struct filter filter_concurrency = {
    .name = "concurrency",
    .about = "How many requests may run at the same time, for each caller or whatever `by` names.",
    .seat = STAGE_LIMIT,
    .settings = SETTINGS,
    .policy_size = sizeof(struct concurrency_policy),
    .step = step,
    .settle = limit_settle,
    .scalar = "max",
};
