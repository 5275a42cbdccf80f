/* scrambled.h - private to the room: words that are read whatever the order of their inner letters. */
#ifndef TEXT_SCRAMBLED_H
#define TEXT_SCRAMBLED_H

#include "proxy/base/str.h"

enum { SCRAMBLED_LETTERS_MIN = 4, SCRAMBLED_LETTERS_MAX = 14, SCRAMBLED_TELLING_MIN = 6 };

/* scrambled_table.c. Of words that tell a scrambled text, one that is written backwards or one in rot13: by first and last letter,
 * a bit for each length. */
extern const uint32_t SCRAMBLED_MIX[26];
extern const uint16_t SCRAMBLED_ENDS[32][32];
extern const uint16_t SCRAMBLED_TURNED_ENDS[32][32]; /* of those that are written backwards */
extern const uint16_t SCRAMBLED_ROTATED_ENDS[32][32]; /* in rot13 */
extern const uint16_t SCRAMBLED_ALL_ENDS[32][32]; /* of all words */
extern const struct scrambled_word {
    uint32_t key;
    char word[SCRAMBLED_LETTERS_MAX + 1];
} SCRAMBLED_WORDS[]; /* by key */
extern const uint16_t SCRAMBLED_FROM[257]; /* the first with these high bits */

/* Words that are written backwards, and in rot13; in order; NULL ends them. */
extern const char *const SCRAMBLED_TURNED[], *const SCRAMBLED_ROTATED[];

/* The word that ASCII letters are when they are ordered, as long as they are; NULL when there is none, or they are in order. */
const char *scrambled_as(struct str letters);
/* Whether letters, at most SCRAMBLED_LETTERS_MAX in any case, are a word of the table as they stand. */
bool scrambled_is_word(struct str letters);
static inline bool scrambled_is(struct str s)
{
    return (SCRAMBLED_ALL_ENDS[s.at[0] & 31][s.at[s.len - 1] & 31] >> s.len & 1) && scrambled_is_word(s);
}
/* Whether letters are one of the words. */
bool scrambled_is_among(const char *const *words, struct str letters);
static inline bool scrambled_is_turned(struct str s)
{
    return s.len <= SCRAMBLED_LETTERS_MAX && (SCRAMBLED_TURNED_ENDS[s.at[0] & 31][s.at[s.len - 1] & 31] >> s.len & 1) &&
           scrambled_is_among(SCRAMBLED_TURNED, s);
}
static inline bool scrambled_is_rotated(struct str s)
{
    return s.len <= SCRAMBLED_LETTERS_MAX && (SCRAMBLED_ROTATED_ENDS[s.at[0] & 31][s.at[s.len - 1] & 31] >> s.len & 1) &&
           scrambled_is_among(SCRAMBLED_ROTATED, s);
}
/* Whether letters may be a word that tells a scrambled text; cheap, and mostly false. */
static inline bool scrambled_may_tell(const char *at, size_t len)
{
    return len >= SCRAMBLED_TELLING_MIN && len <= SCRAMBLED_LETTERS_MAX &&
           SCRAMBLED_ENDS[at[0] & 31][at[len - 1] & 31] >> len & 1;
}

#endif
