/* attacks_signs.c - one pass over a text: what of it a grammar must look at, and which kinds of signs are there at all.
 *
 * Most texts have few signs in them; rules are looked for only where theirs are (attack_is_due). */
#include "filters/detect/attacks_parts.h"

enum { SHORT_BYTES = 64 };

static const uint32_t SIGNS[256] = {
    ['{'] = SIGN_BRACE, ['}'] = SIGN_BRACE, ['$'] = SIGN_DOLLAR, ['%'] = SIGN_PERCENT, ['<'] = SIGN_LESS, ['>'] = SIGN_MORE,
    ['/'] = SIGN_SLASH, ['\\'] = SIGN_BACKSLASH, ['`'] = SIGN_TICK, ['='] = SIGN_EQUALS, ['\r'] = SIGN_CR, ['\n'] = SIGN_LINE,
    ['@'] = SIGN_AT, ['#'] = SIGN_HASH, ['*'] = SIGN_STAR, ['['] = SIGN_BRACKET, [']'] = SIGN_BRACKET, ['&'] = SIGN_AND,
    [';'] = SIGN_SEMICOLON, ['|'] = SIGN_PIPE, ['('] = SIGN_OPEN, [')'] = SIGN_OPEN, [':'] = SIGN_LOOK, ['-'] = SIGN_LOOK,
    ['_'] = SIGN_LOOK, ['.'] = SIGN_LOOK, ['\''] = SIGN_LOOK, ['"'] = SIGN_LOOK,
    [0xe5] = SIGN_CR, [0xef] = SIGN_WIDE, [0xe2] = SIGN_WIDE, ['+'] = SIGN_PLUS,
    ['a'] = SIGN_WORD, ['A'] = SIGN_WORD, ['o'] = SIGN_WORD, ['O'] = SIGN_WORD, ['x'] = SIGN_WORD, ['X'] = SIGN_WORD,
    ['h'] = SIGN_WORD, ['H'] = SIGN_WORD, ['r'] = SIGN_WORD, ['R'] = SIGN_WORD,
};

/* A rule of the category needs any of the first, or all of the second. */
static const struct {
    uint32_t any, all;
} DUE[ATTACK_CATEGORIES] = {
    [ATTACK_SQL] = { SIGN_WORD, 0 },
    [ATTACK_XSS] = { SIGN_LESS | SIGN_CALL | SIGN_TICK | SIGN_EQUALS | SIGN_SCHEME, 0 },
    [ATTACK_SHELL] = { SIGN_SLASH | SIGN_BACKSLASH | SIGN_DOLLAR | SIGN_MORE | SIGN_LESS | SIGN_PERCENT | SIGN_BRACE |
                      SIGN_OPTION | SIGN_CALL |
                           SIGN_EQUALS,
                       0 },
    [ATTACK_TEMPLATE] = { SIGN_BRACE | SIGN_HASH | SIGN_AT | SIGN_UNDER | SIGN_LESS | SIGN_DOLLAR | SIGN_PIPE, 0 },
    [ATTACK_LDAP] = { SIGN_STAR | SIGN_PAIR, 0 },
    [ATTACK_XPATH] = { SIGN_BRACKET | SIGN_COLONS | SIGN_SLASH, SIGN_OPEN | SIGN_EQUALS },
    [ATTACK_TRAVERSAL] = { SIGN_SLASH | SIGN_BACKSLASH | SIGN_PERCENT | SIGN_SCHEME | SIGN_EQUALS, 0 },
    [ATTACK_NOSQL] = { SIGN_DOLLAR | SIGN_CALL | SIGN_EQUALS | SIGN_BRACKET, SIGN_QUOTE | SIGN_SEMICOLON },
    [ATTACK_CRLF] = { SIGN_PERCENT | SIGN_CR | SIGN_BACKSLASH, SIGN_LINE | SIGN_SLASH },
    [ATTACK_XML] = { SIGN_LESS | SIGN_EQUALS, 0 },
    [ATTACK_CODE] = { SIGN_CALL | SIGN_LESS | SIGN_DOLLAR | SIGN_UNDER | SIGN_BRACE | SIGN_PERCENT | SIGN_AT | SIGN_DOTTED | SIGN_EQUALS,
                      0 },
};

bool attack_is_due(const struct attack_look *l, enum attack_category category)
{
    uint32_t any = DUE[category].any, all = DUE[category].all;
    return l->signs & any || (all && (l->signs & all) == all) || l->is_short;
}

static char byte_at(struct str s, size_t at)
{
    return at < s.len ? s.at[at] : '\0';
}

static bool is_word_at(struct str s, size_t at, struct str word)
{
    char behind = byte_at(s, at + word.len);
    return at < s.len && ascii_lower(s.at[at]) == *word.at && str_starts_nocase(str_from(s, at), word) &&
           !attack_is_letter(behind) && behind != '_';
}

/* Words that join conditions. */
static void look_at_word(struct attack_look *l, size_t at)
{
    static const struct str words[] = { STR_INIT("and"), STR_INIT("or"), STR_INIT("xor"), STR_INIT("having"), STR_INIT("rlike"),
                                        STR_INIT("regexp") };
    struct str s = l->text;
    char first = ascii_lower(s.at[at]), second = ascii_lower(byte_at(s, at + 1));
    if (second != (first == 'a' ? 'n' : first == 'h' ? 'a' : first == 'o' ? 'r' : first == 'x' ? 'o' : second))
        return;
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (is_word_at(s, at, words[i])) {
            attack_sql_logic(l, at, at + words[i].len);
            return;
        }
}

static size_t skip_blanks(struct str s, size_t at, const char *also)
{
    while (at < s.len && (attack_is_space(s.at[at]) || attack_is_any(s.at[at], also)))
        at++;
    return at;
}

static void look_behind_quote(struct attack_look *l, size_t at)
{
    static const struct str words[] = { STR_INIT("like"), STR_INIT("nlike"), STR_INIT("not"), STR_INIT("is"), STR_INIT("in"),
                                        STR_INIT("between"), STR_INIT("div"), STR_INIT("mod"), STR_INIT("sounds"), STR_INIT("collate"),
                                        STR_INIT("declare"), STR_INIT("exec"), STR_INIT("waitfor"), STR_INIT("select") };
    struct str s = l->text;
    at = skip_blanks(s, at + 1, ")");
    char b = byte_at(s, at);
    bool is = attack_is_any(b, "#;+*/^%&|=<>~-");
    for (size_t i = 0; !is && i < ARRAY_LEN(words) && attack_is_letter(b); i++)
        is = is_word_at(s, at, words[i]);
    if (is)
        attack_sql_break(l, at);
}

static void look_behind_parenthesis(struct attack_look *l, size_t at)
{
    struct str s = l->text;
    size_t behind = skip_blanks(s, at + 1, "");
    if (attack_is_any(byte_at(s, behind), "|&(") || (at && s.at[at - 1] == ')'))
        l->signs |= SIGN_PAIR;
    if (at && (attack_is_word(s.at[at - 1]) || attack_is_any(s.at[at - 1], ")]'\"")))
        l->signs |= SIGN_CALL;
    if (byte_at(s, behind) == '/' && byte_at(s, behind + 1) == '*') {
        size_t end = str_find_str(str_first(str_from(s, behind + 2), SHORT_BYTES), STR("*/"));
        behind = skip_blanks(s, behind + 4 + end, "");
    }
    if (is_word_at(s, behind, STR("select")))
        attack_sql_select(l, at, behind + 6);
}

static void look_around(struct attack_look *l, size_t at)
{
    struct str s = l->text;
    char b = s.at[at], before = at ? s.at[at - 1] : ' ', behind = byte_at(s, at + 1);
    switch (b) {
    case ':':
        l->signs |= behind == ':' ? SIGN_COLONS : 0;
        l->signs |= attack_is_word(before) && !attack_is_space(behind) ? SIGN_SCHEME : 0;
        break;
    case '-':
        l->signs |= attack_is_space(before) && attack_is_letter(behind) ? SIGN_OPTION : 0;
        break;
    case '_':
        l->signs |= behind == '_' ? SIGN_UNDER : 0;
        break;
    case '.':
        l->signs |= attack_is_word(before) && attack_is_letter(behind) ? SIGN_DOTTED : 0;
        break;
    default: /* quotes */
        l->signs |= SIGN_QUOTE;
        look_behind_quote(l, at);
    }
}

void attack_signs(struct attack_look *l)
{
    struct str s = l->text;
    size_t tag_end = 0;
    const char *blank = memchr(s.at, ' ', s.len < SHORT_BYTES ? s.len : SHORT_BYTES);
    l->signs = SIGN_WORD; /* SQL is made of words */
    l->is_short = s.len <= SHORT_BYTES || !blank;
    uint32_t counts = ~(uint32_t)0; /* a word begins where no letter is before it */
    for (size_t at = 0; at < s.len; at++) {
        unsigned char b = (unsigned char)s.at[at];
        uint32_t sign = SIGNS[b] & counts;
        bool is_letter = (unsigned char)((b | 0x20) - 'a') < 26 || b == '_';
        counts = ~(uint32_t)SIGN_WORD | ((uint32_t)is_letter - 1);
        if (!sign)
            continue;
        if (sign == SIGN_WORD) {
            look_at_word(l, at);
            continue;
        }
        l->signs |= sign & ~(uint32_t)SIGN_LOOK;
        if (sign == SIGN_LOOK)
            look_around(l, at);
        else if (sign == SIGN_LESS && at >= tag_end)
            tag_end = attack_tag(l, at);
        else if (s.at[at] == '(')
            look_behind_parenthesis(l, at);
        else if (sign == SIGN_PIPE || (sign == SIGN_AND && byte_at(s, at + 1) == '&'))
            if (byte_at(s, at + 1) == s.at[at])
                attack_sql_logic(l, at, at + 2);
        if (sign & (SIGN_SEMICOLON | SIGN_PIPE | SIGN_AND | SIGN_LINE | SIGN_TICK | SIGN_DOLLAR | SIGN_LESS | SIGN_MORE))
            attack_shell_sign(l, at);
    }
}
