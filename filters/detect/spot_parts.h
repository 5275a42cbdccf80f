/* spot_parts.h - private to spot_*.c: what anchors and the words near them are found by. */
#ifndef DETECT_SPOT_PARTS_H
#define DETECT_SPOT_PARTS_H

#include "filters/detect/spots.h"
#include "filters/detect/word_parts.h"

#if defined(__x86_64__) && defined(__GNUC__)
#define SPOT_X86 1
#include <immintrin.h>
#define TARGET __attribute__((target("avx2,bmi,bmi2,popcnt")))
#endif

/* What is the same in all ways, but for a function that is given to it, becomes part of each. */
#define ALWAYS_INLINE inline __attribute__((always_inline))

enum { SPOT_BITS = 18 };
static const uint32_t SPOT_HASH_LOW = 0x9e3779b1, SPOT_HASH_HIGH = 0x85ebca6b;

/* Of a word's first and last eight bytes, which for a shorter one are the same: made of what four words at a time can do. */
static inline uint32_t spot_hash_of(uint64_t first, uint64_t last)
{
    uint64_t v = first ^ last >> 1, h = (v & UINT32_MAX) * SPOT_HASH_LOW ^ (v >> 32) * SPOT_HASH_HIGH;
    return (uint32_t)(h ^ h >> 32);
}

/* Eight bytes behind `at` may be read. */
static inline uint32_t spot_hash(const char *at, size_t n)
{
    uint64_t mask = WORD_MASKS[n < 8 ? n : 8];
    return spot_hash_of(word_load(at) & mask, word_load(at + (n > 8 ? n - 8 : 0)) & mask);
}

/* Signs are found by so many bytes, or by all. */
enum { SPOT_SIGN_BYTES = 4 };
static inline uint32_t spot_sign_hash(const char *at, size_t n)
{
    return ~spot_hash(at, n);
}

/* Two bits of a word for each hash. */
static inline uint32_t spot_bit(const uint32_t *bits, uint32_t hash)
{
    uint32_t word = bits[hash >> (32 + 5 - SPOT_BITS)];
    return word >> (hash & 31) & word >> (hash >> 5 & 31) & 1;
}

/* Before a part's keys stands a filter: one bit for each word that is one or begins one, counted from the highest. */
enum { SPOT_FILTER = 8, SPOT_FILTER_WORD = 29, SPOT_FILTER_BIT = 24 };
static inline uint32_t spot_filter_bit(uint32_t hash)
{
    return 1u << 31 >> (hash >> SPOT_FILTER_BIT & 31);
}

/* What a part is found by stands in an open hash table; its last bit tells whether that is all, or a phrase must follow. Where
 * nothing stands is 0. */
static inline uint32_t spot_key_at(const uint32_t *keys, uint32_t mask, uint32_t hash)
{
    uint32_t at = hash & mask;
    while (keys[at] && (keys[at] ^ hash) > 1)
        at = (at + 1) & mask;
    return at;
}
static inline uint32_t spot_find_key(const uint32_t *keys, uint32_t mask, uint32_t hash)
{
    return keys[spot_key_at(keys, mask, hash)];
}

/* Of spot_shape.rest. */
static inline uint32_t spot_rest_bit(char c)
{
    return 1u << (c & 31);
}

/* What has this key, or the free place where it would stand. */
static inline struct spot_slot *spot_slot_of(const struct spot_table *t, uint32_t key)
{
    size_t at = key & t->mask;
    while (t->slots[at].entry && t->slots[at].key != key)
        at = (at + 1) & t->mask;
    return &t->slots[at];
}

/* The number of a word, and whether it may be an anchor or herald by itself, or with the one before. */
enum { SPOT_MAYBE_ALONE = 1, SPOT_MAYBE_PAIR = 2, SPOT_MAYBE_SHIFT = 2 };

/* What the machine has: nothing more than all of its kind, AVX2, AVX-512 with what sets bytes close together. */
enum spot_way { SPOT_PLAIN, SPOT_AVX2, SPOT_AVX512 };

struct spotting {
    const struct spot_table *table;
    struct str text;
    struct spots *s;
    enum spot_way way;
    uint64_t dear; /* more work than is good */
};

/* spot_cut.c: words from `i` on, where a word begins, as far as there is room, and signs that may be anchors; returns how far it came.
 * What was cut is then hashed, and s->maybes are those of it. */
bool spot_has_room(const struct spots *s);
size_t spot_cut(const struct spotting *g, size_t i);
void spot_hash_words(const struct spotting *g);
enum spot_way spot_way(void); /* the best that this machine can */

/* spot_near.c: are the chain's other parts near its anchor, which begins at `at`, where word `first` or what follows begins? Its herald is
 * so near. */
bool spot_has_all(struct spotting *g, const struct spot_anchor *a, size_t first, uint32_t at);

/* spots_find in one of the ways. */
void spots_find_in(const struct spot_table *t, struct str text, struct spots *s, enum spot_way way);

#endif
