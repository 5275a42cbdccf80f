/* linear.h - a small learned model: a weight for each hashed word and pair of words, summed over windows of a text.
 *
 * It is a second vote beside the rules, never a judge by itself. filters/rules/model/ has the weights, what they were learned
 * from, and the program that learns them again. */
#ifndef DETECT_LINEAR_H
#define DETECT_LINEAR_H

#include "proxy/base/str.h"

enum {
    LINEAR_WEIGHTS = 1 << 16,
    LINEAR_WINDOW_WORDS = 100,
};

struct linear {
    const int8_t *weights; /* LINEAR_WEIGHTS of them */
    float scale, bias;     /* of a window's mean weight, to log odds */
};

/* What the program brings along; NULL without. */
const struct linear *linear_builtin(void);
/* Log odds of the window that looks most like an attack. Only the first and the last LINEAR_BYTES of a long text are read. */
float linear_score(const struct linear *l, struct str text);
/* What is added to the score of the rules, `sum`: from LINEAR_VOTE_MIN to LINEAR_VOTE_MAX. Not asked, and 0, where the rules are
 * sure by themselves. */
int linear_vote(const struct linear *l, struct str text, unsigned sum);

#endif
