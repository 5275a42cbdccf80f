/* leet.c - 1gn0r3 pr3v10u5: digits and signs inside of words as the letters that they imitate. */
#include "proxy/text/view_parts.h"

enum { WORD_MAX = 40, DIGITS_MAX = 3, MANY = 3 };

/* What each stands for; 1 and its like are I or L, which the neighbours tell. */
static char letter_of(char c)
{
    static const char PAIRS[] = "0o3e4a5s7t8b9g@a$s";
    for (size_t i = 0; i + 1 < sizeof PAIRS; i += 2)
        if (PAIRS[i] == c)
            return PAIRS[i + 1];
    return 0;
}

static bool is_upright(char c)
{
    return c == '1' || c == '!' || c == '|';
}

static bool is_of_word(char c)
{
    return char_is(c, IS_WORD | IS_SIGN | IS_BAR);
}

static bool is_vowel(char c)
{
    char l = char_is(c, IS_ALPHA) ? ascii_lower(c) : letter_of(c);
    return l == 'a' || l == 'e' || l == 'o' || l == 'u' || l == 'i';
}

/* I, but L where English has it: doubled, between vowels, at the end after a vowel. */
static char upright(struct str word, size_t i)
{
    char before = i ? word.at[i - 1] : 0, after = i + 1 < word.len ? word.at[i + 1] : 0;
    if (is_upright(before) || is_upright(after))
        return 'l';
    return is_vowel(before) && (!after || is_vowel(after) || (after | 32) == 'l') ? 'l' : 'i';
}

/* s[start, end) without a sentence's own marks at its ends. */
static struct str trimmed(struct str s, size_t start, size_t end)
{
    while (end > start && (s.at[end - 1] == '!' || s.at[end - 1] == '|'))
        end--;
    while (start < end && s.at[start] == '|')
        start++;
    return str_of(s.at + start, end - start);
}

static size_t word_end(struct str s, size_t i)
{
    while (i < s.len && is_of_word(s.at[i]))
        i++;
    return i;
}

/* Letters, and among them digits and signs that all imitate letters; not a number, a hash, an address. */
static bool is_leet(struct str word, char beyond)
{
    size_t letters = 0, hex = 0, likes = 0, digits = 0, run = 0;
    bool at = false;
    if (word.len > WORD_MAX)
        return false;
    for (size_t i = 0; i < word.len; i++) {
        char c = word.at[i];
        letters += char_is(c, IS_ALPHA);
        hex += char_is(c, IS_HEX);
        likes += is_upright(c) || letter_of(c);
        at |= c == '@';
        digits += char_is(c, IS_DIGIT);
        run = char_is(c, IS_DIGIT) ? run + 1 : 0;
        if (run > DIGITS_MAX)
            return false;
    }
    if (!letters || !likes || letters + likes != word.len || letters * 4 < likes)
        return false;
    if (hex == word.len && hex >= 6 && digits >= 2)
        return false;
    return !(at && beyond == '.') && !(word.at[0] == '0' && word.len > 1 && word.at[1] == 'x');
}

static bool is_number(struct str word)
{
    bool likes = word.len <= DIGITS_MAX + 1;
    for (size_t i = 0; likes && i < word.len; i++)
        likes = is_upright(word.at[i]) || letter_of(word.at[i]);
    return likes;
}

bool leet_word_at(struct str s, size_t i, size_t *end)
{
    size_t start = i;
    while (start && i - start <= WORD_MAX && is_of_word(s.at[start - 1]))
        start--;
    *end = word_end(s, i);
    struct str word = trimmed(s, start, *end);
    return word.len >= 3 && is_leet(word, *end < s.len ? s.at[*end] : 0);
}

bool leet_text(struct view_memory *m, struct reading in, struct form *out, bool *changed)
{
    struct str s = in.text;
    bool was_leet = false;
    size_t found = 0;
    if (!form_copy(m, out, &in, 0, s.len))
        return false;
    m->work += 2 * s.len;
    for (size_t i = 0; i < s.len; i++) {
        unsigned seen = 0, class;
        size_t start = i;
        for (; i < s.len && (class = char_class(s.at[i])) & (IS_WORD | IS_SIGN | IS_BAR); i++)
            seen |= class;
        if (!(seen & (IS_DIGIT | IS_SIGN | IS_BAR))) { /* most are words already */
            was_leet &= i == start;
            continue;
        }
        struct str word = trimmed(s, start, i);
        char *to = out->text + (word.at - s.at);
        /* among such words a number is one too: 411 */
        bool sure = is_leet(word, i < s.len ? s.at[i] : 0);
        found += sure;
        was_leet = sure || ((was_leet || found >= MANY) && is_number(word));
        for (size_t k = 0; was_leet && k < word.len; k++) {
            char c = is_upright(word.at[k]) ? upright(word, k) : letter_of(word.at[k]);
            if (c)
                to[k] = c;
        }
        *changed |= was_leet && word.len;
    }
    return true;
}
