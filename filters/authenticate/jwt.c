/* jwt.c - access tokens of the listed issuers: remembered ones at once, new ones by the book.
 *
 * In time order: the token is looked for among those that were verified; else it is taken apart, its issuer found,
 * every rule that needs no key asked, and only then the keys, for which the exchange may wait once. "Not mine" (no
 * token, or of another issuer) passes on to the next filter; "mine and bad" ends the exchange with one answer for all
 * causes. */
#include "certs/jws.h"
#include "filters/authenticate/credential.h"
#include "filters/authenticate/issuer_keys.h"
#include "filters/authenticate/token_cache.h"
#include "filters/authenticate/who.h"
#include "proxy/base/metric.h"

#include <openssl/crypto.h>

struct jwt_policy {
    struct names names;
    struct str realm;
    /* derived */
    struct issuer **issuers;
    size_t count;
    size_t token_bytes;
    struct str challenge; /* parameters */
};

static const struct setting SETTINGS[] = {
    SETTING_AS("issuer", struct jwt_policy, names, SET_NAMES, .required = true, .min = 1, .max = 64, .example = "entra",
               .about = "Whose tokens: a name under `issuers`, or several."),
    SETTING(struct jwt_policy, realm, SET_TEXT,
            .about = "The realm of the challenge that a caller without a token gets."),
    SETTINGS_END,
};

/* The first entry that a token's `iss` fits decides about it; another of the same would never be asked. */
static const struct issuer *same_before(const struct jwt_policy *p, const struct issuer *i)
{
    for (size_t n = 0; n < p->count; n++)
        for (size_t a = 0; a < i->authorities_count; a++)
            for (size_t b = 0; b < p->issuers[n]->authorities_count; b++)
                if (str_eq(i->authorities[a].issuer, p->issuers[n]->authorities[b].issuer))
                    return p->issuers[n];
    return NULL;
}

static bool check(void *policy, struct setup *s, struct problems *problems)
{
    struct jwt_policy *p = policy;
    bool ok = true;
    p->issuers = arena_array(&s->arena, struct issuer *, p->names.count);
    for (size_t i = 0; i < p->names.count && p->issuers; i++) {
        struct issuer *issuer = setup_find_entry(s, "issuers", p->names.at[i].text);
        if (!issuer) {
            problem(problems, p->names.at[i].span, "there is no issuer \"" STR_F "\"", STR_A(p->names.at[i].text));
            ok = false;
            continue;
        }
        const struct issuer *before = same_before(p, issuer);
        if (before) {
            problem(problems, p->names.at[i].span, "never asked: the tokens' `iss` is that of \"" STR_F "\"",
                    STR_A(before->name.text));
            problem_hint(problems, "give one entry all audiences, or each a route of its own");
            ok = false;
            continue;
        }
        p->issuers[p->count++] = issuer;
        p->token_bytes = issuer->token_bytes > p->token_bytes ? (size_t)issuer->token_bytes : p->token_bytes;
    }
    const struct entra_settings *e = p->count ? p->issuers[0]->entra : NULL;
    for (size_t i = 0; i < p->realm.len; i++)
        if (p->realm.at[i] == '"' || p->realm.at[i] == '\\' || (unsigned char)p->realm.at[i] < ' ')
            p->realm = STR("");
    if (e) /* an empty realm goes with the common endpoint (azure.md §1.7) */
        p->challenge = arena_printf(
            &s->arena, "realm=\"" STR_F "\", authorization_uri=\"" STR_F "/" STR_F "/oauth2/v2.0/authorize\"",
            STR_A(p->realm), STR_A(e->authority), STR_A(p->realm.len ? e->tenant : STR("common")));
    else
        p->challenge = arena_printf(&s->arena, "realm=\"" STR_F "\"", STR_A(p->realm));
    return ok && p->issuers && p->challenge.at;
}

/* ---- the worker's memory of tokens, shared by all routes ---- */

static struct token_cache *cache;
static unsigned cache_users;

static void close_issuers(struct jwt_policy *p, size_t n)
{
    while (n)
        issuer_close(p->issuers[--n]);
    if (!--cache_users) {
        token_cache_free(cache);
        cache = NULL;
    }
}

static bool open(void *policy, struct world *world, void **instance)
{
    struct jwt_policy *p = policy;
    if (!cache_users++)
        cache = token_cache_new();
    for (size_t i = 0; i < p->count && cache; i++)
        if (!issuer_open(p->issuers[i], world)) {
            close_issuers(p, i);
            return false;
        }
    if (!cache) {
        cache_users--;
        return false;
    }
    *instance = p;
    return true;
}

static void close(void *policy, void *instance)
{
    (void)instance;
    struct jwt_policy *p = policy;
    close_issuers(p, p->count);
}

/* ---- one exchange ---- */

struct state {
    struct waiter waiter;
    bool has_waited;
};

struct asked { /* what is known of the token while it is judged */
    struct str token;
    enum scheme scheme;
    unsigned char hash[TOKEN_HASH_BYTES];
    struct jws jws;
    struct claims claims;
    struct issuer *issuer;
    struct authority *authority;
};

static int64_t now_s(struct exchange *x)
{
    return x->world->wall_ms(x->world) / 1000;
}

/* RFC 8705 §3: a bound token is for the connection that shows its certificate, and for no other. */
static bool binding_holds(const struct exchange *x, bool has_binding, const unsigned char bound[32], enum scheme scheme)
{
    if (!has_binding)
        return scheme != SCHEME_MTLS_POP;
    return x->peer->has_certificate && CRYPTO_memcmp(x->peer->certificate_sha256, bound, 32) == 0;
}

static bool policy_has(const struct jwt_policy *p, const struct issuer *issuer)
{
    for (size_t i = 0; i < p->count; i++)
        if (p->issuers[i] == issuer)
            return true;
    return false;
}

static enum verdict judge(struct exchange *x, const struct jwt_policy *p, struct asked *q);

static enum verdict keys_arrived(struct exchange *x);

enum { NOTHING_REMEMBERED = -1 };

/* A verdict, or NOTHING_REMEMBERED. */
static int from_memory(struct exchange *x, const struct jwt_policy *p, const struct asked *q)
{
    const struct remembered *r = token_cache_find(cache, q->hash, now_s(x));
    /* Two entries may be about one issuer, for other audiences: what another route's entry took is not decided here. */
    if (!r || !policy_has(p, r->issuer) || r->generation != issuer_keys_generation(r->keys)) {
        COUNT(METRIC_CREDENTIAL_MISSES);
        return NOTHING_REMEMBERED;
    }
    COUNT(METRIC_CREDENTIAL_HITS);
    if (!binding_holds(x, r->has_binding, r->bound_sha256, q->scheme))
        return credential_bad(x, WHY_BAD_CREDENTIAL, "bound to another client certificate");
    return credential_good(x, caller_ref(r->caller));
}

static enum verdict step(struct exchange *x, const void *policy)
{
    const struct jwt_policy *p = policy;
    struct asked q = { .scheme = SCHEME_NONE };
    if (!x->challenge.len)
        credential_challenge(x, p->challenge, NULL);
    if (!credential_authorization(x, &q.scheme, &q.token))
        return credential_bad(x, WHY_BAD_REQUEST, "more than one Authorization field");
    if ((q.scheme != SCHEME_BEARER && q.scheme != SCHEME_MTLS_POP) || !q.token.len)
        return credential_not_mine(x, "no bearer token");
    if (q.token.len > p->token_bytes)
        return credential_not_mine(x, jws_status_text(JWS_TOO_LARGE));
    if (!token_cache_hash(cache, q.token, q.hash))
        return exchange_refuse(x, WHY_INTERNAL, "no SHA-256");
    int remembered = from_memory(x, p, &q);
    return remembered != NOTHING_REMEMBERED ? (enum verdict)remembered : judge(x, p, &q);
}

static enum verdict wait_for_keys(struct exchange *x, struct asked *q)
{
    struct state *s = exchange_state(x, sizeof *s);
    if (!s)
        return exchange_refuse(x, WHY_OVERLOADED, "no memory to wait for keys");
    if (s->has_waited) /* what was waited for did not bring it; there is no second turn */
        return credential_bad(x, WHY_KEYS_UNAVAILABLE, "the issuer's keys could not be fetched");
    s->has_waited = true;
    issuer_keys_wait(q->authority->keys, &s->waiter, x);
    return exchange_wait(x, NULL, keys_arrived);
}

/* The order of the rules is from cheap to dear; none but the last needs a key (security.md §2). */
static enum verdict verify(struct exchange *x, struct asked *q, const struct who *who)
{
    struct key *key = NULL;
    switch (issuer_keys_find(q->authority->keys, q->jws.kid, q->jws.alg, &key)) {
    case KEYSET_ASK:
        return wait_for_keys(x, q);
    case KEYSET_NO_KEYS:
        x->retry_ms = 1000;
        return credential_bad(x, WHY_KEYS_UNAVAILABLE, "the issuer's keys are not there");
    case KEYSET_UNKNOWN:
        return credential_bad(x, WHY_BAD_CREDENTIAL, "no key of that kid and algorithm");
    case KEYSET_FOUND:
        break;
    }
    if (!key_signs_for(key, q->claims.iss, q->claims.tid))
        return credential_bad(x, WHY_BAD_CREDENTIAL, "the key signs for another issuer");
    enum jws_status status = jws_verify(&q->jws, key, (unsigned)q->issuer->algorithms);
    if (status != JWS_OK)
        return credential_bad(x, WHY_BAD_CREDENTIAL, jws_status_text(status));
    if (!binding_holds(x, q->claims.has_binding, q->claims.bound_sha256, q->scheme))
        return credential_bad(x, WHY_BAD_CREDENTIAL,
                              "bound to another client certificate, or not bound where it must be");

    struct caller *caller = who_caller(who, q->issuer, q->claims.exp);
    if (!caller)
        return exchange_refuse(x, WHY_OVERLOADED, "no memory for the caller");
    credential_hash_text(q->hash, caller->token_hash);
    struct remembered r = { .issuer = q->issuer,
                            .keys = q->authority->keys,
                            .caller = caller,
                            .generation = issuer_keys_generation(q->authority->keys),
                            .has_binding = q->claims.has_binding,
                            .until_s = (int64_t)(q->claims.exp + q->issuer->skew_ms / 1000) };
    memcpy(r.bound_sha256, q->claims.bound_sha256, sizeof r.bound_sha256);
    token_cache_add(cache, q->hash, &r);
    return credential_good(x, caller);
}

/* RFC 8725 §3.11: tokens of other kinds that the same key signs are not access tokens. */
static bool type_is_taken(struct str typ)
{
    return !typ.len || str_eq_nocase(typ, STR("JWT")) || str_eq_nocase(typ, STR("at+jwt")) ||
           str_eq_nocase(typ, STR("application/at+jwt"));
}

static enum verdict judge_claims(struct exchange *x, struct asked *q)
{
    const char *why = "";
    struct who who;
    bool forbidden = false;
    if (q->token.len > q->issuer->token_bytes)
        return credential_bad(x, WHY_BAD_CREDENTIAL, jws_status_text(JWS_TOO_LARGE));
    if (!(q->issuer->algorithms & ALG_BIT(q->jws.alg)))
        return credential_bad(x, WHY_BAD_CREDENTIAL, jws_status_text(JWS_ALG_NOT_ALLOWED));
    if (!type_is_taken(q->jws.typ))
        return credential_bad(x, WHY_BAD_CREDENTIAL, "typ is not that of an access token");
    if (!claims_check_form(&q->claims, &x->arena, &why))
        return credential_bad(x, WHY_BAD_CREDENTIAL, why);
    enum claims_answer times = claims_check_times(&q->claims, q->issuer, now_s(x), &why);
    if (times != CLAIMS_OK)
        return credential_bad(x, times == CLAIMS_EXPIRED ? WHY_EXPIRED : WHY_BAD_CREDENTIAL, why);
    bool is_v1 = q->issuer->entra && q->authority == &q->issuer->authorities[AUTHORITY_V1];
    if (!claims_check_audience(&q->claims, q->issuer, is_v1, &x->arena))
        return credential_bad(x, WHY_BAD_CREDENTIAL, "aud is none of the audiences");
    bool fits = q->issuer->entra ? who_entra(&q->claims, q->issuer, q->authority, &x->arena, &who, &forbidden, &why)
                                 : who_generic(&q->claims, q->issuer, &x->arena, &who, &why);
    if (!fits && !forbidden)
        return credential_bad(x, WHY_BAD_CREDENTIAL, why);
    if (fits)
        return verify(x, q, &who);
    /* Who is turned away for want of a role learns it only with a genuine token: 403 is for those who were proven. */
    enum verdict v = verify(x, q, &who);
    if (v != NEXT)
        return v;
    token_cache_forget(cache, q->hash);
    caller_unref(x->caller);
    x->caller = NULL;
    return exchange_refuse(x, WHY_NOT_ALLOWED, "%s", why);
}

static enum verdict judge(struct exchange *x, const struct jwt_policy *p, struct asked *q)
{
    const char *why = "";
    enum jws_status status = jws_parse(q->token, JWS_BYTES_MAX, &x->arena, &q->jws);
    if (status != JWS_OK)
        return credential_not_mine(x, jws_status_text(status));
    enum verdict v;
    if (!claims_read(&q->claims, q->jws.payload, &x->arena, &why)) {
        v = credential_not_mine(x, why);
    } else {
        for (size_t i = 0; i < p->count && !q->authority; i++)
            if ((q->authority = issuer_authority(p->issuers[i], q->claims.iss, q->claims.tid)))
                q->issuer = p->issuers[i];
        v = q->authority ? judge_claims(x, q) : credential_not_mine(x, "a token of an issuer that is not known here");
    }
    claims_finish(&q->claims);
    return v;
}

/* From the beginning: the clock went on, and nothing but the waiting was kept. */
static enum verdict keys_arrived(struct exchange *x)
{
    return step(x, x->route->plan.steps[x->at].policy);
}

static void settle(struct exchange *x, const void *policy)
{
    (void)policy;
    struct state *s = x->states ? x->states[x->at] : NULL;
    if (s)
        waiter_cancel(&s->waiter);
}

const struct filter filter_jwt = {
    .name = "jwt",
    .about = "Access tokens (JWT) of the listed issuers, from `Authorization: Bearer`.",
    .seat = STAGE_AUTHENTICATE,
    .settings = SETTINGS,
    .policy_size = sizeof(struct jwt_policy),
    .check = check,
    .step = step,
    .settle = settle,
    .open = open,
    .close = close,
    .scalar = "issuer",
};
