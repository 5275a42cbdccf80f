/* selftest.h - verdicts on test vectors without HTTP and without claims: `bartizan selftest-jws`. */
#ifndef CERTS_SELFTEST_H
#define CERTS_SELFTEST_H

#include "proxy/base/attr.h"

#include <stdbool.h>
#include <stdio.h>

/* Reads one JSON object a line, {"jwk": key or set of keys, "jws": text, "algs": [names]}, and writes one for each,
 * {"ok": true or false, "reason": text}. Without "algs" whatever the key may do is allowed. Symmetric keys are taken
 * and private members overlooked, unlike an issuer's. A line that is no such object gets a verdict too. False when
 * reading or writing fails, or a line is longer than 1 MiB. */
bool selftest_jws(FILE *in, FILE *out) MUST_USE;

#endif
