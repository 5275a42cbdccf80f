/* fuzz_jws.c - any bytes as a token, against keys of three kinds: nothing but the one right text is ever verified. */
#include "certs/jwks.h"
#include "certs/jws.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char KEYS[] =
    "{\"keys\":[{\"kty\":\"RSA\",\"n\":\"n4EPtAOCc9AlkeQHPzHStgAbgs7bTZLwUBZdR8_KuKPEHLd4rHVTeT-O-"
    "XV2jRojdNhxJWTDvNd7nqQ0VEiZQHz_"
    "AJmSCpMaJMRBSFKrKb2wqVwGU_NsYOYL-QtiWN2lbzcEe6XC0dApr5ydQLrHqkHHig3RBordaZ6Aj-oBHqFEHYpPe7Tpe-"
    "OfVfHd1E6cS6M1FZcD1NNLYD5l"
    "FHpPI9bTwJlsde3uhGqC0ZCuEHg8lhzwOHrtIQbS0FVbb9k3-tVTU4fg_3L_vniUFAKwuCLqKnS2BYwdq_mzSnbLY7h_qixoR7jig3__"
    "kRhuaxwUkRz5iaiQ"
    "kqgc5gHdrNP5zw\",\"e\":\"AQAB\"},"
    "{\"kty\":\"EC\",\"crv\":\"P-521\",\"x\":\"AHKZLLOsCOzz5cY97ewNUajB957y-C-U88c3v13nmGZx6sYl_oJXu9A5RkTKqjqvjyekWF-"
    "7ytDyRXYgCF5cj0Kt\","
    "\"y\":\"AdymlHvOiLxXkEhayXQnNCvDX4h9htZaCJN34kfmC6pV5OhQHiraVySsUdaQkAgDPrwQrJmbnX9cwlGfP-HqHZR1\"},"
    "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}]}";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct jwks *jwks;
    const char *why;
    if (!jwks)
        jwks = jwks_read(str_c(KEYS), JWK_OF_ISSUER, &why);
    assert(jwks && jwks->count == 3);

    struct arena arena;
    arena_init(&arena, 128 * 1024);
    struct str text = str_of((const char *)data, size);
    struct jws jws;
    if (jws_parse(text, JWS_BYTES_MAX, &arena, &jws) == JWS_OK) {
        for (size_t i = 0; i < jwks->count; i++) {
            enum jws_status status = jws_verify(&jws, jwks->keys[i], ALGS_ASYMMETRIC);
            /* What verifies stops doing so when any one bit of the header or the payload is another. */
            if (status == JWS_OK) {
                char *changed = arena_bytes(&arena, size);
                assert(changed);
                memcpy(changed, data, size);
                changed[size % jws.signing_input.len] ^= 1;
                struct jws other;
                if (jws_parse(str_of(changed, size), JWS_BYTES_MAX, &arena, &other) == JWS_OK)
                    assert(jws_verify(&other, jwks->keys[i], ALGS_ASYMMETRIC) != JWS_OK);
            }
        }
    }
    arena_finish(&arena);
    return 0;
}
