/* canary.h - the ways in which a model can tell a canary without writing it down. */
#ifndef RELAY_CANARY_H
#define RELAY_CANARY_H

#include "proxy/base/arena.h"

/* As it stands; its letters and digits apart, backwards or in rot13; the codes of its bytes in hexadecimal (as in %41,
 * \x41 and \u0041) or decimal (as in &#65;); and what base64, once or twice, and base32 make of it wherever it begins; and letters that look like its own. */
enum { CANARY_PLAIN_FORMS = 1, CANARY_USUAL_FORMS = 9, CANARY_FORMS = 24 };

struct canary_form {
    const char *expression; /* of pattern_set.h; NULL: it would be too short to tell */
    bool caseless;
};

enum {
    CANARY_MIN_BYTES = 8,
    CANARY_MAX_BYTES = 200,
    CANARIES_CODED_BYTES = 120,     /* the first of them, which are looked for in all forms */
    CANARIES_DISGUISED_BYTES = 500, /* so many are looked for in disguise, but not in base32 nor in base64 twice */
};

/* How many of its forms are looked for, in one set, of a canary up to the end of which there are so many `bytes` of canaries. */
size_t canary_forms_within(size_t bytes);

/* `text` is UTF-8 and within those bounds. False without memory. */
bool canary_forms(struct arena *a, struct str text, struct canary_form out[CANARY_FORMS]) MUST_USE;

#endif
