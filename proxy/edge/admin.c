/* admin.c - what libmicrohttpd answers on the admin listener. */
#include "proxy/edge/admin.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <microhttpd.h>

#include "proxy/base/buf.h"
#include "proxy/base/log.h"
#include "proxy/base/metric.h"
#include "proxy/edge/listen.h"

enum { CONNECTIONS_MAX = 32, CONNECTION_BYTES = 32 * 1024, TIMEOUT_S = 10, TEXT_BYTES_MAX = 16 << 20 };
enum { PLACES_MAX = 2 * CONNECTIONS_MAX }; /* those that were shut and are not closed yet have one too */

/* A connection. */
struct visitor {
    struct list link; /* in by_age until it is shut */
    int fd;           /* libmicrohttpd's */
};

struct admin {
    struct loop *loop;
    struct MHD_Daemon *daemon;
    struct watch watch; /* libmicrohttpd's own epoll */
    struct timer timeouts;
    char *unix_path; /* owned; NULL for TCP */
    uint16_t port;
    struct list by_age; /* struct visitor, who came or was answered last at the back */
    size_t open;        /* so many */
    struct admin_options options;
};

/* ---- connections ---- */

static void forget(struct admin *a, struct visitor *v)
{
    a->open -= !list_is_empty(&v->link);
    list_remove(&v->link);
}

/* One above the ceiling takes the place of who was answered the longest ago, or came then and never was: a probe is over in less time
 * than it takes to fill all places, so those who say nothing, or a byte now and then, keep none out. */
static void make_room(struct admin *a)
{
    if (a->open <= CONNECTIONS_MAX)
        return;
    struct visitor *oldest = LIST_ENTRY(a->by_age.next, struct visitor, link);
    shutdown(oldest->fd, SHUT_RDWR); /* libmicrohttpd sees its end, and closes it */
    forget(a, oldest);
}

static void came_or_went(void *user, struct MHD_Connection *c, void **visitor, enum MHD_ConnectionNotificationCode what)
{
    struct admin *a = user;
    struct visitor *v = *visitor;
    if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
        if (v)
            forget(a, v);
        free(v);
        return;
    }
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);
    if (!info || !(v = malloc(sizeof *v)))
        return; /* unknown, it is only under libmicrohttpd's own time-out */
    v->fd = info->connect_fd;
    list_push_back(&a->by_age, &v->link);
    a->open++;
    *visitor = v;
    make_room(a);
}

/* ---- answers ---- */

static bool write_metrics(const struct admin *a, struct buf *out)
{
    (void)a;
    return metric_write(out);
}

static bool write_live(const struct admin *a, struct buf *out)
{
    (void)a;
    return buf_add(out, STR("{\"live\":true}\n"));
}

static bool write_ready(const struct admin *a, struct buf *out)
{
    return buf_addf(out, "{\"ready\":%s}\n", a->options.is_ready(a->options.user) ? "true" : "false");
}

#define JSON_TYPE "application/json"
static const struct page {
    const char *path, *type;
    bool (*write)(const struct admin *a, struct buf *out);
    bool is_readiness;
} PAGES[] = {
    { "/metrics", "text/plain; version=0.0.4; charset=utf-8", write_metrics, false },
    { "/livez", JSON_TYPE, write_live, false },
    { "/readyz", JSON_TYPE, write_ready, true },
};

static enum MHD_Result send_text(struct MHD_Connection *c, unsigned status, const char *type, struct str text,
                                 const char *allow)
{
    struct MHD_Response *r =
        MHD_create_response_from_buffer(text.len, (void *)(uintptr_t)text.at, MHD_RESPMEM_MUST_COPY);
    if (!r)
        return MHD_NO;
    bool ok = MHD_add_response_header(r, "Content-Type", type) == MHD_YES &&
              MHD_add_response_header(r, "Cache-Control", "no-store") == MHD_YES &&
              MHD_add_response_header(r, "X-Content-Type-Options", "nosniff") == MHD_YES &&
              (!allow || MHD_add_response_header(r, "Allow", allow) == MHD_YES);
    enum MHD_Result done = ok ? MHD_queue_response(c, status, r) : MHD_NO;
    MHD_destroy_response(r);
    return done;
}

static enum MHD_Result answer(void *user, struct MHD_Connection *c, const char *url, const char *method,
                              const char *version, const char *body, size_t *body_bytes, void **seen)
{
    struct admin *a = user;
    (void)version;
    (void)body;
    static char begun;
    if (!*seen) { /* only the head is there yet */
        *seen = &begun;
        return MHD_YES;
    }
    if (*body_bytes) { /* passed over, then answered */
        *body_bytes = 0;
        return MHD_YES;
    }
    const struct page *page = NULL;
    for (size_t i = 0; i < ARRAY_LEN(PAGES) && !page; i++)
        if (strcmp(url, PAGES[i].path) == 0)
            page = &PAGES[i];
    if (!page)
        return send_text(c, MHD_HTTP_NOT_FOUND, JSON_TYPE,
                         STR("{\"error\":{\"code\":\"not-found\",\"message\":\"There is nothing at this path.\"}}\n"),
                         NULL);
    if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
        return send_text(
            c, MHD_HTTP_METHOD_NOT_ALLOWED, JSON_TYPE,
            STR("{\"error\":{\"code\":\"method-not-allowed\",\"message\":\"This path is for reading.\"}}\n"),
            "GET, HEAD");
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    struct visitor *visitor = info ? info->socket_context : NULL;
    if (visitor && !list_is_empty(&visitor->link)) {
        list_remove(&visitor->link);
        list_push_back(&a->by_age, &visitor->link);
    }
    struct buf out;
    buf_init(&out, TEXT_BYTES_MAX);
    bool fine = !page->is_readiness || a->options.is_ready(a->options.user);
    enum MHD_Result done = page->write(a, &out) ? send_text(c, fine ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE,
                                                            page->type, buf_str(&out), NULL)
                                                : MHD_NO;
    buf_finish(&out);
    return done;
}

/* ---- in the loop ---- */

static void run_daemon(struct admin *a)
{
    MHD_UNSIGNED_LONG_LONG wait_ms;
    MHD_run(a->daemon);
    if (MHD_get_timeout(a->daemon, &wait_ms) == MHD_YES)
        timer_set(a->loop, &a->timeouts, wait_ms);
    else
        timer_cancel(&a->timeouts);
}

static void daemon_ready(struct watch *w, uint32_t events)
{
    (void)events;
    run_daemon(CONTAINER_OF(w, struct admin, watch));
}

static void daemon_timeout(struct timer *t)
{
    run_daemon(CONTAINER_OF(t, struct admin, timeouts));
}

static bool start(struct admin *a, int fd)
{
    a->daemon = MHD_start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, answer, a, MHD_OPTION_LISTEN_SOCKET, fd,
                                 MHD_OPTION_CONNECTION_LIMIT, (unsigned)PLACES_MAX, MHD_OPTION_CONNECTION_TIMEOUT,
                                 (unsigned)TIMEOUT_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES,
                                 MHD_OPTION_NOTIFY_CONNECTION, came_or_went, a, MHD_OPTION_END);
    const union MHD_DaemonInfo *info = a->daemon ? MHD_get_daemon_info(a->daemon, MHD_DAEMON_INFO_EPOLL_FD) : NULL;
    if (!info)
        return false;
    a->watch = (struct watch){ .fd = info->epoll_fd, .ready = daemon_ready };
    return loop_add(a->loop, &a->watch, true);
}

struct admin *admin_new(struct loop *loop, const struct admin_options *options, char why[160])
{
    const char *reason = "no memory";
    struct admin *a = calloc(1, sizeof *a);
    if (!a)
        goto failed;
    a->loop = loop;
    a->options = *options;
    timer_init(&a->timeouts, daemon_timeout);
    list_init(&a->by_age);
    const struct address *at = options->address;
    if (at->unix_path.at && !(a->unix_path = strndup(at->unix_path.at, at->unix_path.len)))
        goto failed;
    /* not dealt: a second gateway must not take half of the first one's probes */
    int fd = at->unix_path.at ? listen_open_unix(at->unix_path, 0600, &reason)
                              : listen_open_tcp(&at->ip, at->port, false, &reason);
    if (fd < 0)
        goto failed;
    a->port = at->unix_path.at ? 0 : listen_port(fd);
    reason = "libmicrohttpd does not start";
    if (start(a, fd))
        return a;
    if (!a->daemon)
        close(fd);
failed:
    snprintf(why, 160, "%s", reason);
    admin_free(a);
    return NULL;
}

void admin_free(struct admin *a)
{
    if (!a)
        return;
    if (a->daemon) {
        loop_remove(&a->watch);
        MHD_stop_daemon(a->daemon);
        if (a->unix_path)
            unlink(a->unix_path);
    }
    timer_cancel(&a->timeouts);
    free(a->unix_path);
    free(a);
}

uint16_t admin_port(const struct admin *a)
{
    return a->port;
}
