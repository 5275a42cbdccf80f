/* issuer.h - the section `issuers`: who signs tokens that are taken here, and by which rules.
 *
 * An issuer has one authority, or two when it is Entra: tokens of version 2 and of version 1 have different `iss` and
 * different key documents, whichever endpoint the client used (azure.md §1.1). */
#ifndef AUTHENTICATE_ISSUER_H
#define AUTHENTICATE_ISSUER_H

#include "certs/alg.h"
#include "proxy/core/setup.h"

struct issuer_keys;

/* Where generic providers put what; names, or paths with points. */
struct claim_names {
    struct str subject, tenant, app, name, roles, scopes, groups;
};

struct entra_settings {
    struct str tenant;                  /* a GUID, "organizations" or "common" */
    struct texts tenants;               /* allowed when `tenant` is not a GUID */
    struct str authority, v1_authority; /* URLs without a trailing slash */
    struct str application;             /* whose own signing keys are asked for; at == NULL without */
    struct texts apps_without_role;
    bool insecure_any_tenant, insecure_apps_without_role;
};

struct authority {
    struct str issuer;        /* `iss`, perhaps with "{tenantid}" */
    struct str discovery_url; /* empty when the keys' URL or file is given */
    unsigned shelf[2];        /* of the discovery document and of the keys */
    struct issuer_keys *keys; /* the worker's */
};

enum { AUTHORITY_ONLY = 0, AUTHORITY_V2 = 0, AUTHORITY_V1 = 1 };

struct issuer {
    struct name name;
    struct str issuer, discovery_url, jwks_url, keys_file, ca_file;
    struct entra_settings *entra;
    struct texts audience, key_hosts;
    uint64_t algorithms; /* bit set over enum alg */
    uint64_t skew_ms, max_lifetime_ms, token_bytes, refresh_ms, cool_down_ms, stale_ms;
    bool insecure_any_audience;
    struct claim_names claims;
    /* derived by the check */
    struct authority authorities[2];
    size_t authorities_count;
    struct str keys_document; /* of keys_file, read by the supervisor */
    unsigned opened;          /* filters of this worker that use it */
};

extern const struct section_kind section_issuers;

/* For the worker: its keys are there, and fetched, between the first open and the last close. */
bool issuer_open(struct issuer *issuer, struct world *world) MUST_USE;
void issuer_close(struct issuer *issuer);

/* Which of its authorities says so of itself? NULL: it is not this issuer's token. */
struct authority *issuer_authority(struct issuer *issuer, struct str iss, struct str tid);

#endif
