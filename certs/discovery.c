/* discovery.c - reads the two members that matter and believes neither before it is checked. */
#include "certs/discovery.h"

#include <jansson.h>

#include "proxy/http/url.h"

bool discovery_url_is_safe(struct str text)
{
    struct url u;
    const char *why;
    return url_parse(text, &u, &why) && (u.tls || host_is_loopback(u.host));
}

static bool host_of(struct str text, struct str *host)
{
    struct url u;
    const char *why;
    if (!url_parse(text, &u, &why))
        return false;
    *host = u.host;
    return true;
}

static bool host_is_allowed(struct str host, const struct discovery_rules *rules)
{
    struct str own;
    if ((host_of(rules->issuer, &own) && str_eq_nocase(own, host)) ||
        (host_of(rules->discovery_url, &own) && str_eq_nocase(own, host)))
        return true;
    return str_is_one_of_nocase(host, rules->hosts, rules->hosts_count);
}

/* Exactly equal, but for the case of the placeholder, which is Entra's and not part of any identifier. */
static bool same_issuer(struct str a, struct str b)
{
    static const struct str HOLE = STR_INIT("{tenantid}");
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++) {
        if (str_starts_nocase(str_from(a, i), HOLE) && str_starts_nocase(str_from(b, i), HOLE)) {
            i += HOLE.len - 1;
            continue;
        }
        if (a.at[i] != b.at[i])
            return false;
    }
    return true;
}

static struct str member(const json_t *root, const char *name)
{
    const json_t *v = json_object_get(root, name);
    return json_is_string(v) ? str_of(json_string_value(v), json_string_length(v)) : STR_NONE;
}

bool discovery_read(struct str document, const struct discovery_rules *rules, char *url, size_t room, const char **why)
{
    json_error_t error;
    struct url parsed;
    const char *url_why;
    bool ok = false;
    json_t *root = str_has(document, '\0')
                       ? NULL
                       : json_loadb(document.at ? document.at : "", document.len, JSON_REJECT_DUPLICATES, &error);
    struct str issuer = member(root, "issuer"), keys = member(root, "jwks_uri");
    if (!json_is_object(root))
        *why = "the discovery document is not a JSON object, or has a member twice";
    else if (!issuer.at || !same_issuer(issuer, rules->issuer))
        *why = "the discovery document is of another issuer";
    else if (!keys.at || !url_parse(keys, &parsed, &url_why))
        *why = "the discovery document has no jwks_uri";
    else if (!parsed.tls && !host_is_loopback(parsed.host))
        *why = "the jwks_uri is not https";
    else if (!host_is_allowed(parsed.host, rules))
        *why = "the jwks_uri is on a host that is not allowed";
    else if (keys.len >= room)
        *why = "the jwks_uri is too long";
    else
        ok = true;
    if (ok) {
        memcpy(url, keys.at, keys.len);
        url[keys.len] = '\0';
    }
    json_decref(root);
    return ok;
}
