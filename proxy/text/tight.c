/* tight.c - l e t t e r s, l-e-t-t-e-r-s and l.e.t.t.e.r.s as words.
 *
 * A run is four or more characters that stand alone with at most eleven others between. What stands between most of them
 * is the spacing and goes; anything else with white space in it, or longer, parts two words. */
#include "proxy/text/fold_parts.h"

enum { RUN_CHARS_MIN = 4, GAP_CHARS_MAX = 11 };

static bool is_wordy(const struct view_memory *m, struct str s, size_t i, size_t *width)
{
    char c = s.at[i];
    *width = 1;
    if (!char_is(c, IS_HIGH))
        return char_is(c, IS_WORD | IS_SIGN);
    uint32_t code = char_at(s, i, width);
    return ((code < NARROW_CODES ? m->narrow[code] : kind_of(code)) & KIND_WORD) != 0;
}

/* What follows a character that ends at i: up to GAP_CHARS_MAX others, then one that stands alone, s[*one, *end). */
static bool next_one(const struct view_memory *m, struct str s, size_t i, size_t *one, size_t *end)
{
    size_t width, chars = 0;
    while (i < s.len && !is_wordy(m, s, i, &width)) {
        i += width;
        if (++chars > GAP_CHARS_MAX)
            return false;
    }
    if (!chars || i >= s.len)
        return false;
    (void)is_wordy(m, s, i, &width);
    *one = i;
    *end = i + width;
    return *end >= s.len || !is_wordy(m, s, *end, &width);
}

/* The run whose first character is s[i, end): how many, how far, how many of them letters, and the gap that most have.
 */
struct run {
    size_t chars, letters, end;
    size_t gaps; /* … and how many do */
    struct str gap;
};

static struct run run_at(const struct view_memory *m, struct str s, size_t i, size_t end)
{
    struct run r = { .chars = 1, .letters = !char_is(s.at[i], IS_DIGIT), .end = end };
    size_t one, next, votes = 0;
    while (next_one(m, s, r.end, &one, &next)) {
        struct str gap = str_of(s.at + r.end, one - r.end);
        if (!votes) /* Boyer and Moore: what stays is the majority, if there is one */
            r.gap = gap;
        votes = str_eq(gap, r.gap) ? votes + 1 : votes - 1;
        r.chars++;
        r.letters += !char_is(s.at[one], IS_DIGIT);
        r.end = next;
    }
    for (; end < r.end && next_one(m, s, end, &one, &next); end = next)
        r.gaps += str_eq(str_of(s.at + end, one - end), r.gap);
    return r;
}

static bool has_space(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (char_is(s.at[i], IS_SPACE))
            return true;
    return false;
}

/* a.,. .b: the spacing, a character, the spacing, … */
static bool is_spaced_itself(struct str gap, struct str spacing)
{
    if (spacing.len != 1 || gap.len % 2 == 0)
        return false;
    for (size_t i = 0; i < gap.len; i += 2)
        if (gap.at[i] != spacing.at[0])
            return false;
    return true;
}

/* What is left of s[i, j), which stands between two characters of a run. */
static bool add_gap(struct view_memory *m, struct form *out, const struct reading *in, size_t i, size_t j,
                    struct str spacing)
{
    struct str gap = str_of(in->text.at + i, j - i);
    if (str_eq(gap, spacing))
        return true;
    if (is_spaced_itself(gap, spacing)) {
        for (size_t k = i + 1; k < j; k += 2)
            if (!form_copy(m, out, in, k, k + 1))
                return false;
        return true;
    }
    return has_space(gap) || gap.len > spacing.len ? form_add(m, out, STR(" "), in, i, j) : form_copy(m, out, in, i, j);
}

static bool add_run(struct view_memory *m, struct form *out, const struct reading *in, size_t i, const struct run *r)
{
    struct str s = in->text;
    size_t one, next, end;
    (void)char_at(s, i, &end);
    end += i;
    if (!form_copy(m, out, in, i, end))
        return false;
    for (; end < r->end && next_one(m, s, end, &one, &next); end = next)
        if (!add_gap(m, out, in, end, one, r->gap) || !form_copy(m, out, in, one, next))
            return false;
    return true;
}

bool tight_text(struct view_memory *m, struct reading in, struct form *out, bool *changed)
{
    struct str s = in.text;
    size_t literal = 0, width, after;
    bool wordy_before = false;
    if (!form_reserve(m, out, s.len))
        return false;
    m->work += 2 * s.len;
    for (size_t i = 0; i < s.len; i += width) {
        size_t end = i;
        while (end < s.len && char_is(s.at[end], IS_WORD | IS_SIGN))
            end++;
        if (end > i + 1) { /* most words have more than one letter */
            wordy_before = true;
            width = end - i;
            continue;
        }
        bool wordy = is_wordy(m, s, i, &width);
        bool alone = wordy && !wordy_before && (i + width >= s.len || !is_wordy(m, s, i + width, &after));
        wordy_before = wordy;
        if (!alone)
            continue;
        struct run r = run_at(m, s, i, i + width);
        m->work += 2 * (r.end - i);
        width = r.end - i;
        if (r.chars < RUN_CHARS_MIN || r.letters < 2 || 2 * r.gaps < r.chars)
            continue;
        if (!form_copy(m, out, &in, literal, i) || !add_run(m, out, &in, i, &r))
            return false;
        literal = r.end;
        *changed = true;
    }
    return !*changed || form_copy(m, out, &in, literal, s.len);
}
