/* except.c - exemptions, in the words of `authorise`. */
#include "filters/limit/except.h"

#include "filters/authorise/attributes.h"

#define ROWS(are)                                                                                                      \
    SETTING(struct except, roles, SET_TEXTS, .max = 100, .example = "[Models.Batch]",                                  \
            .about = "callers with one of these roles " are),                                                          \
    SETTING(struct except, scopes, SET_TEXTS, .max = 100, .about = "callers with one of these scopes " are),           \
    SETTING(struct except, groups, SET_TEXTS, .max = 100, .about = "callers in one of these groups " are),             \
    SETTING(struct except, apps, SET_TEXTS, .max = 1000, .about = "callers through these applications " are),          \
    SETTING(struct except, subjects, SET_TEXTS, .max = 1000, .example = "[nightly-evaluation]",                        \
            .about = "these callers " are),                                                                            \
    SETTING(struct except, tenants, SET_TEXTS, .max = 1000, .about = "callers of these tenants " are),                 \
    SETTING(struct except, networks, SET_TEXTS, .max = 1000, .example = "[10.1.0.0/16]",                               \
            .about = "callers from these networks " are),                                                              \
    SETTINGS_END

const struct setting EXCEPT_SETTINGS[] = { ROWS("are not counted") };
const struct setting ONLY_SETTINGS[] = { ROWS("are counted") };

static const struct kind {
    enum attribute attribute;
    size_t offset;
} KINDS[] = {
    { ATTRIBUTE_ROLES, offsetof(struct except, roles) },       { ATTRIBUTE_SCOPES, offsetof(struct except, scopes) },
    { ATTRIBUTE_GROUPS, offsetof(struct except, groups) },     { ATTRIBUTE_APPS, offsetof(struct except, apps) },
    { ATTRIBUTE_SUBJECTS, offsetof(struct except, subjects) }, { ATTRIBUTE_TENANTS, offsetof(struct except, tenants) },
};

bool except_check(struct except *e, struct setup *s, struct problems *problems)
{
    bool ok = (e->nets = arena_array(&s->arena, struct cidr, e->networks.count + 1)) != NULL;
    for (size_t i = 0; ok && i < e->networks.count; i++)
        if (!cidr_parse(e->networks.at[i], &e->nets[i])) {
            problem(problems, e->networks.spans[i], "\"" STR_F "\" is no network such as 10.0.0.0/8",
                    STR_A(e->networks.at[i]));
            ok = false;
        }
    return ok;
}

static const struct texts *list_of(const struct except *e, const struct kind *kind)
{
    return (const struct texts *)(const void *)((const char *)e + kind->offset);
}

bool except_is_empty(const struct except *e)
{
    size_t n = e->networks.count;
    for (size_t i = 0; i < ARRAY_LEN(KINDS); i++)
        n += list_of(e, &KINDS[i])->count;
    return n == 0;
}

bool except_has(const struct except *e, const struct exchange *x)
{
    static const struct texts none = { 0 };
    for (size_t i = 0; x->caller && i < ARRAY_LEN(KINDS); i++) {
        const struct texts *any = list_of(e, &KINDS[i]);
        struct str room;
        if (!any->count)
            continue;
        struct strs has = attribute_of(x->caller, KINDS[i].attribute, &room);
        if (attribute_fits(&has, any, &none))
            return true;
    }
    for (size_t i = 0; i < e->networks.count; i++)
        if (!x->peer->is_unix && cidr_has(&e->nets[i], &x->peer->address))
            return true;
    return false;
}
