/* who.c - claims of generic providers, and the caller as one exact piece of memory. */
#include "filters/authenticate/who.h"

enum { CALLER_SLACK = 256, FIELD_MAX = 2048, SMALL_BYTES = 2048, PIECES_BYTES = 64 * 1024 };

static bool first_string(const struct claims *c, const struct str *names, size_t n, struct arena *a, struct str *out)
{
    *out = STR("");
    for (size_t i = 0; i < n && !out->len; i++)
        if (!claims_string(c, names[i], a, out))
            return false;
    return true;
}

static bool first_strings(const struct claims *c, const struct str *names, size_t n, struct arena *a, struct strs *out)
{
    *out = (struct strs){ 0 };
    for (size_t i = 0; i < n && !out->count; i++)
        if (!claims_strings(c, names[i], true, a, out))
            return false;
    return true;
}

bool who_generic(const struct claims *c, const struct issuer *i, struct arena *a, struct who *w, const char **why)
{
    static const struct str APPS[] = { STR_INIT("azp"), STR_INIT("client_id"), STR_INIT("appid") };
    static const struct str SCOPES[] = { STR_INIT("scp"), STR_INIT("scope") };
    const struct claim_names *n = &i->claims;
    *w = (struct who){ 0 };
    *why = "a claim is of the wrong type";
    if (!claims_string(c, n->subject, a, &w->subject) || !claims_string(c, n->tenant, a, &w->tenant) ||
        !claims_string(c, n->name, a, &w->name) || !claims_string(c, STR("jti"), a, &w->token_id) ||
        !first_string(c, n->app.len ? &n->app : APPS, n->app.len ? 1 : ARRAY_LEN(APPS), a, &w->app) ||
        !first_strings(c, n->scopes.len ? &n->scopes : SCOPES, n->scopes.len ? 1 : ARRAY_LEN(SCOPES), a, &w->scopes) ||
        !claims_strings(c, n->roles, false, a, &w->roles) || !claims_strings(c, n->groups, false, a, &w->groups))
        return false;
    *why = "the claim of the subject is missing";
    if (!w->subject.len)
        return false;
    w->is_app = str_eq(w->subject, w->app);
    return true;
}

/* ---- the caller ---- */

static size_t size_of_list(const struct strs *list)
{
    size_t n = list->count * sizeof(struct str) + sizeof(max_align_t);
    for (size_t i = 0; i < list->count; i++)
        n += list->at[i].len;
    return n;
}

static bool copy(struct arena *a, struct str from, struct str *to)
{
    *to = arena_copy(a, str_first(from, FIELD_MAX));
    return to->at != NULL && from.len <= FIELD_MAX;
}

struct caller *who_caller(const struct who *w, const struct issuer *i, uint64_t exp)
{
    size_t size = CALLER_SLACK + i->name.text.len + w->subject.len + w->tenant.len + w->app.len + w->name.len +
                  w->token_id.len + w->app_auth.len + size_of_list(&w->roles) + size_of_list(&w->scopes) +
                  size_of_list(&w->groups) + size_of_list(&w->contexts);
    /* A small caller is one piece of exactly that size; a large one lies in several, each of which may leave some room.
     */
    struct caller *c = caller_new(size <= SMALL_BYTES ? size : 2 * size + PIECES_BYTES);
    if (!c)
        return NULL;
    c->kind = CALLER_TOKEN;
    c->is_app = w->is_app;
    c->groups_unknown = w->groups_unknown;
    c->takes_claims_challenge = w->takes_claims_challenge;
    c->expires_s = (int64_t)exp;
    struct arena *a = &c->arena;
    if (copy(a, i->name.text, &c->issuer) && copy(a, w->subject, &c->subject) && copy(a, w->tenant, &c->tenant) &&
        copy(a, w->app, &c->app) && copy(a, w->name, &c->name) && copy(a, w->token_id, &c->token_id) &&
        copy(a, w->app_auth, &c->app_auth) && strs_copy(a, w->roles.at, w->roles.count, &c->roles) &&
        strs_copy(a, w->scopes.at, w->scopes.count, &c->scopes) && strs_copy(a, w->groups.at, w->groups.count, &c->groups) &&
        strs_copy(a, w->contexts.at, w->contexts.count, &c->contexts))
        return c;
    caller_unref(c);
    return NULL;
}
