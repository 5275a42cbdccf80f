/* entra.c - the rules for tokens of Microsoft Entra ID, chosen by the token's own `ver` (azure.md §1). */
#include "certs/keyset.h"
#include "filters/authenticate/who.h"
#include "proxy/base/ascii.h"

/* The tenant of personal Microsoft accounts: never taken because "any" was meant, only when it is named. */
static const struct str CONSUMERS = STR_INIT("9188040d-6c67-4c5b-b112-36a304b66dad");

static const struct version {
    const char *ver;
    size_t authority;
    struct str app, app_auth;
} VERSIONS[] = {
    { "2.0", AUTHORITY_V2, STR_INIT("azp"), STR_INIT("azpacr") },
    { "1.0", AUTHORITY_V1, STR_INIT("appid"), STR_INIT("appidacr") },
};

static bool listed(const struct texts *list, struct str s)
{
    return str_is_one_of_nocase(s, list->at, list->count);
}

static bool tenant_is_allowed(const struct entra_settings *e, struct str tid)
{
    if (ascii_is_guid(e->tenant))
        return str_eq_nocase(e->tenant, tid);
    if (e->tenants.count)
        return listed(&e->tenants, tid);
    return e->insecure_any_tenant && !str_eq_nocase(tid, CONSUMERS);
}

/* More groups than fit: they are missing, which does not mean that there are none. */
static bool has_overage(const struct claims *c)
{
    uint32_t names = jsonx_member(&c->json, 0, STR("_claim_names"));
    uint32_t has = jsonx_member(&c->json, 0, STR("hasgroups"));
    return jsonx_member(&c->json, names, STR("groups")) != JSONX_NO_NODE ||
           (has != JSONX_NO_NODE && !jsonx_is(&c->json, has, JSONX_FALSE));
}

/* Client capabilities (`xms_cc`) are compared without case. */
static bool takes_challenges(const struct claims *c, struct arena *a, bool *takes)
{
    struct strs capabilities;
    if (!claims_strings(c, STR("xms_cc"), true, a, &capabilities))
        return false;
    for (size_t i = 0; i < capabilities.count; i++)
        *takes |= str_eq_nocase(capabilities.at[i], STR("cp1"));
    return true;
}

static bool read_lists(const struct claims *c, struct arena *a, struct who *w)
{
    return claims_strings(c, STR("roles"), false, a, &w->roles) && claims_strings(c, STR("scp"), true, a, &w->scopes) &&
           claims_strings(c, STR("groups"), false, a, &w->groups) &&
           claims_strings(c, STR("acrs"), true, a, &w->contexts) && takes_challenges(c, a, &w->takes_claims_challenge);
}

/* `idtyp` says it where the API asked for that claim; else a token without scopes whose sub is its oid is an
 * application's. */
static bool is_app_only(const struct claims *c, struct str idtyp, struct str oid, const struct who *w)
{
    if (idtyp.len)
        return str_eq(idtyp, STR("app"));
    return !w->scopes.count && str_eq(c->sub, oid);
}

bool who_entra(const struct claims *c, const struct issuer *i, const struct authority *authority, struct arena *a,
               struct who *w, bool *forbidden, const char **why)
{
    const struct entra_settings *e = i->entra;
    const struct version *version = NULL;
    struct str ver, oid, idtyp;
    *w = (struct who){ .tenant = c->tid };
    *why = "ver is neither 1.0 nor 2.0";
    if (!claims_string(c, STR("ver"), a, &ver))
        return false;
    for (size_t n = 0; n < ARRAY_LEN(VERSIONS); n++)
        if (str_eq(ver, str_c(VERSIONS[n].ver)))
            version = &VERSIONS[n];
    if (!version)
        return false;
    *why = "ver and iss do not go together";
    if (authority != &i->authorities[version->authority])
        return false;
    *why = "tid is no tenant's id";
    if (!ascii_is_guid(c->tid))
        return false;
    *why = "the tenant is not among those allowed";
    if (!tenant_is_allowed(e, c->tid))
        return false;
    *why = "a claim is of the wrong type";
    if (!claims_string(c, STR("oid"), a, &oid) || !claims_string(c, STR("idtyp"), a, &idtyp) ||
        !claims_string(c, version->app, a, &w->app) || !claims_string(c, version->app_auth, a, &w->app_auth) ||
        !claims_string(c, STR("uti"), a, &w->token_id) || !read_lists(c, a, w))
        return false;
    static const struct str NAMES[] = { STR_INIT("preferred_username"), STR_INIT("upn"), STR_INIT("unique_name") };
    for (size_t n = 0; n < ARRAY_LEN(NAMES) && !w->name.len; n++)
        if (!claims_string(c, NAMES[n], a, &w->name))
            return false;
    *why = "oid is missing or no object's id";
    if (!ascii_is_guid(oid))
        return false;
    w->subject = oid;
    w->is_app = is_app_only(c, idtyp, oid, w);
    w->groups_unknown = has_overage(c);
    *forbidden = true;
    /* Any application of the tenant can get a token for any API in it: only an assigned role means anything (azure.md
     * §1.1). */
    *why = "an app-only token without a role";
    if (w->is_app && !w->roles.count && !e->insecure_apps_without_role &&
        !(w->app.len && listed(&e->apps_without_role, w->app)))
        return false;
    *why = "a user's token with neither scope nor role";
    if (!w->is_app && !w->scopes.count && !w->roles.count)
        return false;
    *forbidden = false;
    return true;
}
