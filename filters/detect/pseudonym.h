/* pseudonym.h - something that looks like what was found: of the same kind and form, with check digits that hold, so that
 * the row that found the one finds the other. Domains and IP addresses are of those that are nobody's; all else is drawn at
 * random, and may be somebody's by chance.
 *
 * It follows from a key and the value alone, so that who has the key makes the same one again, and nobody else can tell what it
 * stands for. `attempt` gives others, for when one is taken. */
#ifndef DETECT_PSEUDONYM_H
#define DETECT_PSEUDONYM_H

#include "filters/detect/sensitive.h"
#include "proxy/base/arena.h"
#include "proxy/base/hmac.h"

enum { PSEUDONYM_ATTEMPTS_MAX = 40 };

/* A value, the row that it was found by, and the set that has the row: what else an expression has in the place of each
 * letter is seen there. NULL: any letter or digit for another. */
struct pseudonym_of {
    const struct pattern_set *set;
    const struct sensitive *row;
    struct str value;
};
/* at == NULL when none can be made of this value (a placeholder is put there), or the arena is full. Names are made word by word:
 * see pseudonym_name. */
struct str pseudonym_make(struct arena *a, const struct pseudonym_of *of, const unsigned char key[HMAC_BYTES],
                          unsigned attempt);
/* One word of a name: a given or a family name, written as `word` is: Capital, small or CAPITALS. */
struct str pseudonym_name(struct arena *a, struct str word, bool is_family, const unsigned char key[HMAC_BYTES], unsigned attempt);

#endif
