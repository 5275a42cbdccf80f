/* credential.h - where callers put their credentials, and how they are told what was wrong with them.
 *
 * "Not mine" passes on to the next filter of the stage; when a credential was sent and the last filter does not know it
 * either, the exchange ends as bad-credential, which is not the same as none. */
#ifndef AUTHENTICATE_CREDENTIAL_H
#define AUTHENTICATE_CREDENTIAL_H

#include "proxy/core/exchange.h"

enum scheme { SCHEME_NONE, SCHEME_BEARER, SCHEME_MTLS_POP, SCHEME_OTHER };

/* Fields besides Authorization that carry keys; what Azure's and API Management's clients send. */
enum { CREDENTIAL_FIELDS = 3 };
extern const struct str CREDENTIAL_FIELD[CREDENTIAL_FIELDS];

/* The one Authorization field, taken apart. False when there are several: the request is malformed. Never from the
 * query. */
bool credential_authorization(const struct exchange *x, enum scheme *scheme, struct str *value) MUST_USE;

/* What a 401 tells the client (RFC 6750 §3, azure.md §1.7): `parameters` as "realm=\"…\", authorization_uri=\"…\"", may
 * be empty. Kept on the exchange for whoever ends it; `error` NULL when there was no credential. */
void credential_challenge(struct exchange *x, struct str parameters, const char *error);

/* NEXT, or the refusal when this is the last filter of the stage and a credential was sent. `detail`, a literal, is for
 * the journal, which tells the first filter's and the last one's. */
enum verdict credential_not_mine(struct exchange *x, const char *detail);
/* Mine and bad: one answer for all causes. */
enum verdict credential_bad(struct exchange *x, enum reason why, const char *detail);
/* Mine and good: takes over the reference. */
enum verdict credential_good(struct exchange *x, struct caller *caller);

/* The first 16 hexadecimal digits of the credential's SHA-256, for the journal. */
void credential_hash_text(const unsigned char hash[32], char out[17]);

#endif
