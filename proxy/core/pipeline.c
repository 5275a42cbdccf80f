/* pipeline.c - walks the plan: the filters of a stage in order, then the stage's built-in part, then the next stage. */
#include "proxy/core/pipeline.h"

#include "proxy/core/figures.h"
#include "proxy/core/health.h"
#include "proxy/core/journal.h"
#include "proxy/core/refusal.h"
#include "proxy/core/slices.h"

static enum verdict stage_authenticate(struct exchange *x)
{
    if (x->caller || x->route->insecure_anonymous)
        return NEXT;
    if (x->detail.len) /* why a certificate, which may be there for something else, was none */
        return exchange_refuse(x, WHY_NO_CREDENTIAL, STR_F, STR_A(x->detail));
    return exchange_refuse(x, WHY_NO_CREDENTIAL, "no filter found a credential of its own");
}

static continue_fn *const BUILT_IN[STAGE_COUNT] = {
    [STAGE_ROUTE] = stage_route,     [STAGE_AUTHENTICATE] = stage_authenticate,
    [STAGE_LIMIT] = stage_limit,     [STAGE_READ] = stage_read,
    [STAGE_ADMIT] = stage_admit,
    [STAGE_RESERVE] = stage_limit,   [STAGE_SELECT] = stage_select,
    [STAGE_STAMP] = stage_stamp,     [STAGE_FORWARD] = stage_forward,
    [STAGE_RELAY] = stage_relay,
};

/* Where the filters of the running stage end, as an index of the plan's steps. */
static size_t stage_end(const struct exchange *x)
{
    return x->route ? x->route->plan.first[x->stage + 1] : 0;
}

static enum verdict run_one(struct exchange *x)
{
    if (x->then) {
        continue_fn *then = x->then;
        x->then = NULL;
        return then(x);
    }
    if (x->at < stage_end(x)) {
        const struct step *s = &x->route->plan.steps[x->at];
        x->reached = x->at + 1 > x->reached ? x->at + 1 : x->reached;
        return s->filter->step ? s->filter->step(x, s->policy) : NEXT;
    }
    return BUILT_IN[x->stage] ? BUILT_IN[x->stage](x) : NEXT;
}

/* What just answered NEXT is over: the next step of the stage, its built-in part, or the next stage. */
static void advance(struct exchange *x, bool was_built_in)
{
    if (!was_built_in) {
        /* the first filter that knows the caller decides */
        x->at = x->stage == STAGE_AUTHENTICATE && x->caller ? stage_end(x) : x->at + 1;
        return;
    }
    x->stage++;
    x->at = x->route ? x->route->plan.first[x->stage] : 0;
}

void pipeline_run(struct exchange *x)
{
    if (x->is_moving || x->is_over)
        return;
    x->is_moving = true;
    while (!x->is_over) {
        bool built_in = x->at >= stage_end(x);
        enum verdict v = run_one(x);
        if (v == WAIT)
            break;
        if (v == NEXT)
            advance(x, built_in);
        if (v == STOP || x->stage == STAGE_ACCOUNT) {
            pipeline_end(x);
            return; /* the exchange is the world's again: not to be touched */
        }
    }
    x->is_moving = false;
}

void pipeline_again(struct exchange *x, enum stage from)
{
    assert(!x->answer_begun);
    x->stage = from;
    x->at = x->route->plan.first[from];
    x->then = NULL;
}

/* Nothing that was asked may be answered any more. */
static void cancel_asks(struct exchange *x)
{
    struct world *w = x->world;
    w->cancel(w, &x->ask_store.ask);
    w->cancel(w, &x->ask_deadline.ask);
    w->cancel(w, &x->ask_beat.ask);
    w->cancel(w, &x->ask_hold.ask);
    slices_end(x);
    if (x->ask_forward.ask.is_open)
        w->cancel_forward(w, &x->ask_forward);
    if (x->waits_for)
        w->cancel(w, x->waits_for);
    x->waits_for = NULL;
}

static void settle(struct exchange *x)
{
    for (size_t i = x->reached; i-- > 0;) {
        const struct step *s = &x->route->plan.steps[i];
        x->at = i;
        if (s->filter->settle)
            s->filter->settle(x, s->policy);
    }
    const struct filter *identity = x->setup->language->identity;
    if (x->identity_state && identity->settle)
        identity->settle(x, x->pool->identity);
    limits_settle(x);
}

void pipeline_end(struct exchange *x)
{
    if (x->is_over)
        return;
    x->is_over = true;
    x->then = NULL;
    x->why_stage = x->why_stage == STAGE_COUNT ? x->stage : x->why_stage;
    cancel_asks(x);
    if (x->endpoint && !x->upstream_status)
        health_unknown(x->endpoint);
    if (x->why != WHY_SERVED && x->why != WHY_UPSTREAM_ANSWERED)
        refusal_write(x);
    x->ended_ms = x->world->now_ms(x->world);
    if (x->route)
        settle(x);
    figures_ended(x);
    journal_write(x);
    x->world->ended(x->world, x);
}
