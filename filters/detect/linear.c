/* linear.c - hashed words and pairs of words against a table of weights. learn.py beside the weights does the same. */
#include "filters/detect/linear.h"

#include <math.h>

#include "filters/detect/word_parts.h"

/* Any byte beyond ASCII belongs to a word: what is told apart here is statistics, not grammar. */
static inline bool is_word_byte(unsigned char c)
{
    return c >= 0x80 || WORD_BYTES[c] == BYTE_WORD;
}

/* Eight bytes at a time, the last with zeros. */
static inline uint64_t hash_word(struct str text, size_t i, size_t end)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (; i < end; i += 8) {
        uint64_t v = 0;
        size_t n = end - i < 8 ? end - i : 8;
        if (text.len - i >= 8)
            v = word_load(text.at + i) & WORD_MASKS[n];
        else
            memcpy(&v, text.at + i, n);
        h = (h ^ v) * 0xff51afd7ed558ccdu;
        h ^= h >> 32;
    }
    return h;
}

static int weight(const struct linear *l, uint64_t hash)
{
    return l->weights[hash * 0x9e3779b97f4a7c15u >> (64 - LINEAR_BITS)];
}

struct step {
    int sum;
    unsigned features;
};

static float odds_of(const struct linear *l, struct step a, struct step b)
{
    unsigned n = a.features + b.features;
    return n ? l->bias + l->scale * (float)(a.sum + b.sum) / sqrtf((float)n) : -INFINITY;
}

static float best_of(const struct linear *l, struct str text)
{
    struct step last = { 0 }, now = { 0 };
    uint64_t before = 0;
    float best = -INFINITY;
    unsigned words = 0, steps = 0;
    for (size_t i = 0; i < text.len;) {
        size_t end = i;
        while (end < text.len && is_word_byte((unsigned char)text.at[end]))
            end++;
        if (end == i) {
            i++;
            continue;
        }
        if (words == LINEAR_STEP_WORDS) {
            best = fmaxf(best, steps++ ? odds_of(l, last, now) : best);
            last = now;
            now = (struct step){ 0 };
            words = 0;
        }
        uint64_t hash = hash_word(text, i, end);
        now.sum += weight(l, hash);
        now.features++;
        if (words++ || steps) {
            now.sum += weight(l, before * 3 + hash);
            now.features++;
        }
        before = hash;
        i = end;
    }
    return fmaxf(best, odds_of(l, last, now));
}

float linear_odds(const struct linear *l, struct str text)
{
    if (text.len <= 2 * LINEAR_BYTES)
        return best_of(l, text);
    return fmaxf(best_of(l, str_first(text, LINEAR_BYTES)), best_of(l, str_from(text, text.len - LINEAR_BYTES)));
}

int linear_vote(float odds)
{
    static const float EVEN = -1.25f, STEEP = 5;
    float vote = (odds - EVEN) * STEEP;
    return !isfinite(vote) ? 0 : vote < LINEAR_VOTE_MIN ? LINEAR_VOTE_MIN : vote > LINEAR_VOTE_MAX ? LINEAR_VOTE_MAX : (int)vote;
}

bool linear_read(struct str bytes, struct linear *out)
{
    enum { HEAD = 12 };
    if (bytes.len != HEAD + LINEAR_WEIGHTS || !str_starts(bytes, STR("BLM1")))
        return false;
    memcpy(&out->scale, bytes.at + 4, sizeof out->scale);
    memcpy(&out->bias, bytes.at + 8, sizeof out->bias);
    out->weights = (const int8_t *)(const void *)(bytes.at + HEAD);
    return isfinite(out->scale) && isfinite(out->bias);
}
