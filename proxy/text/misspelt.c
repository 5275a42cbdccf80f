/* misspelt.c - ignr ll prvs, iignooree, ignoreway allway eviouspray: words that are read all the same.
 *
 * Asked for only where a sample of the text was strange: next to no vowels, letters twice, words that end in ay. Words without vowels
 * are found in a table. Of those in pig Latin what was moved to their end is tried from one letter on until there is a known word. */
#include "proxy/text/misspelt.h"

#include "proxy/text/scrambled.h"

enum { CLUSTER_MAX = 4, WORD_MAX = 40, RUNS_MIN = 8 };

static bool is_vowel(char c)
{
    c = ascii_lower(c);
    return c == 'a' || c == 'e' || c == 'i' || c == 'o' || c == 'u';
}

static int by_seen(const void *small, const void *row)
{
    return strcmp(small, ((const struct vowelless *)row)->seen);
}

/* The word that was written without its vowels; none when it has some behind its first letter. */
static struct str with_vowels(struct str s, char small[WORD_MAX])
{
    if (s.len > VOWELLESS_LETTERS_MAX || scrambled_is(s))
        return STR_NONE;
    for (size_t i = 0; i < s.len; i++) {
        small[i] = ascii_lower(s.at[i]);
        if (i && is_vowel(s.at[i]))
            return STR_NONE;
    }
    small[s.len] = '\0';
    const struct vowelless *found = bsearch(small, VOWELLESS, VOWELLESS_COUNT, sizeof *VOWELLESS, by_seen);
    return found ? str_c(found->word) : STR_NONE;
}

static bool begins_words(struct str s)
{
    static const char *const ONSETS[] = { "bl", "br", "ch", "cl", "cr", "dr", "fl", "fr", "gl", "gr", "kn", "ph", "pl",
                                          "pr", "sc", "sch", "scr", "sh", "sk", "sl", "sm", "sn", "sp", "spl", "spr",
                                          "st", "str", "sw", "th", "thr", "tr", "tw", "wh", "wr" };
    for (size_t i = 0; i < ARRAY_LEN(ONSETS); i++)
        if (str_eq_nocase(s, str_c(ONSETS[i])))
            return true;
    return s.len == 1;
}

/* The word that stands in pig Latin, written to `word`. */
static struct str no_pig(struct str s, char word[WORD_MAX])
{
    if (s.len < 4 || s.len >= WORD_MAX || !str_eq_nocase(str_from(s, s.len - 2), STR("ay")))
        return STR_NONE;
    struct str rest = str_first(s, s.len - 2);
    char last = ascii_lower(rest.at[rest.len - 1]);
    struct str whole = str_first(rest, rest.len - 1); /* way, yay: nothing was moved */
    bool begins = is_vowel(s.at[0]), may_be_whole = (last == 'w' || last == 'y') && begins;
    if (last == 'w' && begins && scrambled_is(whole))
        return whole;
    size_t most = 0, moved = 0;
    while (most < CLUSTER_MAX && most + 1 < rest.len && !is_vowel(rest.at[rest.len - 1 - most]))
        most++;
    for (size_t n = 1; n <= most && !moved; n++) {
        memcpy(word, rest.at + rest.len - n, n);
        memcpy(word + n, rest.at, rest.len - n);
        if (scrambled_is(str_of(word, rest.len)))
            moved = n;
    }
    if (!moved && may_be_whole)
        return whole;
    if (!moved && scrambled_is(rest)) /* their ay is nothing but an ay */
        return rest;
    for (size_t n = most; n && !moved; n--) /* of no known word: as much as words begin with */
        moved = begins_words(str_from(rest, rest.len - n)) ? n : 0;
    memcpy(word, rest.at + rest.len - moved, moved);
    memcpy(word + moved, rest.at, rest.len - moved);
    return str_of(word, rest.len);
}

/* Each word for which there is another, which may be written to what `other` is given. */
static bool replace_words(struct view_memory *m, struct reading in, struct form *out, bool *changed, struct str (*other)(struct str, char *))
{
    struct str s = in.text;
    char word[WORD_MAX];
    if (!form_reserve(m, out, s.len))
        return false;
    m->work += 8 * s.len;
    for (size_t i = 0, end; i < s.len; i = end) {
        end = letters_end(s, i);
        struct str instead = end > i && !(i && s.at[i - 1] == '\'' && end - i < 3) ? other(str_of(s.at + i, end - i), word) : STR_NONE;
        end += end == i;
        if (!(instead.len ? form_add(m, out, instead, &in, i, end) : form_copy(m, out, &in, i, end)))
            return false;
        *changed |= instead.len > 0;
    }
    return true;
}

bool with_vowels_text(struct view_memory *m, struct reading in, struct form *out, bool *changed)
{
    return replace_words(m, in, out, changed, with_vowels);
}

bool no_pig_text(struct view_memory *m, struct reading in, struct form *out, bool *changed)
{
    return replace_words(m, in, out, changed, no_pig);
}

static size_t run_of(struct str s, size_t i)
{
    size_t n = 1;
    while (i + n < s.len && ascii_lower(s.at[i + n]) == ascii_lower(s.at[i]))
        n++;
    return n;
}

/* How often each letter of a text stands there: all twice or all thrice, but for a few; 1: not so. */
static size_t times_of(struct str s)
{
    size_t runs = 0, twos = 0, threes = 0;
    for (size_t i = 0, n; i < s.len; i += n) {
        n = run_of(s, i);
        bool letter = char_is(s.at[i], IS_ALPHA);
        runs += letter;
        twos += letter && n % 2 == 0;
        threes += letter && n % 3 == 0;
    }
    return runs < RUNS_MIN ? 1 : twos * 10 >= runs * 9 ? 2 : threes * 10 >= runs * 9 ? 3 : 1;
}

/* Where next to no vowel stands alone all of them were doubled; else those that stand there more than twice are one. */
bool no_doubles_text(struct view_memory *m, struct reading in, struct form *out, bool *changed)
{
    struct str s = in.text;
    size_t single = 0, runs = 0, n, times = times_of(s);
    for (size_t i = 0; i < s.len; i += n) {
        n = run_of(s, i);
        runs += is_vowel(s.at[i]);
        single += is_vowel(s.at[i]) && n == 1;
    }
    bool halve = single * 4 <= runs;
    if (!form_reserve(m, out, s.len))
        return false;
    m->work += 6 * s.len;
    for (size_t i = 0; i < s.len; i += n) {
        n = run_of(s, i);
        bool letter = char_is(s.at[i], IS_ALPHA);
        size_t keep = !letter ? n : times > 1 ? (n + times - 1) / times : halve && is_vowel(s.at[i]) ? (n + 1) / 2 : n > 2 ? 1 : n;
        *changed |= keep < n;
        if (!form_copy(m, out, &in, i, i + keep - 1) || !form_add(m, out, str_of(s.at + i, 1), &in, i + keep - 1, i + n))
            return false;
    }
    return true;
}
