/* pattern_parse.c - an expression is read into a tree. */
#include "filters/detect/pattern_tree.h"

enum { TREE_MAX = 4096, NESTING_MAX = 32 };

struct parser {
    struct str rest;
    bool caseless, endless;
    unsigned nesting;
    const char *why;
    struct tree *trees;
    uint32_t count;
};

static uint32_t parse_or(struct parser *p);

static uint32_t fail(struct parser *p, const char *why)
{
    if (!p->why)
        p->why = why;
    return 0;
}

static uint32_t add(struct parser *p, struct tree t)
{
    if (p->count == TREE_MAX)
        return fail(p, "it is too long");
    p->trees[p->count] = t;
    return p->count++;
}

static bool at(const struct parser *p, char c)
{
    return p->rest.len && *p->rest.at == c;
}

static bool take(struct parser *p, struct str s)
{
    if (!str_starts(p->rest, s))
        return false;
    p->rest = str_from(p->rest, s.len);
    return true;
}

static char next_char(struct parser *p)
{
    char c = *p->rest.at;
    p->rest = str_from(p->rest, 1);
    return c;
}

/* ---- bytes ---- */

static void add_range(struct byte_set *s, unsigned first, unsigned last)
{
    for (unsigned c = first; c <= last; c++)
        byte_set_add(s, (unsigned char)c);
}

static struct byte_set range(unsigned first, unsigned last)
{
    struct byte_set s = { { 0 } };
    add_range(&s, first, last);
    return s;
}

static void fold(struct byte_set *s)
{
    for (unsigned c = 'a'; c <= 'z'; c++) {
        unsigned char lower = (unsigned char)c, upper = (unsigned char)(c - 32);
        if (byte_set_has(s, lower) || byte_set_has(s, upper)) {
            byte_set_add(s, lower);
            byte_set_add(s, upper);
        }
    }
}

static uint32_t bytes(struct parser *p, struct byte_set s)
{
    if (p->caseless)
        fold(&s);
    return add(p, (struct tree){ .kind = TREE_BYTES, .bytes = s });
}

static uint32_t then(struct parser *p, uint32_t a, uint32_t b)
{
    return add(p, (struct tree){ .kind = TREE_THEN, .a = a, .b = b });
}

static uint32_t or(struct parser *p, uint32_t a, uint32_t b)
{
    return add(p, (struct tree){ .kind = TREE_OR, .a = a, .b = b });
}

/* One character that is not in `s`, of one byte or of several. */
static uint32_t other_than(struct parser *p, struct byte_set s)
{
    if (p->caseless)
        fold(&s);
    struct byte_set ascii = { { ~s.bits[0], ~s.bits[1], 0, 0 } };
    uint32_t more = bytes(p, range(0x80, 0xbf));
    uint32_t two = then(p, bytes(p, range(0xc2, 0xdf)), more);
    uint32_t three = then(p, bytes(p, range(0xe0, 0xef)), then(p, more, more));
    uint32_t four = then(p, bytes(p, range(0xf0, 0xf4)), then(p, more, then(p, more, more)));
    return or(p, add(p, (struct tree){ .kind = TREE_BYTES, .bytes = ascii }), or(p, two, or(p, three, four)));
}

/* \d, \w, \s and their opposites; false when `c` is none of them. */
static bool shorthand(char c, struct byte_set *s)
{
    *s = (struct byte_set){ { 0 } };
    switch (ascii_lower(c)) {
    case 'd':
        add_range(s, '0', '9');
        return true;
    case 'w':
        for (unsigned b = 0; b < 128; b++)
            if (ascii_is_word(b))
                byte_set_add(s, (unsigned char)b);
        return true;
    case 's':
        add_range(s, '\t', '\r');
        byte_set_add(s, ' ');
        return true;
    default:
        return false;
    }
}

/* The byte that an escape stands for, the backslash being taken; -1 when it stands for none. */
static int escaped(struct parser *p)
{
    static const char letters[] = "nrtfv", values[] = "\n\r\t\f\v";
    if (!p->rest.len)
        return -1;
    char c = next_char(p);
    const char *letter = c ? strchr(letters, c) : NULL;
    if (letter)
        return values[letter - letters];
    if (c == 'x') {
        int high = p->rest.len > 1 ? hex_value(p->rest.at[0]) : -1, low = high >= 0 ? hex_value(p->rest.at[1]) : -1;
        p->rest = str_from(p->rest, 2);
        return low < 0 || high > 7 ? -1 : high * 16 + low;
    }
    bool is_letter = ascii_is_word(c) || (unsigned char)c >= 0x80;
    return is_letter ? -1 : c;
}

static bool posix_class(struct parser *p, struct byte_set *s)
{
    static const struct {
        struct str name;
        const char *ranges;
    } rows[] = {
        { STR_INIT("[:alnum:]"), "09AZaz" }, { STR_INIT("[:alpha:]"), "AZaz" },    { STR_INIT("[:digit:]"), "09" },
        { STR_INIT("[:upper:]"), "AZ" },     { STR_INIT("[:lower:]"), "az" },      { STR_INIT("[:xdigit:]"), "09AFaf" },
        { STR_INIT("[:space:]"), "\t\r  " }, { STR_INIT("[:punct:]"), "!/:@[`{~" },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (!take(p, rows[i].name))
            continue;
        for (const char *r = rows[i].ranges; *r; r += 2)
            add_range(s, (unsigned char)r[0], (unsigned char)r[1]);
        return true;
    }
    return false;
}

/* One byte of a class; -1 with `*s` extended when it was a class of its own. */
static int class_item(struct parser *p, struct byte_set *s)
{
    struct byte_set more;
    if (at(p, '[') && posix_class(p, s))
        return -1;
    char c = next_char(p);
    if ((unsigned char)c >= 0x80) {
        fail(p, "a class has ASCII only");
        return -1;
    }
    if (c != '\\')
        return c;
    if (p->rest.len && shorthand(*p->rest.at, &more)) {
        if (*p->rest.at < 'a')
            fail(p, "a class has no \\D, \\W or \\S");
        p->rest = str_from(p->rest, 1);
        for (size_t i = 0; i < ARRAY_LEN(more.bits); i++)
            s->bits[i] |= more.bits[i];
        return -1;
    }
    int byte = escaped(p);
    if (byte < 0)
        fail(p, "an escape is not known");
    return byte;
}

static uint32_t parse_class(struct parser *p)
{
    struct byte_set s = { { 0 } };
    bool opposite = take(p, STR("^"));
    for (bool is_first = true; is_first || !at(p, ']'); is_first = false) {
        if (!p->rest.len || p->why)
            return fail(p, "a class is not closed");
        int first = class_item(p, &s), last = first;
        if (first >= 0 && p->rest.len > 1 && p->rest.at[0] == '-' && p->rest.at[1] != ']') {
            p->rest = str_from(p->rest, 1);
            last = class_item(p, &s);
        }
        if (last < first)
            return fail(p, "a range runs backwards");
        if (first >= 0)
            add_range(&s, (unsigned)first, (unsigned)last);
    }
    p->rest = str_from(p->rest, 1);
    return opposite ? other_than(p, s) : bytes(p, s);
}

/* ---- atoms, repeats, sequences ---- */

static uint32_t parse_escape(struct parser *p)
{
    struct byte_set s;
    char c = p->rest.len ? *p->rest.at : '\0';
    if (c == 'b' || c == 'B') {
        next_char(p);
        return add(p, (struct tree){ .kind = c == 'b' ? TREE_AT_WORD_END : TREE_INSIDE });
    }
    if (shorthand(c, &s)) {
        next_char(p);
        return c < 'a' ? other_than(p, s) : bytes(p, s);
    }
    int byte = escaped(p);
    return byte < 0 ? fail(p, "an escape is not known") : bytes(p, range((unsigned)byte, (unsigned)byte));
}

static uint32_t parse_group(struct parser *p)
{
    if (!take(p, STR("?:")) && at(p, '?'))
        return fail(p, "of groups there are (...) and (?:...) only");
    if (++p->nesting > NESTING_MAX)
        return fail(p, "groups are nested too deeply");
    uint32_t inner = parse_or(p);
    p->nesting--;
    return take(p, STR(")")) ? inner : fail(p, "a group is not closed");
}

static uint32_t parse_atom(struct parser *p)
{
    unsigned char c = (unsigned char)next_char(p);
    switch (c) {
    case '(':
        return parse_group(p);
    case '[':
        return parse_class(p);
    case '\\':
        return parse_escape(p);
    case '.':
        return other_than(p, range('\n', '\n'));
    case '*':
    case '+':
    case '?':
    case '{':
        return fail(p, "a repeat has nothing before it");
    case '^':
    case '$':
        return fail(p, "there are no anchors but \\b and \\B");
    default:
        break;
    }
    uint32_t tree = bytes(p, range(c, c));
    while (c >= 0xc0 && p->rest.len && ((unsigned char)*p->rest.at & 0xc0) == 0x80) {
        unsigned char more = (unsigned char)next_char(p);
        tree = then(p, tree, bytes(p, range(more, more)));
    }
    return tree;
}

static bool parse_number(struct parser *p, unsigned *out)
{
    size_t n = 0;
    while (n < p->rest.len && ascii_is_digit(p->rest.at[n]))
        n++;
    uint64_t value;
    if (!str_to_u64(str_first(p->rest, n), &value) || value > PATTERN_BYTES_MAX)
        return false;
    *out = (unsigned)value;
    p->rest = str_from(p->rest, n);
    return true;
}

static uint32_t parse_repeat(struct parser *p)
{
    uint32_t what = parse_atom(p);
    struct tree t = { .kind = TREE_REPEAT, .a = what, .least = 0, .most = 1 };
    if (at(p, '*') || at(p, '+'))
        return fail(p, "a repeat must be bounded, as in {1,64}");
    if (take(p, STR("{"))) {
        if (!parse_number(p, &t.least))
            return fail(p, "a repeat is malformed or beyond 4096");
        t.most = t.least;
        if (take(p, STR(","))) {
            if (p->endless && at(p, '}'))
                t.most = REPEAT_ENDLESS;
            else if (!parse_number(p, &t.most))
                return fail(p, "a repeat must be bounded, as in {1,64}");
        }
        if (!take(p, STR("}")) || t.most < t.least)
            return fail(p, "a repeat is malformed");
    } else if (!take(p, STR("?"))) {
        return what;
    }
    if (at(p, '?') || at(p, '+') || at(p, '*') || at(p, '{'))
        return fail(p, "a repeat is repeated: the longest is taken, whatever it is called");
    if (!p->why && !pattern_tree_length(p->trees, what).most)
        return fail(p, "a repeat of nothing");
    return add(p, t);
}

static uint32_t parse_sequence(struct parser *p)
{
    uint32_t tree = STATE_UNKNOWN;
    while (p->rest.len && !at(p, '|') && !at(p, ')') && !p->why) {
        uint32_t more = parse_repeat(p);
        tree = tree == STATE_UNKNOWN ? more : then(p, tree, more);
    }
    return tree == STATE_UNKNOWN ? add(p, (struct tree){ .kind = TREE_NOTHING }) : tree;
}

static uint32_t parse_or(struct parser *p)
{
    uint32_t tree = parse_sequence(p);
    while (!p->why && take(p, STR("|")))
        tree = or(p, tree, parse_sequence(p));
    return tree;
}

const char *pattern_parse(struct pattern_set *set, uint32_t pattern, struct str expression, bool caseless)
{
    struct parser p = { .rest = expression, .caseless = caseless, .endless = set->endless };
    p.caseless |= take(&p, STR("(?i)"));
    p.trees = calloc(TREE_MAX, sizeof *p.trees);
    if (!p.trees)
        return "there is no memory for it";
    uint32_t tree = parse_or(&p);
    if (!p.why && p.rest.len)
        fail(&p, "a group is closed that was not opened");
    struct pattern_length length = p.why ? (struct pattern_length){ 1, 1 } : pattern_tree_length(p.trees, tree);
    if (!length.least)
        fail(&p, "it also matches nothing at all");
    if (length.most > PATTERN_BYTES_MAX && !set->endless)
        fail(&p, "a match may be longer than 4096 bytes");
    if (!p.why) {
        set->firsts[pattern] = pattern_tree_write(p.trees, set, tree, pattern);
        if (set->firsts[pattern] == STATE_UNKNOWN)
            fail(&p, "all patterns together are too large");
    }
    free(p.trees);
    return p.why;
}
