/* learned.c - a histogram of output tokens and an average of the input's error for each app and model. */
#include "filters/reserve/learned.h"

#include "proxy/base/hash.h"

enum {
    ENTRIES = 1024, /* a power of two */
    PLACES = 8,     /* that one key may have */
    BUCKETS = 64,   /* four to an octave, from 4 tokens on: a bound is at most a quarter too high */
    KEPT = 1024,    /* answers, after which the old ones count half */
    ONE = 1024,     /* the ratio 1 */
    WEIGHT = 16,    /* of the past against the latest, in the average */
};

struct entry {
    uint64_t key; /* 0: free */
    uint32_t count, answers;
    uint32_t ratio; /* reported ÷ counted input, in 1/1024 */
    uint16_t buckets[BUCKETS];
};

struct learned {
    struct entry entries[ENTRIES];
};

struct learned *learned_new(void)
{
    return calloc(1, sizeof(struct learned));
}

void learned_free(struct learned *l)
{
    free(l);
}

static uint64_t key_of(struct str app, struct str model)
{
    uint64_t key = hash_str(app) * 0x9e3779b97f4a7c15u ^ hash_str(model);
    return key ? key : 1;
}

static const struct entry *find(const struct learned *l, struct str app, struct str model)
{
    uint64_t key = key_of(app, model);
    for (unsigned i = 0; i < PLACES; i++)
        if (l->entries[(key + i) % ENTRIES].key == key)
            return &l->entries[(key + i) % ENTRIES];
    return NULL;
}

static struct entry *find_or_replace(struct learned *l, struct str app, struct str model)
{
    uint64_t key = key_of(app, model);
    struct entry *least = NULL;
    for (unsigned i = 0; i < PLACES; i++) {
        struct entry *e = &l->entries[(key + i) % ENTRIES];
        if (e->key == key)
            return e;
        if (!least || e->answers < least->answers)
            least = e;
    }
    *least = (struct entry){ .key = key, .ratio = ONE };
    return least;
}

static unsigned bucket_of(uint64_t tokens)
{
    if (tokens < 4)
        return 0;
    unsigned octave = 63 - (unsigned)__builtin_clzll(tokens), quarter = (unsigned)(tokens >> (octave - 2)) & 3;
    unsigned bucket = (octave - 2) * 4 + quarter + 1;
    return bucket < BUCKETS ? bucket : BUCKETS - 1;
}

/* The largest number of tokens in it. */
static uint64_t bound_of(unsigned bucket)
{
    unsigned octave = (bucket - 1) / 4, quarter = (bucket - 1) % 4;
    return bucket == 0 ? 3 : ((uint64_t)(5 + quarter) << octave) - 1;
}

uint64_t learned_output(const struct learned *l, struct str app, struct str model)
{
    const struct entry *e = find(l, app, model);
    if (!e || e->count < LEARNED_ENOUGH)
        return 0;
    uint64_t below = 0;
    unsigned i = 0;
    for (; i < BUCKETS - 1 && (below += e->buckets[i]) * 10 < (uint64_t)e->count * 9; i++)
        ;
    return bound_of(i);
}

uint64_t learned_input(const struct learned *l, struct str app, struct str model, uint64_t estimate)
{
    const struct entry *e = find(l, app, model);
    return e && e->answers >= LEARNED_ENOUGH ? (estimate * e->ratio + ONE - 1) / ONE : estimate;
}

void learned_add(struct learned *l, struct str app, struct str model, uint64_t counted, uint64_t input, uint64_t output)
{
    struct entry *e = find_or_replace(l, app, model);
    if (e->answers < UINT32_MAX)
        e->answers++;
    if (counted && input) {
        uint64_t ratio = input * ONE / counted;
        ratio = ratio < ONE / 4 ? ONE / 4 : ratio > 8 * ONE ? 8 * ONE : ratio; /* one odd answer teaches little */
        e->ratio = (uint32_t)((e->ratio * (uint64_t)(WEIGHT - 1) + ratio + WEIGHT / 2) / WEIGHT);
    }
    e->buckets[bucket_of(output)]++;
    if (++e->count < KEPT)
        return;
    e->count = 0;
    for (unsigned i = 0; i < BUCKETS; i++)
        e->count += e->buckets[i] /= 2;
}
