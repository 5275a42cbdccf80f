/* stream.c - sockets and TLS as one kind of byte stream. */
#include "proxy/edge/stream_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    READ_PIECE = 16384,
    PIECES_MAX = 16,
    KEEPALIVE_IDLE_S = 120, /* below the 4 minutes after which Azure's load balancers forget a flow */
    KEEPALIVE_EVERY_S = 30,
    KEEPALIVE_TIMES = 3,
};

enum stream_answer stream_broken(struct stream *s, const char *why)
{
    s->ended = STREAM_BROKEN;
    if (!s->why)
        s->why = why;
    return STREAM_BROKEN;
}

/* ---- the socket: what is known of it saves the calls that would only say EAGAIN ---- */

/* recv(2) and send(2) without being places where a thread may be cancelled: where there are threads, as the one that
 * resolves names, those lock twice for each call. */
static ssize_t receive(int fd, void *at, size_t size)
{
    return syscall(SYS_recvfrom, fd, at, size, 0, NULL, NULL);
}

static ssize_t transmit(int fd, const void *at, size_t size)
{
    return syscall(SYS_sendto, fd, at, size, MSG_NOSIGNAL, NULL, 0);
}

ssize_t stream_socket_read(struct stream *s, void *at, size_t size)
{
    if (!s->can_read) {
        errno = EAGAIN;
        return -1;
    }
    ssize_t n;
    do
        n = receive(s->watch.fd, at, size);
    while (n < 0 && errno == EINTR);
    if (n == 0)
        s->has_fin = s->peer_left = true;
    else if (n < 0 && errno == EAGAIN)
        s->can_read = false;
    else if (n > 0 && (size_t)n < size && !s->peer_left)
        s->can_read = false; /* drained: the next byte is a new edge (epoll(7)) */
    return n;
}

ssize_t stream_socket_write(struct stream *s, const struct iovec *pieces, size_t count, size_t total)
{
    if (!s->can_write) {
        errno = EAGAIN;
        return -1;
    }
    struct msghdr message = { .msg_iov = (struct iovec *)(uintptr_t)pieces, .msg_iovlen = count };
    ssize_t n;
    do /* of one piece, as TLS has it, the kernel need not fetch where it is */
        n = count == 1 ? transmit(s->watch.fd, pieces->iov_base, total)
                       : sendmsg(s->watch.fd, &message, MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    if (n >= 0 ? (size_t)n < total : errno == EAGAIN)
        s->can_write = false;
    return n;
}

/* ---- beginning ---- */

static void stream_events(struct watch *w, uint32_t events)
{
    struct stream *s = CONTAINER_OF(w, struct stream, watch);
    if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))
        s->peer_left = true;
    if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR))
        s->can_read = true;
    if (events & (EPOLLOUT | EPOLLHUP | EPOLLERR))
        s->can_write = true;
    if (stream_ahead_read(s))
        loop_defer(w->loop, &s->later);
    else
        s->ready(s);
}

static void be_ready(struct deferred *d)
{
    struct stream *s = CONTAINER_OF(d, struct stream, later);
    s->ready(s);
}

static void set_socket_options(int fd)
{
    static const struct {
        int level, name, value;
    } OPTIONS[] = {
        { SOL_SOCKET, SO_KEEPALIVE, 1 },
        { IPPROTO_TCP, TCP_NODELAY, 1 },
        { IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_IDLE_S },
        { IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_EVERY_S },
        { IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_TIMES },
    };
    for (size_t i = 0; i < ARRAY_LEN(OPTIONS); i++) /* fails harmlessly on a UNIX socket */
        setsockopt(fd, OPTIONS[i].level, OPTIONS[i].name, &OPTIONS[i].value, sizeof OPTIONS[i].value);
}

static void begin(struct stream *s, int fd)
{
    *s = (struct stream){ .ready = s->ready, .ended = STREAM_OK, .watch = { .fd = fd, .ready = stream_events } };
    deferred_init(&s->later, be_ready);
}

static bool give_up(struct stream *s, const char *why)
{
    SSL_free(s->ssl);
    s->ssl = NULL;
    if (s->watch.fd >= 0)
        close(s->watch.fd);
    s->watch.fd = -1;
    stream_broken(s, why);
    return false;
}

bool stream_accept(struct stream *s, struct loop *loop, int fd, SSL *ssl)
{
    begin(s, fd);
    set_socket_options(fd);
    if (ssl && !stream_tls_attach(s, ssl))
        return give_up(s, "out of memory");
    if (fcntl(fd, F_SETFL, O_NONBLOCK) != 0 || !loop_add(loop, &s->watch, false))
        return give_up(s, "socket cannot be watched");
    s->is_open = !ssl;
    s->can_read = s->can_write = true; /* until a call says otherwise */
    return true;
}

bool stream_connect(struct stream *s, struct loop *loop, const struct sockaddr *to, socklen_t to_len, SSL *ssl)
{
    begin(s, socket(to->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (ssl && !stream_tls_attach(s, ssl))
        return give_up(s, "out of memory");
    if (s->watch.fd < 0)
        return give_up(s, "no socket to be had");
    if (to->sa_family != AF_UNIX)
        set_socket_options(s->watch.fd);
    if (connect(s->watch.fd, to, to_len) != 0 && errno != EINPROGRESS)
        return give_up(s, errno == ECONNREFUSED ? "connection refused" : "cannot connect");
    if (!loop_add(loop, &s->watch, false))
        return give_up(s, "socket cannot be watched");
    s->is_connecting = true;
    return true;
}

void stream_start_tls(struct stream *s, SSL *ssl)
{
    s->is_open = false;
    if (!stream_tls_attach(s, ssl))
        stream_broken(s, "out of memory");
}

/* ---- shaking hands ---- */

static const char *connect_failure(int error)
{
    static const struct {
        int error;
        const char *why;
    } KNOWN[] = {
        { ECONNREFUSED, "connection refused" }, { ETIMEDOUT, "connection timed out" },
        { EHOSTUNREACH, "host unreachable" },   { ENETUNREACH, "network unreachable" },
        { ECONNRESET, "connection reset" },
    };
    for (size_t i = 0; i < ARRAY_LEN(KNOWN); i++)
        if (KNOWN[i].error == error)
            return KNOWN[i].why;
    return "cannot connect";
}

enum stream_answer stream_handshake(struct stream *s)
{
    if (s->is_open)
        return STREAM_OK;
    if (s->ended != STREAM_OK)
        return STREAM_BROKEN;
    if (s->is_connecting) {
        if (!s->can_write)
            return STREAM_WAIT;
        int error = 0;
        socklen_t error_len = sizeof error;
        getsockopt(s->watch.fd, SOL_SOCKET, SO_ERROR, &error, &error_len);
        if (error)
            return stream_broken(s, connect_failure(error));
        s->is_connecting = false;
    }
    enum stream_answer answer = s->ssl ? stream_tls_handshake(s) : STREAM_OK;
    if (answer != STREAM_OK)
        return answer;
    s->is_open = true;
    return STREAM_OK;
}

/* ---- reading ---- */

bool stream_may_read(const struct stream *s)
{
    return s->can_read || s->ahead || s->ended != STREAM_OK || s->tls_holds;
}

bool stream_holds_any(const struct stream *s)
{
    return stream_may_read(s) || (s->ssl && SSL_has_pending(s->ssl));
}

static enum stream_answer read_plain(struct stream *s, char *at, size_t size, size_t *n)
{
    ssize_t got = stream_socket_read(s, at, size);
    if (got > 0) {
        *n = (size_t)got;
        return STREAM_OK;
    }
    if (got == 0)
        return s->ended = STREAM_END;
    return errno == EAGAIN ? STREAM_WAIT : stream_broken(s, "connection reset");
}

enum stream_answer stream_read_at(struct stream *s, char *at, size_t size, size_t *n)
{
    assert(s->is_open && size);
    if (s->ahead) {
        *n = stream_ahead_take(s, at, size);
        return STREAM_OK;
    }
    if (s->ended != STREAM_OK)
        return s->ended;
    return s->ssl ? stream_tls_read(s, at, size, n) : read_plain(s, at, size, n);
}

enum stream_answer stream_borrow(struct stream *s, char *room, size_t size, struct str *got, struct stream_ahead **place)
{
    size_t n;
    if ((*place = s->ahead)) {
        *got = stream_ahead_bytes(s->ahead);
        s->ahead = NULL;
        return STREAM_OK;
    }
    enum stream_answer answer = stream_read_at(s, room, size, &n);
    if (answer == STREAM_OK)
        *got = str_of(room, n);
    return answer;
}

enum stream_answer stream_read(struct stream *s, struct buf *into, size_t max)
{
    if (s->ended != STREAM_OK && !s->ahead)
        return s->ended;
    size_t total = 0;
    while (total < max && stream_may_read(s)) { /* no memory is taken when there is nothing to read */
        size_t room = max - total < READ_PIECE ? max - total : READ_PIECE, n;
        char *at = buf_reserve(into, room);
        if (!at)
            return total ? STREAM_OK : stream_broken(s, "no memory for what comes");
        enum stream_answer answer = stream_read_at(s, at, room, &n);
        if (answer != STREAM_OK)
            return total ? STREAM_OK : answer;
        buf_grew(into, n);
        total += n;
    }
    return total ? STREAM_OK : STREAM_WAIT;
}

enum stream_answer stream_peek(struct stream *s, char *at, size_t size, size_t seen, size_t *n)
{
    assert(!s->ssl);
    if (!s->can_read)
        return STREAM_WAIT;
    ssize_t got;
    do
        got = recv(s->watch.fd, at, size, MSG_PEEK);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return errno == EAGAIN ? (s->can_read = false, STREAM_WAIT) : stream_broken(s, "connection reset");
    if (got == 0 || ((size_t)got <= seen && s->peer_left))
        return s->ended = STREAM_END;
    *n = (size_t)got;
    return (size_t)got > seen ? STREAM_OK : STREAM_WAIT;
}

bool stream_skip(struct stream *s, size_t n)
{
    char gone[512];
    while (n) {
        ssize_t got = recv(s->watch.fd, gone, n < sizeof gone ? n : sizeof gone, 0);
        if (got <= 0)
            return false; /* it was peeked at: it is there */
        n -= (size_t)got;
    }
    return true;
}

/* ---- writing ---- */

static enum stream_answer write_plain(struct stream *s, const struct str *pieces, size_t count, size_t *written)
{
    struct iovec vector[PIECES_MAX];
    size_t total = 0;
    for (size_t i = 0; i < count; i++) {
        vector[i] = (struct iovec){ (void *)(uintptr_t)pieces[i].at, pieces[i].len };
        total += pieces[i].len;
    }
    if (!total)
        return STREAM_OK;
    ssize_t n = stream_socket_write(s, vector, count, total);
    if (n < 0)
        return errno == EAGAIN ? STREAM_WAIT : stream_broken(s, "connection reset");
    *written = (size_t)n;
    return (size_t)n == total ? STREAM_OK : STREAM_WAIT;
}

enum stream_answer stream_write(struct stream *s, const struct str *pieces, size_t count, size_t *written)
{
    assert(s->is_open && count <= PIECES_MAX);
    *written = 0;
    if (s->ended == STREAM_BROKEN)
        return STREAM_BROKEN;
    return s->ssl ? stream_tls_write(s, pieces, count, written) : write_plain(s, pieces, count, written);
}

enum stream_answer stream_write_buf(struct stream *s, struct buf *from)
{
    struct str all = buf_str(from);
    size_t written;
    enum stream_answer answer = stream_write(s, &all, 1, &written);
    buf_take(from, written);
    return answer;
}

/* ---- the end ---- */

void stream_shutdown(struct stream *s)
{
    if (stream_is_closed(s))
        return;
    if (s->ssl)
        stream_tls_goodbye(s);
    shutdown(s->watch.fd, SHUT_WR);
}

static void close_now(struct stream *s)
{
    stream_ahead_drop(s);
    deferred_cancel(&s->later);
    loop_remove(&s->watch);
    if (s->ssl) {
        /* OpenSSL makes a session unusable when its connection was not shut down; a cut socket says nothing against it.
         */
        if (s->is_open && (s->ended != STREAM_BROKEN || s->was_cut))
            SSL_set_shutdown(s->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
        SSL_free(s->ssl);
        s->ssl = NULL;
    }
    close(s->watch.fd);
    s->watch.fd = -1;
    s->is_open = false;
    stream_broken(s, "closed");
}

void stream_close(struct stream *s)
{
    if (stream_is_closed(s))
        return;
    if (s->ssl)
        stream_tls_goodbye(s);
    close_now(s);
}

void stream_abort(struct stream *s)
{
    if (stream_is_closed(s))
        return;
    if (!s->ssl) {
        struct linger reset = { .l_onoff = 1, .l_linger = 0 };
        setsockopt(s->watch.fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    }
    close_now(s);
}
