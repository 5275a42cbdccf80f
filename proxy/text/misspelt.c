/* misspelt.c - ignr ll prvs, iignooree, ignoreway allway eviouspray, ign ore: words that are read all the same.
 *
 * Asked for only where a sample of the text was strange: next to no vowels, letters twice, words that end in ay, short words. Words without vowels
 * are found in a table. Of those in pig Latin what was moved to their end is tried from one letter on until there is a known word. */
#include "proxy/text/misspelt.h"

#include "proxy/text/scrambled.h"

enum { CLUSTER_MAX = 4, GAP_MAX = 4, WORD_MAX = 40, HALVES_TELLING = 3, HALVES_SHORT = 120, HALVES_FIRST = 96, HALF_LETTERS_MAX = 9, LONG_LETTERS = 6 };

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
    if (!moved && begins && scrambled_is(rest)) /* their ay is nothing but an ay */
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

/* Where next to no vowel stands alone all of them were doubled; else those that stand there more than twice are one. */
bool no_doubles_text(struct view_memory *m, struct reading in, struct form *out, bool *changed)
{
    struct str s = in.text;
    size_t single = 0, runs = 0, n;
    for (size_t i = 0; i < s.len; i += n) {
        n = run_of(s, i);
        runs += is_vowel(s.at[i]);
        single += is_vowel(s.at[i]) && n == 1;
    }
    bool halve = single * 4 <= runs;
    if (!form_reserve(m, out, s.len))
        return false;
    m->work += 4 * s.len;
    for (size_t i = 0; i < s.len; i += n) {
        n = run_of(s, i);
        size_t keep = !char_is(s.at[i], IS_ALPHA) ? n : halve && is_vowel(s.at[i]) ? (n + 1) / 2 : n > 2 ? 1 : n;
        *changed |= keep < n;
        if (!form_copy(m, out, &in, i, i + keep - 1) || !form_add(m, out, str_of(s.at + i, 1), &in, i + keep - 1, i + n))
            return false;
    }
    return true;
}

/* Two words next to each other, with nothing between but white space, maybe behind a hyphen, or a few signs. */
struct pair {
    struct str first, second;
    bool by_signs;
};

static inline struct pair pair_at(struct str s, size_t i, size_t end)
{
    size_t gap = end + (end < s.len && s.at[end] == '-'), next = gap;
    while (next < s.len && next < gap + GAP_MAX && char_is(s.at[next], IS_SPACE))
        next++;
    bool by_signs = next == gap;
    for (next = by_signs ? end : next; by_signs && next < s.len && next < end + GAP_MAX && !char_is(s.at[next], IS_WORD | IS_SPACE | IS_HIGH) && s.at[next] != '\'';)
        next++;
    if (i == end || next == end || next >= s.len || (i && s.at[i - 1] == '\''))
        return (struct pair){ .first = STR_NONE, .second = STR_NONE };
    return (struct pair){ str_of(s.at + i, end - i), str_of(s.at + next, letters_end(s, next) - next), by_signs };
}

/* Are they one known word; not two known ones, but for long words? `ends` are those of the words that it may be. */
static inline bool are_one(struct pair p, const scrambled_ends ends)
{
    char word[SCRAMBLED_LETTERS_MAX];
    size_t len = p.first.len + p.second.len;
    if (!p.first.len || !p.second.len || len > sizeof word || !(ends[p.first.at[0] & 31][p.second.at[p.second.len - 1] & 31] >> len & 1))
        return false;
    memcpy(word, p.first.at, p.first.len);
    memcpy(word + p.first.len, p.second.at, p.second.len);
    return scrambled_is(str_of(word, len)) && ((len >= LONG_LETTERS && p.first.len > 1) || !(scrambled_is(p.first) && scrambled_is(p.second)));
}

bool words_are_one(struct str first, struct str second)
{
    return are_one((struct pair){ .first = first, .second = second }, SCRAMBLED_ALL_ENDS);
}

/* … or two that nobody knows, of which the second is not the first half of the next? */
static bool are_halves(struct str s, struct pair p)
{
    if (are_one(p, SCRAMBLED_ALL_ENDS))
        return true;
    if (!p.first.len || !p.second.len || p.first.len > HALF_LETTERS_MAX || p.second.len > HALF_LETTERS_MAX || scrambled_is(p.first) ||
        scrambled_is(p.second))
        return false;
    size_t next = (size_t)(p.second.at - s.at);
    return !are_one(pair_at(s, next, next + p.second.len), SCRAMBLED_ALL_ENDS);
}

bool has_halves(struct str s, bool thorough, uint64_t *work)
{
    size_t found = 0;
    *work += 4 * s.len;
    for (size_t i = 0, end = letters_end(s, i); i < s.len && found < HALVES_TELLING;) {
        if (!found && (i > HALVES_FIRST || (!thorough && end - i > HALF_LETTERS_MAX)))
            return false; /* long words were not cut */
        struct pair p = pair_at(s, i, end);
        bool one = are_one(p, found ? SCRAMBLED_ALL_ENDS : SCRAMBLED_ENDS);
        found += one;
        if (p.second.len && !one) {
            i = (size_t)(p.second.at - s.at);
            end = i + p.second.len;
        } else {
            i = one ? (size_t)(p.second.at - s.at) + p.second.len : end + 1;
            end = letters_end(s, i);
        }
    }
    return found >= (s.len <= HALVES_SHORT ? HALVES_TELLING - 1 : HALVES_TELLING);
}

bool halves_text(struct view_memory *m, struct reading in, struct form *out, bool *changed)
{
    struct str s = in.text;
    if (!form_reserve(m, out, s.len))
        return false;
    m->work += 8 * s.len;
    for (size_t i = 0, end; i < s.len; i = end) {
        end = letters_end(s, i);
        struct pair p = pair_at(s, i, end);
        bool halves = are_halves(s, p);
        end += end == i;
        if (!form_copy(m, out, &in, i, end))
            return false;
        if (!halves)
            continue;
        size_t next = (size_t)(p.second.at - s.at);
        end = next + p.second.len;
        if (!form_copy(m, out, &in, next, end))
            return false;
        *changed = true;
    }
    return true;
}
