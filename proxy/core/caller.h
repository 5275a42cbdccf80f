/* caller.h - who was proven to be calling. Made by authenticate filters, read by everybody after them.
 *
 * Counted, not copied: a remembered token's caller lives in a cache and in every exchange that uses it. */
#ifndef CORE_CALLER_H
#define CORE_CALLER_H

#include "proxy/base/arena.h"

enum caller_kind { CALLER_NONE, CALLER_TOKEN, CALLER_KEY, CALLER_CERTIFICATE };

enum { CALLER_BY_MAX = 5 };

struct strs {
    struct str *at;
    size_t count;
};

struct caller {
    enum caller_kind kind;
    struct str issuer;   /* its name in the configuration; empty for keys and certificates */
    struct str subject;  /* stable identity: Entra `oid` (with tenant), else `sub`, key's name, certificate's subject */
    struct str tenant;   /* `tid`, or empty */
    struct str app;      /* `azp`, `appid` or `client_id`, or empty */
    struct str name;     /* for people only; never compared */
    struct str token_id; /* `uti` or `jti`, or empty */
    struct strs roles, scopes, groups, contexts; /* contexts: `acrs` */
    struct str app_auth; /* `azpacr`/`appidacr`: "0" public, "1" secret, "2" certificate; or empty */
    bool is_app;         /* app-only token */
    bool groups_unknown; /* groups overage: an absent group means nothing */
    bool takes_claims_challenge; /* `xms_cc` has cp1 */
    char token_hash[17]; /* first 16 hexadecimal digits of SHA-256 of the credential, for the journal */
    int64_t expires_s;   /* wall time; INT64_MAX without */
    struct str by[CALLER_BY_MAX]; /* as parts of limits' keys, made when first asked for (filters/limit/by.c); at == NULL: not yet */
    struct arena arena;  /* holds all of the above; owned */
    unsigned refs;
};

/* A caller with one reference and an arena of `ceiling_bytes`; NULL without memory. */
struct caller *caller_new(size_t ceiling_bytes);
struct caller *caller_ref(struct caller *c);
void caller_unref(struct caller *c); /* NULL is fine */

bool strs_has(const struct strs *list, struct str s);
/* Texts and all; false at the arena's ceiling. */
bool strs_copy(struct arena *a, const struct str *from, size_t count, struct strs *to) MUST_USE;

#endif
