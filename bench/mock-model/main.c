/* main.c - mock-model: a model server that behaves as it is told, on the project's own loop and codec. */
#include "connection.h"

#include "proxy/edge/tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

static const char HELP[] =
    "mock-model - plays Azure OpenAI, OpenAI and an Azure ML endpoint, for tests and benchmarks\n\n"
    "usage: mock-model [--port N] [--tls-port N --tls-cert FILE --tls-key FILE] [--ready-file FILE] [--no-journal] [--stamp]\n"
    "                  [--tokens N] [--interval-ms N] [--answer-bytes N] [--first-byte-ms N]\n\n"
    "Listens on 127.0.0.1 (port 0, the default: any free port). Prints `ready http://127.0.0.1:PORT [https://…]`.\n\n"
    "  POST /admin/steer     {\"mode\": NAME, \"model\": NAME or \"*\", \"times\": N, …settings}\n"
    "  POST /admin/settings  {\"tokens\", \"interval_ms\", \"first_byte_ms\", \"answer_bytes\", \"delay_ms\", \"retry_after_ms\",\n"
    "                         \"echo\", \"stamp\", \"prose\", \"journal\", \"require_bearer\", \"require_key\"}\n"
    "  POST /admin/reset     GET /admin/journal     GET /admin/counts\n\nModes:\n"
#define MODE(name, about) "  " #name ": " about "\n"
#include "modes.def"
#undef MODE
    ;

struct port {
    struct watch watch;
    struct loop *loop;
    struct tls_server *tls;
};

static struct loop *main_loop;

static void accept_ready(struct watch *w, uint32_t events)
{
    struct port *p = CONTAINER_OF(w, struct port, watch);
    (void)events;
    for (int i = 0; i < 256; i++) {
        int fd = accept4(w->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0)
            return;
        SSL *ssl = p->tls ? tls_server_ssl(p->tls) : NULL;
        connection_accept(p->loop, fd, ssl);
    }
}

static unsigned listen_on(struct loop *loop, struct port *p, uint16_t port, struct tls_server *tls)
{
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof to;
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (fd < 0 || bind(fd, (struct sockaddr *)&to, sizeof to) || listen(fd, 4096) ||
        getsockname(fd, (struct sockaddr *)&to, &len)) {
        fprintf(stderr, "mock-model: cannot listen on 127.0.0.1:%u: %s\n", port, strerror(errno));
        exit(3);
    }
    *p = (struct port){ .watch = { .fd = fd, .ready = accept_ready }, .loop = loop, .tls = tls };
    if (!loop_add(loop, &p->watch, true))
        abort();
    return ntohs(to.sin_port);
}

static void stop(int signal_number)
{
    (void)signal_number;
    loop_stop(main_loop);
}

static uint64_t number(const char *text)
{
    uint64_t n;
    if (!str_to_u64(str_c(text), &n)) {
        fprintf(stderr, "mock-model: not a number: %s\n", text);
        exit(2);
    }
    return n;
}

static struct tls_server *make_tls(const char *cert, const char *key)
{
    struct problems problems;
    problems_init(&problems, STR("mock-model"), STR_NONE);
    struct identity_files files = { .certificate_path = cert, .key_path = key };
    struct tls_server_options options = { .identities = &files, .identities_count = 1 };
    struct tls_server *tls = tls_server_new(&options, &problems);
    if (!tls) {
        struct buf out;
        buf_init(&out, 100000);
        if (problems_print(&problems, &out))
            fwrite(buf_str(&out).at, 1, buf_len(&out), stderr);
        exit(3);
    }
    problems_finish(&problems);
    return tls;
}

int main(int argc, char **argv)
{
    static const struct option OPTIONS[] = {
        { "port", 1, NULL, 'p' },       { "tls-port", 1, NULL, 'P' },    { "tls-cert", 1, NULL, 'c' },
        { "tls-key", 1, NULL, 'k' },    { "ready-file", 1, NULL, 'r' },  { "no-journal", 0, NULL, 'J' }, { "stamp", 0, NULL, 's' },
        { "tokens", 1, NULL, 't' },     { "interval-ms", 1, NULL, 'i' }, { "answer-bytes", 1, NULL, 'b' },
        { "first-byte-ms", 1, NULL, 'f' }, { "help", 0, NULL, 'h' },     { NULL, 0, NULL, 0 },
    };
    const char *cert = NULL, *key = NULL, *ready_file = NULL;
    uint64_t port = 0, tls_port = 0;
    for (int o; (o = getopt_long(argc, argv, "h", OPTIONS, NULL)) != -1;) {
        switch (o) {
        case 'p': port = number(optarg); break;
        case 'P': tls_port = number(optarg); break;
        case 'c': cert = optarg; break;
        case 'k': key = optarg; break;
        case 'r': ready_file = optarg; break;
        case 'J': settings.journal = false; break;
        case 's': settings.stamp = true; break;
        case 't': settings.tokens = number(optarg); break;
        case 'i': settings.interval_ms = number(optarg); break;
        case 'b': settings.answer_bytes = number(optarg); break;
        case 'f': settings.first_byte_ms = number(optarg); break;
        case 'h': fputs(HELP, stdout); return 0;
        default: fputs(HELP, stderr); return 2;
        }
    }
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    signal(SIGPIPE, SIG_IGN);
    signal(SIGTERM, stop);
    signal(SIGINT, stop);
    main_loop = loop_new();
    static struct port plain, tls;
    char line[200];
    int len = snprintf(line, sizeof line, "ready http://127.0.0.1:%u", listen_on(main_loop, &plain, (uint16_t)port, NULL));
    if (cert && key)
        snprintf(line + len, sizeof line - (size_t)len, " https://localhost:%u",
                 listen_on(main_loop, &tls, (uint16_t)tls_port, make_tls(cert, key)));
    puts(line);
    fflush(stdout);
    FILE *f = ready_file ? fopen(ready_file, "w") : NULL;
    if (f) {
        fprintf(f, "%s\n", line);
        fclose(f);
    }
    loop_run(main_loop);
    return 0;
}
