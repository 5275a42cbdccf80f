/* key_line.h - a key of ours as the field line that shows it to a server. */
#ifndef STAMP_KEY_LINE_H
#define STAMP_KEY_LINE_H

#include "proxy/base/secret.h"

struct secret_source;

/* Reads the key into *line, behind `field`, which is all that stands before it ("api-key: "), and with the line's end.
 * False after an entry in the log, which begins with `whose`; then *line is untouched. */
bool key_line_load(const struct secret_source *source, const char *field, const char *whose, struct secret *line) MUST_USE;

#endif
