/* leet.c - 1gn0r3 pr3v10u5: digits and signs inside of words as the letters that they imitate. */
#include "proxy/text/view_parts.h"

enum { WORD_MAX = 40, DIGITS_MAX = 8, MANY = 2, MANY_BEFORE = 3 };

/* What each stands for; 1 and its like are I or L, which the neighbours tell. */
enum { UPRIGHT = 1 };
static const char LIKE[256] = {
    ['0'] = 'o', ['3'] = 'e', ['4'] = 'a', ['5'] = 's', ['7'] = 't', ['8'] = 'b', ['9'] = 'g', ['6'] = 'g', ['2'] = 'z', ['+'] = 't', ['('] = 'c', ['@'] = 'a', ['$'] = 's',
    ['1'] = UPRIGHT, ['!'] = UPRIGHT, ['|'] = UPRIGHT,
};

static inline bool is_like(char c)
{
    return LIKE[(unsigned char)c] != 0;
}

static inline bool is_upright(char c)
{
    return LIKE[(unsigned char)c] == UPRIGHT;
}

static inline char letter_of(char c)
{
    return is_upright(c) ? 0 : LIKE[(unsigned char)c];
}

/* Letters only in a text of many such words: names and numbers of things have 2 and 6 as well. */
static bool is_seldom(char c)
{
    return c == '2' || c == '6' || c == '+' || c == '(';
}

/* + and ( are of a word only before a letter, maybe behind another of them, and + after one: promp+. */
static bool is_of_word(struct str s, size_t i, bool many)
{
    if (!many || (s.at[i] != '+' && s.at[i] != '('))
        return char_is(s.at[i], IS_WORD | IS_SIGN | IS_BAR);
    size_t next = i + 1;
    next += next < s.len && s.at[next] != s.at[i] && (s.at[next] == '+' || s.at[next] == '(');
    bool before = next < s.len && char_is(s.at[next], IS_WORD | IS_SIGN);
    return before || (s.at[i] == '+' && i && char_is(s.at[i - 1], IS_WORD) && !(i + 1 < s.len && s.at[i + 1] == '+'));
}

static bool is_vowel(char c)
{
    char l = char_is(c, IS_ALPHA) ? ascii_lower(c) : letter_of(c);
    return l == 'a' || l == 'e' || l == 'o' || l == 'u' || l == 'i';
}

/* I, but L where English likes to have it: doubled, between vowels, at the end after a vowel. */
static char likely(struct str word, size_t i)
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
    while (i < s.len && is_of_word(s, i, false))
        i++;
    return i;
}

/* Letters, and among them digits and signs that all imitate letters; not a number, a hash, an address. */
static bool is_leet(struct str word, char beyond, bool many)
{
    size_t letters = 0, hex = 0, likes = 0, run = 0;
    bool at = false;
    if (word.len > WORD_MAX)
        return false;
    for (size_t i = 0; i < word.len; i++) {
        char c = word.at[i];
        if (char_is(c, IS_ALPHA))
            letters++;
        else if (is_like(c) && (many || !is_seldom(c)))
            likes++;
        else
            return false;
        hex += char_is(c, IS_HEX);
        at |= c == '@';
        run = char_is(c, IS_DIGIT) ? run + 1 : 0;
        if (run > DIGITS_MAX)
            return false;
    }
    if (!letters || !likes || letters * 6 < likes)
        return false;
    if (hex == word.len && hex >= 8)
        return false;
    return !(at && beyond == '.') && !(word.at[0] == '0' && word.len > 1 && word.at[1] == 'x');
}

static bool is_number(struct str word)
{
    bool likes = word.len <= DIGITS_MAX / 2;
    for (size_t i = 0; likes && i < word.len; i++)
        likes = is_like(word.at[i]);
    return likes;
}

bool leet_word_at(struct str s, size_t i, size_t *end)
{
    size_t start = i;
    while (start && i - start <= WORD_MAX && is_of_word(s, start - 1, false))
        start--;
    *end = word_end(s, i);
    struct str word = trimmed(s, start, *end);
    return word.len >= 3 && is_leet(word, *end < s.len ? s.at[*end] : 0, false);
}

static bool has_many(struct str s)
{
    size_t found = 0;
    for (size_t i = 0; i < s.len && found < MANY; i++) {
        size_t start = i;
        i = word_end(s, i);
        struct str word = trimmed(s, start, i);
        found += word.len > 2 && is_leet(word, i < s.len ? s.at[i] : 0, false);
    }
    return found == MANY;
}

/* With `only_i` no upright is an L; *changed tells then whether that makes a difference. */
static bool translate(struct view_memory *m, struct reading in, struct form *out, bool only_i, bool *changed)
{
    struct str s = in.text;
    bool was_leet = false, many = has_many(in.text);
    size_t found = 0;
    if (!form_copy(m, out, &in, 0, s.len))
        return false;
    m->work += 3 * s.len;
    for (size_t i = 0; i < s.len; i++) {
        unsigned seen = 0;
        size_t start = i;
        for (; i < s.len && is_of_word(s, i, many); i++)
            seen |= char_class(s.at[i]) | (i > start && is_seldom(s.at[i]) ? IS_SIGN : 0); /* (and begins with no C */
        if (!(seen & (IS_DIGIT | IS_SIGN | IS_BAR))) { /* most are words already */
            was_leet &= i == start;
            continue;
        }
        /* hello! ends in a mark, 0p3n@! in an I: the second reading takes it for one */
        struct str word = only_i ? str_of(s.at + start, i - start) : trimmed(s, start, i);
        char *to = out->text + (word.at - s.at);
        /* among such words a number is one too: 411 */
        bool sure = is_leet(word, i < s.len ? s.at[i] : 0, many);
        found += sure;
        was_leet = sure || ((was_leet || found >= MANY_BEFORE) && is_number(word));
        for (size_t k = 0; was_leet && k < word.len; k++) {
            bool upright = is_upright(word.at[k]);
            char c = upright ? likely(word, k) : letter_of(word.at[k]);
            *changed |= only_i ? upright && (c == 'l' || k + 1 == word.len) : c != 0;
            if (c)
                to[k] = upright && only_i ? 'i' : c;
        }
    }
    return true;
}

bool leet_text(struct view_memory *m, struct reading in, struct form *out, bool *changed)
{
    return translate(m, in, out, false, changed);
}

bool leet_text_with_i(struct view_memory *m, struct reading in, struct form *out, bool *changed)
{
    return translate(m, in, out, true, changed);
}
