/* test_jws.c - the strict compact form, and verification by every algorithm. */
#include <jwt.h>

#include "certs/jwks.h"
#include "certs/jws.h"
#include "certs/selftest.h"
#include "tests/harness/check.h"
#include "tests/unit/tokens.h"

static enum jws_status verdict(const char *token, const struct jwks *jwks, unsigned allowed)
{
    struct arena arena;
    struct jws jws;
    arena_init(&arena, 256 * 1024);
    enum jws_status status = jws_parse(str_c(token), JWS_BYTES_MAX, &arena, &jws);
    if (status == JWS_OK)
        status = jws_verify(&jws, jwks->keys[0], allowed);
    arena_finish(&arena);
    return status;
}

static struct jwks *keys_of(const struct signer *s, size_t n, const char *more)
{
    const char *why = "";
    char *text = signers_jwks(s, n, more);
    struct jwks *jwks = jwks_read(str_c(text), JWK_ANY, &why);
    CHECK_STR(str_c(jwks ? "" : why), STR(""));
    free(text);
    return jwks;
}

TEST("every algorithm verifies its own token, twice, and no token with one bit changed")
{
    for (enum alg a = 0; a < ALG_COUNT; a++) {
        struct signer s = signer_new(a, "k");
        struct jwks *jwks = keys_of(&s, 1, "");
        char *token = signer_sign(&s, "{\"iss\":\"x\",\"n\":1}");
        CHECK_INT(verdict(token, jwks, ALGS_ALL), JWS_OK);
        CHECK_INT(verdict(token, jwks, ALG_BIT(a)), JWS_OK);
        CHECK_INT(verdict(token, jwks, ALGS_ALL & ~ALG_BIT(a)), JWS_ALG_NOT_ALLOWED);
        size_t len = strlen(token);
        for (size_t i = 0; i < len; i += a <= ALG_PS512 ? 7 : 29) {
            char kept = token[i];
            token[i] = kept == 'A' ? 'B' : 'A';
            CHECK(verdict(token, jwks, ALGS_ALL) != JWS_OK);
            token[i] = kept;
        }
        token[len - 1] = '\0'; /* one character less */
        CHECK(verdict(token, jwks, ALGS_ALL) != JWS_OK);
        free(token);
        jwks_free(jwks);
        signer_finish(&s);
    }
}

TEST("EdDSA is of two curves, and a signature of one is none of the other")
{
    struct signer s[2] = { signer_new(ALG_EDDSA, "k"), { .alg = ALG_EDDSA, .kid = "k" } };
    s[1].pkey = EVP_PKEY_Q_keygen(NULL, NULL, "ED448");
    for (size_t i = 0; i < 2; i++) {
        struct jwks *jwks = keys_of(&s[i], 1, ",\"alg\":\"EdDSA\"");
        char *token = signer_sign(&s[i], "{}"), *other = signer_sign(&s[!i], "{}");
        CHECK_INT(verdict(token, jwks, ALG_BIT(ALG_EDDSA)), JWS_OK);
        CHECK_INT(verdict(other, jwks, ALG_BIT(ALG_EDDSA)), JWS_SIGNATURE_LENGTH);
        char *in_signature = token + strlen(token) - 3;
        *in_signature = *in_signature == 'A' ? 'B' : 'A';
        CHECK_INT(verdict(token, jwks, ALG_BIT(ALG_EDDSA)), JWS_SIGNATURE_WRONG);
        free(token), free(other);
        jwks_free(jwks);
    }
    signer_finish(&s[0]), signer_finish(&s[1]);
}

TEST("a key never verifies another algorithm than its own")
{
    struct signer rs = signer_new(ALG_RS256, "k"), ps = rs;
    ps.alg = ALG_PS256;
    struct jwks *only_ps = keys_of(&rs, 1, ",\"alg\":\"PS256\""), *any_rsa = keys_of(&rs, 1, "");
    char *token = signer_sign(&rs, "{}"), *other = signer_sign(&ps, "{}");
    CHECK_INT(verdict(token, only_ps, ALGS_ALL), JWS_ALG_NOT_OF_KEY);
    CHECK_INT(verdict(other, only_ps, ALGS_ALL), JWS_OK);
    CHECK_INT(verdict(token, any_rsa, ALGS_ALL), JWS_OK);
    CHECK_INT(verdict(token, any_rsa, ALG_BIT(ALG_ES256) | ALG_BIT(ALG_PS256)), JWS_ALG_NOT_ALLOWED);
    free(token), free(other);

    /* The old trick: HMAC keyed with the public key's PEM. */
    BIO *bio = BIO_new(BIO_s_mem());
    char *pem;
    PEM_write_bio_PUBKEY(bio, rs.pkey);
    long pem_len = BIO_get_mem_data(bio, &pem);
    char *input = text_printf("%s.%s", "eyJhbGciOiJIUzI1NiJ9", "e30");
    unsigned char mac[32];
    HMAC(EVP_sha256(), pem, (int)pem_len, (const unsigned char *)input, strlen(input), mac, NULL);
    char *sig = b64u(mac, 32);
    token = text_printf("%s.%s", input, sig);
    CHECK_INT(verdict(token, any_rsa, ALGS_ALL), JWS_ALG_NOT_OF_KEY);
    free(token), free(sig), free(input);
    BIO_free(bio);
    jwks_free(only_ps), jwks_free(any_rsa);
    signer_finish(&rs);
}

TEST("headers that are not exactly understood are refused")
{
    struct signer s = signer_new(ALG_ES256, "k");
    struct jwks *jwks = keys_of(&s, 1, "");
    static const struct {
        const char *header;
        enum jws_status status;
    } ROWS[] = {
        { "{\"alg\":\"ES256\"}", JWS_OK },
        { " {\"alg\" : \"ES256\"}\n", JWS_OK },
        { "{\"alg\":\"\\u0045S256\"}", JWS_OK },
        { "{\"alg\":\"ES256\",\"jku\":\"https://evil.example\",\"x5u\":1,\"x5c\":[],\"jwk\":{\"kty\":\"EC\"}}",
          JWS_OK },
        { "{\"alg\":\"none\"}", JWS_UNKNOWN_ALG },
        { "{\"alg\":\"NONE\"}", JWS_UNKNOWN_ALG },
        { "{\"alg\":\"\"}", JWS_UNKNOWN_ALG },
        { "{\"alg\":\"es256\"}", JWS_UNKNOWN_ALG },
        { "{\"alg\":\"ES256 \"}", JWS_UNKNOWN_ALG },
        { "{\"alg\":\"ES256\\u0000\"}", JWS_UNKNOWN_ALG },
        { "{}", JWS_UNKNOWN_ALG },
        { "{\"alg\":[\"ES256\"]}", JWS_BAD_MEMBER },
        { "{\"alg\":null}", JWS_BAD_MEMBER },
        { "{\"alg\":\"ES256\",\"kid\":7}", JWS_BAD_MEMBER },
        { "{\"alg\":\"ES256\",\"typ\":{}}", JWS_BAD_MEMBER },
        { "{\"alg\":\"ES256\",\"crit\":[\"exp\"]}", JWS_CRITICAL },
        { "{\"alg\":\"ES256\",\"crit\":[]}", JWS_CRITICAL },
        { "{\"alg\":\"ES256\",\"crit\":null}", JWS_CRITICAL },
        { "{\"alg\":\"ES256\",\"b64\":false}", JWS_CRITICAL },
        { "{\"alg\":\"ES256\",\"b64\":true}", JWS_CRITICAL },
        { "{\"alg\":\"none\",\"alg\":\"ES256\"}", JWS_BAD_HEADER },
        { "{\"alg\":\"ES256\",\"kid\":\"a\",\"kid\":\"b\"}", JWS_BAD_HEADER },
        { "{\"alg\":\"ES256\",\"\\u0061lg\":\"ES256\"}", JWS_BAD_HEADER },
        { "{\"alg\":\"ES256\",\"Alg\":\"none\"}", JWS_BAD_HEADER },
        { "[\"ES256\"]", JWS_BAD_HEADER },
        { "\"ES256\"", JWS_BAD_HEADER },
        { "{\"alg\":\"ES256\"} x", JWS_BAD_HEADER },
        { "{\"alg\":\"ES256\",}", JWS_BAD_HEADER },
        { "\xef\xbb\xbf{\"alg\":\"ES256\"}", JWS_BAD_HEADER },
        { "{\"alg\":\"ES256\",\"x\":\"\xff\"}", JWS_BAD_HEADER },
    };
    for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
        char *token = signer_sign_raw(&s, ROWS[i].header, "{}");
        if (!CHECK_INT(verdict(token, jwks, ALGS_ALL), ROWS[i].status))
            fprintf(stderr, "  header %s\n", ROWS[i].header);
        free(token);
    }
    jwks_free(jwks);
    signer_finish(&s);
}

TEST("texts that are not the strict compact form are refused")
{
    struct signer s = signer_new(ALG_EDDSA, "k");
    struct jwks *jwks = keys_of(&s, 1, "");
    char *token = signer_sign(&s, "{\"a\":1}");
    static const char *const FORMS[] = { "%s.",     ".%s", "%s=", "%s ",    " %s", "%s\n",
                                         "%s.AAAA", "x%s", "%sA", "%s\r\n", "\t%s" };
    for (size_t i = 0; i < ARRAY_LEN(FORMS); i++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        char *bad = text_printf(FORMS[i], token);
#pragma GCC diagnostic pop
        CHECK(verdict(bad, jwks, ALGS_ALL) != JWS_OK);
        free(bad);
    }
    /* The unused bits of the last character are zero, or it is another text for the same bytes. */
    size_t len = strlen(token);
    char kept = token[len - 1];
    const char *alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    size_t value = (size_t)(strchr(alphabet, kept) - alphabet);
    token[len - 1] = alphabet[value ^ 1];
    CHECK_INT(verdict(token, jwks, ALGS_ALL), JWS_NOT_BASE64URL);
    token[len - 1] = kept;
    CHECK_INT(verdict(token, jwks, ALGS_ALL), JWS_OK);
    for (size_t cut = 0; cut < len; cut++) {
        char at = token[cut];
        token[cut] = '\0';
        CHECK(verdict(token, jwks, ALGS_ALL) != JWS_OK);
        token[cut] = at;
    }
    CHECK_INT(verdict("", jwks, ALGS_ALL), JWS_NOT_THREE_PARTS);
    CHECK_INT(verdict("..", jwks, ALGS_ALL), JWS_NOT_THREE_PARTS);
    CHECK_INT(verdict("{\"payload\":\"e30\",\"signatures\":[]}", jwks, ALGS_ALL), JWS_NOT_THREE_PARTS);
    char *large = malloc(JWS_BYTES_MAX + 2);
    memset(large, 'A', JWS_BYTES_MAX + 1);
    large[JWS_BYTES_MAX + 1] = '\0';
    CHECK_INT(verdict(large, jwks, ALGS_ALL), JWS_TOO_LARGE);
    free(large), free(token);
    jwks_free(jwks);
    signer_finish(&s);
}

TEST("ECDSA signatures have their fixed length and no zero number")
{
    struct signer s = signer_new(ALG_ES256, "k");
    struct jwks *jwks = keys_of(&s, 1, "");
    static const struct {
        unsigned char byte;
        size_t len;
        enum jws_status status;
    } ROWS[] = {
        { 0, 64, JWS_SIGNATURE_WRONG },  { 0xff, 64, JWS_SIGNATURE_WRONG }, { 1, 63, JWS_SIGNATURE_LENGTH },
        { 1, 65, JWS_SIGNATURE_LENGTH }, { 1, 72, JWS_SIGNATURE_LENGTH },   { 0x30, 70, JWS_SIGNATURE_LENGTH }
    };
    for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
        unsigned char raw[72];
        memset(raw, ROWS[i].byte, sizeof raw);
        char *sig = b64u(raw, ROWS[i].len), *token = text_printf("eyJhbGciOiJFUzI1NiJ9.e30.%s", sig);
        CHECK_INT(verdict(token, jwks, ALGS_ALL), ROWS[i].status);
        free(sig), free(token);
    }
    jwks_free(jwks);
    signer_finish(&s);
}

static char *public_pem(const struct signer *s)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *at;
    PEM_write_bio_PUBKEY(bio, s->pkey);
    long len = BIO_get_mem_data(bio, &at);
    char *pem = text_printf("%.*s", (int)len, at);
    BIO_free(bio);
    return pem;
}

TEST("what is accepted here is accepted by libjwt too")
{
    for (int i = 0; i < 12; i++) {
        struct signer s = signer_new(i % 2 ? ALG_ES256 : ALG_RS256, "k");
        struct jwks *jwks = keys_of(&s, 1, "");
        char *payload = text_printf("{\"iss\":\"i%d\",\"exp\":%d,\"a\":[1,2,{\"b\":null}]}", i, 1900000000 + i);
        char *token = signer_sign(&s, payload), *pem = public_pem(&s);
        CHECK_INT(verdict(token, jwks, ALGS_ALL), JWS_OK);
        jwt_t *other = NULL;
        CHECK_INT(jwt_decode(&other, token, (const unsigned char *)pem, (int)strlen(pem)), 0);
        jwt_free(other);
        free(token), free(pem), free(payload);
        jwks_free(jwks);
        signer_finish(&s);
    }
}

TEST("tokens made by libjwt are accepted here")
{
    struct signer s = signer_new(ALG_RS256, "k");
    struct jwks *jwks = keys_of(&s, 1, "");
    BIO *bio = BIO_new(BIO_s_mem());
    PEM_write_bio_PrivateKey(bio, s.pkey, NULL, NULL, 0, NULL, NULL);
    char *at;
    long len = BIO_get_mem_data(bio, &at);
    jwt_t *jwt = NULL;
    CHECK_INT(jwt_new(&jwt), 0);
    CHECK_INT(jwt_add_grant(jwt, "iss", "https://issuer.example"), 0);
    CHECK_INT(jwt_set_alg(jwt, JWT_ALG_RS256, (unsigned char *)at, (int)len), 0);
    char *token = jwt_encode_str(jwt);
    CHECK(token && verdict(token, jwks, ALG_BIT(ALG_RS256)) == JWS_OK);
    free(token);
    jwt_free(jwt);
    BIO_free(bio);
    jwks_free(jwks);
    signer_finish(&s);
}

TEST("the self-test gives one verdict for each line")
{
    char in[] =
        "{\"jwk\":{\"kty\":\"oct\",\"k\":\"hJtXIZ2uSN5kbQfbtTNWbpdmhkV8FJG-Onbc6mxCcYg\",\"alg\":\"HS256\"},\"jws\":"
        "\"eyJhbGciOiJIUzI1NiIsImtpZCI6IjAxOGMwYWU1LTRkOWItNDcxYi1iZmQ2LWVlZjMxNGJjNzAzNyJ9."
        "SXTigJlzIGEgZGFuZ2Vyb3VzIGJ1c2luZXNzLCBGcm9kbywgZ29pbmcgb3V0IHlvdXIgZG9vci4gWW91IHN0ZXAgb250byB0aGUgcm9hZCwgYW"
        "5"
        "kIGlmIHlvdSBkb24ndCBrZWVwIHlvdXIgZmVldCwgdGhlcmXigJlzIG5vIGtub3dpbmcgd2hlcmUgeW91IG1pZ2h0IGJlIHN3ZXB0IG9mZiB0b"
        "y4."
        "s0h6KThzkfBBBkLspW1h84VsJZFTsPPqMDA7g1Md7p0\"}\n"
        "\n"
        "{\"jwk\":{},\"jws\":\"a.b.c\"}\n"
        "{\"jwk\":{\"kty\":\"oct\",\"k\":\"hJtXIZ2uSN5kbQfbtTNWbpdmhkV8FJG-Onbc6mxCcYg\"},\"jws\":{}}\n"
        "nonsense";
    char out[1024] = "";
    FILE *from = fmemopen(in, strlen(in), "r"), *to = fmemopen(out, sizeof out, "w");
    CHECK(selftest_jws(from, to));
    fclose(from), fclose(to);
    CHECK_STR(str_c(out), STR("{\"ok\":true,\"reason\":\"ok\"}\n"
                              "{\"ok\":false,\"reason\":\"the document has no list of keys\"}\n"
                              "{\"ok\":false,\"reason\":\"not in the compact form\"}\n"
                              "{\"ok\":false,\"reason\":\"not a JSON object with jwk and jws\"}\n"));
}

/* Not a test of speed: it prints what a verification costs here, for the curious; run it in a release build. */
TEST("the cost of reading and verifying is told")
{
    static const enum alg SHOWN[] = { ALG_RS256, ALG_PS256, ALG_ES256, ALG_EDDSA };
    for (size_t i = 0; i < ARRAY_LEN(SHOWN); i++) {
        struct signer s = signer_new(SHOWN[i], "k");
        struct jwks *jwks = keys_of(&s, 1, "");
        char payload[1400];
        memset(payload, 'a', sizeof payload);
        memcpy(payload, "{\"a\":\"", 6);
        memcpy(payload + sizeof payload - 3, "\"}", 3);
        char *token = signer_sign(&s, payload);
        struct arena arena;
        struct jws jws;
        arena_init(&arena, 64 * 1024);
        CHECK_INT(jws_parse(str_c(token), JWS_BYTES_MAX, &arena, &jws), JWS_OK);
        double best_verify = 1e9, best_whole = 1e9;
        for (int round = 0; round < 15; round++) {
            enum { TIMES = 40 };
            double t = cpu_us();
            for (int n = 0; n < TIMES; n++)
                CHECK(jws_verify(&jws, jwks->keys[0], ALGS_ALL) == JWS_OK);
            double v = (cpu_us() - t) / TIMES;
            t = cpu_us();
            for (int n = 0; n < TIMES; n++)
                CHECK_INT(verdict(token, jwks, ALGS_ALL), JWS_OK);
            double w = (cpu_us() - t) / TIMES;
            best_verify = v < best_verify ? v : best_verify;
            best_whole = w < best_whole ? w : best_whole;
        }
        printf("  %s: verify %.1f us, read and verify %.1f us, %zu bytes\n", ALGS[SHOWN[i]].name, best_verify,
               best_whole, strlen(token));
        arena_finish(&arena);
        free(token);
        jwks_free(jwks);
        signer_finish(&s);
    }
}
