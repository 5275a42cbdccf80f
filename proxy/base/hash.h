/* hash.h - a keyed 64-bit hash for tables (SipHash-1-3), so that callers cannot aim at one slot. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include "proxy/base/str.h"

/* The key is drawn at random once in a process, before the first worker is forked; all its children agree. */
uint64_t hash_str(struct str s);
/* Fixes the key, for tests. */
void hash_seed(uint64_t k0, uint64_t k1);

#endif
