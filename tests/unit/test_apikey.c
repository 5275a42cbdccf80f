/* test_apikey.c - keys of our own making, and client certificates. */
#include "filters/authenticate/api_key.h"
#include "tests/unit/desk.h"
#include "tests/unit/tokens.h"

static struct api_key_made made[3];

static struct desk *open_keys(void)
{
    for (size_t i = 0; i < ARRAY_LEN(made); i++)
        CHECK(api_key_make(&made[i]));
    char *text = text_printf("listen: [ { address: 127.0.0.1:8080 } ]\n"
                             "pools: { p: { endpoints: [ { url: 'http://127.0.0.1:9' } ] } }\n"
                             "keys:\n"
                             "  alpha: { hash: '%s', expires: 2030-01-01, roles: [Models.Use], tenant: t1 }\n"
                             "  beta: { hash: '%s', expires: 2027-01-15T00:00:00Z }\n"
                             "routes: { r: { match: { path: /v1/chat/completions }, authenticate: [ { apikey: {} } ],\n"
                             "               authorise: [ { anyone: true } ], select: p } }\n",
                             made[0].hash, made[1].hash);
    struct desk *d = desk_open(text);
    free(text);
    return d;
}

static enum reason send(struct desk *d, const char *field, const char *value)
{
    desk_field(d, NULL, NULL);
    if (field)
        desk_field(d, field, value);
    desk_send(d, "/v1/chat/completions");
    return desk_why(d);
}

TEST("a key is taken from each of the fields where clients put one")
{
    struct desk *d = open_keys();
    char *bearer = text_printf("Bearer %s", made[0].key);
    CHECK_INT(send(d, "authorization", bearer), WHY_SERVED);
    CHECK_INT(send(d, "Api-Key", made[0].key), WHY_SERVED);
    CHECK_INT(send(d, "Ocp-Apim-Subscription-Key", made[0].key), WHY_SERVED);
    CHECK_INT(send(d, "x-api-key", made[0].key), WHY_SERVED);
    const struct caller *c = d->x.caller;
    if (CHECK(c)) {
        CHECK_INT(c->kind, CALLER_KEY);
        CHECK_STR(c->subject, STR("alpha"));
        CHECK_STR(c->tenant, STR("t1"));
        CHECK(strs_has(&c->roles, STR("Models.Use")));
        CHECK(!strstr(made[0].key, c->token_hash));
    }
    free(bearer);
    desk_close(d);
}

TEST("keys that are wrong, unknown, expired or several are refused")
{
    struct desk *d = open_keys();
    char key[sizeof made[0].key];
    memcpy(key, made[0].key, sizeof key);
    key[API_KEY_LEN - 5] = key[API_KEY_LEN - 5] == 'A' ? 'B' : 'A';
    CHECK_INT(send(d, "api-key", key), WHY_BAD_CREDENTIAL);
    CHECK_INT(send(d, "api-key", made[2].key), WHY_BAD_CREDENTIAL);
    CHECK_INT(send(d, "api-key", "sk-something"), WHY_BAD_CREDENTIAL);
    CHECK_INT(send(d, "authorization", "Bearer sk-something"), WHY_BAD_CREDENTIAL);
    CHECK_INT(send(d, NULL, NULL), WHY_NO_CREDENTIAL);
    CHECK_INT(send(d, "api-key", made[1].key), WHY_EXPIRED); /* the desk's clock says 15 January 2027, 08:00 */
    desk_field(d, NULL, NULL);
    desk_field(d, "api-key", made[0].key);
    desk_field(d, "api-key", made[0].key);
    desk_send(d, "/v1/chat/completions");
    CHECK_INT(desk_why(d), WHY_BAD_REQUEST);
    desk_field(d, NULL, NULL);
    desk_field(d, "api-key", made[0].key);
    desk_field(d, "x-api-key", made[1].key);
    desk_send(d, "/v1/chat/completions");
    CHECK_INT(desk_why(d), WHY_BAD_REQUEST);
    desk_close(d);
}

TEST("what is kept of a key does not make one")
{
    struct api_key_made a, b;
    struct str id;
    unsigned char hash[32];
    CHECK(api_key_make(&a) && api_key_make(&b));
    CHECK(strcmp(a.key, b.key) != 0 && strlen(a.key) == API_KEY_LEN && strlen(a.hash) == API_KEY_HASH_LEN);
    CHECK(api_key_parse(str_c(a.key), &id) && id.len == API_KEY_ID_LEN);
    CHECK(!api_key_parse(str_c(a.hash), &id));
    CHECK(!strstr(a.hash, a.key + 3 + API_KEY_ID_LEN));
    CHECK(api_key_hash(str_c(a.key), hash));
}

TEST("entries of the section are checked")
{
    static const char *const ROWS[][2] = {
        { "{ hash: 'bz1:x', expires: 2030-01-01 }", "not one that" },
        { "{ hash: 'bz1:0a1b2c3d4e5f6071:47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU' }", "needs expires" },
        { "{ hash: 'bz1:0a1b2c3d4e5f6071:47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU', expires: 2030-02-31 }",
          "no day" },
        { "{ hash: 'bz1:0a1b2c3d4e5f6071:47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU', expires: soon }", "no day" },
    };
    for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
        char *text = text_printf(
            "listen: [ { address: 127.0.0.1:8080 } ]\npools: { p: { endpoints: [ { url: 'http://127.0.0.1:9' } ] } }\n"
            "keys: { a: %s }\nroutes: { r: { match: { path: /v1/models }, authenticate: [ { apikey: {} } ],\n"
            "  authorise: [ { anyone: true } ], select: p } }\n",
            ROWS[i][0]);
        CHECK(desk_complains(text, ROWS[i][1]));
        free(text);
    }
}

TEST("a verified client certificate is a caller, if the lists name it")
{
    struct desk *d = desk_open("listen: [ { address: 127.0.0.1:8080 } ]\n"
                               "pools: { p: { endpoints: [ { url: 'http://127.0.0.1:9' } ] } }\n"
                               "routes: { r: { match: { path: /v1/chat/completions }, authenticate: [ { mtls: { names: "
                               "[app.test], roles: [R] } } ],\n"
                               "               authorise: [ { roles: R } ], select: p } }\n");
    CHECK_INT(send(d, NULL, NULL), WHY_NO_CREDENTIAL);
    d->peer.has_certificate = true;
    d->peer.certificate_subject = STR("CN=app");
    d->peer.certificate_san = STR("app.test");
    d->peer.certificate_ends_s = d->wall_ms / 1000 + 60;
    CHECK_INT(send(d, NULL, NULL), WHY_SERVED);
    CHECK(d->x.caller && d->x.caller->kind == CALLER_CERTIFICATE && str_eq(d->x.caller->subject, STR("app.test")));
    d->wall_ms += 60000;
    CHECK_INT(send(d, NULL, NULL), WHY_EXPIRED); /* on the connection that it came with, too */
    d->peer.certificate_san = STR("other.test");
    CHECK_INT(send(d, NULL, NULL), WHY_NO_CREDENTIAL);
    CHECK_STR(d->x.detail, STR("a certificate that is not listed"));
    CHECK_STR(d->x.challenge, STR("ClientCertificate realm=\"\"")); /* no token helps here */
    CHECK_INT(send(d, "authorization", "Bearer x"), WHY_BAD_CREDENTIAL);
    CHECK_STR(d->x.challenge, STR("ClientCertificate realm=\"\""));
    desk_close(d);
}

TEST("where several filters do not know a credential the journal tells what the first and the last found")
{
    struct desk *d = desk_open("listen: [ { address: 127.0.0.1:8080 } ]\n"
                               "pools: { p: { endpoints: [ { url: 'http://127.0.0.1:9' } ] } }\n"
                               "routes: { r: { match: { path: /v1/chat/completions }, authenticate: [ mtls, apikey ],\n"
                               "               authorise: [ { anyone: true } ], select: p } }\n");
    CHECK_INT(send(d, "authorization", "Bearer x"), WHY_BAD_CREDENTIAL);
    CHECK_STR(d->x.detail, STR("no client certificate; no key of our form"));
    CHECK_INT(send(d, NULL, NULL), WHY_NO_CREDENTIAL);
    CHECK_STR(d->x.detail, STR("no filter found a credential of its own"));
    CHECK(exchange_wants_token(&d->x));
    d->peer.has_certificate = true;
    d->peer.certificate_san = STR("app.test");
    d->peer.certificate_ends_s = d->wall_ms / 1000 + 60;
    CHECK_INT(send(d, NULL, NULL), WHY_SERVED);
    desk_close(d);
}
