/* callout_verdict.c - what a job's end means for the exchange, in both seats. */
#include "filters/detect/callout.h"

#include "filters/inspect/prompt.h"
#include "proxy/base/metric.h"

static void tell(struct exchange *x, const struct callout_policy *p, const struct callout_job *job, place_fn *place_of)
{
    for (size_t i = 0; i < job->found_count; i++) {
        const struct callout_verdict *v = &job->found[i].verdict;
        bool refuses = v->what == CALLOUT_REFUSE && p->action == ACTION_CALLOUT_REFUSE;
        struct finding f = { .rule = str_c(v->rule),
                             .category = str_c(v->category),
                             .action = refuses ? STR("refuse") : STR("report"),
                             .matched = job->found[i].text };
        place_of(x, job->found[i].of, &f);
        exchange_find(x, &f);
        x->score = v->score > x->score ? v->score : x->score;
    }
}

enum verdict callout_missing(struct exchange *x, const struct callout_policy *p, enum reason why, const char *trouble)
{
    bool passes = p->on_down == DOWN_CALLOUT_ALLOW, is_down = why == WHY_CALLOUT_DOWN; /* else there is too much text: no outage */
    struct str rule = is_down ? STR("callout:down") : STR("callout:too-much");
    COUNT(METRIC_CALLOUTS, x->route->metric, passes ? CALLOUT_UNJUDGED : is_down ? CALLOUT_DOWN_REFUSED : CALLOUT_TOO_MUCH);
    exchange_report(x, rule, STR("callout"), STR("request"), passes ? STR("allow") : STR("refuse"), STR(""));
    if (passes)
        return NEXT;
    x->rule = rule;
    return exchange_refuse(x, why, "%s", trouble);
}

enum verdict callout_refuse(struct exchange *x, enum reason why, const char *category, const char *rule)
{
    x->param = why == WHY_PROMPT_REFUSED ? prompt_member_with(x, category) : arena_copy(&x->arena, str_c(category));
    x->rule = arena_copy(&x->arena, str_c(rule));
    return exchange_refuse(x, why, "%s, by %s", category, rule);
}

enum verdict callout_conclude(struct exchange *x, const struct callout_policy *p, const struct callout_job *job, enum reason why,
                              place_fn *place_of)
{
    bool refuses = job->what == CALLOUT_REFUSE && p->action == ACTION_CALLOUT_REFUSE;
    tell(x, p, job, place_of);
    enum reason too_much = why == WHY_PROMPT_REFUSED ? WHY_BODY_TOO_LARGE : WHY_ANSWER_TOO_LARGE;
    if (job->is_down)
        return callout_missing(x, p, job->is_too_much ? too_much : WHY_CALLOUT_DOWN, job->trouble);
    COUNT(METRIC_CALLOUTS, x->route->metric,
          job->what == CALLOUT_PASS ? CALLOUT_PASSED
          : refuses                 ? CALLOUT_REFUSED
                                    : CALLOUT_REPORTED);
    if (!refuses)
        return NEXT;
    for (size_t i = 0; i < job->found_count; i++)
        if (job->found[i].verdict.what == CALLOUT_REFUSE)
            return callout_refuse(x, why, job->found[i].verdict.category, job->found[i].verdict.rule);
    NOTREACHED("a refusal without a finding");
}
