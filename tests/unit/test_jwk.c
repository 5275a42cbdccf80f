/* test_jwk.c - which keys are taken, and what they may be used for. */
#include <jansson.h>

#include "certs/jwks.h"
#include "tests/harness/check.h"
#include "tests/unit/tokens.h"

/* Reads one key and answers the reason, or "" when it was taken with exactly `algs`. */
static const char *judge(const char *text, enum jwk_from from, unsigned algs)
{
    json_t *jwk = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    const char *why = "";
    struct key *key = jwk_read(jwk, from, &why);
    if (key && key->algs != algs)
        why = "taken for other algorithms";
    key_free(key);
    json_decref(jwk);
    return why;
}

TEST("each kind of key is taken for the algorithms that fit it, and for one alone when alg names it")
{
    for (enum alg a = 0; a <= ALG_EDDSA; a++) {
        struct signer s = signer_new(a, "k1");
        unsigned fits = a <= ALG_PS512 ? ALGS_RSA : ALG_BIT(a);
        char *plain = signer_jwk(&s, ""),
             *more = text_printf(",\"use\":\"sig\",\"key_ops\":[\"verify\"],\"alg\":\"%s\"", ALGS[a].name);
        char *named = signer_jwk(&s, more);
        CHECK_STR(str_c(judge(plain, JWK_OF_ISSUER, fits)), STR(""));
        CHECK_STR(str_c(judge(named, JWK_OF_ISSUER, ALG_BIT(a))), STR(""));
        free(plain), free(more), free(named);
        signer_finish(&s);
    }
}

TEST("keys that are not for verifying signatures are refused")
{
    struct signer s = signer_new(ALG_ES256, "k1");
    static const struct {
        const char *more, *why;
    } ROWS[] = {
        { ",\"use\":\"enc\"", "not for signatures (use)" },
        { ",\"use\":1", "not for signatures (use)" },
        { ",\"key_ops\":[\"sign\"]", "not for verifying (key_ops)" },
        { ",\"key_ops\":[\"encrypt\",\"decrypt\"]", "not for verifying (key_ops)" },
        { ",\"key_ops\":\"verify\"", "not for verifying (key_ops)" },
        { ",\"alg\":\"ES384\"", "an algorithm that does not fit the key" },
        { ",\"alg\":\"RS256\"", "an algorithm that does not fit the key" },
        { ",\"alg\":\"none\"", "an algorithm that does not fit the key" },
        { ",\"alg\":\"es256\"", "an algorithm that does not fit the key" },
        { ",\"alg\":7", "an algorithm that does not fit the key" },
        { ",\"issuer\":7", "an issuer that is no string or too long" },
        { ",\"d\":\"AAAA\"", "private members in a public document" },
    };
    for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
        char *jwk = signer_jwk(&s, ROWS[i].more);
        CHECK_STR(str_c(judge(jwk, JWK_OF_ISSUER, 0)), str_c(ROWS[i].why));
        free(jwk);
    }
    signer_finish(&s);
}

TEST("weak or broken key material is refused")
{
    static const struct {
        const char *jwk, *why;
    } ROWS[] = {
        { "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"04N0xi21hshyvBp7I167sbE_bXqyqkAPfefdklMO7wY\","
          "\"y\":\"UI8exy-C06a7DUnjIdENkxeFtHM4-l_41LqEw9nVgnw\"}",
          "a point off the curve" },
        { "{\"kty\":\"EC\",\"crv\":\"P-384\",\"x\":\"04N0xi21hshyvBp7I167sbE_bXqyqkAPfefdklMO7wY\","
          "\"y\":\"UI8exy-C06a7DUnjIdENkxeFtHM4-l_41LqEw9nVgmw\"}",
          "coordinates that do not fit the curve" },
        { "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\","
          "\"y\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}",
          "a point off the curve" },
        { "{\"kty\":\"EC\",\"crv\":\"secp256k1\",\"x\":\"AA\",\"y\":\"AA\"}", "a curve that is not taken here" },
        { "{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}",
          "a curve that is not taken here" },
        { "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qY\"}", "a public key that does not fit the curve" },
        { "{\"kty\":\"OKP\",\"crv\":\"Ed448\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}",
          "a public key that does not fit the curve" },
        { "{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"}", "RSA below 2048 bits" },
        { "{\"kty\":\"RSA\",\"n\":\"AQ=B\",\"e\":\"AQAB\"}", "the modulus or exponent is not strict base64url" },
        { "{\"kty\":\"RSA\",\"e\":\"AQAB\"}", "the modulus or exponent is not strict base64url" },
        { "{\"kty\":\"oct\",\"k\":\"-ebuDNsVZ2iJtoZ-akfXTSCt4UO2cruLCsbWlBinggE\"}",
          "a kind of key that is not taken here" },
        { "{\"kty\":\"rsa\"}", "a kind of key that is not taken here" },
        { "[]", "not a JSON object" },
    };
    for (size_t i = 0; i < ARRAY_LEN(ROWS); i++)
        CHECK_STR(str_c(judge(ROWS[i].jwk, JWK_OF_ISSUER, 0)), str_c(ROWS[i].why));

    struct signer s = signer_new(ALG_RS256, "k");
    char *n = bn_member(s.pkey, OSSL_PKEY_PARAM_RSA_N, 0);
    static const char *const EXPONENTS[] = { "AQ", "Ag", "AA", "AQAAAAAAAAAB" };
    for (size_t i = 0; i < ARRAY_LEN(EXPONENTS); i++) {
        char *jwk = text_printf("{\"kty\":\"RSA\",\"n\":\"%s\",\"e\":\"%s\"}", n, EXPONENTS[i]);
        CHECK_STR(str_c(judge(jwk, JWK_OF_ISSUER, 0)), STR("weak RSA exponent"));
        free(jwk);
    }
    free(n);
    signer_finish(&s);
}

TEST("symmetric keys are for test vectors only and as long as their digest")
{
    struct signer s = signer_new(ALG_HS512, "k");
    char *jwk = signer_jwk(&s, "");
    CHECK_STR(str_c(judge(jwk, JWK_ANY, ALGS_SYMMETRIC)), STR(""));
    CHECK_STR(str_c(judge("{\"kty\":\"oct\",\"k\":\"\"}", JWK_ANY, 0)), STR("the key is not strict base64url"));
    CHECK_STR(str_c(judge("{\"kty\":\"oct\",\"k\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHg\"}", JWK_ANY, 0)),
              STR("a symmetric key that is too short"));
    free(jwk);
}

TEST("a document keeps the keys that can verify and skips the others")
{
    struct signer s[2] = { signer_new(ALG_ES256, "one"), signer_new(ALG_RS256, "two") };
    char *one = signer_jwk(&s[0], ""), *two = signer_jwk(&s[1], "");
    char *text = text_printf("{\"keys\":[%s,{\"kty\":\"quantum\"},%s]}", one, two);
    const char *why = NULL;
    struct jwks *jwks = jwks_read(str_c(text), JWK_OF_ISSUER, &why);
    CHECK(jwks && jwks->count == 2 && jwks->skipped == 1);
    if (jwks) {
        CHECK(jwks_find(jwks, STR("one"), ALG_ES256) != NULL);
        CHECK(jwks_find(jwks, STR("one"), ALG_RS256) == NULL);
        CHECK(jwks_find(jwks, STR("two"), ALG_PS512) != NULL);
        CHECK(jwks_find(jwks, STR("three"), ALG_RS256) == NULL);
        CHECK(jwks_find(jwks, STR(""), ALG_RS256) != NULL);
    }
    jwks_free(jwks);
    free(text);

    text = text_printf("{\"keys\":[%s,%s,%s]}", one, one, two);
    jwks = jwks_read(str_c(text), JWK_OF_ISSUER, &why);
    CHECK(jwks && jwks->count == 1 && !jwks_find(jwks, STR("one"), ALG_ES256));
    jwks_free(jwks);
    free(text), free(one), free(two);
    signer_finish(&s[0]), signer_finish(&s[1]);
}

TEST("documents that are none are refused whole")
{
    static const struct {
        struct str text;
        const char *why;
    } ROWS[] = {
        { STR_INIT(""), "the document is not JSON, or has a member twice" },
        { STR_INIT("{\"keys\":[],\"keys\":[]}"), "the document is not JSON, or has a member twice" },
        { STR_INIT("{\"keys\":[],\"n\":1\0}"), "the document is not JSON, or has a member twice" },
        { STR_INIT("{\"keys\":[]} x"), "the document is not JSON, or has a member twice" },
        { STR_INIT("[]"), "the document has no list of keys" },
        { STR_INIT("{\"keys\":{}}"), "the document has no list of keys" },
        { STR_INIT("{\"keys\":[]}"), "the document has no keys" },
        { STR_INIT("{\"keys\":[1]}"), "not a JSON object" },
    };
    for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
        const char *why = NULL;
        struct jwks *jwks = jwks_read(ROWS[i].text, JWK_OF_ISSUER, &why);
        CHECK(!jwks);
        CHECK_STR(str_c(why), str_c(ROWS[i].why));
        jwks_free(jwks);
    }
    char *big = malloc(JWKS_BYTES_MAX + 1);
    memset(big, ' ', JWKS_BYTES_MAX + 1);
    const char *why = NULL;
    CHECK(!jwks_read(str_of(big, JWKS_BYTES_MAX + 1), JWK_OF_ISSUER, &why));
    CHECK_STR(str_c(why), STR("the document is too large"));
    memcpy(big, "{\"keys\":[0", 10);
    size_t at = 10;
    for (int i = 0; i < JWKS_KEYS_MAX; i++)
        memcpy(big + at, ",0", 2), at += 2;
    memcpy(big + at, "]}", 2);
    CHECK(!jwks_read(str_of(big, at + 2), JWK_OF_ISSUER, &why));
    CHECK_STR(str_c(why), STR("the document has too many keys"));
    free(big);
}
