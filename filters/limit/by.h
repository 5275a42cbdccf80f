/* by.h - whose limit it is: the attributes of a caller and a request that have a bucket of their own, as part of its
 * key.
 *
 * A key reads `requests:chat.2|subject=entra/00000000-0000-0000-0000-000000000001|deployment=gpt-4o`: the kind of
 * limit; its name, or its route and place in its stage there; then each attribute. Bytes that could end a part are written as %XX,
 * so that no caller can name himself into another's bucket. */
#ifndef FILTERS_LIMIT_BY_H
#define FILTERS_LIMIT_BY_H

#include "proxy/core/exchange.h"

/* Words for a SET_WORDS row, NULL-terminated, in the order of the bits. `model` only where the body has been read. */
extern const char *const BY_WORDS[];
extern const char *const BY_WORDS_WITH_MODEL[];
#define BY_ABOUT "who has a bucket of their own: each combination of these; `all`: one for everybody"
enum { BY_ALL = 1 }; /* its bit, which stands alone */

struct by {
    const char *kind;
    struct str name; /* may be empty */
    uint64_t words;  /* their bits */
};

/* How the keys of one step begin, kept from one exchange to the next; zeroed at first. */
struct by_begin {
    const void *route;
    size_t step, len;
    char text[128];
};

/* The key of the step that runs, in the exchange's arena; at == NULL at its ceiling. `begin` is the step's own, or NULL. */
struct str by_key(struct exchange *x, struct by_begin *begin, const struct by *by) MUST_USE;

#endif
