/* rules_test.c - what a rule file promises about itself, tried. */
#include "filters/detect/rules_test.h"

#include "filters/detect/judge.h"

struct testing {
    struct judge *judge;
    const struct judge_policy *policy;
    struct problems *problems;
    struct rules_test_counts *counts;
    struct judgement got;
};

static bool judge_one(struct testing *t, struct str text)
{
    t->counts->tests++;
    return judge_text(t->judge, t->policy, text, TEXT_USER, &t->got);
}

static void fail(struct testing *t, const struct rule *r, struct span span, const char *what, struct str text)
{
    t->counts->failures++;
    if (r)
        rule_problem(t->problems, r, span, "%s rule " STR_F, what, STR_A(r->id));
    else
        problem(t->problems, (struct span){ .line = span.line, .column = span.column }, "%s: " STR_F, what, STR_A(str_first(text, 120)));
}

static bool has(const struct judgement *g, size_t rule)
{
    for (size_t i = 0; i < g->hits_count; i++)
        if (g->hits[i].rule == rule)
            return true;
    return false;
}

static bool test_rule(struct testing *t, size_t i)
{
    const struct rule *r = &t->policy->set->rules.at[i];
    for (size_t k = 0; k < r->hits.count; k++) {
        if (!judge_one(t, r->hits.at[k]))
            return false;
        if (!has(&t->got, i))
            fail(t, r, r->hits.spans[k], "no hit of", r->hits.at[k]);
    }
    for (size_t k = 0; k < r->misses.count; k++) {
        if (!judge_one(t, r->misses.at[k]))
            return false;
        if (has(&t->got, i))
            fail(t, r, r->misses.spans[k], "a near miss is hit by", r->misses.at[k]);
    }
    return true;
}

static bool test_whole(struct testing *t, const struct texts *texts, bool stops)
{
    for (size_t k = 0; k < texts->count; k++) {
        if (!judge_one(t, texts->at[k]))
            return false;
        if ((t->got.verdict == JUDGED_REFUSE) != stops)
            fail(t, NULL, texts->spans[k], stops ? "not stopped" : "not let pass", texts->at[k]);
    }
    return true;
}

bool rules_test(struct rule_set *set, struct problems *problems, struct rules_test_counts *counts)
{
    struct judge_policy policy;
    judge_policy_init(&policy, set, JUDGE_BALANCED);
    policy.model = NULL;
    *counts = (struct rules_test_counts){ 0 };
    struct testing t = { .judge = judge_new(&policy), .policy = &policy, .problems = problems, .counts = counts };
    bool ok = t.judge != NULL;
    for (size_t i = 0; ok && i < set->rules.count; i++)
        ok = test_rule(&t, i);
    ok = ok && test_whole(&t, &set->rules.stops, true) && test_whole(&t, &set->rules.passes, false);
    judge_free(t.judge);
    return ok;
}
