/* roca.h - the fingerprint of RSA keys made by a faulty library (CVE-2017-15361), which can be factored. */
#ifndef CERTS_ROCA_H
#define CERTS_ROCA_H

#include <openssl/bn.h>
#include <stdbool.h>

/* Such a modulus is a power of 65537 modulo each of the first primes; another one is that by chance in one of 2^27. */
bool roca_is_weak(const BIGNUM *modulus);

#endif
