/* worker.c - one worker, from its fork to its end. */
#include "proxy/app/worker.h"

#include <errno.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "proxy/app/cli.h"
#include "proxy/app/harden.h"
#include "proxy/app/load.h"
#include "proxy/base/log.h"
#include "proxy/base/metric.h"
#include "proxy/edge/front.h"
#include "proxy/edge/world.h"

enum {
    LOOK_MS = 20,
    FIGURES_MS = 1000,
    IDLE_WHEN_REPLACED_MS = 5000, /* callers with kept connections go over to the new generation without a failure */
    IDLE_WHEN_STOPPED_MS = 500,
};

struct worker {
    const struct worker_start *start;
    struct setup *setup;
    struct loop *loop;
    struct outside *outside;
    struct fronts *fronts;
    struct watch signals;
    struct timer empty;    /* is the house empty? */
    struct timer deadline; /* of draining, then of cutting */
    struct timer figures;
    uint64_t *opened; /* owned; connections to each endpoint, as counted already */
    bool is_draining, is_cutting, is_aborting, gave_up;
};

/* ---- figures that are looked at instead of counted ---- */

static void look_at_endpoints(struct timer *t)
{
    struct worker *w = CONTAINER_OF(t, struct worker, figures);
    const struct pool *pools = w->setup->pools.at;
    for (size_t p = 0; p < w->setup->pools.count; p++)
        for (size_t i = 0; i < pools[p].endpoints.count; i++) {
            const struct endpoint *e = (const struct endpoint *)pools[p].endpoints.at + i;
            struct origin_counts counts = outside_counts(w->outside, e);
            GAUGE_SET(e->health.until_ms <= loop_now_ms(w->loop), METRIC_HEALTHY, e->metric);
            GAUGE_SET(counts.open, METRIC_UPSTREAM_OPEN, e->metric);
            COUNT_N(counts.opened - w->opened[e->id], METRIC_UPSTREAM_OPENED, e->metric);
            w->opened[e->id] = counts.opened;
        }
    unsigned lacking = setup_lacking(w->setup);
    GAUGE_SET(lacking, METRIC_LACKING);
    timer_set(w->loop, t, lacking ? LOOK_MS : FIGURES_MS);
}

/* ---- draining ---- */

uint64_t worker_patience_ms(const struct setup *setup, int signal)
{
    return setup->drain_ms + (signal == WORKER_REPLACED ? setup_longest_ms(setup) : 0);
}

static void look_whether_empty(struct timer *t)
{
    struct worker *w = CONTAINER_OF(t, struct worker, empty);
    if (fronts_count(w->fronts) == 0)
        loop_stop(w->loop);
    else
        timer_set(w->loop, &w->empty, LOOK_MS);
}

static void too_late(struct timer *t)
{
    struct worker *w = CONTAINER_OF(t, struct worker, deadline);
    if (w->is_aborting) {
        w->gave_up = true;
        loop_stop(w->loop);
        return;
    }
    if (w->is_cutting) { /* who does not read must not keep us from an orderly end */
        w->is_aborting = true;
        fronts_abort(w->fronts);
        timer_set(w->loop, &w->deadline, WORKER_ABORT_MS);
        return;
    }
    log_warning("worker %u: %zu connections are cut, draining took too long", w->start->slot, fronts_count(w->fronts));
    w->is_cutting = true;
    fronts_cut(w->fronts);
    timer_set(w->loop, &w->deadline, WORKER_CUT_MS);
}

static void drain(struct worker *w, uint64_t idle_ms, uint64_t within_ms)
{
    if (w->is_cutting)
        return;
    fronts_drain(w->fronts, idle_ms);
    timer_set(w->loop, &w->deadline, within_ms);
    if (!w->is_draining)
        timer_set(w->loop, &w->empty, 0);
    w->is_draining = true;
}

static void signalled(struct watch *watch, uint32_t events)
{
    struct worker *w = CONTAINER_OF(watch, struct worker, signals);
    struct signalfd_siginfo info;
    (void)events;
    while (read(watch->fd, &info, sizeof info) == (ssize_t)sizeof info) {
        if (info.ssi_signo == SIGTERM)
            drain(w, IDLE_WHEN_STOPPED_MS, worker_patience_ms(w->setup, SIGTERM));
        else if (info.ssi_signo == WORKER_REPLACED)
            drain(w, IDLE_WHEN_REPLACED_MS, worker_patience_ms(w->setup, WORKER_REPLACED));
        else if (info.ssi_signo == SIGUSR1)
            (void)journal_reopen(outside_journal(w->outside));
    }
}

/* ---- beginning ---- */

static bool watch_signals(struct worker *w)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, WORKER_REPLACED);
    w->signals = (struct watch){ .fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC), .ready = signalled };
    return w->signals.fd >= 0 && loop_add(w->loop, &w->signals, true);
}

static bool make_outside(struct worker *w)
{
    char why[160];
    struct journal *journal = journal_open(w->loop, w->setup->journal, why);
    if (!journal) {
        log_error("journal: cannot be opened: %s", why);
        return false;
    }
    struct problems problems;
    problems_init(&problems, w->setup->file, STR_NONE);
    struct outside_options options = {
        .loop = w->loop,
        .setup = w->setup,
        .store = w->start->store,
        .row = w->start->row,
        .shelves = w->start->generation->shelves,
        .journal = journal,
    };
    w->outside = outside_new(&options, &problems);
    load_print(&problems);
    problems_finish(&problems);
    return w->outside && setup_open(w->setup, outside_world(w->outside));
}

static bool listen_all(struct worker *w)
{
    const struct listener *listeners = w->setup->listeners.at;
    for (size_t i = 0; i < w->setup->listeners.count; i++) {
        int fd = sockets_at(w->start->sockets, &listeners[i], w->start->slot); /* this process's copy */
        if (!fronts_listen(w->fronts, &listeners[i], w->start->generation->servers[i], fd)) {
            log_error("listener " STR_F ": cannot be accepted from: %s", STR_A(listeners[i].address), strerror(errno));
            return false;
        }
    }
    return true;
}

static bool begin(struct worker *w)
{
    timer_init(&w->empty, look_whether_empty);
    timer_init(&w->deadline, too_late);
    timer_init(&w->figures, look_at_endpoints);
    if (!(w->opened = calloc(w->setup->endpoints_count + 1, sizeof *w->opened)) || !(w->loop = loop_new()) ||
        !watch_signals(w) || !make_outside(w))
        return false;
    w->fronts = fronts_new(&(struct fronts_options){ w->loop, outside_world(w->outside), w->setup });
    return w->fronts && listen_all(w) && write(w->start->ready_fd, "r", 1) == 1;
}

/* Also what has begun only in part. */
static void finish(struct worker *w)
{
    outside_flush(w->outside, WORKER_FLUSH_MS);
    fronts_free(w->fronts);
    setup_close(w->setup);
    outside_free(w->outside);
    timer_cancel(&w->empty);
    timer_cancel(&w->deadline);
    timer_cancel(&w->figures);
    free(w->opened);
    loop_remove(&w->signals);
    if (w->signals.fd >= 0)
        close(w->signals.fd);
    loop_free(w->loop);
}

int worker_run(const struct worker_start *start)
{
    struct worker w = { .start = start, .setup = start->generation->setup, .signals.fd = -1 };
    if (!harden_worker(start->supervisor))
        return EXIT_FINE;
    processor_pin(start->slot, start->slots);
    metric_take_row(start->row);
    bool has_begun = begin(&w);
    close(start->ready_fd);
    if (has_begun) {
        look_at_endpoints(&w.figures);
        loop_run(w.loop);
    }
    if (!w.gave_up) /* what is stuck is left to the kernel */
        finish(&w);
    return has_begun ? EXIT_FINE : EXIT_NO_START;
}
