/* forward.c - what is asked of a model server, how long it may take, and what to do with how it is answered. */
#include "proxy/core/figures.h"
#include "proxy/core/health.h"
#include "proxy/core/pipeline.h"
#include "proxy/core/refusal.h"

/* ---- deadlines: one timer that looks, not one that is moved with every event ---- */

static void deadline_looks(struct ask *ask);

static void watch_deadline(struct exchange *x, uint64_t in_ms)
{
    x->ask_deadline.in_ms = in_ms ? in_ms : 1;
    x->ask_deadline.ask.answered = deadline_looks;
    x->world->timer(x->world, &x->ask_deadline);
}

static void deadline_looks(struct ask *ask)
{
    struct exchange *x = ask->exchange;
    uint64_t now = x->world->now_ms(x->world);
    uint64_t wait = x->upstream_status ? x->pool->between_events_ms : x->pool->first_byte_ms;
    if (x->ask_forward.held_up)
        x->last_upstream_ms = now; /* it is the caller who takes his time */
    uint64_t due = x->last_upstream_ms + wait, whole = x->forwarded_ms + x->pool->total_ms;
    due = whole < due ? whole : due;
    if (now < due) {
        watch_deadline(x, due - now);
        return;
    }
    x->world->cancel_forward(x->world, &x->ask_forward);
    exchange_upstream_failed(x, FORWARD_SILENT, now >= whole ? "total_ms passed" : "nothing came in time");
}

enum verdict stage_forward(struct exchange *x)
{
    if (!forward_write_request(x))
        return exchange_refuse(x, WHY_INTERNAL, "our request does not fit");
    struct world *w = x->world;
    x->tried |= health_bit(x->endpoint);
    x->attempts++;
    x->upstream_status = 0;
    x->forwarded_ms = x->last_upstream_ms = w->now_ms(w);
    x->ask_forward.endpoint = x->endpoint;
    x->ask_forward.answers_head = x->head->method == METHOD_HEAD;
    x->ask_forward.reused = false;
    w->cancel(w, &x->ask_deadline.ask);
    watch_deadline(x, x->pool->first_byte_ms < x->pool->total_ms ? x->pool->first_byte_ms : x->pool->total_ms);
    figures_attempt(x);
    w->forward(w, &x->ask_forward);
    return exchange_wait(x, NULL, NULL);
}

/* ---- how it is answered ---- */

/* What was asked and answered before is over, its deadline too: the next stages may wait for something else. */
static void go(struct exchange *x, enum stage from)
{
    x->world->cancel(x->world, &x->ask_deadline.ask);
    x->upstream_status = 0;
    pipeline_again(x, from);
    pipeline_run(x);
}

static bool may_try_another(const struct exchange *x)
{
    return x->attempts <= x->pool->retries && health_has_other(x->pool, x->tried, x->world->now_ms(x->world));
}

static void end_with(struct exchange *x, enum reason why, const char *detail)
{
    exchange_refuse(x, why, "%s", detail);
    pipeline_end(x);
}

/* 401 is about our identity, never about the caller's: a fresh proof once, then an error of ours. */
static void upstream_refused_us(struct exchange *x)
{
    const struct filter *identity = x->setup->language->identity;
    bool renew = x->upstream_status == 401 && x->pool->identity && identity->rejected && !x->identity_renewed;
    x->world->cancel_forward(x->world, &x->ask_forward);
    health_unknown(x->endpoint);
    if (!renew) {
        end_with(x, WHY_UPSTREAM_REFUSED_US, x->upstream_status == 401 ? "answered 401" : "answered 403");
        return;
    }
    x->identity_renewed = true;
    x->stage = STAGE_STAMP;
    x->at = x->route->plan.first[STAGE_STAMP + 1];
    identity->rejected(x, x->pool->identity);
    go(x, STAGE_STAMP);
}

/* As long as the answer asks for. */
static void rest(struct exchange *x, const struct http_head *h, uint64_t now_ms)
{
    x->retry_ms = health_retry_after(h, x->world->wall_ms(x->world) / 1000, 1000, x->pool->retry_after_max_ms);
    health_rest(x->endpoint, now_ms, x->retry_ms);
}

/* Notes what the status says about the endpoint. True when another endpoint should be tried. */
static bool judge(struct exchange *x, const struct http_head *h)
{
    uint64_t now = x->world->now_ms(x->world);
    switch (h->status) {
    case 429:
        rest(x, h, now);
        return true;
    case 503:
        if (http_known_value(h, HTTP_FIELD_RETRY_AFTER).at || http_known_value(h, HTTP_FIELD_RETRY_AFTER_MS).at) {
            rest(x, h, now);
            return true;
        }
        /* fall through */
    case 500:
    case 502:
    case 504:
        health_failed(x->endpoint, now);
        return true;
    case 408:
        health_unknown(x->endpoint);
        return true;
    default:
        health_worked(x->endpoint);
        return false;
    }
}

static enum verdict head_arrived(struct exchange *x)
{
    (void)x;
    return NEXT;
}

void exchange_upstream_head(struct exchange *x, const struct http_head *head)
{
    x->upstream_status = head->status;
    figures_answer(x);
    x->last_upstream_ms = x->world->now_ms(x->world);
    if (head->status == 401 || head->status == 403) {
        upstream_refused_us(x);
        return;
    }
    if (judge(x, head) && may_try_another(x)) {
        x->world->cancel_forward(x->world, &x->ask_forward);
        go(x, STAGE_SELECT);
        return;
    }
    x->first_byte_ms = x->last_upstream_ms;
    if (x->pool->between_events_ms < x->pool->first_byte_ms) {
        /* the timer looks again only when the longer wait is over: too late for this one */
        x->world->cancel(x->world, &x->ask_deadline.ask);
        watch_deadline(x, x->pool->between_events_ms);
    }
    if (relay_begin(x, head) == STOP) {
        pipeline_end(x);
        return;
    }
    x->then = head_arrived;
    pipeline_run(x);
}

void exchange_upstream_bytes(struct exchange *x, struct str bytes)
{
    if (x->is_over)
        return;
    x->last_upstream_ms = x->world->now_ms(x->world);
    relay_bytes(x, bytes);
}

void exchange_upstream_end(struct exchange *x)
{
    if (!x->is_over)
        relay_end(x);
}

void exchange_upstream_failed(struct exchange *x, enum forward_failure failure, const char *detail)
{
    static const enum reason REASON_OF[] = {
        [FORWARD_UNREACHABLE] = WHY_UPSTREAM_UNREACHABLE,
        [FORWARD_SILENT] = WHY_UPSTREAM_SILENT,
        [FORWARD_BROKEN] = WHY_UPSTREAM_BROKEN,
        [FORWARD_TLS] = WHY_UPSTREAM_UNREACHABLE,
    };
    if (x->is_over)
        return;
    figures_failure(x, failure);
    if (x->upstream_status) {
        health_failed(x->endpoint, x->world->now_ms(x->world));
        relay_failed(x, REASON_OF[failure], detail);
        return;
    }
    if (x->ask_forward.reused && x->reused_failures++ < 2) {
        /* a kept connection had died: nothing of the request was answered, a fresh one is no second try */
        x->attempts--;
        go(x, STAGE_FORWARD);
        return;
    }
    health_failed(x->endpoint, x->world->now_ms(x->world));
    if (may_try_another(x)) {
        go(x, STAGE_SELECT);
        return;
    }
    end_with(x, REASON_OF[failure], detail);
}
