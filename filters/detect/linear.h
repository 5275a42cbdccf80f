/* linear.h - a small learned model: a weight for each hashed word and pair of neighbours, summed over windows of a text.
 *
 * It is a second vote beside the rules, never a judge by itself. filters/rules/model/ has the weights and the program that
 * learns them again, which says what they may be learned from. */
#ifndef DETECT_LINEAR_H
#define DETECT_LINEAR_H

#include "proxy/base/str.h"

enum {
    LINEAR_BITS = 16,
    LINEAR_WEIGHTS = 1 << LINEAR_BITS,
    LINEAR_STEP_WORDS = 32, /* a window is two steps */
    LINEAR_BYTES = 16384,   /* of the beginning and of the end of a text */
    LINEAR_VOTE_MIN = -8,
    LINEAR_VOTE_MAX = 12,
};

struct linear {
    const int8_t *weights; /* LINEAR_WEIGHTS of them */
    float scale, bias;
};

/* What the program brings along. */
const struct linear *linear_builtin(void);
/* From the bytes of a file of weights; false when they are none. */
bool linear_read(struct str bytes, struct linear *out) MUST_USE;

/* Log odds of the window that looks most like an attack. `text` has small letters. */
float linear_odds(const struct linear *l, struct str text);
/* What log odds add to a score: from LINEAR_VOTE_MIN to LINEAR_VOTE_MAX. */
int linear_vote(float odds);

#endif
