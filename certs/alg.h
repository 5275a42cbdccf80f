/* alg.h - the signature algorithms that are known here (RFC 7518 §3, RFC 8037), and sets of them. */
#ifndef CERTS_ALG_H
#define CERTS_ALG_H

#include "proxy/base/str.h"

#include <openssl/evp.h>

enum alg {
    ALG_RS256,
    ALG_RS384,
    ALG_RS512,
    ALG_PS256,
    ALG_PS384,
    ALG_PS512,
    ALG_ES256,
    ALG_ES384,
    ALG_ES512,
    ALG_EDDSA,
    ALG_HS256,
    ALG_HS384,
    ALG_HS512,
    ALG_COUNT,
};

enum alg_family { FAMILY_RSA, FAMILY_RSA_PSS, FAMILY_ECDSA, FAMILY_EDDSA, FAMILY_HMAC };

struct alg_row {
    const char *name;
    enum alg_family family;
    const char *digest; /* NULL for EdDSA, which has its own */
    size_t digest_bytes;
    size_t signature_bytes; /* where the algorithm alone says it; 0 where the key does */
    const char *curve;      /* of ECDSA, which is bound to one (RFC 7518 §3.4) */
};
extern const struct alg_row ALGS[ALG_COUNT];

/* A set of algorithms: ALG_BIT(ALG_RS256) | ALG_BIT(ALG_ES256). */
#define ALG_BIT(alg)    (1u << (alg))
#define ALGS_SYMMETRIC  (ALG_BIT(ALG_HS256) | ALG_BIT(ALG_HS384) | ALG_BIT(ALG_HS512))
#define ALGS_ALL        (ALG_BIT(ALG_COUNT) - 1)
#define ALGS_ASYMMETRIC (ALGS_ALL & ~ALGS_SYMMETRIC)
#define ALGS_RSA        (ALG_BIT(ALG_PS512 + 1) - 1)

/* Names are compared byte by byte (RFC 7515 §4.1.1); "none" is none of them. */
bool alg_parse(struct str name, enum alg *out) MUST_USE;

/* The digest, fetched once in a process; NULL for EdDSA or when OpenSSL has none of that name. */
const EVP_MD *alg_digest(enum alg alg);

#endif
