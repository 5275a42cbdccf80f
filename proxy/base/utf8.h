/* utf8.h - strict UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include "proxy/base/str.h"

/* Length in bytes (1 to 4) of the valid character that `s` begins with; 0 when it begins with none. */
size_t utf8_valid_one(struct str s);
/* Index of the first byte that does not belong to a valid character; s.len when all are valid. */
size_t utf8_valid_prefix(struct str s);
/* Writes the UTF-8 form of `code` (a scalar value, not a surrogate) to `out`; returns its length, 1 to 4. */
size_t utf8_encode(char out[4], uint32_t code);

#endif
