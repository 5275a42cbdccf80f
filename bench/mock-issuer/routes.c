/* routes.c - which path is answered by which function. The first row that fits answers. */
#include "keys.h"
#include "mock.h"

static const struct route {
    const char *method, *path; /* "{tenant}" stands for one segment */
    answer_fn *answer;
    bool is_admin; /* not in the journal, never bent by the steering */
} routes[] = {
    { "GET", "/generic/.well-known/openid-configuration", discovery_generic, false },
    { "GET", "/generic/keys", discovery_generic_keys, false },
    { "POST", "/generic/token", token_generic, false },

    { "GET", "/{tenant}/.well-known/openid-configuration", discovery_v1, false },
    { "GET", "/{tenant}/v2.0/.well-known/openid-configuration", discovery_v2, false },
    { "GET", "/{tenant}/discovery/keys", discovery_keys_v1, false },
    { "GET", "/{tenant}/discovery/v2.0/keys", discovery_keys_v2, false },
    { "POST", "/{tenant}/oauth2/token", token_v1, false },
    { "POST", "/{tenant}/oauth2/v2.0/token", token_v2, false },

    { "GET", "/metadata/identity/oauth2/token", identity_imds, false },
    { "GET", "/msi/token", identity_app_service, false },
    { "GET", "/arc/metadata/identity/oauth2/token", identity_arc, false },

    { "POST", "/contentsafety/text:shieldPrompt", safety_shield, false },
    { "POST", "/contentsafety/text:analyze", safety_analyze, false },
    { "POST", "/judge", safety_contract, false },

    { "GET", "/admin/ready", admin_ready, true },
    { "POST", "/admin/token", admin_token, true },
    { "GET", "/admin/keys", admin_keys_list, true },
    { "POST", "/admin/keys", admin_keys_change, true },
    { "POST", "/admin/steer", admin_steer, true },
    { "POST", "/admin/settings", admin_settings, true },
    { "POST", "/admin/apps", admin_apps, true },
    { "POST", "/admin/identities", admin_identities, true },
    { "GET", "/admin/journal", admin_journal, true },
    { "POST", "/admin/reset", admin_reset, true },
};

static bool route_fits(const char *pattern, struct request *request)
{
    struct str want = str_c(pattern), have = str_c(request->path);

    request->tenant[0] = '\0';
    while (want.at && have.at) {
        struct str w = str_cut(&want, '/'), h = str_cut(&have, '/');
        if (str_eq(w, STR("{tenant}"))) {
            if (!h.len || h.len >= sizeof request->tenant)
                return false;
            snprintf(request->tenant, sizeof request->tenant, STR_F, STR_A(h));
        } else if (!str_eq(w, h)) {
            return false;
        }
    }
    return !want.at && !have.at;
}

static bool method_fits(const char *want, const char *have)
{
    return strcmp(want, have) == 0 || (strcmp(want, "GET") == 0 && strcmp(have, "HEAD") == 0);
}

void mock_answer(struct mock *mock, struct request *request, struct reply *reply, unsigned *delay_ms)
{
    const struct route *found = NULL;
    bool is_path_known = false;

    for (size_t i = 0; i < ARRAY_LEN(routes) && !found; i++)
        if (route_fits(routes[i].path, request)) {
            is_path_known = true;
            if (method_fits(routes[i].method, request->method))
                found = &routes[i];
        }

    pthread_mutex_lock(&mock->lock);
    if (request->is_too_large)
        reply_json(reply, 413, json_pack("{s:s}", "error", "body_too_large"));
    else if (found)
        found->answer(mock, request, reply);
    else
        reply_json(reply, is_path_known ? 405 : 404,
                   json_pack("{s:s, s:s}", "error", is_path_known ? "method_not_allowed" : "not_found", "path",
                             request->path));
    if (!found || !found->is_admin) {
        steer_bend(mock, request, reply, delay_ms);
        journal_note(mock, request, reply->is_cut ? 0 : reply->status);
    }
    pthread_mutex_unlock(&mock->lock);
}

void mock_reset(struct mock *mock, bool with_keys)
{
    json_decref(mock->settings);
    json_decref(mock->apps);
    json_decref(mock->identities);
    json_decref(mock->rules);
    json_decref(mock->journal);
    json_decref(mock->counts);
    mock->settings = settings_defaults(mock);
    mock->apps = apps_defaults(mock);
    mock->identities = identities_defaults();
    mock->rules = json_array();
    mock->journal = json_array();
    mock->counts = json_object();
    if (with_keys) {
        keyring_free(mock->keys);
        mock->keys = keyring_new();
    }
}
