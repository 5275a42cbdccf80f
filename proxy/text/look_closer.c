/* look_closer.c - is what the fast pass has found a reason for another look, and where.
 *
 * Each test looks at a bounded neighbourhood. What was learnt is kept, so that nothing is looked at twice. */
#include "proxy/base/ascii.h"
#include "proxy/base/utf8.h"
#include "proxy/text/look_parts.h"

/* Reasons come nearly in order of place; one that is before the last stretch joins it. */
void look_note(struct look *l, struct str text, enum hint why, size_t start, size_t end)
{
    l->hints |= why;
    start = start > VIEW_AROUND ? start - VIEW_AROUND : 0;
    end = text.len - end > VIEW_AROUND ? end + VIEW_AROUND : text.len;
    /* no stretch begins or ends inside a character */
    start = utf8_until(text, start);
    end = utf8_from(text, end);
    if (!l->count || (start > l->at[l->count - 1].end && l->count < LOOK_STRETCHES_MAX)) {
        l->at[l->count].start = start;
        l->at[l->count++].end = end;
        return;
    }
    end = end > l->at[l->count - 1].end ? end : l->at[l->count - 1].end;
    while (l->count > 1 && start < l->at[l->count - 2].end)
        l->count--;
    if (l->at[l->count - 1].start > start)
        l->at[l->count - 1].start = start;
    l->at[l->count - 1].end = end;
}

static void look_at_leet(struct look *l, struct str text, size_t at, struct known *known, uint64_t *work)
{
    if (at < known->judged || look_is_told(l, HINT_LEET, at))
        return;
    bool leet = leet_word_at(text, at, &known->judged);
    *work += 8 + known->judged - at;
    if (leet)
        look_note(l, text, HINT_LEET, at, known->judged);
}

/* Mark-up that a reader does not see but a matcher stumbles over: inside of a word, or from one marked word to the
 * next. Its length, or 0. A word that is bold from end to end, and a list with stars, are none. */
static size_t markup_splits(struct str s, size_t at, struct closers *closers)
{
    bool space;
    size_t len = markup_at(s, at, closers, &space);
    if (!len || s.at[at] == '<')
        return len;
    char before = at ? s.at[at - 1] : ' ', after = at + len < s.len ? s.at[at + len] : ' ';
    if (!char_is(before, IS_WORD | IS_HIGH))
        return 0;
    if (char_is(after, IS_WORD | IS_HIGH))
        return len;
    return char_is(after, IS_SPACE) && at + len + 1 < s.len && s.at[at + len + 1] == s.at[at] ? len : 0;
}

enum {
    TURNED_ESCAPES = 8,
    TURNED_BYTES = TURNED_ESCAPES * 10, /* no escape is longer than \U00000049 */
    TURNED_STRIDE = 28                  /* so often it is asked */
};

/* Do so many escapes of characters that are to be seen stand one behind the other? */
static bool are_escapes(struct str s)
{
    char out[4];
    size_t n, len;
    for (unsigned k = 0; k < TURNED_ESCAPES; k++, s = str_from(s, len))
        if (!(len = escape_any(s, out, &n)) || n != 1 || out[0] < ' ')
            return false;
    return true;
}

/* A digit of rot13 that is no hexadecimal one. */
static bool is_turned_digit(char c)
{
    return (c | 32) >= 'n' && (c | 32) <= 's';
}

/* May an escape in rot13 begin at text[at], three bytes before the end at the latest: %6R, \h0061, \k61? */
static bool may_be_rotated(struct str text, size_t at)
{
    const char *p = text.at + at;
    if (*p == '%')
        return is_turned_digit(p[1]) || is_turned_digit(p[2]);
    return *p == '\\' && (ascii_lower(p[1]) == 'h' || ascii_lower(p[1]) == 'k');
}

/* … or end there, six bytes behind the beginning at the earliest, when it is read backwards: C6%C6%, ;801#&, 6000u\, 16x\? */
static bool may_be_backwards(struct str text, size_t at)
{
    const char *p = text.at + at;
    if (*p == '%')
        return char_is(p[-1], IS_HEX) && p[-3] == '%' && p[-6] == '%';
    return *p == '&' ? p[-1] == '#' : ascii_lower(p[-1]) == 'u' || ascii_lower(p[-1]) == 'x';
}

/* Are the bytes from s[at] on escapes in rot13, or those up to it escapes backwards? */
static bool are_rotated(struct str s, size_t at)
{
    char turned[TURNED_BYTES];
    struct str ahead = str_first(str_from(s, at), sizeof turned);
    for (size_t i = 0; i < ahead.len; i++)
        turned[i] = ascii_rot13(ahead.at[i]);
    return are_escapes(str_of(turned, ahead.len));
}

static bool are_backwards(struct str s, size_t at)
{
    char turned[TURNED_BYTES];
    size_t n = at + 1 < sizeof turned ? at + 1 : sizeof turned;
    for (size_t i = 0; i < n; i++)
        turned[i] = s.at[at - i];
    return are_escapes(str_of(turned, n));
}

static void look_at_escape(struct look *l, struct str text, size_t at, struct known *known, uint64_t *work)
{
    char out[4];
    size_t n, len;
    if (!look_is_told(l, HINT_ENCODED, at) && (len = escape_any(str_from(text, at), out, &n)))
        look_note(l, text, HINT_ENCODED, at, at + len);
    if (!(l->hints & HINT_ROT13_CODE) && at >= known->rotated && text.len - at > 2 && may_be_rotated(text, at)) {
        *work += TURNED_BYTES;
        known->rotated = at + TURNED_STRIDE;
        l->hints |= are_rotated(text, at) ? HINT_ROT13_CODE : 0;
    }
    if (!(l->hints & HINT_BACK_CODE) && at >= known->backwards && at > 5 && may_be_backwards(text, at)) {
        *work += TURNED_BYTES;
        known->backwards = at + TURNED_STRIDE;
        l->hints |= are_backwards(text, at) ? HINT_BACK_CODE : 0;
    }
}

static void look_at_rare(struct look *l, struct str text, size_t at, struct known *known, uint64_t *work)
{
    char before = at ? text.at[at - 1] : ' ';
    size_t len;
    switch (text.at[at]) {
    case '%':
    case '&':
    case '\\':
        look_at_escape(l, text, at, known, work);
        return;
    case '*':
    case '`':
    case '~':
    case '<':
        if (!look_is_told(l, HINT_MARKUP, at) && (len = markup_splits(text, at, &known->closers)))
            look_note(l, text, HINT_MARKUP, at, at + len);
        return;
    case '@':
    case '$':
    case '!':
    case '|':
        if (char_is(before, IS_WORD) && at + 1 < text.len && char_is(text.at[at + 1], IS_WORD))
            look_at_leet(l, text, at, known, work);
        return;
    default:
        return;
    }
}

/* "rot13", "rot-13", "ROT 13": text[at] is the 3. */
static bool is_rot13(struct str text, size_t at)
{
    if (at < 4 || text.at[at] != '3' || text.at[at - 1] != '1')
        return false;
    size_t end = at - 1;
    if (!char_is(text.at[end - 1], IS_ALPHA))
        end--;
    return end >= 3 && str_eq_nocase(str_of(text.at + end - 3, 3), STR("rot"));
}

/* Where what begins at text[i] ends: a run, with the padding of codes one after the other. */
static size_t run_end(struct str text, size_t i, bool padding)
{
    while (i < text.len && (char_is(text.at[i], IS_RUN) || (padding && text.at[i] == '=')))
        i++;
    return i;
}

/* Digits of a hexadecimal code, the first letter behind which is one of rot13's: they tell nothing themselves. */
static bool is_turned_hex(struct str s)
{
    size_t i = 0;
    while (i < s.len && char_is(s.at[i], IS_DIGIT))
        i++;
    return i < s.len && is_turned_digit(s.at[i]);
}

/* Words without spaces, or with underscores for them. */
static void look_at_joined(struct look *l, struct str text, size_t start, uint64_t *work)
{
    struct str rest = str_from(text, start);
    char before = start ? text.at[start - 1] : ' ';
    size_t len;
    if (!look_is_told(l, HINT_MARKUP, start) && memchr(rest.at, '_', rest.len < JOINED_MAX ? rest.len : JOINED_MAX) && words_are_joined(rest, &len))
        look_note(l, text, HINT_MARKUP, start, start + len);
    if (before == '.' || before == '@' || look_is_told(l, HINT_JOINED, start) || !letters_are_joined(rest, work))
        return;
    size_t end = run_end(text, start, false);
    *work += end - start;
    look_note(l, text, HINT_JOINED, start, end);
}

static void look_at_run(struct look *l, struct str text, size_t start, struct known *known, uint64_t *work)
{
    struct str rest = str_from(text, start);
    size_t skip;
    unsigned turned;
    enum coding coding = run_coding(rest, &skip);
    *work += RUN_MIN;
    if (coding == CODING_NONE) {
        if ((turned = run_turned(rest)) != 0)
            l->hints |= turned;
        else
            look_at_joined(l, text, start, work);
        return;
    }
    if (start < known->encoded)
        return; /* the end of them all is known */
    size_t end = known->encoded = run_end(text, start, true);
    *work += end - start;
    if (coding == CODING_HEX && is_turned_hex(rest))
        l->hints |= HINT_ROT13_CODE;
    look_note(l, text, HINT_ENCODED, start, end);
}

/* Four characters stand alone, `step` apart, the last at text[last]: letters, or digits that would be letters in leet?
 */
static void look_at_spaced(struct look *l, struct str text, size_t last, size_t step, uint64_t *work)
{
    unsigned letters = 0;
    *work += 4;
    for (size_t k = 0; k < 4; k++)
        letters += char_is(text.at[last - k * step], IS_ALPHA);
    if (letters >= 2)
        look_note(l, text, HINT_SPACED, last - 3 * step, last + 1);
}

/* Pairs of hexadecimal digits, of which some end before text[end), the first `bytes` before. */
static void look_at_hex(struct look *l, struct str text, size_t end, size_t bytes)
{
    struct spaced_hex form;
    if (!look_is_told(l, HINT_ENCODED, end) && run_is_spaced_hex(str_from(text, end - bytes), &form))
        look_note(l, text, HINT_ENCODED, end - bytes, end);
}

/* Could numbers of characters begin with these two digits? There are three at most before the gap, or eight bits. */
static bool may_be_numbers(struct str s)
{
    size_t i = 2, next;
    while (i < 8 && i < s.len && char_is(s.at[i], IS_DIGIT))
        i++;
    for (next = i; next < i + 2 && next < s.len && (s.at[next] == ' ' || s.at[next] == ',');)
        next++;
    return i == 8 || (i < 4 && next > i && next < s.len && char_is(s.at[next], IS_DIGIT));
}

/* The number whose second digit stands at text[at]; the first two of U+0049, and 20 of quoted-printable, are such too. */
static void look_at_number(struct look *l, struct str text, size_t at, uint64_t *work)
{
    struct numbers form;
    size_t start = at - 1, end = at + 1;
    if (is_rot13(text, at))
        l->hints |= HINT_ROT13;
    *work += RUN_MIN;
    if (look_is_told(l, HINT_ENCODED, at))
        return;
    if (at > 2 && text.at[at - 2] == '+')
        start = at - 3;
    if (at > 1 && text.at[at - 2] == '=' && is_quoted(str_from(text, at - 2))) {
        look_note(l, text, HINT_ENCODED, at - 2, end);
        return;
    }
    if ((start == at - 1 && !may_be_numbers(str_from(text, start))) || !run_is_numbers(str_from(text, start), &form))
        return;
    while (!form.gap && end < text.len && char_is(text.at[end], IS_RUN))
        end++;
    *work += end - at;
    look_note(l, text, HINT_ENCODED, start, end);
}

#define EACH_BIT(mask, bit)                                                                                            \
    for (uint64_t rest_ = (mask), bit; rest_ && (bit = (uint64_t)__builtin_ctzll(rest_), true); rest_ &= rest_ - 1)

void look_closer(struct look *l, struct str text, size_t base, const struct finds *f, struct known *known, uint64_t *work)
{
    EACH_BIT(f->rare, bit)
    {
        *work += 1;
        look_at_rare(l, text, base + bit, known, work);
    }
    EACH_BIT(f->runs, bit)
    look_at_run(l, text, base + bit - (RUN_MIN - 1), known, work);
    EACH_BIT(f->spaced2, bit)
    look_at_spaced(l, text, base + bit - 1, 2, work);
    EACH_BIT(f->spaced3, bit)
    look_at_spaced(l, text, base + bit - 1, 3, work);
    EACH_BIT(f->pairs, bit)
    {
        *work += 4;
        look_at_hex(l, text, base + bit, 11);
    }
    EACH_BIT(f->fours, bit)
    {
        *work += 4;
        size_t end = base + bit;
        look_at_hex(l, text, end, end > 9 && text.at[end - 5] == ' ' && text.at[end - 6] == ',' ? 10 : 9);
    }
    EACH_BIT(f->leet, bit)
    look_at_leet(l, text, base + bit, known, work);
    EACH_BIT(f->numbers, bit)
    look_at_number(l, text, base + bit, work);
}
