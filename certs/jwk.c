/* jwk.c - JSON Web Keys into keys: the kinds are rows of a table, each with its own checks. */
#include "certs/jwk.h"

#include <jansson.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/param_build.h>

#include "certs/roca.h"
#include "proxy/base/base64.h"

enum { MEMBER_MAX = 4096, RSA_BITS_MIN = 2048, RSA_BITS_MAX = 8192, SECRET_MAX = 1024 };

static struct str member_str(const json_t *object, const char *name)
{
    const json_t *v = json_object_get(object, name);
    return json_is_string(v) ? str_of(json_string_value(v), json_string_length(v)) : STR_NONE;
}

/* Decodes a base64url member; at == NULL when it is absent, no string, too long or not strict. */
static struct str member_bytes(const json_t *object, const char *name,
                               unsigned char room[BASE64_DECODED_MAX(MEMBER_MAX)])
{
    struct str text = member_str(object, name);
    size_t len;
    if (!text.at || text.len > MEMBER_MAX || !base64url_decode(text, room, &len))
        return STR_NONE;
    return str_of((const char *)room, len);
}

static EVP_PKEY *pkey_from(const char *type, OSSL_PARAM_BLD *build)
{
    EVP_PKEY *pkey = NULL;
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
    EVP_PKEY_CTX *ctx = params ? EVP_PKEY_CTX_new_from_name(NULL, type, NULL) : NULL;
    if (!ctx || EVP_PKEY_fromdata_init(ctx) <= 0 || EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) <= 0)
        pkey = NULL;
    EVP_PKEY_CTX_free(ctx);
    OSSL_PARAM_free(params);
    return pkey;
}

/* Is the point on its curve and not at infinity? The curves have cofactor 1, so that it is in the group as well, and
 * the quick check is a whole one. */
static bool point_is_sound(EVP_PKEY *pkey)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
    bool sound = ctx && EVP_PKEY_public_check_quick(ctx) == 1;
    EVP_PKEY_CTX_free(ctx);
    return sound;
}

static const char *read_rsa(const json_t *jwk, struct key *key)
{
    const char *why = "the modulus or exponent is not strict base64url";
    unsigned char n_room[BASE64_DECODED_MAX(MEMBER_MAX)], e_room[BASE64_DECODED_MAX(MEMBER_MAX)];
    struct str n_bytes = member_bytes(jwk, "n", n_room), e_bytes = member_bytes(jwk, "e", e_room);
    if (!n_bytes.len || !e_bytes.len)
        return why;
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    BIGNUM *n = BN_bin2bn(n_room, (int)n_bytes.len, NULL), *e = BN_bin2bn(e_room, (int)e_bytes.len, NULL);
    why = "out of memory";
    if (!build || !n || !e)
        goto out;
    why = "RSA below 2048 bits";
    if (BN_num_bits(n) < RSA_BITS_MIN)
        goto out;
    why = "RSA above 8192 bits";
    if (BN_num_bits(n) > RSA_BITS_MAX)
        goto out;
    why = "weak RSA exponent";
    if (!BN_is_odd(e) || BN_is_one(e) || BN_num_bits(e) > 64)
        goto out;
    why = "the RSA modulus is even or of the ROCA weakness";
    if (!BN_is_odd(n) || roca_is_weak(n))
        goto out;
    why = "not an RSA public key";
    if (!OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n) ||
        !OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e))
        goto out;
    key->pkey = pkey_from("RSA", build);
    /* Not EVP_PKEY_public_check: it tests the modulus for being composite, which takes milliseconds on the loop. */
    if (!key->pkey)
        goto out;
    key->signature_bytes = (size_t)BN_num_bytes(n);
    key->algs = ALGS_RSA;
    why = NULL;
out:
    BN_free(n);
    BN_free(e);
    OSSL_PARAM_BLD_free(build);
    return why;
}

static const struct curve {
    const char *name, *group;
    enum alg alg;
    size_t bytes; /* of a coordinate */
} CURVES[] = {
    { "P-256", "prime256v1", ALG_ES256, 32 },
    { "P-384", "secp384r1", ALG_ES384, 48 },
    { "P-521", "secp521r1", ALG_ES512, 66 },
};

static const char *read_ec(const json_t *jwk, struct key *key)
{
    const struct curve *curve = NULL;
    struct str crv = member_str(jwk, "crv");
    for (size_t i = 0; i < ARRAY_LEN(CURVES); i++)
        if (str_eq(crv, str_c(CURVES[i].name)))
            curve = &CURVES[i];
    if (!curve)
        return "a curve that is not taken here";
    unsigned char x_room[BASE64_DECODED_MAX(MEMBER_MAX)], y_room[BASE64_DECODED_MAX(MEMBER_MAX)], point[1 + 2 * 66];
    struct str x = member_bytes(jwk, "x", x_room), y = member_bytes(jwk, "y", y_room);
    if (x.len != curve->bytes || y.len != curve->bytes)
        return "coordinates that do not fit the curve";
    point[0] = POINT_CONVERSION_UNCOMPRESSED;
    memcpy(point + 1, x.at, x.len);
    memcpy(point + 1 + x.len, y.at, y.len);
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    if (build && OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, curve->group, 0) &&
        OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point, 1 + 2 * curve->bytes))
        key->pkey = pkey_from("EC", build);
    OSSL_PARAM_BLD_free(build);
    if (!key->pkey || !point_is_sound(key->pkey))
        return "a point off the curve";
    key->algs = ALG_BIT(curve->alg);
    return NULL;
}

/* RFC 8037 §2; the sizes are those of RFC 8032 §5.1 and §5.2. */
static const struct edwards {
    const char *name, *type;
    size_t bytes, signature_bytes;
} EDWARDS[] = {
    { "Ed25519", "ED25519", 32, 64 },
    { "Ed448", "ED448", 57, 114 },
};

static const char *read_okp(const json_t *jwk, struct key *key)
{
    const struct edwards *curve = NULL;
    struct str crv = member_str(jwk, "crv");
    for (size_t i = 0; i < ARRAY_LEN(EDWARDS); i++)
        if (str_eq(crv, str_c(EDWARDS[i].name)))
            curve = &EDWARDS[i];
    if (!curve)
        return "a curve that is not taken here";
    unsigned char room[BASE64_DECODED_MAX(MEMBER_MAX)];
    struct str x = member_bytes(jwk, "x", room);
    if (x.len != curve->bytes)
        return "a public key that does not fit the curve";
    key->pkey = EVP_PKEY_new_raw_public_key_ex(NULL, curve->type, NULL, room, x.len);
    if (!key->pkey)
        return "not a public key of the curve";
    key->signature_bytes = curve->signature_bytes;
    key->algs = ALG_BIT(ALG_EDDSA);
    return NULL;
}

static const char *read_oct(const json_t *jwk, struct key *key)
{
    unsigned char room[BASE64_DECODED_MAX(MEMBER_MAX)];
    struct str k = member_bytes(jwk, "k", room);
    const char *why = "the key is not strict base64url";
    if (k.len && k.len <= SECRET_MAX) {
        /* As long as the digest at least (RFC 7518 §3.2). */
        for (enum alg a = ALG_HS256; a <= ALG_HS512; a++)
            if (k.len >= ALGS[a].digest_bytes)
                key->algs |= ALG_BIT(a);
        why = !key->algs ? "a symmetric key that is too short" : secret_set(&key->secret, k) ? NULL : "out of memory";
    }
    OPENSSL_cleanse(room, sizeof room);
    return why;
}

static const struct kind {
    const char *kty;
    const char *(*read)(const json_t *jwk, struct key *key); /* fills the key, answers what is wrong */
    bool is_symmetric;
} KINDS[] = {
    { "RSA", read_rsa, false },
    { "EC", read_ec, false },
    { "OKP", read_okp, false },
    { "oct", read_oct, true },
};

static bool has_string(const json_t *array, const char *word)
{
    size_t i;
    json_t *v;
    json_array_foreach(array, i, v) if (json_is_string(v) && strcmp(json_string_value(v), word) == 0) return true;
    return false;
}

/* The members that every kind has: is this key for verifying signatures at all? */
static const char *purpose(const json_t *jwk, enum jwk_from from)
{
    const json_t *use = json_object_get(jwk, "use"), *ops = json_object_get(jwk, "key_ops");
    const json_t *kid = json_object_get(jwk, "kid"), *issuer = json_object_get(jwk, "issuer");
    if (use && !(json_is_string(use) && strcmp(json_string_value(use), "sig") == 0))
        return "not for signatures (use)";
    if (ops && !(json_is_array(ops) && has_string(ops, "verify")))
        return "not for verifying (key_ops)";
    if (kid && !(json_is_string(kid) && json_string_length(kid) <= JWK_KID_MAX))
        return "a kid that is no string or too long";
    if (issuer && !(json_is_string(issuer) && json_string_length(issuer) <= JWK_KID_MAX))
        return "an issuer that is no string or too long";
    if (from == JWK_OF_ISSUER) {
        static const char *const PRIVATE[] = { "d", "p", "q", "dp", "dq", "qi", "oth", "k" };
        for (size_t i = 0; i < ARRAY_LEN(PRIVATE); i++)
            if (json_object_get(jwk, PRIVATE[i]))
                return "private members in a public document";
    }
    return NULL;
}

struct key *jwk_read(const json_t *jwk, enum jwk_from from, const char **why)
{
    struct key *key = NULL;
    const char *wrong = "not a JSON object";
    if (!json_is_object(jwk))
        goto out;
    const struct kind *kind = NULL;
    struct str kty = member_str(jwk, "kty");
    for (size_t i = 0; i < ARRAY_LEN(KINDS); i++)
        if (str_eq(kty, str_c(KINDS[i].kty)))
            kind = &KINDS[i];
    wrong = "a kind of key that is not taken here";
    if (!kind || (kind->is_symmetric && from == JWK_OF_ISSUER))
        goto out;
    wrong = purpose(jwk, from);
    if (wrong)
        goto out;
    wrong = "out of memory";
    key = calloc(1, sizeof *key);
    if (!key || !str_copy(member_str(jwk, "kid"), &key->kid) || !str_copy(member_str(jwk, "issuer"), &key->issuer))
        goto out;
    wrong = kind->read(jwk, key);
    if (wrong)
        goto out;
    const json_t *alg = json_object_get(jwk, "alg");
    if (alg) {
        enum alg named;
        wrong = "an algorithm that does not fit the key";
        if (!alg_parse(member_str(jwk, "alg"), &named) || !(key->algs & ALG_BIT(named)))
            goto out;
        key->algs = ALG_BIT(named);
    }
    return key;
out:
    key_free(key);
    *why = wrong;
    return NULL;
}

void key_free(struct key *key)
{
    if (!key)
        return;
    for (enum alg a = 0; a < ALG_COUNT; a++)
        EVP_PKEY_CTX_free(key->ctx[a]);
    EVP_PKEY_free(key->pkey);
    secret_finish(&key->secret);
    str_free(key->kid);
    str_free(key->issuer);
    free(key);
}
