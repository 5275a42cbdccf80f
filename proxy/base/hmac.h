/* hmac.h - HMAC-SHA-256: what only the holder of a key can compute, or recognise. */
#ifndef BASE_HMAC_H
#define BASE_HMAC_H

#include "proxy/base/str.h"

enum { HMAC_BYTES = 32 };

/* False only without memory. */
bool hmac_sha256(struct str key, struct str text, unsigned char out[HMAC_BYTES]) MUST_USE;

/* A key drawn at random once in a process, before the first worker is forked: all of its children, and later configurations, have
 * the same. */
struct str hmac_process_key(void);

#endif
