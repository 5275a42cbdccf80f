/* test_stream.c - two streams in one loop, plain and TLS: bytes, back-pressure, ends of every kind. */
#include <arpa/inet.h>
#include <openssl/err.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "proxy/edge/stream.h"
#include "tests/unit/pki.h"

/* One side of a connection that reads what it gets and writes what it has. */
struct side {
    struct stream stream;
    struct buf in, out;
    enum stream_answer ended; /* the first answer but OK and WAIT */
    bool holds;               /* reads nothing for now */
    unsigned readies;
};

static struct loop *loop;

static void side_go(struct side *s)
{
    enum stream_answer answer = stream_handshake(&s->stream);
    if (answer == STREAM_BROKEN && s->ended == STREAM_OK)
        s->ended = answer;
    if (answer != STREAM_OK)
        return;
    while (!s->holds && (answer = stream_read(&s->stream, &s->in, 100000)) == STREAM_OK)
        ;
    if (!s->holds && answer != STREAM_WAIT && s->ended == STREAM_OK)
        s->ended = answer;
    if (buf_len(&s->out))
        (void)stream_write_buf(&s->stream, &s->out);
}

static void side_ready(struct stream *stream)
{
    struct side *s = CONTAINER_OF(stream, struct side, stream);
    s->readies++;
    side_go(s);
}

static void side_init(struct side *s)
{
    *s = (struct side){ .stream = { .ready = side_ready } };
    buf_init(&s->in, 16 << 20);
    buf_init(&s->out, 16 << 20);
}

static int listener;
static struct sockaddr_in address;

static void listen_somewhere(void)
{
    address = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
    socklen_t len = sizeof address;
    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(bind(listener, (struct sockaddr *)&address, len) == 0 && listen(listener, 10) == 0);
    CHECK(getsockname(listener, (struct sockaddr *)&address, &len) == 0);
}

static void turns(int n)
{
    while (n-- > 0)
        loop_turn(loop, 5);
}

static void connect_both(struct side *client, struct side *server, SSL *client_ssl, SSL *server_ssl)
{
    side_init(client);
    side_init(server);
    CHECK(stream_connect(&client->stream, loop, (struct sockaddr *)&address, sizeof address, client_ssl));
    int fd = accept(listener, NULL, NULL);
    CHECK(fd >= 0 && stream_accept(&server->stream, loop, fd, server_ssl));
    turns(8);
}

static void begin(void)
{
    loop = loop_new();
    listen_somewhere();
}

static void finish(struct side *client, struct side *server)
{
    stream_close(&client->stream);
    stream_close(&server->stream);
    buf_finish(&client->in);
    buf_finish(&client->out);
    buf_finish(&server->in);
    buf_finish(&server->out);
    close(listener);
    loop_free(loop);
}

/* ---- TLS by hand: the contexts of tls.h have tests of their own ---- */

static void tls_pair(SSL **client, SSL **server)
{
    static EVP_PKEY *key;
    static X509 *certificate;
    static SSL_CTX *client_ctx, *server_ctx;
    if (!key) {
        key = EVP_EC_gen("P-256");
        certificate = pki_sign(key, "localhost", "DNS:localhost", NULL, NULL);
        client_ctx = SSL_CTX_new(TLS_client_method());
        server_ctx = SSL_CTX_new(TLS_server_method());
        CHECK(SSL_CTX_use_cert_and_key(server_ctx, certificate, key, NULL, 1) == 1);
        long mode = SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER;
        SSL_CTX_set_mode(client_ctx, mode);
        SSL_CTX_set_mode(server_ctx, mode);
        SSL_CTX_set_read_ahead(client_ctx, 1);
        SSL_CTX_set_read_ahead(server_ctx, 1);
    }
    *client = SSL_new(client_ctx);
    *server = SSL_new(server_ctx);
    SSL_set_connect_state(*client);
    SSL_set_accept_state(*server);
}

static void connect_kind(bool tls, struct side *client, struct side *server)
{
    SSL *client_ssl = NULL, *server_ssl = NULL;
    begin();
    if (tls)
        tls_pair(&client_ssl, &server_ssl);
    connect_both(client, server, client_ssl, server_ssl);
    CHECK(client->stream.is_open && server->stream.is_open);
}

static void fill(struct buf *b, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char c = (char)(i * 7 + i / 251);
        CHECK(buf_add(b, str_of(&c, 1)));
    }
}

TEST("bytes go both ways and the stream says when there are no more")
{
    for (int tls = 0; tls < 2; tls++) {
        struct side client, server;
        connect_kind(tls, &client, &server);
        CHECK(buf_add(&client.out, STR("GET /")));
        side_go(&client);
        turns(2);
        CHECK_STR(buf_str(&server.in), STR("GET /"));
        CHECK(!stream_may_read(&server.stream));
        size_t written;
        const struct str pieces[] = { STR("head"), STR(""), STR("body"), STR("tail") };
        CHECK(stream_write(&server.stream, pieces, 4, &written) == STREAM_OK);
        CHECK_INT(written, 12);
        turns(2);
        CHECK_STR(buf_str(&client.in), STR("headbodytail"));
        finish(&client, &server);
    }
}

TEST("a reader that holds makes the writer wait, and everything arrives when it reads on")
{
    for (int tls = 0; tls < 2; tls++) {
        struct side client, server;
        connect_kind(tls, &client, &server);
        struct buf wanted;
        buf_init(&wanted, 16 << 20);
        fill(&wanted, 6000000);
        client.holds = true;
        CHECK(buf_add(&server.out, buf_str(&wanted)));
        side_go(&server);
        turns(50);
        CHECK(buf_len(&server.out) > 0 && buf_len(&client.in) == 0);
        CHECK(stream_write_buf(&server.stream, &server.out) == STREAM_WAIT);
        client.holds = false;
        side_go(&client);
        for (int i = 0; i < 5000 && buf_len(&client.in) < buf_len(&wanted); i++)
            turns(1);
        CHECK(str_eq(buf_str(&client.in), buf_str(&wanted)));
        buf_finish(&wanted);
        finish(&client, &server);
    }
}

TEST("pieces of every size are gathered into records and arrive in order")
{
    static const size_t SIZES[] = { 1, 16383, 2, 16384, 0, 5, 40000, 3, 16000, 400 };
    struct side client, server;
    connect_kind(true, &client, &server);
    struct buf wanted;
    buf_init(&wanted, 16 << 20);
    size_t total = 0;
    for (size_t i = 0; i < ARRAY_LEN(SIZES); i++)
        total += SIZES[i];
    fill(&wanted, total);
    struct str pieces[ARRAY_LEN(SIZES)], rest = buf_str(&wanted);
    for (size_t i = 0; i < ARRAY_LEN(SIZES); i++) {
        pieces[i] = str_first(rest, SIZES[i]);
        rest = str_from(rest, SIZES[i]);
    }
    size_t written;
    CHECK(stream_write(&server.stream, pieces, ARRAY_LEN(SIZES), &written) == STREAM_OK);
    CHECK_INT(written, total);
    turns(10);
    CHECK(str_eq(buf_str(&client.in), buf_str(&wanted)));
    buf_finish(&wanted);
    finish(&client, &server);
}

TEST("what was decrypted ahead of its reader is taken in pieces of any size, before an end, and in more streams than there is room for")
{
    enum { PAIRS = 80 };
    static struct side clients[PAIRS], servers[PAIRS];
    SSL *client_ssl, *server_ssl;
    begin();
    for (int i = 0; i < PAIRS; i++) {
        tls_pair(&client_ssl, &server_ssl);
        connect_both(&clients[i], &servers[i], client_ssl, server_ssl);
        servers[i].holds = true;
        servers[i].readies = 0;
    }
    for (int i = 0; i < PAIRS; i++) {
        CHECK(buf_add(&clients[i].out, STR("0123456789")));
        side_go(&clients[i]);
        stream_close(&clients[i].stream);
    }
    turns(3);
    for (int i = 0; i < PAIRS; i++) {
        struct stream *s = &servers[i].stream;
        char at[10];
        size_t n = 0;
        CHECK(servers[i].readies > 0 && stream_may_read(s));
        CHECK(stream_read_at(s, at, 3, &n) == STREAM_OK && n == 3);
        CHECK(stream_read_at(s, at + 3, 1, &n) == STREAM_OK && n == 1);
        if (i % 2) { /* the others are closed with bytes that nobody has taken */
            CHECK(stream_read_at(s, at + 4, 6, &n) == STREAM_OK && n == 6);
            CHECK_STR(str_of(at, 10), STR("0123456789"));
            CHECK(stream_read_at(s, at, 1, &n) == STREAM_END);
        }
        stream_close(s);
        buf_finish(&clients[i].in);
        buf_finish(&clients[i].out);
    }
    struct side client, server;
    close(listener);
    loop_free(loop);
    connect_kind(true, &client, &server);
    CHECK(buf_add(&client.out, STR("again")));
    side_go(&client);
    turns(2);
    CHECK_STR(buf_str(&server.in), STR("again"));
    finish(&client, &server);
}

/* What comes of a half is for no read, and yet a socket that is closed now may answer it with a reset. */
TEST("half a record is nothing to read, but it is held")
{
    struct side client, server;
    char *record;
    connect_kind(true, &client, &server);
    CHECK(!stream_holds_any(&server.stream));
    SSL_set0_wbio(client.stream.ssl, BIO_new(BIO_s_mem()));
    CHECK(SSL_write(client.stream.ssl, "whole", 5) == 5);
    ssize_t len = BIO_get_mem_data(SSL_get_wbio(client.stream.ssl), &record);
    CHECK(len > 10 && write(client.stream.watch.fd, record, 10) == 10);
    turns(2);
    CHECK(!stream_may_read(&server.stream) && stream_holds_any(&server.stream));
    CHECK(buf_len(&server.in) == 0 && server.ended == STREAM_OK);
    CHECK(write(client.stream.watch.fd, record + 10, (size_t)len - 10) == len - 10);
    turns(2);
    CHECK_STR(buf_str(&server.in), STR("whole"));
    CHECK(!stream_holds_any(&server.stream));
    finish(&client, &server);
}

TEST("who is closed by another one's turn is not called with what was decrypted for it")
{
    struct side client, server;
    connect_kind(true, &client, &server);
    CHECK(buf_add(&client.out, STR("late")));
    side_go(&client);
    unsigned readies = server.readies;
    struct watch *w = &server.stream.watch;
    w->ready(w, EPOLLIN); /* decrypted, and to be called in this turn */
    stream_close(&server.stream);
    turns(2);
    CHECK_INT(server.readies, readies);
    finish(&client, &server);
}

TEST("an orderly end is STREAM_END, after the last bytes, and is told at once")
{
    for (int tls = 0; tls < 2; tls++) {
        struct side client, server;
        connect_kind(tls, &client, &server);
        CHECK(buf_add(&client.out, STR("bye")));
        side_go(&client);
        stream_close(&client.stream);
        loop_turn(loop, 1000);
        turns(1);
        CHECK(server.stream.peer_left && server.ended == STREAM_END);
        CHECK_STR(buf_str(&server.in), STR("bye"));
        finish(&client, &server);
    }
}

TEST("a half-closed peer still gets its answer")
{
    for (int tls = 0; tls < 2; tls++) {
        struct side client, server;
        connect_kind(tls, &client, &server);
        CHECK(buf_add(&client.out, STR("question")));
        side_go(&client);
        stream_shutdown(&client.stream);
        turns(2);
        CHECK(server.ended == STREAM_END);
        CHECK(buf_add(&server.out, STR("answer")));
        CHECK(stream_write_buf(&server.stream, &server.out) == STREAM_OK);
        stream_close(&server.stream);
        turns(2);
        CHECK_STR(buf_str(&client.in), STR("answer"));
        CHECK(client.ended == STREAM_END);
        finish(&client, &server);
    }
}

TEST("errors that somebody else has left with OpenSSL are not taken for a connection's")
{
    struct side client, server;
    connect_kind(true, &client, &server);
    char at[10];
    size_t n = 0;
    server.holds = true;
    ERR_raise(ERR_LIB_USER, 1);
    server.stream.can_read = true; /* so that OpenSSL is asked */
    CHECK(stream_read_at(&server.stream, at, sizeof at, &n) == STREAM_WAIT);
    client.holds = true;
    fill(&server.out, 6000000);
    CHECK(stream_write_buf(&server.stream, &server.out) == STREAM_WAIT && buf_len(&server.out) > 0);
    CHECK(stream_write_buf(&server.stream, &server.out) == STREAM_WAIT);
    client.holds = false;
    side_go(&client);
    for (int i = 0; i < 5000 && buf_len(&client.in) < 6000000; i++) {
        ERR_raise(ERR_LIB_USER, 2);
        turns(1);
    }
    CHECK_INT(buf_len(&client.in), 6000000);
    stream_close(&client.stream);
    ERR_raise(ERR_LIB_USER, 3);
    server.holds = false;
    turns(2);
    CHECK(server.ended == STREAM_END);
    ERR_clear_error();
    finish(&client, &server);
}

TEST("a fatal alert of the peer is broken, not an end")
{
    struct side client, server;
    connect_kind(true, &client, &server);
    CHECK(write(client.stream.watch.fd, "\x17\x03\x03\x00\x14" "twenty bytes of none", 25) == 25); /* not what it encrypted */
    turns(4);
    CHECK(server.ended == STREAM_BROKEN && client.ended == STREAM_BROKEN);
    CHECK(strstr(client.stream.why, "alert"));
    finish(&client, &server);
}

TEST("TLS that is cut without close_notify is broken, never an end")
{
    struct side client, server;
    connect_kind(true, &client, &server);
    stream_abort(&client.stream);
    turns(2);
    CHECK(server.ended == STREAM_BROKEN && server.stream.was_cut);
    CHECK_STR(str_c(server.stream.why), STR("closed without close_notify"));
    finish(&client, &server);
}

TEST("a plain connection that is aborted is reset")
{
    struct side client, server;
    connect_kind(false, &client, &server);
    stream_abort(&client.stream);
    turns(2);
    CHECK(server.ended == STREAM_BROKEN && server.stream.peer_left);
    CHECK_STR(str_c(server.stream.why), STR("connection reset"));
    finish(&client, &server);
}

TEST("a port where nobody listens and a peer that speaks no TLS are broken with a reason")
{
    struct side client, server;
    begin();
    close(listener);
    side_init(&client);
    side_init(&server);
    if (stream_connect(&client.stream, loop, (struct sockaddr *)&address, sizeof address, NULL))
        turns(3);
    CHECK(client.stream.why && str_eq(str_c(client.stream.why), STR("connection refused")));
    stream_close(&client.stream);
    listen_somewhere();
    SSL *client_ssl, *server_ssl;
    tls_pair(&client_ssl, &server_ssl);
    connect_both(&client, &server, NULL, server_ssl);
    CHECK(buf_add(&client.out, STR("GET / HTTP/1.1\r\n\r\n")));
    side_go(&client);
    turns(3);
    CHECK(server.ended == STREAM_BROKEN && !server.stream.is_open);
    CHECK_STR(str_c(server.stream.why), STR("http request"));
    SSL_free(client_ssl);
    finish(&client, &server);
}

TEST("what comes before TLS is peeked at and skipped, then the handshake begins")
{
    struct side client, server;
    SSL *client_ssl, *server_ssl;
    char at[64];
    size_t n = 0;
    begin();
    tls_pair(&client_ssl, &server_ssl);
    side_init(&client);
    side_init(&server);
    server.holds = true;
    CHECK(stream_connect(&client.stream, loop, (struct sockaddr *)&address, sizeof address, NULL));
    int fd = accept(listener, NULL, NULL);
    CHECK(stream_accept(&server.stream, loop, fd, NULL));
    CHECK(stream_peek(&server.stream, at, sizeof at, 0, &n) == STREAM_WAIT);
    turns(2);
    CHECK(write(client.stream.watch.fd, "PRO", 3) == 3);
    turns(1);
    CHECK(stream_peek(&server.stream, at, sizeof at, 0, &n) == STREAM_OK && n == 3);
    CHECK(stream_peek(&server.stream, at, sizeof at, 3, &n) == STREAM_WAIT);
    CHECK(write(client.stream.watch.fd, "XY\r\n", 4) == 4);
    turns(1);
    CHECK(stream_peek(&server.stream, at, sizeof at, 3, &n) == STREAM_OK && n == 7);
    CHECK(stream_skip(&server.stream, 7));
    server.holds = false;
    stream_start_tls(&client.stream, client_ssl);
    stream_start_tls(&server.stream, server_ssl);
    side_go(&client);
    side_go(&server);
    turns(5);
    CHECK(client.stream.is_open && server.stream.is_open);
    CHECK(buf_add(&client.out, STR("inside")));
    side_go(&client);
    turns(2);
    CHECK_STR(buf_str(&server.in), STR("inside"));
    finish(&client, &server);
}
