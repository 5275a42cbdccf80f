/* except.c - exemptions, in the words of `authorise`. */
#include "filters/limit/except.h"

#include "filters/authorise/attributes.h"

const struct setting EXCEPT_SETTINGS[] = {
    SETTING(struct except, roles, SET_TEXTS, .max = 100, .example = "[Models.Unlimited]",
            .about = "callers with one of these roles are not counted"),
    SETTING(struct except, scopes, SET_TEXTS, .max = 100, .about = "callers with one of these scopes are not counted"),
    SETTING(struct except, groups, SET_TEXTS, .max = 100, .about = "callers in one of these groups are not counted"),
    SETTING(struct except, apps, SET_TEXTS, .max = 1000, .about = "callers through these applications are not counted"),
    SETTING(struct except, subjects, SET_TEXTS, .max = 1000, .example = "[nightly-evaluation]",
            .about = "these callers are not counted"),
    SETTING(struct except, tenants, SET_TEXTS, .max = 1000, .about = "callers of these tenants are not counted"),
    SETTING(struct except, networks, SET_TEXTS, .max = 1000, .example = "[10.1.0.0/16]",
            .about = "callers from these networks are not counted"),
    SETTINGS_END,
};

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

bool except_has(const struct except *e, const struct exchange *x)
{
    static const struct texts none = { 0 };
    for (size_t i = 0; x->caller && i < ARRAY_LEN(KINDS); i++) {
        const struct texts *any = (const struct texts *)(const void *)((const char *)e + KINDS[i].offset);
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
