/* models.c - which models a caller may use: some for everybody, some for those who bring a role or the like. */
#include "filters/authorise/attributes.h"

struct grant {
    struct texts models;
    struct people who;
};

struct models_policy {
    struct texts any;
    struct blocks grants;
};

static const struct setting GRANT[] = {
    SETTING(struct grant, models, SET_TEXTS, .required = true, .min = 1, .example = "[gpt-4o, o3]",
            .about = "names of models or deployments"),
    SETTING_AS("roles", struct grant, who.of[ATTRIBUTE_ROLES], SET_TEXTS, .example = "[Models.Premium]",
               .about = "app roles, one of which is needed"),
    SETTING_AS("scopes", struct grant, who.of[ATTRIBUTE_SCOPES], SET_TEXTS, .example = "[models.read]",
               .about = "scopes, one of which is needed"),
    SETTING_AS("groups", struct grant, who.of[ATTRIBUTE_GROUPS], SET_TEXTS,
               .example = "[11111111-2222-3333-4444-555555555555]", .about = "group ids, one of which is needed"),
    SETTING_AS("apps", struct grant, who.of[ATTRIBUTE_APPS], SET_TEXTS,
               .example = "[66666666-7777-8888-9999-000000000000]", .about = "client ids, one of which is needed"),
    SETTING_AS("subjects", struct grant, who.of[ATTRIBUTE_SUBJECTS], SET_TEXTS, .example = "[build-agent]",
               .about = "callers, by their stable identity"),
    SETTING_AS("tenants", struct grant, who.of[ATTRIBUTE_TENANTS], SET_TEXTS,
               .example = "[11111111-2222-3333-4444-555555555555]", .about = "tenant ids, one of which is needed"),
    SETTINGS_END,
};

static const struct setting SETTINGS[] = {
    SETTING(struct models_policy, any, SET_TEXTS, .example = "[gpt-4o-mini]",
            .about = "models or deployments that every caller of the route may use"),
    SETTING(struct models_policy, grants, SET_BLOCKS, .block = GRANT, .block_size = sizeof(struct grant),
            .example = "[ { models: [gpt-4o], roles: [Models.Premium] } ]",
            .about = "further models for callers who fit every condition that is named"),
    SETTINGS_END,
};

static bool normalise(struct texts *models, struct arena *a, struct problems *problems)
{
    bool ok = true;
    for (size_t i = 0; i < models->count; i++) {
        if (model_normalise(a, models->at[i], false, &models->at[i]))
            continue;
        problem(problems, models->spans[i], "\"" STR_F "\" cannot be the name of a model", STR_A(models->at[i]));
        ok = false;
    }
    return ok;
}

static bool check(void *policy, struct setup *setup, struct problems *problems)
{
    struct models_policy *p = policy;
    struct grant *grants = p->grants.at;
    bool ok = normalise(&p->any, &setup->arena, problems);
    for (size_t i = 0; i < p->grants.count; i++) {
        ok = normalise(&grants[i].models, &setup->arena, problems) && ok;
        if (people_count(&grants[i].who) || !grants[i].models.count)
            continue;
        problem(problems, grants[i].models.spans[0], "a grant without a condition is for everybody");
        problem_hint(problems, "name these models under \"any\"");
        ok = false;
    }
    return ok;
}

static bool has(const struct texts *list, struct str name)
{
    for (size_t i = 0; i < list->count; i++)
        if (str_eq(list->at[i], name))
            return true;
    return false;
}

static bool may_use(const struct models_policy *p, const struct caller *who, struct str model)
{
    const struct grant *grants = p->grants.at;
    if (has(&p->any, model))
        return true;
    for (size_t i = 0; i < p->grants.count; i++)
        if (has(&grants[i].models, model) && people_fit(&grants[i].who, who))
            return true;
    return false;
}

static void add_shown(struct strs *shown, const struct strs *before, const struct texts *models)
{
    for (size_t i = 0; i < models->count; i++)
        if (!strs_has(shown, models->at[i]) && (!before || strs_has(before, models->at[i])))
            shown->at[shown->count++] = models->at[i];
}

/* For the list of models: those that this caller may use, of those that an earlier filter left. */
static enum verdict narrow_list(struct exchange *x, const struct models_policy *p)
{
    const struct grant *grants = p->grants.at;
    const struct strs *before = x->models_limited ? &x->models : NULL;
    struct strs shown = { 0 };
    size_t room = 1 + p->any.count;
    for (size_t i = 0; i < p->grants.count; i++)
        room += grants[i].models.count;
    shown.at = arena_array(&x->arena, struct str, room);
    if (!shown.at)
        return exchange_refuse(x, WHY_OVERLOADED, "no room for the list of models");
    add_shown(&shown, before, &p->any);
    for (size_t i = 0; i < p->grants.count; i++)
        if (people_fit(&grants[i].who, x->caller))
            add_shown(&shown, before, &grants[i].models);
    x->models = shown;
    x->models_limited = true;
    return NEXT;
}

static enum verdict step(struct exchange *x, const void *policy)
{
    const struct models_policy *p = policy;
    if (x->call.operation == OP_MODELS || x->call.operation == OP_MODEL)
        return narrow_list(x, p);
    if (x->call.model_key.len && may_use(p, x->caller, x->call.model_key))
        return NEXT;
    x->rule = STR("models");
    x->param = STR("model");
    if (!x->call.model_key.len)
        return exchange_refuse(x, WHY_MODEL_NOT_ALLOWED, "the request names no model");
    return exchange_refuse(x, WHY_MODEL_NOT_ALLOWED, "model " STR_F " is not granted", STR_A(x->call.model_key));
}

const struct filter filter_models = {
    .name = "models",
    .about =
        "Which models or deployments the caller may use, compared without case. Requests that name none are refused.",
    .seat = STAGE_ADMIT,
    .settings = SETTINGS,
    .policy_size = sizeof(struct models_policy),
    .check = check,
    .step = step,
    .scalar = "any",
};
