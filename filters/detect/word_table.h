/* word_table.h - thousands of words and phrases looked for at once, as whole words.
 *
 * A text is cut into words; each, and each pair of them, is looked up by a hash, and the rest of a phrase is compared. That costs the
 * same for ten words and for ten thousand, and less than a search for each of them in all places: most words are in no phrase. */
#ifndef DETECT_WORD_TABLE_H
#define DETECT_WORD_TABLE_H

#include "proxy/base/arena.h"

struct word_entry {
    struct str text; /* lower case, single spaces, begins with a word or is one sign of ASCII */
    uint32_t id;
};

struct word_table {
    struct word_slots {
        struct word_slot {
            uint32_t hash, first, count; /* entries; of a word that only begins phrases count is 0 */
            bool is_used, begins;        /* a phrase */
        } *at;
        size_t mask;
    } words, pairs;              /* by a word; by the first two words of a phrase */
    uint64_t *may_be;            /* a bit for some bits of each word's hash: most words of a text are in no entry */
    uint32_t sign[128];          /* entry of a sign by itself, plus one */
    struct word_entry *entries;  /* words, then phrases, by hash */
    size_t count;
};

/* Reorders and keeps `entries`, which are the arena's. False without memory. */
bool word_table_init(struct word_table *t, struct arena *a, struct word_entry *entries, size_t n) MUST_USE;

/* Can the table find it? Scripts without spaces cannot be found so. */
bool word_table_takes(struct str text);

/* Tells every entry that stands in `text` (valid UTF-8, small letters, white space evened), by where it begins; `end` is where it ends. */
typedef void word_found_fn(void *owner, uint32_t id, uint32_t end);
void word_table_scan(const struct word_table *t, struct str text, word_found_fn *found, void *owner);

#endif
