/* word_parts.h - private to the rooms of rules: what a byte is to words, and the hashes of them. */
#ifndef DETECT_WORD_PARTS_H
#define DETECT_WORD_PARTS_H

#include "filters/detect/word_table.h"

enum word_kind { WORD_ALONE, WORD_PAIR, WORD_SIGN, WORD_SIGNS, WORD_KINDS };

enum byte_kind { BYTE_OTHER, BYTE_WORD, BYTE_MORE /* of a character beyond ASCII */ };
extern const unsigned char WORD_BYTES[256]; /* enum byte_kind */

enum { MAY_BE_BITS = 16, LETTERS_UNTIL = 0x3000 };

/* Chains do not go over these, but where their rule says so. */
static inline bool word_ends_sentence(char c)
{
    return c == '.' || c == '!' || c == '?';
}

static inline uint64_t word_load(const char *at)
{
    uint64_t v;
    memcpy(&v, at, sizeof v);
    return v;
}

/* Of a word's first and last bytes (for at most eight, twice the same), which tell nearly all apart. */
static inline uint32_t word_hash_of(uint64_t first, uint64_t last, size_t n)
{
    uint64_t h = (first ^ n) * 0x9e3779b97f4a7c15u;
    h = (h ^ h >> 29 ^ last) * 0xff51afd7ed558ccdu;
    return (uint32_t)(h >> 32);
}

extern const uint64_t WORD_MASKS[9]; /* of so many bytes */

/* Eight bytes behind `at` may be read. */
static inline uint32_t word_hash(const char *at, size_t n)
{
    uint64_t first = word_load(at) & WORD_MASKS[n < 8 ? n : 8];
    return word_hash_of(first, n > 8 ? word_load(at + n - 8) : first, n);
}

/* Two words, in this order. */
#define WORD_PAIR_FIRST 0x9e3779b1u
#define WORD_PAIR_SECOND 0x7f4a7c15u
static inline uint32_t word_pair(uint32_t first, uint32_t second)
{
    return (first * WORD_PAIR_FIRST) ^ (second + WORD_PAIR_SECOND);
}

/* Of what begins with a sign: so many bytes are hashed, as a word is. */
enum { WORD_SIGNS_SHORT = 2, WORD_SIGNS_LONG = 4 };

static inline bool word_bit(const uint64_t *bits, uint32_t hash)
{
    uint32_t bit = hash >> (32 - MAY_BE_BITS);
    return bits[bit / 64] >> (bit & 63) & 1;
}

static inline bool word_filter_bit(const struct word_filter *f, uint32_t hash)
{
    static_assert(WORD_FILTER_WORDS == 8, "as it is written here");
    return f->bits[hash >> 6 & (WORD_FILTER_WORDS - 1)] >> (hash & 63) & 1;
}

static inline const struct word_slot *word_look_up(const struct word_slots *s, uint32_t hash)
{
    for (size_t at = hash & s->mask; s->at[at].is_used; at = (at + 1) & s->mask)
        if (s->at[at].hash == hash)
            return &s->at[at];
    return NULL;
}

/* The end of the word that begins at `i`, or of the one character where words are not told apart; `i` where neither
 * begins. */
size_t word_token_end(const uint64_t *letters, struct str text, size_t i);
/* The words that an entry is found by; the second is 0 bytes long without. */
void word_first_two(const uint64_t *letters, struct str text, struct str *first, struct str *second);

#endif
