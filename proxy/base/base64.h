/* base64.h - strict base64 (RFC 4648): one text for one value, everything else refused. */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include "proxy/base/str.h"

/* Room that decoding `len` characters needs, and that encoding `len` bytes needs (no NUL). */
#define BASE64_DECODED_MAX(len) (((len) / 4 + 1) * 3)
#define BASE64_ENCODED_MAX(len) (((len) + 2) / 3 * 4)

/* base64url without padding, as RFC 7515 §2 wants it: no '=', no other alphabet, no white space, unused
 * bits zero. `out` has room for BASE64_DECODED_MAX(s.len) and may be s.at itself. */
bool base64url_decode(struct str s, void *out, size_t *out_len) MUST_USE;
/* Standard alphabet with padding, equally strict. */
bool base64_decode(struct str s, void *out, size_t *out_len) MUST_USE;

/* Both return the number of characters written. */
size_t base64url_encode(char *out, const void *bytes, size_t n);
size_t base64_encode(char *out, const void *bytes, size_t n);

#endif
