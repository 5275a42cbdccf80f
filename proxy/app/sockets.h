/* sockets.h - the listening sockets of the supervisor: one for each address and worker slot, kept through reloads.
 *
 * A new generation of workers gets the sockets that the old one had, so that what the kernel has queued on them is
 * served. */
#ifndef APP_SOCKETS_H
#define APP_SOCKETS_H

#include "proxy/core/setup.h"

enum { SLOTS_MAX = 16 };

struct sockets;

struct sockets *sockets_new(unsigned slots); /* NULL without memory */
/* Closes all, and removes UNIX sockets from their folders. NULL is fine. */
void sockets_free(struct sockets *s);

/* Opens what `setup` listens on and is not open yet. False with a complaint logged; then call sockets_keep with the
 * setup that stays in use. */
bool sockets_open(struct sockets *s, const struct setup *setup) MUST_USE;
/* Closes what `setup` does not listen on; NULL: everything. */
void sockets_keep(struct sockets *s, const struct setup *setup);
/* The descriptor of a listener for a slot; stays the supervisor's. */
int sockets_at(const struct sockets *s, const struct listener *listener, unsigned slot);
/* The port that it really has, 0 for a UNIX socket. */
uint16_t sockets_port(const struct sockets *s, const struct listener *listener);

#endif
