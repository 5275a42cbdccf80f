/* fuzz_jwk.c - any bytes as a document of keys: what is taken has an algorithm and a key. */
#include "certs/jwks.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    for (enum jwk_from from = JWK_OF_ISSUER; from <= JWK_ANY; from++) {
        const char *why = NULL;
        struct jwks *jwks = jwks_read(str_of((const char *)data, size), from, &why);
        assert(jwks || why);
        for (size_t i = 0; jwks && i < jwks->count; i++) {
            const struct key *key = jwks->keys[i];
            assert(key->algs && (key->pkey || key->secret.len));
            assert(from == JWK_ANY || !(key->algs & ALGS_SYMMETRIC));
            for (enum alg a = 0; a < ALG_COUNT && key->kid.len; a++)
                assert(!(key->algs & ALG_BIT(a)) || jwks_find(jwks, key->kid, a) == key);
        }
        jwks_free(jwks);
    }
    return 0;
}
