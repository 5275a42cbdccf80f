/* radio.c - india golf november oscar romeo echo: letters by the words with which they are spelt out. */
#include "proxy/text/view_parts.h"

enum { TELLING = 3, LETTERS_MAX = 8 };

static const char *const WORDS[] = { "alfa",   "alpha",  "bravo", "charlie", "delta",  "echo",  "foxtrot", "golf",   "hotel",   "india",
                                     "juliet", "juliett", "kilo", "lima",    "mike",   "november", "oscar", "papa",  "quebec",  "romeo",
                                     "sierra", "tango",  "uniform", "victor", "whiskey", "whisky", "xray",  "yankee", "zulu" };

/* The letter that the word at s[i] spells, 0 if none; *end: where it ends. */
static char letter_at(struct str s, size_t i, size_t *end)
{
    *end = letters_end(s, i);
    if (*end == i || *end - i > LETTERS_MAX || (i && char_is(s.at[i - 1], IS_ALPHA)))
        return 0;
    for (size_t w = 0; w < ARRAY_LEN(WORDS); w++)
        if (WORDS[w][0] == ascii_lower(s.at[i]) && str_eq_nocase(str_of(s.at + i, *end - i), str_c(WORDS[w])))
            return WORDS[w][0];
    return 0;
}

/* One space or dash between two letters goes; words are parted by more, or by a stroke. */
bool radio_text(struct view_memory *m, struct reading in, struct form *out, bool *changed)
{
    struct str s = in.text;
    size_t joints = 0, end, next;
    if (!form_reserve(m, out, s.len))
        return false;
    m->work += 4 * s.len;
    for (size_t i = 0; i < s.len; i = end) {
        char letter = letter_at(s, i, &end);
        end += end == i;
        if (!(letter ? form_add(m, out, str_of(&letter, 1), &in, i, end)
              : s.at[i] == '/' ? form_add(m, out, STR(" "), &in, i, end)
                               : form_copy(m, out, &in, i, end)))
            return false;
        if (letter && end + 1 < s.len && (s.at[end] == ' ' || s.at[end] == '-') && letter_at(s, end + 1, &next))
            joints++, end++;
    }
    *changed = joints >= TELLING;
    return true;
}
