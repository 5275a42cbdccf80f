/* trust.h - the TLS contexts of one worker towards others: one for each set of files, however many use it. */
#ifndef EDGE_TRUST_H
#define EDGE_TRUST_H

#include "proxy/base/problems.h"
#include "proxy/edge/tls.h"

struct trusts;

struct trusts *trusts_new(void);
void trusts_free(struct trusts *t); /* NULL is fine; no connection made with it may be left */

/* The context that verifies by `ca_file` (at == NULL: the system's) and shows our `certificate` (at == NULL: none).
 * Made when first asked for; NULL when the files are no good, which `problems` says. */
const struct tls_client *trusts_find(struct trusts *t, struct str ca_file, struct str certificate, struct str key,
                                     struct problems *problems);

#endif
