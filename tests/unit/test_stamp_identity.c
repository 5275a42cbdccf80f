/* test_stamp_identity.c - the gateway's own credential: where it comes from, how long it serves, and what happens when
 * it does not. */
#include "tests/unit/desk.h"
#include "tests/unit/tokens.h"

#include <unistd.h>

#define IMDS                                                                                                           \
    "http://169.254.169.254/metadata/identity/oauth2/"                                                                 \
    "token?api-version=2018-02-01&resource=https%3A%2F%2Fcognitiveservices.azure.com"
#define BODY "{\"model\":\"gpt-4o\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"

static struct desk *open_pool(const char *identity)
{
    char *text =
        text_printf("listen: [ { address: 127.0.0.1:8080 } ]\n"
                    "pools: { p: { identity: %s, endpoints: [ { url: 'http://127.0.0.1:9' } ] } }\n"
                    "routes: { r: { match: { path: /v1/chat/completions }, insecure_anonymous: true, select: p } }\n",
                    identity);
    struct desk *d = desk_open(text);
    free(text);
    return d;
}

static bool complains(const char *identity, const char *part)
{
    char *text =
        text_printf("listen: [ { address: 127.0.0.1:8080 } ]\n"
                    "pools: { p: { identity: %s, endpoints: [ { url: 'http://127.0.0.1:9' } ] } }\n"
                    "routes: { r: { match: { path: /v1/chat/completions }, insecure_anonymous: true, select: p } }\n",
                    identity);
    bool has = desk_complains(text, part);
    free(text);
    return has;
}

/* One request up to where it waits, ends, or stands before the model server. */
static void request(struct desk *d)
{
    desk_field(d, NULL, NULL);
    d->forwarded = false;
    desk_send(d, "/v1/chat/completions");
    CHECK(d->passed);
    exchange_body_bytes(&d->x, STR(BODY));
    exchange_body_end(&d->x);
}

static bool stamped(struct desk *d, const char *line)
{
    bool has = d->forwarded && str_eq(buf_str(&d->x.identity), str_c(line)) &&
               str_find_str(d->x.ask_forward.head, str_c(line)) < d->x.ask_forward.head.len;
    if (!has)
        fprintf(stderr, "  identity: " STR_F "\n", STR_A(buf_str(&d->x.identity)));
    return has;
}

static void clear_environment(void)
{
    static const char *const NAMES[] = { "AZURE_FEDERATED_TOKEN_FILE",
                                         "AZURE_CLIENT_ID",
                                         "AZURE_TENANT_ID",
                                         "AZURE_AUTHORITY_HOST",
                                         "IDENTITY_ENDPOINT",
                                         "IDENTITY_HEADER",
                                         "IDENTITY_SERVER_THUMBPRINT",
                                         "MSI_ENDPOINT",
                                         "IMDS_ENDPOINT",
                                         "AZURE_POD_IDENTITY_AUTHORITY_HOST" };
    for (size_t i = 0; i < ARRAY_LEN(NAMES); i++)
        unsetenv(NAMES[i]);
}

TEST("a managed identity's token is fetched ahead of need and stamped on every request")
{
    clear_environment();
    struct desk *d = open_pool("{ managed: auto }");
    struct ask_fetch *f = desk_fetch_of(d, IMDS);
    if (CHECK(f != NULL)) {
        CHECK_STR(f->method, STR("GET"));
        CHECK_STR(f->headers, STR("metadata: true\r\n"));
        CHECK(f->allow_plain_http && f->shelf);
    }
    CHECK(desk_answer(
        d, f, 200, "{\"access_token\":\"T1\",\"expires_in\":\"86399\",\"token_type\":\"Bearer\",\"resource\":\"x\"}"));
    request(d);
    CHECK(stamped(d, "authorization: Bearer T1\r\n"));
    request(d);
    CHECK(stamped(d, "authorization: Bearer T1\r\n"));
    CHECK_INT(d->fetched, 1);
    desk_close(d);
}

TEST("a thousand first requests wait for one fetch")
{
    struct desk *d = open_pool("imds");
    request(d);
    CHECK(!d->forwarded && !d->ended);
    CHECK_INT(d->fetched, 1);
    CHECK(desk_answer(d, desk_fetch_of(d, IMDS), 200, "{\"access_token\":\"T1\",\"expires_in\":3600}"));
    CHECK(stamped(d, "authorization: Bearer T1\r\n"));
    desk_close(d);
}

TEST("it is renewed at half its life, and serves through an outage until a minute before its end")
{
    struct desk *d = open_pool("imds");
    CHECK(desk_answer(d, desk_fetch_of(d, IMDS), 200, "{\"access_token\":\"T1\",\"expires_in\":86400}"));
    desk_wait(d, 38000 * 1000);
    CHECK_INT(desk_fetches(d), 0);
    desk_wait(d, 10000 * 1000);
    CHECK_INT(desk_fetches(d), 1);
    CHECK(desk_answer(d, desk_fetch_of(d, IMDS), 500, "{}"));
    unsigned tries = 0;
    for (uint64_t s = 48000; s < 86400 - 61; s += 10) {
        desk_wait(d, 10 * 1000);
        if (desk_answer(d, desk_fetch_of(d, IMDS), 410, ""))
            tries++;
        if (s % 1000 == 0) {
            request(d);
            CHECK(stamped(d, "authorization: Bearer T1\r\n"));
        }
    }
    CHECK(tries > 500);
    desk_wait(d, 60 * 1000);
    desk_answer(d, desk_fetch_of(d, IMDS), 0, "");
    request(d);
    CHECK_INT(d->x.why, WHY_NO_IDENTITY);
    CHECK_INT(d->x.status, 503);
    desk_wait(d, 60 * 1000);
    request(d);
    CHECK(desk_answer(d, desk_fetch_of(d, IMDS), 200, "{\"access_token\":\"T2\",\"expires_in\":86400}"));
    CHECK(stamped(d, "authorization: Bearer T2\r\n"));
    desk_close(d);
}

TEST("Retry-After is honoured")
{
    struct desk *d = open_pool("imds");
    struct ask_fetch *f = desk_fetch_of(d, IMDS);
    CHECK(f != NULL);
    d->fetches[0] = NULL;
    f->ask.is_open = false, f->ok = true, f->status = 429, f->retry_after_ms = 90000, f->answer = STR("");
    f->ask.answered(&f->ask);
    desk_wait(d, 89 * 1000);
    CHECK_INT(desk_fetches(d), 0);
    desk_wait(d, 1000);
    CHECK_INT(desk_fetches(d), 1);
    desk_close(d);
}

TEST("a token that the model server refuses is dropped once, by whoever had it first")
{
    struct desk *d = open_pool("imds");
    struct http_head unauthorized = { .status = 401, .has_length = true, .minor = 1, .keep_alive = true };
    CHECK(desk_answer(d, desk_fetch_of(d, IMDS), 200, "{\"access_token\":\"T1\",\"expires_in\":86400}"));
    request(d);
    exchange_upstream_head(&d->x, &unauthorized);
    CHECK_INT(desk_fetches(d), 1);
    CHECK(!d->ended);
    d->forwarded = false;
    CHECK(desk_answer(d, desk_fetch_of(d, IMDS), 200, "{\"access_token\":\"T2\",\"expires_in\":86400}"));
    CHECK(stamped(d, "authorization: Bearer T2\r\n"));
    exchange_upstream_head(&d->x, &unauthorized);
    CHECK_INT(d->x.why, WHY_UPSTREAM_REFUSED_US);
    CHECK_INT(d->x.status, 502);
    CHECK_INT(d->fetched, 2);
    desk_close(d);
}

TEST("a caller who leaves while a token is fetched is not woken")
{
    struct desk *d = open_pool("imds");
    request(d);
    exchange_caller_left(&d->x, WHY_CALLER_LEFT);
    CHECK(d->ended);
    CHECK(desk_answer(d, desk_fetch_of(d, IMDS), 200, "{\"access_token\":\"T1\",\"expires_in\":86400}"));
    CHECK(!d->forwarded);
    desk_close(d);
}

TEST("answers that are no token of ours are not taken")
{
    static const struct {
        const char *identity, *query, *body;
        bool taken;
    } ROWS[] = {
        { "imds", "", "{\"access_token\":\"T\",\"expires_in\":\"3600\"}", true },
        { "imds", "", "{\"access_token\":\"T\",\"expires_on\":1800003600}", true },
        { "imds", "", "{\"access_token\":\"T\",\"expires_on\":\"1799999999\"}", false },
        { "imds", "", "{\"access_token\":\"T\"}", false },
        { "imds", "", "{\"access_token\":\"\",\"expires_in\":3600}", false },
        { "imds", "", "{\"access_token\":\"T\\r\\nx: y\",\"expires_in\":3600}", false },
        { "imds", "", "{\"access_token\":\"T\",\"expires_in\":3600,\"token_type\":\"mtls_pop\"}", false },
        { "imds", "", "{\"access_token\":\"T\",\"access_token\":\"U\",\"expires_in\":3600}", false },
        { "imds", "", "<html>", false },
        { "{ managed: imds, client_id: abc }", "&client_id=abc",
          "{\"access_token\":\"T\",\"expires_in\":3600,\"client_id\":\"ABC\"}", true },
        { "{ managed: imds, client_id: abc }", "&client_id=abc",
          "{\"access_token\":\"T\",\"expires_in\":3600,\"client_id\":\"other\"}", false },
        { "{ managed: imds, client_id: abc }", "&client_id=abc", "{\"access_token\":\"T\",\"expires_in\":3600}",
          false },
        { "{ managed: imds, object_id: o1 }", "&object_id=o1",
          "{\"access_token\":\"e30.eyJvaWQiOiJvMSJ9.x\",\"expires_in\":3600}", true },
        { "{ managed: imds, object_id: o2 }", "&object_id=o2",
          "{\"access_token\":\"e30.eyJvaWQiOiJvMSJ9.x\",\"expires_in\":3600}", false },
        { "{ managed: imds, resource_id: /r }", "&msi_res_id=%2Fr", "{\"access_token\":\"T\",\"expires_in\":3600}",
          true },
    };
    for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
        char *url = text_printf("%s%s", IMDS, ROWS[i].query);
        struct desk *d = open_pool(ROWS[i].identity);
        CHECK(desk_answer(d, desk_fetch_of(d, url), 200, ROWS[i].body));
        request(d);
        if (!CHECK_INT(d->forwarded, ROWS[i].taken))
            fprintf(stderr, "  %s\n", ROWS[i].body);
        if (!ROWS[i].taken)
            CHECK_INT(d->x.why, WHY_NO_IDENTITY);
        desk_close(d);
        free(url);
    }
}

TEST("App Service and workload identity are found by the environment")
{
    clear_environment();
    setenv("IDENTITY_ENDPOINT", "http://localhost:42356/msi/token", 1);
    setenv("IDENTITY_HEADER", "secret-header", 1);
    struct desk *d = open_pool("{ managed: auto, resource_id: /r }");
    struct ask_fetch *f = desk_fetch_of(
        d, "http://localhost:42356/msi/"
           "token?api-version=2019-08-01&resource=https%3A%2F%2Fcognitiveservices.azure.com&mi_res_id=%2Fr");
    if (CHECK(f != NULL))
        CHECK_STR(f->headers, STR("x-identity-header: secret-header\r\n"));
    desk_close(d);

    char path[] = "assertion-XXXXXX";
    int fd = mkstemp(path);
    CHECK(write(fd, "first.jwt.x\n", 12) == 12);
    close(fd);
    setenv("AZURE_FEDERATED_TOKEN_FILE", path, 1);
    setenv("AZURE_CLIENT_ID", "client", 1);
    setenv("AZURE_TENANT_ID", "tenant", 1);
    d = open_pool("auto");
    f = desk_fetch_of(d, "https://login.microsoftonline.com/tenant/oauth2/v2.0/token");
    if (CHECK(f != NULL)) {
        CHECK_STR(f->method, STR("POST"));
        CHECK_STR(f->body, STR("grant_type=client_credentials&client_id=client&scope=https%3A%2F%2Fcognitiveservices."
                               "azure.com%2F.default"
                               "&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer"
                               "&client_assertion=first.jwt.x"));
    }
    /* The file is read again each time. */
    FILE *file = fopen(path, "w");
    fputs("second.jwt.x", file);
    fclose(file);
    CHECK(desk_answer(d, f, 401, "{\"error\":\"invalid_client\"}"));
    desk_wait(d, 1200);
    f = desk_fetch_of(d, "https://login.microsoftonline.com/tenant/oauth2/v2.0/token");
    CHECK(f && str_ends(f->body, STR("client_assertion=second.jwt.x")));
    unlink(path);
    CHECK(desk_answer(d, f, 500, ""));
    desk_wait(d, 2500);
    CHECK_INT(desk_fetches(d), 0); /* without the file there is nothing to ask with */
    request(d);
    CHECK_INT(d->x.why, WHY_NO_IDENTITY);
    desk_close(d);
    clear_environment();
}

TEST("a key from a file goes where the model server looks for it")
{
    char path[] = "key-XXXXXX", *identity;
    int fd = mkstemp(path);
    CHECK(write(fd, "k-123\n", 6) == 6);
    close(fd);
    identity = text_printf("{ key: 'file:%s' }", path);
    struct desk *d = open_pool(identity);
    request(d);
    CHECK(stamped(d, "api-key: k-123\r\n"));
    desk_close(d);
    free(identity);
    identity = text_printf("{ key: 'file:%s', key_field: bearer }", path);
    d = open_pool(identity);
    request(d);
    CHECK(stamped(d, "authorization: Bearer k-123\r\n"));
    desk_close(d);
    free(identity);
    unlink(path);
    d = open_pool("none");
    request(d);
    CHECK(d->forwarded && buf_len(&d->x.identity) == 0);
    desk_close(d);
}

TEST("identities that cannot be meant are complained about")
{
    clear_environment();
    CHECK(complains("{ managed: imds, client_id: a, object_id: b }", "only one of"));
    CHECK(complains("{ managed: imds, key: 'env:HOME' }", "not both"));
    CHECK(complains("{ managed: imds, endpoint: 'http://example.org' }", "without TLS only"));
    CHECK(complains("{ managed: imds, endpoint: 'ftp://x' }", "would be asked for"));
    CHECK(complains("{ managed: workload }", "AZURE_FEDERATED_TOKEN_FILE"));
    CHECK(complains("{ managed: app_service }", "IDENTITY_ENDPOINT"));
    setenv("MSI_ENDPOINT", "http://localhost/x", 1);
    CHECK(complains("{ managed: auto }", "Azure ML compute"));
    clear_environment();
}
