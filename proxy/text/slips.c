/* slips.c - instuctions, promppt, pervious, systam: words that are known in spite of a slip of the pen.
 *
 * A text is noticed by slips in some key words, each beside another slip or another key word; what is one typing error away from one has
 * its first and its last letter and nearly its length. Where a text was noticed all words of the table are tried: a letter too many is
 * left out, one that is missing is every one in turn. Keys do not depend on the order of letters, so that neither moves anything. */
#include "proxy/text/scrambled.h"

#include "proxy/text/view_parts.h"

enum { SLIP_LETTERS_MIN = 4, SLIP_DOUBLED_MIN = 6, SLIP_LONG_MIN = 8, KEYS_OF_LETTER = 8, SLIP_NEAR = 64, LETTERS = 26 };

/* By their first letter: words that orders to a model are made of. tools/make_scrambled.py lets those that are told from most others wait. */
#define KEY(word) { sizeof word - 1, word }
static const struct key {
    uint8_t len;
    char word[SCRAMBLED_LETTERS_MAX + 1];
} KEYS[LETTERS][KEYS_OF_LETTER] = {
    ['a' - 'a'] = { KEY("answer"), KEY("always"), KEY("anything"), KEY("assistant") },
    ['b' - 'a'] = { KEY("bypass") },
    ['c' - 'a'] = { KEY("character"), KEY("confidential"), KEY("conversation") },
    ['d' - 'a'] = { KEY("developer"), KEY("directives"), KEY("disregard"), KEY("display") },
    ['e' - 'a'] = { KEY("everything") },
    ['f' - 'a'] = { KEY("forget"), KEY("following"), KEY("filters") },
    ['g' - 'a'] = { KEY("guidelines"), KEY("guardrails") },
    ['h' - 'a'] = { KEY("harmful"), KEY("hidden") },
    ['i' - 'a'] = { KEY("ignore"), KEY("instruction"), KEY("instructions"), KEY("information"),
                    KEY("initial"), KEY("illegal"), KEY("instead"), KEY("input") },
    ['j' - 'a'] = { KEY("jailbreak") },
    ['l' - 'a'] = { KEY("language") },
    ['m' - 'a'] = { KEY("messages") },
    ['o' - 'a'] = { KEY("override"), KEY("original"), KEY("output") },
    ['p' - 'a'] = { KEY("previous"), KEY("prompt"), KEY("prompts"), KEY("password"),
                    KEY("pretend"), KEY("previously"), KEY("policies"), KEY("pwned") },
    ['q' - 'a'] = { KEY("question"), KEY("questions") },
    ['r' - 'a'] = { KEY("reveal"), KEY("repeat"), KEY("response"), KEY("responses"),
                    KEY("respond"), KEY("restrictions"), KEY("request"), KEY("refuse") },
    ['s' - 'a'] = { KEY("system"), KEY("secret"), KEY("sentence") },
    ['t' - 'a'] = { KEY("translate") },
    ['u' - 'a'] = { KEY("unrestricted"), KEY("unfiltered"), KEY("unethical"), KEY("understand") },
    ['w' - 'a'] = { KEY("without") },
    ['y' - 'a'] = { KEY("yourself") },
};

/* How many letters words begin with, or end in, that are the same. */
static size_t same_first(const char *a, const char *b, size_t len)
{
    size_t n = 0;
    while (n < len && ascii_lower(a[n]) == ascii_lower(b[n]))
        n++;
    return n;
}

static size_t same_last(const char *a, size_t a_len, const char *b, size_t b_len)
{
    size_t n = 0;
    while (n < a_len && n < b_len && ascii_lower(a[a_len - 1 - n]) == ascii_lower(b[b_len - 1 - n]))
        n++;
    return n;
}

/* Is one the other with a letter less, more or another? Neither, when they are the same. */
static bool is_one_away(struct str s, struct str word)
{
    size_t less = s.len < word.len ? s.len : word.len, more = s.len + word.len - less, first = same_first(s.at, word.at, less);
    return more - less <= 1 && (first < less || more > less) && first + same_last(s.at, s.len, word.at, word.len) + 1 >= more;
}

/* The key word that s is but for a slip, or (`itself`) as it stands. Most words are told from each by their length or their end, nearly
 * all others by the letters beside the outer ones, two of which are the same on one side. */
static const char *key_of(struct str s, bool itself)
{
    if (s.len < SLIP_LETTERS_MIN || s.len > SCRAMBLED_LETTERS_MAX)
        return NULL;
    const struct key *key = KEYS[(s.at[0] | 32) - 'a'];
    const char *end = s.at + s.len;
    char second = s.at[1] | 32, third = s.at[2] | 32, last = end[-1] | 32, last_second = end[-2] | 32, last_third = end[-3] | 32;
    for (size_t i = 0; i < KEYS_OF_LETTER && key[i].len; i++) {
        size_t len = key[i].len;
        const char *word = key[i].word;
        if (s.len + 1 - len > 2 || word[len - 1] != last)
            continue;
        if ((word[1] != second || word[2] != third) && (word[len - 2] != last_second || word[len - 3] != last_third))
            continue;
        if (is_one_away(s, str_of(word, len)) || (itself && str_eq_nocase(s, str_of(word, len))))
            return word;
    }
    return NULL;
}

static bool may_be(struct str s, size_t len)
{
    return SCRAMBLED_ALL_ENDS[s.at[0] & 31][s.at[s.len - 1] & 31] >> len & 1;
}

/* The keys beside each, and vowels that are taken for one another. */
static const char *const BESIDE[LETTERS] = { "seo", "vn", "xvks", "sf", "wria", "dg", "fh", "gj", "uoey", "hk", "jlc", "k", "n",
                                             "bm", "ipau", "o", "w", "et", "adcz", "ry", "yio", "cb", "qe", "zc", "tui", "xs" };

/* The word of the table that has one letter more than s, or one less, or a key beside one. */
static const char *neighbour_of(struct str s)
{
    uint32_t key = scrambled_key(s);
    const char *word;
    for (size_t c = 0; s.len < SCRAMBLED_LETTERS_MAX && may_be(s, s.len + 1) && c < LETTERS; c++)
        if ((word = scrambled_word(key + SCRAMBLED_MIX[c], s.len + 1)) && is_one_away(s, str_of(word, s.len + 1)))
            return word;
    for (size_t i = 1; s.len >= SLIP_DOUBLED_MIN && may_be(s, s.len - 1) && i + 1 < s.len; i++)
        if ((word = scrambled_word(key - SCRAMBLED_MIX[(s.at[i] | 32) - 'a'], s.len - 1)) && is_one_away(s, str_of(word, s.len - 1)))
            return word;
    for (size_t i = 1; s.len >= SLIP_LETTERS_MIN + 1 && may_be(s, s.len) && i + 1 < s.len; i++) {
        unsigned letter = (unsigned)(s.at[i] | 32) - 'a';
        for (const char *c = BESIDE[letter]; *c; c++)
            if ((word = scrambled_word(key - SCRAMBLED_MIX[letter] + SCRAMBLED_MIX[*c - 'a'], s.len)) && is_one_away(s, str_of(word, s.len)))
                return word;
    }
    return NULL;
}

static const char *slip_of(struct str s)
{
    const char *word = scrambled_as(s);
    if (word || s.len < SLIP_LETTERS_MIN || s.len > SCRAMBLED_LETTERS_MAX || scrambled_is(s))
        return word;
    return (word = key_of(s, false)) ? word : neighbour_of(s);
}

bool slip_tells(struct str s)
{
    return (scrambled_may_be(SCRAMBLED_ALL_ENDS, s.at, s.len) && scrambled_as(s)) || (key_of(s, false) && !scrambled_is(s));
}

bool slips_are_near(struct str s, size_t start, size_t end)
{
    size_t i = start > SLIP_NEAR ? start - SLIP_NEAR : 0, until = s.len - end > SLIP_NEAR ? end + SLIP_NEAR : s.len;
    for (size_t to; i < until; i = to + 1) {
        to = letters_end(str_first(s, until), i);
        struct str word = str_of(s.at + i, to - i);
        if (i != start && (scrambled_as(word) || key_of(word, true) || (word.len >= SLIP_LONG_MIN && scrambled_is(word))))
            return true;
    }
    return false;
}

bool unscramble_text(struct view_memory *m, struct reading in, struct form *out, bool *changed)
{
    struct str s = in.text;
    if (!form_reserve(m, out, s.len))
        return false;
    for (size_t i = 0, end; i < s.len; i = end) {
        end = letters_end(s, i);
        const char *word = slip_of(str_of(s.at + i, end - i));
        end += end == i;
        if (!(word ? form_add(m, out, str_c(word), &in, i, end) : form_copy(m, out, &in, i, end)))
            return false;
        *changed |= word != NULL;
    }
    m->work += 8 * s.len;
    return true;
}
