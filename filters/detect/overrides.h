/* overrides.h - what an operator makes of rules that find something: `override` and `allow` of a filter's settings. */
#ifndef DETECT_OVERRIDES_H
#define DETECT_OVERRIDES_H

#include "config/setting.h"

struct hs_database;

/* What a rule does; overrides are kept as bytes of these. */
enum override_action {
    OVERRIDE_COUNT,  /* it counts towards the score */
    OVERRIDE_OFF,    /* it is not there */
    OVERRIDE_REPORT, /* it is told, and does not count */
    OVERRIDE_REFUSE, /* it refuses by itself */
};

/* The rules that may be overridden: each has an id, and is of a category. */
struct overridable {
    const char *const *categories;
    size_t categories_count, rules_count;
    const void *rules;
    size_t (*find)(const void *rules, struct str id);    /* rules_count: there is none */
    struct str (*id)(const void *rules, size_t rule);
    int (*category)(const void *rules, size_t rule); /* -1: only its own word changes what it does */
};

/* Which category it is; -1, and a complaint, when there is none. */
int override_category(const struct overridable *of, const struct name *word, struct problems *problems);
/* What each rule does (enum override_action), in the arena; NULL when nothing is overridden. False, and a complaint for each,
 * when words are neither rule nor category, or not one of those four. */
bool overrides_read(const struct overridable *of, const struct text_map *words, struct arena *a, struct problems *problems,
                    const uint8_t **actions) MUST_USE;
/* Regular expressions, without case, as one database that is owned then; NULL when there are none. `whole`: each must
 * describe a text from end to end, for hs_scan; else where matches begin is told, for hs_scan_stream. False, and a complaint, when one is wrong, or
 * would switch everything off. */
bool allow_read(const struct texts *expressions, bool whole, struct arena *a, struct problems *problems, struct hs_database **out) MUST_USE;
/* Values that are let through (sensitive_is_excepted): false, and a complaint, for one that fits none. */
bool excepted_check(const struct texts *except, struct problems *problems) MUST_USE;

#endif
