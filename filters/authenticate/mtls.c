/* mtls.c - client certificates that the listener has verified. */
#include "filters/authenticate/credential.h"

enum { NAME_MAX_BYTES = 2048, SLACK_BYTES = 512, CALLER_BYTES = 64 * 1024 };

struct mtls_policy {
    struct texts names, thumbprints;
    struct str tenant;
    struct texts roles;
};

static const struct setting SETTINGS[] = {
    SETTING(
        struct mtls_policy, names, SET_TEXTS, .max = 1000, .example = "[app.example.org]",
        .about =
            "Certificates that are taken, by first alternative name (DNS or URI) or by subject (\"CN=app,O=Example\"). "
            "Default: all that the listener's client_ca has signed."),
    SETTING(struct mtls_policy, thumbprints, SET_TEXTS, .max = 1000,
            .about = "Certificates that are taken, by SHA-256 in hexadecimal."),
    SETTING(struct mtls_policy, tenant, SET_TEXT, .about = "The tenant that their holders count as."),
    SETTING(struct mtls_policy, roles, SET_TEXTS, .max = 100, .example = "[Models.Use]",
            .about = "Roles of their holders."),
    SETTINGS_END,
};

static bool check(void *policy, struct setup *s, struct problems *problems)
{
    const struct mtls_policy *p = policy;
    const struct listener *listeners = s->listeners.at;
    bool ok = true, asked_for = false;
    for (size_t i = 0; i < p->thumbprints.count; i++) {
        struct str t = p->thumbprints.at[i];
        bool hex = t.len == 64;
        for (size_t k = 0; hex && k < t.len; k++)
            hex = hex_value(t.at[k]) >= 0;
        if (!hex) {
            problem(problems, p->thumbprints.spans[i], "a thumbprint has 64 hexadecimal digits");
            ok = false;
        }
    }
    for (size_t i = 0; i < s->listeners.count; i++)
        asked_for |= listeners[i].client_ca.at != NULL;
    if (!asked_for)
        problem_warn(problems, (struct span){ 0 },
                     "mtls: no listener has a client_ca, so that no certificate is ever asked for");
    return ok;
}

static bool is_taken(const struct mtls_policy *p, const struct peer *peer)
{
    char hex[64];
    if (!p->names.count && !p->thumbprints.count)
        return true;
    for (size_t i = 0; i < p->names.count; i++)
        if ((peer->certificate_san.len && str_eq(p->names.at[i], peer->certificate_san)) ||
            (peer->certificate_subject.len && str_eq(p->names.at[i], peer->certificate_subject)))
            return true;
    hex_encode(hex, peer->certificate_sha256, sizeof peer->certificate_sha256);
    for (size_t i = 0; i < p->thumbprints.count; i++)
        if (str_eq_nocase(p->thumbprints.at[i], str_of(hex, sizeof hex)))
            return true;
    return false;
}

/* Is nothing but a certificate taken here? Then the caller is not told to bring a token. HTTP has no scheme for certificates, and a
 * 401 must name one (RFC 9110 §15.5.2): clients pass over those that they do not know. */
static bool is_all_there_is(const struct exchange *x)
{
    const struct plan *plan = &x->route->plan;
    for (size_t i = plan->first[STAGE_AUTHENTICATE]; i < plan->first[STAGE_AUTHENTICATE + 1]; i++)
        if (plan->steps[i].filter != plan->steps[x->at].filter)
            return false;
    return true;
}

static enum verdict step(struct exchange *x, const void *policy)
{
    const struct mtls_policy *p = policy;
    const struct peer *peer = x->peer;
    if (is_all_there_is(x))
        x->challenge = STR("ClientCertificate realm=\"\"");
    /* A certificate that the lists do not name may be there for a token that is bound to it: not mine. */
    if (!peer->has_certificate || !is_taken(p, peer))
        return credential_not_mine(x, peer->has_certificate ? "a certificate that is not listed"
                                                            : "no client certificate");
    if (x->world->wall_ms(x->world) / 1000 >= peer->certificate_ends_s) /* the connection outlived it */
        return credential_bad(x, WHY_EXPIRED, "the certificate has expired");
    struct str name = peer->certificate_san.len ? peer->certificate_san : peer->certificate_subject;
    if (!name.len || name.len > NAME_MAX_BYTES)
        return credential_bad(x, WHY_BAD_CREDENTIAL, "the certificate names nobody");
    size_t size = SLACK_BYTES + 2 * name.len + p->tenant.len + peer->certificate_subject.len;
    for (size_t i = 0; i < p->roles.count; i++)
        size += sizeof(struct str) + p->roles.at[i].len;
    struct caller *c = caller_new(2 * size + CALLER_BYTES);
    if (!c)
        return exchange_refuse(x, WHY_OVERLOADED, "no memory for the caller");
    c->kind = CALLER_CERTIFICATE;
    c->expires_s = peer->certificate_ends_s;
    c->is_app = true;
    credential_hash_text(peer->certificate_sha256, c->token_hash);
    struct arena *a = &c->arena;
    c->subject = arena_copy(a, name);
    c->app = arena_copy(a, name);
    c->tenant = arena_copy(a, p->tenant);
    c->name = arena_copy(a, peer->certificate_subject);
    if (!c->subject.at || !c->app.at || !c->tenant.at || !c->name.at || !strs_copy(a, p->roles.at, p->roles.count, &c->roles)) {
        caller_unref(c);
        return exchange_refuse(x, WHY_OVERLOADED, "no memory for the caller");
    }
    return credential_good(x, c);
}

const struct filter filter_mtls = {
    .name = "mtls",
    .about = "Client certificates that a listener with `client_ca` has verified.",
    .seat = STAGE_AUTHENTICATE,
    .settings = SETTINGS,
    .policy_size = sizeof(struct mtls_policy),
    .check = check,
    .step = step,
    .scalar = "names",
};
