/* secret.h - bytes that are wiped when they go, compared in constant time, and cannot be printed by accident.
 *
 * There is no STR_A for a secret. Whoever must put one on the wire asks for it by name: secret_reveal. */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include "proxy/base/str.h"

struct secret {
    char *bytes; /* owned; NULL when empty */
    size_t len;
};

/* Copies `s`, which the caller should wipe; false without memory. The old content is wiped first. */
bool secret_set(struct secret *secret, struct str s) MUST_USE;
void secret_finish(struct secret *secret);
bool secret_eq(const struct secret *secret, struct str s);
static inline struct str secret_reveal(const struct secret *secret)
{
    return str_of(secret->bytes, secret->len);
}

/* Reads a file that holds one secret: at most `ceiling` bytes, trailing CR and LF taken off, empty refused.
 * False with errno set (EFBIG when too large, ENODATA when empty). */
bool secret_read_file(struct secret *secret, const char *path, size_t ceiling) MUST_USE;

/* Equality in a time that depends on the lengths only. */
bool bytes_eq_constant(struct str a, struct str b);

#endif
