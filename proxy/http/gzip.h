/* gzip.h - unpacking a gzip or deflate body under a ceiling. */
#ifndef HTTP_GZIP_H
#define HTTP_GZIP_H

#include "proxy/base/buf.h"

enum gzip_answer { GZIP_OK, GZIP_BAD, GZIP_TOO_LARGE };

/* Appends the unpacked form of the one whole gzip member `in` (no trailing bytes) to `out`, whose ceiling bounds it;
 * a ratio above 200:1 is also GZIP_TOO_LARGE. */
enum gzip_answer gzip_unpack(struct str in, struct buf *out);

#endif
