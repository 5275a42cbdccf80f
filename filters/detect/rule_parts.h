/* rule_parts.h - private to rule_pattern.c and its neighbours: a pattern while it is taken apart. */
#ifndef DETECT_RULE_PARTS_H
#define DETECT_RULE_PARTS_H

#include "filters/detect/rule_pattern.h"
#include "proxy/base/buf.h"

enum { RULE_DEPTH_MAX = 6, RULE_SPELLED_MAX = 256 };

struct rule_writing {
    struct arena *arena;
    const struct rule_lists *lists;
    struct buf out;
    unsigned deep; /* in groups and lists that are spelled out */
    uint8_t lines; /* whether what is spelled out begins or ends lines */
    char *why;
};

/* Both answer false: what went wrong is in w->why. */
bool rule_fail(struct rule_writing *w, const char *why);
const struct rule_list *rule_list_named(struct rule_writing *w, struct str name);
/* The name in braces that `p` begins with; empty without. */
struct str rule_list_name(struct str p);

/* rule_expression.c: into w->out. */
bool rule_add(struct rule_writing *w, struct str s);
bool rule_add_code(struct rule_writing *w, uint32_t code);
bool rule_write_expression(struct rule_writing *w, struct str p, unsigned depth);
/* The text as views have it: NFKC, small letters. at == NULL where it is not UTF-8, and without memory. */
struct str rule_plain(struct rule_writing *w, struct str s);
/* The letter that `code` is with its marks taken off; `code` itself where it has none, and for Hangul, which is made of parts
 * that are no marks. */
uint32_t rule_bare(uint32_t code);
uint32_t rule_code_at(struct str s);

/* rule_spell.c: all that the expression stands for, when it is made of letters, signs, spaces, groups, small classes and question
 * marks, and they are few. */
struct rule_spelled {
    struct str at[RULE_SPELLED_MAX];
    size_t count;
};
bool rule_spell(struct rule_writing *w, struct str s, struct rule_spelled *out);
/* Letters, digits, hyphens and apostrophes, nothing that means something in an expression. */
bool rule_is_word_byte(char c);
/* Bytes that the alternative, group, class or escape that `p` begins with takes. */
size_t rule_step_over(struct str p);

#endif
