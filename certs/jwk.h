/* jwk.h - a JSON Web Key (RFC 7517) becomes a key that verifies signatures, or is refused with a reason.
 *
 * What a key may be used for is pinned here, from its own members: kty and crv name the algorithms that fit, `alg`
 * narrows them to one, `use` must be "sig" and `key_ops` must have "verify" where they are present. Refused besides:
 * RSA below 2048 or above 8192 bits, even moduli, exponents below 3 or even or above 64 bits, keys of the ROCA
 * weakness, points off their curve, coordinates of another length than the curve's (RFC 7518 §6.2.1.2).
 *
 * Private members: a public key document that has them has given its private key away, so JWK_OF_ISSUER refuses such a
 * key; JWK_ANY (test vectors, the development issuer) overlooks them. Symmetric keys (oct) are read by JWK_ANY only:
 * who can verify with one can also sign with it, so an issuer has none. `x5c` and `x5t` are not read at all. */
#ifndef CERTS_JWK_H
#define CERTS_JWK_H

#include "certs/alg.h"
#include "proxy/base/secret.h"

struct json_t; /* jansson's */

struct key {
    EVP_PKEY *pkey;               /* owned; NULL for a symmetric key */
    struct secret secret;         /* of a symmetric key; owned */
    EVP_PKEY_CTX *ctx[ALG_COUNT]; /* owned; made when first needed, for the worker's one thread */
    unsigned algs;                /* what it may verify: a set */
    size_t signature_bytes;       /* of RSA: the modulus'; of EdDSA: the curve's */
    struct str kid;               /* owned; empty without */
    struct str issuer;            /* owned; Entra's per-key `issuer`, may hold "{tenantid}"; empty without */
};

enum jwk_from { JWK_OF_ISSUER, JWK_ANY };

enum { JWK_KID_MAX = 1024 };

/* NULL with a constant sentence part in *why. */
struct key *jwk_read(const struct json_t *jwk, enum jwk_from from, const char **why) MUST_USE;
void key_free(struct key *key); /* NULL is fine */

#endif
