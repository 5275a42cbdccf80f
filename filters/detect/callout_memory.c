/* callout_memory.c - verdicts that were given lately: a table of sets of four, the place and the comparison from the hash. */
#include "filters/detect/callout.h"

enum { WAYS = 4 };

struct remembered {
    unsigned char hash[CALLOUT_HASH_BYTES];
    uint64_t until_ms; /* 0: empty */
    struct callout_verdict verdict;
};

struct callout_memory {
    size_t sets; /* a power of two */
    uint64_t keep_ms;
    struct remembered at[];
};

struct callout_memory *callout_memory_new(size_t entries, uint64_t keep_ms)
{
    size_t sets = 1;
    if (!entries || !keep_ms)
        return NULL;
    while (sets * WAYS < entries)
        sets *= 2;
    struct callout_memory *m = calloc(1, sizeof *m + sets * WAYS * sizeof m->at[0]); /* untouched pages cost nothing */
    if (m)
        *m = (struct callout_memory){ .sets = sets, .keep_ms = keep_ms };
    return m;
}

void callout_memory_free(struct callout_memory *m)
{
    free(m);
}

static struct remembered *set_of(struct callout_memory *m, const unsigned char *hash)
{
    uint32_t n;
    memcpy(&n, hash, sizeof n);
    return &m->at[(n & (m->sets - 1)) * WAYS];
}

const struct callout_verdict *callout_memory_find(struct callout_memory *m, const unsigned char *hash, uint64_t now_ms)
{
    struct remembered *set = m ? set_of(m, hash) : NULL;
    for (size_t i = 0; set && i < WAYS; i++)
        if (now_ms < set[i].until_ms && memcmp(set[i].hash, hash, CALLOUT_HASH_BYTES) == 0)
            return &set[i].verdict;
    return NULL;
}

/* In place of the one that ends first. */
void callout_memory_add(struct callout_memory *m, const unsigned char *hash, const struct callout_verdict *v, uint64_t now_ms)
{
    struct remembered *set = m ? set_of(m, hash) : NULL, *to = set;
    for (size_t i = 0; set && i < WAYS; i++) {
        bool is_same = set[i].until_ms && memcmp(set[i].hash, hash, CALLOUT_HASH_BYTES) == 0;
        if (is_same || set[i].until_ms < to->until_ms)
            to = &set[i];
        if (is_same)
            break;
    }
    if (!to)
        return;
    *to = (struct remembered){ .until_ms = now_ms + m->keep_ms, .verdict = *v };
    memcpy(to->hash, hash, CALLOUT_HASH_BYTES);
}
