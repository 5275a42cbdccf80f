/* test_keyset.c - when keys are asked for, on a clock wound by hand. */
#include "certs/keyset.h"

#include "tests/harness/check.h"
#include "tests/unit/tokens.h"

enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE };

static const struct str ISSUER = STR_INIT("https://id.example/t"),
                        DISCOVERY = STR_INIT("https://id.example/t/.well-known/openid-configuration");
static const char DOCUMENT[] = "{\"issuer\":\"https://id.example/t\",\"jwks_uri\":\"https://id.example/keys\"}";

static struct keyset *discovered(void)
{
    return keyset_new(&(struct keyset_settings){ .issuer = ISSUER, .discovery_url = DISCOVERY, .seed = 1 });
}

static struct keyset *direct(void)
{
    return keyset_new(
        &(struct keyset_settings){ .issuer = ISSUER, .jwks_url = STR("https://id.example/keys"), .seed = 2 });
}

/* {"keys":[…]} of one Ed25519 key with that kid. */
static char *keys_with(const char *kid)
{
    return text_printf("{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"%s\",\"x\":\"11qYAYKxCrfVS_"
                       "7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}]}",
                       kid);
}

static void take(struct keyset *k, uint64_t now, const char *kid)
{
    char *text = keys_with(kid);
    CHECK(keyset_due(k, now).at != NULL);
    CHECK(keyset_took(k, now, 0, str_c(text)));
    free(text);
}

static enum keyset_answer find(struct keyset *k, uint64_t now, const char *kid)
{
    struct key *key;
    return keyset_find(k, now, str_c(kid), ALG_EDDSA, &key);
}

TEST("the discovery document first, then the keys, then nothing for an hour or so")
{
    struct keyset *k = discovered();
    CHECK_INT(find(k, 5, "a"), KEYSET_ASK);
    CHECK_STR(keyset_due(k, 5), DISCOVERY);
    CHECK(!keyset_due(k, 5).at);
    CHECK_INT(find(k, 5, "a"), KEYSET_ASK);
    CHECK(!keyset_took(k, 6, 0, str_c(DOCUMENT)));
    CHECK_INT(find(k, 6, "a"), KEYSET_ASK);
    CHECK_STR(keyset_due(k, 6), STR("https://id.example/keys"));
    CHECK(!keyset_due(k, 6).at);
    char *text = keys_with("a");
    CHECK(keyset_took(k, 7, 0, str_c(text)));
    free(text);
    CHECK_INT(find(k, 8, "a"), KEYSET_FOUND);
    CHECK(keyset_next_ms(k) >= 7 + HOUR - HOUR / 10 && keyset_next_ms(k) <= 7 + HOUR + HOUR / 10 + 1);
    CHECK(!keyset_due(k, keyset_next_ms(k) - 1).at);
    CHECK_STR(keyset_due(k, keyset_next_ms(k)), DISCOVERY);
    keyset_free(k);
}

TEST("unknown kids cause one fetch in five minutes, however many come")
{
    struct keyset *k = direct();
    uint64_t now = 1000;
    take(k, now, "a");
    unsigned fetches = 0;
    for (int i = 0; i < 20000; i++) {
        char kid[16];
        snprintf(kid, sizeof kid, "k%d", i);
        now += 30; /* ten minutes in all */
        if (find(k, now, kid) == KEYSET_ASK && keyset_due(k, now).at) {
            char *text = keys_with("a");
            CHECK(keyset_took(k, now, 0, str_c(text)));
            free(text);
            fetches++;
            CHECK_INT(find(k, now, kid), KEYSET_UNKNOWN);
        }
    }
    CHECK(fetches == 1 || fetches == 2);
    CHECK_INT(find(k, now, "a"), KEYSET_FOUND);
    keyset_free(k);
}

TEST("a new document replaces the old keys whole")
{
    struct keyset *k = direct();
    take(k, 0, "old");
    uint64_t generation = keyset_generation(k);
    CHECK_INT(find(k, 6 * MINUTE, "new"), KEYSET_ASK);
    take(k, 6 * MINUTE, "new");
    CHECK_INT(find(k, 6 * MINUTE, "new"), KEYSET_FOUND);
    CHECK_INT(find(k, 6 * MINUTE, "old"), KEYSET_UNKNOWN);
    CHECK_INT(keyset_generation(k), generation + 1);
    keyset_free(k);
}

TEST("in an outage the old keys serve for a day, unknown ones are the caller's fault, then there are none")
{
    struct keyset *k = direct();
    take(k, 0, "a");
    unsigned tries = 0;
    for (uint64_t now = 50 * MINUTE; now < 24 * (uint64_t)HOUR; now += 500) {
        if (keyset_due(k, now).at) {
            tries++;
            keyset_failed(k, now, 0, "status 500");
            CHECK_INT(find(k, now, "b"), KEYSET_UNKNOWN);
        }
        if (now % (10 * MINUTE) == 0)
            CHECK_INT(find(k, now, "a"), KEYSET_FOUND);
    }
    CHECK(tries > 1000 && tries < 2000);
    CHECK_STR(str_c(keyset_trouble(k)), STR("status 500"));
    uint64_t late = 24 * (uint64_t)HOUR;
    if (keyset_due(k, late).at)
        keyset_failed(k, late, 0, "status 500");
    CHECK_INT(find(k, late, "a"), KEYSET_NO_KEYS);
    CHECK(!keyset_has_keys(k, late));
    CHECK_INT(find(k, keyset_next_ms(k), "a"), KEYSET_ASK);
    take(k, keyset_next_ms(k), "a");
    CHECK_INT(find(k, late + 2 * MINUTE, "a"), KEYSET_FOUND);
    CHECK(!keyset_trouble(k));
    keyset_free(k);
}

TEST("pauses double up to a minute, and Retry-After is honoured up to an hour")
{
    struct keyset *k = direct();
    uint64_t now = 0, last = 0;
    for (int i = 0; i < 12; i++) {
        CHECK(keyset_due(k, now).at);
        keyset_failed(k, now, 0, "down");
        uint64_t pause = keyset_next_ms(k) - now, wanted = i < 6 ? (uint64_t)SECOND << i : MINUTE;
        CHECK(pause >= wanted - wanted / 10 && pause <= wanted + wanted / 10 + 1);
        CHECK_INT(find(k, now, "a"), KEYSET_NO_KEYS);
        last = now, now = keyset_next_ms(k);
    }
    (void)last;
    CHECK(keyset_due(k, now).at);
    keyset_failed(k, now, 10 * MINUTE, "429");
    CHECK_INT(keyset_next_ms(k) - now, 10 * MINUTE);
    CHECK(!keyset_due(k, now + 10 * MINUTE - 1).at);
    now += 10 * MINUTE;
    CHECK(keyset_due(k, now).at);
    keyset_failed(k, now, UINT64_MAX, "429");
    CHECK_INT(keyset_next_ms(k) - now, HOUR);
    keyset_free(k);
}

TEST("a document that somebody fetched long ago is no reason to ask at once, again and again")
{
    uint64_t now = 10 * HOUR;
    struct keyset *k = discovered();
    CHECK(keyset_due(k, now).at);
    CHECK(!keyset_took(k, now, 2 * HOUR, STR("{}")));
    CHECK(keyset_next_ms(k) > now);
    CHECK(!keyset_due(k, now).at);
    keyset_free(k);
}

TEST("a document that cannot be read is a failure and replaces nothing")
{
    struct keyset *k = direct();
    take(k, 0, "a");
    static const char *const BAD[] = { "", "[]", "{\"keys\":[]}", "{\"keys\":[{\"kty\":\"RSA\"}]}", "<html>" };
    uint64_t now = 2 * HOUR;
    for (size_t i = 0; i < ARRAY_LEN(BAD); i++) {
        CHECK(keyset_due(k, now).at);
        CHECK(!keyset_took(k, now, 0, str_c(BAD[i])));
        CHECK(keyset_trouble(k) != NULL);
        CHECK_INT(find(k, now, "a"), KEYSET_FOUND);
        now = keyset_next_ms(k);
    }
    keyset_free(k);
}

TEST("a discovery document must be the issuer's own and name a safe place")
{
    static const struct {
        const char *document, *why;
    } ROWS[] = {
        { "{\"issuer\":\"https://id.example/t\",\"jwks_uri\":\"https://id.example:8443/k\"}", NULL },
        { "{\"issuer\":\"https://id.example/t\",\"jwks_uri\":\"https://keys.example/k\"}", NULL },
        { "{\"issuer\":\"https://id.example/t\",\"jwks_uri\":\"https://evil.example/k\"}",
          "the jwks_uri is on a host that is not allowed" },
        { "{\"issuer\":\"https://id.example/t\",\"jwks_uri\":\"https://id.example.evil.test/k\"}",
          "the jwks_uri is on a host that is not allowed" },
        { "{\"issuer\":\"https://id.example/t\",\"jwks_uri\":\"https://id.example@evil.test/k\"}",
          "the discovery document has no jwks_uri" },
        { "{\"issuer\":\"https://id.example/t\",\"jwks_uri\":\"http://id.example/k\"}", "the jwks_uri is not https" },
        { "{\"issuer\":\"https://id.example/t\",\"jwks_uri\":\"file:///etc/passwd\"}",
          "the discovery document has no jwks_uri" },
        { "{\"issuer\":\"https://id.example/t\"}", "the discovery document has no jwks_uri" },
        { "{\"issuer\":\"https://id.example/t/\",\"jwks_uri\":\"https://id.example/k\"}",
          "the discovery document is of another issuer" },
        { "{\"issuer\":\"https://ID.example/t\",\"jwks_uri\":\"https://id.example/k\"}",
          "the discovery document is of another issuer" },
        { "{\"jwks_uri\":\"https://id.example/k\"}", "the discovery document is of another issuer" },
        { "[1]", "the discovery document is not a JSON object, or has a member twice" },
        { "{\"issuer\":\"https://id.example/t\",\"issuer\":\"x\"}",
          "the discovery document is not a JSON object, or has a member twice" },
    };
    const struct str hosts[] = { STR("keys.example") };
    for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
        struct keyset *k = keyset_new(&(struct keyset_settings){
            .issuer = ISSUER, .discovery_url = DISCOVERY, .hosts = hosts, .hosts_count = 1 });
        CHECK(keyset_due(k, 0).at);
        CHECK(!keyset_took(k, 0, 0, str_c(ROWS[i].document)));
        CHECK_STR(str_c(keyset_trouble(k)), str_c(ROWS[i].why));
        CHECK_INT(keyset_due(k, 0).at != NULL, ROWS[i].why == NULL);
        keyset_free(k);
    }
    struct keyset *k = keyset_new(&(struct keyset_settings){ .issuer = STR("https://login.example/{tenantid}/v2.0"),
                                                             .discovery_url = STR("https://login.example/common/x") });
    CHECK(keyset_due(k, 0).at);
    keyset_took(k, 0, 0,
                STR("{\"issuer\":\"https://login.example/{tenantId}/v2.0\",\"jwks_uri\":\"https://login.example/k\"}"));
    CHECK_STR(keyset_due(k, 0), STR("https://login.example/k"));
    keyset_free(k);
}

TEST("fixed keys are never due and never stale")
{
    const char *why = NULL;
    char *text = keys_with("a");
    struct keyset *k = keyset_fixed(ISSUER, str_c(text), &why);
    CHECK(k && !keyset_due(k, 0).at && keyset_next_ms(k) == UINT64_MAX);
    CHECK_INT(find(k, 1000 * (uint64_t)HOUR, "a"), KEYSET_FOUND);
    CHECK_INT(find(k, 0, "b"), KEYSET_UNKNOWN);
    keyset_free(k);
    CHECK(!keyset_fixed(ISSUER, STR("{}"), &why));
    CHECK(why != NULL);
    free(text);
}

TEST("per-key issuers and templates hold to the letter")
{
    static const struct str T = STR_INIT("11111111-2222-3333-4444-555555555555");
    static const struct {
        const char *pattern, *iss;
        bool is;
    } ROWS[] = {
        { "https://a/x", "https://a/x", true },
        { "https://a/x", "https://a/x/", false },
        { "https://a/{tenantid}/v2.0", "https://a/11111111-2222-3333-4444-555555555555/v2.0", true },
        { "https://a/{TenantId}/v2.0", "https://a/11111111-2222-3333-4444-555555555555/v2.0", true },
        { "https://a/{tenantid}/", "https://a/11111111-2222-3333-4444-555555555555/", true },
        { "https://a/{tenantid}/v2.0", "https://a/91111111-2222-3333-4444-555555555555/v2.0", false },
        { "https://a/{tenantid}/v2.0", "https://a/{tenantid}/v2.0", false },
        { "https://a/{tenantid}/v2.0", "https://a/", false },
        { "https://a/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0", "https://a/11111111-2222-3333-4444-555555555555/v2.0",
          false },
    };
    for (size_t i = 0; i < ARRAY_LEN(ROWS); i++)
        CHECK_INT(issuer_is(str_c(ROWS[i].pattern), T, str_c(ROWS[i].iss)), ROWS[i].is);
    CHECK(!issuer_is(STR("https://a/{tenantid}/"), STR("../../etc"), STR("https://a/../../etc/")));
    struct key key = { .issuer = STR("") };
    CHECK(key_signs_for(&key, STR("anything"), STR("")));
    key.issuer = STR("https://a/{tenantid}/");
    CHECK(!key_signs_for(&key, STR("https://b/"), T));
}
