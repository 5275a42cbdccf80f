/* jws.c - strict reading of compact signed tokens, and their verification by OpenSSL with prepared contexts. */
#include "certs/jws.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>

#include "proxy/base/base64.h"
#include "proxy/base/jsonx.h"

enum { HEADER_DEPTH = 8, HEADER_NODES = 512, DER_MAX = 3 + 2 * (3 + 66) };

const char *jws_status_text(enum jws_status status)
{
    static const char *const TEXTS[] = {
#define X(name, text) [JWS_##name] = text,
        JWS_STATUSES(X)
#undef X
    };
    return TEXTS[status];
}

/* ---- reading ---- */

static enum jws_status decode(struct str part, struct arena *arena, struct str *out)
{
    char *room = arena_bytes(arena, BASE64_DECODED_MAX(part.len));
    size_t len;
    if (!room)
        return JWS_NO_MEMORY;
    if (!base64url_decode(part, room, &len))
        return JWS_NOT_BASE64URL;
    *out = str_of(room, len);
    return JWS_OK;
}

/* A string member; an absent one is the empty string. */
static bool string_member(const struct jsonx *j, struct str name, struct arena *arena, struct str *out)
{
    uint32_t node = jsonx_member(j, 0, name);
    *out = STR("");
    if (node == JSONX_NO_NODE)
        return true;
    *out = jsonx_string(j, node, arena);
    return out->at != NULL;
}

static enum jws_status read_header(const struct jsonx *j, struct arena *arena, struct jws *jws)
{
    if (jsonx_kind(j, 0) != JSONX_OBJECT)
        return JWS_BAD_HEADER;
    /* An extension that must be understood is not understood here, and an unencoded payload (RFC 7797) is one. */
    if (jsonx_member(j, 0, STR("crit")) != JSONX_NO_NODE || jsonx_member(j, 0, STR("b64")) != JSONX_NO_NODE)
        return JWS_CRITICAL;
    struct str alg;
    if (!string_member(j, STR("alg"), arena, &alg) || !string_member(j, STR("kid"), arena, &jws->kid) ||
        !string_member(j, STR("typ"), arena, &jws->typ) || jws->kid.len > JWK_KID_MAX)
        return JWS_BAD_MEMBER;
    return alg_parse(alg, &jws->alg) ? JWS_OK : JWS_UNKNOWN_ALG;
}

enum jws_status jws_parse(struct str text, size_t bytes_max, struct arena *arena, struct jws *out)
{
    assert(bytes_max <= JWS_BYTES_MAX);
    if (text.len > bytes_max)
        return JWS_TOO_LARGE;
    struct str rest = text, header = str_cut(&rest, '.'), payload = str_cut(&rest, '.');
    if (!rest.at || str_has(rest, '.') || !header.len || !rest.len)
        return JWS_NOT_THREE_PARTS;
    struct jws jws = { .signing_input = str_first(text, header.len + 1 + payload.len) };
    enum jws_status status = decode(header, arena, &jws.header);
    if (status == JWS_OK)
        status = decode(payload, arena, &jws.payload);
    if (status == JWS_OK)
        status = decode(rest, arena, &jws.signature);
    if (status != JWS_OK)
        return status;

    const struct jsonx_limits limits = { .depth = HEADER_DEPTH, .nodes = HEADER_NODES };
    struct jsonx index;
    struct jsonx_error error;
    jsonx_init(&index);
    status = jsonx_index(&index, jws.header, &limits, &error) ? read_header(&index, arena, &jws) : JWS_BAD_HEADER;
    jsonx_finish(&index);
    if (status == JWS_OK)
        *out = jws;
    return status;
}

/* ---- verifying ---- */

/* A context that is ready to verify: kept with the key, because preparing one costs a third of an RSA verification. */
static EVP_PKEY_CTX *prepared(struct key *key, enum alg alg)
{
    if (key->ctx[alg])
        return key->ctx[alg];
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key->pkey, NULL);
    const EVP_MD *digest = alg_digest(alg);
    bool ok = ctx && digest && EVP_PKEY_verify_init(ctx) > 0;
    if (ok && ALGS[alg].family == FAMILY_RSA)
        ok = EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) > 0;
    if (ok && ALGS[alg].family == FAMILY_RSA_PSS) /* salt as long as the digest, MGF1 with the same (RFC 7518 §3.5) */
        ok = EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) > 0 &&
             EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, digest) > 0 &&
             EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) > 0;
    if (ok)
        ok = EVP_PKEY_CTX_set_signature_md(ctx, digest) > 0;
    if (!ok) {
        EVP_PKEY_CTX_free(ctx);
        return NULL;
    }
    return key->ctx[alg] = ctx;
}

/* One positive DER INTEGER out of a big-endian number of fixed length. */
static unsigned char *der_integer(unsigned char *to, const unsigned char *from, size_t len)
{
    while (len > 1 && !from[0])
        from++, len--;
    bool pad = from[0] & 0x80;
    *to++ = 0x02;
    *to++ = (unsigned char)(len + pad);
    if (pad)
        *to++ = 0;
    memcpy(to, from, len);
    return to + len;
}

/* JWS writes an ECDSA signature as r and s of fixed length (RFC 7518 §3.4), OpenSSL reads DER. */
static size_t der_signature(unsigned char der[DER_MAX], struct str raw)
{
    unsigned char inner[DER_MAX], *end = inner;
    size_t half = raw.len / 2;
    end = der_integer(end, (const unsigned char *)raw.at, half);
    end = der_integer(end, (const unsigned char *)raw.at + half, half);
    size_t len = (size_t)(end - inner), at = 0;
    der[at++] = 0x30;
    if (len >= 0x80)
        der[at++] = 0x81;
    der[at++] = (unsigned char)len;
    memcpy(der + at, inner, len);
    return at + len;
}

static bool verify_hmac(const struct jws *jws, const struct key *key)
{
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    struct str secret = secret_reveal(&key->secret);
    if (!HMAC(alg_digest(jws->alg), secret.at, (int)secret.len, (const unsigned char *)jws->signing_input.at,
              jws->signing_input.len, mac, &len))
        return false;
    bool same = bytes_eq_constant(jws->signature, str_of((const char *)mac, len));
    OPENSSL_cleanse(mac, sizeof mac);
    return same;
}

static bool verify_eddsa(const struct jws *jws, const struct key *key)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool right = ctx && EVP_DigestVerifyInit_ex(ctx, NULL, NULL, NULL, NULL, key->pkey, NULL) > 0 &&
                 EVP_DigestVerify(ctx, (const unsigned char *)jws->signature.at, jws->signature.len,
                                  (const unsigned char *)jws->signing_input.at, jws->signing_input.len) == 1;
    EVP_MD_CTX_free(ctx);
    return right;
}

static bool verify_digest(const struct jws *jws, struct key *key)
{
    EVP_PKEY_CTX *ctx = prepared(key, jws->alg);
    unsigned char digest[EVP_MAX_MD_SIZE], der[DER_MAX];
    unsigned digest_len;
    const unsigned char *signature = (const unsigned char *)jws->signature.at;
    size_t signature_len = jws->signature.len;
    if (!ctx ||
        !EVP_Digest(jws->signing_input.at, jws->signing_input.len, digest, &digest_len, alg_digest(jws->alg), NULL))
        return false;
    if (ALGS[jws->alg].family == FAMILY_ECDSA) {
        signature_len = der_signature(der, jws->signature);
        signature = der;
    }
    return EVP_PKEY_verify(ctx, signature, signature_len, digest, digest_len) == 1;
}

enum jws_status jws_verify(const struct jws *jws, struct key *key, unsigned allowed)
{
    if (!(allowed & ALG_BIT(jws->alg)))
        return JWS_ALG_NOT_ALLOWED;
    if (!(key->algs & ALG_BIT(jws->alg)))
        return JWS_ALG_NOT_OF_KEY;
    const struct alg_row *row = &ALGS[jws->alg];
    if (jws->signature.len != (row->signature_bytes ? row->signature_bytes : key->signature_bytes))
        return JWS_SIGNATURE_LENGTH;
    bool right = row->family == FAMILY_HMAC    ? verify_hmac(jws, key)
                 : row->family == FAMILY_EDDSA ? verify_eddsa(jws, key)
                                               : verify_digest(jws, key);
    if (!right)
        ERR_clear_error(); /* nobody may later read our failure as his */
    return right ? JWS_OK : JWS_SIGNATURE_WRONG;
}
