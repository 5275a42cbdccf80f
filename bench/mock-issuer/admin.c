/* admin.c - how a test steers the mock: tokens, keys, settings, rules, and what was received. */
#include "factory.h"
#include "keys.h"
#include "mock.h"

#include <fnmatch.h>

static const char *const rule_members[] = {
    "path",       "method", "after", "times", /* for which requests */
    "delay_ms",                               /* before the answer; the others are not held up */
    "status",                                 /* with an error body of our own unless "body" says otherwise */
    "headers",                                /* added, such as Retry-After */
    "body",                                   /* this text instead */
    "merge",      "drop",                     /* members of the JSON answer replaced or taken out */
    "huge_bytes", "gzip",                     /* padded to this size; packed (both together: a bomb) */
    "cut",                                    /* the connection is closed without an answer */
};

static void refuse(struct reply *reply, const char *why)
{
    reply_json(reply, 400, json_pack("{s:s}", "error", why));
}

static void done(struct reply *reply)
{
    reply_json(reply, 200, json_pack("{s:b}", "ok", 1));
}

void admin_ready(struct mock *mock, struct request *request, struct reply *reply)
{
    (void)request;
    reply_json(reply, 200,
               json_pack("{s:s, s:O, s:O, s:O}", "base", mock->base, "settings", mock->settings, "apps", mock->apps,
                         "identities", mock->identities));
}

void admin_token(struct mock *mock, struct request *request, struct reply *reply)
{
    json_t *spec = request_json(request), *report = NULL;
    const char *complaint = "not a JSON object";
    char *token = spec ? factory_token(mock, spec, &report, &complaint) : NULL;

    if (token) {
        json_object_set_new(report, "token", json_string(token));
        reply_json(reply, 200, report);
    } else {
        refuse(reply, complaint);
    }
    free(token);
    json_decref(spec);
}

/* ---- keys ---- */

static json_t *describe(const struct key *key)
{
    return json_pack("{s:s, s:s, s:s, s:b, s:s?, s:s}", "kid", key->kid, "realm", realm_name(key->realm), "alg",
                     key->alg->name, "published", key->is_published, "issuer", key->issuer, "public_pem",
                     key->public_pem);
}

void admin_keys_list(struct mock *mock, struct request *request, struct reply *reply)
{
    json_t *keys = json_array();

    (void)request;
    keyring_fill(mock->keys, REALM_ENTRA);
    keyring_fill(mock->keys, REALM_GENERIC);
    for (size_t i = 0; i < keyring_count(mock->keys); i++)
        json_array_append_new(keys, describe(keyring_at(mock->keys, i)));
    reply_json(reply, 200, json_pack("{s:o}", "keys", keys));
}

/* {"action": "rotate", "realm", "alg", "published"}: a new key signs from now on; the old ones stay published. */
static void rotate(struct mock *mock, const json_t *order, struct reply *reply)
{
    enum realm realm = REALM_ENTRA;
    const char *word = json_string_value(json_object_get(order, "realm"));
    const char *alg_name = json_string_value(json_object_get(order, "alg"));
    const struct jose_alg *alg = jose_alg_find(alg_name ? alg_name : "RS256");

    if ((word && !realm_parse(word, &realm)) || !alg) {
        refuse(reply, "no such realm or alg");
        return;
    }
    keyring_fill(mock->keys, realm);
    struct key *key = keyring_add(mock->keys, realm, alg);
    if (!key) {
        refuse(reply, "no room for another key");
        return;
    }
    key->is_published = !json_is_false(json_object_get(order, "published"));
    reply_json(reply, 200, describe(key));
}

/* {"action": "remove", "kid"} or {"action": "set", "kid", "published", "issuer"}. */
static void change(struct mock *mock, const json_t *order, bool is_removal, struct reply *reply)
{
    struct key *key = keyring_find(mock->keys, json_string_value(json_object_get(order, "kid")));
    const json_t *published = json_object_get(order, "published"), *issuer = json_object_get(order, "issuer");

    if (!key) {
        refuse(reply, "no such key");
        return;
    }
    if (is_removal) {
        keyring_remove(mock->keys, key->kid);
        done(reply);
        return;
    }
    if (published)
        key->is_published = json_is_true(published);
    if (issuer) {
        free(key->issuer);
        key->issuer = json_is_string(issuer) ? strdup(json_string_value(issuer)) : NULL;
    }
    reply_json(reply, 200, describe(key));
}

void admin_keys_change(struct mock *mock, struct request *request, struct reply *reply)
{
    json_t *order = request_json(request);
    const char *action = json_string_value(json_object_get(order, "action"));

    if (action && strcmp(action, "rotate") == 0)
        rotate(mock, order, reply);
    else if (action && (strcmp(action, "remove") == 0 || strcmp(action, "set") == 0))
        change(mock, order, strcmp(action, "remove") == 0, reply);
    else
        refuse(reply, "the action is rotate, remove or set");
    json_decref(order);
}

/* ---- rules, settings, who is known ---- */

/* The first member of `object` that is not in the list, or NULL. */
static const char *unknown_member(json_t *object, const char *const *names, size_t count)
{
    const char *name;
    json_t *value;

    json_object_foreach(object, name, value)
    {
        bool is_known = false;
        for (size_t i = 0; i < count && !is_known; i++)
            is_known = strcmp(name, names[i]) == 0;
        if (!is_known)
            return name;
    }
    return NULL;
}

/* One rule, appended; {} takes all rules away. */
void admin_steer(struct mock *mock, struct request *request, struct reply *reply)
{
    json_t *rule = request_json(request);
    const char *unknown = rule ? unknown_member(rule, rule_members, ARRAY_LEN(rule_members)) : "not a JSON object";

    if (unknown) {
        refuse(reply, unknown);
    } else {
        if (json_object_size(rule))
            json_array_append(mock->rules, rule);
        else
            json_array_clear(mock->rules);
        done(reply);
    }
    json_decref(rule);
}

void admin_settings(struct mock *mock, struct request *request, struct reply *reply)
{
    json_t *changes = request_json(request), *value;
    const char *name, *wrong = changes ? NULL : "not a JSON object";

    json_object_foreach(changes, name, value)
    {
        const json_t *old = json_object_get(mock->settings, name);
        bool is_flag = json_is_boolean(old) && json_is_boolean(value);
        if (!old || (json_typeof(old) != json_typeof(value) && !is_flag))
            wrong = name;
    }
    if (wrong) {
        refuse(reply, wrong);
    } else {
        json_object_update(mock->settings, changes);
        reply_json(reply, 200, json_incref(mock->settings));
    }
    json_decref(changes);
}

/* {"NAME": [ … ]} replaces the whole list. */
static void replace_list(struct request *request, struct reply *reply, const char *name, json_t **list)
{
    json_t *body = request_json(request), *fresh = json_object_get(body, name);

    if (json_is_array(fresh)) {
        json_decref(*list);
        *list = json_incref(fresh);
        done(reply);
    } else {
        refuse(reply, "the list is missing");
    }
    json_decref(body);
}

void admin_apps(struct mock *mock, struct request *request, struct reply *reply)
{
    replace_list(request, reply, "apps", &mock->apps);
}

void admin_identities(struct mock *mock, struct request *request, struct reply *reply)
{
    replace_list(request, reply, "identities", &mock->identities);
}

/* ---- the journal ---- */

/* ?path=GLOB keeps the requests with such a path. */
void admin_journal(struct mock *mock, struct request *request, struct reply *reply)
{
    const char *glob = request_query(request, "path");
    json_t *kept = json_array(), *entry;
    size_t i;

    json_array_foreach(mock->journal, i,
                       entry) if (!glob || fnmatch(glob, json_string_value(json_object_get(entry, "path")), 0) == 0)
        json_array_append(kept, entry);
    reply_json(
        reply, 200,
        json_pack("{s:i, s:O, s:o}", "count", (int)json_array_size(kept), "counts", mock->counts, "requests", kept));
}

/* {"keys": true} makes new keys too. */
void admin_reset(struct mock *mock, struct request *request, struct reply *reply)
{
    json_t *order = request_json(request);

    mock_reset(mock, json_is_true(json_object_get(order, "keys")));
    json_decref(order);
    done(reply);
}
