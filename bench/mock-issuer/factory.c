/* factory.c - makes tokens, good ones and every wrong kind that a test may want. */
#include "factory.h"

#include "keys.h"
#include "names.h"

#include "proxy/base/base64.h"

#include <openssl/rand.h>
#include <time.h>

/* What POST /admin/token understands; anything else is a mistake in the test and is told as one. */
static const char *const members[] = {
    "realm",                    /* entra (default) or generic */
    "ver",                      /* "2.0" (default) or "1.0" */
    "tenant",                   /* GUID; else the setting */
    "audience",                 /* text or array; else the setting */
    "subject",                  /* oid and sub */
    "app",                      /* azp or appid */
    "roles",                    /* array */
    "scp",                      /* text; makes it a user's token */
    "groups",                   /* array */
    "lifetime",                 /* seconds from now to exp, may be negative; default 3600 */
    "age",                      /* seconds since iat and nbf; default 300, as Entra does */
    "alg",                      /* default RS256 */
    "kid",                      /* sign with this key of ours; a foreign kid goes into "header" */
    "sign",                     /* good (default), bad, other-key, none, stripped, hs256-with-pem */
    "claims",                   /* merged over everything above; null takes a member out */
    "header",                   /* likewise */
    "raw_claims", "raw_header", /* the exact text instead, for duplicate members and the like */
};

static const char *text_or(const json_t *spec, const char *name, const char *fallback)
{
    const char *text = json_string_value(json_object_get(spec, name));
    return text ? text : fallback;
}

static json_int_t number_or(const json_t *spec, const char *name, json_int_t fallback)
{
    const json_t *number = json_object_get(spec, name);
    return json_is_integer(number) ? json_integer_value(number) : fallback;
}

static void merge(json_t *into, const json_t *over)
{
    const char *name;
    json_t *value;

    json_object_foreach((json_t *)over, name, value) if (json_is_null(value)) json_object_del(into, name);
    else json_object_set(into, name, value);
}

static void set_copy(json_t *claims, const json_t *spec, const char *name)
{
    json_t *value = json_object_get(spec, name);
    if (value)
        json_object_set(claims, name, value);
}

static void set_times(json_t *claims, const json_t *spec)
{
    json_int_t now = (json_int_t)time(NULL), made = now - number_or(spec, "age", 300);

    json_object_set_new(claims, "iat", json_integer(made));
    json_object_set_new(claims, "nbf", json_integer(made));
    json_object_set_new(claims, "exp", json_integer(now + number_or(spec, "lifetime", 3600)));
}

/* Opaque claims that Entra sends and everybody must ignore. */
static void set_random(json_t *claims, const char *name)
{
    unsigned char bytes[16];
    char text[BASE64_ENCODED_MAX(sizeof bytes)];

    if (RAND_bytes(bytes, sizeof bytes) == 1)
        json_object_set_new(claims, name, json_stringn(text, base64url_encode(text, bytes, sizeof bytes)));
}

static json_t *entra_claims(const struct mock *mock, const json_t *spec)
{
    char issuer[NAME_MAX_BYTES];
    const char *tenant = text_or(spec, "tenant", setting_text(mock, "tenant"));
    const char *subject = text_or(spec, "subject", "44444444-0000-4000-8000-000000000001");
    const char *app = text_or(spec, "app", "22222222-0000-4000-8000-000000000001");
    bool is_v1 = strcmp(text_or(spec, "ver", "2.0"), "1.0") == 0;
    bool is_user = json_object_get(spec, "scp") != NULL;
    json_t *claims = json_object();

    (is_v1 ? issuer_v1 : issuer_v2)(mock, tenant, issuer);
    json_object_set_new(claims, "iss", json_string(issuer));
    json_object_set_new(claims, "aud", json_string(setting_text(mock, "audience")));
    set_times(claims, spec);
    set_random(claims, "aio");
    json_object_set_new(claims, is_v1 ? "appid" : "azp", json_string(app));
    json_object_set_new(claims, is_v1 ? "appidacr" : "azpacr", json_string(is_user ? "0" : "1"));
    json_object_set_new(claims, "idtyp", json_string(is_user ? "user" : "app"));
    json_object_set_new(claims, "oid", json_string(subject));
    set_random(claims, "rh");
    json_object_set_new(claims, "sub", json_string(subject));
    json_object_set_new(claims, "tid", json_string(tenant));
    set_random(claims, "uti");
    json_object_set_new(claims, "ver", json_string(is_v1 ? "1.0" : "2.0"));
    if (is_user && is_v1) {
        json_object_set_new(claims, "amr", json_pack("[s,s]", "pwd", "mfa"));
        json_object_set_new(claims, "unique_name", json_string("someone@example.com"));
    } else if (is_user) {
        json_object_set_new(claims, "name", json_string("Someone"));
        json_object_set_new(claims, "preferred_username", json_string("someone@example.com"));
    }
    if (is_v1)
        json_object_set_new(claims, "idp", json_string(issuer));
    return claims;
}

static json_t *generic_claims(const struct mock *mock, const json_t *spec)
{
    char issuer[NAME_MAX_BYTES];
    json_t *claims = json_object();

    issuer_generic(mock, issuer);
    json_object_set_new(claims, "iss", json_string(issuer));
    json_object_set_new(claims, "aud", json_string(setting_text(mock, "audience")));
    json_object_set_new(claims, "sub", json_string(text_or(spec, "subject", "someone")));
    json_object_set_new(claims, "client_id", json_string(text_or(spec, "app", "22222222-0000-4000-8000-000000000001")));
    set_times(claims, spec);
    set_random(claims, "jti");
    return claims;
}

static json_t *claims_of(const struct mock *mock, const json_t *spec, enum realm realm)
{
    json_t *claims = realm == REALM_ENTRA ? entra_claims(mock, spec) : generic_claims(mock, spec);
    json_t *audience = json_object_get(spec, "audience");

    if (audience)
        json_object_set(claims, "aud", audience);
    set_copy(claims, spec, "roles");
    set_copy(claims, spec, "scp");
    set_copy(claims, spec, "groups");
    merge(claims, json_object_get(spec, "claims"));
    return claims;
}

static json_t *header_of(const json_t *spec, const struct key *key, const char *alg)
{
    json_t *header = json_pack("{s:s, s:s, s:s}", "typ", "JWT", "alg", alg, "kid", key->kid);

    if (key->realm == REALM_ENTRA && strcmp(text_or(spec, "ver", "2.0"), "1.0") == 0)
        json_object_set_new(header, "x5t", json_string(key->kid));
    merge(header, json_object_get(spec, "header"));
    return header;
}

/* Another valid base64url text of the same length: the last but one byte of the signature is changed. */
static char *spoil(char *token)
{
    size_t n = token ? strlen(token) : 0;

    if (n > 4)
        token[n - 4] = token[n - 4] == 'A' ? 'B' : 'A';
    return token;
}

static char *sign_with_other_key(const struct jose_alg *alg, const char *header, const char *claims)
{
    EVP_PKEY *key = jose_key_make(alg);
    char *token = key ? jose_sign(alg, key, header, claims) : NULL;

    EVP_PKEY_free(key);
    return token;
}

static char *sign(const char *how, const struct jose_alg *alg, const struct key *key, json_t *header, json_t *claims,
                  const char *header_text, const char *claims_text, bool is_plain)
{
    if (strcmp(how, "good") == 0 || strcmp(how, "bad") == 0) {
        /* libjwt where it can, so that its notion of a token is tried too; PSS, EdDSA and odd texts by OpenSSL. */
        char *token = is_plain && !alg->is_pss && alg->digest
                          ? jose_sign_libjwt(alg->name, key->private_pem, header, claims)
                          : NULL;
        if (!token)
            token = jose_sign(alg, key->pkey, header_text, claims_text);
        return strcmp(how, "bad") == 0 ? spoil(token) : token;
    }
    if (strcmp(how, "other-key") == 0)
        return sign_with_other_key(alg, header_text, claims_text);
    if (strcmp(how, "hs256-with-pem") == 0)
        return jose_sign_hmac(str_c(key->public_pem), header_text, claims_text);
    if (strcmp(how, "none") == 0 || strcmp(how, "stripped") == 0)
        return jose_sign_nothing(header_text, claims_text);
    return NULL;
}

static const char *complain_about(const json_t *spec)
{
    const char *name;
    json_t *value;

    json_object_foreach((json_t *)spec, name, value)
    {
        bool is_known = false;
        for (size_t i = 0; i < ARRAY_LEN(members) && !is_known; i++)
            is_known = strcmp(name, members[i]) == 0;
        if (!is_known)
            return "the token has a member that is not known";
    }
    return NULL;
}

/* The word in the header for ways to sign that lie about it. */
static const char *alg_word(const char *how, const struct jose_alg *alg)
{
    if (strcmp(how, "none") == 0)
        return "none";
    return strcmp(how, "hs256-with-pem") == 0 ? "HS256" : alg->name;
}

char *factory_token(struct mock *mock, const json_t *spec, json_t **report, const char **complaint)
{
    enum realm realm = REALM_ENTRA;
    const struct jose_alg *alg = jose_alg_find(text_or(spec, "alg", "RS256"));
    const char *how = text_or(spec, "sign", "good");
    const char *kid = text_or(spec, "kid", NULL);

    *complaint = complain_about(spec);
    if (*complaint)
        return NULL;
    if (!realm_parse(text_or(spec, "realm", "entra"), &realm) || !alg) {
        *complaint = alg ? "no such realm" : "no such alg";
        return NULL;
    }
    struct key *key = kid ? keyring_find(mock->keys, kid) : keyring_signer(mock->keys, realm, alg);
    if (!key || !jose_alg_fits(key->alg, alg)) {
        *complaint = key ? "the key cannot sign with this alg" : "no such key";
        return NULL;
    }

    json_t *claims = claims_of(mock, spec, realm);
    json_t *header = header_of(spec, key, alg_word(how, alg));
    const char *raw_header = text_or(spec, "raw_header", NULL), *raw_claims = text_or(spec, "raw_claims", NULL);
    char *header_text = raw_header ? strdup(raw_header) : json_dumps(header, JSON_COMPACT);
    char *claims_text = raw_claims ? strdup(raw_claims) : json_dumps(claims, JSON_COMPACT);
    bool is_plain = !raw_header && !raw_claims && !json_object_get(spec, "header");

    char *token =
        header_text && claims_text ? sign(how, alg, key, header, claims, header_text, claims_text, is_plain) : NULL;
    if (!token)
        *complaint = "cannot sign so";
    else if (report)
        *report = json_pack("{s:s, s:O, s:O}", "kid", key->kid, "header", header, "claims", claims);
    free(header_text);
    free(claims_text);
    json_decref(header);
    json_decref(claims);
    return token;
}
