/* attacks_parts.h - what the grammars of attacks share. Private to attacks*.c. */
#ifndef DETECT_ATTACKS_PARTS_H
#define DETECT_ATTACKS_PARTS_H

#include "filters/detect/attacks.h"
#include "proxy/base/ascii.h"

enum attack_rule_name {
#define RULE(name, id, category, score, expression, about) RULE_##name,
#include "filters/detect/attacks_rules.def"
    ATTACK_RULES_NUMBER,
};

/* A set of three bytes in a row, of each the lower five bits, so that case does not matter. */
struct attack_triples {
    uint64_t bits[(1 << 15) / 64];
};
static inline unsigned attack_triple_of(uint32_t bytes) /* the first is the lowest */
{
    return (bytes & 0x1f) | (bytes >> 3 & 0x3e0) | (bytes >> 6 & 0x7c00);
}
static inline unsigned attack_triple(const char *p)
{
    return attack_triple_of((unsigned char)p[0] | (uint32_t)(unsigned char)p[1] << 8 | (uint32_t)(unsigned char)p[2] << 16);
}
static inline bool attack_has_triple(const struct attack_triples *t, unsigned triple)
{
    return t->bits[triple / 64] >> (triple % 64) & 1;
}
/* The first three bytes of a word; one of two is added with whatever follows it. */
void attack_add_word(struct attack_triples *t, const char *word);

/* All rules, compiled. */
struct pattern_set;
struct attack_set {
    unsigned refs;
    struct attack_expressions *expressions; /* owned */
    struct attack_beginnings {
        struct attack_triples words, signs; /* with which what anybody asks for begins: a word, a sign */
    } anywhere, inside;                     /* of something that is evaluated, or could be */
    struct attack_triples joins;        /* of the words, those that join conditions */
    struct attack_triples values;       /* words of SQL that can begin a value, and are no names */
};
bool attack_expressions_make(struct attack_set *set, struct problems *problems) MUST_USE;
void attack_expressions_free(struct attack_set *set);
void attack_sql_words(struct attack_set *set);

/* A worker's automaton of all expressions. */
struct attack_matcher;
struct attack_matcher *attack_matcher_new(const struct attack_set *set) MUST_USE;
void attack_matcher_free(struct attack_matcher *m); /* NULL is fine */
/* Before each text. `anew`: nothing is remembered of those that were read before. False without memory. */
bool attack_matcher_begin(struct attack_matcher *m, bool anew) MUST_USE;
/* The text came to more states than there was room for beside those of others: it is to be read anew. */
bool attack_matcher_is_full(const struct attack_matcher *m);

/* One form of a text: as it is, or decoded. */
struct attack_look {
    const struct attack_set *set;
    struct attack_scratch *scratch;
    struct attack_matcher *matcher;
    struct str text;
    unsigned form;   /* times that it was decoded */
    size_t work;     /* bytes that grammars may still read, all forms together; beyond, nobody looks any further */
    size_t steps;    /* the same, of the automaton */
    bool encoded;    /* there is what could be an encoding */
    bool failed;     /* no memory */
    size_t inside;   /* what could be evaluated ends before */
    size_t tick_end; /* where the last `…` ended */
    size_t tag_end;  /* and the last tag */
    size_t tag_from; /* where the first < or line feed can be, one more; 0: it was not looked for */
    struct {
        size_t from, to; /* counted in */
        bool odd;
    } quotes[2]; /* ' and " */
};

enum { ATTACK_TOLL = 8 /* for a question, whatever is read to answer it */ };
static inline void attack_pay(struct attack_look *l, size_t bytes)
{
    l->work -= l->work > bytes ? bytes : l->work;
}
static inline bool attack_is_spent(const struct attack_look *l)
{
    return !l->work || !l->steps;
}

/* One pass over the text: asks expressions and grammars wherever one of theirs could begin. */
void attack_scan(struct attack_look *l);
/* Looks for the expressions that begin at `at`. */
void attack_match(struct attack_look *l, size_t at);

/* Where a match must stand for its rule: the word behind ALSO in attacks_rules.def. */
enum attack_place {
    ATTACK_AT_ANYWHERE, ATTACK_AT_FIRST, ATTACK_AT_LAST, ATTACK_AT_WHOLE, ATTACK_AT_FREE, ATTACK_AT_VALUE, ATTACK_AT_MEMBER,
    ATTACK_AT_UNTAGGED, ATTACK_AT_INSIDE, ATTACK_AT_BRACES, ATTACK_AT_DOLLAR, ATTACK_AT_PERCENT,
};
bool attack_stands(struct attack_look *l, size_t from, size_t to, enum attack_place place);

/* The rule was found in text[from, to). */
void attack_note(struct attack_look *l, enum attack_rule_name rule, size_t from, size_t to);

/* Grammars, asked where something of theirs could begin. Words are found by expressions: `to` is behind what matched. */
typedef void attack_anchor_fn(struct attack_look *l, size_t to);
attack_anchor_fn attack_sql_union, attack_sql_statement, attack_sql_order, attack_sql_call, attack_sql_errors, attack_event, attack_template_lookup;
/* A word or sign that joins conditions. */
void attack_sql_logic(struct attack_look *l, size_t from, size_t to);
/* A parenthesis, and behind the `select` in it. */
void attack_sql_select(struct attack_look *l, size_t from, size_t to);
/* What follows a quote. */
void attack_sql_break(struct attack_look *l, size_t at);
/* A value from `from` to the end of `s`, which begins as the text does. */
void attack_sql_whole(struct attack_look *l, struct str s, size_t from);
/* A tag; answers where to look for the next one. */
size_t attack_tag(struct attack_look *l, size_t at);
/* A separator; $, < or >; a backtick; a line from `from` to the end of `s`, which begins as the text does. */
void attack_shell_separator(struct attack_look *l, size_t at);
void attack_shell_substitution(struct attack_look *l, size_t at);
void attack_shell_tick(struct attack_look *l, size_t at);
void attack_shell_line(struct attack_look *l, struct str s, size_t from);

/* Undoes one level of percent, entity, \u and \x encoding and of wide letters, each where it is one; `out` is cleared first. False
 * without memory; out is empty when there was nothing to undo. */
bool attack_decode(struct str text, struct buf *out) MUST_USE;
/* Where an empty comment within a word ends; `at`: there is none. */
size_t attack_comment_end(struct str text, size_t at);
/* One entity (from its &): its character, and where it ends; 0: none. */
uint32_t attack_entity(struct str text, size_t at, size_t *end);

/* Sorted tables of lower-case words. */
struct attack_word {
    const char *word;
    uint8_t kind;
};
/* The word's kind, without case; 0: it is not there. */
uint8_t attack_word_kind(const struct attack_word *words, size_t n, struct str word);

static inline bool attack_is_any(char c, const char *signs)
{
    return c && strchr(signs, c);
}
static inline bool attack_is_space(char c)
{
    return (unsigned char)c <= ' ';
}

#endif
