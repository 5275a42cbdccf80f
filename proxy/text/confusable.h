/* confusable.h - which ASCII letter a letter imitates. */
#ifndef TEXT_CONFUSABLE_H
#define TEXT_CONFUSABLE_H

#include "proxy/base/str.h"

enum { CONFUSABLE_CODES = 0x20000, CONFUSABLE_PAGE_BITS = 7, CONFUSABLE_LATIN = 0x80 };
extern const uint8_t CONFUSABLE_PAGE_OF[CONFUSABLE_CODES >> CONFUSABLE_PAGE_BITS];
extern const uint8_t CONFUSABLE_PAGES[][1 << CONFUSABLE_PAGE_BITS];

/* The ASCII letter, with CONFUSABLE_LATIN when the imitator is itself of the Latin script (dotless i, script g); 0:
 * none. */
static inline uint8_t confusable_of(uint32_t code)
{
    if (code >= CONFUSABLE_CODES)
        return 0;
    return CONFUSABLE_PAGES[CONFUSABLE_PAGE_OF[code >> CONFUSABLE_PAGE_BITS]]
                           [code & ((1u << CONFUSABLE_PAGE_BITS) - 1)];
}

/* The same for letters that UTS 39 holds apart but that people do put into Latin words (k, m, t, h of Cyrillic): only
 * for words that are known to be disguised. And the letter that the sign of a currency has a stroke through. 0: none. */
char lookalike_of(uint32_t code);
/* … for Latin letters that the table has not got (ß, þ, ə), asked only without accents. */
char latin_lookalike_of(uint32_t code);
char money_letter_of(uint32_t code);

/* A few letters by their codes, and the one for `code`; 0: none. */
struct lookalike {
    uint32_t code;
    char letter;
};
char lookalike_find(const struct lookalike *by_code, size_t n, uint32_t code);

#endif
