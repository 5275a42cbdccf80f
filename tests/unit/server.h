/* server.h - a small blocking server on the loopback for tests: one thread a connection, steered by a function. */
#ifndef UNIT_SERVER_H
#define UNIT_SERVER_H

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proxy/loop/loop.h"
#include "tests/harness/check.h"

enum { SERVER_TALKS_MAX = 256, SERVER_REQUEST_BYTES = 1 << 20 };

struct server;

/* One connection, in its own thread. */
struct talk {
    struct server *server;
    int fd, number; /* from 1 */
    SSL *ssl;
    pthread_t thread;
    char *request; /* the last one, NUL-terminated */
    size_t have, used;
};

struct server {
    void (*serve)(struct talk *t);
    uint16_t port;
    SSL_CTX *ctx;                                    /* NULL: plain */
    atomic_int connections, requests, gone, resumed; /* gone: ends of the peer that a talk saw */
    int listener;
    pthread_t thread;
    struct talk talks[SERVER_TALKS_MAX];
};

UNUSED static ssize_t talk_get(struct talk *t, void *at, size_t size)
{
    return t->ssl ? SSL_read(t->ssl, at, (int)size) : recv(t->fd, at, size, 0);
}

UNUSED static void talk_say_bytes(struct talk *t, struct str s)
{
    while (s.len) {
        ssize_t n = t->ssl ? SSL_write(t->ssl, s.at, (int)s.len) : send(t->fd, s.at, s.len, MSG_NOSIGNAL);
        if (n <= 0)
            return;
        s = str_from(s, (size_t)n);
    }
}

UNUSED static void talk_say(struct talk *t, const char *text)
{
    talk_say_bytes(t, str_c(text));
}

UNUSED static void talk_pause(unsigned ms)
{
    usleep(ms * 1000);
}

/* Waits until the peer leaves. */
UNUSED static void talk_wait_gone(struct talk *t)
{
    char rest[4096];
    while (talk_get(t, rest, sizeof rest) > 0)
        ;
    atomic_fetch_add(&t->server->gone, 1);
}

UNUSED static void talk_reset(struct talk *t)
{
    struct linger reset = { .l_onoff = 1 };
    setsockopt(t->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
}

/* Reads a whole request with a Content-Length; false when the peer left. */
UNUSED static bool talk_hear(struct talk *t)
{
    if (!t->request)
        t->request = malloc(SERVER_REQUEST_BYTES + 1);
    memmove(t->request, t->request + t->used, t->have - t->used);
    t->have -= t->used;
    t->used = 0;
    for (;;) {
        t->request[t->have] = '\0';
        const char *end = strstr(t->request, "\r\n\r\n");
        if (end) {
            const char *length = strcasestr(t->request, "\r\ncontent-length:");
            size_t whole =
                (size_t)(end + 4 - t->request) + (length && length < end ? strtoul(length + 17, NULL, 10) : 0);
            if (t->have >= whole) {
                t->used = whole;
                atomic_fetch_add(&t->server->requests, 1);
                return true;
            }
        }
        ssize_t n = talk_get(t, t->request + t->have, SERVER_REQUEST_BYTES - t->have);
        if (n <= 0) {
            atomic_fetch_add(&t->server->gone, 1);
            return false;
        }
        t->have += (size_t)n;
    }
}

UNUSED static void *server_talk(void *argument)
{
    struct talk *t = argument;
    if (t->server->ctx) {
        t->ssl = SSL_new(t->server->ctx);
        SSL_set_fd(t->ssl, t->fd);
        if (SSL_accept(t->ssl) != 1)
            goto out;
        if (SSL_session_reused(t->ssl))
            atomic_fetch_add(&t->server->resumed, 1);
    }
    t->server->serve(t);
out:
    ERR_clear_error();
    SSL_free(t->ssl);
    t->ssl = NULL;
    shutdown(t->fd, SHUT_WR);
    close(t->fd);
    t->fd = -1;
    free(t->request);
    return NULL;
}

/* A talk that ends in order says so: close_notify. */
UNUSED static void talk_goodbye(struct talk *t)
{
    if (t->ssl)
        SSL_shutdown(t->ssl);
}

UNUSED static void *server_accept(void *argument)
{
    struct server *s = argument;
    int fd;
    while ((fd = accept(s->listener, NULL, NULL)) >= 0) {
        int number = atomic_fetch_add(&s->connections, 1) + 1;
        assert(number <= SERVER_TALKS_MAX);
        struct talk *t = &s->talks[number - 1];
        *t = (struct talk){ .server = s, .fd = fd, .number = number };
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
        if (pthread_create(&t->thread, NULL, server_talk, t) != 0)
            abort();
    }
    return NULL;
}

UNUSED static void server_start(struct server *s, void (*serve)(struct talk *t), const char *certificate,
                                const char *key)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
    socklen_t len = sizeof address;
    signal(SIGPIPE, SIG_IGN);
    *s = (struct server){ .serve = serve };
    if (certificate) {
        s->ctx = SSL_CTX_new(TLS_server_method());
        CHECK(SSL_CTX_use_certificate_chain_file(s->ctx, certificate) == 1);
        CHECK(SSL_CTX_use_PrivateKey_file(s->ctx, key, SSL_FILETYPE_PEM) == 1);
        SSL_CTX_set_session_id_context(s->ctx, (const unsigned char *)"test", 4);
    }
    s->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(bind(s->listener, (struct sockaddr *)&address, len) == 0 && listen(s->listener, 100) == 0);
    CHECK(getsockname(s->listener, (struct sockaddr *)&address, &len) == 0);
    s->port = ntohs(address.sin_port);
    CHECK(pthread_create(&s->thread, NULL, server_accept, s) == 0);
}

UNUSED static void server_stop(struct server *s)
{
    shutdown(s->listener, SHUT_RDWR);
    pthread_join(s->thread, NULL);
    for (int i = 0; i < s->connections; i++) {
        if (s->talks[i].fd >= 0)
            shutdown(s->talks[i].fd, SHUT_RDWR);
        pthread_join(s->talks[i].thread, NULL);
    }
    close(s->listener);
    SSL_CTX_free(s->ctx);
}

#endif
