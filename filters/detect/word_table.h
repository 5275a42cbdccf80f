/* word_table.h - thousands of words and phrases looked for at once, as whole words; signs too, as they stand.
 *
 * A text is cut into words, of scripts that put no space between them into characters; each, and each pair of them, is looked up
 * by a hash, and the rest of a phrase is compared. That costs the same for ten words and for ten thousand, and less than a search
 * for each of them in all places: most words are in no phrase. What begins with a sign (</system>, [INST]) is looked up by
 * its first two bytes, or four where it has so many. */
#ifndef DETECT_WORD_TABLE_H
#define DETECT_WORD_TABLE_H

#include "proxy/base/arena.h"

/* What is looked for: small letters, single spaces. What begins with a sign may have anything before it; all else stands as whole words. */
struct word {
    struct str text;
    uint32_t id;
    bool is_whole; /* of what begins with a sign: no letter may follow its last one */
};

/* Small, so that what is common stays near the processor. */
struct word_slots {
    struct word_slot {
        uint32_t hash, first;
        uint32_t count : 30; /* entries; of what only begins others it is 0 */
        bool is_used : 1, begins : 1; /* a phrase, longer signs */
    } *at;
    size_t mask;
};

struct word_entry {
    uint64_t edge;  /* its first bytes when it has no more than eight, else its last ones */
    const char *at; /* the arena's */
    uint32_t id;
    uint16_t len;
    bool is_whole;
};

struct word_table {
    struct word_slots words, pairs, signs; /* by a word; by the first two words of a phrase; by the first signs */
    /* a bit for some bits of each hash, since most words of a text are in no entry: of words, of those that entries are or
     * begin with, of pairs */
    uint64_t *may_be, *may_begin, *may_pair;
    uint64_t *letters;           /* a bit for each of the first characters: is it part of words? */
    uint32_t sign[128];          /* entry of a sign by itself, plus one */
    uint64_t signs_with[128][4]; /* of a sign: what follows it in entries */
    struct word_entry *entries;
};

/* Of some entries: a bit for some bits of the hash of each word that finds one. Those of several are put together by `or`. */
enum { WORD_FILTER_WORDS = 8 };
struct word_filter {
    uint64_t bits[WORD_FILTER_WORDS];
};
/* Adds what finds `text`, which the table has. */
void word_filter_add(const struct word_table *t, struct str text, struct word_filter *into);

/* Text that is scanned has so many bytes behind it that may be read, whatever they are. */
enum { WORD_TEXT_PAD = 64 };

/* Their texts stay the caller's, who keeps them. False without memory. */
bool word_table_init(struct word_table *t, struct arena *a, const struct word *words, size_t n) MUST_USE;

/* Can the table find it? Of at most 64 KB. */
bool word_table_takes(struct str text);
/* Is it a sign by itself, or does it begin with one? */
bool word_table_is_sign(struct str text);

/* Tells every entry that stands in `text` (valid UTF-8, small letters, white space evened, WORD_TEXT_PAD bytes behind it) from `from`
 * on, where a word begins, and whose first two words begin before `until`; others that begin at most 64 bytes behind that may be
 * told too. They come by where they begin; `end` is where one ends. With a filter those that were added to it, and few others. */
typedef void word_found_fn(void *owner, uint32_t id, uint32_t end);
struct word_scan {
    struct str text;
    size_t from, until;
    const struct word_filter *only; /* NULL: all */
    word_found_fn *found;
    void *owner;
};
void word_table_scan(const struct word_table *t, const struct word_scan *how);

#endif
