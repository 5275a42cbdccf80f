/* rule_set.c - rules, and what a text can have about it whatever it says. */
#include "filters/detect/rule_set.h"

#include "filters/detect/rule_making.h"
#include "proxy/text/views.h"

#include <hs.h>
#include <stdlib.h>

enum { SET_BYTES_MAX = 64 * 1024 * 1024 };

/* By the bits of enum view_oddity. */
static const struct {
    const char *id;
    unsigned score;
} ODDITIES[RULE_ODDITIES] = {
    { "odd-tags", 60 },       { "odd-selectors", 60 }, { "odd-invisible", 20 }, { "odd-bidi", 20 },
    { "odd-confusable", 15 }, { "odd-marks", 15 },     { "odd-encoded", 10 },
};

struct str rule_set_id(const struct rule_set *set, size_t i)
{
    return i < set->rules.count ? set->rules.at[i].id : str_c(ODDITIES[i - set->rules.count].id);
}

enum rule_category rule_set_category(const struct rule_set *set, size_t i)
{
    return i < set->rules.count ? set->rules.at[i].category : RULE_OBFUSCATION;
}

unsigned rule_set_score(const struct rule_set *set, size_t i)
{
    return i < set->rules.count ? set->rules.at[i].score : ODDITIES[i - set->rules.count].score;
}

size_t rule_set_find(const struct rule_set *set, struct str id)
{
    for (size_t i = 0; i < set->count; i++)
        if (str_eq(rule_set_id(set, i), id))
            return i;
    return set->count;
}

/* The heaviest first, by counting: scores are small. */
static bool rank(struct rule_set *set)
{
    size_t n = 0;
    set->count = set->rules.count + RULE_ODDITIES;
    set->ranked = arena_array(&set->arena, uint16_t, set->count);
    set->ranks = arena_array(&set->arena, uint16_t, set->count);
    for (unsigned score = RULE_SCORE_MAX + 1; set->ranked && set->ranks && score-- > 0;) {
        for (size_t i = 0; i < set->count; i++) {
            if (rule_set_score(set, i) != score)
                continue;
            set->ranks[i] = (uint16_t)n;
            set->ranked[n++] = (uint16_t)i;
        }
    }
    return n == set->count;
}

static bool make_ready(struct rule_set *set, struct problems *problems)
{
    struct rule_making m = { .set = set };
    bool ok = rule_layout(&m);
    if (!ok)
        problem(problems, (struct span){ 0 }, "there is not one rule, or there are too many");
    ok = ok && rule_compile(&m, problems) && rank(set);
    free(m.slots);
    free(m.part_slots);
    free(m.links);
    free(m.first_links);
    free(m.owners);
    return ok;
}

static struct rule_set *make(struct str path, bool builtin, struct problems *problems)
{
    struct rule_set *set = calloc(1, sizeof *set);
    if (!set) {
        problem(problems, (struct span){ 0 }, "no memory for rules");
        return NULL;
    }
    set->refs = 1;
    rules_init(&set->rules);
    arena_init(&set->arena, SET_BYTES_MAX);
    bool ok = !builtin || rules_read_builtin(&set->rules, problems);
    ok = (!path.at || rules_read_path(&set->rules, path, problems)) && ok;
    ok = ok && make_ready(set, problems);
    if (ok)
        return set;
    rule_set_unref(set);
    return NULL;
}

static struct rule_set *shared; /* the built-in set, while anyone has it; made and freed by the one thread that reads setups */

struct rule_set *rule_set_new(struct str path, bool builtin, struct problems *problems)
{
    if (path.at || !builtin)
        return make(path, builtin, problems);
    if (shared)
        shared->refs++;
    else
        shared = make(path, builtin, problems);
    return shared;
}

void rule_set_unref(struct rule_set *set)
{
    if (!set || --set->refs)
        return;
    if (set == shared)
        shared = NULL;
    for (enum set_database where = 0; where < SET_DATABASES; where++)
        hs_free_database(set->databases[where]);
    arena_finish(&set->arena);
    rules_finish(&set->rules);
    free(set);
}
