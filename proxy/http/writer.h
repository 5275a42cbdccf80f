/* writer.h - the one canonical writer of heads and chunks. A value with a control byte is never written. */
#ifndef HTTP_WRITER_H
#define HTTP_WRITER_H

#include "proxy/base/buf.h"
#include "proxy/http/message.h"

/* All answer false at the buffer's ceiling, or for a name that is no token or a value with CR, LF, NUL or another
 * control byte; the buffer may then hold half a head and must not be sent. */
bool http_write_status_line(struct buf *out, unsigned status) MUST_USE;
bool http_write_field(struct buf *out, struct str name, struct str value) MUST_USE;
/* A field of a head that the reader has taken, and so has checked already. */
bool http_write_taken_field(struct buf *out, const struct http_field *f) MUST_USE;
bool http_write_field_number(struct buf *out, struct str name, uint64_t value) MUST_USE;
bool http_write_date(struct buf *out, int64_t wall_s) MUST_USE; /* IMF-fixdate, made once a second */
bool http_write_head_end(struct buf *out) MUST_USE;

/* One chunk around `data` (nothing for an empty one), and the last chunk. */
bool http_write_chunk(struct buf *out, struct str data) MUST_USE;
bool http_write_last_chunk(struct buf *out) MUST_USE;

#endif
