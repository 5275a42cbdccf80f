/* lines.h - lines from a descriptor, each as soon as it is there, under a ceiling. */
#ifndef APP_LINES_H
#define APP_LINES_H

#include "proxy/base/buf.h"

struct lines {
    int fd;
    struct buf text; /* owned; its ceiling is that of a line */
    size_t taken;    /* of the line that was given last */
    size_t scanned;  /* bytes that hold no end of line */
    bool is_over, is_skipping;
    int error; /* of reading, at the end; 0: all was read */
};
enum lines_answer { LINES_ONE, LINES_TOO_LONG /* told once; the line is skipped */, LINES_END };

void lines_init(struct lines *l, int fd, size_t line_bytes_max);
void lines_finish(struct lines *l);
/* `line` without its line feed, valid until the next call; the last one may have none. Waits for bytes. */
enum lines_answer lines_next(struct lines *l, struct str *line);

#endif
