/* replacer.h - many words at once for many others, in a whole text or in a stream: the leftmost, of these the longest.
 *
 * A word that begins (or ends) with a letter or digit is one only where no letter or digit stands before (or behind) it, unless it
 * was added as `inside`. In a stream all leaves at once but what could still become a word, or a longer one. */
#ifndef DETECT_REPLACER_H
#define DETECT_REPLACER_H

#include "proxy/base/arena.h"
#include "proxy/base/buf.h"

struct replacement {
    struct str from, to;
    uint32_t value;  /* whatever the caller knows it by */
    bool inside;     /* also within a word */
};

struct replacer {
    struct replacement *words; /* sorted by `from`; the arena's */
    size_t count, longest;
    uint32_t first[257];       /* of the words that begin with a byte: from first[byte] to first[byte + 1] */
};

/* Sorts `words` in place; of two alike the first stays. */
void replacer_init(struct replacer *r, struct replacement *words, size_t n);

enum { REPLACER_CONTEXT = 16 }; /* bytes that are looked at before a word */

struct replaced {
    size_t start, end;
    const struct replacement *word;
};
enum replacer_answer { REPLACER_NONE, REPLACER_FOUND, REPLACER_OPEN };
/* The first word at or behind `*from`, of a text of which more follows unless `last`. OPEN: what follows decides, *from is where it
 * may begin. */
enum replacer_answer replacer_next(const struct replacer *r, struct str text, bool last, size_t *from, struct replaced *found);

/* The memory of a stream: zeroed to begin with, replacer_room(r) bytes. */
struct replacer_stream {
    uint32_t held, context; /* of `bytes`: the context has left, the rest is held */
    char bytes[];
};
size_t replacer_room(const struct replacer *r);
/* Takes more and adds to `out` what may leave, with `to` escaped as the inside of a JSON string if `is_json`. `work` is for the time
 * of the call. False without memory. */
bool replacer_feed(const struct replacer *r, struct replacer_stream *s, struct str fresh, bool last, bool is_json, struct buf *work,
                   struct buf *out) MUST_USE;
static inline bool replacer_is_holding(const struct replacer_stream *s)
{
    return s->held > s->context;
}

#endif
