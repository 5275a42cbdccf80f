/* histogram.c - logarithmic buckets with 64 linear steps each. */
#include "load.h"

static size_t bucket_of(uint64_t us)
{
    unsigned shift = 0;
    while ((us >> shift) >= 128)
        shift++;
    size_t at = shift * 64 + (size_t)(us >> shift);
    return at < ARRAY_LEN(((struct histogram *)0)->buckets) ? at : ARRAY_LEN(((struct histogram *)0)->buckets) - 1;
}

static uint64_t value_of(size_t bucket)
{
    if (bucket < 128)
        return bucket;
    unsigned shift = (unsigned)((bucket - 64) / 64);
    return (uint64_t)(bucket - shift * 64) << shift;
}

void histogram_add(struct histogram *h, uint64_t us)
{
    h->buckets[bucket_of(us)]++;
    h->count++;
    h->sum += us;
    if (us > h->max)
        h->max = us;
}

uint64_t histogram_quantile(const struct histogram *h, double q)
{
    uint64_t wanted = (uint64_t)(q * (double)h->count), seen = 0;
    for (size_t i = 0; i < ARRAY_LEN(h->buckets); i++) {
        seen += h->buckets[i];
        if (seen > wanted)
            return value_of(i);
    }
    return h->max;
}
