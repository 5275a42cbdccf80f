/* callout.c - another service judges the texts of a request before the model gets them, or while the model thinks. */
#include "filters/detect/callout_rows.h"
#include "filters/inspect/prompt.h"

static const struct setting SETTINGS[] = {
    CALLOUT_ROWS("[prompt_shield, harm]"),
    SETTING(struct callout_policy, of, SET_WORDS, .min = 1, .words = TEXT_SOURCES, .dflt = "[user, tool]",
            .about = "whose texts are judged; earlier answers and the application's own words are not, unless they are named here"),
    SETTING(struct callout_policy, parallel, SET_BOOL, .dflt = "false",
            .about = "the request goes to the model at once; the caller gets nothing of the answer before the verdict, and a refusal "
                     "cuts the model short. It has read the prompt by then, and what it used is paid for."),
    SETTING(struct callout_policy, insecure_tokens, SET_BOOL, .dflt = "false",
            .about = "let input pass that comes as token numbers, which cannot be read here"),
    SETTINGS_END,
};

static void place_of(struct exchange *x, uint32_t of, struct finding *finding)
{
    finding->text = &x->call.texts[of];
}

static enum verdict conclude(struct exchange *x, const struct callout_policy *p, const struct callout_job *job)
{
    return callout_conclude(x, p, job, WHY_PROMPT_REFUSED, place_of);
}

struct state {
    struct callout_job job;
    const struct callout_policy *policy;
};

static enum verdict verdict_arrived(struct exchange *x)
{
    struct state *s = exchange_state(x, sizeof *s);
    if (!s->job.is_over) { /* woken by something else: there will be no verdict */
        callout_cancel(&s->job);
        return callout_missing(x, s->policy, WHY_CALLOUT_DOWN, "no verdict");
    }
    return conclude(x, s->policy, &s->job);
}

static void done(struct callout_job *job)
{
    exchange_continue(job->x);
}

/* While the model thinks. */
static void done_beside(struct callout_job *job)
{
    struct exchange *x = job->x;
    const struct state *s = CONTAINER_OF(job, struct state, job);
    if (conclude(x, s->policy, job) == STOP)
        exchange_stop(x, STAGE_INSPECT);
    else
        exchange_release(x);
}

/* What nobody can read is not let past. */
static enum verdict check_readable(struct exchange *x, const struct callout_policy *p)
{
    const char *what = prompt_unread(x, p->insecure_tokens);
    if (!what)
        return NEXT;
    exchange_report(x, str_c(what), STR("unread"), STR("input"), str_c(CALLOUT_ACTIONS[p->action]), STR(""));
    return p->action == ACTION_CALLOUT_REPORT ? NEXT : callout_refuse(x, WHY_PROMPT_REFUSED, "unread", what);
}

static enum verdict step(struct exchange *x, const void *policy)
{
    const struct callout_policy *p = policy;
    enum verdict v = check_readable(x, p);
    if (v != NEXT || !x->call.texts_count)
        return v;
    struct state *s = exchange_state(x, sizeof *s);
    if (!s)
        return exchange_refuse(x, WHY_OVERLOADED, "no room to ask for a verdict");
    s->policy = p;
    callout_job_init(&s->job, exchange_instance(x), x, p->parallel ? done_beside : done);
    for (size_t i = 0; i < x->call.texts_count; i++) {
        const struct text *t = &x->call.texts[i];
        if ((p->of >> t->source & 1) && !t->is_beside && !callout_add(&s->job, t->value, TEXT_SOURCES[t->source], t->source == TEXT_USER, (uint32_t)i))
            return conclude(x, p, &s->job);
    }
    if (!s->job.items_count)
        return NEXT;
    if (!callout_begin(&s->job))
        return conclude(x, p, &s->job);
    if (!p->parallel)
        return exchange_wait(x, NULL, verdict_arrived);
    exchange_hold(x);
    return NEXT;
}

static void settle(struct exchange *x, const void *policy)
{
    struct state *s = exchange_state(x, sizeof *s);
    (void)policy;
    if (s)
        callout_cancel(&s->job);
}

const struct filter filter_callout = {
    .name = "callout",
    .about = "Azure AI Content Safety (Prompt Shields and text analysis), or another service by a small HTTP contract, judges the texts.",
    .seat = STAGE_INSPECT,
    .settings = SETTINGS,
    .policy_size = sizeof(struct callout_policy),
    .check = callout_check,
    .open = callout_open,
    .close = callout_close,
    .step = step,
    .settle = settle,
};
