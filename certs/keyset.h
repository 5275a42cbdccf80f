/* keyset.h - the public keys of one issuer, and when to ask for them again. No sockets, no clock: times are told.
 *
 * - begin: keyset_due says which URL to fetch now, at most one at a time; first the discovery document, then the keys
 * - answer: keyset_took or keyset_failed; after a discovery document keyset_due has the next URL at once
 * - then: every hour (±10 %), and when a token names a kid that is not there, though not within five minutes of the
 *   last success (Microsoft's "signing key rollover"; no kid is remembered, so that nobody fills the memory)
 * - outage: tries come 1 s, 2 s, 4 s … 60 s apart, or as Retry-After says; the old keys serve until they are 24 h old,
 *   then there are none, which is our failure (503) and not the caller's (401)
 *
 * A new document replaces the old keys whole. A document that cannot be read is a failure and replaces nothing. */
#ifndef CERTS_KEYSET_H
#define CERTS_KEYSET_H

#include "certs/jwks.h"

struct keyset;

struct keyset_settings {
    struct str issuer;        /* `iss` exactly; may hold Entra's "{tenantid}" in any case */
    struct str discovery_url; /* of the OpenID configuration; empty when jwks_url is given */
    struct str jwks_url;      /* given: nothing is discovered */
    const struct str *hosts;  /* hosts that jwks_uri may have, beside the issuer's and the discovery URL's own */
    size_t hosts_count;
    uint64_t refresh_ms;   /* 0: 1 h */
    uint64_t cool_down_ms; /* 0: 5 min */
    uint64_t stale_ms;     /* 0: 24 h */
    uint64_t seed;         /* of the jitter */
};

/* Everything is copied. NULL without memory. */
struct keyset *keyset_new(const struct keyset_settings *settings) MUST_USE;
void keyset_free(struct keyset *k); /* NULL is fine */

/* Keys from a file: they are never due and never stale. NULL with a constant sentence part in *why. */
struct keyset *keyset_fixed(struct str issuer, struct str document, const char **why) MUST_USE;

/* Which URL to fetch now (GET, at most JWKS_BYTES_MAX of answer); at == NULL when nothing is due, or a fetch is under
 * way. An answer marks the fetch as begun: it must end in keyset_took or keyset_failed. Valid until then. */
struct str keyset_due(struct keyset *k, uint64_t now_ms);
/* A whole answer with status 200 that was fetched `age_ms` ago: keys are as old as that, a failure is of now. Complaints are kept
 * for keyset_trouble. True when keys were replaced. */
bool keyset_took(struct keyset *k, uint64_t now_ms, uint64_t age_ms, struct str document);
/* Anything else. `retry_after_ms`: 0 when the server named none; clamped to an hour. `why` is a constant. */
void keyset_failed(struct keyset *k, uint64_t now_ms, uint64_t retry_after_ms, const char *why);
/* When keyset_due may next have an answer by itself; UINT64_MAX while a fetch is under way, or for fixed keys. */
uint64_t keyset_next_ms(const struct keyset *k);

enum keyset_answer {
    KEYSET_FOUND,   /* *key is it, until the next keyset_took */
    KEYSET_UNKNOWN, /* there is no such key: the token is bad */
    KEYSET_ASK,     /* a fetch, due now or under way, may bring it: ask again after it */
    KEYSET_NO_KEYS, /* there are no keys to judge by: our failure */
};
/* Asking for an unknown kid makes a refresh due, when the cool-down has passed. */
enum keyset_answer keyset_find(struct keyset *k, uint64_t now_ms, struct str kid, enum alg alg,
                               struct key **key) MUST_USE;

/* Does the key sign for this issuer? Its own `issuer`, where it has one, must be `iss`, with `tid` in the place of
 * "{tenantid}" (azure.md §1.3). */
bool key_signs_for(const struct key *key, struct str iss, struct str tid);
/* Is `iss` the issuer `pattern`, with `tid` (a GUID) in the place of "{tenantid}"? */
bool issuer_is(struct str pattern, struct str tid, struct str iss);

/* For the log and readiness. */
bool keyset_has_keys(const struct keyset *k, uint64_t now_ms);
const char *keyset_trouble(const struct keyset *k); /* why the last fetch brought nothing; NULL when it did */
size_t keyset_count(const struct keyset *k);
/* Counts successful replacements: remembered tokens of an older generation were verified by older keys. */
uint64_t keyset_generation(const struct keyset *k);

#endif
