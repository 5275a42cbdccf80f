/* token_cache.h - tokens that were verified, remembered by their SHA-256 until they expire: a worker's, bounded.
 *
 * 16,384 entries in sets of four; in a full set the one that was asked for least lately goes. The memory of the callers
 * is bounded too. An entry is answered only while its token is valid and while the keys that verified it are the
 * issuer's newest: after each new key document every token is verified once more. */
#ifndef AUTHENTICATE_TOKEN_CACHE_H
#define AUTHENTICATE_TOKEN_CACHE_H

#include "proxy/core/caller.h"

struct token_cache;
struct issuer;

struct remembered {
    const struct issuer *issuer;
    const struct issuer_keys *keys;
    uint64_t generation;   /* of the keys that verified it */
    struct caller *caller; /* counted by the cache */
    int64_t until_s;       /* wall time: exp and the skew */
    bool has_binding;
    unsigned char bound_sha256[32];
};

struct token_cache *token_cache_new(void);
void token_cache_free(struct token_cache *c); /* NULL is fine; callers in use live on */

enum { TOKEN_HASH_BYTES = 32 };
/* False when OpenSSL fails. */
bool token_cache_hash(struct token_cache *c, struct str token, unsigned char hash[TOKEN_HASH_BYTES]) MUST_USE;
/* The entry, valid until the cache is next changed; NULL when there is none or it has expired. */
const struct remembered *token_cache_find(struct token_cache *c, const unsigned char hash[TOKEN_HASH_BYTES],
                                          int64_t now_s);
/* Takes a reference of its own to the caller; replaces an entry of the same hash. */
void token_cache_add(struct token_cache *c, const unsigned char hash[TOKEN_HASH_BYTES], const struct remembered *r);
void token_cache_forget(struct token_cache *c, const unsigned char hash[TOKEN_HASH_BYTES]);
size_t token_cache_count(const struct token_cache *c);

#endif
