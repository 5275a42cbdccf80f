/* rarity.c - the rarest word of a phrase, and some for having more than one. */
#include "filters/detect/rarity.h"

#include "filters/detect/word_parts.h"

#include <math.h>
#include <stdlib.h>

#include "proxy/base/utf8.h"

static const struct {
    unsigned bits;
    const char *words;
} COMMON_WORDS[] = {
#define COMMON(bits, words) { bits, words },
#include "filters/detect/rarity_words.def"
#undef COMMON
};

/* What no list has: by its length in characters, and signs. */
enum { BITS_SIGN = 5, BITS_SIGNS = 11, BITS_SHORT = 8, BITS_LONG = 14, BITS_PHRASE = 2 };

static int by_word(const void *a, const void *b)
{
    const struct rarity_word *x = a, *y = b;
    size_t n = x->word.len < y->word.len ? x->word.len : y->word.len;
    int order = memcmp(x->word.at, y->word.at, n);
    return order ? order : x->word.len < y->word.len ? -1 : x->word.len > y->word.len;
}

bool rarity_init(struct rarity *r, struct arena *a)
{
    size_t room = 0;
    for (size_t i = 0; i < ARRAY_LEN(COMMON_WORDS); i++)
        for (const char *at = COMMON_WORDS[i].words; at; at = strchr(at + 1, ' '))
            room++;
    *r = (struct rarity){ .words = arena_array(a, struct rarity_word, room) };
    for (size_t i = 0; r->words && i < ARRAY_LEN(COMMON_WORDS); i++)
        for (struct str rest = str_c(COMMON_WORDS[i].words); rest.len;)
            r->words[r->count++] = (struct rarity_word){ str_cut(&rest, ' '), COMMON_WORDS[i].bits };
    if (r->words)
        qsort(r->words, r->count, sizeof *r->words, by_word);
    return r->words != NULL;
}

static unsigned bits_of(const struct rarity *r, struct str word)
{
    struct rarity_word key = { .word = word };
    const struct rarity_word *listed = bsearch(&key, r->words, r->count, sizeof key, by_word);
    size_t characters = 0;
    if (listed)
        return listed->bits;
    for (size_t i = 0; i < word.len; i++)
        characters += !utf8_is_inside(word.at[i]);
    unsigned bits = BITS_SHORT + (unsigned)(characters < BITS_LONG ? characters : BITS_LONG);
    return bits < BITS_LONG ? bits : BITS_LONG;
}

double rarity_of(const struct rarity *r, struct str phrase)
{
    unsigned rarest = 0, words = 0;
    for (size_t i = 0; i < phrase.len;) {
        size_t end = word_token_end(NULL, phrase, i);
        bool is_sign = end == i;
        if (is_sign && phrase.at[i] == ' ') {
            i++;
            continue;
        }
        unsigned bits = is_sign ? (phrase.len > 1 ? BITS_SIGNS : BITS_SIGN) : bits_of(r, str_of(phrase.at + i, end - i));
        rarest = bits > rarest ? bits : rarest;
        words++;
        i = end + is_sign;
        if (words == 2) /* found by these */
            break;
    }
    return ldexp(1e6, -(int)(rarest + (words > 1 ? BITS_PHRASE : 0)));
}
