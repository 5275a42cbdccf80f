/* exchange.c - the life of an exchange: begun by the front, waited for, refused, finished. */
#include "proxy/core/exchange.h"

#include "proxy/core/answer_text.h"
#include "proxy/core/figures.h"
#include "proxy/core/pipeline.h"
#include "proxy/core/trace.h"

#include <stdarg.h>

enum { DETAIL_MAX = 400, KEPT_BUFFER_BYTES = 64 * 1024, KEPT_NODES = 8192, OUT_HEAD_MAX = 64 * 1024 };

/* The trace that the caller names; of two nobody knows which is meant. */
static struct str one_parent(const struct http_head *h)
{
    struct str value = http_known_value(h, HTTP_FIELD_TRACEPARENT);
    return value.at && http_field_count(h, STR("traceparent")) > 1 ? STR_NONE : value;
}

void exchange_prepare(struct exchange *x, struct world *world, struct setup *setup, void *front, struct peer *peer,
                      struct http_head *head)
{
    memset(x, 0, offsetof(struct exchange, events));
    x->world = world;
    x->setup = setup;
    x->front = front;
    x->peer = peer;
    x->head = head;
    x->why = WHY_SERVED;
    x->why_stage = STAGE_COUNT;
    x->began_ms = world->now_ms(world);
    x->wall_ms = world->wall_ms(world);
    x->call.n = 1;
    x->call.output_limit_node = x->call.model_node = JSONX_NO_NODE;
    x->ask_store.ask.exchange = x->ask_forward.ask.exchange = x;
    x->ask_deadline.ask.exchange = x->ask_beat.ask.exchange = x->ask_hold.ask.exchange = x;
    x->out_head.ceiling_bytes = x->identity.ceiling_bytes = OUT_HEAD_MAX;
    arena_init(&x->arena, setup->limits.exchange_bytes);
    trace_request_id(x->request_id);
    x->trace_goes_on = trace_parent(head ? one_parent(head) : STR_NONE, x->traceparent);
    if (head)
        x->path = head->path;
    figures_began(x);
}

void exchange_begin(struct exchange *x, struct world *world, struct setup *setup, void *front, struct peer *peer,
                    struct http_head *head)
{
    exchange_prepare(x, world, setup, front, peer, head);
    pipeline_run(x);
}

void exchange_begin_bad(struct exchange *x, struct world *world, struct setup *setup, void *front, struct peer *peer,
                        struct http_head *head, enum reason why, unsigned status, const char *detail)
{
    exchange_prepare(x, world, setup, front, peer, head);
    x->status = status;
    exchange_refuse(x, why, "%s", detail);
    pipeline_end(x);
}

static void keep_small(struct buf *b)
{
    if (b->size > KEPT_BUFFER_BYTES)
        buf_finish(b);
    else
        buf_clear(b);
}

/* Its text goes with it; the next request may bring none, and then nothing is indexed. */
static void keep_small_index(struct jsonx *j)
{
    if (j->room > KEPT_NODES)
        jsonx_finish(j);
    j->count = 0;
    j->text = STR_NONE;
}

void exchange_finish(struct exchange *x)
{
    caller_unref(x->caller);
    x->caller = NULL;
    /* our credential was in these; both small */
    if (x->out_head.data)
        explicit_bzero(x->out_head.data, x->out_head.size);
    if (x->identity.data)
        explicit_bzero(x->identity.data, x->identity.size);
    keep_small(&x->out_head);
    keep_small(&x->identity);
    keep_small(&x->body);
    keep_small(&x->out_body);
    keep_small(&x->answer);
    keep_small(&x->out);
    keep_small_index(&x->json);
    keep_small_index(&x->answer_json);
    sse_reader_finish(&x->events);
    answer_texts_finish(x);
    arena_finish(&x->arena);
}

void exchange_free(struct exchange *x)
{
    struct buf *const kept[] = { &x->body, &x->out_head, &x->out_body, &x->answer, &x->identity, &x->out };
    for (size_t i = 0; i < ARRAY_LEN(kept); i++)
        buf_finish(kept[i]);
    jsonx_finish(&x->json);
    jsonx_finish(&x->answer_json);
}

void exchange_caller_left(struct exchange *x, enum reason why)
{
    if (x->is_over)
        return;
    if (x->waits_for == &x->ask_store.ask) {
        x->left = why;
        return;
    }
    x->why = why;
    x->why_stage = x->stage;
    pipeline_end(x);
}

void exchange_stop(struct exchange *x, enum stage stage)
{
    if (x->is_over)
        return;
    x->why_stage = stage;
    if (x->waits_for == &x->ask_store.ask)
        x->left = x->left ? x->left : x->why; /* what the store takes must be given back */
    else
        pipeline_end(x);
}

bool exchange_keep(struct exchange *x, size_t bytes)
{
    x->kept_bytes += bytes;
    return !x->pool || x->kept_bytes <= x->pool->answer_bytes;
}

void exchange_hold(struct exchange *x)
{
    x->holds++;
}

void exchange_release(struct exchange *x)
{
    assert(x->holds);
    if (--x->holds == 0 && !x->is_over && x->stage == STAGE_RELAY)
        relay_released(x);
}

/* ---- for filters ---- */

/* The identity filter runs as the built-in part of `stamp`, after the last step of that stage. */
static bool in_identity(const struct exchange *x)
{
    return x->stage == STAGE_STAMP && x->at >= x->route->plan.first[STAGE_STAMP + 1];
}

void *exchange_state(struct exchange *x, size_t size)
{
    if (in_identity(x))
        return x->identity_state ? x->identity_state : (x->identity_state = arena_zalloc(&x->arena, size));
    const struct plan *plan = &x->route->plan;
    if (!x->states && !(x->states = arena_array(&x->arena, void *, plan->count ? plan->count : 1)))
        return NULL;
    if (!x->states[x->at])
        x->states[x->at] = arena_zalloc(&x->arena, size);
    return x->states[x->at];
}

void *exchange_instance(struct exchange *x)
{
    if (in_identity(x))
        return x->pool->identity_instance;
    return x->route->plan.steps[x->at].instance;
}

enum verdict exchange_wait(struct exchange *x, struct ask *ask, continue_fn *then)
{
    x->waits_for = ask;
    x->then = then;
    return WAIT;
}

void exchange_continue(struct exchange *x)
{
    x->waits_for = NULL;
    pipeline_run(x);
}

void exchange_answered(struct ask *ask)
{
    exchange_continue(ask->exchange);
}

enum verdict exchange_refuse(struct exchange *x, enum reason why, const char *format, ...)
{
    char text[DETAIL_MAX];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    x->why = why;
    x->why_stage = x->stage;
    x->detail = len > 0 ? arena_copy(&x->arena, str_c(text)) : STR_NONE;
    return STOP;
}

/* Once, since the store is given pointers into it. */
static bool make_limits(struct exchange *x)
{
    const size_t *first = x->route->plan.first;
    size_t room = first[STAGE_LIMIT + 1] - first[STAGE_LIMIT] + first[STAGE_RESERVE + 1] - first[STAGE_RESERVE];
    room = room < EXCHANGE_LIMITS_MAX ? room : EXCHANGE_LIMITS_MAX;
    x->limit_rules = arena_array(&x->arena, struct limit_rule, room);
    x->limits = x->limit_rules ? arena_array(&x->arena, struct limit_op, room) : NULL;
    x->limits_room = x->limits ? room : 0;
    return x->limits != NULL;
}

bool exchange_limit(struct exchange *x, const struct limit_op *op, const char *what, bool give_back, bool report_only)
{
    if ((!x->limits && !make_limits(x)) || x->limits_count == x->limits_room)
        return false;
    x->limits[x->limits_count] = *op;
    x->limits[x->limits_count].soft = report_only;
    x->limit_rules[x->limits_count++] = (struct limit_rule){
        .what = what, .give_back = give_back, .report_only = report_only, .step = x->at
    };
    return true;
}

bool exchange_edit(struct exchange *x, size_t start, size_t end, struct str with)
{
    if (x->edits_count == EXCHANGE_EDITS_MAX || start > end || end > buf_len(&x->body))
        return false;
    size_t i = x->edits_count;
    while (i > 0 && x->edits[i - 1].start > start)
        i--;
    if ((i > 0 && x->edits[i - 1].end > start) || (i < x->edits_count && x->edits[i].start < end))
        return false;
    memmove(&x->edits[i + 1], &x->edits[i], (x->edits_count - i) * sizeof x->edits[0]);
    x->edits[i] = (struct jsonx_edit){ start, end, with };
    x->edits_count++;
    return true;
}
