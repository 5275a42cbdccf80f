/* identity.c - puts the pool's own credential on the request to the model server. */
#include "filters/stamp/identity.h"

#include "filters/stamp/key_line.h"
#include "filters/stamp/token.h"

static const char *const MANAGED[] = { "none", "auto", "imds", "app_service", "workload", NULL };
static const char *const KEY_FIELDS[] = { "api-key", "bearer", NULL };

const struct setting IDENTITY_SETTINGS[] = {
    SETTING(struct identity_policy, managed, SET_WORD, .words = MANAGED, .dflt = "none", .example = "auto",
            .about = "Tokens of a managed identity: from the metadata service (imds), App Service and Container Apps, "
                     "or by workload "
                     "identity; auto takes the one that the environment shows."),
    SETTING(struct identity_policy, scope, SET_TEXT, .dflt = "https://cognitiveservices.azure.com/.default",
            .about = "What the token is for; https://ml.azure.com/.default for Azure ML, https://ai.azure.com/.default "
                     "for Foundry."),
    SETTING(struct identity_policy, client_id, SET_TEXT, .example = "22222222-3333-4444-5555-666666666666",
            .about = "Which user-assigned identity. Default: the system-assigned one, or the environment's."),
    SETTING(struct identity_policy, object_id, SET_TEXT, .about = "The same by object id."),
    SETTING(struct identity_policy, resource_id, SET_TEXT, .about = "The same by Azure resource id."),
    SETTING(struct identity_policy, key, SET_SECRET, .example = "file:secrets/openai.key",
            .about = "A key instead of a token."),
    SETTING(struct identity_policy, key_field, SET_WORD, .words = KEY_FIELDS, .dflt = "api-key",
            .about = "Where the key goes: the field `api-key`, or `Authorization: Bearer`."),
    SETTING(struct identity_policy, tenant, SET_TEXT, .about = "Of workload identity. Default: AZURE_TENANT_ID."),
    SETTING(struct identity_policy, authority, SET_TEXT, .example = "https://login.microsoftonline.us",
            .about = "Of workload identity. Default: AZURE_AUTHORITY_HOST, or the public cloud's."),
    SETTING(struct identity_policy, token_file, SET_FILE,
            .about =
                "Of workload identity: the federated token, read anew each time. Default: AZURE_FEDERATED_TOKEN_FILE."),
    SETTING_AS("ca", struct identity_policy, ca_file, SET_FILE,
               .about = "PEM file of the CAs of the authority. Default: the system's."),
    SETTING(struct identity_policy, endpoint, SET_TEXT, .example = "http://169.254.169.254",
            .about =
                "Another place of the metadata service; only loopback and link-local addresses are asked without TLS."),
    SETTINGS_END,
};

static struct span pool_span(const struct setup *s, const struct identity_policy *p)
{
    const struct pool *pools = s->pools.at;
    for (size_t i = 0; i < s->pools.count; i++)
        if (pools[i].identity == p)
            return pools[i].name.span;
    return (struct span){ 0 };
}

static bool check(void *policy, struct setup *s, struct problems *problems)
{
    struct identity_policy *p = policy;
    struct span span = pool_span(s, p);
    if (p->key.is_set && p->managed != MANAGED_NONE) {
        problem(problems, p->key.span, "identity: either a key or a managed identity, not both");
        return false;
    }
    if ((p->client_id.len != 0) + (p->object_id.len != 0) + (p->resource_id.len != 0) > 1) {
        problem(problems, span, "identity: only one of client_id, object_id and resource_id can be meant");
        return false;
    }
    return p->managed == MANAGED_NONE || identity_source(p, s, problems, span);
}

/* ---- in a worker ---- */

struct instance {
    struct secret line;  /* of a key: the whole field line; owned */
    struct token *token; /* of a managed identity; owned */
};

static void close(void *policy, void *instance)
{
    struct instance *in = instance;
    (void)policy;
    secret_finish(&in->line);
    token_free(in->token);
    free(in);
}

static bool open(void *policy, struct world *world, void **instance)
{
    const struct identity_policy *p = policy;
    struct instance *in = calloc(1, sizeof *in);
    bool ok = in != NULL;
    if (ok && p->key.is_set)
        ok = key_line_load(&p->key, p->key_field == KEY_BEARER ? "authorization: Bearer " : "api-key: ", "identity", &in->line);
    else if (ok && p->managed != MANAGED_NONE)
        ok = (in->token = token_new(p, world)) != NULL;
    if (ok)
        *instance = in;
    else if (in)
        close(policy, in);
    return ok;
}

static bool is_lacking(const void *instance)
{
    const struct instance *in = instance;
    return in->token && !token_is_there(in->token);
}

/* ---- one exchange ---- */

static enum verdict token_arrived(struct exchange *x)
{
    return filter_identity.step(x, x->pool->identity);
}

static enum verdict step(struct exchange *x, const void *policy)
{
    struct instance *in = exchange_instance(x);
    (void)policy;
    if (in->line.len && !buf_add(&x->identity, secret_reveal(&in->line)))
        return exchange_refuse(x, WHY_NO_IDENTITY, "no room for the key");
    if (!in->token)
        return NEXT;
    struct token_asker *asker = exchange_state(x, sizeof *asker);
    if (!asker)
        return exchange_refuse(x, WHY_OVERLOADED, "no memory to wait for a token");
    switch (token_give(in->token, asker, &x->identity)) {
    case TOKEN_GIVEN:
        asker->has_waited = false; /* it may come here again, for another endpoint */
        return NEXT;
    case TOKEN_COMING:
        if (asker->has_waited)
            break;
        asker->has_waited = true;
        token_wait(in->token, &asker->waiter, x);
        return exchange_wait(x, NULL, token_arrived);
    case TOKEN_NONE:
        break;
    }
    x->retry_ms = token_retry_ms(in->token);
    return exchange_refuse(x, WHY_NO_IDENTITY, "no token: %s", token_trouble(in->token));
}

static void rejected(struct exchange *x, const void *policy)
{
    struct instance *in = exchange_instance(x);
    struct token_asker *asker = x->identity_state;
    (void)policy;
    if (!in->token || !asker)
        return;
    asker->has_waited = false;
    token_drop(in->token, asker);
}

static void settle(struct exchange *x, const void *policy)
{
    struct token_asker *asker = x->identity_state;
    (void)policy;
    if (asker)
        waiter_cancel(&asker->waiter);
}

const struct filter filter_identity = {
    .name = "identity",
    .about = "How the gateway proves to the pool's endpoints who it is. The caller's credential never goes there.",
    .seat = STAGE_STAMP,
    .settings = IDENTITY_SETTINGS,
    .policy_size = sizeof(struct identity_policy),
    .check = check,
    .step = step,
    .settle = settle,
    .open = open,
    .is_lacking = is_lacking,
    .close = close,
    .rejected = rejected,
    .scalar = "managed",
};
