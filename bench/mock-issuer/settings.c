/* settings.c - what can be set while the mock runs, and who is registered at the start. */
#include "mock.h"
#include "names.h"

#define TENANT "11111111-2222-3333-4444-555555555555"

enum setting_kind { SETTING_TEXT, SETTING_NUMBER, SETTING_FLAG, SETTING_BASE };

static const struct {
    const char *name;
    enum setting_kind kind;
    const char *text;
    json_int_t number;
} table[] = {
    { "tenant", SETTING_TEXT, TENANT, 0 },           /* of tokens that name none */
    { "audience", SETTING_TEXT, "api://models", 0 }, /* likewise */
    { "v1_base", SETTING_BASE, NULL, 0 },            /* the real one: https://sts.windows.net */
    { "v2_base", SETTING_BASE, NULL, 0 },            /* the real one: https://login.microsoftonline.com */
    { "generic_base", SETTING_BASE, NULL, 0 },       /* in front of /generic */
    { "jwks_alg", SETTING_FLAG, NULL, 0 },           /* an alg member in Entra's key documents too */
    { "token_ver", SETTING_TEXT, "2.0", 0 },         /* of tokens for registered APIs (api://…) */
    { "token_lifetime_s", SETTING_NUMBER, NULL, 86400 },
    { "identity_header", SETTING_TEXT, "mock-identity-header", 0 },
    { "imds_wrong_identity", SETTING_FLAG, NULL, 0 }, /* the system identity's token, whoever was asked for */
    { "safety_key", SETTING_TEXT, "mock-safety-key", 0 }, /* of the services that judge texts */
    { "arc_realm", SETTING_TEXT, "/var/opt/azcmagent/tokens/mock.key", 0 },
    { "arc_secret", SETTING_TEXT, "mock-arc-secret", 0 },
};

json_t *settings_defaults(const struct mock *mock)
{
    json_t *settings = json_object();

    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        json_t *value = table[i].kind == SETTING_TEXT     ? json_string(table[i].text)
                        : table[i].kind == SETTING_NUMBER ? json_integer(table[i].number)
                        : table[i].kind == SETTING_FLAG   ? json_boolean(table[i].number != 0)
                                                          : json_string(mock->base);
        json_object_set_new(settings, table[i].name, value);
    }
    return settings;
}

const char *setting_text(const struct mock *mock, const char *name)
{
    const char *text = json_string_value(json_object_get(mock->settings, name));
    assert(text);
    return text;
}

json_int_t setting_number(const struct mock *mock, const char *name)
{
    return json_integer_value(json_object_get(mock->settings, name));
}

bool setting_flag(const struct mock *mock, const char *name)
{
    return json_is_true(json_object_get(mock->settings, name));
}

/* One client with a secret, one federated with the generic issuer as a Kubernetes cluster would be. */
static const char APPS[] = "[{\"client_id\": \"22222222-0000-4000-8000-000000000001\", \"object_id\": "
                           "\"22222222-0000-4000-8000-0000000000a1\","
                           "  \"secret\": \"mock+client/secret=1\", \"roles\": [\"Models.Use\"]},"
                           " {\"client_id\": \"22222222-0000-4000-8000-000000000002\", \"object_id\": "
                           "\"22222222-0000-4000-8000-0000000000a2\","
                           "  \"roles\": [], \"federated\": [{\"subject\": \"system:serviceaccount:models:bartizan\","
                           "                              \"audience\": \"api://AzureADTokenExchange\"}]}]";

/* The system-assigned identity, and one that is assigned by users. */
static const char IDENTITIES[] =
    "[{\"client_id\": \"33333333-0000-4000-8000-000000000001\", \"object_id\": "
    "\"33333333-0000-4000-8000-0000000000a1\","
    "  \"resource_id\": \"/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/v\"},"
    " {\"client_id\": \"33333333-0000-4000-8000-000000000002\", \"object_id\": "
    "\"33333333-0000-4000-8000-0000000000a2\","
    "  \"resource_id\": "
    "\"/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/u\"}]";

json_t *apps_defaults(const struct mock *mock)
{
    char issuer[NAME_MAX_BYTES];
    json_t *apps = json_loads(APPS, JSON_REJECT_DUPLICATES, NULL);
    assert(apps);

    issuer_generic(mock, issuer);
    json_t *federated = json_object_get(json_array_get(apps, 1), "federated");
    json_object_set_new(json_array_get(federated, 0), "issuer", json_string(issuer));
    return apps;
}

json_t *identities_defaults(void)
{
    json_t *identities = json_loads(IDENTITIES, JSON_REJECT_DUPLICATES, NULL);
    assert(identities);
    return identities;
}
