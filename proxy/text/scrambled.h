/* scrambled.h - private to the room: words that are read whatever the order of their inner letters. */
#ifndef TEXT_SCRAMBLED_H
#define TEXT_SCRAMBLED_H

#include "proxy/base/str.h"

enum { SCRAMBLED_LETTERS_MIN = 4, SCRAMBLED_LETTERS_MAX = 14 };

/* scrambled_table.c. By first and last letter, a bit for each length of words: what most others are told apart by. */
typedef uint16_t scrambled_ends[32][32];
static inline bool scrambled_may_be(const scrambled_ends ends, const char *at, size_t len)
{
    return len <= SCRAMBLED_LETTERS_MAX && (ends[at[0] & 31][at[len - 1] & 31] >> len & 1);
}
extern const uint32_t SCRAMBLED_MIX[26];
extern const scrambled_ends SCRAMBLED_ENDS;     /* of words that tell a scrambled text, or one of those below */
extern const scrambled_ends SCRAMBLED_ALL_ENDS; /* of SCRAMBLED_WORDS */
extern const struct scrambled_word {
    uint32_t key;
    char word[SCRAMBLED_LETTERS_MAX + 1];
} SCRAMBLED_WORDS[]; /* by key */
extern const uint16_t SCRAMBLED_FROM[257]; /* the first with these high bits */

/* Words of six letters and more that are known as they stand, behind spaces; each has a slot of its own, a step away from that of its
 * hash. Before them is their kind. */
enum { SCRAMBLED_KNOWN_BITS = 9 };
extern const char SCRAMBLED_KNOWN[1 << SCRAMBLED_KNOWN_BITS][16];
extern const uint8_t SCRAMBLED_STEPS[1 << (SCRAMBLED_KNOWN_BITS - 2)];
enum scrambled_kind {
    SCRAMBLED_UNKNOWN,
    SCRAMBLED_SPELT = ' ',   /* of SCRAMBLED_WORDS, and nothing else although SCRAMBLED_ENDS holds it */
    SCRAMBLED_TURNED = '<',  /* tells a text that is written backwards */
    SCRAMBLED_ROTATED = '>', /* … one in rot13 */
    SCRAMBLED_RADIO = '~',   /* … one that is spelt out */
    SCRAMBLED_ORDER = '=',   /* as it stands: its neighbours may tell one whose words are in reverse order */
};

/* Made of letters, but of the order of the inner ones; and the word of so many letters that has this key, NULL: none. */
uint32_t scrambled_key(struct str letters);
const char *scrambled_word(uint32_t key, size_t len);
/* The word that ASCII letters are when they are ordered, as long as they are; NULL when there is none, or they are in order. */
const char *scrambled_as(struct str letters);
/* slips.c: is it such a word, or a key word with a slip; and is another, or a key word itself, among the few on either side of
 * text[start, end)? */
bool slip_tells(struct str letters);
bool slips_are_near(struct str text, size_t start, size_t end);
/* Whether letters, at most SCRAMBLED_LETTERS_MAX in any case, are a word of the table as they stand. */
bool scrambled_is_word(struct str letters);
static inline bool scrambled_is(struct str s)
{
    return scrambled_may_be(SCRAMBLED_ALL_ENDS, s.at, s.len) && scrambled_is_word(s);
}
/* Whether the `len` letters before `end` may be a word that tells a text: 1 or 0; cheap, and mostly 0. */
static inline uint64_t scrambled_may_tell(const char *end, size_t len)
{
    return (uint64_t)SCRAMBLED_ENDS[*(end - len) & 31][end[-1] & 31] >> len & 1;
}
/* What they are; there are six to fourteen. SCRAMBLED_BEFORE bytes before `end` may be read. */
enum { SCRAMBLED_BEFORE = 16 };
enum scrambled_kind scrambled_kind(const char *end, size_t len);

#endif
