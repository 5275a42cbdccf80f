/* supervise.c - the supervisor, from its start to its end. */
#include "proxy/app/supervise.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "proxy/app/cli.h"
#include "proxy/app/harden.h"
#include "proxy/app/labels.h"
#include "proxy/app/supervise_parts.h"
#include "proxy/app/worker.h"
#include "proxy/base/log.h"

/* ---- stopping ---- */

void supervise_stop(struct supervisor *s, int exit_code)
{
    if (s->is_stopping) { /* told a second time */
        children_signal(s, NULL, SIGKILL);
        return;
    }
    s->is_stopping = true;
    s->exit_code = exit_code;
    if (s->current)
        log_info("stop: what runs may finish within %llu ms", (unsigned long long)s->current->setup->drain_ms);
    sockets_keep(s->sockets, NULL); /* who comes now is refused, and may go elsewhere */
    timer_cancel(&s->look);
    timer_cancel(&s->retry);
    timer_cancel(&s->no_show);
    for (unsigned i = 0; i < s->slots_count; i++)
        timer_cancel(&s->slots[i].respawn);
    LIST_EACH (node, &s->children)
        child_drain(LIST_ENTRY(node, struct child, link), SIGTERM);
    if (list_is_empty(&s->children))
        loop_stop(s->loop);
    supervise_gauges(s);
}

static void reopen_journals(const struct supervisor *s)
{
    LIST_EACH (node, &s->children) {
        const struct child *c = LIST_ENTRY(node, struct child, link);
        if (c->is_ready) /* one that is not yet opens the new file anyway */
            kill(c->pid, SIGUSR1);
    }
}

static void signalled(struct watch *w, uint32_t events)
{
    struct supervisor *s = CONTAINER_OF(w, struct supervisor, signals);
    struct signalfd_siginfo info;
    (void)events;
    while (read(w->fd, &info, sizeof info) == (ssize_t)sizeof info)
        switch (info.ssi_signo) {
        case SIGHUP:
            log_info("reload: asked for by a signal");
            reload(s);
            break;
        case SIGUSR1:
            reopen_journals(s);
            break;
        case SIGCHLD:
            children_reap(s);
            break;
        default: /* SIGTERM, SIGINT */
            supervise_stop(s, EXIT_FINE);
            break;
        }
}

static bool watch_signals(struct supervisor *s)
{
    sigset_t set, of_workers;
    sigemptyset(&set);
    static const int SIGNALS[] = { SIGHUP, SIGUSR1, SIGCHLD, SIGTERM, SIGINT };
    for (size_t i = 0; i < ARRAY_LEN(SIGNALS); i++)
        sigaddset(&set, SIGNALS[i]);
    of_workers = set; /* must find it blocked when they begin */
    sigaddset(&of_workers, WORKER_REPLACED);
    signal(SIGPIPE, SIG_IGN);
    if (sigprocmask(SIG_BLOCK, &of_workers, NULL) != 0)
        return false;
    s->signals = (struct watch){ .fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC), .ready = signalled };
    return s->signals.fd >= 0 && loop_add(s->loop, &s->signals, true);
}

/* ---- figures and keys ---- */

void supervise_gauges(const struct supervisor *s)
{
    unsigned serving = 0, draining = 0;
    LIST_EACH (node, &s->children) {
        const struct child *c = LIST_ENTRY(node, struct child, link);
        serving += c->is_ready && !c->is_draining && c->generation == s->current;
        draining += c->is_draining;
    }
    GAUGE_SET(serving, METRIC_WORKERS);
    GAUGE_SET(draining, METRIC_DRAINING);
    if (s->current) {
        GAUGE_SET(s->current->number, METRIC_GENERATION);
        GAUGE_SET(s->current->warnings, METRIC_CONFIG_WARNINGS);
        GAUGE_SET(s->current->setup->insecure, METRIC_INSECURE);
    }
}

void supervise_sweep(struct supervisor *s)
{
    LIST_EACH_SAFE (node, &s->old) {
        struct generation *g = LIST_ENTRY(node, struct generation, link);
        if (g->children == 0)
            generation_free(g);
    }
}

static void rotate_tickets(struct timer *t)
{
    struct supervisor *s = CONTAINER_OF(t, struct supervisor, rotate);
    if (!tls_tickets_rotate(s->tickets))
        log_error("tls: ticket keys cannot be made, the old ones stay");
    timer_set(s->loop, t, (uint64_t)TLS_TICKET_LIFE_S * 1000);
}

/* Out of core dumps; no child of a child has it, since workers execute nothing. */
static struct tls_tickets *tickets_new(void)
{
    void *at = mmap(NULL, sizeof(struct tls_tickets), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED)
        return NULL;
    (void)madvise(at, sizeof(struct tls_tickets), MADV_DONTDUMP);
    return at;
}

/* ---- beginning ---- */

static unsigned count_slots(const struct setup *setup)
{
    uint64_t n = cli_options.workers ? cli_options.workers : setup->workers ? setup->workers : processors_usable();
    return n < SLOTS_MAX ? (unsigned)n : SLOTS_MAX;
}

static bool open_shared(struct supervisor *s)
{
    list_init(&s->old);
    list_init(&s->children);
    timer_init(&s->look, reload_look_at_files);
    timer_init(&s->rotate, rotate_tickets);
    timer_init(&s->no_show, reload_no_show);
    timer_init(&s->retry, reload_again);
    if (!metric_open() || !(s->store = store_new()) || !(s->tickets = tickets_new()) || !(s->loop = loop_new()) ||
        !watch_signals(s)) {
        log_error("start: no memory or no descriptors");
        return false;
    }
    rotate_tickets(&s->rotate);
    GAUGE_SET(1, METRIC_BUILD, metric_name(STR(BARTIZAN_VERSION)));
    GAUGE_SET((uint64_t)time(NULL), METRIC_STARTED);
    return true;
}

/* The first generation; EXIT_FINE when its workers are on their way. */
static int begin(struct supervisor *s)
{
    struct stamps *stamps = NULL;
    struct generation *g = generation_read(s->file, 1, s->tickets, NULL, &stamps);
    s->stamps = stamps;
    if (!g)
        return EXIT_PROBLEMS;
    s->coming = g;
    s->generations = 1;
    s->slots_count = count_slots(g->setup);
    for (unsigned i = 0; i < s->slots_count; i++) {
        s->slots[i] = (struct slot){ .s = s, .number = i };
        timer_init(&s->slots[i].respawn, child_respawn);
    }
    if (!(s->sockets = sockets_new(s->slots_count)) || !sockets_open(s->sockets, g->setup) ||
        !reload_admin(s, g->setup))
        return EXIT_NO_START;
    labels_register(g->setup);
    timer_set(s->loop, &s->no_show, READY_WITHIN_MS);
    timer_set(s->loop, &s->look, LOOK_AT_FILES_MS);
    for (unsigned i = 0; i < s->slots_count; i++)
        if (!child_start(s, g, i)) {
            supervise_stop(s, EXIT_NO_START);
            break;
        }
    return EXIT_FINE;
}

static void finish(struct supervisor *s)
{
    generation_free(s->coming);
    generation_free(s->current);
    while (!list_is_empty(&s->old))
        generation_free(LIST_ENTRY(s->old.next, struct generation, link));
    admin_free(s->admin);
    free(s->admin_address);
    sockets_free(s->sockets);
    stamps_free(s->stamps);
    store_free(s->store);
    if (s->tickets) {
        OPENSSL_cleanse(s->tickets, sizeof *s->tickets);
        munmap(s->tickets, sizeof *s->tickets);
    }
    if (s->loop) {
        timer_cancel(&s->rotate);
        loop_remove(&s->signals);
        if (s->signals.fd >= 0)
            close(s->signals.fd);
        loop_free(s->loop);
    }
    metric_close();
}

int supervise(const char *file)
{
    static struct supervisor s; /* one in a process; its workers keep it, and leave it alone */
    s = (struct supervisor){ .file = file, .pid = getpid(), .began_us = loop_now_exact_us(), .signals.fd = -1 };
    harden_process();
    int code = open_shared(&s) ? begin(&s) : EXIT_NO_START;
    if (code == EXIT_FINE) {
        if (!s.is_stopping || !list_is_empty(&s.children))
            loop_run(s.loop);
        code = s.exit_code;
        log_info("stopped");
    }
    finish(&s);
    return code;
}
