/* even.h - a text as words are looked for in it: small letters, one space in the place of each run of white space; and the way back.
 *
 * Where a run had the end of a line in it is remembered, so that rules can ask for the beginning of one. */
#ifndef DETECT_EVEN_H
#define DETECT_EVEN_H

#include "proxy/base/str.h"

enum { EVEN_MARK_BYTES = 1024 };

struct even {
    struct str text;   /* with WORD_TEXT_PAD bytes behind it */
    bool is_foreign;   /* there is something beyond ASCII */
    /* private */
    char *bytes;       /* owned, as the next two */
    uint64_t *breaks;  /* a bit for each space with the end of a line in it */
    uint32_t *marks;   /* where every EVEN_MARK_BYTES of `text` come from */
    size_t size;
};

/* `text` is valid UTF-8 of less than 2 GB. False without memory. An even of zeros may be finished. */
bool even_make(struct even *e, struct str text) MUST_USE;
void even_finish(struct even *e);

/* Does a line begin at text[at], does one end before it, but for white space? */
bool even_begins_line(const struct even *e, size_t at);
bool even_ends_line(const struct even *e, size_t at);
/* About where in the text that it was made from; off by what white space is between the last mark and there. */
static inline size_t even_near(const struct even *e, size_t at)
{
    return e->marks[at / EVEN_MARK_BYTES] + at % EVEN_MARK_BYTES;
}

#endif
