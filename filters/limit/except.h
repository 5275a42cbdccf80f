/* except.h - who is not counted by a limit, or who alone is: a list of each attribute, any of which will do. */
#ifndef FILTERS_LIMIT_EXCEPT_H
#define FILTERS_LIMIT_EXCEPT_H

#include "filters/authorise/attributes.h"
#include "proxy/core/nets.h"

struct except {
    struct people who;
    struct texts networks;
    struct nets nets; /* derived */
};

extern const struct setting EXCEPT_SETTINGS[], ONLY_SETTINGS[]; /* of the same struct */

/* Reads the networks; false after a complaint. */
bool except_check(struct except *e, struct setup *s, struct problems *problems);
bool except_is_empty(const struct except *e);
bool except_has(const struct except *e, const struct exchange *x);

#endif
