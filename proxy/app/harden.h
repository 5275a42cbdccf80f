/* harden.h - what a process gives up before it meets strangers. */
#ifndef APP_HARDEN_H
#define APP_HARDEN_H

#include <stdbool.h>
#include <sys/types.h>

/* The supervisor, before the first fork, and so all that it forks: no core dumps, no debugger of the same user; as many
 * descriptors as it may have. */
void harden_process(void);
/* A worker: ends when its supervisor ends, never gains privileges. False when the supervisor is gone already. */
bool harden_worker(pid_t supervisor);

/* How many processors this process may use, a container's quota included; at least 1. */
unsigned processors_usable(void);
/* Keeps this process on its `slot`th processor, when there is one for each of `slots`. */
void processor_pin(unsigned slot, unsigned slots);

#endif
