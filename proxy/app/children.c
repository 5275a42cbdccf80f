/* children.c - worker processes as the supervisor sees them: started, ready, draining, ended. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proxy/app/cli.h"
#include "proxy/app/supervise_parts.h"
#include "proxy/app/worker.h"
#include "proxy/base/log.h"

/* ---- beginning ---- */

unsigned children_rows_free(const struct supervisor *s)
{
    unsigned n = 0;
    for (unsigned r = 1; r < METRIC_ROWS; r++)
        n += !s->rows[r];
    return n;
}

static unsigned take_row(struct supervisor *s)
{
    for (unsigned r = 1; r < METRIC_ROWS; r++)
        if (!s->rows[r]) {
            s->rows[r] = true;
            return r;
        }
    return 0;
}

static int compare_fds(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

/* A worker has nothing of the supervisor's: not the other slots' sockets, not the admin listener. */
static void close_others(const struct supervisor *s, const struct generation *g, unsigned slot, int ready_fd)
{
    const struct listener *listeners = g->setup->listeners.at;
    size_t n = 0, count = g->setup->listeners.count;
    int *keep = calloc(count + 1, sizeof *keep), from = STDERR_FILENO + 1;
    if (!keep)
        _exit(EXIT_NO_START);
    keep[n++] = ready_fd;
    for (size_t i = 0; i < count; i++)
        keep[n++] = sockets_at(s->sockets, &listeners[i], slot);
    qsort(keep, n, sizeof *keep, compare_fds);
    for (size_t i = 0; i < n; i++) {
        if (keep[i] > from)
            close_range((unsigned)from, (unsigned)keep[i] - 1, 0);
        from = keep[i] >= from ? keep[i] + 1 : from;
    }
    close_range((unsigned)from, ~0U, 0);
    free(keep);
}

_Noreturn static void be_worker(const struct supervisor *s, struct generation *g, unsigned slot, unsigned row,
                                int ready_fd)
{
    close_others(s, g, slot, ready_fd);
    struct worker_start start = {
        .generation = g,
        .sockets = s->sockets,
        .store = s->store,
        .slot = slot,
        .slots = s->slots_count,
        .row = row,
        .ready_fd = ready_fd,
        .supervisor = s->pid,
    };
    exit(worker_run(&start));
}

static void close_ready(struct child *c)
{
    if (c->ready.fd < 0)
        return;
    loop_remove(&c->ready);
    close(c->ready.fd);
    c->ready.fd = -1;
}

static bool all_ready(const struct supervisor *s, const struct generation *g)
{
    unsigned n = 0;
    LIST_EACH (node, &s->children) {
        const struct child *c = LIST_ENTRY(node, struct child, link);
        n += c->generation == g && c->is_ready;
    }
    return n == s->slots_count;
}

static void heard(struct watch *w, uint32_t events)
{
    struct child *c = CONTAINER_OF(w, struct child, ready);
    struct supervisor *s = c->s;
    char byte;
    (void)events;
    ssize_t n = read(w->fd, &byte, 1);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    close_ready(c);
    c->is_ready = n == 1; /* otherwise it has ended, and children_reap hears why */
    if (c->is_ready && c->generation == s->coming && all_ready(s, s->coming))
        reload_done(s);
    supervise_gauges(s);
}

static void kill_now(struct timer *t)
{
    struct child *c = CONTAINER_OF(t, struct child, kill);
    log_warning("worker %u (%d): does not end, killed", c->slot, (int)c->pid);
    kill(c->pid, SIGKILL);
}

bool child_start(struct supervisor *s, struct generation *g, unsigned slot)
{
    int ends[2] = { -1, -1 };
    struct child *c = calloc(1, sizeof *c);
    unsigned row = c ? take_row(s) : 0;
    if (!row || pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
        goto failed;
    *c = (struct child){ .s = s, .generation = g, .slot = slot, .row = row, .began_ms = loop_now_exact_us() / 1000 };
    fflush(NULL);
    if ((c->pid = fork()) == 0)
        be_worker(s, g, slot, row, ends[1]);
    if (c->pid < 0)
        goto failed;
    close(ends[1]);
    c->ready = (struct watch){ .fd = ends[0], .ready = heard };
    timer_init(&c->kill, kill_now);
    list_push_back(&s->children, &c->link);
    g->children++;
    if (!loop_add(s->loop, &c->ready, true)) /* it will be taken for one that never gets ready */
        log_error("worker %u: cannot be watched", slot);
    return true;
failed:
    log_error("worker %u: cannot be started: %s", slot, row || !c ? strerror(errno) : "too many are still finishing");
    if (ends[0] >= 0) {
        close(ends[0]);
        close(ends[1]);
    }
    if (row)
        s->rows[row] = false;
    free(c);
    return false;
}

/* ---- ending ---- */

void child_drain(struct child *c, int signal)
{
    if (c->told == signal || c->told == SIGTERM)
        return;
    kill(c->pid, signal);
    c->told = signal;
    c->is_draining = true;
    timer_set(c->s->loop, &c->kill, worker_patience_ms(c->generation->setup, signal) + WORKER_KILL_MS);
}

void children_signal(const struct supervisor *s, const struct generation *g, int signal)
{
    LIST_EACH (node, &s->children) {
        const struct child *c = LIST_ENTRY(node, struct child, link);
        if (!g || c->generation == g)
            kill(c->pid, signal);
    }
}

void child_respawn(struct timer *t)
{
    struct slot *slot = CONTAINER_OF(t, struct slot, respawn);
    struct supervisor *s = slot->s;
    if (!s->is_stopping && s->current && !child_start(s, s->current, slot->number))
        timer_set(s->loop, &slot->respawn, BACK_OFF_MAX_MS);
    supervise_gauges(s);
}

/* A worker that serves has ended by itself: another one takes its place. */
static void replace(struct supervisor *s, const struct child *c)
{
    struct slot *slot = &s->slots[c->slot];
    if (loop_now_exact_us() / 1000 - c->began_ms >= STEADY_MS)
        slot->falls = 0;
    uint64_t wait_ms = 0;
    if (slot->falls > 0) {
        wait_ms = BACK_OFF_FIRST_MS << (slot->falls < 5 ? slot->falls - 1 : 4);
        wait_ms = wait_ms < BACK_OFF_MAX_MS ? wait_ms : BACK_OFF_MAX_MS;
    }
    slot->falls++;
    COUNT(METRIC_RESTARTS);
    timer_set(s->loop, &slot->respawn, wait_ms);
}

static void say_end(const struct child *c, int status)
{
    if (WIFSIGNALED(status))
        log_error("worker %u (%d): ended by signal %d (%s)", c->slot, (int)c->pid, WTERMSIG(status),
                  strsignal(WTERMSIG(status)));
    else
        log_error("worker %u (%d): ended with code %d", c->slot, (int)c->pid, WEXITSTATUS(status));
}

static void child_ended(struct child *c, int status)
{
    struct supervisor *s = c->s;
    struct generation *g = c->generation;
    bool was_expected = c->is_draining || s->is_stopping;
    if (!was_expected || (WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL) ||
        (WIFEXITED(status) && WEXITSTATUS(status) != EXIT_FINE))
        say_end(c, status);
    store_forget_row(s->store, c->row, loop_now_exact_us());
    metric_clear_gauges(c->row);
    s->rows[c->row] = false;
    close_ready(c);
    timer_cancel(&c->kill);
    list_remove(&c->link);
    g->children--;
    if (!was_expected && g == s->coming)
        reload_failed(s, "one of its workers did not start");
    else if (!was_expected && g == s->current)
        replace(s, c);
    free(c);
}

void children_reap(struct supervisor *s)
{
    bool again = true;
    while (again) { /* the list changes under whoever walks on it after an end */
        again = false;
        LIST_EACH (node, &s->children) {
            struct child *c = LIST_ENTRY(node, struct child, link);
            int status;
            if (waitpid(c->pid, &status, WNOHANG) == c->pid) {
                child_ended(c, status);
                again = true;
                break;
            }
        }
    }
    supervise_sweep(s);
    supervise_gauges(s);
    if (s->is_stopping && list_is_empty(&s->children))
        loop_stop(s->loop);
}
