/* issuer.c - the words of an issuer, and what a check of them derives. */
#include "filters/authenticate/issuer.h"

#include "certs/discovery.h"
#include "certs/jws.h"
#include "certs/keyset.h"
#include "filters/authenticate/issuer_keys.h"
#include "proxy/base/ascii.h"

enum { KEYS_FILE_MAX = JWKS_BYTES_MAX, HOUR_MS = 3600 * 1000 };

/* In the order of enum alg; symmetric ones cannot be named. */
static const char *const ALGORITHMS[] = { "RS256", "RS384", "RS512", "PS256", "PS384", "PS512",
                                          "ES256", "ES384", "ES512", "EdDSA", NULL };

static const struct setting CLAIM_SETTINGS[] = {
    SETTING(struct claim_names, subject, SET_TEXT, .dflt = "sub",
            .about = "The claim that identifies the caller for good."),
    SETTING(struct claim_names, tenant, SET_TEXT, .dflt = "tid",
            .about = "The claim that names the caller's organisation."),
    SETTING(
        struct claim_names, app, SET_TEXT, .example = "client_id",
        .about =
            "The claim that names the client application. Default: azp, client_id or appid, whichever is there first."),
    SETTING(struct claim_names, name, SET_TEXT, .dflt = "preferred_username",
            .about = "A name for people to read; it decides nothing."),
    SETTING(struct claim_names, roles, SET_TEXT, .dflt = "roles", .example = "realm_access.roles",
            .about = "The claim that lists roles; points lead into objects."),
    SETTING(struct claim_names, scopes, SET_TEXT, .example = "scope",
            .about = "The claim that lists scopes, as a list or parted by spaces. Default: scp or scope."),
    SETTING(struct claim_names, groups, SET_TEXT, .dflt = "groups", .about = "The claim that lists groups."),
    SETTINGS_END,
};

static const struct setting ENTRA_SETTINGS[] = {
    SETTING(struct entra_settings, tenant, SET_TEXT, .required = true,
            .example = "11111111-2222-3333-4444-555555555555",
            .about = "The directory's id (a GUID), or organizations for several, which `tenants` then lists."),
    SETTING(struct entra_settings, tenants, SET_TEXTS, .max = 1000, .example = "[11111111-2222-3333-4444-555555555555]",
            .about = "Directories whose tokens are taken, when `tenant` is organizations or common."),
    SETTING(struct entra_settings, authority, SET_TEXT, .dflt = "https://login.microsoftonline.com",
            .about = "The cloud's authority, which issues tokens of version 2 and publishes all keys."),
    SETTING(struct entra_settings, v1_authority, SET_TEXT, .dflt = "https://sts.windows.net",
            .about = "What the `iss` of tokens of version 1 begins with; https://sts.chinacloudapi.cn in China."),
    SETTING(struct entra_settings, application, SET_TEXT, .example = "22222222-3333-4444-5555-666666666666",
            .about = "The API's client id, where it has signing keys of its own (claims mapping)."),
    SETTING(struct entra_settings, apps_without_role, SET_TEXTS, .max = 1000,
            .about = "Client ids that may call with app-only tokens that have no role."),
    SETTING(struct entra_settings, insecure_any_tenant, SET_BOOL, .dflt = "false",
            .about = "Tokens of every directory in the world are taken."),
    SETTING(struct entra_settings, insecure_apps_without_role, SET_BOOL, .dflt = "false",
            .about = "Every application of the directory may call, with no role assigned to it."),
    SETTINGS_END,
};

static const struct setting ISSUER_SETTINGS[] = {
    SETTING(struct issuer, entra, SET_BLOCK, .block = ENTRA_SETTINGS, .block_size = sizeof(struct entra_settings),
            .example = "{ tenant: 11111111-2222-3333-4444-555555555555 }",
            .about = "Microsoft Entra ID: its rules for tokens of version 1 and 2. Instead of `issuer`."),
    SETTING(struct issuer, issuer, SET_TEXT, .example = "https://id.example.org/realms/models",
            .about = "The token's `iss`, exactly. Of any OpenID Connect provider."),
    SETTING(struct issuer, audience, SET_TEXTS, .max = 64, .example = "api://models",
            .about =
                "What the token's `aud` must be, or have one of. Entra's tokens of version 2 have the API's client "
                "id, those of version 1 its URI."),
    SETTING(struct issuer, insecure_any_audience, SET_BOOL, .dflt = "false",
            .about = "Tokens that were made for other services are taken."),
    SETTING(
        struct issuer, algorithms, SET_WORDS, .words = ALGORITHMS, .example = "[RS256]",
        .about =
            "Signature algorithms that are taken, if the key allows them too. Default: RS256 for Entra; RS256, PS256, "
            "ES256 and EdDSA otherwise."),
    SETTING(struct issuer, discovery_url, SET_TEXT,
            .example = "https://id.example.org/.well-known/openid-configuration",
            .about = "Where the provider describes itself. Default: the issuer and /.well-known/openid-configuration."),
    SETTING(struct issuer, jwks_url, SET_TEXT, .example = "https://id.example.org/keys",
            .about = "Where the keys are; then nothing is discovered."),
    SETTING(struct issuer, keys_file, SET_FILE, .example = "keys/id.json",
            .about = "A file with the keys (JWKS); then nothing is fetched."),
    SETTING(struct issuer, key_hosts, SET_TEXTS, .max = 16, .example = "[keys.example.org]",
            .about = "Hosts that the discovered key document may be on, beside the issuer's own."),
    SETTING_AS("ca", struct issuer, ca_file, SET_FILE, .example = "tls/id-ca.pem",
               .about = "PEM file of the CAs that the provider's certificate comes from. Default: the system's."),
    SETTING_AS("skew", struct issuer, skew_ms, SET_DURATION, .dflt = "60s", .max = 300 * 1000,
               .about = "How much clocks may differ."),
    SETTING_AS("max_lifetime", struct issuer, max_lifetime_ms, SET_DURATION, .dflt = "30h", .min = 60 * 1000,
               .max = 90 * 24 * (uint64_t)HOUR_MS, .about = "The longest time between a token's making and its end."),
    SETTING(struct issuer, token_bytes, SET_BYTES, .dflt = "16KiB", .min = 1024, .max = JWS_BYTES_MAX,
            .about = "The longest token that is read; two hundred groups need 12KiB."),
    SETTING_AS("refresh", struct issuer, refresh_ms, SET_DURATION, .dflt = "1h", .min = 1000,
               .max = 24 * (uint64_t)HOUR_MS, .about = "How often the keys are asked for again."),
    SETTING_AS("cool_down", struct issuer, cool_down_ms, SET_DURATION, .dflt = "5m", .min = 1000,
               .max = 24 * (uint64_t)HOUR_MS,
               .about = "How long after that an unknown key id does not cause another asking."),
    SETTING_AS("stale", struct issuer, stale_ms, SET_DURATION, .dflt = "24h", .min = 1000,
               .max = 7 * 24 * (uint64_t)HOUR_MS,
               .about = "How long the keys serve when the provider cannot be reached."),
    SETTING(struct issuer, claims, SET_GROUP, .block = CLAIM_SETTINGS,
            .about = "Which claims mean what. Entra's are known and cannot be renamed."),
    SETTINGS_END,
};

/* ---- the check ---- */

static struct str without_slash(struct str url)
{
    return url.len && url.at[url.len - 1] == '/' ? str_first(url, url.len - 1) : url;
}

static bool complain(struct problems *p, const struct issuer *i, const char *what)
{
    problem(p, i->name.span, "issuer \"" STR_F "\": %s", STR_A(i->name.text), what);
    return false;
}

static bool check_url(struct problems *p, const struct issuer *i, struct str url, const char *word)
{
    if (!url.len || discovery_url_is_safe(url))
        return true;
    problem(p, i->name.span, "issuer \"" STR_F "\": %s must be an https URL (http only to the loopback)",
            STR_A(i->name.text), word);
    return false;
}

/* The hosts that keys may come from and the CAs that are believed decide as well what is fetched. */
static unsigned add_shelf(struct setup *s, const char *what, struct str url, const struct issuer *i)
{
    struct buf name;
    buf_init(&name, SHELF_NAME_BYTES_MAX);
    bool ok = buf_addf(&name, "%s " STR_F " " STR_F, what, STR_A(url), STR_A(i->ca_file));
    for (size_t k = 0; ok && k < i->key_hosts.count; k++)
        ok = buf_addf(&name, " " STR_F, STR_A(i->key_hosts.at[k]));
    unsigned shelf = ok ? setup_add_shelf(s, buf_str(&name)) : ++s->shelves_count;
    buf_finish(&name);
    return shelf;
}

static void add_authority(struct issuer *i, struct setup *s, struct str iss, struct str discovery_url)
{
    struct authority *a = &i->authorities[i->authorities_count++];
    *a = (struct authority){ .issuer = iss,
                             .discovery_url = i->jwks_url.len || i->keys_file.at ? STR("") : discovery_url };
    if (a->discovery_url.len)
        a->shelf[0] = add_shelf(s, "discovery", a->discovery_url, i);
    if (!i->keys_file.at)
        a->shelf[1] = add_shelf(s, "keys", i->jwks_url.len ? i->jwks_url : a->discovery_url, i);
}

/* Tokens for Microsoft's own services prove nothing here: their holders are those services' callers (azure.md §1.5). */
static bool is_microsofts(struct str audience)
{
    static const char *const THEIRS[] = { "00000003-0000-0000-c000-000000000000",
                                          "00000002-0000-0000-c000-000000000000",
                                          "https://graph.microsoft.com",
                                          "https://graph.windows.net",
                                          "https://management.azure.com",
                                          "https://management.core.windows.net",
                                          "https://cognitiveservices.azure.com",
                                          "https://ai.azure.com",
                                          "https://ml.azure.com",
                                          "https://vault.azure.net",
                                          "https://monitor.azure.com" };
    for (size_t n = 0; n < ARRAY_LEN(THEIRS); n++)
        if (str_eq_nocase(without_slash(audience), str_c(THEIRS[n])))
            return true;
    return false;
}

static bool check_entra(struct issuer *i, struct setup *s, struct problems *p)
{
    struct entra_settings *e = i->entra;
    bool ok = check_url(p, i, e->authority, "authority"), many = !ascii_is_guid(e->tenant);
    if (i->issuer.len || i->discovery_url.len)
        ok = complain(p, i, "entra knows its own issuer and discovery_url");
    if (many && !str_eq(e->tenant, STR("organizations")) && !str_eq(e->tenant, STR("common")))
        ok = complain(p, i, "the tenant must be its id (a GUID), organizations or common");
    if (many && !e->tenants.count && !e->insecure_any_tenant)
        ok = complain(p, i, "several tenants need the list `tenants`, or insecure_any_tenant");
    if (!many && (e->tenants.count || e->insecure_any_tenant))
        ok = complain(p, i, "one tenant needs no list of tenants");
    for (size_t n = 0; n < e->tenants.count; n++)
        if (!ascii_is_guid(e->tenants.at[n])) {
            problem(p, e->tenants.spans[n], "a tenant must be its id (a GUID)");
            ok = false;
        }
    for (size_t n = 0; n < i->audience.count; n++)
        if (is_microsofts(i->audience.at[n])) {
            problem(p, i->audience.spans[n],
                    "tokens for Microsoft's own services are never taken: they were made for those");
            ok = false;
        }
    if (!i->algorithms)
        i->algorithms = ALG_BIT(ALG_RS256);
    const struct str base = without_slash(e->authority), v1 = without_slash(e->v1_authority);
    if (!many) { /* tokens have it in lower case, and `iss` is compared exactly */
        char *lower = arena_bytes(&s->arena, e->tenant.len);
        for (size_t n = 0; lower && n < e->tenant.len; n++)
            lower[n] = ascii_lower(e->tenant.at[n]);
        e->tenant = lower ? str_of(lower, e->tenant.len) : e->tenant;
    }
    struct str tid = many ? STR("{tenantid}") : e->tenant;
    const char *query = e->application.len ? "?appid=" : "";
    struct str iss[2] = {
        [AUTHORITY_V2] = arena_printf(&s->arena, STR_F "/" STR_F "/v2.0", STR_A(base), STR_A(tid)),
        [AUTHORITY_V1] = arena_printf(&s->arena, STR_F "/" STR_F "/", STR_A(v1), STR_A(tid)),
    };
    struct str url[2] = {
        [AUTHORITY_V2] = arena_printf(&s->arena, STR_F "/" STR_F "/v2.0/.well-known/openid-configuration%s" STR_F,
                                      STR_A(base), STR_A(e->tenant), query, STR_A(e->application)),
        [AUTHORITY_V1] = arena_printf(&s->arena, STR_F "/" STR_F "/.well-known/openid-configuration%s" STR_F,
                                      STR_A(base), STR_A(e->tenant), query, STR_A(e->application)),
    };
    for (size_t n = 0; n < 2; n++) {
        if (!iss[n].at || !url[n].at)
            return complain(p, i, "no memory");
        add_authority(i, s, iss[n], url[n]);
    }
    return ok;
}

static bool check_generic(struct issuer *i, struct setup *s, struct problems *p)
{
    bool ok = true;
    struct str url = i->discovery_url;
    if (!i->issuer.len)
        return complain(p, i, "needs entra or issuer");
    if (!url.len)
        url = arena_printf(&s->arena, STR_F "/.well-known/openid-configuration", STR_A(without_slash(i->issuer)));
    if (!i->jwks_url.len && !i->keys_file.at)
        ok = check_url(p, i, url, "the issuer, or discovery_url,");
    if (!i->algorithms)
        i->algorithms = ALG_BIT(ALG_RS256) | ALG_BIT(ALG_PS256) | ALG_BIT(ALG_ES256) | ALG_BIT(ALG_EDDSA);
    add_authority(i, s, i->issuer, url);
    return ok;
}

static bool check_keys_file(struct issuer *i, struct setup *s, struct problems *p)
{
    const char *why = NULL;
    char *room = arena_bytes(&s->arena, KEYS_FILE_MAX + 1);
    FILE *file = fopen(i->keys_file.at, "re");
    size_t len = room && file ? fread(room, 1, KEYS_FILE_MAX + 1, file) : 0;
    if (file)
        fclose(file);
    if (!len)
        return complain(p, i, "keys_file is empty, or cannot be read");
    i->keys_document = str_of(room, len);
    struct jwks *jwks = jwks_read(i->keys_document, JWK_OF_ISSUER, &why);
    if (!jwks)
        return complain(p, i, why);
    if (jwks->skipped)
        problem_warn(p, i->name.span, "issuer \"" STR_F "\": %zu keys of keys_file cannot be used: %s",
                     STR_A(i->name.text), jwks->skipped, jwks->skipped_why);
    jwks_free(jwks);
    return true;
}

static bool check(void *entry, struct setup *s, struct problems *p)
{
    struct issuer *i = entry;
    bool ok = check_url(p, i, i->jwks_url, "jwks_url");
    if (!i->audience.count && !i->insecure_any_audience)
        ok = complain(p, i, "needs audience: without it tokens that were made for others are taken");
    for (size_t n = 0; n < i->audience.count; n++)
        if (!i->audience.at[n].len || str_eq(i->audience.at[n], STR("*"))) {
            problem(p, i->audience.spans[n], "an audience is compared exactly; there is none for all");
            ok = false;
        }
    if ((i->jwks_url.len != 0) + (i->keys_file.at != NULL) + (i->discovery_url.len != 0) > 1)
        ok = complain(p, i, "only one of discovery_url, jwks_url and keys_file can be meant");
    if (i->keys_file.at)
        ok = check_keys_file(i, s, p) && ok;
    return (i->entra ? check_entra(i, s, p) : check_generic(i, s, p)) && ok;
}

const struct section_kind section_issuers = {
    .name = "issuers",
    .about = "Who signs the tokens that are taken, by name.",
    .settings = ISSUER_SETTINGS,
    .size = sizeof(struct issuer),
    .check = check,
};

/* ---- in a worker ---- */

bool issuer_open(struct issuer *i, struct world *world)
{
    if (i->opened++)
        return true;
    for (size_t n = 0; n < i->authorities_count; n++) {
        i->authorities[n].keys = issuer_keys_new(i, &i->authorities[n], world);
        if (!i->authorities[n].keys) {
            issuer_close(i);
            return false;
        }
    }
    return true;
}

void issuer_close(struct issuer *i)
{
    if (!i->opened || --i->opened)
        return;
    for (size_t n = 0; n < i->authorities_count; n++) {
        issuer_keys_free(i->authorities[n].keys);
        i->authorities[n].keys = NULL;
    }
}

struct authority *issuer_authority(struct issuer *i, struct str iss, struct str tid)
{
    for (size_t n = 0; n < i->authorities_count; n++)
        if (issuer_is(i->authorities[n].issuer, tid, iss))
            return &i->authorities[n];
    return NULL;
}
