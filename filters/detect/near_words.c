/* near_words.c - is a value made of words, as names, paths and calls are: refs/heads/login-v2, CustomerId2, aws_kms_key.main2.arn? What is drawn
 * is not, however many of its letters stand together. */
#include "filters/detect/near.h"

/* Letters that follow a letter often: three pairs of four in English words and in names of programs, one pair of three of those that there are. */
static const uint32_t FOLLOW[26] = {
    0x13ebd4e, 0x0164911, 0x01e4d91, 0x0164919, 0x1eeb97f, 0x0164931, 0x0166111, 0x0024111, 0x22ef87f, 0x0104011, 0x0040111, 0x11c4919, 0x014d113,
    0x03c657d, 0x07efd6e, 0x11ec991, 0x0100000, 0x11ef95d, 0x11ccd95, 0x11ed995, 0x00eb917, 0x0000111, 0x0004111, 0x0080000, 0x0048000, 0x0000010,
};

static unsigned letter_of(char c)
{
    return (unsigned)(ascii_lower(c) - 'a');
}

/* Where the word that begins at `at` ends: one of camelCase ends where the next one's capital stands, HTTPServer has two. */
static size_t word_end(struct str s, size_t at)
{
    size_t i = at + 1;
    for (; i < s.len && ascii_is_letter(s.at[i]); i++)
        if (ascii_is_upper(s.at[i]) && (ascii_is_lower(s.at[i - 1]) || (i + 1 < s.len && ascii_is_lower(s.at[i + 1]))))
            break;
    return i;
}

bool near_is_words(struct str s)
{
    enum { WORD_MIN = 3 };
    size_t all = 0, of_words = 0;
    near_look(2 * s.len);
    for (size_t i = 0, end; i < s.len; i = end) {
        end = i + 1;
        all += ascii_is_alnum(s.at[i]);
        if (!ascii_is_letter(s.at[i]))
            continue;
        end = word_end(s, i);
        size_t n = end - i, often = 0;
        for (size_t k = i; k + 1 < end; k++)
            often += FOLLOW[letter_of(s.at[k])] >> letter_of(s.at[k + 1]) & 1;
        all += n - 1;
        of_words += n >= WORD_MIN && 4 * often >= 3 * (n - 1) ? n : 0;
    }
    return 20 * of_words >= 11 * all; /* of what is drawn with small letters and digits, one in hundreds; of what has capitals too, fewer */
}
