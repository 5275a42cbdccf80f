/* generation.h - one configuration in use: what was read, and what the workers that serve it share. */
#ifndef APP_GENERATION_H
#define APP_GENERATION_H

#include "proxy/app/stamps.h"
#include "proxy/base/list.h"
#include "proxy/edge/shelf.h"
#include "proxy/edge/tls.h"

struct generation {
    struct list link;
    unsigned number;             /* counted from 1 */
    struct setup *setup;         /* owned, as is everything here */
    struct tls_server **servers; /* one for each listener; NULL for a plain one */
    struct shelves *shelves;     /* NULL when nothing is shared */
    size_t warnings;
    unsigned children; /* workers that are alive */
};

/* Reads the file and all that it names, and says on standard error what is wrong. NULL when there was an error. What
 * the workers of `before` have fetched and those of this one need as well is taken over; NULL: there is none. *stamps,
 * which is set in any case but without memory, belongs to the caller. */
struct generation *generation_read(const char *file, unsigned number, struct tls_tickets *tickets,
                                   const struct generation *before, struct stamps **stamps);
/* When no worker is alive any more. NULL is fine. */
void generation_free(struct generation *g);

#endif
