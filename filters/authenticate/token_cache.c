/* token_cache.c - sets of four; the place in the table and the comparison both come from the hash. */
#include "filters/authenticate/token_cache.h"

#include <openssl/evp.h>

enum { SETS = 4096, WAYS = 4 };
static const size_t BYTES_MAX = 32 * 1024 * 1024;

struct entry {
    unsigned char hash[TOKEN_HASH_BYTES];
    uint64_t used; /* 0: empty; larger is later */
    struct remembered what;
};

struct token_cache {
    EVP_MD *sha256;  /* owned */
    EVP_MD_CTX *ctx; /* owned */
    uint64_t clock;
    size_t count, bytes, hand;
    struct entry entries[SETS][WAYS];
};

struct token_cache *token_cache_new(void)
{
    struct token_cache *c = calloc(1, sizeof *c); /* untouched pages cost nothing */
    if (!c)
        return NULL;
    c->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    c->ctx = EVP_MD_CTX_new();
    if (c->sha256 && c->ctx)
        return c;
    token_cache_free(c);
    return NULL;
}

static size_t weight(const struct entry *e)
{
    return sizeof *e->what.caller + e->what.caller->arena.used_bytes;
}

static void drop(struct token_cache *c, struct entry *e)
{
    if (!e->used)
        return;
    c->count--;
    c->bytes -= weight(e);
    caller_unref(e->what.caller);
    memset(e, 0, sizeof *e);
}

void token_cache_free(struct token_cache *c)
{
    if (!c)
        return;
    for (size_t s = 0; s < SETS && c->count; s++)
        for (size_t w = 0; w < WAYS; w++)
            drop(c, &c->entries[s][w]);
    EVP_MD_free(c->sha256);
    EVP_MD_CTX_free(c->ctx);
    free(c);
}

bool token_cache_hash(struct token_cache *c, struct str token, unsigned char hash[TOKEN_HASH_BYTES])
{
    return EVP_DigestInit_ex2(c->ctx, c->sha256, NULL) && EVP_DigestUpdate(c->ctx, token.at, token.len) &&
           EVP_DigestFinal_ex(c->ctx, hash, NULL);
}

static struct entry *set_of(struct token_cache *c, const unsigned char hash[TOKEN_HASH_BYTES])
{
    return c->entries[(hash[0] | (unsigned)hash[1] << 8) % SETS];
}

static struct entry *find(struct token_cache *c, const unsigned char hash[TOKEN_HASH_BYTES])
{
    struct entry *set = set_of(c, hash);
    for (size_t w = 0; w < WAYS; w++)
        if (set[w].used && memcmp(set[w].hash, hash, TOKEN_HASH_BYTES) == 0)
            return &set[w];
    return NULL;
}

const struct remembered *token_cache_find(struct token_cache *c, const unsigned char hash[TOKEN_HASH_BYTES],
                                          int64_t now_s)
{
    struct entry *e = find(c, hash);
    if (!e)
        return NULL;
    if (now_s >= e->what.until_s) {
        drop(c, e);
        return NULL;
    }
    e->used = ++c->clock;
    return &e->what;
}

/* Large callers make room by going around the table, so that no number of groups fills the memory. */
static void make_room(struct token_cache *c)
{
    for (size_t n = 0; c->bytes > BYTES_MAX && n < SETS; n++, c->hand = (c->hand + 1) % SETS)
        for (size_t w = 0; w < WAYS; w++)
            drop(c, &c->entries[c->hand][w]);
}

void token_cache_add(struct token_cache *c, const unsigned char hash[TOKEN_HASH_BYTES], const struct remembered *r)
{
    struct entry *set = set_of(c, hash), *e = find(c, hash);
    for (size_t w = 0; !e && w < WAYS; w++)
        if (!set[w].used)
            e = &set[w];
    if (!e) {
        e = set;
        for (size_t w = 1; w < WAYS; w++)
            if (set[w].used < e->used)
                e = &set[w];
    }
    struct caller *caller = caller_ref(r->caller); /* before drop: it may be the same one */
    drop(c, e);
    e->what = *r;
    e->what.caller = caller;
    e->used = ++c->clock;
    memcpy(e->hash, hash, TOKEN_HASH_BYTES);
    c->count++;
    c->bytes += weight(e);
    make_room(c);
}

void token_cache_forget(struct token_cache *c, const unsigned char hash[TOKEN_HASH_BYTES])
{
    struct entry *e = find(c, hash);
    if (e)
        drop(c, e);
}

size_t token_cache_count(const struct token_cache *c)
{
    return c->count;
}
