/* file.h - a whole file, up to a ceiling. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "proxy/base/buf.h"

enum { FILE_WHY_BYTES = 96 };

/* Appends the file to `out`. False with the reason: the system's own words, or "is larger than 4 MiB" at the ceiling of
 * `out`. For when a configuration is read: it waits for the disk. */
bool file_read(const char *path, struct buf *out, char why[FILE_WHY_BYTES]) MUST_USE;

#endif
