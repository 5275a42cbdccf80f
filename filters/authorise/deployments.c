/* deployments.c - who may use which deployment of the path; what no rule names is nobody's. */
#include "filters/authorise/attributes.h"

struct rule {
    struct texts deployments;
    struct texts roles, scopes, groups, apps, subjects, tenants;
    bool anyone;
    struct str *keys; /* derived: names as they are compared */
};

struct deployments_policy {
    struct blocks rules; /* struct rule */
};

static const struct setting RULE_SETTINGS[] = {
    SETTING(struct rule, deployments, SET_TEXTS, .required = true, .min = 1, .max = 1000, .example = "[gpt-4o]",
            .about = "Deployments that the rule is about; compared without case and percent-encoding."),
    SETTING(struct rule, roles, SET_TEXTS, .max = 1000, .about = "For callers with one of these roles."),
    SETTING(struct rule, scopes, SET_TEXTS, .max = 1000, .about = "For callers with one of these scopes."),
    SETTING(struct rule, groups, SET_TEXTS, .max = 1000, .about = "For callers in one of these groups."),
    SETTING(struct rule, apps, SET_TEXTS, .max = 1000, .about = "For callers through one of these applications."),
    SETTING(struct rule, subjects, SET_TEXTS, .max = 1000, .about = "For these callers."),
    SETTING(struct rule, tenants, SET_TEXTS, .max = 1000, .about = "For callers of one of these tenants."),
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

struct kind {
    enum attribute attribute;
    size_t offset; /* of its texts in the rule */
};
static const struct kind KINDS[] = {
    { ATTRIBUTE_ROLES, offsetof(struct rule, roles) },       { ATTRIBUTE_SCOPES, offsetof(struct rule, scopes) },
    { ATTRIBUTE_GROUPS, offsetof(struct rule, groups) },     { ATTRIBUTE_APPS, offsetof(struct rule, apps) },
    { ATTRIBUTE_SUBJECTS, offsetof(struct rule, subjects) }, { ATTRIBUTE_TENANTS, offsetof(struct rule, tenants) },
};

static const struct texts *texts_of(const struct rule *r, const struct kind *kind)
{
    return (const struct texts *)(const void *)((const char *)r + kind->offset);
}

static bool check(void *policy, struct setup *s, struct problems *problems)
{
    struct deployments_policy *p = policy;
    struct rule *rules = p->rules.at;
    bool ok = true;
    for (size_t i = 0; i < p->rules.count; i++) {
        struct rule *r = &rules[i];
        size_t named = r->anyone;
        for (size_t k = 0; k < ARRAY_LEN(KINDS); k++)
            named += texts_of(r, &KINDS[k])->count;
        if (!named) {
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
    static const struct texts NOTHING = { 0 };
    bool named = false;
    for (size_t i = 0; i < r->deployments.count && !named; i++)
        named = str_eq(r->keys[i], deployment);
    for (size_t k = 0; k < ARRAY_LEN(KINDS) && named; k++) {
        struct str room;
        struct strs list = attribute_of(c, KINDS[k].attribute, &room);
        named = attribute_fits(&list, texts_of(r, &KINDS[k]), &NOTHING);
    }
    return named;
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
