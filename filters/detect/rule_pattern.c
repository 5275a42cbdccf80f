/* rule_pattern.c - patterns into parts, lists and alternatives into pieces. */
#include "filters/detect/rule_parts.h"

#include "filters/detect/rules.h"
#include "proxy/base/ascii.h"
#include "proxy/base/utf8.h"

enum { PIECES_MAX = 2000, NESTING_MAX = 40 };

/* ---- pieces ---- */

static bool add_piece(struct rule_writing *w, struct rule_part *part, struct rule_piece piece)
{
    if (part->count == part->room) {
        size_t room = part->room ? 2 * part->room : 8;
        struct rule_piece *at = room <= PIECES_MAX ? arena_array(w->arena, struct rule_piece, room) : NULL;
        if (!at)
            return rule_fail(w, "too many words in one part of the pattern");
        if (part->count)
            memcpy(at, part->pieces, part->count * sizeof *at);
        part->pieces = at;
        part->room = room;
    }
    if (!piece.expression && !(piece.expression = arena_cstr(w->arena, buf_str(&w->out))))
        return rule_fail(w, "no memory");
    part->pieces[part->count++] = piece;
    return true;
}

/* Something to be looked for as it is: begins with a word, or is one sign. */
static bool is_words(struct str s)
{
    return s.len > 0 && (rule_is_word_byte(*s.at) || s.len == 1) && s.at[s.len - 1] != ' ';
}

/* A byte as an expression that stands for nothing else. */
static bool add_plain(struct rule_writing *w, char c)
{
    static const char HEX[] = "0123456789abcdef";
    char escaped[4] = { '\\', 'x', HEX[(unsigned char)c >> 4], HEX[c & 15] };
    bool is_plain = ascii_is_word(c) || (unsigned char)c >= 0x80;
    return rule_add(w, is_plain ? str_of(&c, 1) : str_of(escaped, sizeof escaped));
}

/* As whole words. */
static bool add_word_as(struct rule_writing *w, struct rule_part *part, struct str word)
{
    struct rule_piece piece = { .word = word, .word_bytes = (uint16_t)word.len, .left = true, .right = true, .lines = w->lines };
    bool ok = word.at != NULL;
    buf_clear(&w->out);
    for (size_t i = 0; ok && i < word.len; i++)
        ok = add_plain(w, word.at[i]);
    return ok && add_piece(w, part, piece);
}

/* Once more without its marks, if it has any. */
static bool add_word(struct rule_writing *w, struct rule_part *part, struct str written)
{
    struct str word = rule_plain(w, written), rest = word;
    bool ok = word.at && add_word_as(w, part, word), differs = false;
    while (rest.len && (unsigned char)*rest.at < 0x80)
        rest = str_from(rest, 1);
    if (!ok || !rest.len)
        return ok;
    buf_clear(&w->out);
    for (rest = word; ok && rest.len; rest = str_from(rest, utf8_valid_one(rest))) {
        uint32_t with = rule_code_at(rest), without = rule_bare(with);
        ok = rule_add_code(w, without);
        differs = differs || with != without;
    }
    return ok && (!differs || add_word_as(w, part, arena_copy(w->arena, buf_str(&w->out))));
}

/* A border of a word is asked for where the expression has one: before a letter, or a group or class that begins with
 * letters; behind a letter, or a group or class that is repeated or not. */
static bool add_expression(struct rule_writing *w, struct rule_part *part, struct str s, bool left, bool right)
{
    struct str inside = str_starts(s, STR("(?:")) ? str_from(s, 3) : str_starts(s, STR("[")) ? str_from(s, 1) : s;
    bool begins = inside.len && ascii_is_word(*inside.at);
    bool ends = ascii_is_word(s.at[s.len - 1]) || strchr(")?]}*", s.at[s.len - 1]) != NULL;
    buf_clear(&w->out);
    bool ok = (!(left && begins) || rule_add(w, STR("\\b"))) && rule_write_expression(w, s, 0) &&
              (!(right && ends) || rule_add(w, STR("\\b")));
    return ok && add_piece(w, part, (struct rule_piece){ 0 });
}

/* As it stands, whatever is around it: what begins with a sign. */
static bool add_literal(struct rule_writing *w, struct rule_part *part, struct str written, bool right)
{
    struct str s = rule_plain(w, written);
    bool ok = s.at != NULL;
    buf_clear(&w->out);
    for (size_t i = 0; ok && i < s.len; i++)
        ok = add_plain(w, s.at[i]);
    return ok && add_piece(w, part, (struct rule_piece){ .word = s, .word_bytes = (uint16_t)s.len, .right = right, .lines = w->lines });
}

static bool add_spelled(struct rule_writing *w, struct rule_part *part, const struct rule_spelled *words, bool right)
{
    bool ok = true;
    for (size_t i = 0; ok && i < words->count; i++)
        ok = is_words(words->at[i]) ? add_word(w, part, words->at[i]) : add_literal(w, part, words->at[i], right);
    return ok;
}

static bool add_alternatives(struct rule_writing *w, struct rule_part *part, struct str s, bool left, bool right, unsigned depth);

static struct str without_borders(struct str s)
{
    s = str_starts(s, STR("\\b")) ? str_from(s, 2) : s;
    return str_ends(s, STR("\\b")) ? str_first(s, s.len - 2) : s;
}

static struct str without_lines(struct str s, unsigned *lines)
{
    bool begins = str_starts(s, STR("^")), ends = str_ends(s, STR("$")) && !str_ends(s, STR("\\$"));
    *lines = (begins ? RULE_LINE_BEGINS : 0) | (ends ? RULE_LINE_ENDS : 0);
    s = begins ? str_from(s, 1) : s;
    return ends && s.len ? str_first(s, s.len - 1) : s;
}

static bool add_alternative(struct rule_writing *w, struct rule_part *part, struct str s, bool left, bool right, unsigned depth)
{
    if (!s.len)
        return rule_fail(w, "an alternative is empty");
    if (depth > RULE_DEPTH_MAX)
        return rule_fail(w, "lists within lists, too deep");
    struct str name = rule_list_name(s);
    if (name.len && name.len + 2 == s.len) {
        const struct rule_list *l = rule_list_named(w, name);
        bool ok = l != NULL;
        for (size_t i = 0; ok && i < l->words.count; i++)
            ok = add_alternatives(w, part, l->words.at[i], left, right, depth + 1);
        return ok;
    }
    if (str_starts(s, STR("(?:")) && rule_step_over(s) == s.len)
        return add_alternatives(w, part, str_of(s.at + 3, s.len - 4), left, right, depth + 1);
    struct rule_spelled words;
    unsigned lines = 0;
    struct str bare_word = without_borders(without_lines(s, &lines));
    if (bare_word.len && rule_spell(w, bare_word, &words)) {
        w->lines = (uint8_t)lines;
        bool ok = add_spelled(w, part, &words, right || str_ends(s, STR("\\b")));
        w->lines = 0;
        return ok;
    }
    return add_expression(w, part, s, left, right);
}

static bool add_alternatives(struct rule_writing *w, struct rule_part *part, struct str s, bool left, bool right, unsigned depth)
{
    size_t i = 0;
    bool ok = true;
    while (ok && i < s.len) {
        if (s.at[i] != '|') {
            i += rule_step_over(str_from(s, i));
            continue;
        }
        ok = add_alternative(w, part, str_first(s, i), left, right, depth);
        s = str_from(s, i + 1);
        i = 0;
    }
    return ok && add_alternative(w, part, s, left, right, depth);
}

/* ---- parts ---- */

static bool add_part(struct rule_writing *w, struct rule_chain *chain, struct str s)
{
    static const struct str BORDER = STR_INIT("\\b");
    while (s.len && *s.at == ' ')
        s = str_from(s, 1);
    while (s.len && s.at[s.len - 1] == ' ' && !(s.len > 1 && s.at[s.len - 2] == '\\'))
        s.len--;
    bool left = str_starts(s, BORDER), right = str_ends(s, BORDER), is_list;
    s = left ? str_from(s, 2) : s;
    s = right && s.len >= 2 ? str_first(s, s.len - 2) : s;
    is_list = rule_list_name(s).len && rule_list_name(s).len + 2 == s.len;
    if (!s.len)
        return rule_fail(w, "a part of the pattern is empty");
    return add_alternative(w, &chain->parts[chain->count++], s, left || is_list, right || is_list, 0);
}

/* `~`, `~12`, `~~`, `~~200` */
static bool read_gap(struct rule_writing *w, struct rule_chain *chain, struct str *p)
{
    size_t digits = 0;
    uint64_t bytes = 0;
    *p = str_from(*p, 1);
    bool across = p->len && *p->at == '~';
    *p = str_from(*p, across ? 1 : 0);
    while (digits < p->len && ascii_is_digit(p->at[digits]))
        digits++;
    if (digits && (!str_to_u64(str_first(*p, digits), &bytes) || bytes > RULE_GAP_MAX))
        return rule_fail(w, "a gap is too wide");
    *p = str_from(*p, digits);
    if (chain->count == RULE_PARTS_MAX)
        return rule_fail(w, "too many parts in one pattern");
    chain->gap[chain->count] = (uint16_t)(digits ? bytes : across ? RULE_GAP_ACROSS : RULE_GAP);
    chain->across[chain->count] = across;
    return true;
}

/* How deep groups go, counted without reading what they mean: what follows reads them one within the other. */
static size_t nesting(struct str s)
{
    size_t deep = 0, deepest = 0;
    for (size_t i = 0; i < s.len; i++) {
        deep += s.at[i] == '(';
        deepest = deep > deepest ? deep : deepest;
        deep -= s.at[i] == ')' && deep;
    }
    return deepest;
}

bool rule_pattern_fits(struct str pattern)
{
    return pattern.len <= RULE_EXPRESSION_MAX && nesting(pattern) <= NESTING_MAX;
}

/* Behind the class that begins here; 0 when it does not end. A `]` right behind its beginning is one of it. */
static size_t class_len(struct str s)
{
    size_t i = str_starts(s, STR("[^")) ? 2 : 1;
    for (bool is_first = true; i < s.len; is_first = false, i++) {
        if (s.at[i] == ']' && !is_first)
            return i + 1;
        i += s.at[i] == '\\';
    }
    return 0;
}

/* What would be taken for a sign that stands for itself, which nobody means who writes one bracket of two. */
static const char *odd_bracket(struct str s)
{
    size_t open = 0;
    while (s.len) {
        size_t n = *s.at == '[' ? class_len(s) : *s.at == '\\' ? 2 : 1;
        if (!n)
            return "a class is not closed; a [ that stands for itself is \\[";
        if (*s.at == ')' && !open--)
            return "a group ends that has not begun; a ) that stands for itself is \\)";
        open += *s.at == '(';
        s = str_from(s, n);
    }
    return open ? "a group is not closed; a ( that stands for itself is \\(" : NULL;
}

bool rule_pattern_read(struct arena *a, struct str pattern, const struct rule_lists *lists, struct rule_chain *out,
                       char why[128])
{
    struct rule_writing w = { .arena = a, .lists = lists, .why = why };
    struct str p = pattern;
    size_t i = 0;
    bool ok = true;
    *why = '\0';
    if (!rule_pattern_fits(pattern))
        return rule_fail(&w, "the pattern is too long, or its groups are too deep");
    const char *odd = odd_bracket(pattern);
    if (odd)
        return rule_fail(&w, odd);
    buf_init(&w.out, RULE_EXPRESSION_MAX);
    *out = (struct rule_chain){ 0 };
    while (ok && i < p.len) {
        if (p.at[i] != '~') {
            i += rule_step_over(str_from(p, i));
            continue;
        }
        ok = add_part(&w, out, str_first(p, i));
        p = str_from(p, i);
        ok = ok && read_gap(&w, out, &p);
        i = 0;
    }
    ok = ok && add_part(&w, out, p);
    buf_finish(&w.out);
    return ok;
}
