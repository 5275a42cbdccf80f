/* jwks.h - a document of public keys (RFC 7517 §5), read whole: the keys that can verify, by kid. */
#ifndef CERTS_JWKS_H
#define CERTS_JWKS_H

#include "certs/jwk.h"

enum { JWKS_BYTES_MAX = 256 * 1024, JWKS_KEYS_MAX = 1000 };

struct jwks {
    struct key **keys; /* owned, each of them too */
    uint64_t *kids;    /* owned: hash_str of each key's kid, in the same order */
    size_t count;
    size_t skipped;          /* keys of the document that cannot be used here */
    const char *skipped_why; /* of the last of them; NULL without */
};

/* A key that cannot be used here (for encryption, of an unknown kind) is skipped, as RFC 7517 §5 wants it. Keys that
 * share a kid and an algorithm are all left out, since nobody could say which is meant, and a document that mixes
 * symmetric and public keys is refused whole. NULL with a constant sentence part in *why when the document is none, is
 * too large, has too many keys or no usable one. With JWK_ANY a single key is a document of one. */
struct jwks *jwks_read(struct str text, enum jwk_from from, const char **why) MUST_USE;
void jwks_free(struct jwks *jwks); /* NULL is fine */

/* The key with that kid that may do `alg`. An empty kid finds the only key that may. NULL without one. */
struct key *jwks_find(const struct jwks *jwks, struct str kid, enum alg alg);

#endif
