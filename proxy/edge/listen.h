/* listen.h - listening sockets: opened by the supervisor, accepted from by the workers.
 *
 * A TCP address is opened once for each worker slot (SO_REUSEPORT: the kernel deals out the connections) and the
 * descriptors are handed to each new generation, so that a reload loses no connection. A UNIX socket is opened once. */
#ifndef EDGE_LISTEN_H
#define EDGE_LISTEN_H

#include "proxy/http/url.h"
#include "proxy/loop/timer.h"

/* Both give a descriptor, or -1 and *why, a constant or errno's text. Port 0 takes any; see listen_port. `is_dealt`: others that say
 * so too have the same address, each its share of the connections. */
int listen_open_tcp(const struct ip_address *ip, uint16_t port, bool is_dealt, const char **why);
/* Replaces the socket of a process that is gone, never one that somebody serves, nor any other file. */
int listen_open_unix(struct str path, unsigned mode, const char **why);
uint16_t listen_port(int fd);

struct listening {
    /* A new connection, the descriptor's owner from now on; `from` is zero for a UNIX socket. */
    void (*accepted)(struct listening *l, int fd, const struct ip_address *from, uint16_t from_port);
    /* private */
    struct watch watch;
    struct timer pause; /* when the process has no descriptors left */
    struct loop *loop;
};

/* Takes over the descriptor: accepts from it until listen_stop, which closes it. `accepted` is set before. */
bool listen_start(struct listening *l, struct loop *loop, int fd) MUST_USE;
void listen_stop(struct listening *l); /* harmless when not started and zeroed */

#endif
