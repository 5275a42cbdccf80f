/* rule_pattern.c - patterns into parts, lists and alternatives into pieces, accents into both spellings. */
#include "filters/detect/rule_pattern.h"

#include "filters/detect/rules.h"
#include "proxy/base/utf8.h"

#include <utf8proc.h>

enum { DEPTH_MAX = 6, PIECES_MAX = 2000, NESTING_MAX = 40 };

struct writing {
    struct arena *arena;
    const struct rule_lists *lists;
    struct buf out;
    unsigned deep; /* in groups and lists that are spelled out */
    char *why;
};

static bool fail(struct writing *w, const char *why)
{
    snprintf(w->why, 128, "%s", why);
    return false;
}

/* ---- characters ---- */

static bool add(struct writing *w, struct str s)
{
    return buf_add(&w->out, s) || fail(w, "the pattern becomes too long when it is written out");
}

static bool add_code(struct writing *w, uint32_t code)
{
    char bytes[4];
    return add(w, str_of(bytes, utf8_encode(bytes, code)));
}

/* The letter that `code` is with its marks taken off; `code` itself where it has none, and for Hangul, which is made of parts
 * that are no marks. */
static uint32_t bare(uint32_t code)
{
    utf8proc_int32_t parts[8];
    int boundary = 0;
    if (code >= 0xac00 && code <= 0xd7a3)
        return code;
    utf8proc_ssize_t n = utf8proc_decompose_char((utf8proc_int32_t)code, parts, 8, UTF8PROC_DECOMPOSE, &boundary);
    if (n < 2 || n > 8)
        return code == 0x131 ? 'i' : code == 0x142 ? 'l' : code == 0x111 ? 'd' : code == 0xf8 ? 'o' : code;
    for (utf8proc_ssize_t i = 1; i < n; i++)
        if (utf8proc_category(parts[i]) != UTF8PROC_CATEGORY_MN)
            return code;
    return (uint32_t)parts[0];
}

/* The text as views have it: NFKC, small letters. at == NULL where it is not UTF-8, and without memory. */
static struct str plain(struct writing *w, struct str s)
{
    char *copy = arena_cstr(w->arena, s);
    utf8proc_uint8_t *composed = NULL;
    struct str out = STR_NONE;
    size_t len = 0;
    if (copy)
        composed = utf8proc_NFKC((const utf8proc_uint8_t *)copy);
    size_t n = composed ? strlen((const char *)composed) : 0;
    char *at = composed ? arena_bytes(w->arena, 2 * n + 1) : NULL; /* a small letter may be longer, never twice */
    for (size_t i = 0; at && i < n;) {
        utf8proc_int32_t code;
        utf8proc_ssize_t took = utf8proc_iterate(composed + i, (utf8proc_ssize_t)(n - i), &code);
        if (took < 1)
            break;
        len += utf8_encode(at + len, (uint32_t)utf8proc_tolower(code));
        i += (size_t)took;
        out = str_of(at, len);
    }
    free(composed);
    if (!out.at)
        fail(w, "the pattern is not UTF-8");
    return out;
}

static uint32_t code_at(struct str s)
{
    utf8proc_int32_t code = 0;
    utf8proc_iterate((const utf8proc_uint8_t *)s.at, (utf8proc_ssize_t)s.len, &code);
    return (uint32_t)code;
}

/* ---- expressions ---- */

static const struct rule_list *list_named(struct writing *w, struct str name)
{
    for (size_t i = 0; i < w->lists->count; i++)
        if (str_eq(w->lists->at[i].name, name))
            return &w->lists->at[i];
    snprintf(w->why, 128, "there is no list {" STR_F "}", STR_A(str_first(name, 64)));
    return NULL;
}

/* The name in braces that `p` begins with; empty without. */
static struct str list_name(struct str p)
{
    struct str name = str_first(str_from(p, 1), str_find(str_from(p, 1), '}'));
    return p.len > 2 && p.at[0] == '{' && p.at[1] >= 'a' && p.at[1] <= 'z' && name.len + 2 <= p.len ? name : STR("");
}

static bool write_expression(struct writing *w, struct str p, unsigned depth);

static bool write_list(struct writing *w, struct str name, unsigned depth)
{
    const struct rule_list *l = list_named(w, name);
    if (!l)
        return false;
    bool ok = depth < DEPTH_MAX ? add(w, STR("(?:")) : fail(w, "lists within lists, too deep");
    for (size_t i = 0; ok && i < l->words.count; i++)
        ok = (!i || add(w, STR("|"))) && write_expression(w, l->words.at[i], depth + 1);
    return ok && add(w, STR(")"));
}

static bool write_character(struct writing *w, struct str one)
{
    struct str rest = plain(w, one);
    bool ok = rest.at != NULL;
    while (ok && rest.len) {
        uint32_t with = code_at(rest), without = bare(with);
        ok = with == without ? add_code(w, with)
                             : add(w, STR("(?:")) && add_code(w, with) && add(w, STR("|")) && add_code(w, without) &&
                                   add(w, STR(")"));
        rest = str_from(rest, utf8_valid_one(rest));
    }
    return ok;
}

static bool write_expression(struct writing *w, struct str p, unsigned depth)
{
    bool in_class = false, ok = true;
    while (ok && p.len) {
        size_t n = 1;
        char c = *p.at;
        if (c == '\\' && p.len > 1 && (unsigned char)p.at[1] < 0x80) {
            n = 2;
            ok = add(w, str_first(p, n));
        } else if ((unsigned char)c >= 0x80) {
            n = utf8_valid_one(p);
            ok = !n         ? fail(w, "the pattern is not UTF-8")
                 : in_class ? fail(w, "a class of characters beyond ASCII matches bytes: write (?:…|…)")
                            : write_character(w, str_first(p, n));
        } else if (in_class || c == '[') {
            in_class = c != ']';
            ok = add(w, str_first(p, 1));
        } else if (c == ' ') {
            ok = add(w, STR("\\x20"));
        } else if (list_name(p).len) {
            struct str name = list_name(p);
            n = name.len + 2;
            ok = write_list(w, name, depth);
        } else {
            ok = add(w, str_first(p, 1));
        }
        p = str_from(p, n);
    }
    return ok;
}

/* ---- pieces ---- */

static bool add_piece(struct writing *w, struct rule_part *part, struct rule_piece piece)
{
    if (part->count == part->room) {
        size_t room = part->room ? 2 * part->room : 8;
        struct rule_piece *at = room <= PIECES_MAX ? arena_array(w->arena, struct rule_piece, room) : NULL;
        if (!at)
            return fail(w, "too many words in one part of the pattern");
        if (part->count)
            memcpy(at, part->pieces, part->count * sizeof *at);
        part->pieces = at;
        part->room = room;
    }
    if (!piece.expression && !(piece.expression = arena_cstr(w->arena, buf_str(&w->out))))
        return fail(w, "no memory");
    part->pieces[part->count++] = piece;
    return true;
}

/* Bytes that the alternative, group, class or escape that `p` begins with takes. */
static size_t step_over(struct str p)
{
    if (*p.at == '\\')
        return p.len > 1 ? 2 : 1;
    if (*p.at == '[') {
        size_t i = 1;
        while (i < p.len && p.at[i] != ']')
            i += p.at[i] == '\\' ? 2 : 1;
        return i < p.len ? i + 1 : p.len;
    }
    if (*p.at != '(')
        return 1;
    size_t i = 1;
    while (i < p.len && p.at[i] != ')')
        i += step_over(str_from(p, i));
    return i < p.len ? i + 1 : p.len;
}

/* Letters, digits, hyphens and apostrophes, nothing that means something in an expression. */
static bool is_word_byte(char c)
{
    char l = ascii_lower(c);
    return (l >= 'a' && l <= 'z') || ascii_is_digit(l) || l == '-' || l == '\'' || (unsigned char)l >= 0x80;
}

/* Something to be looked for as it is: begins with a word, or is one sign. */
static bool is_words(struct str s)
{
    return s.len > 0 && (is_word_byte(*s.at) || s.len == 1) && s.at[s.len - 1] != ' ';
}

static bool is_ascii_word(char c)
{
    char l = ascii_lower(c);
    return (l >= 'a' && l <= 'z') || ascii_is_digit(c) || c == '_';
}

/* A byte as an expression that stands for nothing else. */
static bool add_plain(struct writing *w, char c)
{
    char escaped[5];
    bool is_plain = is_ascii_word(c) || (unsigned char)c >= 0x80;
    snprintf(escaped, sizeof escaped, "\\x%02x", (unsigned)(unsigned char)c);
    return add(w, is_plain ? str_of(&c, 1) : str_c(escaped));
}

/* As whole words, and once more without their marks. */
static bool add_word(struct writing *w, struct rule_part *part, struct str written)
{
    struct str word = plain(w, written);
    if (!word.at)
        return false;
    for (int pass = 0; pass < 2; pass++) {
        bool differs = false, ok = true;
        buf_clear(&w->out);
        for (struct str rest = word; ok && rest.len; rest = str_from(rest, utf8_valid_one(rest))) {
            uint32_t with = code_at(rest), without = bare(with);
            ok = add_code(w, pass ? without : with);
            differs = differs || with != without;
        }
        struct rule_piece piece = { .word = arena_copy(w->arena, buf_str(&w->out)), .left = true, .right = true };
        piece.word_bytes = (uint16_t)piece.word.len;
        buf_clear(&w->out);
        for (size_t i = 0; ok && i < piece.word.len; i++)
            ok = add_plain(w, piece.word.at[i]);
        if (!ok || !piece.word.at || ((!pass || differs) && !add_piece(w, part, piece)))
            return false;
    }
    return true;
}

/* A border of a word is asked for where the expression has one: before a letter, or a group or class that begins with
 * letters; behind a letter, or a group or class that is repeated or not. */
static bool add_expression(struct writing *w, struct rule_part *part, struct str s, bool left, bool right)
{
    struct str inside = str_starts(s, STR("(?:")) ? str_from(s, 3) : str_starts(s, STR("[")) ? str_from(s, 1) : s;
    bool begins = inside.len && is_ascii_word(*inside.at);
    bool ends = is_ascii_word(s.at[s.len - 1]) || strchr(")?]}*", s.at[s.len - 1]) != NULL;
    buf_clear(&w->out);
    bool ok = (!(left && begins) || add(w, STR("\\b"))) && write_expression(w, s, 0) &&
              (!(right && ends) || add(w, STR("\\b")));
    return ok && add_piece(w, part, (struct rule_piece){ 0 });
}

/* ---- words that are written short: instruct(?:ion|ed)s? ---- */

enum { SPELLED_MAX = 256, SPELLED_DEEP = 8 };

struct spelled {
    struct str at[SPELLED_MAX];
    size_t count;
};

static bool spell(struct writing *w, struct str s, struct spelled *out);

static bool spell_deeper(struct writing *w, struct str s, struct spelled *out)
{
    if (w->deep == SPELLED_DEEP)
        return false;
    w->deep++;
    bool ok = spell(w, s, out);
    w->deep--;
    return ok;
}

static bool spell_group(struct writing *w, struct str s, struct spelled *out)
{
    size_t i = 0;
    for (;;) {
        while (i < s.len && s.at[i] != '|')
            i += step_over(str_from(s, i));
        struct spelled one;
        if (!spell_deeper(w, str_first(s, i), &one) || out->count + one.count > SPELLED_MAX)
            return false;
        memcpy(out->at + out->count, one.at, one.count * sizeof *one.at);
        out->count += one.count;
        if (i >= s.len)
            return true;
        s = str_from(s, i + 1);
        i = 0;
    }
}

static bool spell_list(struct writing *w, struct str name, struct spelled *out)
{
    const struct rule_list *l = list_named(w, name);
    bool ok = l != NULL;
    for (size_t i = 0; ok && i < l->words.count; i++)
        ok = spell_group(w, l->words.at[i], out);
    return ok;
}

/* A class of single characters, one by one: [sz], ["'(] but not [a-z]. */
static bool spell_class(struct str s, struct spelled *out)
{
    if (s.len < 3 || s.at[1] == '^')
        return false;
    for (size_t i = 1; i + 1 < s.len; i++) {
        i += s.at[i] == '\\';
        bool is_range = s.at[i] == '-' && i > 1 && i + 2 < s.len;
        size_t n = utf8_valid_one(str_from(s, i));
        if (i + 1 >= s.len || is_range || !n || out->count == SPELLED_MAX)
            return false;
        out->at[out->count++] = str_of(s.at + i, n);
        i += n - 1;
    }
    return true;
}

/* A sign that stands for itself in an expression, or behind a backslash. */
static bool spell_sign(struct str s, size_t n, struct spelled *out)
{
    char c = s.at[n - 1];
    bool is_sign = c > ' ' && c < 0x7f && !is_word_byte(c) && c != '_';
    if (!is_sign || (n == 1 && strchr("\\^$.[]|()?*+{", c)))
        return false;
    out->at[out->count++] = str_of(s.at + n - 1, 1);
    return true;
}

/* All that the expression stands for, when it is made of letters, signs, spaces, groups, small classes and question marks, and they
 * are few. */
static bool spell(struct writing *w, struct str s, struct spelled *out)
{
    *out = (struct spelled){ .at = { STR("") }, .count = 1 };
    while (s.len) {
        size_t n = step_over(s);
        struct spelled here = { 0 }, all = { 0 };
        if (list_name(s).len) {
            n = list_name(s).len + 2;
            if (!spell_list(w, list_name(s), &here))
                return false;
        } else if (str_starts(s, STR("(?:")) && s.at[n - 1] == ')') {
            if (!spell_group(w, str_of(s.at + 3, n - 4), &here))
                return false;
        } else if (*s.at == '[') {
            if (!spell_class(str_first(s, n), &here))
                return false;
        } else if (n == 1 && (is_word_byte(*s.at) || *s.at == ' ' || *s.at == '_')) {
            n = (unsigned char)*s.at >= 0x80 ? utf8_valid_one(s) : 1;
            if (!n)
                return false;
            here.at[here.count++] = str_first(s, n);
        } else if (!spell_sign(s, n, &here)) {
            return false;
        }
        s = str_from(s, n);
        if (s.len && *s.at == '?') {
            if (here.count == SPELLED_MAX)
                return false;
            here.at[here.count++] = STR("");
            s = str_from(s, 1);
        }
        if (out->count * here.count > SPELLED_MAX)
            return false;
        for (size_t i = 0; i < out->count; i++)
            for (size_t k = 0; k < here.count; k++)
                if (!(all.at[all.count++] = arena_printf(w->arena, STR_F STR_F, STR_A(out->at[i]), STR_A(here.at[k]))).at)
                    return false;
        *out = all;
    }
    return true;
}

/* As it stands, whatever is around it: what begins with a sign. */
static bool add_literal(struct writing *w, struct rule_part *part, struct str s)
{
    bool ok = true;
    buf_clear(&w->out);
    for (size_t i = 0; ok && i < s.len; i++)
        ok = add_plain(w, s.at[i]);
    return ok && add_piece(w, part, (struct rule_piece){ 0 });
}

static bool add_spelled(struct writing *w, struct rule_part *part, const struct spelled *words)
{
    bool ok = true;
    for (size_t i = 0; ok && i < words->count; i++)
        ok = is_words(words->at[i]) ? add_word(w, part, words->at[i]) : add_literal(w, part, words->at[i]);
    return ok;
}

static bool add_alternatives(struct writing *w, struct rule_part *part, struct str s, bool left, bool right, unsigned depth);

static struct str without_borders(struct str s)
{
    s = str_starts(s, STR("\\b")) ? str_from(s, 2) : s;
    return str_ends(s, STR("\\b")) ? str_first(s, s.len - 2) : s;
}

static bool add_alternative(struct writing *w, struct rule_part *part, struct str s, bool left, bool right, unsigned depth)
{
    if (!s.len)
        return fail(w, "an alternative is empty");
    if (depth > DEPTH_MAX)
        return fail(w, "lists within lists, too deep");
    struct str name = list_name(s);
    if (name.len && name.len + 2 == s.len) {
        const struct rule_list *l = list_named(w, name);
        bool ok = l != NULL;
        for (size_t i = 0; ok && i < l->words.count; i++)
            ok = add_alternatives(w, part, l->words.at[i], left, right, depth + 1);
        return ok;
    }
    if (str_starts(s, STR("(?:")) && step_over(s) == s.len)
        return add_alternatives(w, part, str_of(s.at + 3, s.len - 4), left, right, depth + 1);
    struct spelled words;
    struct str bare_word = without_borders(s);
    if (bare_word.len && spell(w, bare_word, &words))
        return add_spelled(w, part, &words);
    return add_expression(w, part, s, left, right);
}

static bool add_alternatives(struct writing *w, struct rule_part *part, struct str s, bool left, bool right, unsigned depth)
{
    size_t i = 0;
    bool ok = true;
    while (ok && i < s.len) {
        if (s.at[i] != '|') {
            i += step_over(str_from(s, i));
            continue;
        }
        ok = add_alternative(w, part, str_first(s, i), left, right, depth);
        s = str_from(s, i + 1);
        i = 0;
    }
    return ok && add_alternative(w, part, s, left, right, depth);
}

/* ---- parts ---- */

static bool add_part(struct writing *w, struct rule_chain *chain, struct str s)
{
    static const struct str BORDER = STR_INIT("\\b");
    while (s.len && *s.at == ' ')
        s = str_from(s, 1);
    while (s.len && s.at[s.len - 1] == ' ' && !(s.len > 1 && s.at[s.len - 2] == '\\'))
        s.len--;
    bool left = str_starts(s, BORDER), right = str_ends(s, BORDER), is_list;
    s = left ? str_from(s, 2) : s;
    s = right && s.len >= 2 ? str_first(s, s.len - 2) : s;
    is_list = list_name(s).len && list_name(s).len + 2 == s.len;
    if (!s.len)
        return fail(w, "a part of the pattern is empty");
    return add_alternative(w, &chain->parts[chain->count++], s, left || is_list, right || is_list, 0);
}

/* `~`, `~12`, `~~`, `~~200` */
static bool read_gap(struct writing *w, struct rule_chain *chain, struct str *p)
{
    size_t digits = 0;
    uint64_t bytes = 0;
    *p = str_from(*p, 1);
    bool across = p->len && *p->at == '~';
    *p = str_from(*p, across ? 1 : 0);
    while (digits < p->len && ascii_is_digit(p->at[digits]))
        digits++;
    if (digits && (!str_to_u64(str_first(*p, digits), &bytes) || bytes > RULE_GAP_MAX))
        return fail(w, "a gap is too wide");
    *p = str_from(*p, digits);
    if (chain->count == RULE_PARTS_MAX)
        return fail(w, "too many parts in one pattern");
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

bool rule_pattern_read(struct arena *a, struct str pattern, const struct rule_lists *lists, struct rule_chain *out,
                       char why[128])
{
    struct writing w = { .arena = a, .lists = lists, .why = why };
    struct str p = pattern;
    size_t i = 0;
    bool ok = true;
    *why = '\0';
    if (!rule_pattern_fits(pattern))
        return fail(&w, "the pattern is too long, or its groups are too deep");
    buf_init(&w.out, RULE_EXPRESSION_MAX);
    *out = (struct rule_chain){ 0 };
    while (ok && i < p.len) {
        if (p.at[i] != '~') {
            i += step_over(str_from(p, i));
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
