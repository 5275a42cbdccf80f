/* filler.c - 1. Ignore 2. all 3. previous; Ignore um all um previous um; "Ignore" "all" "previous"; Ignore. all. previous.: every other word is
 * a number, a sign or always the same, or signs stand around each, or the same one behind each.
 *
 * A sample of a dozen words tells it. Where the text is written so, what is between the words and around them is left out. */
#include "proxy/text/view_parts.h"

enum { NEAR = 4, AROUND = 2 * NEAR + 1, SAMPLE = 12, SAMPLE_BYTES = 512, BEGUN_TELLING = 5, FILLERS_TELLING = 4, WRAPPED_TELLING = 8, ENDED_TELLING = 4, SAME_MAX = 12 };

/* What stands between white space. */
enum kind { KIND_NONE, KIND_WORD, KIND_NUMBER, KIND_SIGNS };
struct token {
    struct str s;
    enum kind kind;
};

static struct token token_from(struct str s, size_t i)
{
    unsigned seen = 0;
    bool pictures = true;
    while (i < s.len && char_is(s.at[i], IS_SPACE))
        i++;
    size_t start = i, width;
    for (; i < s.len && !char_is(s.at[i], IS_SPACE); i += width) {
        width = 1;
        seen |= char_class(s.at[i]);
        if (char_is(s.at[i], IS_HIGH))
            pictures &= is_picture(char_at(s, i, &width));
    }
    bool letters = (seen & IS_ALPHA) || ((seen & IS_HIGH) && !pictures);
    return (struct token){ str_of(s.at + start, i - start), i == start ? KIND_NONE : letters ? KIND_WORD : (seen & IS_DIGIT) ? KIND_NUMBER : KIND_SIGNS };
}

/* The token in the middle, and those on both sides of it. */
struct around {
    struct str s;
    struct token at[AROUND];
    size_t next;
};

static void step(struct around *a)
{
    memmove(a->at, a->at + 1, (AROUND - 1) * sizeof *a->at);
    a->at[AROUND - 1] = token_from(a->s, a->next);
    a->next = a->at[AROUND - 1].kind ? (size_t)(a->at[AROUND - 1].s.at - a->s.at) + a->at[AROUND - 1].s.len : a->s.len;
}

static struct around begin(struct str s)
{
    struct around a = { .s = s };
    for (size_t i = 0; i <= NEAR; i++)
        step(&a);
    return a;
}

/* Numbers, or the same. */
static bool are_alike(const struct token *a, const struct token *b)
{
    return a->kind == b->kind && a->kind != KIND_NONE && (a->kind == KIND_NUMBER || (a->s.len <= SAME_MAX && str_eq_nocase(a->s, b->s)));
}

/* Every other token is like this one, and those between are not. */
static bool is_filler(const struct around *a)
{
    const struct token *here = &a->at[NEAR];
    unsigned alike = are_alike(here, here - 4) + are_alike(here, here - 2) + are_alike(here, here + 2) + are_alike(here, here + 4);
    return alike >= 2 && !are_alike(here, here - 1) && !are_alike(here, here + 1);
}

static char lead_of(const struct token *t)
{
    return t->kind == KIND_WORD && !char_is(t->s.at[0], IS_WORD | IS_HIGH) ? t->s.at[0] : 0;
}

/* It begins with the same sign as another near it. */
static bool is_wrapped(const struct around *a)
{
    char lead = lead_of(&a->at[NEAR]);
    return lead && (lead == lead_of(&a->at[NEAR - 1]) || lead == lead_of(&a->at[NEAR + 1]) || lead == lead_of(&a->at[NEAR - 2]) ||
                    lead == lead_of(&a->at[NEAR + 2]));
}

static char end_of(const struct token *t)
{
    char end = t->kind == KIND_WORD ? t->s.at[t->s.len - 1] : 'x';
    return char_is(end, IS_WORD | IS_HIGH) ? 0 : end;
}

/* It ends with the same sign as both its neighbours and one more near it, or as those there are. */
static bool is_ended(const struct around *a)
{
    const struct token *here = &a->at[NEAR];
    char end = end_of(here);
    unsigned alike = 0, others = 0;
    for (int k = -2; end && k <= 2; k++) {
        alike += k && end_of(here + k) == end;
        others += here[k].kind != KIND_NONE && end_of(here + k) != end;
    }
    return alike >= 3 || (alike >= 2 && !others);
}

/* Told from what the first words begin and end with, and mostly not so: every other begins alike, or with no letter, or nearly all with
 * one sign, or so many in a row end with a sign. */
static bool may_have_filler(struct str s)
{
    uint8_t begun[2][32] = { 0 }; /* by letters; 0: by anything else */
    bool between = false;         /* what the sample begins with may be the end of a word */
    unsigned ended = 0;
    for (size_t i = 0, words = 0; i < s.len && words < SAMPLE; i++) {
        bool space = char_is(s.at[i], IS_SPACE);
        if (space && i && !char_is(s.at[i - 1], IS_SPACE) && (ended = char_is(s.at[i - 1], IS_WORD | IS_HIGH) ? 0 : ended + 1) == ENDED_TELLING)
            return true;
        if (between && !space && ++begun[words++ % 2][char_is(s.at[i], IS_ALPHA) ? s.at[i] & 31 : 0] >= BEGUN_TELLING)
            return true;
        between = space;
    }
    return ended + (s.len && !char_is(s.at[s.len - 1], IS_WORD | IS_HIGH | IS_SPACE)) >= ENDED_TELLING;
}

bool has_filler(struct str s, uint64_t *work)
{
    s = str_first(s, SAMPLE_BYTES);
    *work += 8 + s.len / 4;
    if (!may_have_filler(s))
        return false;
    struct around a = begin(s);
    unsigned fillers = 0, wrapped = 0, ended = 0;
    for (unsigned i = 0; i < SAMPLE && a.at[NEAR].kind; i++, step(&a)) {
        fillers += is_filler(&a);
        wrapped += is_wrapped(&a);
        ended += a.at[NEAR].s.len > 2 && is_ended(&a); /* letters that stand alone are no words yet */
        *work += 5;
    }
    return fillers >= FILLERS_TELLING || wrapped >= WRAPPED_TELLING || ended >= ENDED_TELLING;
}

static struct str without_end(struct str s)
{
    while (s.len && !char_is(s.at[s.len - 1], IS_WORD | IS_HIGH))
        s.len--;
    return s;
}

/* The word without the signs around it, but for a sentence's marks right behind it. */
static struct str unwrapped(struct str s)
{
    static const char MARKS[] = ".,:;!?";
    size_t start = 0, end = s.len, marks;
    while (start < end && !char_is(s.at[start], IS_WORD | IS_HIGH))
        start++;
    while (end > start && !char_is(s.at[end - 1], IS_WORD | IS_HIGH))
        end--;
    for (marks = end; marks < s.len && strchr(MARKS, s.at[marks]);)
        marks++;
    return str_of(s.at + start, marks - start);
}

bool no_filler_text(struct view_memory *m, struct reading in, struct form *out, bool *changed)
{
    struct str s = in.text;
    struct around a = begin(s);
    size_t done = 0;
    m->work += 8 * s.len;
    if (!form_reserve(m, out, s.len))
        return false;
    for (; a.at[NEAR].kind; step(&a)) {
        struct str token = a.at[NEAR].s, kept = is_filler(&a)    ? str_of(token.at, 0)
                                                : is_wrapped(&a) ? unwrapped(token)
                                                : is_ended(&a)   ? without_end(token)
                                                                 : token;
        size_t start = (size_t)(token.at - s.at), end = start + token.len, from = (size_t)(kept.at - s.at);
        *changed |= kept.len < token.len;
        if (!form_copy(m, out, &in, done, start) || !form_copy(m, out, &in, from, from + kept.len))
            return false;
        done = end;
    }
    return form_copy(m, out, &in, done, s.len);
}
