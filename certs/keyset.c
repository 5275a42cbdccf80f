/* keyset.c - when to ask for an issuer's keys, and which keys hold meanwhile. */
#include "certs/keyset.h"

#include "certs/discovery.h"
#include "proxy/base/ascii.h"
#include "proxy/base/pause.h"

enum { URL_MAX_BYTES = 2048 };
static const uint64_t REFRESH_MS = 3600 * 1000, COOL_DOWN_MS = 300 * 1000, STALE_MS = 24 * 3600 * 1000;
static const uint64_t RETRY_FIRST_MS = 1000, RETRY_LAST_MS = 60 * 1000;

enum stand { IDLE, DISCOVERING, BETWEEN, FETCHING }; /* BETWEEN: discovered, the keys' URL is due at once */

struct keyset {
    struct str issuer, discovery_url; /* owned */
    struct str *hosts;                /* owned, each too */
    size_t hosts_count;
    uint64_t refresh_ms, cool_down_ms, stale_ms;
    bool is_fixed;

    char jwks_url[URL_MAX_BYTES];
    struct jwks *jwks; /* owned; NULL before the first success */
    enum stand stand;
    uint64_t succeeded_ms; /* meaningful with jwks */
    uint64_t next_ms;      /* not before */
    struct pause pause;    /* after failures */
    uint64_t generation;
    const char *trouble;
};

struct keyset *keyset_new(const struct keyset_settings *s)
{
    assert(s->jwks_url.len < URL_MAX_BYTES && (s->jwks_url.len || s->discovery_url.len));
    struct keyset *k = calloc(1, sizeof *k);
    if (!k)
        return NULL;
    k->refresh_ms = s->refresh_ms ? s->refresh_ms : REFRESH_MS;
    k->cool_down_ms = s->cool_down_ms ? s->cool_down_ms : COOL_DOWN_MS;
    k->stale_ms = s->stale_ms ? s->stale_ms : STALE_MS;
    pause_init(&k->pause, RETRY_FIRST_MS, RETRY_LAST_MS, s->seed ^ 0x9e3779b97f4a7c15u);
    if (s->jwks_url.len)
        memcpy(k->jwks_url, s->jwks_url.at, s->jwks_url.len);
    bool ok = str_copy(s->issuer, &k->issuer) && str_copy(s->jwks_url.len ? STR("") : s->discovery_url, &k->discovery_url);
    k->hosts = ok ? calloc(s->hosts_count + 1, sizeof *k->hosts) : NULL;
    for (size_t i = 0; k->hosts && i < s->hosts_count && ok; i++, k->hosts_count++)
        ok = str_copy(s->hosts[i], &k->hosts[i]);
    if (!ok || !k->hosts) {
        keyset_free(k);
        return NULL;
    }
    return k;
}

struct keyset *keyset_fixed(struct str issuer, struct str document, const char **why)
{
    const struct keyset_settings settings = { .issuer = issuer, .jwks_url = STR("file") };
    struct jwks *jwks = jwks_read(document, JWK_OF_ISSUER, why);
    struct keyset *k = jwks ? keyset_new(&settings) : NULL;
    if (!k) {
        if (jwks)
            *why = "out of memory";
        jwks_free(jwks);
        return NULL;
    }
    k->jwks = jwks;
    k->is_fixed = true;
    k->generation = 1;
    return k;
}

void keyset_free(struct keyset *k)
{
    if (!k)
        return;
    jwks_free(k->jwks);
    for (size_t i = 0; i < k->hosts_count; i++)
        str_free(k->hosts[i]);
    free(k->hosts);
    str_free(k->issuer);
    str_free(k->discovery_url);
    free(k);
}

struct str keyset_due(struct keyset *k, uint64_t now_ms)
{
    if (k->is_fixed)
        return STR_NONE;
    if (k->stand == BETWEEN) {
        k->stand = FETCHING;
        return str_c(k->jwks_url);
    }
    if (k->stand != IDLE || now_ms < k->next_ms)
        return STR_NONE;
    /* The discovery document is asked for each time: an issuer may move its keys. */
    k->stand = k->discovery_url.len ? DISCOVERING : FETCHING;
    return k->discovery_url.len ? k->discovery_url : str_c(k->jwks_url);
}

void keyset_failed(struct keyset *k, uint64_t now_ms, uint64_t retry_after_ms, const char *why)
{
    assert(k->stand == DISCOVERING || k->stand == FETCHING);
    k->stand = IDLE;
    k->next_ms = now_ms + pause_failed(&k->pause, retry_after_ms);
    k->trouble = why;
}

static bool took_discovery(struct keyset *k, uint64_t now_ms, struct str document)
{
    const struct discovery_rules rules = { k->issuer, k->discovery_url, k->hosts, k->hosts_count };
    const char *why;
    if (document.len > JWKS_BYTES_MAX) {
        keyset_failed(k, now_ms, 0, "the discovery document is too large");
        return false;
    }
    if (!discovery_read(document, &rules, k->jwks_url, sizeof k->jwks_url, &why)) {
        keyset_failed(k, now_ms, 0, why);
        return false;
    }
    k->stand = BETWEEN;
    return false;
}

bool keyset_took(struct keyset *k, uint64_t now_ms, uint64_t age_ms, struct str document)
{
    assert(k->stand == DISCOVERING || k->stand == FETCHING);
    if (k->stand == DISCOVERING)
        return took_discovery(k, now_ms, document);
    const char *why;
    struct jwks *jwks = jwks_read(document, JWK_OF_ISSUER, &why);
    if (!jwks) {
        keyset_failed(k, now_ms, 0, why);
        return false;
    }
    jwks_free(k->jwks);
    k->jwks = jwks;
    k->stand = IDLE;
    uint64_t then = now_ms - (age_ms < now_ms ? age_ms : now_ms);
    k->succeeded_ms = then;
    k->next_ms = then + pause_jitter(&k->pause, k->refresh_ms, 10); /* not a thousand gateways in the same second */
    pause_over(&k->pause);
    k->trouble = NULL;
    k->generation++;
    return true;
}

uint64_t keyset_next_ms(const struct keyset *k)
{
    if (k->is_fixed || k->stand == DISCOVERING || k->stand == FETCHING)
        return UINT64_MAX;
    return k->stand == BETWEEN ? 0 : k->next_ms;
}

bool keyset_has_keys(const struct keyset *k, uint64_t now_ms)
{
    return k->jwks && (k->is_fixed || now_ms - k->succeeded_ms < k->stale_ms);
}

enum keyset_answer keyset_find(struct keyset *k, uint64_t now_ms, struct str kid, enum alg alg, struct key **key)
{
    bool under_way = k->stand != IDLE, has_keys = keyset_has_keys(k, now_ms);
    if (has_keys) {
        struct key *found = jwks_find(k->jwks, kid, alg);
        if (found) {
            *key = found;
            return KEYSET_FOUND;
        }
        if (k->is_fixed)
            return KEYSET_UNKNOWN;
        /* A fetch that is under way may be what brings a new key, and costs nobody anything. */
        if (under_way)
            return KEYSET_ASK;
        if (k->trouble ? now_ms < k->next_ms : now_ms - k->succeeded_ms < k->cool_down_ms)
            return KEYSET_UNKNOWN;
        k->next_ms = now_ms;
        return KEYSET_ASK;
    }
    return under_way || now_ms >= k->next_ms ? KEYSET_ASK : KEYSET_NO_KEYS;
}

/* ---- issuers ---- */

bool issuer_is(struct str pattern, struct str tid, struct str iss)
{
    static const struct str HOLE = STR_INIT("{tenantid}");
    size_t at = 0;
    while (at < pattern.len && !str_starts_nocase(str_from(pattern, at), HOLE))
        at++;
    if (at == pattern.len)
        return str_eq(pattern, iss);
    struct str tail = str_from(pattern, at + HOLE.len);
    return ascii_is_guid(tid) && iss.len == at + tid.len + tail.len && str_eq(str_first(iss, at), str_first(pattern, at)) &&
           str_eq(str_first(str_from(iss, at), tid.len), tid) && str_eq(str_from(iss, at + tid.len), tail);
}

bool key_signs_for(const struct key *key, struct str iss, struct str tid)
{
    return !key->issuer.len || issuer_is(key->issuer, tid, iss);
}

/* ---- to look at ---- */

const char *keyset_trouble(const struct keyset *k)
{
    return k->trouble;
}

size_t keyset_count(const struct keyset *k)
{
    return k->jwks ? k->jwks->count : 0;
}

uint64_t keyset_generation(const struct keyset *k)
{
    return k->generation;
}
