/* hash.h - keyed hashes, so that callers cannot aim at one: for tables (SipHash-1-3), and of texts that come in pieces. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include "proxy/base/str.h"

/* The key is drawn at random once in a process, before the first worker is forked; all its children agree. */
uint64_t hash_str(struct str s);
/* Of a text that comes in pieces, the same however it is cut: begins with 0 and goes on with each piece. Two different texts of n bytes
 * have the same with a chance of n in 2^61: values of two polynomials at a point that nobody outside knows (Carter, Wegman). */
uint64_t hash_update(uint64_t hash, struct str more);
/* Fixes the key, for tests. */
void hash_seed(uint64_t k0, uint64_t k1);

#endif
