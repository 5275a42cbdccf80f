/* attacks_parts.h - what the grammars of attacks share. Private to attacks*.c. */
#ifndef DETECT_ATTACKS_PARTS_H
#define DETECT_ATTACKS_PARTS_H

#include "filters/detect/attacks.h"

enum attack_rule_name {
#define RULE(name, id, category, score, expression, about) RULE_##name,
#include "filters/detect/attacks_rules.def"
    ATTACK_RULES_NUMBER,
};

/* One form of a text: as it is, or decoded. */
struct attack_look {
    struct attack_scratch *scratch;
    struct str text;
    unsigned form;  /* times that it was decoded */
    size_t work;    /* bytes that grammars may still read; beyond, they look no further */
    uint32_t signs; /* bit set of enum attack_sign */
    bool is_short;  /* or without blanks: all rules are looked for */
    size_t tick_end; /* where the last `…` ended */
};

/* Kinds of signs that a text may have. */
enum attack_sign {
    SIGN_BRACE = 1 << 0,
    SIGN_DOLLAR = 1 << 1,
    SIGN_PERCENT = 1 << 2,
    SIGN_LESS = 1 << 3,
    SIGN_MORE = 1 << 4,
    SIGN_SLASH = 1 << 5,
    SIGN_BACKSLASH = 1 << 6,
    SIGN_TICK = 1 << 7,
    SIGN_EQUALS = 1 << 8,
    SIGN_CR = 1 << 9,
    SIGN_LINE = 1 << 10,
    SIGN_AT = 1 << 11,
    SIGN_HASH = 1 << 12,
    SIGN_STAR = 1 << 13,
    SIGN_BRACKET = 1 << 14,
    SIGN_AND = 1 << 15,
    SIGN_SEMICOLON = 1 << 16,
    SIGN_PIPE = 1 << 17,
    SIGN_OPEN = 1 << 18,   /* a parenthesis */
    SIGN_CALL = 1 << 19,   /* one behind a word */
    SIGN_PAIR = 1 << 20,   /* two of them, or one and an operator */
    SIGN_SCHEME = 1 << 21, /* a colon within a word */
    SIGN_COLONS = 1 << 22,
    SIGN_OPTION = 1 << 23, /* -x */
    SIGN_UNDER = 1 << 24,  /* __ */
    SIGN_DOTTED = 1 << 25, /* a dot within a word */
    SIGN_QUOTE = 1 << 26,
    SIGN_LOOK = 1 << 27, /* what is beside it matters */
    SIGN_PLUS = 1 << 29,
    SIGN_WIDE = 1 << 30, /* a byte with which wide forms of ASCII begin */
    SIGN_ENCODED = SIGN_PERCENT | SIGN_AND | SIGN_BACKSLASH | SIGN_PLUS | SIGN_WIDE,
    SIGN_WORD = 1 << 28, /* a letter with which a word of conditions begins */
};

/* Fills `signs`, and asks the grammars wherever one of their signs is. */
void attack_signs(struct attack_look *l);
/* Can a rule of that category be found in a text with these signs? */
bool attack_is_due(const struct attack_look *l, enum attack_category category);

/* The rule was found in text[from, to). */
void attack_note(struct attack_look *l, enum attack_rule_name rule, size_t from, size_t to);

/* Grammars, asked where something of theirs could begin. Words are found by expressions: `to` is behind what matched. */
typedef void attack_anchor_fn(struct attack_look *l, size_t to);
attack_anchor_fn attack_sql_union, attack_sql_statement, attack_sql_order, attack_sql_call, attack_event;
/* A word or sign that joins conditions. */
void attack_sql_logic(struct attack_look *l, size_t from, size_t to);
/* A parenthesis, and behind the `select` in it. */
void attack_sql_select(struct attack_look *l, size_t from, size_t to);
/* What follows a quote. */
void attack_sql_break(struct attack_look *l, size_t at);
/* A value from `from` to the end of the text. */
void attack_sql_whole(struct attack_look *l, size_t from);
/* A tag; answers where to look for the next one. */
size_t attack_tag(struct attack_look *l, size_t at);
/* A separator, $, < or >, or a backtick; a line from `from` to the end of the text. */
void attack_shell_sign(struct attack_look *l, size_t at);
void attack_shell_line(struct attack_look *l, size_t from);

/* Undoes one level of percent, entity, \u and \x encoding and of wide letters, each where it is one; `out` is cleared first. False
 * without memory; out is empty when there was nothing to undo. */
bool attack_decode(struct str text, struct buf *out) MUST_USE;
/* One entity (from its &): its character, and where it ends; 0: none. */
uint32_t attack_entity(struct str text, size_t at, size_t *end);

/* Sorted tables of lower-case words. */
struct attack_word {
    const char *word;
    uint8_t kind;
};
/* The word's kind, without case; 0: it is not there. */
uint8_t attack_word_kind(const struct attack_word *words, size_t n, struct str word);

static inline bool attack_is_letter(char c)
{
    c = ascii_lower(c);
    return c >= 'a' && c <= 'z';
}
static inline bool attack_is_word(char c)
{
    return attack_is_letter(c) || ascii_is_digit(c) || c == '_';
}
static inline bool attack_is_any(char c, const char *signs)
{
    return c && strchr(signs, c);
}
static inline bool attack_is_space(char c)
{
    return (unsigned char)c <= ' ';
}

#endif
