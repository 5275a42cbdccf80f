/* supervise_parts.h - what the files of the supervisor share; nobody else includes it. */
#ifndef APP_SUPERVISE_PARTS_H
#define APP_SUPERVISE_PARTS_H

#include "proxy/app/generation.h"
#include "proxy/app/sockets.h"
#include "proxy/base/metric.h"
#include "proxy/edge/admin.h"
#include "proxy/edge/store.h"
#include "proxy/loop/timer.h"

static_assert((int)METRIC_ROWS == (int)STORE_ROWS, "a worker has one row, the same in both");

enum {
    LOOK_AT_FILES_MS = 500,  /* a change counts when it has settled: within a second */
    READY_WITHIN_MS = 30000, /* a new worker, also on a slow core with rules to make ready */
    BACK_OFF_FIRST_MS = 50,  /* before a worker that fell at once is replaced, doubled up to */
    BACK_OFF_MAX_MS = 800,
    STEADY_MS = 10000, /* one that lived so long is replaced at once */
    NO_ROW_RETRY_MS = 1000,
};

struct supervisor;

struct child {
    struct list link;
    struct supervisor *s;
    struct generation *generation;
    pid_t pid;
    unsigned slot, row;
    int told; /* the last signal: SIGTERM or WORKER_REPLACED; 0: none */
    bool is_ready, is_draining;
    uint64_t began_ms;
    struct watch ready; /* the reading end of its pipe */
    struct timer kill;  /* when it does not end by itself */
};

struct slot {
    struct supervisor *s;
    unsigned number;
    unsigned falls; /* in a row */
    struct timer respawn;
};

struct supervisor {
    const char *file;
    pid_t pid;
    uint64_t began_us;
    struct loop *loop;
    struct watch signals;
    struct sockets *sockets;
    struct store *store;
    struct tls_tickets *tickets;
    struct stamps *stamps;
    struct admin *admin;
    char *admin_address; /* owned; as the configuration says it */

    struct generation *current; /* serves */
    struct generation *coming;  /* its workers are being started */
    struct list old;            /* their workers finish */
    unsigned generations;       /* read so far */
    struct list children;
    struct slot slots[SLOTS_MAX];
    unsigned slots_count;
    bool rows[METRIC_ROWS]; /* taken */

    bool is_stopping, reload_wanted, files_moved;
    int exit_code;
    struct timer look, rotate, no_show, retry;
};

/* supervise.c */
void supervise_stop(struct supervisor *s, int exit_code);
void supervise_gauges(const struct supervisor *s);
void supervise_sweep(struct supervisor *s); /* frees the old generations whose last worker has ended */

/* reload.c */
/* Reads the file and starts its workers; keeps what serves when anything is wrong. */
void reload(struct supervisor *s);
/* All workers of s->coming accept: it serves from now on. */
void reload_done(struct supervisor *s);
/* s->coming will not do: it joins the old ones, its workers are killed. */
void reload_failed(struct supervisor *s, const char *why);
bool reload_admin(struct supervisor *s, const struct setup *setup);
void reload_look_at_files(struct timer *t);
void reload_no_show(struct timer *t);
void reload_again(struct timer *t);

/* children.c */
/* One more worker for the slot. False when there is no room, or no process to be had. */
bool child_start(struct supervisor *s, struct generation *g, unsigned slot) MUST_USE;
void child_drain(struct child *c, int signal); /* SIGTERM or WORKER_REPLACED */
/* Looks which children have ended. */
void children_reap(struct supervisor *s);
void children_signal(const struct supervisor *s, const struct generation *g, int signal); /* NULL: of all */
unsigned children_rows_free(const struct supervisor *s);
void child_respawn(struct timer *t);

#endif
