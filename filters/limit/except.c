/* except.c - exemptions, in the words of `authorise`. */
#include "filters/limit/except.h"

#define ROWS(are)                                                                                                      \
    SETTING_AS("roles", struct except, who.of[ATTRIBUTE_ROLES], SET_TEXTS, .max = 100, .example = "[Models.Batch]",    \
               .about = "callers with one of these roles " are),                                                       \
        SETTING_AS("scopes", struct except, who.of[ATTRIBUTE_SCOPES], SET_TEXTS, .max = 100,                           \
                   .about = "callers with one of these scopes " are),                                                  \
        SETTING_AS("groups", struct except, who.of[ATTRIBUTE_GROUPS], SET_TEXTS, .max = 100,                           \
                   .about = "callers in one of these groups " are),                                                    \
        SETTING_AS("apps", struct except, who.of[ATTRIBUTE_APPS], SET_TEXTS, .max = 1000,                              \
                   .about = "callers through these applications " are),                                                \
        SETTING_AS("subjects", struct except, who.of[ATTRIBUTE_SUBJECTS], SET_TEXTS, .max = 1000,                      \
                   .example = "[nightly-evaluation]", .about = "these callers " are),                                  \
        SETTING_AS("tenants", struct except, who.of[ATTRIBUTE_TENANTS], SET_TEXTS, .max = 1000,                        \
                   .about = "callers of these tenants " are),                                                          \
        SETTING(struct except, networks, SET_TEXTS, .max = 1000, .example = "[10.1.0.0/16]",                           \
                .about = "callers from these networks " are),                                                          \
        SETTINGS_END

const struct setting EXCEPT_SETTINGS[] = { ROWS("are not counted") };
const struct setting ONLY_SETTINGS[] = { ROWS("are counted") };

bool except_check(struct except *e, struct setup *s, struct problems *problems)
{
    return nets_read(&s->arena, &e->networks, NULL, problems, &e->nets);
}

bool except_is_empty(const struct except *e)
{
    return !people_count(&e->who) && !e->networks.count;
}

bool except_has(const struct except *e, const struct exchange *x)
{
    return people_have(&e->who, x->caller) || (!x->peer->is_unix && nets_have(&e->nets, &x->peer->address));
}
