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
