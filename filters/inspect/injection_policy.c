/* injection_policy.c - what the operator wrote about injections, checked and made ready. */
#include "filters/inspect/injection.h"

#include <hs.h>

const char *const INJECTION_ACTIONS[] = { "refuse", "report", NULL };
static const char *const OVERRIDES[] = { "count", "off", "report", "refuse", NULL }; /* enum judge_action */

const struct setting INJECTION_SETTINGS[] = {
    SETTING(struct injection_policy, action, SET_WORD, .words = INJECTION_ACTIONS, .dflt = "refuse",
            .about = "refuse the request, or let it pass and tell the journal"),
    SETTING(struct injection_policy, threshold, SET_TEXT, .dflt = "balanced",
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
            .about = "a file with more rules; one with the id of a built-in rule takes its place"),
    SETTING(struct injection_policy, builtin, SET_BOOL, .dflt = "true", .about = "whether the built-in rules are used"),
    SETTING(struct injection_policy, model, SET_BOOL, .dflt = "true",
            .about = "whether the small learned model has a vote beside the rules"),
    SETTING(struct injection_policy, of, SET_WORDS, .words = TEXT_SOURCES, .dflt = "[user, assistant, tool, definition]",
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

static int word_index(const char *const *words, struct str s)
{
    for (int i = 0; words[i]; i++)
        if (str_eq(str_c(words[i]), s))
            return i;
    return -1;
}

static size_t words_count(const char *const *words)
{
    size_t n = 0;
    while (words[n])
        n++;
    return n;
}

static bool read_thresholds(struct injection_policy *p, struct problems *problems)
{
    bool ok = read_threshold(p->threshold, &p->judging.threshold);
    if (!ok)
        problem(problems, (struct span){ 0 }, "\"injection\": threshold is strict, balanced, relaxed or a number from 1 to 1000");
    for (size_t i = 0; i < p->thresholds.count; i++) {
        const struct text_pair *t = &p->thresholds.at[i];
        int category = word_index(RULE_CATEGORIES_WORDS, t->key.text);
        if (category < 0) {
            problem(problems, t->key.span, "there is no category \"" STR_F "\"", STR_A(t->key.text));
            problem_hint_near(problems, t->key.text, RULE_CATEGORIES_WORDS, words_count(RULE_CATEGORIES_WORDS));
            ok = false;
        } else if (!read_threshold(t->value, &p->judging.of_category[category])) {
            problem(problems, t->key.span, "a category's threshold is strict, balanced, relaxed or a number from 1 to 1000");
            ok = false;
        }
    }
    return ok;
}

/* Categories first, so that a rule's own word stands. */
static bool read_overrides(struct injection_policy *p, struct arena *a, struct problems *problems)
{
    uint8_t *actions = p->rules_for.count ? arena_array(a, uint8_t, p->set->count) : NULL;
    bool ok = actions || !p->rules_for.count;
    for (int pass = 0; ok && pass < 2; pass++) {
        for (size_t i = 0; i < p->rules_for.count; i++) {
            const struct text_pair *t = &p->rules_for.at[i];
            int category = word_index(RULE_CATEGORIES_WORDS, t->key.text), action = word_index(OVERRIDES, t->value);
            size_t rule = rule_set_find(p->set, t->key.text);
            if (action < 0 || (category < 0 && rule == p->set->count)) {
                problem(problems, t->key.span,
                        action < 0 ? "\"" STR_F "\" must be count, off, report or refuse" : "there is no rule or category \"" STR_F "\"",
                        STR_A(t->key.text));
                if (action >= 0)
                    problem_hint_near(problems, t->key.text, RULE_CATEGORIES_WORDS, words_count(RULE_CATEGORIES_WORDS));
                return false;
            }
            for (size_t r = 0; category >= 0 && !pass && r < p->set->count; r++)
                if (rule_set_category(p->set, r) == (enum rule_category)category)
                    actions[r] = (uint8_t)action;
            if (category < 0 && pass)
                actions[rule] = (uint8_t)action;
        }
    }
    p->judging.actions = actions;
    return ok;
}

static bool compile_allowed(struct injection_policy *p, struct arena *a, struct problems *problems)
{
    if (!p->allow.count)
        return true;
    const char **expressions = arena_array(a, const char *, p->allow.count);
    unsigned *flags = arena_array(a, unsigned, p->allow.count);
    hs_compile_error_t *error = NULL;
    for (size_t i = 0; expressions && flags && i < p->allow.count; i++) {
        expressions[i] = arena_cstr(a, p->allow.at[i]);
        flags[i] = HS_FLAG_CASELESS | HS_FLAG_SOM_LEFTMOST;
    }
    bool ok = expressions && flags &&
              hs_compile_multi(expressions, flags, NULL, (unsigned)p->allow.count, HS_MODE_BLOCK, NULL, &p->allowed,
                               &error) == HS_SUCCESS;
    if (!ok)
        problem(problems, p->allow.spans[error && error->expression >= 0 ? error->expression : 0], "allow: %s",
                error ? error->message : "no memory");
    hs_free_compile_error(error);
    p->judging.allow = p->allowed;
    return ok;
}

bool injection_check(void *policy, struct setup *setup, struct problems *problems)
{
    struct injection_policy *p = policy;
    if (p->rules.at)
        setup_watch(setup, p->rules);
    if (!(p->set = rule_set_new(p->rules, p->builtin, problems)))
        return false;
    judge_policy_init(&p->judging, p->set, JUDGE_BALANCED);
    if (!p->model)
        p->judging.model = NULL;
    bool ok = read_thresholds(p, problems);
    ok = read_overrides(p, &setup->arena, problems) && ok;
    return compile_allowed(p, &setup->arena, problems) && ok;
}

void injection_finish(void *policy)
{
    struct injection_policy *p = policy;
    hs_free_database(p->allowed);
    rule_set_unref(p->set);
    p->allowed = NULL;
    p->set = NULL;
}
