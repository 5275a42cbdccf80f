/* alg.c - the table of algorithms. */
#include "certs/alg.h"

const struct alg_row ALGS[ALG_COUNT] = {
    /*             name     family          digest    bytes  sig  curve */
    [ALG_RS256] = { "RS256", FAMILY_RSA, "SHA256", 32, 0, NULL },
    [ALG_RS384] = { "RS384", FAMILY_RSA, "SHA384", 48, 0, NULL },
    [ALG_RS512] = { "RS512", FAMILY_RSA, "SHA512", 64, 0, NULL },
    [ALG_PS256] = { "PS256", FAMILY_RSA_PSS, "SHA256", 32, 0, NULL },
    [ALG_PS384] = { "PS384", FAMILY_RSA_PSS, "SHA384", 48, 0, NULL },
    [ALG_PS512] = { "PS512", FAMILY_RSA_PSS, "SHA512", 64, 0, NULL },
    [ALG_ES256] = { "ES256", FAMILY_ECDSA, "SHA256", 32, 64, "P-256" },
    [ALG_ES384] = { "ES384", FAMILY_ECDSA, "SHA384", 48, 96, "P-384" },
    [ALG_ES512] = { "ES512", FAMILY_ECDSA, "SHA512", 64, 132, "P-521" },
    [ALG_EDDSA] = { "EdDSA", FAMILY_EDDSA, NULL, 0, 0, NULL },
    [ALG_HS256] = { "HS256", FAMILY_HMAC, "SHA256", 32, 32, NULL },
    [ALG_HS384] = { "HS384", FAMILY_HMAC, "SHA384", 48, 48, NULL },
    [ALG_HS512] = { "HS512", FAMILY_HMAC, "SHA512", 64, 64, NULL },
};

bool alg_parse(struct str name, enum alg *out)
{
    for (enum alg a = 0; a < ALG_COUNT; a++)
        if (str_eq(name, str_c(ALGS[a].name))) {
            *out = a;
            return true;
        }
    return false;
}

const EVP_MD *alg_digest(enum alg alg)
{
    static EVP_MD *fetched[ALG_COUNT]; /* never freed: as long as the process */
    if (!fetched[alg] && ALGS[alg].digest)
        fetched[alg] = EVP_MD_fetch(NULL, ALGS[alg].digest, NULL);
    return fetched[alg];
}
