/* test_fetch.c - small documents from servers of every kind, alone and by way of a shelf. */
#include "proxy/edge/fetch.h"

#include <time.h>

#include "tests/unit/pki.h"
#include "tests/unit/server.h"

static struct server server;
static struct loop *loop;
static struct post *post;
static struct resolver *resolver;
static struct trusts *trusts;
static struct shelves *shelves;
static struct fetches *fetches;
static struct pki pki;
static struct pki_paths paths;
static char url[128], ca[128];

struct asker {
    struct ask_fetch fetch;
    unsigned told;
    char answer[400000];
    size_t len;
    bool asks_again;
};

static void answered(struct ask *ask)
{
    struct ask_fetch *fetch = CONTAINER_OF(ask, struct ask_fetch, ask);
    struct asker *a = CONTAINER_OF(fetch, struct asker, fetch);
    CHECK(!ask->is_open);
    CHECK(fetch->ok ? !fetch->failure : fetch->failure && *fetch->failure);
    a->told++;
    a->len = fetch->answer.len;
    assert(a->len <= sizeof a->answer);
    if (a->len)
        memcpy(a->answer, fetch->answer.at, a->len);
    if (a->asks_again) {
        a->asks_again = false;
        fetch_ask(fetches, fetch);
    }
}

static void begin(void (*serve)(struct talk *t), bool tls)
{
    if (!paths.certificate[0]) {
        pki_init(&pki);
        pki_issue(&pki, "server", false, "DNS:localhost,IP:127.0.0.1", &paths);
        snprintf(ca, sizeof ca, "%s/ca.pem", pki.folder);
    }
    server_start(&server, serve, tls ? paths.certificate : NULL, paths.key);
    snprintf(url, sizeof url, "%s://127.0.0.1:%u/keys?of=all", tls ? "https" : "http", (unsigned)server.port);
    loop = loop_new();
    post = post_new(loop, 16);
    resolver = resolver_new(loop, post, NULL);
    trusts = trusts_new();
    shelves = shelves_new(3);
    fetches = fetches_new(loop, resolver, trusts, shelves);
}

static void end(void)
{
    fetches_free(fetches);
    shelves_free(shelves);
    trusts_free(trusts);
    resolver_free(resolver);
    post_free(post);
    loop_free(loop);
    server_stop(&server);
}

static struct asker *asker_new(void)
{
    struct asker *a = calloc(1, sizeof *a);
    a->fetch = (struct ask_fetch){ .ask = { .answered = answered },
                                   .method = STR("GET"),
                                   .url = str_c(url),
                                   .ca_file = str_c(ca),
                                   .timeout_ms = 3000,
                                   .ceiling_bytes = 300000,
                                   .allow_plain_http = true };
    return a;
}

static void ask(struct asker *a)
{
    a->told = 0;
    fetch_ask(fetches, &a->fetch);
    CHECK_INT(a->told, 0);
    CHECK(a->fetch.ask.is_open);
}

static void wait_told(const struct asker *a)
{
    uint64_t until_us = loop_now_exact_us() + 5000000;
    while (!a->told && loop_now_exact_us() < until_us)
        loop_turn(loop, 10);
    CHECK_INT(a->told, 1);
}

static void turns(unsigned ms)
{
    uint64_t until_us = loop_now_exact_us() + ms * 1000;
    while (loop_now_exact_us() < until_us)
        loop_turn(loop, 2);
}

static void fetch_now(struct asker *a)
{
    ask(a);
    wait_told(a);
}

/* Asks once, from a server of its own; the reason of a failure is `why` when that is given. */
static void expect(void (*serve)(struct talk *t), bool tls, bool ok, unsigned status, const char *answer,
                   const char *why)
{
    begin(serve, tls);
    struct asker *a = asker_new();
    fetch_now(a);
    CHECK_INT(a->fetch.ok, ok);
    CHECK_INT(a->fetch.status, status);
    CHECK_STR(str_of(a->answer, a->len), str_c(answer));
    if (why)
        CHECK_STR(str_c(a->fetch.failure), str_c(why));
    free(a);
    end();
}

static void serve_request_back(struct talk *t)
{
    char head[100];
    if (!talk_hear(t))
        return;
    snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\ncontent-length: %zu\r\n\r\n", t->used);
    talk_say(t, head);
    talk_say_bytes(t, str_of(t->request, t->used));
}

TEST("a document is fetched, plain from the loopback and with TLS")
{
    for (int tls = 0; tls < 2; tls++) {
        char expected[300];
        begin(serve_request_back, tls);
        struct asker *a = asker_new();
        a->fetch.headers = STR("metadata: true\r\n");
        snprintf(expected, sizeof expected,
                 "GET /keys?of=all HTTP/1.1\r\nhost: 127.0.0.1:%u\r\nuser-agent: bartizan/" BARTIZAN_VERSION
                 "\r\naccept: */*\r\nconnection: close\r\nmetadata: true\r\n\r\n",
                 (unsigned)server.port);
        fetch_now(a);
        CHECK(a->fetch.ok);
        CHECK_INT(a->fetch.status, 200);
        CHECK_STR(str_of(a->answer, a->len), str_c(expected));
        turns(20);
        CHECK_INT(server.gone, 0);
        free(a);
        end();
    }
}

TEST("a body is posted with its length")
{
    begin(serve_request_back, true);
    struct asker *a = asker_new();
    a->fetch.method = STR("POST");
    a->fetch.body = STR("grant_type=client_credentials");
    fetch_now(a);
    CHECK(a->fetch.ok);
    a->answer[a->len] = '\0';
    CHECK(strstr(a->answer, "\r\ncontent-length: 29\r\n\r\ngrant_type=client_credentials") != NULL);
    free(a);
    end();
}

static void serve_dribble(struct talk *t)
{
    static const char answer[] = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nkey\r\n1\r\ns\r\n0\r\n\r\n";
    if (talk_hear(t))
        for (size_t i = 0; i < sizeof answer - 1; i++)
            talk_say_bytes(t, str_of(answer + i, 1));
    talk_wait_gone(t);
}

static void serve_until_close(struct talk *t)
{
    if (talk_hear(t))
        talk_say(t, "HTTP/1.0 200 OK\r\n\r\nkeys");
    talk_goodbye(t);
}

static void serve_until_cut(struct talk *t)
{
    if (talk_hear(t))
        talk_say(t, "HTTP/1.0 200 OK\r\n\r\nkeys");
}

static void serve_cut(struct talk *t)
{
    if (talk_hear(t))
        talk_say(t, "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nkeys");
    talk_goodbye(t);
}

static void serve_garbage(struct talk *t)
{
    if (talk_hear(t))
        talk_say(t, "keys!\r\n\r\n");
    talk_wait_gone(t);
}

static void serve_nothing(struct talk *t)
{
    talk_hear(t);
    talk_goodbye(t);
}

static void serve_gzip(struct talk *t)
{
    if (talk_hear(t))
        talk_say(t, "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 4\r\n\r\nkeys");
    talk_wait_gone(t);
}

static void serve_redirect(struct talk *t)
{
    if (talk_hear(t))
        talk_say(t, "HTTP/1.1 302 Found\r\nlocation: http://169.254.169.254/\r\ncontent-length: 4\r\n\r\naway");
    talk_wait_gone(t);
}

TEST("answers of every shape are read, and those that are not whole are told as failures")
{
    for (int tls = 0; tls < 2; tls++) {
        expect(serve_dribble, tls, true, 200, "keys", NULL);
        expect(serve_until_close, tls, true, 200, "keys", NULL);
        expect(serve_cut, tls, false, 0, "", "closed in the middle of the answer");
        expect(serve_garbage, tls, false, 0, "", NULL);
        expect(serve_nothing, tls, false, 0, "", "closed before it answered");
        expect(serve_gzip, tls, false, 0, "", "the answer is compressed though that was not offered");
    }
    expect(serve_until_cut, true, false, 0, "", NULL);
}

TEST("a redirect is an answer like any other")
{
    expect(serve_redirect, true, true, 302, "away", NULL);
}

static void serve_endless(struct talk *t)
{
    static char chunk[0x1000];
    if (talk_hear(t))
        talk_say(t, "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
    for (unsigned i = 0; i < 200; i++) {
        talk_say(t, "1000\r\n");
        talk_say_bytes(t, str_of(chunk, sizeof chunk));
        talk_say(t, "\r\n");
    }
    talk_wait_gone(t);
}

static void serve_announced(struct talk *t)
{
    if (talk_hear(t))
        talk_say(t, "HTTP/1.1 200 OK\r\ncontent-length: 300001\r\n\r\n");
    talk_wait_gone(t);
}

TEST("an answer above the ceiling is refused, announced or not")
{
    expect(serve_endless, true, false, 0, "", "the answer is too large");
    expect(serve_announced, true, false, 0, "", "the answer is too large");
}

static void serve_silent(struct talk *t)
{
    talk_hear(t);
    talk_wait_gone(t);
}

TEST("a silent server fails within the deadline, and a cancelled ask is never answered")
{
    begin(serve_silent, true);
    struct asker *a = asker_new(), *b = asker_new();
    a->fetch.timeout_ms = 100;
    ask(b);
    fetch_now(a);
    CHECK_STR(str_c(a->fetch.failure), STR("no answer within the deadline"));
    b->fetch.ask.drop(&b->fetch.ask);
    CHECK(!b->fetch.ask.is_open);
    turns(20);
    CHECK_INT(b->told, 0);
    CHECK_INT(server.gone, 2);
    free(a);
    free(b);
    end();
}

TEST("who is answered may ask again at once")
{
    begin(serve_until_close, true);
    struct asker *a = asker_new();
    a->asks_again = true;
    ask(a);
    turns(300);
    CHECK_INT(a->told, 2);
    CHECK(a->fetch.ok);
    free(a);
    end();
}

TEST("what may not be asked is refused, never inside the call")
{
    static const struct {
        const char *url, *method, *headers;
        bool plain;
        const char *why;
    } CASES[] = {
        { "http://127.0.0.1:1/", "GET", "", false, "plain http is not allowed here" },
        { "http://10.1.2.3:1/", "GET", "", true, "plain http goes to the loopback and to metadata endpoints only" },
        { "http://8.8.8.8/", "GET", "", true, "plain http goes to the loopback and to metadata endpoints only" },
        { "ftp://localhost/", "GET", "", true, NULL },
        { "https://user@localhost/", "GET", "", true, NULL },
        { "https://localhost/", "DELETE", "", true, "neither GET nor POST" },
        { "https://localhost/", "GET", "a: b\r\n\r\nGET / HTTP/1.1\r\n", true, "a header that is no line" },
        { "https://localhost/", "GET", "a: b\n", true, "a header that is no line" },
        { "https://localhost/", "GET", "a: b", true, "a header that is no line" },
    };
    begin(serve_silent, true);
    for (size_t i = 0; i < ARRAY_LEN(CASES); i++) {
        struct asker *a = asker_new();
        a->fetch.url = str_c(CASES[i].url);
        a->fetch.method = str_c(CASES[i].method);
        a->fetch.headers = str_c(CASES[i].headers);
        a->fetch.allow_plain_http = CASES[i].plain;
        fetch_now(a);
        CHECK(!a->fetch.ok);
        if (CASES[i].why)
            CHECK_STR(str_c(a->fetch.failure), str_c(CASES[i].why));
        free(a);
    }
    CHECK_INT(server.connections, 0);
    end();
}

TEST("a CA that is not the server's, and one that cannot be read, are failures")
{
    begin(serve_until_close, true);
    struct asker *a = asker_new();
    a->fetch.ca_file = STR_NONE;
    fetch_now(a);
    CHECK(!a->fetch.ok);
    a->fetch.ca_file = STR("/nowhere/ca.pem");
    fetch_now(a);
    CHECK_STR(str_c(a->fetch.failure), STR("the CA file cannot be used"));
    free(a);
    end();
}

static void serve_retry(struct talk *t)
{
    if (talk_hear(t))
        talk_say(t, "HTTP/1.1 429 Too Many Requests\r\nretry-after: 6.5\r\nretry-after-ms: 0\r\ncontent-length: 0\r\n\r\n");
    talk_wait_gone(t);
}

TEST("when to come again is told")
{
    begin(serve_retry, true);
    struct asker *a = asker_new();
    fetch_now(a);
    CHECK(a->fetch.ok);
    CHECK_INT(a->fetch.status, 429);
    CHECK_INT(a->fetch.retry_after_ms, 6500);
    free(a);
    end();
}

/* ---- by way of a shelf ---- */

static void serve_slow_count(struct talk *t)
{
    char answer[100];
    if (!talk_hear(t))
        return;
    talk_pause(40);
    snprintf(answer, sizeof answer, "HTTP/1.1 %d OK\r\ncontent-length: 1\r\n\r\n%d", t->number == 3 ? 503 : 200,
             t->number);
    talk_say(t, answer);
    talk_wait_gone(t);
}

TEST("those who share a shelf are answered by one fetch, also in another worker, until they want a newer one")
{
    begin(serve_slow_count, true);
    struct fetches *mine = fetches, *others = fetches_new(loop, resolver, trusts, shelves);
    struct asker *a[3];
    for (size_t i = 0; i < 3; i++) {
        a[i] = asker_new();
        a[i]->fetch.shelf = 2;
        fetches = i == 2 ? others : mine;
        ask(a[i]);
    }
    for (size_t i = 0; i < 3; i++) {
        wait_told(a[i]);
        CHECK_STR(str_of(a[i]->answer, a[i]->len), STR("1"));
    }
    CHECK_INT(server.connections, 1);

    turns(30); /* an old one will do */
    fetches = others;
    fetch_now(a[0]);
    CHECK_STR(str_of(a[0]->answer, a[0]->len), STR("1"));
    CHECK(a[0]->fetch.age_ms >= 30);
    CHECK_INT(server.connections, 1);

    fetches = mine; /* a newer one than mine */
    a[0]->fetch.shelf_fresh = a[1]->fetch.shelf_fresh = true;
    fetch_now(a[0]);
    CHECK_STR(str_of(a[0]->answer, a[0]->len), STR("2"));
    fetches = others; /* which is newer than the others' too */
    fetch_now(a[1]);
    CHECK_STR(str_of(a[1]->answer, a[1]->len), STR("2"));
    CHECK_INT(server.connections, 2);

    ask(a[1]); /* the third is a 503: told to all who wait, the document stays */
    fetches = mine;
    fetch_now(a[0]);
    CHECK_INT(a[0]->fetch.status, 503);
    wait_told(a[1]);
    CHECK_INT(a[1]->fetch.status, 503);
    CHECK_INT(server.connections, 3);
    a[0]->fetch.shelf_fresh = false;
    fetch_now(a[0]);
    CHECK_STR(str_of(a[0]->answer, a[0]->len), STR("2"));
    for (size_t i = 0; i < 3; i++)
        free(a[i]);
    fetches_free(others);
    end();
}

TEST("when the one who fetches gives up, one of those who wait takes over")
{
    begin(serve_slow_count, true);
    struct asker *first = asker_new(), *second = asker_new();
    first->fetch.shelf = second->fetch.shelf = 1;
    ask(first);
    turns(10);
    ask(second);
    turns(10);
    first->fetch.ask.drop(&first->fetch.ask);
    wait_told(second);
    CHECK_STR(str_of(second->answer, second->len), STR("2"));
    CHECK_INT(first->told, 0);
    free(first);
    free(second);
    end();
}
