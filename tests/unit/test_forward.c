/* test_forward.c - requests to servers of every kind on the loopback: whole, cut, early, late, silent, kept and gone.
 */
#include "proxy/edge/forward.h"

#include "proxy/core/exchange.h"
#include "tests/unit/pki.h"
#include "tests/unit/server.h"

/* ---- the exchange's side, as forward.c sees it ---- */

struct client {
    struct exchange *x; /* only ask_forward in it is used */
    unsigned heads, ends, failures, status;
    struct buf body;
    enum forward_failure failure;
    const char *why;
    size_t room; /* how many bytes the caller's side still takes */
    size_t pieces;
    bool cancels_at_head, cancels_at_bytes, retries;
};

static struct client *clients[64];
static size_t clients_count;
static struct forwards *forwards;

static struct client *client_of(const struct exchange *x)
{
    for (size_t i = 0; i < clients_count; i++)
        if (clients[i]->x == x)
            return clients[i];
    NOTREACHED("an exchange that nobody made");
}

void exchange_upstream_head(struct exchange *x, const struct http_head *head)
{
    struct client *c = client_of(x);
    c->heads++;
    c->status = head->status;
    if (c->cancels_at_head)
        forward_cancel(&x->ask_forward);
}

void exchange_upstream_bytes(struct exchange *x, struct str bytes)
{
    struct client *c = client_of(x);
    CHECK(c->room > 0);
    c->pieces++;
    c->room -= bytes.len < c->room ? bytes.len : c->room;
    CHECK(buf_add(&c->body, bytes));
    if (c->cancels_at_bytes)
        forward_cancel(&x->ask_forward);
}

void exchange_upstream_end(struct exchange *x)
{
    CHECK(!x->ask_forward.ask.is_open);
    client_of(x)->ends++;
}

void exchange_upstream_failed(struct exchange *x, enum forward_failure failure, const char *detail)
{
    struct client *c = client_of(x);
    CHECK(!x->ask_forward.ask.is_open);
    CHECK(detail && *detail);
    c->failures++;
    c->failure = failure;
    c->why = detail;
    if (c->retries && x->ask_forward.reused) {
        c->retries = false;
        forward_ask(forwards, &x->ask_forward);
    }
}

bool front_has_room(const struct exchange *x)
{
    return client_of(x)->room > 0;
}

/* ---- one server, one endpoint ---- */

static struct server server;
static struct loop *loop;
static struct post *post;
static struct resolver *resolver;
static struct trusts *trusts;
static struct origins *origins;
static struct pool pool;
static struct endpoint endpoint;
static struct setup setup;
static struct problems problems;
static struct pki pki;
static struct pki_paths paths;
static bool with_tls;

static void begin_to(const char *host, uint16_t port)
{
    loop = loop_new();
    post = post_new(loop, 16);
    resolver = resolver_new(loop, post, NULL);
    trusts = trusts_new();
    pool = (struct pool){ .connect_ms = 2000, .kept_connections = 4, .kept_idle_ms = 60000, .ca_file = pool.ca_file };
    endpoint = (struct endpoint){ .pool = &pool, .url = { .tls = with_tls, .host = str_c(host), .port = port } };
    pool.endpoints = (struct blocks){ .at = &endpoint, .count = 1 };
    setup.pools = (struct blocks){ .at = &pool, .count = 1 };
    setup.endpoints_count = 1;
    problems_init(&problems, STR("test"), STR(""));
    origins = origins_new(loop, resolver, trusts, &setup, &problems);
    forwards = forwards_new(loop, origins);
    CHECK(origins && forwards);
    clients_count = 0;
}

static void begin(void (*serve)(struct talk *t))
{
    server_start(&server, serve, with_tls ? paths.certificate : NULL, paths.key);
    begin_to(with_tls ? "localhost" : "127.0.0.1", server.port);
}

static void end_client_side(void)
{
    for (size_t i = 0; i < clients_count; i++) {
        forward_cancel(&clients[i]->x->ask_forward);
        buf_finish(&clients[i]->body);
        free(clients[i]->x);
        free(clients[i]);
    }
    loop_turn(loop, 0);
    forwards_free(forwards);
    origins_free(origins);
    trusts_free(trusts);
    resolver_free(resolver);
    post_free(post);
    problems_finish(&problems);
    loop_free(loop);
}

static void end(void)
{
    end_client_side();
    server_stop(&server);
}

static struct client *client_new(void)
{
    struct client *c = calloc(1, sizeof *c);
    c->x = calloc(1, sizeof *c->x);
    c->x->ask_forward.ask.exchange = c->x;
    c->room = SIZE_MAX;
    buf_init(&c->body, 64 << 20);
    clients[clients_count++] = c;
    return c;
}

static void send_request(struct client *c, struct str head, struct str a, struct str b)
{
    struct ask_forward *ask = &c->x->ask_forward;
    ask->endpoint = &endpoint;
    ask->head = head;
    ask->body[0] = a;
    ask->body[1] = STR("");
    ask->body[2] = b;
    forward_ask(forwards, ask);
    CHECK(ask->ask.is_open && !c->heads && !c->failures); /* never inside the call */
}

#define HEAD_OF(length) STR("POST /v1/chat HTTP/1.1\r\nhost: model\r\ncontent-length: " length "\r\n\r\n")

static struct client *ask_small(void)
{
    struct client *c = client_new();
    send_request(c, HEAD_OF("10"), STR("01234"), STR("56789"));
    return c;
}

/* And once more on another connection, if that may be. */
static struct client *ask_again(void)
{
    struct client *c = client_new();
    c->retries = true;
    send_request(c, HEAD_OF("10"), STR("01234"), STR("56789"));
    return c;
}

static void wait_over(const struct client *c)
{
    uint64_t until_us = loop_now_exact_us() + 15000000;
    while (c->x->ask_forward.ask.is_open && loop_now_exact_us() < until_us)
        loop_turn(loop, 20);
}

/* Turns the loop until that is so. A quarter of a minute is for a busy machine; it is over at once otherwise. */
#define WAIT_UNTIL(condition)                                                                                          \
    do {                                                                                                               \
        uint64_t until_us_ = loop_now_exact_us() + 15000000;                                                           \
        while (!(condition) && loop_now_exact_us() < until_us_)                                                        \
            loop_turn(loop, 2);                                                                                        \
        CHECK(condition);                                                                                              \
    } while (0)

static unsigned open_now(void)
{
    return (unsigned)origin_counts(origins, &endpoint).open;
}

static void turns(unsigned ms)
{
    uint64_t until_us = loop_now_exact_us() + ms * 1000;
    while (loop_now_exact_us() < until_us)
        loop_turn(loop, 2);
}

static void is_answered(const struct client *c, const char *body)
{
    CHECK_INT(c->heads, 1);
    CHECK_INT(c->ends, 1);
    CHECK_INT(c->failures, 0);
    CHECK_STR(buf_str(&c->body), str_c(body));
}

/* As many kinds of server as there are; each test runs plain and with TLS. */
#define BOTH(serve_, body)                                                                                             \
    for (int tls_ = 0; tls_ < 2; tls_++) {                                                                             \
        if (tls_ && !paths.certificate[0]) {                                                                           \
            pki_init(&pki);                                                                                            \
            pki_issue(&pki, "server", false, "DNS:localhost", &paths);                                                 \
        }                                                                                                              \
        static char ca[128];                                                                                           \
        snprintf(ca, sizeof ca, "%s/ca.pem", pki.folder);                                                              \
        with_tls = tls_;                                                                                               \
        pool.ca_file = tls_ ? str_c(ca) : STR_NONE;                                                                    \
        begin(serve_);                                                                                                 \
        body;                                                                                                          \
        end();                                                                                                         \
        with_tls = false;                                                                                              \
    }

static atomic_bool is_told; /* the server goes on to what comes after its answer */
static atomic_int after;    /* how often it has */

static void talk_wait_told(void)
{
    for (unsigned i = 0; i < 15000 && !is_told; i++)
        talk_pause(1);
}

#define OK_HEAD "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"

static void serve_echo(struct talk *t)
{
    while (talk_hear(t)) {
        talk_say(t, OK_HEAD "content-length: 10\r\n\r\n");
        talk_say_bytes(t, str_of(t->request + t->used - 10, 10));
    }
}

TEST("a request and its answer, one after the other on one kept connection"){
    BOTH(serve_echo,
         {
             for (unsigned i = 0; i < 5; i++) {
                 struct client *c = ask_small();
                 wait_over(c);
                 is_answered(c, "0123456789");
                 CHECK((c->x->ask_forward.connect_ms > 0) == (i == 0));
             }
             CHECK_INT(server.connections, 1);
             CHECK_INT(server.requests, 5);
             struct origin_counts counts = origin_counts(origins, &endpoint);
             CHECK_INT(counts.opened, 1);
             CHECK_INT(counts.reused, 4);
             CHECK_INT(counts.kept, 1);
         })
}

TEST("at once needs a connection each, and only so many are kept")
{
    BOTH(serve_echo, {
        for (unsigned i = 0; i < 8; i++)
            ask_small();
        for (unsigned i = 0; i < 8; i++) {
            wait_over(clients[i]);
            is_answered(clients[i], "0123456789");
        }
        CHECK_INT(origin_counts(origins, &endpoint).kept, 4);
        CHECK_INT(origin_counts(origins, &endpoint).open, 4);
    })
}

static void serve_once_and_leave(struct talk *t)
{
    if (talk_hear(t))
        talk_say(t, OK_HEAD "content-length: 2\r\n\r\nok");
    talk_pause(20);
    talk_goodbye(t);
}

TEST("a second connection resumes the first one's TLS session")
{
    BOTH(serve_once_and_leave, {
        for (unsigned i = 0; i < 3; i++) {
            struct client *c = ask_small();
            wait_over(c);
            is_answered(c, "ok");
            WAIT_UNTIL(open_now() == 0); /* the server's leaving was noticed */
        }
        CHECK_INT(server.connections, 3);
        CHECK_INT(server.resumed, with_tls ? 2 : 0);
    })
}

static void serve_dribble(struct talk *t)
{
    static const char answer[] = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
                                 "5\r\nhello\r\n1\r\n \r\n5\r\nworld\r\n0\r\n\r\n";
    while (talk_hear(t))
        for (size_t i = 0; i < sizeof answer - 1; i++) {
            talk_say_bytes(t, str_of(answer + i, 1));
            if (i % 7 == 0)
                usleep(300);
        }
}

TEST("an answer in single bytes is put together, and the connection kept")
{
    BOTH(serve_dribble, {
        struct client *c = ask_small();
        wait_over(c);
        is_answered(c, "hello world");
        c = ask_small();
        wait_over(c);
        is_answered(c, "hello world");
        CHECK_INT(server.connections, 1);
    })
}

static void serve_interim(struct talk *t)
{
    while (talk_hear(t))
        talk_say(t, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n" OK_HEAD
                    "content-length: 2\r\n\r\nok");
}

TEST("interim answers are passed over")
{
    BOTH(serve_interim, {
        struct client *c = ask_small();
        wait_over(c);
        is_answered(c, "ok");
        CHECK_INT(c->status, 200);
    })
}

static void serve_interim_for_ever(struct talk *t)
{
    if (talk_hear(t))
        for (unsigned i = 0; i < 1000; i++)
            talk_say(t, "HTTP/1.1 102 Processing\r\n\r\n");
    talk_wait_gone(t);
}

static void fails_broken(void)
{
    struct client *c = ask_small();
    wait_over(c);
    CHECK_INT(c->failures, 1);
    CHECK_INT(c->failure, FORWARD_BROKEN);
    CHECK_INT(c->ends, 0);
    CHECK(!c->x->ask_forward.reused);
    CHECK_INT(origin_counts(origins, &endpoint).open, 0);
}

TEST("interim answers without end are broken")
{
    BOTH(serve_interim_for_ever, fails_broken())
}

static void serve_switch(struct talk *t)
{
    if (talk_hear(t))
        talk_say(t, "HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n");
    talk_wait_gone(t);
}

TEST("a protocol that was not asked for is broken")
{
    BOTH(serve_switch, fails_broken())
}

static void serve_garbage(struct talk *t)
{
    if (talk_hear(t))
        talk_say(t, "SSH-2.0-OpenSSH_9.2\r\n");
    talk_wait_gone(t);
}

TEST("garbage is broken")
{
    BOTH(serve_garbage, fails_broken())
}

static void serve_oversize(struct talk *t)
{
    static char line[1024];
    memset(line, 'a', sizeof line);
    if (talk_hear(t)) {
        talk_say(t, OK_HEAD);
        for (unsigned i = 0; i < 80; i++) {
            talk_say(t, "x: ");
            talk_say_bytes(t, str_of(line, sizeof line));
            talk_say(t, "\r\n");
        }
    }
    talk_wait_gone(t);
}

TEST("a head without end is broken")
{
    BOTH(serve_oversize, fails_broken())
}

static void serve_two_lengths(struct talk *t)
{
    if (talk_hear(t))
        talk_say(t, OK_HEAD "content-length: 2\r\ncontent-length: 3\r\n\r\nok!");
    talk_wait_gone(t);
}

TEST("an answer that two readers would read differently is broken")
{
    BOTH(serve_two_lengths, fails_broken())
}

static void serve_cut(struct talk *t)
{
    if (talk_hear(t))
        talk_say(t, OK_HEAD "content-length: 100\r\n\r\nhalf");
    talk_goodbye(t);
}

static void serve_cut_chunk(struct talk *t)
{
    if (talk_hear(t))
        talk_say(t, "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n");
    talk_goodbye(t);
}

static void serve_reset(struct talk *t)
{
    if (talk_hear(t))
        talk_say(t, OK_HEAD "content-length: 100\r\n\r\nhalf");
    talk_wait_told(); /* a reset takes what was not read yet */
    talk_reset(t);
}

static void is_cut(void)
{
    is_told = false;
    struct client *c = ask_small();
    WAIT_UNTIL(buf_len(&c->body) == 4);
    is_told = true;
    wait_over(c);
    CHECK_INT(c->heads, 1);
    CHECK_STR(buf_str(&c->body), STR("half"));
    CHECK_INT(c->failure, FORWARD_BROKEN);
    CHECK_INT(c->failures, 1);
    CHECK_INT(c->ends, 0);
}

TEST("an answer that is cut is told up to there and then broken")
{
    BOTH(serve_cut, is_cut())
    BOTH(serve_cut_chunk, is_cut())
    BOTH(serve_reset, is_cut())
}

static void serve_until_close(struct talk *t)
{
    if (talk_hear(t))
        talk_say(t, "HTTP/1.1 200 OK\r\n\r\nall of it");
    talk_goodbye(t);
}

static void serve_until_cut(struct talk *t)
{
    if (talk_hear(t))
        talk_say(t, "HTTP/1.1 200 OK\r\n\r\nall of it");
}

TEST("a body that runs until the connection closes is whole when TLS says so, or when there is no TLS")
{
    BOTH(serve_until_close, {
        struct client *c = ask_small();
        wait_over(c);
        is_answered(c, "all of it");
        CHECK_INT(origin_counts(origins, &endpoint).open, 0);
    })
    BOTH(serve_until_cut, {
        struct client *c = ask_small();
        wait_over(c);
        CHECK_INT(c->ends, !with_tls);
        CHECK_INT(c->failures, with_tls);
    })
}

static void serve_silent(struct talk *t)
{
    talk_hear(t);
    talk_wait_gone(t);
}

TEST("a cancelled request is cut at once, and the model notices"){
    BOTH(serve_silent,
         {
             struct client *c = ask_small();
             WAIT_UNTIL(server.requests == 1);
             CHECK_INT(server.gone, 0);
             forward_cancel(&c->x->ask_forward);
             CHECK(!c->x->ask_forward.ask.is_open);
             WAIT_UNTIL(server.gone == 1);
             CHECK_INT(c->heads + c->failures + c->ends, 0);
             CHECK_INT(origin_counts(origins, &endpoint).open, 0);
             forward_cancel(&c->x->ask_forward);
         })
}

TEST("a request may be cancelled from inside what it tells"){
    BOTH(serve_echo,
         {
             struct client *c = client_new();
             c->cancels_at_head = true;
             send_request(c, HEAD_OF("10"), STR("01234"), STR("56789"));
             wait_over(c);
             CHECK_INT(c->heads, 1);
             CHECK_INT(c->pieces, 0);
             c = client_new();
             c->cancels_at_bytes = true;
             send_request(c, HEAD_OF("10"), STR("01234"), STR("56789"));
             wait_over(c);
             CHECK_INT(c->pieces, 1);
             CHECK_INT(c->ends + c->failures, 0);
             CHECK_INT(origin_counts(origins, &endpoint).open, 0);
         })
}

TEST("a request may be cancelled before it is connected")
{
    BOTH(serve_echo, {
        struct client *c = ask_small();
        forward_cancel(&c->x->ask_forward);
        turns(20);
        CHECK_INT(c->heads + c->failures, 0);
        CHECK_INT(origin_counts(origins, &endpoint).open, 0);
    })
}

static void serve_one_then_close_on_next(struct talk *t)
{
    if (talk_hear(t))
        talk_say(t, OK_HEAD "content-length: 2\r\n\r\nok");
    if (t->number == 1)
        talk_hear(t); /* and leaves without a word */
    else if (talk_hear(t))
        talk_say(t, OK_HEAD "content-length: 5\r\n\r\nagain");
}

TEST("a kept connection that ends before it answers is told as reused, and the next try is on a fresh one")
{
    BOTH(serve_one_then_close_on_next, {
        struct client *c = ask_small();
        wait_over(c);
        is_answered(c, "ok");
        c = ask_again();
        wait_over(c);
        CHECK_INT(c->failures, 1);
        CHECK_INT(c->failure, FORWARD_BROKEN);
        CHECK_STR(buf_str(&c->body), STR("ok"));
        CHECK_INT(c->ends, 1);
        CHECK_INT(server.connections, 2);
    })
}

static void serve_and_babble(struct talk *t)
{
    if (talk_hear(t))
        talk_say(t, OK_HEAD "content-length: 2\r\n\r\nok");
    talk_wait_told();
    talk_say(t, "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil");
    after++;
    talk_wait_gone(t);
}

static void serve_too_much(struct talk *t)
{
    if (talk_hear(t))
        talk_say(t, OK_HEAD "content-length: 2\r\n\r\nokHTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil");
    talk_wait_gone(t);
}

static void is_not_kept(void)
{
    is_told = false;
    struct client *c = ask_small();
    wait_over(c);
    is_answered(c, "ok");
    is_told = true;
    WAIT_UNTIL(open_now() == 0);
    WAIT_UNTIL(server.gone == 1);
}

TEST("bytes that nobody asked for end a kept connection, at once or later")
{
    BOTH(serve_and_babble, is_not_kept())
    BOTH(serve_too_much, is_not_kept())
}

/* Taken for its answer, everybody on this connection would get the answer of the one before. */
TEST("bytes that come before a request is written on a kept connection are not its answer")
{
    BOTH(serve_and_babble, {
        is_told = false;
        after = 0;
        struct client *c = ask_small();
        wait_over(c);
        is_answered(c, "ok");
        c = ask_again();
        is_told = true;
        for (unsigned i = 0; i < 15000 && !after; i++)
            talk_pause(1); /* on the wire then, and the request is not: that is for the end of the turn */
        wait_over(c);
        CHECK_INT(c->failures, 1);
        CHECK_INT(c->heads, 1);
        CHECK_STR(buf_str(&c->body), STR("ok"));
        CHECK_INT(server.connections, 2);
    })
}

static void serve_close(struct talk *t)
{
    if (talk_hear(t))
        talk_say(t, OK_HEAD "connection: close\r\ncontent-length: 2\r\n\r\nok");
    talk_wait_gone(t);
}

TEST("a connection whose server wants it closed is closed")
{
    BOTH(serve_close, is_not_kept())
}

static void serve_keeps_a_second(struct talk *t)
{
    while (talk_hear(t))
        talk_say(t, OK_HEAD "connection: keep-alive\r\nkeep-alive: max=100, timeout=1\r\ncontent-length: 2\r\n\r\nok");
}

TEST("a connection that the server keeps for a second only is not kept")
{
    BOTH(serve_keeps_a_second, is_not_kept())
}

static void serve_no_body(struct talk *t)
{
    while (talk_hear(t))
        talk_say(t, strncmp(t->request, "HEAD", 4) == 0 ? OK_HEAD "content-length: 500\r\n\r\n"
                                                        : "HTTP/1.1 204 No Content\r\n\r\n");
}

TEST("answers without a body end with their head, and the connection is kept")
{
    BOTH(serve_no_body, {
        struct client *c = ask_small();
        wait_over(c);
        is_answered(c, "");
        CHECK_INT(c->status, 204);
        c = client_new();
        c->x->ask_forward.answers_head = true;
        send_request(c, STR("HEAD / HTTP/1.1\r\nhost: model\r\n\r\n"), STR_NONE, STR_NONE);
        wait_over(c);
        is_answered(c, "");
        CHECK_INT(c->status, 200);
        c = ask_small();
        wait_over(c);
        is_answered(c, "");
        CHECK_INT(server.connections, 1);
    })
}

enum { LARGE = 4 << 20 };

static void serve_sum(struct talk *t)
{
    char *all = malloc(LARGE);
    for (size_t have = 0;;) {
        ssize_t n = talk_get(t, all, LARGE);
        if (n <= 0)
            break;
        have += (size_t)n;
        if (have < LARGE)
            continue;
        talk_say(t, OK_HEAD "content-length: 3\r\n\r\nall");
        break;
    }
    talk_wait_gone(t);
    free(all);
}

TEST("a large body is written as the server takes it")
{
    char *large = calloc(1, LARGE);
    BOTH(serve_sum, {
        struct client *c = client_new();
        send_request(c, HEAD_OF("4194304"), str_of(large, LARGE / 2), str_of(large, LARGE / 2));
        wait_over(c);
        is_answered(c, "all");
    })
    free(large);
}

static void serve_early(struct talk *t)
{
    char some[1000];
    talk_get(t, some, sizeof some);
    talk_say(t, "HTTP/1.1 413 Content Too Large\r\ncontent-length: 3\r\n\r\nbig");
    talk_pause(50);
    talk_wait_gone(t);
}

TEST("an error that comes while the body is still written is told, and the connection not kept")
{
    char *large = calloc(1, LARGE * 4);
    BOTH(serve_early, {
        struct client *c = client_new();
        send_request(c, HEAD_OF("16777216"), str_of(large, LARGE * 2), str_of(large, LARGE * 2));
        wait_over(c);
        is_answered(c, "big");
        CHECK_INT(c->status, 413);
        CHECK_INT(origin_counts(origins, &endpoint).open, 0);
    })
    free(large);
}

static void serve_large(struct talk *t)
{
    char *all = calloc(1, LARGE);
    while (talk_hear(t)) {
        talk_say(t, OK_HEAD "content-length: 4194304\r\n\r\n");
        talk_say_bytes(t, str_of(all, LARGE));
    }
    free(all);
}

TEST("nothing is read while the caller's side has no room, and everything once it has"){
    BOTH(serve_large,
         {
             struct client *c = client_new();
             c->room = 100000;
             send_request(c, HEAD_OF("10"), STR("01234"), STR("56789"));
             WAIT_UNTIL(c->room == 0);
             size_t taken = buf_len(&c->body);
             CHECK(taken >= 100000 && taken < 100000 + 70000);
             CHECK(c->x->ask_forward.ask.is_open);
             turns(30);
             CHECK_INT(buf_len(&c->body), taken);
             while (c->x->ask_forward.ask.is_open) {
                 c->room = 500000;
                 forward_resume(c->x);
                 CHECK_INT(buf_len(&c->body), taken); /* never inside the call */
                 turns(5);
                 taken = buf_len(&c->body);
             }
             CHECK_INT(buf_len(&c->body), LARGE);
             CHECK_INT(c->ends, 1);
             struct client *next = ask_small();
             wait_over(next);
             CHECK_INT(next->ends, 1);
             CHECK_INT(server.connections, 1);
         })
}

/* What fills the sockets comes at once, without a wait that would end the turn. */
TEST("of a long answer a turn of the loop takes a part, so that the others have theirs"){
    BOTH(serve_large,
         {
             struct client *c = client_new();
             c->room = 1;
             send_request(c, HEAD_OF("10"), STR("01234"), STR("56789"));
             turns(100);
             size_t taken = buf_len(&c->body);
             size_t most = 0;
             c->room = SIZE_MAX;
             forward_resume(c->x);
             while (c->x->ask_forward.ask.is_open) {
                 loop_turn(loop, 20);
                 most = buf_len(&c->body) - taken > most ? buf_len(&c->body) - taken : most;
                 taken = buf_len(&c->body);
             }
             CHECK_INT(taken, LARGE);
             CHECK(most <= 768 * 1024);
         })
}

TEST("the end of an answer waits for room too, and comes by itself")
{
    BOTH(serve_echo, {
        struct client *c = client_new();
        c->room = 10;
        send_request(c, HEAD_OF("10"), STR("01234"), STR("56789"));
        WAIT_UNTIL(buf_len(&c->body) == 10);
        turns(20);
        CHECK_INT(c->ends, 0);
        c->room = 1;
        forward_resume(c->x);
        WAIT_UNTIL(c->ends == 1);
    })
}

TEST("nobody listening, nobody by that name, and nobody private are unreachable")
{
    static const struct {
        const char *host;
        bool private_only;
        const char *why;
    } CASES[] = {
        { "127.0.0.1", false, "connection refused" },
        { "no-such-host.invalid", false, NULL },
        { "8.8.8.8", true, "the address is public and the pool is private_only" },
    };
    server_start(&server, serve_echo, NULL, NULL);
    server_stop(&server); /* a port that was just closed */
    for (size_t i = 0; i < ARRAY_LEN(CASES); i++) {
        pool = (struct pool){ .private_only = CASES[i].private_only };
        begin_to(CASES[i].host, server.port);
        origins_free(origins);
        forwards_free(forwards);
        pool.private_only = CASES[i].private_only;
        origins = origins_new(loop, resolver, trusts, &setup, &problems);
        forwards = forwards_new(loop, origins);
        struct client *c = ask_small();
        wait_over(c);
        CHECK_INT(c->failures, 1);
        CHECK_INT(c->failure, FORWARD_UNREACHABLE);
        if (CASES[i].why)
            CHECK_STR(str_c(c->why), str_c(CASES[i].why));
        end_client_side();
    }
}

TEST("a server that does not answer the handshake is unreachable within the deadline")
{
    struct server mute;
    server_start(&mute, talk_wait_gone, NULL, NULL);
    with_tls = true;
    pool.ca_file = STR_NONE;
    begin_to("127.0.0.1", mute.port);
    pool.connect_ms = 100;
    uint64_t began_us = loop_now_exact_us();
    struct client *c = ask_small();
    wait_over(c);
    CHECK_INT(c->failure, FORWARD_UNREACHABLE);
    CHECK_INT(c->failures, 1);
    CHECK(loop_now_exact_us() - began_us < 1000000);
    end_client_side();
    server_stop(&mute);
    with_tls = false;
}

TEST("a server whose certificate has another name, or is nobody's, is refused")
{
    char ca[128];
    snprintf(ca, sizeof ca, "%s/ca.pem", pki.folder);
    for (int i = 0; i < 2; i++) {
        with_tls = true;
        pool.ca_file = i ? str_c(ca) : STR_NONE;
        server_start(&server, serve_echo, paths.certificate, paths.key);
        begin_to(i ? "127.0.0.1" : "localhost", server.port);
        struct client *c = ask_small();
        wait_over(c);
        CHECK_INT(c->failures, 1);
        CHECK_INT(c->failure, FORWARD_TLS);
        CHECK_INT(server.requests, 0);
        end();
    }
    with_tls = false;
}

TEST("kept connections are closed when their time is over")
{
    begin(serve_echo);
    pool.kept_idle_ms = 50;
    struct client *c = ask_small();
    wait_over(c);
    CHECK_INT(origin_counts(origins, &endpoint).kept, 1);
    WAIT_UNTIL(open_now() == 0);
    CHECK_INT(origin_counts(origins, &endpoint).kept, 0);
    end();
}
