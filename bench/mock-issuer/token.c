/* token.c - the token endpoints: client credentials by secret or assertion, and Entra's way to refuse. */
#include "factory.h"
#include "jose.h"
#include "keys.h"
#include "names.h"

#include "proxy/base/base64.h"

#include <openssl/pem.h>
#include <time.h>

#define ASSERTION_TYPE "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

/* Entra's refusals that clients branch on (azure.md §2.5); "%s" takes one detail. */
static const struct refusal {
    int code;
    unsigned status;
    const char *error, *sentence;
} refusals[] = {
    { 50013, 401, "invalid_client", "Assertion failed signature validation. [Reason - %s]" },
    { 70003, 400, "unsupported_grant_type", "The app requested an unsupported grant type '%s'." },
    { 70011, 400, "invalid_scope",
      "The provided request must include a 'scope' input parameter. The scope '%s' is not valid." },
    { 90002, 400, "invalid_request", "Tenant '%s' not found. Check to make sure you have the correct tenant ID." },
    { 90014, 400, "invalid_request", "The required field '%s' is missing from the credential." },
    { 90061, 400, "invalid_request", "Request to External OIDC endpoint failed: %s" },
    { 700016, 400, "unauthorized_client", "Application with identifier '%s' was not found in the directory." },
    { 700024, 401, "invalid_client", "Client assertion is not within its valid time range. %s" },
    { 700027, 401, "invalid_client",
      "The certificate with identifier used to sign the client assertion is not registered on application. %s" },
    { 700211, 401, "invalid_client",
      "No matching federated identity record found for presented assertion issuer '%s'." },
    { 700212, 401, "invalid_client",
      "No matching federated identity record found for presented assertion audience '%s'." },
    { 700213, 401, "invalid_client",
      "No matching federated identity record found for presented assertion subject '%s'." },
    { 7000215, 401, "invalid_client", "Invalid client secret provided for app '%s'." },
    { 7000218, 401, "invalid_client", "The request body must contain the following parameter: '%s'." },
};

/* The body of every refusal: the sentence with trace lines behind it, and the code once more as a number. */
static bool refuse(struct reply *reply, int code, const char *detail)
{
    const struct refusal *row = NULL;
    char trace[37], correlation[37], stamp[32], sentence[1024];
    time_t now = time(NULL);
    struct tm utc;

    for (size_t i = 0; i < ARRAY_LEN(refusals); i++)
        if (refusals[i].code == code)
            row = &refusals[i];
    assert(row);
    guid_random(trace);
    guid_random(correlation);
    strftime(stamp, sizeof stamp, "%Y-%m-%d %H:%M:%SZ", gmtime_r(&now, &utc));

    struct str head = str_c(row->sentence);
    size_t hole = str_find_str(head, STR("%s"));
    struct str tail = str_from(head, hole + 2);
    snprintf(sentence, sizeof sentence,
             "AADSTS%d: " STR_F "%s" STR_F "\r\nTrace ID: %s\r\nCorrelation ID: %s\r\nTimestamp: %s", code,
             STR_A(str_first(head, hole)), detail, STR_A(tail), trace, correlation, stamp);
    reply_json(reply, row->status,
               json_pack("{s:s, s:s, s:[i], s:s, s:s, s:s, s:o}", "error", row->error, "error_description", sentence,
                         "error_codes", code, "timestamp", stamp, "trace_id", trace, "correlation_id", correlation,
                         "error_uri", json_sprintf("https://login.microsoftonline.com/error?code=%d", code)));
    return false;
}

static json_t *find_app(const struct mock *mock, const char *client_id)
{
    size_t i;
    json_t *app;

    json_array_foreach(mock->apps, i, app)
    {
        const char *id = json_string_value(json_object_get(app, "client_id"));
        if (id && strcmp(id, client_id) == 0)
            return app;
    }
    return NULL;
}

static const char *member(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

/* ---- client assertions ---- */

/* The audience as text: a text, or an array of one. */
static const char *audience_of(const json_t *claims)
{
    const json_t *aud = json_object_get(claims, "aud");
    const char *text = json_string_value(json_is_array(aud) ? json_array_get(aud, 0) : aud);
    return text ? text : "";
}

static bool assertion_in_time(const json_t *claims, struct reply *reply)
{
    /* A NumericDate may have a fraction (RFC 7519 §2), and MSAL's for Python does. */
    double exp = json_number_value(json_object_get(claims, "exp"));

    return (double)time(NULL) < exp + 300 || refuse(reply, 700024, "Review the documentation.");
}

static bool assertion_signed(EVP_PKEY *key, const json_t *header, struct str signed_part, struct str signature,
                             struct reply *reply)
{
    const struct jose_alg *alg = jose_alg_find(member(header, "alg"));

    if (!alg || !jose_verify(alg, key, signed_part, signature))
        return refuse(reply, 50013, "The key was not found or the signature does not fit.");
    return true;
}

/* private_key_jwt: iss and sub are the client, aud is this endpoint, the key is registered as "public_pem". */
static bool own_assertion(const json_t *app, const struct request *request, const json_t *header, const json_t *claims,
                          struct str signed_part, struct str signature, struct reply *reply)
{
    const char *pem = member(app, "public_pem");

    if (!str_ends(str_c(audience_of(claims)), str_c(request->path)))
        return refuse(reply, 700212, audience_of(claims));
    if (!assertion_in_time(claims, reply))
        return false;
    BIO *bio = BIO_new_mem_buf(pem, -1);
    EVP_PKEY *key = bio && *pem ? PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL) : NULL;
    BIO_free(bio);
    bool ok = key ? assertion_signed(key, header, signed_part, signature, reply)
                  : refuse(reply, 700027, "No key is registered.");
    EVP_PKEY_free(key);
    return ok;
}

/* Workload identity: the first federated record with this issuer decides; keys are those of /generic. */
static bool federated_assertion(struct mock *mock, const json_t *app, const json_t *header, const json_t *claims,
                                struct str signed_part, struct str signature, struct reply *reply)
{
    size_t i;
    json_t *record, *found = NULL;

    json_array_foreach(json_object_get(app, "federated"), i,
                       record) if (strcmp(member(record, "issuer"), member(claims, "iss")) == 0)
    {
        found = record;
        break;
    }
    if (!found)
        return refuse(reply, 700211, member(claims, "iss"));
    if (strcmp(member(found, "audience"), audience_of(claims)) != 0)
        return refuse(reply, 700212, audience_of(claims));
    if (strcmp(member(found, "subject"), member(claims, "sub")) != 0)
        return refuse(reply, 700213, member(claims, "sub"));
    if (!assertion_in_time(claims, reply))
        return false;
    struct key *key = keyring_find(mock->keys, member(header, "kid"));
    if (!key)
        return refuse(reply, 90061, "the issuer has no such key");
    return assertion_signed(key->pkey, header, signed_part, signature, reply);
}

static bool by_assertion(struct mock *mock, const json_t *app, const struct request *request, struct reply *reply)
{
    json_t *header = NULL, *claims = NULL;
    struct str signed_part, signature;
    const char *type = request_form(request, "client_assertion_type");

    if (!type || strcmp(type, ASSERTION_TYPE) != 0)
        return refuse(reply, 90014, "client_assertion_type");
    if (!jose_split(str_c(request_form(request, "client_assertion")), &header, &claims, &signed_part, &signature))
        return refuse(reply, 50013, "The assertion is not a token.");
    bool is_own = strcmp(member(claims, "iss"), member(app, "client_id")) == 0;
    bool ok = is_own ? own_assertion(app, request, header, claims, signed_part, signature, reply)
                     : federated_assertion(mock, app, header, claims, signed_part, signature, reply);
    json_decref(header);
    json_decref(claims);
    return ok;
}

/* ---- clients ---- */

static void percent_decode(char *text)
{
    char *to = text;

    for (const char *at = text; *at; at++)
        if (*at == '%' && hex_value(at[1]) >= 0 && hex_value(at[2]) >= 0) {
            *to++ = (char)(hex_value(at[1]) << 4 | hex_value(at[2]));
            at += 2;
        } else {
            *to++ = *at == '+' ? ' ' : *at;
        }
    *to = '\0';
}

/* RFC 6749 §2.3.1: both halves are form-encoded inside the base64. False when there is no such header. */
static bool basic_credentials(const struct request *request, char id[256], char secret[256])
{
    struct str value = str_c(request_header(request, "authorization"));
    char text[1024];
    size_t n;

    if (!str_starts_nocase(value, STR("Basic ")))
        return false;
    value = str_trim(str_from(value, 6));
    if (BASE64_DECODED_MAX(value.len) >= sizeof text || !base64_decode(value, text, &n))
        return false;
    struct str rest = str_of(text, n), first = str_cut(&rest, ':');
    snprintf(id, 256, STR_F, STR_A(first));
    snprintf(secret, 256, STR_F, STR_A(rest));
    percent_decode(id);
    percent_decode(secret);
    return true;
}

/* The app that has proven itself, or NULL with the refusal in the reply. */
static const json_t *client_of(struct mock *mock, struct request *request, struct reply *reply)
{
    char id[256] = "", secret[256] = "";
    bool is_basic = basic_credentials(request, id, secret);
    const char *form_id = request_form(request, "client_id"), *form_secret = request_form(request, "client_secret");

    if (!is_basic && form_id)
        snprintf(id, sizeof id, "%s", form_id);
    if (!is_basic && form_secret)
        snprintf(secret, sizeof secret, "%s", form_secret);
    if (!id[0]) {
        refuse(reply, 90014, "client_id");
        return NULL;
    }
    const json_t *app = find_app(mock, id);
    if (!app) {
        refuse(reply, 700016, id);
        return NULL;
    }
    if (request_form(request, "client_assertion"))
        return by_assertion(mock, app, request, reply) ? app : NULL;
    if (!secret[0]) {
        refuse(reply, 7000218, "client_assertion' or 'client_secret");
        return NULL;
    }
    if (!*member(app, "secret") || strcmp(member(app, "secret"), secret) != 0) {
        refuse(reply, 7000215, id);
        return NULL;
    }
    return app;
}

static bool grant_is_ours(const struct request *request, struct reply *reply)
{
    const char *grant = request_form(request, "grant_type");

    if (!grant)
        return refuse(reply, 90014, "grant_type");
    return strcmp(grant, "client_credentials") == 0 || refuse(reply, 70003, grant);
}

/* A token for `resource`: v1 for Microsoft's own, as theirs are; the setting for registered APIs, with roles. */
static char *issue(struct mock *mock, const json_t *app, const char *tenant, const char *resource)
{
    const char *complaint;
    bool is_microsoft = strncmp(resource, "https://", 8) == 0;
    json_t *spec =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:i}", "ver", is_microsoft ? "1.0" : setting_text(mock, "token_ver"),
                  "tenant", tenant, "audience", resource, "app", member(app, "client_id"), "subject",
                  member(app, "object_id"), "lifetime", setting_number(mock, "token_lifetime_s"), "age", 0);
    if (!is_microsoft && json_array_size(json_object_get(app, "roles")))
        json_object_set(spec, "roles", json_object_get(app, "roles"));
    char *token = factory_token(mock, spec, NULL, &complaint);
    json_decref(spec);
    assert(token);
    return token;
}

static const char *issuing_tenant(struct mock *mock, const struct request *request, struct reply *reply)
{
    const char *tid = tenant_resolve(mock, request->tenant);

    if (!tid)
        refuse(reply, 90002, request->tenant);
    return tid && strchr(tid, '{') ? setting_text(mock, "tenant") : tid;
}

void token_v2(struct mock *mock, struct request *request, struct reply *reply)
{
    static const char tail[] = "/.default";
    const char *tid = issuing_tenant(mock, request, reply);
    const json_t *app = tid && grant_is_ours(request, reply) ? client_of(mock, request, reply) : NULL;

    if (!app)
        return;
    const char *scope = request_form(request, "scope");
    if (!scope || !str_ends(str_c(scope), STR(tail)) || strchr(scope, ' ')) {
        refuse(reply, 70011, scope ? scope : "");
        return;
    }
    char resource[NAME_MAX_BYTES];
    snprintf(resource, sizeof resource, STR_F, STR_A(str_first(str_c(scope), strlen(scope) - strlen(tail))));
    json_int_t lifetime_s = setting_number(mock, "token_lifetime_s");
    char *token = issue(mock, app, tid, resource);
    json_t *body = json_pack("{s:s, s:I, s:I, s:s}", "token_type", "Bearer", "expires_in", lifetime_s - 1,
                             "ext_expires_in", lifetime_s - 1, "access_token", token);
    if (lifetime_s > 7200) /* long tokens say when to ask again */
        json_object_set_new(body, "refresh_in", json_integer(lifetime_s / 2 - 1));
    free(token);
    reply_json(reply, 200, body);
    reply_header(reply, "Cache-Control", "no-store, no-cache");
}

/* The older endpoint: `resource` instead of `scope`, and numbers as text. */
void token_v1(struct mock *mock, struct request *request, struct reply *reply)
{
    const char *tid = issuing_tenant(mock, request, reply);
    const json_t *app = tid && grant_is_ours(request, reply) ? client_of(mock, request, reply) : NULL;

    if (!app)
        return;
    const char *resource = request_form(request, "resource");
    if (!resource || !*resource) {
        refuse(reply, 90014, "resource");
        return;
    }
    json_int_t lifetime_s = setting_number(mock, "token_lifetime_s"), now = (json_int_t)time(NULL);
    char *token = issue(mock, app, tid, resource);
    reply_json(reply, 200,
               json_pack("{s:s, s:o, s:o, s:o, s:o, s:s, s:s}", "token_type", "Bearer", "expires_in",
                         json_sprintf("%lld", (long long)lifetime_s - 1), "ext_expires_in",
                         json_sprintf("%lld", (long long)lifetime_s - 1), "expires_on",
                         json_sprintf("%lld", (long long)(now + lifetime_s)), "not_before",
                         json_sprintf("%lld", (long long)now), "resource", resource, "access_token", token));
    free(token);
}

void token_generic(struct mock *mock, struct request *request, struct reply *reply)
{
    const json_t *app = grant_is_ours(request, reply) ? client_of(mock, request, reply) : NULL;
    const char *complaint, *audience = request_form(request, "audience");

    if (!app)
        return;
    json_int_t lifetime_s = setting_number(mock, "token_lifetime_s");
    json_t *spec = json_pack("{s:s, s:s, s:s, s:s, s:I, s:i}", "realm", "generic", "subject", member(app, "object_id"),
                             "app", member(app, "client_id"), "audience",
                             audience ? audience : setting_text(mock, "audience"), "lifetime", lifetime_s, "age", 0);
    char *token = factory_token(mock, spec, NULL, &complaint);
    json_decref(spec);
    reply_json(reply, 200,
               json_pack("{s:s, s:I, s:s}", "token_type", "Bearer", "expires_in", lifetime_s, "access_token", token));
    free(token);
}
