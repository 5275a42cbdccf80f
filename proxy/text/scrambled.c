/* scrambled.c - words with their inner letters in anohter oredr, which people and models read all the same.
 *
 * A word is known by its first and its last letter and by which letters there are. A few hundred words that attacks are made of are
 * enough: what is left as it is was not looked for. */
#include "proxy/text/scrambled.h"

uint32_t scrambled_key(struct str s)
{
    uint32_t key = 0;
    for (size_t i = 0; i < s.len; i++)
        key += SCRAMBLED_MIX[(s.at[i] | 32) - 'a'];
    return key + (SCRAMBLED_MIX[(s.at[0] | 32) - 'a'] << 7) + (SCRAMBLED_MIX[(s.at[s.len - 1] | 32) - 'a'] << 13);
}

const char *scrambled_word(uint32_t key, size_t len)
{
    const struct scrambled_word *w = &SCRAMBLED_WORDS[SCRAMBLED_FROM[key >> 24]], *end = &SCRAMBLED_WORDS[SCRAMBLED_FROM[(key >> 24) + 1]];
    while (w < end && w->key != key)
        w++;
    return w < end && strlen(w->word) == len ? w->word : NULL;
}

enum scrambled_kind scrambled_kind(const char *end, size_t len)
{
    static const unsigned char MASK[32] = { [16] = 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255 };
    const uint64_t spaces = 0x2020202020202020, mix = 0x9e3779b97f4a7c15; /* spaces make small letters of others */
    uint64_t v[2], mask[2], known[2], word;
    memcpy(v, end - sizeof v, sizeof v);
    memcpy(mask, MASK + len, sizeof mask);
    v[0] = (v[0] & mask[0]) | spaces;
    v[1] = (v[1] & mask[1]) | spaces;
    uint64_t hash = (v[1] + 3 * v[0]) * mix;
    const char *slot = SCRAMBLED_KNOWN[hash >> (64 - SCRAMBLED_KNOWN_BITS) ^ SCRAMBLED_STEPS[hash >> 48 & (ARRAY_LEN(SCRAMBLED_STEPS) - 1)]];
    memcpy(known, slot, sizeof known);
    memcpy(&word, MASK + 15, sizeof word); /* all but the kind */
    return ((v[0] ^ known[0]) & word) | (v[1] ^ known[1]) ? SCRAMBLED_UNKNOWN : (enum scrambled_kind)*slot;
}

bool scrambled_is_word(struct str s)
{
    const char *word = scrambled_word(scrambled_key(s), s.len);
    return word && str_eq_nocase(s, str_of(word, s.len));
}

const char *scrambled_as(struct str s)
{
    const char *word = s.len < SCRAMBLED_LETTERS_MIN || s.len > SCRAMBLED_LETTERS_MAX ? NULL : scrambled_word(scrambled_key(s), s.len);
    return word && !str_eq_nocase(s, str_of(word, s.len)) ? word : NULL;
}
