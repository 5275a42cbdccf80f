/* worker.h - a worker: one process, one thread, one loop, and everything that a caller's request needs.
 *
 * It is told by signals: SIGTERM drains (accepts no more, ends when what runs is answered or the deadline has passed);
 * WORKER_REPLACED does the same with more patience, since a new generation is there for who comes again; SIGUSR1 reopens
 * the journal. It tells its supervisor by one byte that it accepts. */
#ifndef APP_WORKER_H
#define APP_WORKER_H

#include <signal.h>

#include "proxy/app/generation.h"
#include "proxy/app/sockets.h"
#include "proxy/edge/store.h"

enum { WORKER_REPLACED = SIGUSR2 };

/* The end of one that is not empty when its patience (below) is over. */
enum {
    WORKER_CUT_MS = 2000,  /* what is still answered is cut, in order */
    WORKER_ABORT_MS = 300, /* who does not read is reset */
    WORKER_FLUSH_MS = 500, /* for what the store is still to be told */
    WORKER_KILL_MS = 5000, /* the supervisor's, from the same moment on */
};
static_assert((int)WORKER_CUT_MS + (int)WORKER_ABORT_MS + (int)WORKER_FLUSH_MS + 1000 < (int)WORKER_KILL_MS,
              "an orderly end has a second to spare on a busy machine");

struct worker_start {
    const struct generation *generation;
    const struct sockets *sockets;
    struct store *store;
    unsigned slot, slots;
    unsigned row; /* in metrics and store */
    int ready_fd; /* owned */
    pid_t supervisor;
};

/* How long after that signal it may take until it ends by itself. */
uint64_t worker_patience_ms(const struct setup *setup, int signal);

/* In the forked process; answers its exit code. */
int worker_run(const struct worker_start *start);

#endif
