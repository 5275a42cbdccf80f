/* anyone.c - every caller that was proven, in so many words. */
#include "proxy/core/exchange.h"

struct anyone_policy {
    bool yes;
};

static const struct setting SETTINGS[] = {
    SETTING(struct anyone_policy, yes, SET_BOOL, .dflt = "true", .about = "Says it; there is nothing to set."),
    SETTINGS_END,
};

static enum verdict step(struct exchange *x, const void *policy)
{
    const struct anyone_policy *p = policy;
    return p->yes && x->caller ? NEXT : exchange_refuse(x, WHY_NOT_ALLOWED, "nobody was proven to be calling");
}

const struct filter filter_anyone = {
    .name = "anyone",
    .about = "Every caller that was proven may come: for issuers and keys whose every holder is meant.",
    .seat = STAGE_AUTHORISE,
    .settings = SETTINGS,
    .policy_size = sizeof(struct anyone_policy),
    .step = step,
    .scalar = "yes",
};
