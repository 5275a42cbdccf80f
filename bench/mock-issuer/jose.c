/* jose.c - signing, verifying and describing keys for the mock, over OpenSSL and libjwt. */
#include "jose.h"

#include "proxy/base/base64.h"

#include <jwt.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>

#define SIGNATURE_MAX_BYTES 1024

static const struct jose_alg algs[] = {
    /* name    kty    crv        group        digest   half  pss */
    { "RS256", "RSA", NULL, NULL, "SHA256", 0, false },       { "RS384", "RSA", NULL, NULL, "SHA384", 0, false },
    { "RS512", "RSA", NULL, NULL, "SHA512", 0, false },       { "PS256", "RSA", NULL, NULL, "SHA256", 0, true },
    { "PS384", "RSA", NULL, NULL, "SHA384", 0, true },        { "PS512", "RSA", NULL, NULL, "SHA512", 0, true },
    { "ES256", "EC", "P-256", "P-256", "SHA256", 32, false }, { "ES384", "EC", "P-384", "P-384", "SHA384", 48, false },
    { "ES512", "EC", "P-521", "P-521", "SHA512", 66, false }, { "EdDSA", "OKP", "Ed25519", "ED25519", NULL, 0, false },
};

const struct jose_alg *jose_alg_find(const char *name)
{
    for (size_t i = 0; name && i < ARRAY_LEN(algs); i++)
        if (strcmp(algs[i].name, name) == 0)
            return &algs[i];
    return NULL;
}

bool jose_alg_fits(const struct jose_alg *a, const struct jose_alg *b)
{
    bool is_same_curve = a->curve && b->curve ? strcmp(a->curve, b->curve) == 0 : a->curve == b->curve;
    return strcmp(a->kty, b->kty) == 0 && is_same_curve;
}

EVP_PKEY *jose_key_make(const struct jose_alg *alg)
{
    if (strcmp(alg->kty, "RSA") == 0)
        return EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048);
    if (strcmp(alg->kty, "EC") == 0)
        return EVP_PKEY_Q_keygen(NULL, NULL, "EC", alg->group);
    return EVP_PKEY_Q_keygen(NULL, NULL, alg->group);
}

static void set_base64url(json_t *object, const char *name, const unsigned char *bytes, size_t n)
{
    char text[2 * SIGNATURE_MAX_BYTES];

    assert(BASE64_ENCODED_MAX(n) <= sizeof text);
    json_object_set_new(object, name, json_stringn(text, base64url_encode(text, bytes, n)));
}

/* `width` 0: as short as the number allows (RFC 7518 §6.3.1); else padded to it (§6.2.1.2). */
static void set_number(json_t *object, const char *name, EVP_PKEY *key, const char *param, size_t width)
{
    unsigned char bytes[SIGNATURE_MAX_BYTES];
    BIGNUM *number = NULL;

    if (EVP_PKEY_get_bn_param(key, param, &number) && BN_num_bytes(number) <= (int)sizeof bytes) {
        int n = BN_bn2binpad(number, bytes, width ? (int)width : BN_num_bytes(number));
        if (n > 0)
            set_base64url(object, name, bytes, (size_t)n);
    }
    BN_free(number);
}

json_t *jose_key_public(const struct jose_alg *alg, EVP_PKEY *key)
{
    json_t *jwk = json_pack("{s:s}", "kty", alg->kty);

    if (alg->curve)
        json_object_set_new(jwk, "crv", json_string(alg->curve));
    if (strcmp(alg->kty, "RSA") == 0) {
        set_number(jwk, "n", key, OSSL_PKEY_PARAM_RSA_N, 0);
        set_number(jwk, "e", key, OSSL_PKEY_PARAM_RSA_E, 0);
    } else if (strcmp(alg->kty, "EC") == 0) {
        set_number(jwk, "x", key, OSSL_PKEY_PARAM_EC_PUB_X, alg->half_bytes);
        set_number(jwk, "y", key, OSSL_PKEY_PARAM_EC_PUB_Y, alg->half_bytes);
    } else {
        unsigned char bytes[64];
        size_t n = sizeof bytes;
        if (EVP_PKEY_get_raw_public_key(key, bytes, &n))
            set_base64url(jwk, "x", bytes, n);
    }
    return jwk;
}

/* ---- signing ---- */

/* base64url(header).base64url(claims), with room for the signature behind it. */
static char *signing_input(const char *header, const char *claims, size_t *len)
{
    size_t header_len = strlen(header), claims_len = strlen(claims);
    char *text = malloc(BASE64_ENCODED_MAX(header_len) + BASE64_ENCODED_MAX(claims_len) + 3 +
                        BASE64_ENCODED_MAX(SIGNATURE_MAX_BYTES));
    assert(text);
    size_t n = base64url_encode(text, header, header_len);
    text[n++] = '.';
    n += base64url_encode(text + n, claims, claims_len);
    *len = n;
    return text;
}

static char *append_signature(char *text, size_t len, const unsigned char *signature, size_t n)
{
    text[len++] = '.';
    len += base64url_encode(text + len, signature, n);
    text[len] = '\0';
    return text;
}

static bool digest_params(const struct jose_alg *alg, EVP_PKEY_CTX *ctx)
{
    if (!alg->is_pss)
        return true;
    return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) > 0 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) > 0;
}

/* DER to r || s (RFC 7518 §3.4), in place. */
static bool ecdsa_flatten(unsigned char *signature, size_t *n, size_t half)
{
    const unsigned char *at = signature;
    ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &at, (long)*n);

    if (!pair)
        return false;
    bool ok = BN_bn2binpad(ECDSA_SIG_get0_r(pair), signature, (int)half) > 0 &&
              BN_bn2binpad(ECDSA_SIG_get0_s(pair), signature + half, (int)half) > 0;
    *n = 2 * half;
    ECDSA_SIG_free(pair);
    return ok;
}

char *jose_sign(const struct jose_alg *alg, EVP_PKEY *key, const char *header, const char *claims)
{
    unsigned char signature[SIGNATURE_MAX_BYTES];
    size_t n = sizeof signature, len;
    char *text = signing_input(header, claims, &len);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *key_ctx = NULL;

    bool ok = ctx && EVP_DigestSignInit_ex(ctx, &key_ctx, alg->digest, NULL, NULL, key, NULL) > 0 &&
              digest_params(alg, key_ctx) && EVP_DigestSign(ctx, signature, &n, (const unsigned char *)text, len) > 0 &&
              (!alg->half_bytes || ecdsa_flatten(signature, &n, alg->half_bytes));
    EVP_MD_CTX_free(ctx);
    if (!ok) {
        free(text);
        return NULL;
    }
    return append_signature(text, len, signature, n);
}

char *jose_sign_libjwt(const char *alg, const char *private_pem, json_t *header, json_t *claims)
{
    jwt_t *jwt = NULL;
    char *header_text = json_dumps(header, JSON_COMPACT);
    char *claims_text = json_dumps(claims, JSON_COMPACT);
    char *token = NULL;

    if (jwt_new(&jwt) == 0 && jwt_add_headers_json(jwt, header_text) == 0 &&
        jwt_add_grants_json(jwt, claims_text) == 0 &&
        jwt_set_alg(jwt, jwt_str_alg(alg), (const unsigned char *)private_pem, (int)strlen(private_pem)) == 0)
        token = jwt_encode_str(jwt);
    jwt_free(jwt);
    free(header_text);
    free(claims_text);
    return token;
}

char *jose_sign_hmac(struct str secret, const char *header, const char *claims)
{
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    size_t len;
    char *text = signing_input(header, claims, &len);

    if (!HMAC(EVP_sha256(), secret.at, (int)secret.len, (const unsigned char *)text, len, mac, &n)) {
        free(text);
        return NULL;
    }
    return append_signature(text, len, mac, n);
}

char *jose_sign_nothing(const char *header, const char *claims)
{
    size_t len;
    char *text = signing_input(header, claims, &len);

    return append_signature(text, len, NULL, 0);
}

/* ---- verifying ---- */

static json_t *decode_object(struct str part)
{
    char *bytes = malloc(BASE64_DECODED_MAX(part.len));
    size_t n;
    json_t *object = NULL;

    if (bytes && base64url_decode(part, bytes, &n))
        object = json_loadb(bytes, n, JSON_REJECT_DUPLICATES, NULL);
    free(bytes);
    if (object && !json_is_object(object)) {
        json_decref(object);
        return NULL;
    }
    return object;
}

bool jose_split(struct str token, json_t **header, json_t **claims, struct str *signed_part, struct str *signature)
{
    struct str rest = token;
    struct str first = str_cut(&rest, '.');
    struct str second = str_cut(&rest, '.');

    if (!rest.at || !rest.len || str_has(rest, '.'))
        return false;
    json_t *h = decode_object(first), *c = decode_object(second);
    if (!h || !c) {
        json_decref(h);
        json_decref(c);
        return false;
    }
    *header = h;
    *claims = c;
    *signed_part = str_first(token, first.len + 1 + second.len);
    *signature = rest;
    return true;
}

/* r || s to DER; false when the length is wrong. */
static bool ecdsa_wrap(unsigned char *bytes, size_t *n, size_t room, size_t half)
{
    if (*n != 2 * half)
        return false;
    ECDSA_SIG *pair = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(bytes, (int)half, NULL), *s = BN_bin2bn(bytes + half, (int)half, NULL);
    bool ok = pair && r && s && ECDSA_SIG_set0(pair, r, s);
    if (!ok) {
        BN_free(r);
        BN_free(s);
    }
    int length = ok ? i2d_ECDSA_SIG(pair, NULL) : -1;
    ok = length > 0 && (size_t)length <= room;
    if (ok) {
        unsigned char *at = bytes;
        *n = (size_t)i2d_ECDSA_SIG(pair, &at);
    }
    ECDSA_SIG_free(pair);
    return ok;
}

bool jose_verify(const struct jose_alg *alg, EVP_PKEY *key, struct str signed_part, struct str signature)
{
    unsigned char bytes[SIGNATURE_MAX_BYTES];
    size_t n;

    if (BASE64_DECODED_MAX(signature.len) > sizeof bytes || !base64url_decode(signature, bytes, &n))
        return false;
    if (alg->half_bytes && !ecdsa_wrap(bytes, &n, sizeof bytes, alg->half_bytes))
        return false;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *key_ctx = NULL;
    bool ok = ctx && EVP_DigestVerifyInit_ex(ctx, &key_ctx, alg->digest, NULL, NULL, key, NULL) > 0 &&
              digest_params(alg, key_ctx) &&
              EVP_DigestVerify(ctx, bytes, n, (const unsigned char *)signed_part.at, signed_part.len) == 1;
    EVP_MD_CTX_free(ctx);
    return ok;
}
