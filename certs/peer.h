/* peer.h - what a client certificate says about who is calling: subject, first name, thumbprint. */
#ifndef CERTS_PEER_H
#define CERTS_PEER_H

#include "proxy/base/arena.h"

#include <openssl/x509.h>

struct peer_names {
    struct str subject;       /* RFC 2253 text: "CN=app,O=Example"; control bytes and non-ASCII escaped */
    struct str san;           /* first DNS or URI name; at == NULL without one */
    unsigned char sha256[32]; /* of the DER certificate: RFC 8705's x5t#S256 */
    int64_t ends_s;           /* notAfter */
};

/* The texts go to the arena. False when the arena is full, the subject is above 2 KiB, a name has a NUL in it or the end
 * is no time: then the certificate says something else to every reader, and proves nothing. */
bool peer_read(X509 *certificate, struct arena *arena, struct peer_names *out) MUST_USE;

/* One of a certificate's dates in seconds since 1970; 0 when it is no time. */
int64_t peer_seconds_of(const ASN1_TIME *date);

#endif
