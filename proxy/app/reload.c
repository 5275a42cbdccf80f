/* reload.c - a new configuration takes over, or the one that serves is kept. */
#include <signal.h>

#include "proxy/app/labels.h"
#include "proxy/app/cli.h"
#include "proxy/app/supervise_parts.h"
#include "proxy/app/worker.h"
#include "proxy/base/log.h"
#include "proxy/base/metric.h"

/* ---- the files ---- */

/* Half of a change is no change: it counts when nothing has moved between two looks. */
void reload_look_at_files(struct timer *t)
{
    struct supervisor *s = CONTAINER_OF(t, struct supervisor, look);
    timer_set(s->loop, t, LOOK_AT_FILES_MS);
    bool moved = stamps_look(s->stamps);
    if (!moved && s->files_moved) {
        s->files_moved = false;
        log_info("reload: a file has changed");
        reload(s);
    } else
        s->files_moved = moved;
}

/* ---- the admin listener ---- */

static bool is_ready(void *user)
{
    const struct supervisor *s = user;
    if (s->is_stopping || !s->current || METRIC_READ(METRIC_LACKING))
        return false;
    LIST_EACH (node, &s->children) {
        const struct child *c = LIST_ENTRY(node, struct child, link);
        if (c->generation == s->current && c->is_ready)
            return true;
    }
    return false;
}

bool reload_admin(struct supervisor *s, const struct setup *setup)
{
    char why[160];
    struct str old = str_c(s->admin_address);
    if (str_eq(old, setup->admin))
        return true;
    struct admin *fresh = NULL;
    if (setup->admin.at) {
        struct admin_options options = { .address = &setup->admin_at, .is_ready = is_ready, .user = s };
        if (!(fresh = admin_new(s->loop, &options, why))) {
            log_error("admin " STR_F ": cannot be opened: %s", STR_A(setup->admin), why);
            return false;
        }
    }
    admin_free(s->admin);
    free(s->admin_address);
    s->admin = fresh;
    s->admin_address = fresh ? strndup(setup->admin.at, setup->admin.len) : NULL;
    return true;
}

/* ---- a generation comes ---- */

/* One that was asked for while another one was coming. */
static void reload_if_wanted(struct supervisor *s)
{
    if (s->reload_wanted)
        timer_set(s->loop, &s->retry, 0);
    s->reload_wanted = false;
}

static void say_unused(const struct supervisor *s, const char *why)
{
    COUNT(METRIC_RELOADS, RESULT_FAILED);
    log_error("%s: not used: %s%s", s->file, why, s->current ? "; the configuration in use stays" : "");
}

void reload_failed(struct supervisor *s, const char *why)
{
    struct generation *g = s->coming;
    s->coming = NULL;
    timer_cancel(&s->no_show);
    say_unused(s, why);
    LIST_EACH (node, &s->children) {
        struct child *c = LIST_ENTRY(node, struct child, link);
        c->is_draining |= c->generation == g;
    }
    children_signal(s, g, SIGKILL);
    list_push_back(&s->old, &g->link);
    if (s->current)
        sockets_keep(s->sockets, s->current->setup);
    else
        supervise_stop(s, EXIT_NO_START);
    if (!s->is_stopping)
        reload_if_wanted(s);
}

void reload_no_show(struct timer *t)
{
    struct supervisor *s = CONTAINER_OF(t, struct supervisor, no_show);
    reload_failed(s, "its workers do not get ready");
    supervise_sweep(s);
}

void reload_again(struct timer *t)
{
    reload(CONTAINER_OF(t, struct supervisor, retry));
}

static void hurry_oldest(struct supervisor *s)
{
    const struct generation *oldest = LIST_ENTRY(s->old.next, struct generation, link);
    LIST_EACH (node, &s->children) {
        struct child *c = LIST_ENTRY(node, struct child, link);
        if (c->generation != oldest || c->told == SIGTERM)
            continue;
        log_warning("reload: worker %u (%d) of the oldest configuration has to end, too many are finishing", c->slot,
                    (int)c->pid);
        child_drain(c, SIGTERM);
    }
}

/* A generation that finishes takes rows; when none are left the oldest has had time enough. */
static bool has_rows(struct supervisor *s)
{
    if (children_rows_free(s) >= s->slots_count)
        return true;
    if (!list_is_empty(&s->old))
        hurry_oldest(s);
    timer_set(s->loop, &s->retry, NO_ROW_RETRY_MS);
    return false;
}

void reload(struct supervisor *s)
{
    if (s->is_stopping)
        return;
    if (s->coming) {
        s->reload_wanted = true; /* when that one has come, or failed */
        return;
    }
    if (!has_rows(s))
        return;
    timer_cancel(&s->retry);
    struct stamps *stamps = NULL;
    struct generation *g = generation_read(s->file, s->generations + 1, s->tickets, s->current, &stamps);
    loop_catch_up(s->loop); /* rules take their time to make, and a signal to stop may be next */
    if (g && stamps) {
        stamps_free(s->stamps);
        s->stamps = stamps;
    } else {
        stamps_free(stamps); /* of a file that did not name all it should: go on watching what served */
        if (s->stamps)
            (void)stamps_look(s->stamps);
    }
    s->files_moved = false; /* as they are now they were read */
    if (!g) {
        say_unused(s, "it has mistakes");
        return;
    }
    s->generations++;
    if (s->current && g->setup->workers != s->current->setup->workers)
        log_warning("reload: the number of workers changes with the next start only");
    s->coming = g;
    if (!sockets_open(s->sockets, g->setup)) {
        reload_failed(s, "a listener cannot be opened");
        supervise_sweep(s);
        return;
    }
    labels_register(g->setup);
    timer_set(s->loop, &s->no_show, READY_WITHIN_MS);
    for (unsigned i = 0; i < s->slots_count && s->coming == g; i++)
        if (!child_start(s, g, i))
            reload_failed(s, "not all workers can be started");
    supervise_sweep(s);
}

static void say_ready(const struct supervisor *s)
{
    const struct listener *listeners = s->current->setup->listeners.at;
    struct buf text;
    buf_init(&text, 4096);
    bool ok = true;
    for (size_t i = 0; ok && i < s->current->setup->listeners.count; i++) {
        const struct listener *l = &listeners[i];
        bool is_tls = s->current->servers[i] != NULL;
        struct str host = l->address;
        while (!l->unix_path.at && host.len && host.at[host.len - 1] != ':')
            host.len--;
        ok = l->unix_path.at ? buf_addf(&text, " " STR_F, STR_A(l->address))
                             : buf_addf(&text, " %s://" STR_F "%u", is_tls ? "https" : "http", STR_A(host),
                                        (unsigned)sockets_port(s->sockets, l));
    }
    if (ok && s->admin)
        ok = buf_addf(&text, ", admin %s", s->admin_address);
    double ms = (double)(loop_now_exact_us() - s->began_us) / 1000;
    log_info("ready:" STR_F ", %u workers, %.1f ms", STR_A(buf_str(&text)), s->slots_count, ms);
    buf_finish(&text);
}

void reload_done(struct supervisor *s)
{
    struct generation *before = s->current;
    s->current = s->coming;
    s->coming = NULL;
    timer_cancel(&s->no_show);
    COUNT(METRIC_RELOADS, RESULT_OK);
    if (before) {
        list_push_back(&s->old, &before->link);
        LIST_EACH (node, &s->children) {
            struct child *c = LIST_ENTRY(node, struct child, link);
            if (c->generation == before)
                child_drain(c, WORKER_REPLACED);
        }
        sockets_keep(s->sockets, s->current->setup);
        if (!reload_admin(s, s->current->setup))
            log_error("reload: the admin listener stays as it was");
        log_info("reload: configuration %u is in use", s->current->number);
    } else
        say_ready(s);
    for (unsigned i = 0; i < s->slots_count; i++) {
        timer_cancel(&s->slots[i].respawn);
        s->slots[i].falls = 0;
    }
    reload_if_wanted(s);
}
