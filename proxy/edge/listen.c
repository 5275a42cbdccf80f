/* listen.c - bind and listen; accept in bounded turns, and pause when there are no descriptors. */
#include "proxy/edge/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "proxy/edge/socket_address.h"

enum {
    BACKLOG = 4096,      /* the kernel takes net.core.somaxconn when that is less */
    ACCEPTS_A_TURN = 64, /* then those who are connected have their turn */
    PAUSE_MS = 100,
};

static int fail(int fd, const char *what, const char **why)
{
    *why = what ? what : strerror(errno);
    if (fd >= 0)
        close(fd);
    return -1;
}

int listen_open_tcp(const struct ip_address *ip, uint16_t port, bool is_dealt, const char **why)
{
    static const int ON = 1;
    struct sockaddr_storage to;
    socklen_t to_len = socket_address_of(ip, port, &to);
    int fd = socket(to.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &ON, sizeof ON) != 0 ||
        (is_dealt && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &ON, sizeof ON) != 0) ||
        bind(fd, (const struct sockaddr *)&to, to_len) != 0 || listen(fd, BACKLOG) != 0)
        return fail(fd, NULL, why);
    return fd;
}

/* Takes away a socket that nobody serves any more. False when the path is something else, or in use. */
static bool clear_path(const struct sockaddr_un *to, const char **why)
{
    struct stat st;
    if (lstat(to->sun_path, &st) != 0) {
        *why = strerror(errno);
        return errno == ENOENT;
    }
    *why = "there is a file of that name that is no socket";
    if (!S_ISSOCK(st.st_mode))
        return false;
    int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    bool is_dead = probe >= 0 && connect(probe, (const struct sockaddr *)to, sizeof *to) != 0 && errno == ECONNREFUSED;
    if (probe >= 0)
        close(probe);
    *why = "somebody listens there";
    return is_dead && unlink(to->sun_path) == 0;
}

int listen_open_unix(struct str path, unsigned mode, const char **why)
{
    struct sockaddr_un to = { .sun_family = AF_UNIX };
    if (!path.len || path.len >= sizeof to.sun_path || str_has(path, '\0'))
        return fail(-1, "the path of a socket has 1 to 107 bytes", why);
    memcpy(to.sun_path, path.at, path.len);
    if (!clear_path(&to, why))
        return -1;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    mode_t before = umask(0777); /* never more open than it will be */
    bool bound = fd >= 0 && bind(fd, (const struct sockaddr *)&to, sizeof to) == 0;
    umask(before);
    if (!bound || chmod(to.sun_path, mode & 0777) != 0 || listen(fd, BACKLOG) != 0)
        return fail(fd, NULL, why);
    return fd;
}

uint16_t listen_port(int fd)
{
    struct sockaddr_storage at = { 0 };
    struct ip_address ip;
    uint16_t port;
    socklen_t len = sizeof at;
    if (getsockname(fd, (struct sockaddr *)&at, &len) != 0)
        return 0;
    socket_address_read((const struct sockaddr *)&at, &ip, &port);
    return port;
}

/* ---- accepting ---- */

/* Without descriptors or memory those who wait go on waiting in the backlog; looking again at once would spin. */
static void rest(struct listening *l)
{
    loop_remove(&l->watch);
    timer_set(l->loop, &l->pause, PAUSE_MS);
}

static void pause_over(struct timer *t)
{
    struct listening *l = CONTAINER_OF(t, struct listening, pause);
    if (!loop_add(l->loop, &l->watch, true))
        timer_set(l->loop, &l->pause, PAUSE_MS);
}

static void accept_some(struct watch *w, uint32_t events)
{
    (void)events;
    struct listening *l = CONTAINER_OF(w, struct listening, watch);
    for (int i = 0; i < ACCEPTS_A_TURN && l->watch.loop; i++) {
        struct sockaddr_storage at = { 0 };
        socklen_t len = sizeof at;
        int fd = accept4(l->watch.fd, (struct sockaddr *)&at, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            struct ip_address from;
            uint16_t port;
            socket_address_read((const struct sockaddr *)&at, &from, &port); /* of a UNIX socket: none */
            l->accepted(l, fd, &from, port);
        } else if (errno == EAGAIN) {
            return;
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            rest(l);
        } /* else: that one left before it was accepted (accept(2)) */
    }
}

bool listen_start(struct listening *l, struct loop *loop, int fd)
{
    *l = (struct listening){ .accepted = l->accepted, .loop = loop, .watch = { .fd = fd, .ready = accept_some } };
    timer_init(&l->pause, pause_over);
    return loop_add(loop, &l->watch, true);
}

void listen_stop(struct listening *l)
{
    if (!l->loop)
        return;
    timer_cancel(&l->pause);
    loop_remove(&l->watch);
    close(l->watch.fd);
    l->loop = NULL;
}
