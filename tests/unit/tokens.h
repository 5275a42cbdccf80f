/* tokens.h - makes keys, key documents and signed tokens for the tests: any header, any payload, right or wrong. */
#ifndef UNIT_TOKENS_H
#define UNIT_TOKENS_H

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdarg.h>
#include <time.h>

#include "certs/alg.h"
#include "proxy/base/base64.h"

struct signer {
    enum alg alg;
    const char *kid;
    EVP_PKEY *pkey; /* NULL for HMAC */
    unsigned char secret[64];
};

UNUSED static struct signer signer_new(enum alg alg, const char *kid)
{
    struct signer s = { .alg = alg, .kid = kid };
    switch (ALGS[alg].family) {
    case FAMILY_RSA:
    case FAMILY_RSA_PSS:
        s.pkey = EVP_RSA_gen(2048);
        break;
    case FAMILY_ECDSA:
        s.pkey = EVP_EC_gen(ALGS[alg].curve);
        break;
    case FAMILY_EDDSA:
        s.pkey = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
        break;
    case FAMILY_HMAC:
        memset(s.secret, 0x5a, sizeof s.secret);
        return s;
    }
    assert(s.pkey);
    return s;
}

UNUSED static void signer_finish(struct signer *s)
{
    EVP_PKEY_free(s->pkey);
    s->pkey = NULL;
}

static inline char *b64u(const void *bytes, size_t n)
{
    char *out = malloc(BASE64_ENCODED_MAX(n) + 1);
    assert(out);
    out[base64url_encode(out, bytes, n)] = '\0';
    return out;
}

UNUSED PRINTF(1, 2) static char *text_printf(const char *format, ...)
{
    va_list list;
    char *out = NULL;
    va_start(list, format);
    int n = vasprintf(&out, format, list);
    va_end(list);
    assert(n >= 0);
    return out;
}

/* Signs `input` as it is; the result is the raw signature as JWS writes it. */
static inline size_t signer_raw(const struct signer *s, struct str input, unsigned char out[1100])
{
    const struct alg_row *row = &ALGS[s->alg];
    if (row->family == FAMILY_HMAC) {
        unsigned len;
        HMAC(alg_digest(s->alg), s->secret, sizeof s->secret, (const unsigned char *)input.at, input.len, out, &len);
        return len;
    }
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *pctx;
    size_t len = 1100;
    int ok = EVP_DigestSignInit_ex(ctx, &pctx, row->digest, NULL, NULL, s->pkey, NULL);
    if (row->family == FAMILY_RSA_PSS)
        ok = ok > 0 && EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING) > 0 &&
             EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, RSA_PSS_SALTLEN_DIGEST) > 0;
    ok = ok > 0 && EVP_DigestSign(ctx, out, &len, (const unsigned char *)input.at, input.len) > 0;
    assert(ok > 0);
    EVP_MD_CTX_free(ctx);
    if (row->family == FAMILY_ECDSA) {
        const unsigned char *der = out;
        ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &der, (long)len);
        int half = (int)row->signature_bytes / 2;
        unsigned char raw[132];
        assert(sig && BN_bn2binpad(ECDSA_SIG_get0_r(sig), raw, half) == half &&
               BN_bn2binpad(ECDSA_SIG_get0_s(sig), raw + half, half) == half);
        ECDSA_SIG_free(sig);
        memcpy(out, raw, row->signature_bytes);
        return row->signature_bytes;
    }
    return len;
}

/* The compact form of any header and payload; the caller frees it. */
UNUSED static char *signer_sign_raw(const struct signer *s, const char *header, const char *payload)
{
    unsigned char raw[1100];
    char *h = b64u(header, strlen(header)), *p = b64u(payload, strlen(payload));
    char *input = text_printf("%s.%s", h, p);
    char *sig = b64u(raw, signer_raw(s, str_c(input), raw));
    char *token = text_printf("%s.%s", input, sig);
    free(h), free(p), free(input), free(sig);
    return token;
}

UNUSED static char *signer_sign(const struct signer *s, const char *payload)
{
    char *header = text_printf("{\"alg\":\"%s\",\"kid\":\"%s\",\"typ\":\"JWT\"}", ALGS[s->alg].name, s->kid);
    char *token = signer_sign_raw(s, header, payload);
    free(header);
    return token;
}

static inline char *bn_member(const EVP_PKEY *pkey, const char *param, int len)
{
    BIGNUM *bn = NULL;
    unsigned char bytes[1100];
    int got = EVP_PKEY_get_bn_param(pkey, param, &bn);
    assert(got > 0);
    int n = len ? BN_bn2binpad(bn, bytes, len) : BN_bn2bin(bn, bytes);
    BN_free(bn);
    return b64u(bytes, (size_t)n);
}

/* The public JWK with `more` members (",\"use\":\"sig\"" or ""); the caller frees it. */
UNUSED static char *signer_jwk(const struct signer *s, const char *more)
{
    char *a = NULL, *b = NULL, *out = NULL;
    switch (ALGS[s->alg].family) {
    case FAMILY_RSA:
    case FAMILY_RSA_PSS:
        a = bn_member(s->pkey, OSSL_PKEY_PARAM_RSA_N, 0);
        b = bn_member(s->pkey, OSSL_PKEY_PARAM_RSA_E, 0);
        out = text_printf("{\"kty\":\"RSA\",\"kid\":\"%s\",\"n\":\"%s\",\"e\":\"%s\"%s}", s->kid, a, b, more);
        break;
    case FAMILY_ECDSA:
        a = bn_member(s->pkey, OSSL_PKEY_PARAM_EC_PUB_X, (int)ALGS[s->alg].signature_bytes / 2);
        b = bn_member(s->pkey, OSSL_PKEY_PARAM_EC_PUB_Y, (int)ALGS[s->alg].signature_bytes / 2);
        out = text_printf("{\"kty\":\"EC\",\"crv\":\"%s\",\"kid\":\"%s\",\"x\":\"%s\",\"y\":\"%s\"%s}",
                          ALGS[s->alg].curve, s->kid, a, b, more);
        break;
    case FAMILY_EDDSA: {
        unsigned char raw[57];
        size_t len = sizeof raw;
        assert(EVP_PKEY_get_raw_public_key(s->pkey, raw, &len) == 1);
        a = b64u(raw, len);
        out = text_printf("{\"kty\":\"OKP\",\"crv\":\"%s\",\"kid\":\"%s\",\"x\":\"%s\"%s}",
                          len == 32 ? "Ed25519" : "Ed448", s->kid, a, more);
        break;
    }
    case FAMILY_HMAC:
        a = b64u(s->secret, sizeof s->secret);
        out = text_printf("{\"kty\":\"oct\",\"kid\":\"%s\",\"k\":\"%s\"%s}", s->kid, a, more);
        break;
    }
    free(a), free(b);
    return out;
}

/* {"keys":[…]} of `n` signers; the caller frees it. */
UNUSED static char *signers_jwks(const struct signer *s, size_t n, const char *more)
{
    char *out = text_printf("{\"keys\":[");
    for (size_t i = 0; i < n; i++) {
        char *jwk = signer_jwk(&s[i], more), *longer = text_printf("%s%s%s", out, i ? "," : "", jwk);
        free(jwk), free(out);
        out = longer;
    }
    char *whole = text_printf("%s]}", out);
    free(out);
    return whole;
}

/* CPU time of this thread. */
UNUSED static double cpu_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

#endif
