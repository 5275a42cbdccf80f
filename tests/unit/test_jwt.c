/* test_jwt.c - who gets in with a token, and who does not: issuers, claims, Entra's rules, keys that come late, memory.
 */
#include "filters/authenticate/token_cache.h"
#include "tests/unit/desk.h"
#include "tests/unit/tokens.h"

#define TENANT "11111111-2222-3333-4444-555555555555"
#define OID    "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"
#define APP    "99999999-8888-7777-6666-555555555555"

#define TAIL                                                                                                           \
    "listen: [ { address: 127.0.0.1:8080 } ]\n"                                                                        \
    "pools: { p: { endpoints: [ { url: 'http://127.0.0.1:9' } ] } }\n"

static const char GENERIC[] =
    TAIL "issuers:\n"
         "  id: { issuer: 'https://id.example/t', audience: api, jwks_url: 'https://id.example/keys',\n"
         "        algorithms: [RS256, ES256, EdDSA] }\n"
         "routes:\n"
         "  r: { match: { path: /v1/chat/completions }, authenticate: [ { jwt: { issuer: id } } ],\n"
         "       authorise: [ { anyone: true } ], select: p }\n";

static const char *const GOOD =
    "{\"iss\":\"https://id.example/t\",\"aud\":\"api\",\"sub\":\"s1\",\"exp\":1800000600,\"iat\":1799999900,"
    "\"roles\":[\"Models.Use\"],\"scope\":\"a b\",\"azp\":\"client\",\"jti\":\"j1\"}";

/* Sends a bearer token. */
static enum reason send(struct desk *d, const char *token)
{
    char *field = text_printf("Bearer %s", token);
    desk_field(d, NULL, NULL);
    desk_field(d, "authorization", field);
    desk_send(d, "/v1/chat/completions");
    free(field);
    return desk_why(d);
}

static enum reason send_claims(struct desk *d, const struct signer *s, const char *claims)
{
    char *token = signer_sign(s, claims);
    enum reason why = send(d, token);
    free(token);
    return why;
}

static void give_keys(struct desk *d, const struct signer *s, size_t n)
{
    char *text = signers_jwks(s, n, "");
    CHECK(desk_answer(d, desk_fetch_of(d, "https://id.example/keys"), 200, text));
    free(text);
}

static bool challenged(const struct desk *d, const char *part)
{
    bool has = strstr(d->fields, part) != NULL;
    if (!has)
        fprintf(stderr, "  fields: %s\n", d->fields);
    return has;
}

TEST("a good token makes a caller with all that it says")
{
    struct signer s = signer_new(ALG_RS256, "k1");
    struct desk *d = desk_open(GENERIC);
    CHECK_INT(desk_fetches(d), 1); /* keys are fetched ahead of need */
    give_keys(d, &s, 1);
    CHECK_INT(send_claims(d, &s, GOOD), WHY_SERVED);
    const struct caller *c = d->x.caller;
    if (CHECK(c != NULL)) {
        CHECK_INT(c->kind, CALLER_TOKEN);
        CHECK_STR(c->issuer, STR("id"));
        CHECK_STR(c->subject, STR("s1"));
        CHECK_STR(c->app, STR("client"));
        CHECK_STR(c->token_id, STR("j1"));
        CHECK(strs_has(&c->roles, STR("Models.Use")) && strs_has(&c->scopes, STR("b")) && c->scopes.count == 2);
        CHECK_INT(c->expires_s, 1800000600);
        CHECK_INT(strlen(c->token_hash), 16);
    }
    desk_close(d);
    signer_finish(&s);
}

TEST("an exchange waits for the keys once, and many wait for one fetch")
{
    struct signer s = signer_new(ALG_ES256, "k1");
    struct desk *d = desk_open(GENERIC);
    char *token = signer_sign(&s, GOOD);
    CHECK_INT(send(d, token), WHY_COUNT);
    CHECK_INT(d->fetched, 1);
    give_keys(d, &s, 1);
    CHECK_INT(desk_why(d), WHY_SERVED);
    CHECK_INT(send(d, token), WHY_SERVED);
    CHECK_INT(d->fetched, 1);
    free(token);
    desk_close(d);
    signer_finish(&s);
}

TEST("without any keys it is our failure, not the caller's")
{
    struct signer s = signer_new(ALG_ES256, "k1");
    struct desk *d = desk_open(GENERIC);
    CHECK_INT(send_claims(d, &s, GOOD), WHY_COUNT);
    CHECK(desk_answer(d, desk_fetch_of(d, "https://id.example/keys"), 500, "no"));
    CHECK_INT(desk_why(d), WHY_KEYS_UNAVAILABLE);
    CHECK_INT(d->x.status, 503);
    CHECK_INT(send_claims(d, &s, GOOD), WHY_KEYS_UNAVAILABLE);
    desk_wait(d, 1200);
    CHECK_INT(desk_fetches(d), 1);
    CHECK_INT(send_claims(d, &s, GOOD), WHY_COUNT);
    give_keys(d, &s, 1);
    CHECK_INT(desk_why(d), WHY_SERVED);
    desk_close(d);
    signer_finish(&s);
}

TEST("a caller who leaves while keys are fetched is not woken")
{
    struct signer s = signer_new(ALG_ES256, "k1");
    struct desk *d = desk_open(GENERIC);
    CHECK_INT(send_claims(d, &s, GOOD), WHY_COUNT);
    exchange_caller_left(&d->x, WHY_CALLER_LEFT);
    CHECK(d->ended && d->x.why == WHY_CALLER_LEFT);
    give_keys(d, &s, 1);
    CHECK(!d->passed);
    desk_close(d);
    signer_finish(&s);
}

TEST("a rotated key is fetched once; unknown ones not again for five minutes")
{
    struct signer s[2] = { signer_new(ALG_ES256, "k1"), signer_new(ALG_ES256, "k2") };
    struct desk *d = desk_open(GENERIC);
    give_keys(d, s, 1);
    CHECK_INT(send_claims(d, &s[1], GOOD), WHY_BAD_CREDENTIAL); /* within the cool-down */
    CHECK_INT(d->fetched, 1);
    desk_wait(d, 301 * 1000);
    CHECK_INT(send_claims(d, &s[1], GOOD), WHY_COUNT);
    give_keys(d, s, 2);
    CHECK_INT(desk_why(d), WHY_SERVED);
    struct signer stranger = signer_new(ALG_ES256, "k3");
    for (int i = 0; i < 50; i++)
        CHECK_INT(send_claims(d, &stranger, GOOD), WHY_BAD_CREDENTIAL);
    CHECK_INT(d->fetched, 2);
    desk_close(d);
    signer_finish(&s[0]), signer_finish(&s[1]), signer_finish(&stranger);
}

TEST("claims that do not hold are refused, and the caller learns only that")
{
    static const struct {
        const char *claims;
        enum reason why;
    } ROWS[] = {
#define BASE "\"iss\":\"https://id.example/t\",\"aud\":\"api\",\"sub\":\"s\""
        { "{" BASE ",\"exp\":1800000600}", WHY_SERVED },
        { "{" BASE ",\"exp\":1799999941}", WHY_SERVED }, /* within the skew */
        { "{" BASE ",\"exp\":1799999940}", WHY_EXPIRED },
        { "{" BASE ",\"exp\":0}", WHY_EXPIRED },
        { "{" BASE "}", WHY_BAD_CREDENTIAL },
        { "{" BASE ",\"exp\":null}", WHY_BAD_CREDENTIAL },
        { "{" BASE ",\"exp\":\"1800000600\"}", WHY_BAD_CREDENTIAL },
        { "{" BASE ",\"exp\":-1}", WHY_BAD_CREDENTIAL },
        { "{" BASE ",\"exp\":18000006000000000000000000}", WHY_BAD_CREDENTIAL },
        { "{" BASE ",\"exp\":9223372036854775808}", WHY_BAD_CREDENTIAL },
        { "{" BASE ",\"exp\":9223372036854775807}", WHY_BAD_CREDENTIAL }, /* above max_lifetime */
        { "{" BASE ",\"exp\":1800108061}", WHY_BAD_CREDENTIAL },
        { "{" BASE ",\"exp\":1800000600,\"iat\":1799800000}", WHY_BAD_CREDENTIAL },
        { "{" BASE ",\"exp\":1800000600,\"nbf\":1800000060}", WHY_SERVED },
        { "{" BASE ",\"exp\":1800000600,\"nbf\":1800000061}", WHY_BAD_CREDENTIAL },
        { "{" BASE ",\"exp\":1800000600,\"nbf\":[]}", WHY_BAD_CREDENTIAL },
        { "{" BASE ",\"exp\":1800000600,\"iat\":1800000061}", WHY_BAD_CREDENTIAL },
        { "{" BASE ",\"exp\":1800000600,\"iat\":\"x\"}", WHY_BAD_CREDENTIAL },
        { "{" BASE ",\"exp\":1800000600,\"exp\":1800000601}", WHY_BAD_CREDENTIAL },
        { "{" BASE ",\"exp\":1800000600,\"Exp\":1}", WHY_BAD_CREDENTIAL },
        { "{" BASE ",\"exp\":1800000600,\"nonce\":\"n\"}", WHY_BAD_CREDENTIAL },
        { "{" BASE ",\"exp\":1800000600,\"roles\":7}", WHY_BAD_CREDENTIAL },
        { "{" BASE ",\"exp\":1800000600,\"roles\":[7]}", WHY_BAD_CREDENTIAL },
        { "{" BASE ",\"exp\":1800000600,\"cnf\":{\"jkt\":\"x\"}}", WHY_BAD_CREDENTIAL },
        { "{" BASE ",\"exp\":1800000600,\"cnf\":{}}", WHY_BAD_CREDENTIAL },
        { "{" BASE ",\"exp\":1800000600,\"cnf\":\"x\"}", WHY_BAD_CREDENTIAL },
        { "{\"iss\":\"https://id.example/t\",\"sub\":\"s\",\"exp\":1800000600}", WHY_BAD_CREDENTIAL },
        { "{\"iss\":\"https://id.example/t\",\"aud\":\"API\",\"sub\":\"s\",\"exp\":1800000600}", WHY_BAD_CREDENTIAL },
        { "{\"iss\":\"https://id.example/t\",\"aud\":\"api/\",\"sub\":\"s\",\"exp\":1800000600}", WHY_BAD_CREDENTIAL },
        { "{\"iss\":\"https://id.example/t\",\"aud\":[],\"sub\":\"s\",\"exp\":1800000600}", WHY_BAD_CREDENTIAL },
        { "{\"iss\":\"https://id.example/t\",\"aud\":[\"x\",\"api\"],\"sub\":\"s\",\"exp\":1800000600}", WHY_SERVED },
        { "{\"iss\":\"https://id.example/t\",\"aud\":[\"api\",7],\"sub\":\"s\",\"exp\":1800000600}",
          WHY_BAD_CREDENTIAL },
        { "{\"iss\":\"https://id.example/t\",\"aud\":\"api\",\"exp\":1800000600}", WHY_BAD_CREDENTIAL },
        { "{\"iss\":\"https://id.example/t/\",\"aud\":\"api\",\"sub\":\"s\",\"exp\":1800000600}", WHY_BAD_CREDENTIAL },
        { "{\"aud\":\"api\",\"sub\":\"s\",\"exp\":1800000600}", WHY_BAD_CREDENTIAL },
        { "[]", WHY_BAD_CREDENTIAL },
        { "foo", WHY_BAD_CREDENTIAL },
    };
    struct signer s = signer_new(ALG_EDDSA, "k1");
    struct desk *d = desk_open(GENERIC);
    give_keys(d, &s, 1);
    for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
        if (!CHECK_INT(send_claims(d, &s, ROWS[i].claims), ROWS[i].why))
            fprintf(stderr, "  claims %s: %.*s\n", ROWS[i].claims, STR_A(d->x.detail));
        if (d->ended) {
            CHECK_INT(d->x.status, 401);
            CHECK(challenged(d, "Bearer ") && challenged(d, "error=\"invalid_token\""));
        }
    }
    CHECK_INT(d->fetched, 1); /* and none of them caused a fetch */
    desk_close(d);
    signer_finish(&s);
}

TEST("credentials that are no token of ours")
{
    static const struct {
        const char *field;
        enum reason why;
        const char *challenge;
    } ROWS[] = {
        { NULL, WHY_NO_CREDENTIAL, "Bearer realm=" },
        { "Bearer", WHY_BAD_CREDENTIAL, "error=\"invalid_token\"" },
        { "Bearer ", WHY_BAD_CREDENTIAL, "error=\"invalid_token\"" },
        { "Bearer abc", WHY_BAD_CREDENTIAL, "error=\"invalid_token\"" },
        { "Bearer a.b.c", WHY_BAD_CREDENTIAL, "error=\"invalid_token\"" },
        { "Bearer-invalid x", WHY_BAD_CREDENTIAL, "error=\"invalid_token\"" },
        { "Basic dTpw", WHY_BAD_CREDENTIAL, "error=\"invalid_token\"" },
        { "PoP x.y.z", WHY_BAD_CREDENTIAL, "error=\"invalid_token\"" },
    };
    struct desk *d = desk_open(GENERIC);
    for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
        desk_field(d, NULL, NULL);
        if (ROWS[i].field)
            desk_field(d, "authorization", ROWS[i].field);
        desk_send(d, "/v1/chat/completions");
        CHECK_INT(desk_why(d), ROWS[i].why);
        CHECK(challenged(d, ROWS[i].challenge));
        CHECK(ROWS[i].field || !strstr(d->fields, "error="));
    }
    desk_field(d, NULL, NULL);
    desk_field(d, "authorization", "Bearer x");
    desk_field(d, "authorization", "Bearer y");
    desk_send(d, "/v1/chat/completions");
    CHECK_INT(desk_why(d), WHY_BAD_REQUEST);
    desk_close(d);
}

static const char TWICE[] =
    TAIL "issuers:\n"
         "  a: { issuer: 'https://id.example/t', audience: api, jwks_url: 'https://id.example/keys' }\n"
         "  b: { issuer: 'https://id.example/t', audience: [api, more], jwks_url: 'https://id.example/keys' }\n"
         "  c: { issuer: 'https://id.example/t', audience: other, jwks_url: 'https://id.example/keys' }\n"
         "routes:\n"
         "  a: { match: /v1/chat/completions, authenticate: [ { jwt: a } ], authorise: anyone, select: p }\n"
         "  b: { match: /v1/embeddings, authenticate: [ { jwt: b } ], authorise: anyone, select: p }\n"
         "  c: { match: /v1/responses, authenticate: [ { jwt: c } ], authorise: anyone, select: p }\n";

TEST("a token that one route remembers is judged anew where another entry is the issuer")
{
    struct signer s = signer_new(ALG_ES256, "k1");
    struct desk *d = desk_open(TWICE);
    while (desk_fetches(d))
        give_keys(d, &s, 1);
    char *token = signer_sign(&s, GOOD), *field = text_printf("Bearer %s", token);
    static const struct {
        const char *path;
        enum reason why;
    } ROWS[] = {
        { "/v1/chat/completions", WHY_SERVED }, { "/v1/embeddings", WHY_SERVED },
        { "/v1/responses", WHY_BAD_CREDENTIAL }, { "/v1/chat/completions", WHY_SERVED },
    };
    for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
        desk_field(d, NULL, NULL);
        desk_field(d, "authorization", field);
        desk_send(d, ROWS[i].path);
        if (!CHECK_INT(desk_why(d), ROWS[i].why))
            fprintf(stderr, "  %s: %.*s\n", ROWS[i].path, STR_A(d->x.detail));
    }
    free(field);
    free(token);
    desk_close(d);
    signer_finish(&s);
}

TEST("a token is not remembered for longer than the keys are believed")
{
    static const char SHORT[] =
        TAIL "issuers: { id: { issuer: 'https://id.example/t', audience: api, jwks_url: 'https://id.example/keys',\n"
             "                 refresh: 60s, stale: 5m } }\n"
             "routes: { r: { match: /v1/chat/completions, authenticate: [ { jwt: id } ], authorise: anyone, select: p } }\n";
    static const char LONG[] =
        "{\"iss\":\"https://id.example/t\",\"aud\":\"api\",\"sub\":\"s\",\"exp\":1800100000}";
    struct signer s = signer_new(ALG_ES256, "k1");
    struct desk *d = desk_open(SHORT);
    give_keys(d, &s, 1);
    char *token = signer_sign(&s, LONG);
    CHECK_INT(send(d, token), WHY_SERVED);
    for (int minute = 1; minute <= 6; minute++) {
        desk_wait(d, 60 * 1000);
        while (desk_fetches(d))
            CHECK(desk_answer(d, desk_fetch_of(d, "https://id.example/keys"), 500, "no"));
        if (minute == 4)
            CHECK_INT(send(d, token), WHY_SERVED);
    }
    enum reason why = send(d, token);
    CHECK(why == WHY_KEYS_UNAVAILABLE || why == WHY_COUNT);
    free(token);
    desk_close(d);
    signer_finish(&s);
}

TEST("a remembered token is answered while it is valid, and never for another key document than the newest")
{
    struct signer s[2] = { signer_new(ALG_ES256, "k1"), signer_new(ALG_ES256, "k2") };
    struct desk *d = desk_open(GENERIC);
    give_keys(d, s, 1);
    char *token = signer_sign(&s[0], GOOD);
    CHECK_INT(send(d, token), WHY_SERVED);
    const struct caller *first = d->x.caller;
    CHECK_INT(send(d, token), WHY_SERVED);
    CHECK(d->x.caller == first);
    /* The key is withdrawn: the token is no longer believed. */
    desk_wait(d, 301 * 1000);
    CHECK_INT(send_claims(d, &s[1], GOOD), WHY_COUNT);
    give_keys(d, &s[1], 1);
    CHECK_INT(send(d, token), WHY_BAD_CREDENTIAL);
    free(token);
    /* Time passes. */
    token = signer_sign(&s[1], "{\"iss\":\"https://id.example/t\",\"aud\":\"api\",\"sub\":\"s1\",\"exp\":1800000400}");
    CHECK_INT(send(d, token), WHY_SERVED);
    desk_wait(d, 158 * 1000);
    CHECK_INT(send(d, token), WHY_SERVED);
    desk_wait(d, 2 * 1000);
    CHECK_INT(send(d, token), WHY_EXPIRED);
    free(token);
    desk_close(d);
    signer_finish(&s[0]), signer_finish(&s[1]);
}

TEST("a token that is bound to a certificate is for that connection only, remembered or not")
{
    struct signer s = signer_new(ALG_ES256, "k1");
    struct desk *d = desk_open(GENERIC);
    unsigned char bound[32];
    memset(bound, 7, sizeof bound);
    char *thumbprint = b64u(bound, 32);
    char *claims = text_printf("{\"iss\":\"https://id.example/"
                               "t\",\"aud\":\"api\",\"sub\":\"s\",\"exp\":1800000600,\"cnf\":{\"x5t#S256\":\"%s\"}}",
                               thumbprint);
    char *token = signer_sign(&s, claims);
    give_keys(d, &s, 1);
    CHECK_INT(send(d, token), WHY_BAD_CREDENTIAL);
    d->peer.has_certificate = true;
    CHECK_INT(send(d, token), WHY_BAD_CREDENTIAL);
    memcpy(d->peer.certificate_sha256, bound, 32);
    CHECK_INT(send(d, token), WHY_SERVED);
    CHECK_INT(send(d, token), WHY_SERVED);
    d->peer.certificate_sha256[31] ^= 1;
    CHECK_INT(send(d, token), WHY_BAD_CREDENTIAL);
    d->peer.has_certificate = false;
    CHECK_INT(send(d, token), WHY_BAD_CREDENTIAL);

    /* The scheme that promises a binding needs one. */
    char *plain = signer_sign(&s, GOOD), *field = text_printf("mtls_pop %s", plain);
    desk_field(d, NULL, NULL);
    desk_field(d, "authorization", field);
    desk_send(d, "/v1/chat/completions");
    CHECK_INT(desk_why(d), WHY_BAD_CREDENTIAL);
    CHECK_INT(send(d, plain), WHY_SERVED);
    free(plain), free(field), free(token), free(claims), free(thumbprint);
    desk_close(d);
    signer_finish(&s);
}

TEST("algorithms are pinned by the issuer's configuration and the key; types by the header")
{
    struct signer rs = signer_new(ALG_RS256, "k1"), ps = rs;
    ps.alg = ALG_PS256;
    struct desk *d = desk_open(GENERIC);
    give_keys(d, &rs, 1);
    CHECK_INT(send_claims(d, &rs, GOOD), WHY_SERVED);
    CHECK_INT(send_claims(d, &ps, GOOD), WHY_BAD_CREDENTIAL);
    static const struct {
        const char *header;
        enum reason why;
    } ROWS[] = {
        { "{\"alg\":\"RS256\",\"kid\":\"k1\"}", WHY_SERVED },
        { "{\"alg\":\"RS256\"}", WHY_SERVED },
        { "{\"alg\":\"RS256\",\"kid\":\"k1\",\"typ\":\"at+jwt\"}", WHY_SERVED },
        { "{\"alg\":\"RS256\",\"kid\":\"k1\",\"typ\":\"logout+jwt\"}", WHY_BAD_CREDENTIAL },
        { "{\"alg\":\"RS256\",\"kid\":\"k1\",\"crit\":[]}", WHY_BAD_CREDENTIAL },
        { "{\"alg\":\"none\",\"kid\":\"k1\"}", WHY_BAD_CREDENTIAL },
    };
    for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
        char *token = signer_sign_raw(&rs, ROWS[i].header, GOOD);
        CHECK_INT(send(d, token), ROWS[i].why);
        free(token);
    }
    desk_close(d);
    signer_finish(&rs);
}

/* ---- Entra ---- */

static const char ENTRA[] =
    TAIL "issuers:\n"
         "  entra: { entra: { tenant: " TENANT ", apps_without_role: [77777777-8888-7777-6666-555555555555] },\n"
         "           audience: [api://models, 33333333-3333-3333-3333-333333333333] }\n"
         "routes:\n"
         "  r: { match: { path: /v1/chat/completions }, authenticate: [ { jwt: { issuer: entra } } ],\n"
         "       authorise: [ { anyone: true } ], select: p }\n";
#define V2_DISCOVERY "https://login.microsoftonline.com/" TENANT "/v2.0/.well-known/openid-configuration"
#define V1_DISCOVERY "https://login.microsoftonline.com/" TENANT "/.well-known/openid-configuration"
#define V2_ISS       "https://login.microsoftonline.com/" TENANT "/v2.0"
#define V1_ISS       "https://sts.windows.net/" TENANT "/"

static struct desk *entra(const struct signer *s, const char *key_members)
{
    struct desk *d = desk_open(ENTRA);
    char *keys = signers_jwks(s, 1, key_members);
    CHECK(desk_answer(d, desk_fetch_of(d, V2_DISCOVERY), 200,
                      "{\"issuer\":\"" V2_ISS "\",\"jwks_uri\":\"https://login.microsoftonline.com/" TENANT
                      "/discovery/v2.0/keys\"}"));
    CHECK(desk_answer(d, desk_fetch_of(d, "https://login.microsoftonline.com/" TENANT "/discovery/v2.0/keys"), 200,
                      keys));
    CHECK(desk_answer(d, desk_fetch_of(d, V1_DISCOVERY), 200,
                      "{\"issuer\":\"" V1_ISS "\",\"jwks_uri\":\"https://login.microsoftonline.com/" TENANT
                      "/discovery/keys\"}"));
    CHECK(desk_answer(d, desk_fetch_of(d, "https://login.microsoftonline.com/" TENANT "/discovery/keys"), 200, keys));
    free(keys);
    return d;
}

#define V2(more)                                                                                                       \
    "{\"ver\":\"2.0\",\"iss\":\"" V2_ISS "\",\"tid\":\"" TENANT "\",\"oid\":\"" OID                                    \
    "\",\"sub\":\"pairwise\",\"aud\":\"33333333-3333-3333-3333-333333333333\",\"exp\":1800003600,\"nbf\":1799999700,"  \
    "\"iat\":1799999700" more "}"
#define V1(more)                                                                                                       \
    "{\"ver\":\"1.0\",\"iss\":\"" V1_ISS "\",\"tid\":\"" TENANT "\",\"oid\":\"" OID                                    \
    "\",\"sub\":\"pairwise\",\"aud\":\"api://models/\",\"exp\":1800003600,\"nbf\":1799999700,\"iat\":1799999700" more  \
    "}"

TEST("Entra's rules go by ver")
{
    static const struct {
        const char *claims;
        enum reason why;
    } ROWS[] = {
        { V2(",\"scp\":\"Models.Use\",\"azp\":\"" APP "\""), WHY_SERVED },
        { V1(",\"scp\":\"Models.Use\",\"appid\":\"" APP "\""), WHY_SERVED },
        { V2(",\"roles\":[\"Models.Use\"],\"idtyp\":\"app\""), WHY_SERVED },
        { V2(",\"idtyp\":\"app\",\"azp\":\"" APP "\""), WHY_NOT_ALLOWED },
        { V2(",\"idtyp\":\"app\",\"azp\":\"77777777-8888-7777-6666-555555555555\""), WHY_SERVED },
        { V1(",\"idtyp\":\"app\",\"appid\":\"77777777-8888-7777-6666-555555555555\""), WHY_SERVED },
        { V1(",\"idtyp\":\"app\",\"azp\":\"77777777-8888-7777-6666-555555555555\""), WHY_NOT_ALLOWED }, /* v2's word */
        { V2(",\"idtyp\":\"app\",\"appid\":\"77777777-8888-7777-6666-555555555555\""), WHY_NOT_ALLOWED },
        { V2(",\"idtyp\":\"user\",\"azp\":\"77777777-8888-7777-6666-555555555555\""), WHY_NOT_ALLOWED },
        { V2(",\"idtyp\":\"app\",\"roles\":[]"), WHY_NOT_ALLOWED },
        { V2(",\"idtyp\":\"app\",\"roles\":[\"\"]"), WHY_NOT_ALLOWED },
        { V2(",\"idtyp\":\"app\",\"roles\":\"\""), WHY_NOT_ALLOWED },
        { V2(",\"idtyp\":\"app\",\"scp\":\"Models.Use\""), WHY_NOT_ALLOWED },
        { V2(",\"idtyp\":\"user\",\"roles\":[\"Models.Use\"]"), WHY_SERVED },
        { V2(",\"idtyp\":7,\"scp\":\"Models.Use\""), WHY_BAD_CREDENTIAL },
        { V2(""), WHY_NOT_ALLOWED }, /* neither scope nor role */
        { V2(",\"scp\":\" \""), WHY_NOT_ALLOWED },
        { V2(",\"roles\":\"\""), WHY_NOT_ALLOWED },
        { V2(",\"hasgroups\":true"), WHY_NOT_ALLOWED },
        { V2(",\"scp\":\"a\",\"nonce\":\"n\""), WHY_BAD_CREDENTIAL }, /* an ID token */
        { V2(",\"scp\":\"a\",\"cnf\":{\"kid\":\"k\"}"), WHY_BAD_CREDENTIAL },
        { V2(",\"scp\":\"a\",\"tid\":\"" TENANT "\""), WHY_BAD_CREDENTIAL }, /* twice */
        /* no idtyp: who is his own subject and has no scope is an application */
        { "{\"ver\":\"2.0\",\"iss\":\"" V2_ISS "\",\"tid\":\"" TENANT "\",\"oid\":\"" OID "\",\"sub\":\"" OID
          "\",\"aud\":\"api://models\",\"exp\":1800003600,\"azp\":\"" APP "\"}",
          WHY_NOT_ALLOWED },
        { "{\"ver\":\"2.0\",\"iss\":\"" V2_ISS "\",\"tid\":\"" TENANT "\",\"oid\":\"" OID "\",\"sub\":\"" OID
          "\",\"aud\":\"api://models\",\"exp\":1800003600,\"roles\":[\"a\"]}",
          WHY_SERVED },
        { "{\"ver\":\"2.0\",\"iss\":\"" V2_ISS "\",\"tid\":\"" TENANT
          "\",\"oid\":\"somebody\",\"aud\":\"api://models\",\"exp\":1800003600,\"scp\":\"x\"}",
          WHY_BAD_CREDENTIAL },
        /* mixed up */
        { "{\"ver\":\"1.0\",\"iss\":\"" V2_ISS "\",\"tid\":\"" TENANT "\",\"oid\":\"" OID
          "\",\"aud\":\"api://models\",\"exp\":1800003600,\"scp\":\"x\"}",
          WHY_BAD_CREDENTIAL },
        { "{\"iss\":\"" V2_ISS "\",\"tid\":\"" TENANT "\",\"oid\":\"" OID
          "\",\"aud\":\"api://models\",\"exp\":1800003600,\"scp\":\"x\"}",
          WHY_BAD_CREDENTIAL },
        { "{\"ver\":2.0,\"iss\":\"" V2_ISS "\",\"tid\":\"" TENANT "\",\"oid\":\"" OID
          "\",\"aud\":\"api://models\",\"exp\":1800003600,\"scp\":\"x\"}",
          WHY_BAD_CREDENTIAL },
        /* no slash in v2, one more or less in v1 */
        { "{\"ver\":\"2.0\",\"iss\":\"" V2_ISS "\",\"tid\":\"" TENANT "\",\"oid\":\"" OID
          "\",\"aud\":\"api://models/\",\"exp\":1800003600,\"scp\":\"x\"}",
          WHY_BAD_CREDENTIAL },
        { "{\"ver\":\"1.0\",\"iss\":\"" V1_ISS "\",\"tid\":\"" TENANT "\",\"oid\":\"" OID
          "\",\"aud\":\"api://models\",\"exp\":1800003600,\"scp\":\"x\"}",
          WHY_SERVED },
        /* a tenant that is not its own */
        { "{\"ver\":\"2.0\",\"iss\":\"" V2_ISS "\",\"tid\":\"21111111-2222-3333-4444-555555555555\",\"oid\":\"" OID
          "\",\"aud\":\"api://models\",\"exp\":1800003600,\"scp\":\"x\"}",
          WHY_BAD_CREDENTIAL },
        { "{\"ver\":\"2.0\",\"iss\":\"" V2_ISS "\",\"oid\":\"" OID
          "\",\"aud\":\"api://models\",\"exp\":1800003600,\"scp\":\"x\"}",
          WHY_BAD_CREDENTIAL },
        { "{\"ver\":\"2.0\",\"iss\":\"" V2_ISS "\",\"tid\":\"" TENANT
          "\",\"aud\":\"api://models\",\"exp\":1800003600,\"scp\":\"x\"}",
          WHY_BAD_CREDENTIAL }, /* no oid */
        { V2(",\"scp\":[7]"), WHY_BAD_CREDENTIAL },
    };
    struct signer s = signer_new(ALG_RS256, "k1");
    struct desk *d = entra(&s, "");
    for (size_t i = 0; i < ARRAY_LEN(ROWS); i++)
        if (!CHECK_INT(send_claims(d, &s, ROWS[i].claims), ROWS[i].why))
            fprintf(stderr, "  claims %s: %.*s\n", ROWS[i].claims, STR_A(d->x.detail));
    CHECK_INT(send_claims(d, &s,
                          V2(",\"scp\":\"a b\",\"azp\":\"" APP
                             "\",\"azpacr\":\"1\",\"uti\":\"u1\",\"acrs\":[\"c1\"],\"xms_cc\":[\"CP1\"],"
                             "\"groups\":[\"g1\"],\"preferred_username\":\"p@x\"")),
              WHY_SERVED);
    const struct caller *c = d->x.caller;
    if (CHECK(c)) {
        CHECK_STR(c->subject, STR(OID));
        CHECK_STR(c->tenant, STR(TENANT));
        CHECK_STR(c->app, STR(APP));
        CHECK_STR(c->app_auth, STR("1"));
        CHECK_STR(c->token_id, STR("u1"));
        CHECK(!c->is_app && !c->groups_unknown && c->takes_claims_challenge && c->scopes.count == 2 &&
              strs_has(&c->contexts, STR("c1")));
    }
    CHECK_INT(send_claims(d, &s, V2(",\"scp\":\"a\",\"_claim_names\":{\"groups\":\"src1\"}")), WHY_SERVED);
    CHECK(d->x.caller && d->x.caller->groups_unknown);
    CHECK_INT(send_claims(d, &s, V2(",\"scp\":\"a\",\"hasgroups\":true")), WHY_SERVED);
    CHECK(d->x.caller && d->x.caller->groups_unknown);
    desk_close(d);
    signer_finish(&s);
}

TEST("an app-only token without a role is turned away with 403 only when it is genuine")
{
    struct signer s = signer_new(ALG_RS256, "k1"), forger = signer_new(ALG_RS256, "k1");
    struct desk *d = entra(&s, "");
    CHECK_INT(send_claims(d, &forger, V2(",\"idtyp\":\"app\"")), WHY_BAD_CREDENTIAL);
    CHECK_INT(send_claims(d, &s, V2(",\"idtyp\":\"app\"")), WHY_NOT_ALLOWED);
    CHECK_INT(d->x.status, 403);
    CHECK_INT(send_claims(d, &s, V2(",\"idtyp\":\"app\"")), WHY_NOT_ALLOWED); /* nor is it remembered */
    desk_close(d);
    signer_finish(&s), signer_finish(&forger);
}

TEST("a key that Entra publishes for another tenant does not sign for this one")
{
    struct signer s = signer_new(ALG_RS256, "k1");
    struct desk *d = entra(&s, ",\"issuer\":\"https://login.microsoftonline.com/{tenantid}/v2.0\"");
    CHECK_INT(send_claims(d, &s, V2(",\"scp\":\"a\"")), WHY_SERVED);
    desk_close(d);
    d = entra(&s, ",\"issuer\":\"https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0\"");
    CHECK_INT(send_claims(d, &s, V2(",\"scp\":\"a\"")), WHY_BAD_CREDENTIAL);
    desk_close(d);
    signer_finish(&s);
}

TEST("several tenants: those of the list, and no other")
{
    static const char MANY[] =
        TAIL "issuers:\n"
             "  entra: { entra: { tenant: organizations, tenants: [" TENANT "] }, audience: api://models }\n"
             "routes:\n"
             "  r: { match: { path: /v1/chat/completions }, authenticate: [ { jwt: entra } ],\n"
             "       authorise: [ { anyone: true } ], select: p }\n";
    struct signer s = signer_new(ALG_RS256, "k1");
    struct desk *d = desk_open(MANY);
    char *keys = signers_jwks(&s, 1, "");
    CHECK(desk_answer(
        d, desk_fetch_of(d, "https://login.microsoftonline.com/organizations/v2.0/.well-known/openid-configuration"),
        200,
        "{\"issuer\":\"https://login.microsoftonline.com/{tenantid}/v2.0\",\"jwks_uri\":\"https://"
        "login.microsoftonline.com/k\"}"));
    CHECK(desk_answer(d, desk_fetch_of(d, "https://login.microsoftonline.com/k"), 200, keys));
#define OF(tid)                                                                                                        \
    "{\"ver\":\"2.0\",\"iss\":\"https://login.microsoftonline.com/" tid "/v2.0\",\"tid\":\"" tid "\",\"oid\":\"" OID   \
    "\",\"aud\":\"api://models\",\"exp\":1800003600,\"scp\":\"a\"}"
    CHECK_INT(send_claims(d, &s, OF(TENANT)), WHY_SERVED);
    CHECK_INT(send_claims(d, &s, OF("21111111-2222-3333-4444-555555555555")), WHY_BAD_CREDENTIAL);
    CHECK_INT(send_claims(d, &s, OF("9188040d-6c67-4c5b-b112-36a304b66dad")), WHY_BAD_CREDENTIAL);
    CHECK_INT(send_claims(d, &s, OF("{tenantid}")), WHY_BAD_CREDENTIAL);
    free(keys);
    desk_close(d);
    signer_finish(&s);
}

TEST("tokens with as many groups as Entra lists are taken, whatever their size")
{
    struct signer s = signer_new(ALG_ES256, "k1");
    struct desk *d = desk_open(GENERIC);
    give_keys(d, &s, 1);
    for (int groups = 0; groups <= 270; groups += 9) {
        char *list = text_printf("\"first\"");
        for (int i = 0; i < groups; i++) {
            char *longer = text_printf("%s,\"%08x-0000-4000-8000-000000000000\"", list, (unsigned)i);
            free(list);
            list = longer;
        }
        char *claims = text_printf("{\"iss\":\"https://id.example/t\",\"aud\":\"api\",\"sub\":\"s\",\"exp\":1800000600,"
                                   "\"groups\":[%s]}",
                                   list);
        if (!CHECK_INT(send_claims(d, &s, claims), WHY_SERVED))
            fprintf(stderr, "  %d groups: %.*s\n", groups, STR_A(d->x.detail));
        CHECK(d->x.caller && d->x.caller->groups.count == (size_t)groups + 1);
        free(claims), free(list);
    }
    desk_close(d);
    signer_finish(&s);
}

TEST("after an outage of discovery, those who wait get in with the first keys")
{
    static const char DISCOVERED[] =
        TAIL "issuers: { id: { issuer: 'https://id.example/t', audience: api, algorithms: [ES256] } }\n"
             "routes:\n"
             "  r: { match: { path: /v1/chat/completions }, authenticate: [ { jwt: id } ],\n"
             "       authorise: [ { anyone: true } ], select: p }\n";
    static const char *const URL = "https://id.example/t/.well-known/openid-configuration";
    struct signer s = signer_new(ALG_ES256, "k1");
    struct desk *d = desk_open(DISCOVERED);
    CHECK(desk_answer(d, desk_fetch_of(d, URL), 503, ""));
    CHECK_INT(send_claims(d, &s, GOOD), WHY_KEYS_UNAVAILABLE);
    desk_wait(d, 1200);
    CHECK_INT(send_claims(d, &s, GOOD), WHY_COUNT);
    CHECK(desk_answer(d, desk_fetch_of(d, URL), 200,
                      "{\"issuer\":\"https://id.example/t\",\"jwks_uri\":\"https://id.example/keys\"}"));
    CHECK_INT(desk_why(d), WHY_COUNT);
    give_keys(d, &s, 1);
    CHECK_INT(desk_why(d), WHY_SERVED);
    desk_close(d);
    signer_finish(&s);
}

TEST("what is dangerous in an issuer is complained about")
{
    static const struct {
        const char *issuer, *part;
    } ROWS[] = {
        { "{ issuer: 'https://id.example' }", "needs audience" },
        { "{ issuer: 'https://id.example', audience: '*' }", "compared exactly" },
        { "{ issuer: 'http://id.example', audience: a }", "must be an https URL" },
        { "{ audience: a }", "needs entra or issuer" },
        { "{ issuer: 'https://id.example', audience: a, jwks_url: 'http://id.example/k' }", "must be an https URL" },
        { "{ issuer: 'https://id.example', audience: a, algorithms: [none] }", "none" },
        { "{ issuer: 'https://id.example', audience: a, algorithms: [HS256] }", "HS256" },
        { "{ issuer: 'https://id.example', audience: a, skew: 10m }", "skew" },
        { "{ entra: { tenant: contoso.com }, audience: a }", "must be its id" },
        { "{ entra: { tenant: common }, audience: a }", "several tenants need" },
        { "{ entra: { tenant: " TENANT " }, audience: 'https://cognitiveservices.azure.com' }", "Microsoft's own" },
    };
    for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
        char *text = text_printf(TAIL "issuers: { id: %s }\n"
                                      "routes: { r: { match: { path: /v1/models }, authenticate: [ { jwt: id } ],\n"
                                      "               authorise: [ { anyone: true } ], select: p } }\n",
                                 ROWS[i].issuer);
        CHECK(desk_complains(text, ROWS[i].part));
        free(text);
    }
    CHECK(desk_complains(TAIL "issuers: { a: { issuer: 'https://i', audience: x }, b: { issuer: 'https://i', audience: y } }\n"
                              "routes: { r: { match: /v1/models, authenticate: [ { jwt: [a, b] } ], authorise: anyone, "
                              "select: p } }",
                         "never asked"));
    CHECK(desk_complains(TAIL "routes: { r: { match: { path: /v1/models }, authenticate: [ { jwt: nobody } ], "
                              "authorise: [ { anyone: true } ], select: p } }\n",
                         "there is no issuer \"nobody\""));
}

/* ---- memory ---- */

static void hash_of(unsigned n, unsigned char hash[TOKEN_HASH_BYTES])
{
    EVP_Digest(&n, sizeof n, hash, NULL, EVP_sha256(), NULL);
}

TEST("the memory of tokens is bounded, and drops what was asked for least lately")
{
    struct token_cache *c = token_cache_new();
    unsigned char hash[TOKEN_HASH_BYTES];
    for (unsigned i = 0; i < 60000; i++) {
        struct caller *caller = caller_new(1024);
        struct remembered r = { .caller = caller, .until_s = 100 };
        hash_of(i, hash);
        token_cache_add(c, hash, &r);
        caller_unref(caller);
    }
    CHECK(token_cache_count(c) <= 16384 && token_cache_count(c) > 16000);
    CHECK(token_cache_find(c, hash, 99) != NULL);
    CHECK(!token_cache_find(c, hash, 100));
    CHECK(!token_cache_find(c, hash, 99));

    /* Heavy callers are fewer. */
    for (unsigned i = 0; i < 8000; i++) {
        struct caller *caller = caller_new(64 * 1024);
        CHECK(arena_bytes(&caller->arena, 40 * 1024) != NULL);
        struct remembered r = { .caller = caller, .until_s = 100 };
        hash_of(i, hash);
        token_cache_add(c, hash, &r);
        caller_unref(caller);
    }
    CHECK(token_cache_count(c) < 16384);
    token_cache_free(c);
}

/* Not a test of speed: tells what a hit costs here. */
TEST("the cost of a remembered token is told")
{
    struct token_cache *c = token_cache_new();
    char token[1900];
    unsigned char hash[TOKEN_HASH_BYTES];
    for (unsigned i = 0; i < 12000; i++) {
        struct caller *caller = caller_new(1024);
        struct remembered r = { .caller = caller, .until_s = 100 };
        hash_of(i, hash);
        token_cache_add(c, hash, &r);
        caller_unref(caller);
    }
    memset(token, 'x', sizeof token);
    struct caller *caller = caller_new(1024);
    struct remembered r = { .caller = caller, .until_s = 100 };
    CHECK(token_cache_hash(c, str_of(token, sizeof token), hash));
    token_cache_add(c, hash, &r);
    caller_unref(caller);
    double best = 1e9;
    for (int round = 0; round < 20; round++) {
        double t = cpu_us();
        for (int i = 0; i < 500; i++)
            CHECK(token_cache_hash(c, str_of(token, sizeof token), hash) && token_cache_find(c, hash, 1));
        t = (cpu_us() - t) / 500;
        best = t < best ? t : best;
    }
    printf("  a remembered token of 1900 bytes: %.2f us\n", best);
    token_cache_free(c);
}

TEST("the cost of a first-seen token, against a remembered one, is told")
{
    enum { TOKENS = 200 };
    struct signer s = signer_new(ALG_RS256, "k1");
    struct desk *d = desk_open(GENERIC);
    char *tokens[TOKENS], filler[1000];
    memset(filler, 'f', sizeof filler);
    give_keys(d, &s, 1);
    for (int i = 0; i < TOKENS; i++) {
        char *claims =
            text_printf("{\"iss\":\"https://id.example/t\",\"aud\":\"api\",\"sub\":\"s%d\",\"exp\":1800000600,"
                        "\"roles\":[\"Models.Use\"],\"scope\":\"a b\",\"filler\":\"%.*s\"}",
                        i, (int)sizeof filler, filler);
        char *token = signer_sign(&s, claims);
        tokens[i] = text_printf("Bearer %s", token);
        free(claims), free(token);
    }
    double took[2] = { 0 };
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < TOKENS; i++) {
            desk_field(d, NULL, NULL);
            desk_field(d, "authorization", tokens[i]);
            double t = cpu_us();
            desk_send(d, "/v1/chat/completions");
            took[round] += cpu_us() - t;
            CHECK_INT(desk_why(d), WHY_SERVED);
        }
    }
    printf("  up to the body with a first-seen RS256 token of %zu bytes %.1f us, with a remembered one %.1f us\n",
           strlen(tokens[0]) - 7, took[0] / TOKENS, took[1] / TOKENS);
    for (int i = 0; i < TOKENS; i++)
        free(tokens[i]);
    desk_close(d);
    signer_finish(&s);
}
