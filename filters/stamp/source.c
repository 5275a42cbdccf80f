/* source.c - where a managed identity's tokens come from, and the request that asks for one (azure.md §2.1, §2.2,
 * §2.5). */
#include "filters/stamp/identity.h"

static const struct str IMDS = STR_INIT("http://169.254.169.254"),
                        PUBLIC_CLOUD = STR_INIT("https://login.microsoftonline.com");

static struct str env(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? str_c(value) : STR("");
}

static bool complain(struct problems *problems, struct span span, const char *what)
{
    problem(problems, span, "identity: %s", what);
    return false;
}

/* The order of the Azure SDKs. What is not offered here is recognised, so that it is not taken for something else. */
static bool detect(struct identity_policy *p, struct problems *problems, struct span span)
{
    p->source = (enum managed)p->managed;
    if (p->managed != MANAGED_AUTO)
        return true;
    if (env("AZURE_FEDERATED_TOKEN_FILE").len && env("AZURE_CLIENT_ID").len && env("AZURE_TENANT_ID").len)
        p->source = MANAGED_WORKLOAD;
    else if (env("IDENTITY_ENDPOINT").len && env("IDENTITY_HEADER").len && env("IDENTITY_SERVER_THUMBPRINT").len)
        return complain(problems, span, "this looks like Service Fabric, whose identities are not offered");
    else if (env("IDENTITY_ENDPOINT").len && env("IDENTITY_HEADER").len)
        p->source = MANAGED_APP_SERVICE;
    else if (env("MSI_ENDPOINT").len)
        return complain(problems, span,
                        "this looks like Azure ML compute or Cloud Shell, whose identities are not offered");
    else if (env("IDENTITY_ENDPOINT").len && env("IMDS_ENDPOINT").len)
        return complain(problems, span, "this looks like Azure Arc, whose identities are not offered");
    else
        p->source = MANAGED_IMDS;
    return true;
}

/* The v1 name of what a v2 scope asks for. */
static struct str resource_of(struct str scope)
{
    static const struct str DEFAULT = STR_INIT("/.default");
    return str_ends(scope, DEFAULT) ? str_first(scope, scope.len - DEFAULT.len) : scope;
}

static bool add_parameter(struct buf *out, const char *name, struct str value)
{
    return !value.len || (buf_addf(out, "%s%s=", buf_len(out) ? "&" : "", name) && url_encode(out, value));
}

static struct str kept(struct setup *s, struct buf *b)
{
    struct str copy = arena_copy(&s->arena, buf_str(b));
    buf_wipe(b);
    return copy;
}

/* A header line out of the environment must stay one. */
static bool is_one_line(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.at[i] < ' ' || (unsigned char)s.at[i] >= 0x7f)
            return false;
    return true;
}

/* IMDS and App Service ask alike; only the names differ. A wrong name would be overlooked there, and the answer be
 * another identity's token. */
static bool ask_local(struct identity_policy *p, struct setup *s, struct str base, const char *version,
                      const char *object, const char *resource_id)
{
    struct buf query;
    buf_init(&query, 8192);
    bool ok = add_parameter(&query, "api-version", str_c(version)) &&
              add_parameter(&query, "resource", resource_of(p->scope)) &&
              add_parameter(&query, "client_id", p->client_id) && add_parameter(&query, object, p->object_id) &&
              add_parameter(&query, resource_id, p->resource_id);
    struct str text = kept(s, &query);
    p->url = arena_printf(&s->arena, STR_F "?" STR_F, STR_A(base), STR_A(text));
    return ok && text.at && p->url.at;
}

static bool ask_imds(struct identity_policy *p, struct setup *s, struct problems *problems, struct span span)
{
    struct str host = p->endpoint.len ? p->endpoint : env("AZURE_POD_IDENTITY_AUTHORITY_HOST");
    host = host.len ? host : IMDS;
    host = str_ends(host, STR("/")) ? str_first(host, host.len - 1) : host;
    struct str base = arena_printf(&s->arena, STR_F "/metadata/identity/oauth2/token", STR_A(host));
    p->headers = STR("metadata: true\r\n");
    return base.at && ask_local(p, s, base, "2018-02-01", "object_id", "msi_res_id")
               ? true
               : complain(problems, span, "no memory");
}

static bool ask_app_service(struct identity_policy *p, struct setup *s, struct problems *problems, struct span span)
{
    struct str base = p->endpoint.len ? p->endpoint : env("IDENTITY_ENDPOINT"), header = env("IDENTITY_HEADER");
    if (!base.len || !header.len || !is_one_line(header))
        return complain(problems, span, "app_service needs IDENTITY_ENDPOINT and IDENTITY_HEADER in the environment");
    p->headers = arena_printf(&s->arena, "x-identity-header: " STR_F "\r\n", STR_A(header));
    return p->headers.at && ask_local(p, s, base, "2019-08-01", "principal_id", "mi_res_id")
               ? true
               : complain(problems, span, "no memory");
}

static bool ask_workload(struct identity_policy *p, struct setup *s, struct problems *problems, struct span span)
{
    struct str tenant = p->tenant.len ? p->tenant : env("AZURE_TENANT_ID");
    struct str client = p->client_id.len ? p->client_id : env("AZURE_CLIENT_ID");
    struct str authority = p->authority.len ? p->authority : env("AZURE_AUTHORITY_HOST");
    if (!p->token_file.at)
        p->token_file = env("AZURE_FEDERATED_TOKEN_FILE");
    if (!tenant.len || !client.len || !p->token_file.len)
        return complain(problems, span,
                        "workload needs tenant, client_id and token_file, or AZURE_TENANT_ID, AZURE_CLIENT_ID and "
                        "AZURE_FEDERATED_TOKEN_FILE in the environment");
    if (p->object_id.len || p->resource_id.len)
        return complain(problems, span, "workload identities are named by client_id");
    authority = authority.len ? authority : PUBLIC_CLOUD;
    authority = str_ends(authority, STR("/")) ? str_first(authority, authority.len - 1) : authority;
    struct buf body;
    buf_init(&body, 8192);
    bool ok =
        add_parameter(&body, "grant_type", STR("client_credentials")) && add_parameter(&body, "client_id", client) &&
        add_parameter(&body, "scope", p->scope) &&
        add_parameter(&body, "client_assertion_type", STR("urn:ietf:params:oauth:client-assertion-type:jwt-bearer"));
    p->body = kept(s, &body);
    char *file = arena_cstr(&s->arena, p->token_file);
    p->url = arena_printf(&s->arena, STR_F "/" STR_F "/oauth2/v2.0/token", STR_A(authority), STR_A(tenant));
    p->headers = STR("content-type: application/x-www-form-urlencoded\r\naccept: application/json\r\n");
    if (!ok || !p->body.at || !file || !p->url.at)
        return complain(problems, span, "no memory");
    p->token_file = str_c(file);
    return true;
}

/* The request tells whose token it is; the assertion's file, which changes each hour, tells who asks. */
static unsigned add_shelf(struct setup *s, const struct identity_policy *p)
{
    struct buf name;
    buf_init(&name, SHELF_NAME_BYTES_MAX);
    bool ok = buf_addf(&name, "token " STR_F "\n" STR_F "\n" STR_F "\n" STR_F "\n" STR_F, STR_A(p->url),
                       STR_A(p->headers), STR_A(p->body), STR_A(p->token_file), STR_A(p->ca_file));
    unsigned shelf = ok ? setup_add_shelf(s, buf_str(&name)) : ++s->shelves_count;
    buf_finish(&name);
    return shelf;
}

bool identity_source(struct identity_policy *p, struct setup *s, struct problems *problems, struct span span)
{
    typedef bool ask_fn(struct identity_policy *, struct setup *, struct problems *, struct span);
    static ask_fn *const ASKS[] = {
        [MANAGED_IMDS] = ask_imds, [MANAGED_APP_SERVICE] = ask_app_service, [MANAGED_WORKLOAD] = ask_workload
    };
    struct url url;
    struct ip_address ip;
    const char *why = NULL;
    if (!detect(p, problems, span) || !ASKS[p->source](p, s, problems, span))
        return false;
    if (!url_parse(p->url, &url, &why)) {
        problem(problems, span, "identity: tokens would be asked for at " STR_F ": %s", STR_A(p->url), why);
        return false;
    }
    bool is_here = host_is_loopback(url.host) || (ip_parse(url.host, &ip) && ip_is_metadata(&ip));
    if (!url.tls && !is_here) {
        problem(problems, span,
                "identity: tokens are asked for without TLS only on the loopback and of link-local addresses, not "
                "of " STR_F,
                STR_A(url.host));
        return false;
    }
    p->shelf = add_shelf(s, p);
    return true;
}
