/* pseudonym_parts.h - the lists that pseudonyms are drawn from. Private to this folder. */
#ifndef DETECT_PSEUDONYM_PARTS_H
#define DETECT_PSEUDONYM_PARTS_H

#include "proxy/base/hmac.h"

/* A stream of numbers that follows from a key and a value. */
struct draw {
    uint64_t state[4];
};
bool draw_begin(struct draw *d, const unsigned char key[HMAC_BYTES], struct str what, struct str value, unsigned attempt) MUST_USE;
unsigned draw_below(struct draw *d, unsigned n);

/* ASCII, so that they come back as they went, whatever they are written in. */
extern const struct str GIVEN_NAMES[], FAMILY_NAMES[], STREETS[], TOWNS[];
extern const unsigned GIVEN_NAMES_COUNT, FAMILY_NAMES_COUNT, STREETS_COUNT, TOWNS_COUNT;

static inline struct str draw_word(struct draw *d, const struct str *list, unsigned count)
{
    return list[draw_below(d, count)];
}

#endif
