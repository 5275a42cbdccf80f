/* identity.c - the endpoints that give a machine its own identity: IMDS, App Service and its kin, Azure Arc. */
#include "factory.h"
#include "names.h"

#include <time.h>

#define ARC_PREFIX "Basic "

static const char *member(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

static void refuse(struct reply *reply, unsigned status, const char *error, const char *description)
{
    reply_json(reply, status, json_pack("{s:s, s:s}", "error", error, "error_description", description));
}

/* The identity whose `field` is `value`; the system-assigned one when nothing was asked for. */
static const json_t *find_identity(const struct mock *mock, const char *field, const char *value)
{
    size_t i;
    json_t *identity;

    if (!field || setting_flag(mock, "imds_wrong_identity"))
        return json_array_get(mock->identities, 0);
    json_array_foreach(mock->identities, i, identity) if (strcmp(member(identity, field), value) == 0) return identity;
    return NULL;
}

struct selector {
    const char *parameter, *field;
};

/* At most one of the endpoint's selectors, mutually exclusive; a parameter that the endpoint does not know is
 * silently ignored, which is how mi_res_id gets the wrong identity out of IMDS. */
static const json_t *select_identity(const struct mock *mock, const struct request *request,
                                     const struct selector *selectors, size_t count, bool *is_ambiguous)
{
    const char *field = NULL, *value = NULL;

    *is_ambiguous = false;
    for (size_t i = 0; i < count; i++) {
        const char *asked = request_query(request, selectors[i].parameter);
        if (!asked)
            continue;
        *is_ambiguous = *is_ambiguous || field;
        field = selectors[i].field;
        value = asked;
    }
    return *is_ambiguous ? NULL : find_identity(mock, field, value);
}

static char *issue(struct mock *mock, const json_t *identity, const char *resource)
{
    const char *complaint;
    json_t *spec = json_pack("{s:s, s:s, s:s, s:s, s:I, s:i, s:{s:s}}", "ver", "1.0", "audience", resource, "app",
                             member(identity, "client_id"), "subject", member(identity, "object_id"), "lifetime",
                             setting_number(mock, "token_lifetime_s"), "age", 0, "claims", "xms_mirid",
                             member(identity, "resource_id"));
    char *token = factory_token(mock, spec, NULL, &complaint);
    json_decref(spec);
    assert(token);
    return token;
}

/* IMDS and Arc: all numbers as text, the client id echoed. */
static void answer_imds(struct mock *mock, struct request *request, struct reply *reply, const json_t *identity)
{
    const char *resource = request_query(request, "resource");
    long long now = (long long)time(NULL), lifetime_s = (long long)setting_number(mock, "token_lifetime_s");
    char *token = issue(mock, identity, resource);
    json_t *body = json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:s, s:s}", "access_token", token, "client_id",
                             member(identity, "client_id"), "refresh_token", "", "expires_in",
                             json_sprintf("%lld", lifetime_s - 1), "expires_on", json_sprintf("%lld", now + lifetime_s),
                             "not_before", json_sprintf("%lld", now), "ext_expires_in",
                             json_sprintf("%lld", lifetime_s - 1), "resource", resource, "token_type", "Bearer");
    if (request_query(request, "object_id"))
        json_object_set_new(body, "object_id", json_string(member(identity, "object_id")));
    if (request_query(request, "msi_res_id"))
        json_object_set_new(body, "msi_res_id", json_string(member(identity, "resource_id")));
    free(token);
    reply_json(reply, 200, body);
}

static void answer_metadata(struct mock *mock, struct request *request, struct reply *reply)
{
    static const struct selector selectors[] = { { "client_id", "client_id" },
                                                 { "object_id", "object_id" },
                                                 { "msi_res_id", "resource_id" } };
    const char *resource = request_query(request, "resource"), *version = request_query(request, "api-version");
    bool is_ambiguous;
    const json_t *identity = select_identity(mock, request, selectors, ARRAY_LEN(selectors), &is_ambiguous);

    if (!version || strlen(version) < 10)
        refuse(reply, 400, "invalid_request", "The api-version is missing or not supported");
    else if (!resource || !strstr(resource, "://"))
        refuse(reply, 400, "invalid_resource",
               "AADSTS50001: The application named is not registered in the tenant or the resource is missing");
    else if (is_ambiguous)
        refuse(reply, 400, "invalid_request", "Only one of client_id, object_id and msi_res_id may be given");
    else if (!identity)
        refuse(reply, 400, "invalid_request", "Identity not found");
    else
        answer_imds(mock, request, reply, identity);
}

void identity_imds(struct mock *mock, struct request *request, struct reply *reply)
{
    const char *metadata = request_header(request, "metadata");

    if (!metadata || strcmp(metadata, "true") != 0)
        refuse(reply, 400, "bad_request_102", "Required metadata header not specified");
    else if (request_header(request, "x-forwarded-for"))
        refuse(reply, 400, "bad_request_103", "The request came through a proxy");
    else
        answer_metadata(mock, request, reply);
}

/* The first call is always refused with the path of a file that only the agent's group may read; the second
 * brings what is in it. */
void identity_arc(struct mock *mock, struct request *request, struct reply *reply)
{
    const char *metadata = request_header(request, "metadata"), *proof = request_header(request, "authorization");
    char challenge[NAME_MAX_BYTES];

    if (!metadata || strcmp(metadata, "true") != 0) {
        refuse(reply, 400, "bad_request_102", "Required metadata header not specified");
        return;
    }
    if (proof && str_starts(str_c(proof), STR(ARC_PREFIX)) &&
        strcmp(proof + strlen(ARC_PREFIX), setting_text(mock, "arc_secret")) == 0) {
        answer_metadata(mock, request, reply);
        return;
    }
    refuse(reply, 401, "unauthorized_client", "Missing or wrong Basic Authorization header");
    snprintf(challenge, sizeof challenge, "Basic realm=%s", setting_text(mock, "arc_realm"));
    reply_header(reply, "WWW-Authenticate", challenge);
}

/* ---- App Service, Functions, Container Apps (2019-08-01); the same path with 2017-09-01 is Azure ML's ---- */

static void refuse_flat(struct reply *reply, unsigned status, const char *message)
{
    char id[37];

    guid_random(id);
    reply_json(reply, status,
               json_pack("{s:i, s:s, s:s}", "statusCode", (int)status, "message", message, "correlationId", id));
}

static void answer_app_service(struct mock *mock, struct request *request, struct reply *reply, bool is_old)
{
    static const struct selector now_selectors[] = { { "client_id", "client_id" },
                                                     { "principal_id", "object_id" },
                                                     { "object_id", "object_id" },
                                                     { "mi_res_id", "resource_id" } };
    static const struct selector old_selectors[] = { { "clientid", "client_id" } };
    const char *resource = request_query(request, "resource");
    bool is_ambiguous;
    const json_t *identity =
        is_old ? select_identity(mock, request, old_selectors, ARRAY_LEN(old_selectors), &is_ambiguous)
               : select_identity(mock, request, now_selectors, ARRAY_LEN(now_selectors), &is_ambiguous);

    if (!resource || !*resource) {
        refuse_flat(reply, 400, "The resource is missing");
        return;
    }
    if (!identity) {
        refuse_flat(reply, 400,
                    is_ambiguous ? "Only one identity may be named"
                                 : "No User Assigned or Delegated Managed Identity found for specified "
                                   "ClientId/ResourceId/PrincipalId.");
        return;
    }
    time_t end = time(NULL) + (time_t)setting_number(mock, "token_lifetime_s");
    struct tm utc;
    char date[40];
    /* The old version writes a date, the Linux way. */
    strftime(date, sizeof date, "%m/%d/%Y %H:%M:%S +00:00", gmtime_r(&end, &utc));
    char *token = issue(mock, identity, resource);
    reply_json(reply, 200,
               json_pack("{s:s, s:o, s:s, s:s, s:s}", "access_token", token, "expires_on",
                         is_old ? json_string(date) : json_sprintf("%lld", (long long)end), "resource", resource,
                         "token_type", "Bearer", "client_id", member(identity, "client_id")));
    free(token);
}

void identity_app_service(struct mock *mock, struct request *request, struct reply *reply)
{
    const char *version = request_query(request, "api-version");
    bool is_old = version && strcmp(version, "2017-09-01") == 0;
    const char *proof = request_header(request, is_old ? "secret" : "x-identity-header");

    if (!version || (!is_old && strcmp(version, "2019-08-01") != 0))
        refuse_flat(reply, 400, "The api-version is missing or not supported");
    else if (!proof || strcmp(proof, setting_text(mock, "identity_header")) != 0)
        refuse_flat(reply, 401, "The identity header is missing or wrong");
    else
        answer_app_service(mock, request, reply, is_old);
}
