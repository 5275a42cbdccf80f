/* file.c - a whole file, up to a ceiling. */
#include "proxy/base/file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

bool file_read(const char *path, struct buf *out, char why[FILE_WHY_BYTES])
{
    FILE *f = fopen(path, "re");
    if (!f) {
        snprintf(why, FILE_WHY_BYTES, "%s", strerror(errno));
        return false;
    }
    char chunk[8192];
    bool fits = true;
    for (size_t n; fits && (n = fread(chunk, 1, sizeof chunk, f)) > 0;)
        fits = buf_add(out, str_of(chunk, n));
    bool is_broken = ferror(f) != 0;
    int error = errno;
    fclose(f);
    if (is_broken)
        snprintf(why, FILE_WHY_BYTES, "cannot be read: %s", strerror(error));
    else if (!fits)
        snprintf(why, FILE_WHY_BYTES, "is larger than %zu MiB", out->ceiling_bytes >> 20);
    return fits && !is_broken;
}
