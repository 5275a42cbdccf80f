/* tls_parts.h - what both sides of TLS share; only tls_*.c include it. */
#ifndef EDGE_TLS_PARTS_H
#define EDGE_TLS_PARTS_H

#include "proxy/edge/tls.h"

/* A context with the house's versions, suites, groups and memory discipline; NULL without memory. */
SSL_CTX *tls_context_new(const SSL_METHOD *method, bool tls13_only);
/* Lets the context seal and open tickets with these keys, which outlive it. */
void tls_tickets_use(SSL_CTX *ctx, struct tls_tickets *tickets);
/* Why OpenSSL's last call failed; empties its queue. */
const char *tls_why(void);

#endif
