/* test_front.c - real connections into the front, and behind it a core that does what the test says. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proxy/edge/front.h"
#include "proxy/edge/listen.h"
#include "tests/unit/pki.h"

/* ---- a core of our own, in place of proxy/core ---- */

static struct {
    struct buf log;     /* what the front told */
    struct exchange *x; /* the running one */
    bool reads_body;    /* asks for the body at the head */
    bool waits;         /* answers only when the test says so */
    bool late_end;      /* a caller who left is not the end yet */
    unsigned ended;
} core;

static struct world world;
static struct loop *loop;

static void note(const char *format, ...) PRINTF(1, 2);
static void note(const char *format, ...)
{
    char text[300];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    CHECK(buf_add(&core.log, str_c(text)));
}

static void end(struct exchange *x)
{
    x->is_over = true;
    core.x = NULL;
    core.ended++;
    world.ended(&world, x);
}

static void answer(struct exchange *x, unsigned status, struct str body)
{
    struct answer_head head = { .status = status,
                                .has_length = true,
                                .content_length = body.len,
                                .has_body = body.len > 0,
                                .fields = STR("x-test: 1\r\n") };
    world.answer_head(&world, x, &head);
    world.answer_bytes(&world, x, body);
    world.answer_end(&world, x, true);
    end(x);
}

void exchange_begin(struct exchange *x, struct world *w, struct setup *setup, void *front, struct peer *peer,
                    struct http_head *head)
{
    memset(x, 0, sizeof *x);
    x->world = w;
    x->setup = setup;
    x->front = front;
    x->peer = peer;
    x->head = head;
    core.x = x;
    note("[" STR_F " " STR_F "]", STR_A(head->method_word), STR_A(head->path));
    if (core.reads_body)
        w->read_body(w, x, 1 << 20);
    else if (!core.waits)
        answer(x, 200, head->path);
}

void exchange_begin_bad(struct exchange *x, struct world *w, struct setup *setup, void *front, struct peer *peer,
                        struct http_head *head, enum reason why, unsigned status, const char *detail)
{
    (void)setup;
    memset(x, 0, sizeof *x);
    x->world = w;
    x->front = front;
    x->peer = peer;
    x->head = head;
    note("(bad %d %u %s)", (int)why, status, detail);
    answer(x, status, STR("refused"));
}

void exchange_body_bytes(struct exchange *x, struct str bytes)
{
    x->bytes_in += bytes.len;
}

void exchange_body_end(struct exchange *x)
{
    note("(body %llu)", (unsigned long long)x->bytes_in);
    if (!core.waits)
        answer(x, 200, x->head->path);
}

void exchange_body_failed(struct exchange *x, enum reason why, const char *detail)
{
    note("(body failed %d %s)", (int)why, detail);
    answer(x, 408, STR("late"));
}

void exchange_caller_left(struct exchange *x, enum reason why)
{
    note("(left %d)", (int)why);
    if (!core.late_end)
        end(x);
}

void exchange_finish(struct exchange *x)
{
    (void)x;
    note(".");
}

void exchange_free(struct exchange *x)
{
    (void)x;
}

static unsigned resumed;
void forward_resume(struct exchange *x)
{
    (void)x;
    resumed++;
}

static int64_t wall_ms(struct world *w)
{
    (void)w;
    return 1700000000000;
}

static bool is_accepting(struct world *w)
{
    (void)w;
    return true;
}

/* ---- the house ---- */

static struct setup setup;
static struct listener listener;
static struct fronts *fronts;
static uint16_t port;

static void open_with(struct tls_server *tls)
{
    const char *why = NULL;
    struct ip_address here = ip_of_bytes((const uint8_t[]){ 127, 0, 0, 1 }, true);
    buf_finish(&core.log);
    memset(&core, 0, sizeof core);
    buf_init(&core.log, 1 << 20);
    resumed = 0;
    loop = loop_new();
    world = (struct world){ .wall_ms = wall_ms,
                            .is_accepting = is_accepting,
                            .read_body = front_read_body,
                            .answer_head = front_answer_head,
                            .answer_bytes = front_answer_bytes,
                            .answer_end = front_answer_end,
                            .ended = front_ended };
    fronts = fronts_new(&(struct fronts_options){ loop, &world, &setup });
    int fd = listen_open_tcp(&here, 0, true, &why);
    port = listen_port(fd);
    CHECK(fronts && fd >= 0 && fronts_listen(fronts, &listener, tls, fd));
}

static void usual(void)
{
    memset(&listener, 0, sizeof listener);
    memset(&setup, 0, sizeof setup);
    setup.limits = (struct limits_settings){ .connections = 100,
                                             .connections_per_address = 50,
                                             .handshake_ms = 2000,
                                             .head_ms = 2000,
                                             .idle_ms = 2000,
                                             .body_grace_ms = 2000,
                                             .body_min_rate = 1024,
                                             .send_stall_ms = 2000,
                                             .line_bytes = 8192,
                                             .field_bytes = 16384,
                                             .head_bytes = 49152,
                                             .fields = 100 };
}

static void house(void)
{
    usual();
    open_with(NULL);
}

static void turns(int n)
{
    while (n-- > 0)
        loop_turn(loop, 2);
}

static void shut(void)
{
    fronts_cut(fronts);
    for (int i = 0; i < 200 && fronts_count(fronts); i++)
        turns(1);
    CHECK_INT(fronts_count(fronts), 0);
    if (!fronts_count(fronts))
        fronts_free(fronts);
    loop_free(loop);
    buf_finish(&core.log);
}

static int caller(void)
{
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = { htonl(INADDR_LOOPBACK) } };
    int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    CHECK(connect(fd, (struct sockaddr *)&to, sizeof to) == 0);
    turns(3);
    return fd;
}

static void say(int fd, const char *text)
{
    CHECK(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    turns(4);
}

/* What has come until now; "|" for the end, "!" for a reset. */
static struct str hear(int fd)
{
    static char text[1 << 20];
    size_t len = 0;
    for (;;) {
        ssize_t n = recv(fd, text + len, sizeof text - len - 1, MSG_DONTWAIT);
        if (n <= 0) {
            if (n == 0 || errno != EAGAIN)
                text[len++] = n == 0 ? '|' : '!';
            return str_of(text, len);
        }
        len += (size_t)n;
    }
}

static bool has(struct str s, const char *part)
{
    bool found = str_find_str(s, str_c(part)) < s.len;
    if (!found)
        printf("  not in [" STR_F "]\n", STR_A(s));
    return found;
}

static size_t times(struct str s, const char *part)
{
    size_t n = 0, at;
    while ((at = str_find_str(s, str_c(part))) < s.len) {
        n++;
        s = str_from(s, at + 1);
    }
    return n;
}

/* ---- requests and answers ---- */

TEST("requests are answered one after the other on one connection, pipelined or byte by byte")
{
    house();
    int fd = caller();
    say(fd, "GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
    CHECK_STR(
        hear(fd),
        STR("HTTP/1.1 200 OK\r\nDate: Tue, 14 Nov 2023 22:13:20 GMT\r\ncontent-length: 2\r\nx-test: 1\r\n\r\n/a"));
    say(fd, "GET /b HTTP/1.1\r\nHost: h\r\n\r\nGET /c HTTP/1.1\r\nHost: h\r\n\r\nHEAD /d HTTP/1.1\r\nHost: h\r\n\r\n");
    struct str got = hear(fd);
    CHECK(has(got, "\r\n\r\n/bHTTP") && has(got, "\r\n\r\n/cHTTP") && !times(got, "/d"));
    for (const char *c = "GET /e HTTP/1.1\r\nHost: h\r\n\r\n"; *c; c++) {
        CHECK(write(fd, c, 1) == 1);
        turns(1);
    }
    turns(2);
    CHECK(has(hear(fd), "/e"));
    CHECK_STR(buf_str(&core.log), STR("[GET /a].[GET /b].[GET /c].[HEAD /d].[GET /e]."));
    close(fd);
    shut();
}

TEST("bodies of both framings come when they are asked for, and 100-continue says when")
{
    house();
    core.reads_body = true;
    int fd = caller();
    say(fd, "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhel");
    CHECK(hear(fd).len == 0);
    say(fd, "lo");
    CHECK(has(hear(fd), "/a"));
    say(fd, "POST /b HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n");
    CHECK_STR(hear(fd), STR("HTTP/1.1 100 Continue\r\n\r\n"));
    say(fd, "3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n");
    CHECK(has(hear(fd), "/b"));
    say(fd, "GET /c HTTP/1.1\r\nHost: h\r\n\r\n");
    CHECK(has(hear(fd), "/c"));
    CHECK_STR(buf_str(&core.log), STR("[POST /a](body 5).[POST /b](body 7).[GET /c](body 0)."));
    close(fd);
    shut();
}

static void stream_answer_to(struct exchange *x, bool whole)
{
    struct answer_head head = { .status = 200, .has_body = true };
    world.answer_head(&world, x, &head);
    world.answer_bytes(&world, x, STR("data: 1\n\n"));
    turns(2);
    world.answer_bytes(&world, x, STR("data: 22\n\n"));
    world.answer_end(&world, x, whole);
    end(x);
    turns(2);
}

TEST("an answer of unknown length is chunked, or runs until close for HTTP/1.0; a cut one is never whole")
{
    house();
    core.waits = true;
    int fd = caller();
    say(fd, "GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
    stream_answer_to(core.x, true);
    CHECK(has(hear(fd), "transfer-encoding: chunked\r\n\r\n9\r\ndata: 1\n\n\r\na\r\ndata: 22\n\n\r\n0\r\n\r\n"));
    say(fd, "GET /b HTTP/1.1\r\nHost: h\r\n\r\n");
    stream_answer_to(core.x, false);
    struct str got = hear(fd);
    CHECK(has(got, "data: 22\n\n\r\n|") && !times(got, "\r\n0\r\n"));
    close(fd);
    fd = caller();
    say(fd, "GET /c HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    stream_answer_to(core.x, true);
    got = hear(fd);
    CHECK(has(got, "connection: close\r\n\r\ndata: 1\n\ndata: 22\n\n|"));
    close(fd);
    fd = caller();
    say(fd, "GET /d HTTP/1.0\r\n\r\n");
    stream_answer_to(core.x, false);
    got = hear(fd);
    CHECK(got.len && got.at[got.len - 1] == '!');
    close(fd);
    shut();
}

TEST("an answer that is longer or shorter than it said cuts the connection")
{
    house();
    core.waits = true;
    for (int i = 0; i < 2; i++) {
        int fd = caller();
        say(fd, "GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
        struct answer_head head = { .status = 200, .has_length = true, .content_length = 4, .has_body = true };
        world.answer_head(&world, core.x, &head);
        world.answer_bytes(&world, core.x, i ? STR("123456") : STR("12"));
        world.answer_end(&world, core.x, true);
        end(core.x);
        turns(3);
        struct str got = hear(fd);
        CHECK(has(got, i ? "\r\n\r\n1234|" : "\r\n\r\n12|"));
        close(fd);
    }
    shut();
}

TEST("after an early refusal a short body is passed over and the connection goes on")
{
    house();
    int fd = caller();
    say(fd, "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nhel");
    struct str got = hear(fd);
    CHECK(has(got, "/a") && !times(got, "connection: close"));
    say(fd, "lo you");
    say(fd, "GET /b HTTP/1.1\r\nHost: h\r\n\r\n");
    CHECK(has(hear(fd), "/b"));
    close(fd);
    shut();
}

TEST("after an early refusal a long body closes the connection, and the answer can be read")
{
    house();
    int fd = caller();
    static char body[40000];
    memset(body, 'x', sizeof body);
    say(fd, "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 10000000\r\n\r\n");
    CHECK(write(fd, body, sizeof body) == sizeof body);
    turns(5);
    CHECK(write(fd, body, 1000) == 1000);
    turns(5);
    struct str got = hear(fd);
    CHECK(has(got, "connection: close\r\n") && has(got, "\r\n\r\n/a|"));
    close(fd);
    turns(3);
    CHECK_INT(fronts_count(fronts), 0);
    fd = caller();
    say(fd, "POST /b HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 10\r\n\r\n");
    CHECK(has(hear(fd), "connection: close\r\n"));
    close(fd);
    shut();
}

TEST("what cannot be read is refused and closed behind the answer")
{
    house();
    int fd = caller();
    say(fd, "GET /a HTTP/1.1\r\nHost: h\r\nBad Name: 1\r\n\r\nGET /evil HTTP/1.1\r\nHost: h\r\n\r\n");
    struct str got = hear(fd);
    CHECK(has(got, "HTTP/1.1 400 ") && has(got, "connection: close") && has(got, "refused|"));
    CHECK(!times(buf_str(&core.log), "evil"));
    close(fd);
    core.reads_body = true;
    fd = caller();
    say(fd, "POST /b HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n");
    CHECK(has(hear(fd), "late|") && has(buf_str(&core.log), "(body failed "));
    close(fd);
    fd = caller();
    say(fd, "POST /c HTTP/1.1\r\nHost: h\r\nContent-Length: 2000000\r\n\r\n");
    CHECK(has(hear(fd), "late|"));
    close(fd);
    shut();
}

/* ---- leaving ---- */

TEST("a caller who leaves is told at once, whatever the exchange waits for")
{
    static const char *const PARTS[] = { "GET /a HTTP/1.1\r\nHost: h\r\n\r\n",
                                         "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nhel" };
    for (int reset = 0; reset < 2; reset++)
        for (size_t i = 0; i < 2; i++) {
            house();
            core.waits = true;
            core.reads_body = i == 1;
            int fd = caller();
            say(fd, PARTS[i]);
            if (reset)
                setsockopt(fd, SOL_SOCKET, SO_LINGER, &(struct linger){ 1, 0 }, sizeof(struct linger));
            close(fd);
            loop_turn(loop, 1000);
            CHECK(has(buf_str(&core.log), "(left "));
            CHECK_INT(fronts_count(fronts), 0);
            shut();
        }
}

TEST("an exchange whose caller is gone is kept until it is over")
{
    house();
    core.waits = core.late_end = true;
    int fd = caller();
    say(fd, "GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
    struct exchange *x = core.x;
    close(fd);
    turns(5);
    CHECK_INT(fronts_count(fronts), 1);
    CHECK(front_has_room(x));
    world.answer_bytes(&world, x, STR("nobody hears"));
    end(x);
    turns(1);
    CHECK_INT(fronts_count(fronts), 0);
    shut();
}

/* ---- time ---- */

static void wait_ms(unsigned ms)
{
    for (uint64_t until = loop_now_exact_us() + ms * 1000u; loop_now_exact_us() < until;)
        loop_turn(loop, 5);
}

TEST("a late head gets 408, a silent connection is closed without a word, an idle one too")
{
    usual();
    setup.limits.head_ms = setup.limits.idle_ms = 60;
    open_with(NULL);
    int silent = caller(), late = caller(), idle = caller();
    say(late, "GET / HTTP/1.1\r\nHo");
    say(idle, "GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
    CHECK(has(hear(idle), "/a"));
    for (int i = 0; i < 5; i++) {
        wait_ms(20);
        if (i < 2)
            say(late, "s"); /* dripping does not help */
    }
    CHECK_STR(hear(silent), STR("|"));
    CHECK_STR(hear(idle), STR("|"));
    struct str got = hear(late);
    CHECK(has(got, "HTTP/1.1 408 ") && has(got, "refused|"));
    close(silent);
    close(late);
    close(idle);
    shut();
}

static char much[1 << 20];

/* A caller whose answer has begun and is not at its end. */
static int begin_answer(void)
{
    core.waits = true;
    int fd = caller();
    say(fd, "GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
    struct answer_head head = { .status = 200, .has_body = true };
    world.answer_head(&world, core.x, &head);
    return fd;
}

TEST("a caller who takes nothing of the answer is given up")
{
    usual();
    setup.limits.send_stall_ms = 50;
    open_with(NULL);
    int fd = begin_answer();
    for (int i = 0; i < 12; i++)
        world.answer_bytes(&world, core.x, str_of(much, sizeof much));
    CHECK(!front_has_room(core.x));
    wait_ms(150);
    CHECK(has(buf_str(&core.log), "(left "));
    close(fd);
    shut();
}

TEST("a caller who takes nothing does not keep the house from being emptied")
{
    house();
    int fd = begin_answer();
    for (int i = 0; i < 12; i++)
        world.answer_bytes(&world, core.x, str_of(much, sizeof much));
    fronts_cut(fronts);
    turns(5);
    CHECK(has(buf_str(&core.log), "(left ") && fronts_count(fronts) == 1);
    fronts_abort(fronts);
    turns(2);
    CHECK_INT(fronts_count(fronts), 0);
    close(fd);
    shut();
}

TEST("the model server waits while the caller does not read, and is told when it does")
{
    house();
    int fd = begin_answer();
    size_t given = 0;
    for (int i = 0; i < 40 && front_has_room(core.x); i++, given += sizeof much) {
        world.answer_bytes(&world, core.x, str_of(much, sizeof much));
        turns(1);
    }
    CHECK(!front_has_room(core.x) && resumed == 0);
    for (int i = 0; i < 500 && !resumed; i++) {
        hear(fd);
        turns(1);
    }
    CHECK(resumed == 1 && front_has_room(core.x));
    close(fd);
    shut();
}

/* ---- the house ---- */

TEST("at the ceiling an idle connection makes room; without one the new connection is turned away")
{
    usual();
    setup.limits.connections = 2;
    open_with(NULL);
    core.waits = true;
    int busy = caller(), idle = caller();
    say(busy, "GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
    int third = caller();
    CHECK_STR(hear(idle), STR("|"));
    say(third, "GET /b HTTP/1.1\r\nHost: h\r\n\r\n");
    CHECK(has(buf_str(&core.log), "[GET /b]"));
    int fourth = caller();
    struct str got = hear(fourth);
    CHECK(got.len == 1);
    close(busy);
    close(idle);
    close(third);
    close(fourth);
    turns(4);
    shut();
}

TEST("while draining a kept connection may ask once more, and is closed when it does not")
{
    house();
    int asks = caller(), kept = caller(), silent = caller();
    say(kept, "GET /before HTTP/1.1\r\nHost: h\r\n\r\n");
    CHECK(has(hear(kept), "/before"));
    fronts_drain(fronts, 60);
    turns(3);
    CHECK_INT(fronts_count(fronts), 3);
    say(asks, "GET /first HTTP/1.1\r\nHost: h\r\n\r\n");
    say(kept, "GET /second HTTP/1.1\r\nHost: h\r\n\r\n");
    struct str got = hear(asks);
    CHECK(has(got, "connection: close") && has(got, "/first|"));
    got = hear(kept);
    CHECK(has(got, "connection: close") && has(got, "/second|"));
    for (uint64_t end = loop_now_ms(loop) + 200; loop_now_ms(loop) < end;)
        turns(1);
    CHECK_STR(hear(silent), STR("|"));
    close(asks);
    close(kept);
    close(silent);
    shut();
}

TEST("what is kept when draining gets short is closed")
{
    house();
    int idle = caller();
    fronts_drain(fronts, 10000);
    turns(3);
    CHECK_INT(fronts_count(fronts), 1);
    fronts_drain(fronts, 0);
    turns(3);
    CHECK_STR(hear(idle), STR("|"));
    close(idle);
    shut();
}

TEST("draining closes idle connections, lets answers end, and then closes theirs")
{
    house();
    core.waits = true;
    int idle = caller(), busy = caller();
    say(busy, "GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
    fronts_drain(fronts, 0);
    turns(3);
    CHECK_STR(hear(idle), STR("|"));
    CHECK_INT(fronts_count(fronts), 1);
    answer(core.x, 200, STR("done"));
    turns(3);
    struct str got = hear(busy);
    CHECK(has(got, "connection: close") && has(got, "done|"));
    close(idle);
    close(busy);
    shut();
}

/* ---- TLS and what comes before ---- */

TEST("over TLS, behind a PROXY header: address, LinkID, name, HSTS, and an orderly end")
{
    usual();
    struct pki pki;
    struct pki_paths paths;
    struct problems problems;
    pki_init(&pki);
    pki_issue(&pki, "ec", false, "DNS:localhost", &paths);
    problems_init(&problems, STR("t"), STR(""));
    struct identity_files files = { .certificate_path = paths.certificate, .key_path = paths.key };
    struct tls_server *tls =
        tls_server_new(&(struct tls_server_options){ .identities = &files, .identities_count = 1 }, &problems);
    struct cidr all;
    CHECK(cidr_parse(STR("0.0.0.0/0"), &all));
    listener.proxy_nets = (struct nets){ &all, 1 };
    listener.hsts = true;
    open_with(tls);
    core.waits = true;
    int fd = caller();
    say(fd, "PROXY TCP4 203.0.113.9 192.0.2.1 ");
    say(fd, "4711 443\r\n");
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    SSL *ssl = SSL_new(ctx);
    SSL_set_tlsext_host_name(ssl, "localhost");
    SSL_set_connect_state(ssl);
    SSL_set_fd(ssl, fd);
    struct timeval soon = { 0, 2000 };
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof soon);
    int done = 0;
    for (int i = 0; i < 50 && done != 1; i++) {
        done = SSL_do_handshake(ssl);
        turns(2);
    }
    CHECK_INT(done, 1);
    static const char REQUEST[] = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";
    CHECK(SSL_write(ssl, REQUEST, sizeof REQUEST - 1) == sizeof REQUEST - 1);
    turns(4);
    CHECK(core.x != NULL);
    if (core.x) {
        const struct peer *p = core.x->peer;
        CHECK(p->is_tls && p->port == 4711 && p->address.is_v4 && p->address.bytes[12] == 203 &&
              p->address.bytes[15] == 9);
        answer(core.x, 200, STR("body"));
    }
    turns(3);
    char text[2000];
    int n = SSL_read(ssl, text, sizeof text);
    CHECK(n > 0 && has(str_of(text, (size_t)n), "strict-transport-security: max-age=63072000\r\n"));
    /* The caller has begun to send another request when his connection ends: were it closed at once, a reset might take
     * the answer from him. */
    core.reads_body = true;
    CHECK(SSL_write(ssl, REQUEST, sizeof REQUEST - 1) == sizeof REQUEST - 1);
    turns(4);
    CHECK(core.x != NULL);
    SSL_set0_wbio(ssl, BIO_new(BIO_s_mem()));
    CHECK(SSL_write(ssl, REQUEST, sizeof REQUEST - 1) == sizeof REQUEST - 1);
    char *record;
    CHECK(BIO_get_mem_data(SSL_get_wbio(ssl), &record) > 10 && write(fd, record, 10) == 10);
    fronts_drain(fronts, 0);
    turns(2);
    if (core.x)
        answer(core.x, 200, STR("last"));
    turns(4);
    n = SSL_read(ssl, text, sizeof text);
    CHECK(n > 0 && has(str_of(text, (size_t)n), "connection: close\r\n"));
    CHECK_INT(fronts_count(fronts), 1);
    n = SSL_read(ssl, text, sizeof text);
    CHECK(n == 0 && SSL_get_error(ssl, n) == SSL_ERROR_ZERO_RETURN);
    SSL_free(ssl);
    SSL_CTX_free(ctx);
    close(fd);
    shut();
    tls_server_free(tls);
    problems_finish(&problems);
    pki_finish(&pki);
}

TEST("a PROXY header that is none is the end")
{
    usual();
    struct cidr all;
    CHECK(cidr_parse(STR("0.0.0.0/0"), &all));
    listener.proxy_nets = (struct nets){ &all, 1 };
    open_with(NULL);
    int fd = caller();
    say(fd, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    CHECK(hear(fd).len == 1 && buf_len(&core.log) == 0);
    close(fd);
    shut();
}
