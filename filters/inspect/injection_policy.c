/* injection_policy.c - what the operator wrote about injections, checked and made ready. */
#include "filters/inspect/injection.h"

#include <hs.h>

#include "filters/detect/overrides.h"
#include "filters/detect/rules_test.h"

const char *const INJECTION_ACTIONS[] = { "refuse", "report", NULL };

const struct setting INJECTION_SETTINGS[] = {
    SETTING(struct injection_policy, action, SET_WORD, .words = INJECTION_ACTIONS, .dflt = "refuse",
            .about = "refuse the request, or let it pass and tell the journal, whatever `override` says"),
    SETTING(struct injection_policy, threshold, SET_NAME, .dflt = "balanced",
            .about = "the score that refuses: strict (35), balanced (45), relaxed (80), or a number from 1 to 1000"),
    SETTING(struct injection_policy, thresholds, SET_TEXT_MAP, .example = "{ extraction: 40 }",
            .about = "a category's own score that refuses, beside that of the sum; the categories are override, jailbreak, "
                     "spoofing, extraction, exfiltration, indirect and obfuscation"),
    SETTING_AS("override", struct injection_policy, rules_for, SET_TEXT_MAP,
               .example = "{ spoof-control-tokens: refuse, jailbreak: report, obfuscate-answer: off }",
               .about = "what single rules or whole categories do: count (towards the score), off, report (told, but not "
                        "counted) or refuse (by themselves); a rule's word goes before its category's"),
    SETTING(struct injection_policy, allow, SET_TEXTS, .example = "[ \"ignore previous versions\" ]",
            .about = "regular expressions, without case; what they cover cannot be part of what a rule finds"),
    SETTING(struct injection_policy, rules, SET_FILE, .example = "rules.yaml",
            .about = "a file with more rules; one with the id of a built-in rule takes its place. Its own tests are tried whenever it is read"),
    SETTING(struct injection_policy, builtin, SET_BOOL, .dflt = "true", .about = "whether the built-in rules are used"),
    SETTING(struct injection_policy, model, SET_BOOL, .dflt = "true",
            .about = "whether the small learned model has a vote beside the rules"),
    SETTING(struct injection_policy, of, SET_WORDS, .min = 1, .words = TEXT_SOURCES, .dflt = "[user, assistant, tool, definition]",
            .about = "whose texts are judged; those of others are trusted, as the application's own system prompt is unless it is "
                     "named here"),
    SETTING(struct injection_policy, insecure_tokens, SET_BOOL, .dflt = "false",
            .about = "let input pass that comes as token numbers, which cannot be read here"),
    SETTINGS_END,
};

static bool read_threshold(struct str s, unsigned *out)
{
    static const struct {
        const char *word;
        unsigned score;
    } LEVELS[] = { { "strict", JUDGE_STRICT }, { "balanced", JUDGE_BALANCED }, { "relaxed", JUDGE_RELAXED } };
    uint64_t n;
    for (size_t i = 0; i < ARRAY_LEN(LEVELS); i++) {
        if (str_eq(s, str_c(LEVELS[i].word))) {
            *out = LEVELS[i].score;
            return true;
        }
    }
    if (!str_to_u64(s, &n) || !n || n > 1000)
        return false;
    *out = (unsigned)n;
    return true;
}

static size_t find(const void *set, struct str id)
{
    return rule_set_find(set, id);
}

static struct str id(const void *set, size_t rule)
{
    return rule_set_id(set, rule);
}

static int category(const void *set, size_t rule)
{
    return (int)rule_set_category(set, rule);
}

static bool read_thresholds(struct injection_policy *p, const struct overridable *of, struct problems *problems)
{
    bool ok = read_threshold(p->threshold.text, &p->judging.threshold);
    if (!ok)
        problem(problems, p->threshold.span, "threshold is strict, balanced, relaxed or a number from 1 to 1000");
    for (size_t i = 0; i < p->thresholds.count; i++) {
        const struct text_pair *t = &p->thresholds.at[i];
        int found = override_category(of, &t->key, problems);
        if (found < 0) {
            ok = false;
        } else if (!read_threshold(t->value, &p->judging.of_category[found])) {
            problem(problems, t->key.span, "a category's threshold is strict, balanced, relaxed or a number from 1 to 1000");
            ok = false;
        }
    }
    return ok;
}

/* Those in the file by themselves, as `bartizan rules test` has it. */
static bool keeps_its_tests(struct str path, struct problems *problems)
{
    struct problems own, loaded;
    struct rules_test_counts counts = { 0 };
    problems_init(&loaded, path, STR_NONE);
    struct rule_set *set = rule_set_new(path, false, &loaded);
    problems_finish(&loaded); /* told when all rules were read */
    if (!set)
        return true;
    problems_init(&own, path, set->rules.at[0].text);
    bool ok = rules_test(set, &own, &counts);
    problems_take(problems, &own);
    if (!ok)
        problem(problems, (struct span){ 0 }, "\"injection\": rules: no memory to try their tests");
    problems_finish(&own);
    rule_set_unref(set);
    return ok && !counts.failures;
}

bool injection_check(void *policy, struct setup *setup, struct problems *problems)
{
    struct injection_policy *p = policy;
    if (p->rules.at)
        setup_watch(setup, p->rules);
    if (!p->rules.at && !p->builtin) {
        problem(problems, (struct span){ 0 }, "\"injection\": builtin: false leaves no rule");
        problem_hint(problems, "name a file of yours, \"rules: rules.yaml\", or take it out");
        return false;
    }
    if (!(p->set = rule_set_new(p->rules, p->builtin, problems)))
        return false;
    judge_policy_init(&p->judging, p->set, JUDGE_BALANCED);
    if (!p->model)
        p->judging.model = NULL;
    struct overridable of = { RULE_CATEGORIES_WORDS, RULE_CATEGORIES, p->set->count, p->set, find, id, category };
    bool ok = !p->rules.at || keeps_its_tests(p->rules, problems);
    ok = read_thresholds(p, &of, problems) && ok;
    ok = overrides_read(&of, &p->rules_for, &setup->arena, problems, &p->judging.actions) && ok;
    ok = allow_read(&p->allow, false, &setup->arena, problems, &p->allowed) && ok;
    p->judging.allow = p->allowed;
    return ok;
}

void injection_finish(void *policy)
{
    struct injection_policy *p = policy;
    hs_free_database(p->allowed);
    rule_set_unref(p->set);
    p->allowed = NULL;
    p->set = NULL;
}
