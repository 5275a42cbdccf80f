/* bare.c - a text without what is hung on its letters: combining marks, pictures, Markdown's signs, HTML's tags and comments. */
#include "proxy/text/view_parts.h"

#include "proxy/text/confusable.h"
#include "proxy/text/misspelt.h"
#include "proxy/text/scrambled.h"

enum { SIGNS_MAX = 3, TAG_MAX = 256, COMMENT_MAX = 4096, TAGS_MAX = 8, JOINTS = 3, WORDS_AROUND = 24 };

static bool is_letter(char c)
{
    return char_is(c, IS_ALPHA | IS_HIGH);
}

/* The first place of `what` at or after i, remembered: a text of openings only is still read once. */
static size_t closer(struct str s, size_t i, struct str what, size_t *known)
{
    if (*known < i || !*known) {
        const char *found = i < s.len ? memmem(s.at + i, s.len - i, what.at, what.len) : NULL;
        *known = found ? (size_t)(found - s.at) : SIZE_MAX;
    }
    return *known;
}

/* Elements that end a line or a cell: words on both sides of them are two words. */
static bool is_block(struct str name)
{
    static const char *const BLOCKS[] = { "br", "p",  "div", "li",   "ul",   "ol",    "td",      "th",    "tr",
                                          "h1", "h2", "h3",  "h4",   "h5",   "h6",    "section", "table", "hr",
                                          "dd", "dt", "pre", "body", "head", "title", "option" };
    for (size_t i = 0; i < ARRAY_LEN(BLOCKS); i++)
        if (BLOCKS[i][0] == ascii_lower(name.at[0]) && str_eq_nocase(name, str_c(BLOCKS[i])))
            return true;
    return false;
}

/* A comment, or a tag, of which *parts tells whether it parts words: a block always, others unless they stand inside of one. */
enum parts { PARTS_NEVER, PARTS_OUTSIDE, PARTS_ALWAYS };

static size_t one_tag_at(struct str s, size_t i, struct closers *known, enum parts *parts)
{
    struct str rest = str_from(s, i);
    *parts = PARTS_NEVER;
    if (str_eq(str_first(rest, 4), STR("<!--"))) {
        size_t end = closer(s, i + 4, STR("-->"), &known->comment);
        return end - i > COMMENT_MAX ? 0 : end + 3 - i;
    }
    size_t name = rest.len > 1 && rest.at[1] == '/' ? 2 : 1, len = name;
    if (rest.len <= name || !(char_is(rest.at[name], IS_ALPHA) || rest.at[name] == '!'))
        return 0;
    while (len < rest.len && len < name + 8 && char_is(rest.at[len], IS_WORD))
        len++;
    size_t end = closer(s, i + 1, STR(">"), &known->tag);
    if (end - i > TAG_MAX)
        return 0;
    *parts = is_block(str_of(rest.at + name, len - name)) ? PARTS_ALWAYS : PARTS_OUTSIDE;
    return end + 1 - i;
}

/* No further than to another `<`, so that a text of nothing but beginnings is read once. */
static bool hides(struct str tag)
{
    static const struct str WAYS[] = { STR_INIT("none"), STR_INIT("hidden"), STR_INIT("opacity"), STR_INIT("font-size") };
    for (size_t i = 1; i < tag.len && tag.at[i] != '<'; i++)
        for (size_t k = 0; char_is(tag.at[i], IS_ALPHA) && k < ARRAY_LEN(WAYS); k++)
            if (str_starts_nocase(str_from(tag, i), WAYS[k]))
                return true;
    return false;
}

/* An element that is not shown in the midst of a word: ig<i hidden>x</i>nore. What it holds is short; longer, it may be a text. */
static size_t hidden_at(struct str s, size_t i, struct closers *known)
{
    enum { HELD_MAX = 16 };
    enum parts parts;
    size_t len = one_tag_at(s, i, known, &parts), end = i + len;
    if (!len || s.at[i + 1] == '/' || !hides(str_of(s.at + i, len)))
        return 0;
    size_t held = str_find(str_first(str_from(s, end), HELD_MAX + 1), '<');
    end += held;
    if (held > HELD_MAX || end + 1 >= s.len || s.at[end + 1] != '/' || !(len = one_tag_at(s, end, known, &parts)))
        return 0;
    end += len;
    return end < s.len && is_letter(s.at[end]) ? end - i : 0;
}

/* Tags that follow one another are one: ig<b></b>nore. */
static size_t tag_at(struct str s, size_t i, struct closers *known, bool *space)
{
    bool before = i && is_letter(s.at[i - 1]);
    size_t hidden = before ? hidden_at(s, i, known) : 0;
    if (hidden) {
        *space = false;
        return hidden;
    }
    enum parts parts = PARTS_NEVER, here;
    size_t end = i, len;
    for (size_t n = 0; n < TAGS_MAX && end < s.len && s.at[end] == '<' && (len = one_tag_at(s, end, known, &here)) > 0; n++) {
        parts = here > parts ? here : parts;
        end += len;
    }
    bool after = end < s.len && is_letter(s.at[end]);
    *space = parts == PARTS_ALWAYS || (parts == PARTS_OUTSIDE && !(before && after));
    return end - i;
}

bool words_are_joined(struct str s, size_t *end)
{
    size_t joints = 0, i = 0;
    for (; i < s.len && i < JOINED_MAX && char_is(s.at[i], IS_ALPHA | IS_RUN); i++)
        joints += s.at[i] == '_' && i && char_is(s.at[i - 1], IS_ALPHA) && i + 1 < s.len && char_is(s.at[i + 1], IS_ALPHA);
    *end = i;
    return joints >= JOINTS;
}

/* The underscore at s[i] stands between two words, as a space would. Where one sentence was joined, so are what follow. */
static bool is_joint(struct str s, size_t i, struct closers *known)
{
    if (i >= known->joined_until && !known->are_joined) {
        size_t start = i, end;
        while (start && i - start < JOINED_MAX && char_is(s.at[start - 1], IS_ALPHA))
            start--;
        known->are_joined = words_are_joined(str_from(s, start), &end);
        known->joined_until = start + end;
    }
    return known->are_joined;
}

/* Are the two one letter each: a letter of a word that is taken apart? */
static bool stands_alone(struct str s, size_t before, size_t after)
{
    return !(before && char_is(s.at[before - 1], IS_ALPHA)) && !(after + 1 < s.len && char_is(s.at[after + 1], IS_ALPHA));
}

size_t markup_at(struct str s, size_t i, struct closers *known, bool *space)
{
    char sign = s.at[i], before = i ? s.at[i - 1] : ' ';
    *space = false;
    if (sign == '<')
        return tag_at(s, i, known, space);
    if (before == sign)
        return 0;
    size_t n = 1;
    while (n <= SIGNS_MAX && i + n < s.len && s.at[i + n] == sign)
        n++;
    char after = i + n < s.len ? s.at[i + n] : ' ';
    if (n > SIGNS_MAX || !(is_letter(before) || is_letter(after)))
        return 0;
    if (sign == '~')
        return n == 2 ? n : 0;
    if (sign == '_' && n == 1 && is_letter(before) && is_letter(after) && is_joint(s, i, known))
        return stands_alone(s, i - 1, i + n) ? 0 : (*space = true, n); /* w_o_r_d is for tight.c */
    if (sign == '_') /* a name in code keeps its joints */
        return n == 2 || !char_is(before, IS_WORD | IS_HIGH) || !char_is(after, IS_WORD | IS_HIGH) ? n : 0;
    return n;
}

static bool is_mark(uint32_t c)
{
    if (c < 0x300 || (c >= 0x2100 && c < 0xfe20) || c >= 0xfe30)
        return false;
    return (c >= 0x300 && c < 0x370) || (c >= 0x483 && c < 0x48a) ||
           (c >= 0x591 && c < 0x5c8 && c != 0x5be && c != 0x5c0) || (c >= 0x610 && c < 0x61b) ||
           (c >= 0x64b && c < 0x660) || c == 0x670 || (c >= 0x1ab0 && c < 0x1b00) || (c >= 0x1dc0 && c < 0x1e00) ||
           (c >= 0x20d0 && c < 0x2100) || (c >= 0xfe20 && c < 0xfe30);
}

/* Dots that stand inside of words are left where the word is not known: col·lecció. */
static bool is_dot(uint32_t c)
{
    return c == 0xb7 || c == 0x2027 || c == 0x30fb;
}

bool is_bearing_marks(uint32_t c)
{
    return is_mark(c) || is_dot(c) || (confusable_of(c) & CONFUSABLE_LATIN) || latin_lookalike_of(c) ||
           (c >= 0x2020 && c != 0x20ac && money_letter_of(c));
}

/* An é with which one of these words ends tells what was done, where an e orders it: oublié, olvidé. Only words that are none in
 * English, where an é is a disguise. */
static bool is_done(struct str s, size_t i, size_t j)
{
    static const char *const STEMS[] = { "annul", "contourn", "olvid", "oubli" };
    for (size_t k = 0; k < ARRAY_LEN(STEMS); k++) {
        size_t len = strlen(STEMS[k]);
        if (i >= len && str_eq_nocase(str_of(s.at + i - len, len), str_c(STEMS[k])))
            return !(i > len && is_letter(s.at[i - len - 1])) && !(j < s.len && is_letter(s.at[j]));
    }
    return false;
}

/* The letter that the character in s[i, j) would be without a stroke, a hook or an accent; 0: it is not read as another.
 * Signs of currencies are letters amid letters, and where they are, ł is an I (Ⱡ being their L). */
static char bare_letter(struct str s, size_t i, size_t j, uint32_t code)
{
    static const char MONEY[] = "\xe2\x82";
    uint8_t like = confusable_of(code);
    if (code == 0xe9 && is_done(s, i, j))
        return 0;
    if (code == 0x142 && memmem(s.at + (i < WORDS_AROUND ? 0 : i - WORDS_AROUND),
                                (i < WORDS_AROUND ? i : WORDS_AROUND) + (s.len - j < WORDS_AROUND ? s.len - j : WORDS_AROUND), MONEY,
                                sizeof MONEY - 1))
        return 'i';
    if (like & CONFUSABLE_LATIN)
        return ascii_lower((char)(like & 0x7f));
    char latin = latin_lookalike_of(code);
    if (latin)
        return latin;
    char before = i ? s.at[i - 1] : ' ', after = j < s.len ? s.at[j] : ' ';
    bool amid = (is_letter(before) || is_letter(after)) && !char_is(before, IS_DIGIT) && !char_is(after, IS_DIGIT);
    return amid ? money_letter_of(code) : 0;
}

/* The letters before a sign, without the signs among them that were taken out. */
struct cut_word {
    char letters[SCRAMBLED_LETTERS_MAX];
    size_t len, until;
};

/* Is the sign at s[i, j) inside of a known word? Others may be in it as well. */
static bool is_inside(struct view_memory *m, struct cut_word *left, struct str s, size_t i, size_t j)
{
    size_t first = i, len = 0, width = 0;
    char right[SCRAMBLED_LETTERS_MAX];
    while (first && i - first <= sizeof right && char_is(s.at[first - 1], IS_ALPHA))
        first--;
    if (first != left->until)
        left->len = 0;
    left->until = j;
    if (left->len + (i - first) > sizeof left->letters) {
        left->len = 0;
        return false;
    }
    memcpy(left->letters + left->len, s.at + first, i - first);
    left->len += i - first;
    m->work += i - first;
    for (size_t k = j;; k += width) {
        while (k < s.len && len < sizeof right && char_is(s.at[k], IS_ALPHA))
            right[len++] = s.at[k++];
        m->work += 8 + len;
        if (words_are_one(str_of(left->letters, left->len), str_of(right, len)))
            return true;
        uint32_t code = k < s.len && char_is(s.at[k], IS_HIGH) ? char_at(s, k, &width) : 0;
        if (left->len + len >= sizeof right || !(is_picture(code) || is_dot(code)) || !is_between_letters(s, k, k + width))
            break;
    }
    left->len = 0;
    return false;
}

bool bare_text(struct view_memory *m, struct reading in, struct form *out, bool *changed)
{
    struct cut_word cut = { .len = 0 };
    struct str s = in.text;
    struct closers known = { 0 };
    size_t literal = 0;
    for (size_t i = 0;;) {
        while (i < s.len && !char_is(s.at[i], IS_MARKUP | IS_HIGH))
            i++;
        if (i == s.len)
            break;
        char c = s.at[i];
        struct str instead = STR_NONE;
        size_t len = 0;
        bool space;
        char letter;
        if (char_is(c, IS_HIGH)) {
            size_t width;
            uint32_t code = char_at(s, i, &width);
            letter = bare_letter(s, i, i + width, code);
            m->work += code == 0x142 ? WORDS_AROUND / 8 : 0;
            bool between = is_between_letters(s, i, i + width), alone = between && stands_alone(s, i - 1, i + width);
            bool inside = between && !alone && (is_picture(code) || is_dot(code)) && is_inside(m, &cut, s, i, i + width);
            if (is_picture(code) && between && !inside)
                letter = alone ? '-' : ' ';
            if (!letter && !inside && !is_mark(code) && !(is_no_character(code) && between)) {
                i += width;
                continue;
            }
            instead = str_of(&letter, letter != 0);
            len = width;
        } else {
            len = markup_at(s, i, &known, &space);
            instead = str_of(" ", space);
        }
        if (!len) {
            i++;
            continue;
        }
        if (!form_copy(m, out, &in, literal, i) || !form_add(m, out, instead, &in, i, i + len))
            return false;
        literal = i += len;
        *changed = true;
    }
    m->work += 2 * s.len;
    return !*changed || form_copy(m, out, &in, literal, s.len);
}
