/* identity.h - one certificate with its chain and its private key, loaded from PEM files and checked.
 *
 * Everything that is wrong with the files is complained about at the place in the configuration that named them;
 * what will merely trouble somebody soon (expires within two weeks, no names) is a warning. An identity never changes:
 * a new certificate is a new identity, and the table of choose.h is swapped whole. */
#ifndef CERTS_IDENTITY_H
#define CERTS_IDENTITY_H

#include "proxy/base/problems.h"
#include "proxy/base/str.h"

#include <openssl/x509.h>

/* OpenSSL keeps one certificate of each kind in a context, side by side, and picks by what the client can do. */
enum identity_kind { IDENTITY_ECDSA, IDENTITY_RSA, IDENTITY_KINDS };

struct identity;

struct identity_files {
    const char *certificate_path; /* PEM: the certificate, then its chain */
    const char *key_path;         /* PEM, unencrypted; may be the same file */
    struct span certificate_span, key_span;
};

/* NULL when there was an error among the complaints. Refused: a key that does not fit, an expired certificate, RSA
 * below 2048 bits, curves other than P-256, P-384 and P-521, other kinds of keys, a key that others may write, files
 * above 256 KiB. Warned about: not yet valid, expiring within 14 days, a key that others may read, no subject
 * alternative name. */
struct identity *identity_load(const struct identity_files *files, struct problems *problems);
void identity_free(struct identity *identity); /* NULL is fine */

enum identity_kind identity_kind(const struct identity *identity);
/* Borrowed; take a reference (X509_up_ref, EVP_PKEY_up_ref) to keep one. SSL_CTX_use_cert_and_key does. */
X509 *identity_certificate(const struct identity *identity);
STACK_OF(X509) * identity_chain(const struct identity *identity); /* without the certificate itself; may be empty */
EVP_PKEY *identity_key(const struct identity *identity);

/* The DNS names of the certificate, lower case, wildcards as they are ("*.example.org"); names with a NUL or other
 * bytes that no host name has are left out. The common name counts only where there is no subject alternative name. */
size_t identity_name_count(const struct identity *identity);
struct str identity_name(const struct identity *identity, size_t i);

#endif
