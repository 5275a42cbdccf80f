/* look_parts.h - private to look.c and look_closer.c: what the fast pass hands on. */
#ifndef TEXT_LOOK_PARTS_H
#define TEXT_LOOK_PARTS_H

#include "proxy/text/view_parts.h"

/* Where in a block a closer look is worth it. */
struct finds {
    uint64_t rare, runs, spaced2, spaced3, pairs, fours, leet, numbers;
};

/* What was learnt so far. */
struct known {
    struct closers closers;
    size_t judged;  /* up to here words have been judged for leet */
    size_t encoded; /* up to here codes have been noted */
    size_t ordered; /* up to here the order of words has been judged */
    size_t scrambled, scrambled_at; /* words so far; where the last one was */
    size_t rotated, backwards; /* before these, escapes are not asked again whether they read in rot13, backwards */
};

/* Notes a reason at text[start, end). */
void look_note(struct look *l, struct str text, enum hint why, size_t start, size_t end);
/* Nothing new would be learnt at `at`: the reason is known and the place is well inside of a stretch. */
static inline bool look_is_told(const struct look *l, enum hint why, size_t at)
{
    return (l->hints & why) && at + VIEW_AROUND / 2 < l->at[l->count - 1].end;
}
/* At what was found in the block that begins at text[base]. */
void look_closer(struct look *l, struct str text, size_t base, const struct finds *f, struct known *known, uint64_t *work);

#endif
