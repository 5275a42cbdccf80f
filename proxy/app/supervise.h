/* supervise.h - the process that serves nobody itself: it reads the configuration, holds the sockets and the shared
 * memory, and keeps worker processes alive.
 *
 *   SIGHUP, or a change of a file that was read   a new generation of workers; the old one finishes what it has
 *   SIGTERM, SIGINT                               accepts no more, ends when everything has ended; the second time at
 * once SIGUSR1                                       the journal is reopened a worker that ends by itself is replaced,
 * at once or, when that happens again and again, within a second */
#ifndef APP_SUPERVISE_H
#define APP_SUPERVISE_H

/* Serves until it is told to stop; answers an exit code. */
int supervise(const char *file);

#endif
