/* jose.h - signing, verifying and describing keys for the mock, over OpenSSL and libjwt.
 *
 * Deliberately a second implementation beside certs/: what the gateway verifies here was not signed by
 * the gateway's own code. */
#ifndef MOCK_ISSUER_JOSE_H
#define MOCK_ISSUER_JOSE_H

#include "proxy/base/str.h"

#include <jansson.h>
#include <openssl/evp.h>

struct jose_alg {
    const char *name, *kty, *curve; /* curve: crv of RFC 7518 and 8037, NULL for RSA */
    const char *group;              /* the same curve as OpenSSL calls it */
    const char *digest;             /* NULL: the algorithm brings its own */
    size_t half_bytes;              /* of an ECDSA signature: r and s */
    bool is_pss;
};

/* NULL when the name is unknown. */
const struct jose_alg *jose_alg_find(const char *name);
/* The first algorithm that such a key can sign with by type and curve. */
bool jose_alg_fits(const struct jose_alg *a, const struct jose_alg *b);

/* A new private key of the algorithm's type (RSA: 2048 bits); NULL when OpenSSL has none. */
EVP_PKEY *jose_key_make(const struct jose_alg *alg);
/* kty, n, e, crv, x, y of the public half, as a new JSON object. */
json_t *jose_key_public(const struct jose_alg *alg, EVP_PKEY *key);

/* Compact JWS over the two texts as they stand; malloc'd, NULL on failure. */
char *jose_sign(const struct jose_alg *alg, EVP_PKEY *key, const char *header, const char *claims);
/* The same by libjwt, for plain headers (typ, kid, x5t) and the algorithms that it knows. */
char *jose_sign_libjwt(const char *alg, const char *private_pem, json_t *header, json_t *claims);
/* HMAC-SHA256 with the bytes of `secret` (the forgery that takes a public key for a secret). */
char *jose_sign_hmac(struct str secret, const char *header, const char *claims);
/* header.claims. with an empty signature. */
char *jose_sign_nothing(const char *header, const char *claims);

/* Takes a compact JWS apart; false unless header and claims are JSON objects. New references. */
bool jose_split(struct str token, json_t **header, json_t **claims, struct str *signed_part,
                struct str *signature) MUST_USE;
bool jose_verify(const struct jose_alg *alg, EVP_PKEY *key, struct str signed_part, struct str signature) MUST_USE;

#endif
