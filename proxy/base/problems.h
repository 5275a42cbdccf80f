/* problems.h - located complaints about what an operator wrote, all of them at once.
 *
 *     bartizan.yaml:23:19: error: "jwt" has no setting "issuser"
 *        23 |     - jwt: { issuser: entra }
 *           |              ^~~~~~~ did you mean "issuer"?
 */
#ifndef BASE_PROBLEMS_H
#define BASE_PROBLEMS_H

#include "proxy/base/buf.h"
#include "proxy/base/str.h"

/* A place in a text: 1-based line and column, `len` characters to underline. line == 0 means "no place". */
struct span {
    unsigned line, column, len;
};

enum severity { SEVERITY_ERROR, SEVERITY_WARNING };

struct problem {
    enum severity severity;
    struct span span;
    char *message; /* owned */
    char *hint;    /* owned; said beside the caret; NULL without */
    char *file, *line; /* owned; of another text than that of `problems`: its name, and the line that is quoted; NULL without */
};

struct problems {
    char *file;       /* owned; name shown before each complaint */
    char *text;       /* owned; the whole text, for the quoted line; may be NULL */
    size_t text_len;
    struct problem *list; /* owned */
    size_t count, room, errors;
};

void problems_init(struct problems *p, struct str file, struct str text);
void problems_finish(struct problems *p);

/* Both remember a complaint and return; at most 100 are kept, the count goes on. */
void problem(struct problems *p, struct span span, const char *format, ...) PRINTF(3, 4);
void problem_warn(struct problems *p, struct span span, const char *format, ...) PRINTF(3, 4);
/* Adds a hint to the complaint made last. */
void problem_hint(struct problems *p, const char *format, ...) PRINTF(2, 3);
/* The same, `did you mean "…"?`, when one of the `n` words is near enough to `word`, or what others
 * call so; else nothing. */
void problem_hint_near(struct problems *p, struct str word, const char *const *words, size_t n);

/* The complaint made last is about `text`, which is called `file`, and its place is there. */
void problem_elsewhere(struct problems *p, struct str file, struct str text);

/* Takes over the complaints about another text, with their places there. */
void problems_take(struct problems *p, const struct problems *other);

/* Stars out what was written at the place, before it is quoted beside any complaint: for what should have been a secret. */
void problems_hide(struct problems *p, struct span span);

/* Sorted by place, in the form above. */
bool problems_print(const struct problems *p, struct buf *out) MUST_USE;

/* Edit distance with transpositions, bounded: anything above 3 is 4. */
unsigned words_distance(struct str a, struct str b);

/* Of words that are looked at one after another, the nearest one; `found` is NULL while none is near enough to be meant. */
struct nearest {
    struct str word;
    const char *found;
    unsigned distance;
};
struct nearest nearest_to(struct str word);
void nearest_look(struct nearest *n, const char *word);

#endif
