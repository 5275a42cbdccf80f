/* discovery.c - the documents that say who the issuer is and which keys it signs with. */
#include "keys.h"
#include "mock.h"
#include "names.h"

#define NO_TENANT "AADSTS90002: Tenant '%s' not found. Check to make sure you have the correct tenant ID."

static void no_such_tenant(const struct request *request, struct reply *reply)
{
    reply_json(reply, 400,
               json_pack("{s:s, s:o, s:[i]}", "error", "invalid_tenant", "error_description",
                         json_sprintf(NO_TENANT, request->tenant), "error_codes", 90002));
}

/* Endpoints follow the caller's own way to us; the issuer is what tokens say. */
static json_t *endpoint(const struct mock *mock, const struct request *request, const char *tail)
{
    char origin[NAME_MAX_BYTES];

    request_origin(mock, request, origin, sizeof origin);
    return request->tenant[0] ? json_sprintf("%s/%s%s", origin, request->tenant, tail)
                              : json_sprintf("%s%s", origin, tail);
}

/* What stands in Entra's documents and does not depend on tenant or version (azure.md §1.2). */
static const char ENTRA_REST[] =
    "{\"token_endpoint_auth_methods_supported\": [\"client_secret_post\", \"private_key_jwt\", "
    "\"client_secret_basic\"],"
    " \"response_types_supported\": [\"code\", \"id_token\", \"code id_token\", \"id_token token\"],"
    " \"response_modes_supported\": [\"query\", \"fragment\", \"form_post\"],"
    " \"subject_types_supported\": [\"pairwise\"],"
    " \"id_token_signing_alg_values_supported\": [\"RS256\"],"
    " \"scopes_supported\": [\"openid\", \"profile\", \"email\", \"offline_access\"],"
    " \"claims_supported\": [\"sub\", \"iss\", \"aud\", \"exp\", \"iat\", \"nbf\", \"tid\", \"ver\"],"
    " \"userinfo_endpoint\": \"https://graph.microsoft.com/oidc/userinfo\","
    " \"http_logout_supported\": true, \"frontchannel_logout_supported\": true, \"tenant_region_scope\": null,"
    " \"cloud_instance_name\": \"microsoftonline.com\", \"cloud_graph_host_name\": \"graph.windows.net\","
    " \"msgraph_host\": \"graph.microsoft.com\", \"rbac_url\": \"https://pas.windows.net\"}";

static json_t *document(const struct mock *mock, const struct request *request, const char *issuer, const char *oauth2)
{
    char authorize[64], token[64], keys[64], logout[64], device[64];

    snprintf(authorize, sizeof authorize, "/oauth2%s/authorize", oauth2);
    snprintf(token, sizeof token, "/oauth2%s/token", oauth2);
    snprintf(keys, sizeof keys, "/discovery%s/keys", oauth2);
    snprintf(logout, sizeof logout, "/oauth2%s/logout", oauth2);
    snprintf(device, sizeof device, "/oauth2%s/devicecode", oauth2);
    json_t *doc =
        json_pack("{s:s, s:o, s:o, s:o, s:o, s:o}", "issuer", issuer, "authorization_endpoint",
                  endpoint(mock, request, authorize), "token_endpoint", endpoint(mock, request, token), "jwks_uri",
                  endpoint(mock, request, keys), "end_session_endpoint", endpoint(mock, request, logout),
                  "device_authorization_endpoint", endpoint(mock, request, device));
    json_t *more = json_loads(ENTRA_REST, JSON_REJECT_DUPLICATES, NULL);
    assert(more);
    json_object_update_missing(doc, more);
    json_decref(more);
    return doc;
}

static void discovery(struct mock *mock, struct request *request, struct reply *reply, const char *oauth2,
                      void (*issuer_of)(const struct mock *, const char *, char *))
{
    char issuer[NAME_MAX_BYTES];
    const char *tid = tenant_resolve(mock, request->tenant);

    if (!tid) {
        no_such_tenant(request, reply);
        return;
    }
    issuer_of(mock, tid, issuer);
    json_t *doc = document(mock, request, issuer, oauth2);
    /* Apps with signing keys of their own need ?appid= here, and the same on the key document. */
    const char *appid = request_query(request, "appid");
    if (appid)
        json_object_set_new(doc, "jwks_uri",
                            json_sprintf("%s?appid=%s", json_string_value(json_object_get(doc, "jwks_uri")), appid));
    reply_json(reply, 200, doc);
}

void discovery_v1(struct mock *mock, struct request *request, struct reply *reply)
{
    discovery(mock, request, reply, "", issuer_v1);
}

void discovery_v2(struct mock *mock, struct request *request, struct reply *reply)
{
    discovery(mock, request, reply, "/v2.0", issuer_v2);
}

static const char GENERIC_REST[] =
    "{\"response_types_supported\": [\"code\"], \"subject_types_supported\": [\"public\"],"
    " \"id_token_signing_alg_values_supported\": [\"RS256\", \"PS256\", \"ES256\", \"ES384\", \"ES512\", \"EdDSA\"],"
    " \"token_endpoint_auth_methods_supported\": [\"client_secret_post\", \"client_secret_basic\"]}";

void discovery_generic(struct mock *mock, struct request *request, struct reply *reply)
{
    char issuer[NAME_MAX_BYTES];
    json_t *doc = json_loads(GENERIC_REST, JSON_REJECT_DUPLICATES, NULL);
    assert(doc);

    issuer_generic(mock, issuer);
    json_object_set_new(doc, "issuer", json_string(issuer));
    json_object_set_new(doc, "authorization_endpoint", endpoint(mock, request, "/generic/authorize"));
    json_object_set_new(doc, "token_endpoint", endpoint(mock, request, "/generic/token"));
    json_object_set_new(doc, "jwks_uri", endpoint(mock, request, "/generic/keys"));
    reply_json(reply, 200, doc);
}

static json_t *key_document(struct mock *mock, enum realm realm, bool has_issuer, bool has_alg)
{
    json_t *keys = json_array();

    keyring_fill(mock->keys, realm);
    for (size_t i = 0; i < keyring_count(mock->keys); i++) {
        const struct key *key = keyring_at(mock->keys, i);
        if (key->realm != realm || !key->is_published)
            continue;
        json_t *jwk = jose_key_public(key->alg, key->pkey);
        json_object_set_new(jwk, "use", json_string("sig"));
        json_object_set_new(jwk, "kid", json_string(key->kid));
        if (realm == REALM_ENTRA) {
            json_object_set_new(jwk, "x5t", json_string(key->kid));
            json_object_set_new(jwk, "x5c", json_pack("[s]", key->certificate));
        }
        if (has_issuer) {
            char template[NAME_MAX_BYTES];
            issuer_v2(mock, "{tenantid}", template);
            json_object_set_new(jwk, "issuer", json_string(key->issuer ? key->issuer : template));
        }
        if (has_alg)
            json_object_set_new(jwk, "alg", json_string(key->alg->name));
        json_array_append_new(keys, jwk);
    }
    return json_pack("{s:o}", "keys", keys);
}

static void entra_keys(struct mock *mock, struct request *request, struct reply *reply, bool is_v2)
{
    if (!tenant_resolve(mock, request->tenant)) {
        no_such_tenant(request, reply);
        return;
    }
    /* Per-key issuers are in the v2 document only. */
    reply_json(reply, 200, key_document(mock, REALM_ENTRA, is_v2, setting_flag(mock, "jwks_alg")));
    reply_header(reply, "Cache-Control", "private");
}

void discovery_keys_v1(struct mock *mock, struct request *request, struct reply *reply)
{
    entra_keys(mock, request, reply, false);
}

void discovery_keys_v2(struct mock *mock, struct request *request, struct reply *reply)
{
    entra_keys(mock, request, reply, true);
}

void discovery_generic_keys(struct mock *mock, struct request *request, struct reply *reply)
{
    (void)request;
    reply_json(reply, 200, key_document(mock, REALM_GENERIC, false, true));
}
