/* attacks_policy.h - the settings that `attacks` has in the request and in the answer. */
#ifndef DETECT_ATTACKS_POLICY_H
#define DETECT_ATTACKS_POLICY_H

#include "filters/detect/attacks.h"

struct hs_database;
struct setup;

struct attacks_settings {
    int action; /* enum attacks_refusal */
    uint64_t categories, threshold;
    struct text_map overrides;
    struct texts allow;
    /* made by attacks_settings_check */
    struct attack_set *set;      /* counted */
    struct hs_database *allowed; /* owned; NULL: none */
    struct attack_policy policy;
};
enum attacks_refusal { ATTACKS_DO_REFUSE, ATTACKS_DO_REPORT };
extern const char *const ATTACKS_ACTIONS[];

#define ATTACKS_SETTINGS(type, s, what)                                                                                              \
    SETTING_AS("action", type, s.action, SET_WORD, .words = ATTACKS_ACTIONS, .dflt = "refuse",                                       \
               .about = "refuse the " what ", or let it pass and tell the journal, whatever `override` says"),                            \
        SETTING_AS("categories", type, s.categories, SET_WORDS, .words = ATTACK_CATEGORIES_WORDS,                                    \
                   .dflt = "[sql, xss, shell, template, ldap, xpath, traversal, nosql, crlf, xml, code]",                            \
                   .about = "what is looked for: what the systems behind this could be made to run or read"),                        \
        SETTING_AS("threshold", type, s.threshold, SET_UINT, .dflt = "60", .min = 1, .max = ATTACK_SCORE_MAX,                        \
                   .about = "the score of a category that refuses; what is sure by itself has 60 and more"),                         \
        SETTING_AS("override", type, s.overrides, SET_TEXT_MAP, .example = "{ sql-query: off, xpath: report, xss-active-tag: refuse }", \
                   .about = "what single rules or whole categories do: count (towards the score), off, report (told, but not "       \
                            "counted) or refuse (by themselves); a rule's word goes before its category's"),                         \
        SETTING_AS("allow", type, s.allow, SET_TEXTS, .max = 100, .example = "[ \"[a-z]+ OR [a-z]+\" ]",                             \
                   .about = "regular expressions, without case; a text that one describes from end to end is not judged")

bool attacks_settings_check(struct attacks_settings *s, struct setup *setup, struct problems *problems);
void attacks_settings_finish(struct attacks_settings *s);

/* A worker's own. NULL without memory. */
struct attacks_worker;
struct attacks_worker *attacks_worker_new(const struct attacks_settings *s) MUST_USE;
void attacks_worker_free(struct attacks_worker *w); /* NULL is fine */

/* False when it could not be judged: refuse then. */
bool attacks_worker_judge(struct attacks_worker *w, const struct attacks_settings *s, struct str text, struct attacks_found *out) MUST_USE;

#endif
