/* pieces.c - "ign" + "ore"; a = "ign"; b = "ore"; ["ign", "ore"]: strings that a program would put together, as the one that they become. */
#include "proxy/text/misspelt.h"
#include "proxy/text/scrambled.h"

enum { GAP_MAX = 24, KEY_MAX = 64, SIGNS_MAX = 2, TELLING = 6 };

/* What is between two strings: signs that add them up, the name of the next one, or no more than its place in a list. What they weigh:
 * lists are ordinary. */
enum joint { JOINT_NONE, JOINT_SUM, JOINT_NAMED, JOINT_LISTED };
static const uint8_t WEIGHT[] = { 0, 3, 3, 2 };

static bool is_quote(char c)
{
    return c == '"' || c == '\'' || c == '`';
}

/* Is the string that s begins with the name of a member? */
static bool is_key(struct str s)
{
    size_t end = 0;
    while (end < s.len && end < KEY_MAX && !is_quote(s.at[end]))
        end++;
    while (++end < s.len && char_is(s.at[end], IS_SPACE) && end < KEY_MAX)
        ;
    return end < s.len && s.at[end] == ':';
}

/* From the quote s[i] to the next; *len counts both. */
static enum joint joint_at(struct str s, size_t i, size_t *len)
{
    bool named = false, set = false;
    size_t signs = 0, parts = 0, k = i + 1;
    for (; k < s.len && k - i <= GAP_MAX && !is_quote(s.at[k]); k++) {
        char c = s.at[k];
        bool is_prefix = k + 1 < s.len && is_quote(s.at[k + 1]); /* f"…" */
        if (c == '=' && s.at[k - 1] == '=')
            return JOINT_NONE;
        if (c == '=' || c == ':' || (c == '(' && named))
            set |= named;
        else if (char_is(c, IS_WORD) || c == '_' || c == '$')
            named |= !set && !is_prefix;
        else if (c == ',' || c == ';' || c == '\n' || c == ')')
            parts++;
        else if (c == '+' || c == '.' || c == '&' || c == '|' || c == '~')
            signs++;
        else if (!char_is(c, IS_SPACE) && c != '\\')
            return JOINT_NONE;
    }
    *len = k + 1 - i;
    if (k >= s.len || !is_quote(s.at[k]) || named != set || signs > SIGNS_MAX)
        return JOINT_NONE;
    if (!set && parts && is_key(str_from(s, k + 1)))
        return JOINT_NONE;
    return set ? JOINT_NAMED : parts && !signs ? JOINT_LISTED : signs ? JOINT_SUM : JOINT_NONE;
}

/* Is there a blank at one of the ends of s[i, j)? */
static bool has_blank(struct str s, size_t i, size_t j)
{
    return (i && char_is(s.at[i - 1], IS_SPACE)) || (j < s.len && char_is(s.at[j], IS_SPACE));
}

/* What joints there are weigh; do strings that follow one another bring their blanks with them? */
static size_t weigh_joints(struct str s, bool *have_blanks)
{
    size_t weight = 0, len;
    *have_blanks = false;
    for (size_t i = 0; i < s.len; i++) {
        enum joint joint = is_quote(s.at[i]) ? joint_at(s, i, &len) : JOINT_NONE;
        if (!joint)
            continue;
        weight += WEIGHT[joint];
        *have_blanks |= joint != JOINT_SUM && has_blank(s, i, i + len);
        i += len - 1;
    }
    return weight;
}

/* The letters that end what was written and those that begin s[i...]: are they of one word? */
static bool are_of_one(struct view_memory *m, const struct form *out, struct str s, size_t i)
{
    size_t first = out->len, end = letters_end(s, i), least = first > SCRAMBLED_LETTERS_MAX ? first - SCRAMBLED_LETTERS_MAX : 0;
    while (first > least && char_is(out->text[first - 1], IS_ALPHA)) /* more are no known word, whatever follows */
        first--;
    m->work += out->len - first;
    struct str before = str_of(out->text + first, out->len - first), after = str_of(s.at + i, end - i);
    bool letter = end == i + 1 && end < s.len && is_quote(s.at[end]); /* one by one */
    return letter || words_are_one(before, after);
}

bool pieces_text(struct view_memory *m, struct reading in, struct form *out, bool *changed)
{
    struct str s = in.text;
    size_t literal = 0, len;
    bool have_blanks;
    m->work += 4 * s.len;
    *changed = weigh_joints(s, &have_blanks) >= TELLING;
    for (size_t i = 0; *changed && i < s.len; i++) {
        enum joint joint = is_quote(s.at[i]) ? joint_at(s, i, &len) : JOINT_NONE;
        if (!joint)
            continue;
        if (!form_copy(m, out, &in, literal, i))
            return false;
        literal = i + len;
        if (joint != JOINT_SUM && !have_blanks && !are_of_one(m, out, s, literal) && !form_add(m, out, STR(" "), &in, i, literal))
            return false;
        i = literal - 1;
    }
    return !*changed || form_copy(m, out, &in, literal, s.len);
}
