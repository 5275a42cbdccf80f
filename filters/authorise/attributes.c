/* attributes.c - roles, scopes, groups, apps, subjects and tenants: one rule, six attributes of the caller.
 *
 * Every filter of the stage must let the caller pass; inside one, any of `any` will do and all of `all` are needed. */
#include "filters/authorise/attributes.h"

static bool same(struct str a, struct str b)
{
    /* Ids of Entra are GUIDs, which people write in either case. */
    return str_eq(a, b) || (a.len == 36 && str_eq_nocase(a, b));
}

static bool has(const struct strs *list, struct str wanted)
{
    for (size_t i = 0; i < list->count; i++)
        if (same(list->at[i], wanted))
            return true;
    return false;
}

/* One of `any`, if there are some, and all of `all`. */
static bool attribute_fits(const struct strs *has_list, const struct texts *any, const struct texts *all)
{
    bool fits = any->count == 0;
    for (size_t i = 0; i < any->count && !fits; i++)
        fits = has(has_list, any->at[i]);
    for (size_t i = 0; i < all->count && fits; i++)
        fits = has(has_list, all->at[i]);
    return fits;
}

/* The caller's list; `room` holds it when it is a single value, and must live as long. */
static struct strs attribute_of(const struct caller *c, enum attribute attribute, struct str *room)
{
    const struct strs one = { room, 1 };
    switch (attribute) {
    case ATTRIBUTE_ROLES:
        return c->roles;
    case ATTRIBUTE_SCOPES:
        return c->scopes;
    case ATTRIBUTE_GROUPS:
        return c->groups;
    case ATTRIBUTE_APPS:
        *room = c->app;
        break;
    case ATTRIBUTE_SUBJECTS:
        *room = c->subject;
        break;
    case ATTRIBUTE_TENANTS:
        *room = c->tenant;
        break;
    case ATTRIBUTES:
        NOTREACHED("no attribute");
    }
    return room->len ? one : (struct strs){ 0 };
}

size_t people_count(const struct people *p)
{
    size_t n = 0;
    for (size_t i = 0; i < ATTRIBUTES; i++)
        n += p->of[i].count;
    return n;
}

bool people_fit(const struct people *p, const struct caller *c)
{
    static const struct texts NOTHING = { 0 };
    for (enum attribute i = 0; c && i < ATTRIBUTES; i++) {
        struct str room;
        struct strs list = attribute_of(c, i, &room);
        if (!attribute_fits(&list, &p->of[i], &NOTHING))
            return false;
    }
    return c != NULL;
}

bool people_have(const struct people *p, const struct caller *c)
{
    for (enum attribute i = 0; c && i < ATTRIBUTES; i++) {
        struct str room;
        struct strs list = attribute_of(c, i, &room);
        for (size_t k = 0; k < p->of[i].count; k++)
            if (has(&list, p->of[i].at[k]))
                return true;
    }
    return false;
}

/* ---- the filters ---- */

struct list_policy {
    struct texts any, all;
};

static const struct setting LIST_SETTINGS[] = {
    SETTING(struct list_policy, any, SET_TEXTS, .max = 1000, .about = "One of these is enough."),
    SETTING(struct list_policy, all, SET_TEXTS, .max = 1000, .about = "All of these are needed."),
    SETTINGS_END,
};
static const struct setting ONE_SETTINGS[] = {
    SETTING(struct list_policy, any, SET_TEXTS, .required = true, .min = 1, .max = 1000, .about = "Those that may."),
    SETTINGS_END,
};

static bool check(void *policy, struct setup *s, struct problems *problems)
{
    const struct list_policy *p = policy;
    (void)s;
    if (p->any.count || p->all.count)
        return true;
    problem(problems, (struct span){ 0 }, "a rule of `authorise` names nothing: it would let everybody in");
    return false;
}

/* RFC 6750 §3.1: which scopes would do. */
static void tell_scopes(struct exchange *x, const struct list_policy *p)
{
    struct buf b;
    buf_init(&b, 2048);
    const struct texts *list = p->all.count ? &p->all : &p->any;
    bool ok = buf_add(&b, STR("Bearer error=\"insufficient_scope\", scope=\""));
    for (size_t i = 0; i < list->count && ok; i++) {
        for (size_t k = 0; k < list->at[i].len; k++)
            ok = ok && (unsigned char)list->at[i].at[k] > ' ' && (unsigned char)list->at[i].at[k] < 0x7f &&
                 list->at[i].at[k] != '"' && list->at[i].at[k] != '\\';
        ok = ok && (i == 0 || buf_add(&b, STR(" "))) && buf_add(&b, list->at[i]);
    }
    if (ok && buf_add(&b, STR("\""))) {
        struct str copy = arena_copy(&x->arena, buf_str(&b));
        x->challenge = copy.at ? copy : STR_NONE;
    }
    buf_finish(&b);
}

static enum verdict judge(struct exchange *x, const struct list_policy *p, enum attribute attribute, const char *word)
{
    struct str room;
    if (!x->caller)
        return exchange_refuse(x, WHY_NOT_ALLOWED, "nobody was proven to be calling");
    struct strs list = attribute_of(x->caller, attribute, &room);
    if (attribute_fits(&list, &p->any, &p->all))
        return NEXT;
    if (attribute == ATTRIBUTE_GROUPS && x->caller->groups_unknown)
        return exchange_refuse(x, WHY_NOT_ALLOWED, "groups overage: the token does not say which groups");
    if (attribute == ATTRIBUTE_SCOPES)
        tell_scopes(x, p);
    return exchange_refuse(x, WHY_NOT_ALLOWED, "none of the %s that are needed", word);
}

/* FILTER(word, ATTRIBUTE, rows, about) */
#define ATTRIBUTE_FILTERS(FILTER)                                                                                      \
    FILTER(roles, ROLES, LIST_SETTINGS, "Callers with these roles, as the token, key or certificate rule gives them.") \
    FILTER(scopes, SCOPES, LIST_SETTINGS, "Callers whose token was given these scopes by a user.")                     \
    FILTER(groups, GROUPS, LIST_SETTINGS, "Callers in these groups; a token with too many groups to list is refused.") \
    FILTER(apps, APPS, ONE_SETTINGS, "Callers through these client applications.")                                     \
    FILTER(subjects, SUBJECTS, ONE_SETTINGS, "These callers: Entra object ids, `sub`, names of keys, certificates.")   \
    FILTER(tenants, TENANTS, ONE_SETTINGS, "Callers of these tenants.")

#define FILTER(word, ATTRIBUTE, rows, about_)                                                                          \
    static enum verdict word##_step(struct exchange *x, const void *policy)                                            \
    {                                                                                                                  \
        return judge(x, policy, ATTRIBUTE_##ATTRIBUTE, #word);                                                         \
    }                                                                                                                  \
    const struct filter filter_##word = { .name = #word,                                                               \
                                          .about = about_,                                                             \
                                          .seat = STAGE_AUTHORISE,                                                     \
                                          .settings = rows,                                                            \
                                          .policy_size = sizeof(struct list_policy),                                   \
                                          .check = check,                                                              \
                                          .step = word##_step,                                                         \
                                          .scalar = "any" };
ATTRIBUTE_FILTERS(FILTER)
#undef FILTER
