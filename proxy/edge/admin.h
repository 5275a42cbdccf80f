/* admin.h - the listener for those who operate the gateway: /metrics, /livez, /readyz. Not for callers.
 *
 * libmicrohttpd in the supervisor's loop, without threads. It only ever reads; nothing here changes anything. Of more connections than
 * it has, the one that was answered the longest ago goes: a probe is let in beside any number of slow ones. */
#ifndef EDGE_ADMIN_H
#define EDGE_ADMIN_H

#include "proxy/core/setup.h"
#include "proxy/loop/timer.h"

struct admin;

struct admin_options {
    const struct address *address; /* the loopback, a UNIX socket, or what insecure_public_admin allows */
    bool (*is_ready)(void *user);  /* does a generation of workers accept? */
    void *user;
};

/* NULL with a message in `why` when it cannot listen. */
struct admin *admin_new(struct loop *loop, const struct admin_options *options, char why[160]);
void admin_free(struct admin *a);           /* NULL is fine */
uint16_t admin_port(const struct admin *a); /* 0 for a UNIX socket */

#endif
