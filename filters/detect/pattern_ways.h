/* pattern_ways.h - the ways in which patterns can begin: of each the bytes that may stand at its first places, and how much of a text looks
 * so. Private to this folder. */
#ifndef DETECT_PATTERN_WAYS_H
#define DETECT_PATTERN_WAYS_H

#include "filters/detect/pattern_parts.h"

struct pattern_way {
    struct byte_set first[2]; /* behind something else, behind a word */
    struct byte_set at[BEGIN_BYTES];
    double shares[BEGIN_BYTES]; /* of each of them */
    double share;               /* of texts, about, that look so */
    uint32_t groups;
    bool of_digits; /* that begin with one */
};

typedef void pattern_way_fn(void *owner, struct pattern_way *way);

/* Nodes, as they are walked. */
struct pattern_ways {
    const struct pattern_set *set;
    uint32_t *list, *fresh, *starts, *stack, *mark, turn; /* nodes, and in which turn each was met; owned */
    uint32_t *ways[BEGIN_BYTES]; /* nodes at each depth; owned */
    uint8_t *neighbours;         /* that a node on the way to a first byte is reached with; owned */
    struct byte_set only;        /* with these bytes the ways begin that are looked at */
    pattern_way_fn *take; /* each way */
    void *owner;
};
bool pattern_ways_init(struct pattern_ways *w, const struct pattern_set *set, pattern_way_fn *take, void *owner) MUST_USE;
void pattern_ways_finish(struct pattern_ways *w);

/* The first nodes of a pattern of the group: w->starts; returns their count. */
uint32_t pattern_ways_starts(struct pattern_ways *w, const struct pattern_group *g, uint32_t pattern);
/* The bytes of w->only that a start may begin with, by what stands before: way->first. False when there are none. */
bool pattern_ways_first(const struct pattern_ways *w, uint32_t start, struct pattern_way *way);
/* Adds the ways on from `depth`, where `nodes` come, so many at most; the places before it are those of `so_far`. */
void pattern_ways_add(struct pattern_ways *w, const struct pattern_way *so_far, unsigned depth, uint32_t *nodes, uint32_t count,
                      unsigned *left);
/* Adds the nodes of bytes behind `node` that this turn has not met; false when a match can end there. */
bool pattern_ways_spread(struct pattern_ways *w, uint32_t node, uint32_t *list, uint32_t *count);
void pattern_ways_turn(struct pattern_ways *w);

/* Without an instruction of its own, or a call where there is none. */
static inline unsigned bits_in(uint64_t n)
{
    n -= n >> 1 & 0x5555555555555555u;
    n = (n & 0x3333333333333333u) + (n >> 2 & 0x3333333333333333u);
    return (unsigned)(((n + (n >> 4)) & 0x0f0f0f0f0f0f0f0fu) * 0x0101010101010101u >> 56);
}

/* Its shares, of what is at[]. */
void pattern_way_share(struct pattern_way *way);
/* The share of whatever one of two says yes to. */
double pattern_way_shared(const struct pattern_way *a, const struct pattern_way *b);
/* Makes `way` say yes to that. */
void pattern_way_join(struct pattern_way *way, const struct pattern_way *other);

#endif
