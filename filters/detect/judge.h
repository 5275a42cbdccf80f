/* judge.h - what rules and the learned model make of one text: a score, and a verdict by thresholds.
 *
 * A text is scanned in each of its views (proxy/text/views.h), and judged by the stretch of one or two KB that comes to the most: what is
 * harmless does not become an attack by being much. There a rule counts once, however often it is found. Within a
 * category the heaviest rule counts in full and each further one less; the sum over the categories, times the factor of who wrote the text,
 * plus the vote of the model is the score. */
#ifndef DETECT_JUDGE_H
#define DETECT_JUDGE_H

#include "filters/detect/linear.h"
#include "filters/detect/overrides.h"
#include "filters/detect/rule_set.h"
#include "proxy/core/call.h"

enum { JUDGE_SOURCES = TEXT_DEFINITION + 1, JUDGE_JOIN_BYTES = 512 };

/* Named thresholds of the score. */
enum { JUDGE_STRICT = 35, JUDGE_BALANCED = 45, JUDGE_RELAXED = 80 };

struct judge_policy {
    struct rule_set *set;
    unsigned threshold;
    unsigned of_category[RULE_CATEGORIES]; /* a category's own threshold; 0: only the sum counts */
    unsigned factor[JUDGE_SOURCES];        /* in percent: tool results weigh more than what users write */
    const uint8_t *actions;                /* enum override_action of each rule and oddity of the set; NULL: all count */
    struct hs_database *allow;             /* with starts of matches; no word that they cover is part of what a rule finds; NULL: none */
    const struct linear *model;            /* NULL: none */
};

/* The default: no overrides, factors as in the reference, the built-in model. */
void judge_policy_init(struct judge_policy *p, struct rule_set *set, unsigned threshold);

enum judge_verdict { JUDGED_PASS, JUDGED_REPORT, JUDGED_REFUSE };
extern const char *const JUDGE_VERDICTS[];

struct judgement {
    enum judge_verdict verdict;
    bool by_rule;                /* `override` has a rule refuse, and the score does not */
    unsigned score;
    enum rule_category category; /* the heaviest; of the rule */
    unsigned by_category[RULE_CATEGORIES];
    int vote;                    /* of the model, part of the score */
    float odds;                  /* that it told; 0 where it was not asked */
    const struct judge_hit {
        uint16_t rule;           /* of the set: rule_set_id and so on */
        uint8_t view;            /* enum view_kind that it was found in first */
        uint8_t nth;             /* private: which view of the text that was */
        bool is_even;            /* private, with the next: white space was evened in what was scanned */
        uint32_t start, end;
        struct str matched;      /* the end of the match there, at most 48 bytes */
    } *hits;                     /* all that matched but for OVERRIDE_OFF; valid until the next text */
    size_t hits_count;
    unsigned cut;                /* views that were left out at a ceiling */
};

/* A worker's own: scratch space and the views of the text that is looked at. NULL without memory. */
struct judge;
struct judge *judge_new(const struct judge_policy *p) MUST_USE;
void judge_free(struct judge *j); /* NULL is fine */

/* False when the scanner failed or there is no memory: refuse then. */
bool judge_text(struct judge *j, const struct judge_policy *p, struct str text, enum text_source source,
                struct judgement *out) MUST_USE;
/* The bytes of the text that the hit was made of; both 0 for what the text as a whole is like. Before the next judge_text. */
void judge_where(const struct judge *j, const struct judge_hit *hit, size_t *from, size_t *to);

#endif
