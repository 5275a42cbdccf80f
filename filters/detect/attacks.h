/* attacks.h - payloads against what stands behind a model: SQL, script, shell, template, path and other injections in a value that
 * flows into another system.
 *
 * A text is looked at as it is, and as what is left when percent, entity and \u encodings are undone, up to three times. One pass finds
 * the places where something could begin, of which an ordinary text has few: by the first three bytes of a word, or by a sign. There one
 * automaton finds what is certain by itself, and a grammar decides the rest: what stands before and behind an `or`, what a tag's
 * attributes are, what a separator is followed by. A place costs a bounded number of bytes, all of them together a number in proportion
 * to the text; what would cost more is refused. Nothing is compiled ahead but the expressions' nodes: a worker makes the states that
 * texts lead to.
 *
 * Each rule has a score. Within a category the heaviest found counts in full and each further one half; the highest category
 * is the text's score. 60 is certain enough to refuse. */
#ifndef DETECT_ATTACKS_H
#define DETECT_ATTACKS_H

#include "filters/detect/overrides.h"
#include "proxy/base/buf.h"

enum attack_category {
    ATTACK_SQL,
    ATTACK_XSS,
    ATTACK_SHELL,
    ATTACK_TEMPLATE,
    ATTACK_LDAP,
    ATTACK_XPATH,
    ATTACK_TRAVERSAL,
    ATTACK_NOSQL,
    ATTACK_CRLF,
    ATTACK_XML,
    ATTACK_CODE,
    ATTACK_CATEGORIES,
};
extern const char *const ATTACK_CATEGORIES_WORDS[ATTACK_CATEGORIES + 1]; /* ends with NULL */

enum { ATTACK_HITS_MAX = 16, ATTACK_MATCHED_MAX = 48, ATTACK_SCORE_MAX = 200, ATTACK_THRESHOLD = 60 };

struct attack_rule {
    const char *id; /* in journals and overrides */
    enum attack_category category;
    unsigned score;
    const char *expression; /* NULL: a grammar finds it */
    const char *about;
};
extern const struct attack_rule ATTACK_RULES[];
extern const size_t ATTACK_RULES_COUNT;
size_t attack_rule_find(struct str id); /* ATTACK_RULES_COUNT: there is none */

/* All rules, compiled; shared by all that judge. Counted: one for each policy that took it. */
struct attack_set;
struct attack_set *attack_set_ref(struct problems *problems) MUST_USE;
void attack_set_unref(struct attack_set *set); /* NULL is fine */

/* What the operator makes of rules and categories. */
struct attack_policy {
    uint64_t categories; /* bit set */
    unsigned threshold;
    const uint8_t *actions; /* enum override_action of each rule; NULL: all count */
};

enum attack_verdict { ATTACKS_NONE, ATTACKS_REPORT, ATTACKS_REFUSE };

struct attacks_found {
    enum attack_verdict verdict; /* NONE: nothing, or nothing that is worth telling */
    unsigned score;
    enum attack_category category; /* the heaviest */
    size_t count;
    struct attack_hit {
        uint16_t rule;
        uint8_t matched_len;
        uint32_t start, end; /* of the text; both 0 where it had to be decoded */
        char matched[ATTACK_MATCHED_MAX]; /* as it was read, for its hash */
    } hits[ATTACK_HITS_MAX];
};

/* A worker's own. NULL without memory. */
struct attack_scratch;
struct attack_scratch *attack_scratch_new(const struct attack_set *set) MUST_USE;
void attack_scratch_free(struct attack_scratch *s); /* NULL is fine */

/* False when the scanner failed or there is no memory: refuse then. */
bool attacks_judge(const struct attack_set *set, struct attack_scratch *s, const struct attack_policy *p, struct str text,
                   struct attacks_found *out) MUST_USE;

#endif
