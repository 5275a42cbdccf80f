/* lines.c - one line after the other from a descriptor. */
#include "proxy/app/lines.h"

#include <errno.h>
#include <unistd.h>

enum { READ_BYTES = 64 * 1024 };

void lines_init(struct lines *l, int fd, size_t line_bytes_max)
{
    *l = (struct lines){ .fd = fd };
    buf_init(&l->text, line_bytes_max + READ_BYTES);
}

void lines_finish(struct lines *l)
{
    buf_finish(&l->text);
}

/* False at the end. */
static bool read_more(struct lines *l)
{
    char *at = buf_reserve(&l->text, READ_BYTES);
    ssize_t got;
    do
        got = read(l->fd, at, READ_BYTES);
    while (got < 0 && errno == EINTR);
    l->error = got < 0 ? errno : 0;
    buf_grew(&l->text, got > 0 ? (size_t)got : 0);
    return got > 0;
}

enum lines_answer lines_next(struct lines *l, struct str *line)
{
    buf_take(&l->text, l->taken);
    l->taken = 0;
    for (;;) {
        struct str all = buf_str(&l->text), rest = str_from(all, l->scanned);
        const char *end = rest.len ? memchr(rest.at, '\n', rest.len) : NULL;
        if (end || (l->is_over && all.len)) {
            size_t len = end ? (size_t)(end - all.at) : all.len;
            l->taken = end ? len + 1 : len;
            l->scanned = 0;
            *line = str_first(all, len);
            if (!l->is_skipping)
                return LINES_ONE;
            l->is_skipping = false;
            buf_take(&l->text, l->taken);
            l->taken = 0;
            continue;
        }
        if (l->is_over)
            return LINES_END;
        l->scanned = all.len;
        if (all.len + READ_BYTES > l->text.ceiling_bytes) {
            bool was_skipping = l->is_skipping;
            buf_clear(&l->text);
            l->scanned = 0;
            l->is_skipping = true;
            if (!was_skipping)
                return LINES_TOO_LONG;
        }
        l->is_over = !read_more(l);
    }
}
