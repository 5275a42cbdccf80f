/* choose.h - which identity answers to a server name: exact, then a wildcard of one label, then the first one.
 *
 * Identities with the same name and different kinds of keys make one choice together: the TLS side builds one context
 * for each choice and puts all of its identities in. The table never changes; a reload makes a new one. */
#ifndef CERTS_CHOOSE_H
#define CERTS_CHOOSE_H

#include "certs/identity.h"

struct choice {
    size_t index;                                    /* its place: choose_at(c, index) */
    const struct identity *identity[IDENTITY_KINDS]; /* borrowed; NULL where there is none, never all of them */
};

struct choose;

/* The identities are borrowed and must outlive the table; there is at least one. Where two of the same kind share a
 * name the first has it. NULL without memory. */
struct choose *choose_new(const struct identity *const *identities, size_t n) MUST_USE;
void choose_free(struct choose *choose); /* NULL is fine */

size_t choose_count(const struct choose *choose);
const struct choice *choose_at(const struct choose *choose, size_t index);

/* `server_name` as it came in the SNI, empty without one; case does not matter and one trailing dot is overlooked.
 * NULL for a name that must be refused: with a NUL or another byte that no host name has, or above 253 bytes.
 * An unknown name gets the default, which is choose_at(c, 0): the first identity and its companions. */
const struct choice *choose_find(const struct choose *choose, struct str server_name);

#endif
