/* rehearsal.c - the guard of a route on texts at hand. */
#include "proxy/core/rehearsal.h"

#include "proxy/core/pipeline.h"
#include "proxy/core/rewrite.h"
#include "proxy/http/reader.h"

enum { RESPONSE_HEAD_BYTES = 256 };

/* Nothing but this file moves the exchange: what is asked is answered in the world's turn, and goes on here. */
static enum verdict wait_for(const struct rehearsal *r, enum verdict v)
{
    struct exchange *x = r->x;
    while (v == WAIT && x->then) {
        continue_fn *then = x->then;
        r->turn(r->world);
        x->then = NULL;
        v = then(x);
    }
    return v;
}

/* Verdicts that traffic would not have waited for here. */
static enum verdict wait_for_holds(const struct rehearsal *r, enum verdict v)
{
    if (v == NEXT && r->x->holds)
        r->turn(r->world);
    if (r->x->is_over)
        return STOP;
    return v == NEXT && r->x->holds ? exchange_refuse(r->x, WHY_CALLOUT_DOWN, "a verdict did not come") : v;
}

/* The filters of a stage. Those of `relay` have nothing to settle when nobody is asked, and what stands before them has not run. */
static enum verdict run_stage(const struct rehearsal *r, enum stage stage)
{
    struct exchange *x = r->x;
    const struct plan *plan = &r->route->plan;
    enum verdict v = NEXT;
    x->stage = stage;
    for (x->at = plan->first[stage]; v == NEXT && x->at < plan->first[stage + 1]; x->at++) {
        const struct step *s = &plan->steps[x->at];
        x->reached = stage == STAGE_INSPECT ? x->at + 1 : x->reached;
        v = s->filter->step ? wait_for(r, s->filter->step(x, s->policy)) : NEXT;
    }
    return v;
}

enum verdict rehearse_request(const struct rehearsal *r, struct str path, struct str body)
{
    static struct peer nobody = { .is_unix = true };
    static struct http_head head;
    struct exchange *x = r->x;
    const char *allow = NULL;
    exchange_prepare(x, r->world, r->setup, NULL, &nobody, &head);
    x->is_moving = true; /* for good */
    x->is_rehearsed = true;
    x->route = r->route;
    x->path = path;
    x->stage = STAGE_READ;
    x->dialect = r->route->dialect; /* or, where that has other paths, whoever knows this one: the bodies are the same */
    if ((!x->dialect || !x->dialect->recognise(METHOD_POST, path, STR_NONE, &x->arena, &x->call, &allow)) &&
        !(x->dialect = dialect_recognise(METHOD_POST, path, STR_NONE, &x->arena, &x->call, &allow)))
        x->dialect = dialect_of_refusal(path);
    if (!x->call.operation)
        return exchange_refuse(x, WHY_NO_ROUTE, "no API has such an operation");
    x->body.ceiling_bytes = r->route->max_body;
    if (!buf_add(&x->body, body))
        return exchange_refuse(x, WHY_BODY_TOO_LARGE, "the body is above max_body");
    enum verdict v = body_arrived(x);
    return wait_for_holds(r, v == NEXT ? run_stage(r, STAGE_INSPECT) : v);
}

enum verdict rehearse_answer(const struct rehearsal *r, struct str answer)
{
    static struct http_reader reader;
    struct exchange *x = r->x;
    struct str piece;
    size_t used;
    char head[RESPONSE_HEAD_BYTES];
    int len = snprintf(head, sizeof head,
                       "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %zu\r\n\r\n", answer.len);
    http_reader_finish(&reader); /* of the answer before */
    http_reader_init(&reader, HTTP_RESPONSES, &HTTP_LIMITS_DEFAULT);
    if (http_reader_next(&reader, str_of(head, (size_t)len), &used, &piece) != HTTP_HEAD)
        return exchange_refuse(x, WHY_INTERNAL, "the answer's head is not read");
    x->upstream_status = reader.head.status;
    x->pool = r->setup->pools.at;
    if (relay_begin(x, &reader.head) == STOP || run_stage(r, STAGE_RELAY) == STOP)
        return STOP;
    stage_relay(x);
    relay_bytes(x, answer);
    if (!x->is_over)
        relay_end(x);
    return wait_for_holds(r, x->is_over ? STOP : NEXT);
}

/* Of the stages that ran; the tail finds nothing left to settle. */
static void settle(struct exchange *x)
{
    const struct plan *plan = &x->route->plan;
    for (size_t i = x->reached; i-- > plan->first[STAGE_INSPECT];) {
        x->at = i;
        if (plan->steps[i].filter->settle)
            plan->steps[i].filter->settle(x, plan->steps[i].policy);
    }
    x->reached = 0;
}

void rehearse_end(const struct rehearsal *r)
{
    if (!r->x->is_over)
        settle(r->x);
    pipeline_end(r->x);
    exchange_finish(r->x);
}

bool rehearse_body(const struct rehearsal *r, struct buf *out)
{
    return r->x->rewritten_count ? rewrite_body(r->x, out) : buf_add(out, buf_str(&r->x->body));
}
