/* deployments.c - who may use which deployment of the path; what no rule names is nobody's. */
#include "filters/authorise/attributes.h"

struct rule {
    struct texts deployments;
    struct people who;
    bool anyone;
    struct str *keys; /* derived: names as they are compared */
};

struct deployments_policy {
    struct blocks rules; /* struct rule */
};

static const struct setting RULE_SETTINGS[] = {
    SETTING(struct rule, deployments, SET_TEXTS, .required = true, .min = 1, .max = 1000, .example = "[gpt-4o]",
            .about = "Deployments that the rule is about; compared without case and percent-encoding."),
    SETTING_AS("roles", struct rule, who.of[ATTRIBUTE_ROLES], SET_TEXTS, .max = 1000,
               .about = "For callers with one of these roles."),
    SETTING_AS("scopes", struct rule, who.of[ATTRIBUTE_SCOPES], SET_TEXTS, .max = 1000,
               .about = "For callers with one of these scopes."),
    SETTING_AS("groups", struct rule, who.of[ATTRIBUTE_GROUPS], SET_TEXTS, .max = 1000,
               .about = "For callers in one of these groups."),
    SETTING_AS("apps", struct rule, who.of[ATTRIBUTE_APPS], SET_TEXTS, .max = 1000,
               .about = "For callers through one of these applications."),
    SETTING_AS("subjects", struct rule, who.of[ATTRIBUTE_SUBJECTS], SET_TEXTS, .max = 1000,
               .about = "For these callers."),
    SETTING_AS("tenants", struct rule, who.of[ATTRIBUTE_TENANTS], SET_TEXTS, .max = 1000,
               .about = "For callers of one of these tenants."),
    SETTING(struct rule, anyone, SET_BOOL, .dflt = "false", .about = "For every caller that was proven."),
    SETTINGS_END,
};
static const struct setting SETTINGS[] = {
    SETTING(struct deployments_policy, rules, SET_BLOCKS, .required = true, .min = 1, .max = 1000,
            .block = RULE_SETTINGS, .block_size = sizeof(struct rule),
            .example = "[ { deployments: [gpt-4o], roles: [Models.Large] } ]",
            .about = "One rule that fits is enough; in a rule every kind that is named must fit."),
    SETTINGS_END,
};

static bool check(void *policy, struct setup *s, struct problems *problems)
{
    struct deployments_policy *p = policy;
    struct rule *rules = p->rules.at;
    bool ok = true;
    for (size_t i = 0; i < p->rules.count; i++) {
        struct rule *r = &rules[i];
        if (!r->anyone && !people_count(&r->who)) {
            problem(problems, r->deployments.spans[0],
                    "the rule says nothing of who may: name roles, groups, apps …, or anyone: true");
            ok = false;
        }
        r->keys = arena_array(&s->arena, struct str, r->deployments.count);
        for (size_t d = 0; r->keys && d < r->deployments.count; d++)
            if (!model_normalise(&s->arena, r->deployments.at[d], false, &r->keys[d])) {
                problem(problems, r->deployments.spans[d], "no name that a deployment can have");
                ok = false;
            }
        ok = ok && r->keys;
    }
    return ok;
}

static bool fits(const struct rule *r, const struct caller *c, struct str deployment)
{
    bool is_named = false;
    for (size_t i = 0; i < r->deployments.count && !is_named; i++)
        is_named = str_eq(r->keys[i], deployment);
    return is_named && people_fit(&r->who, c);
}

static enum verdict step(struct exchange *x, const void *policy)
{
    const struct deployments_policy *p = policy;
    const struct rule *rules = p->rules.at;
    if (!x->caller)
        return exchange_refuse(x, WHY_NOT_ALLOWED, "nobody was proven to be calling");
    if (!x->call.deployment.len)
        return exchange_refuse(x, WHY_NOT_ALLOWED,
                               "the path names no deployment: rules for models in bodies belong into admit");
    for (size_t i = 0; i < p->rules.count; i++)
        if (fits(&rules[i], x->caller, x->call.deployment))
            return NEXT;
    return exchange_refuse(x, WHY_MODEL_NOT_ALLOWED, "no rule gives the caller this deployment");
}

const struct filter filter_deployments = {
    .name = "deployments",
    .about = "Who may use which deployment, where the path names one. Deployments that no rule names are nobody's.",
    .seat = STAGE_AUTHORISE,
    .settings = SETTINGS,
    .policy_size = sizeof(struct deployments_policy),
    .check = check,
    .step = step,
    .scalar = "rules",
};
