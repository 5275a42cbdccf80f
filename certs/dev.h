/* dev.h - a throw-away CA and what it signs, for development and tests: `bartizan dev-certs`. */
#ifndef CERTS_DEV_H
#define CERTS_DEV_H

#include "proxy/base/str.h"

struct dev_certs {
    const char *directory;    /* made when it is not there */
    int days;                 /* validity; 0: 30 */
    const char *const *names; /* more DNS names and addresses for the server; NULL-terminated; may be NULL */
};

/* Writes ca.pem, server.pem and server.key (ECDSA P-256), server-rsa.pem and server-rsa.key (RSA 2048), client.pem and
 * client.key: certificates for localhost, 127.0.0.1, ::1 and `names`; keys with mode 0600. The CA's key is not kept, so
 * that nothing else is ever signed by what somebody may have come to trust. False with a message in `why`. */
bool dev_certs_write(const struct dev_certs *dev, char why[200]) MUST_USE;

#endif
