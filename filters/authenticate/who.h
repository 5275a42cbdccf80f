/* who.h - claims become a caller: generic providers by the configured names, Entra by its own rules. */
#ifndef AUTHENTICATE_WHO_H
#define AUTHENTICATE_WHO_H

#include "filters/authenticate/claims.h"
#include "proxy/core/caller.h"

/* What a caller will be made of: views into the payload and the exchange's arena. */
struct who {
    struct str subject, tenant, app, name, token_id, app_auth;
    struct strs roles, scopes, groups, contexts;
    bool is_app, groups_unknown, takes_claims_challenge;
};

/* Rules that belong to the provider. False with a constant in *why. `forbidden` tells a token that is genuine as far as
 * it goes, but lets nobody in: an application without a role. */
bool who_generic(const struct claims *c, const struct issuer *i, struct arena *a, struct who *out,
                 const char **why) MUST_USE;
bool who_entra(const struct claims *c, const struct issuer *i, const struct authority *authority, struct arena *a,
               struct who *out, bool *forbidden, const char **why) MUST_USE;

/* A caller of its own memory, as large as need be. NULL without memory. */
struct caller *who_caller(const struct who *w, const struct issuer *i, uint64_t exp);

#endif
