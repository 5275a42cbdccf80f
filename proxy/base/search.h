/* search.h - where a number stands, or would stand, among sorted ones. */
#ifndef BASE_SEARCH_H
#define BASE_SEARCH_H

#include <stddef.h>
#include <stdint.h>

/* The first of sorted[low .. high) that is not below `least`; `high` where there is none. */
static inline size_t first_not_below(const uint32_t *sorted, size_t low, size_t high, uint64_t least)
{
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (sorted[middle] < least)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

#endif
