/* counts.c - how many answers and images one request may ask for: two filters of the same making. */
#include "proxy/core/exchange.h"

struct count_policy {
    uint64_t max;
};

static enum verdict refuse(struct exchange *x, const char *what, uint64_t asked, uint64_t max)
{
    x->rule = x->param = str_c(what);
    return exchange_refuse(x, WHY_OPTION_NOT_ALLOWED, "%s: %llu asked, %llu allowed", what, (unsigned long long)asked,
                           (unsigned long long)max);
}

static enum verdict step_n(struct exchange *x, const void *policy)
{
    const struct count_policy *p = policy;
    return x->call.n > p->max ? refuse(x, "n", x->call.n, p->max) : NEXT;
}

static enum verdict step_images(struct exchange *x, const void *policy)
{
    const struct count_policy *p = policy;
    return x->call.images > p->max ? refuse(x, "images", x->call.images, p->max) : NEXT;
}

static const struct setting N_SETTINGS[] = {
    SETTING(struct count_policy, max, SET_UINT, .required = true, .min = 1, .max = 1000, .example = "1",
            .about = "the most answers that one request may ask for with n or best_of"),
    SETTINGS_END,
};

static const struct setting IMAGES_SETTINGS[] = {
    SETTING(struct count_policy, max, SET_UINT, .required = true, .max = 10000, .example = "4",
            .about = "the most images in one request; 0 for none at all"),
    SETTINGS_END,
};

const struct filter filter_n = {
    .name = "n",
    .about = "How many answers one request may ask for.",
    .seat = STAGE_ADMIT,
    .settings = N_SETTINGS,
    .policy_size = sizeof(struct count_policy),
    .step = step_n,
    .scalar = "max",
};

const struct filter filter_images = {
    .name = "images",
    .about = "How many images one request may hold.",
    .seat = STAGE_ADMIT,
    .settings = IMAGES_SETTINGS,
    .policy_size = sizeof(struct count_policy),
    .step = step_images,
    .scalar = "max",
};
