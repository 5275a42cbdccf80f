/* relay.c - the answer on its way to the caller: whole, event by event, or as bytes. */
#include "proxy/base/ascii.h"
#include "proxy/core/answer_text.h"
#include "proxy/core/pipeline.h"
#include "proxy/core/refusal.h"
#include "proxy/core/slices.h"

/* Runs the flow filters of every stage over a piece; false when one of them refused. */
static bool flow(struct exchange *x, struct answer_piece *piece)
{
    const struct plan *plan = &x->route->plan;
    if (!plan->has_flow)
        return true;
    size_t was = x->at;
    enum stage stage = x->stage;
    for (size_t i = 0; i < plan->count; i++) {
        const struct step *s = &plan->steps[i];
        if (!s->has_flow || piece->dropped)
            continue;
        x->at = i;
        x->stage = STAGE_RELAY;
        if (s->filter->flow(x, s->policy, piece) == STOP) {
            x->at = was;
            return false;
        }
    }
    x->at = was;
    x->stage = stage;
    return true;
}

static struct str kept(struct exchange *x, struct str old, struct str fresh)
{
    if (!fresh.at || str_eq(old, fresh))
        return old;
    struct str copy = arena_copy(&x->arena, fresh);
    return copy.at ? copy : old;
}

/* What an answer or event told is added to what is known. */
static void learn(struct exchange *x, const struct answer_facts *f)
{
    if (f->usage.known) {
        x->facts.usage = f->usage;
        x->budget.reported_at = x->budget.produced;
    }
    x->facts.model = kept(x, x->facts.model, f->model);
    x->facts.id = kept(x, x->facts.id, f->id);
    x->facts.finish_reason = kept(x, x->facts.finish_reason, f->finish_reason);
    x->facts.is_error |= f->is_error;
}

/* Is it more than names, which every event of an answer tells? */
static bool tells_once(const struct answer_facts *f)
{
    return f->usage.known || f->is_error || f->finish_reason.len > 0;
}

static const struct jsonx *index_of(struct exchange *x, struct str text)
{
    struct jsonx_error error;
    return jsonx_index(&x->answer_json, text, &JSONX_LIMITS_DEFAULT, &error) ? &x->answer_json : NULL;
}

/* The data of an event that is JSON: an object, or where a model server may answer in any shape a string too. A space
 * more before it is none to those who read it. */
static const struct jsonx *json_of(struct exchange *x, struct str data)
{
    struct str rest = str_trim(data);
    bool may_be = rest.len && (rest.at[0] == '{' || (rest.at[0] == '"' && x->call.operation == OP_SCORE));
    return may_be ? index_of(x, data) : NULL;
}

/* What an event is called is no text, and so it may be none: words of letters. Nor is its number one. */
static struct str word_of(const struct exchange *x, struct str s)
{
    enum { WORD_MAX_BYTES = 64 };
    bool ok = s.len <= WORD_MAX_BYTES && ascii_is_made_of(s, STR("_-.:/"));
    for (size_t i = 0; ok && i < s.len; i++)
        ok = !ascii_is_digit(s.at[i]);
    return x->wants_texts && !ok ? STR_NONE : s;
}

static struct str number_of(const struct exchange *x, struct str s)
{
    enum { NUMBER_MAX_BYTES = 12 };
    return x->wants_texts && (s.len > NUMBER_MAX_BYTES || !ascii_is_made_of(s, STR("_-.:/"))) ? STR_NONE : s;
}

/* The texts of an event, or of a whole answer, through the text filters; false when one of them refused. */
static bool filter_texts(struct exchange *x, struct answer_piece *piece)
{
    const struct jsonx *json = piece->json;
    if (piece->replaced)
        json = json_of(x, piece->data);
    if (piece->kind == PIECE_EVENT)
        return answer_texts_event(x, json, word_of(x, piece->name), &piece->data, &piece->dropped);
    if (json)
        return answer_texts_whole(x, json, &piece->data);
    exchange_refuse(x, WHY_INTERNAL, "a filter made an answer that is not JSON");
    return false;
}

/* One event to x->out; false when a filter refused or it does not fit. */
static bool pass_event(struct exchange *x, const struct sse_event *event)
{
    struct answer_facts facts = { 0 };
    const struct jsonx *json = NULL;
    bool (*is_plain)(struct str, struct str, const struct call *, const struct answer_facts *) =
        x->dialect->event_is_plain;
    const struct plan *plan = &x->route->plan;
    bool is_alike = x->texts && !plan->has_flow && answer_texts_alike(x, event);
    if (is_alike) {
        json = &x->answer_json;
    } else if (plan->has_flow || x->wants_texts || !is_plain || !is_plain(event->name, event->data, &x->call, &x->facts)) {
        json = json_of(x, event->data);
        x->dialect->read_event(event->name, event->data, json, &x->call, &x->arena, &facts);
        learn(x, &facts);
    } else if (x->answer_json.nodes) {
        jsonx_finish(&x->answer_json); /* of the first event, which named the model */
    }
    if (facts.is_usage_only && !x->call.wants_usage && x->route->inject_usage)
        return true;
    struct answer_piece piece = { .kind = PIECE_EVENT, .name = event->name, .data = event->data, .json = json };
    if (!flow(x, &piece))
        return false;
    if (x->wants_texts && !piece.dropped && !filter_texts(x, &piece))
        return false;
    if (x->texts && json && !is_alike && !plan->has_flow && !tells_once(&facts))
        answer_texts_remember(x, event);
    if (piece.dropped)
        return true;
    bool is_same = piece.data.at == event->data.at && piece.data.len == event->data.len;
    struct sse_event out = { word_of(x, piece.name), piece.data, number_of(x, event->id), event->is_line && is_same };
    if (sse_write(&x->out, &out))
        return true;
    exchange_refuse(x, WHY_ANSWER_TOO_LARGE, "events do not fit");
    return false;
}

/* While a verdict is out, it stays in x->out, up to its ceiling. */
static void send_out(struct exchange *x)
{
    if (!buf_len(&x->out) || x->holds)
        return;
    x->bytes_out += buf_len(&x->out);
    x->last_sent_ms = x->last_upstream_ms;
    x->world->answer_bytes(x->world, x, buf_str(&x->out));
    buf_finish(&x->out); /* a stream waits between its events */
}

/* False when the exchange is over. */
static bool relay_events(struct exchange *x, struct str bytes)
{
    for (;;) {
        struct sse_event event;
        enum sse_answer answer = sse_reader_next(&x->events, &bytes, &event);
        if (answer == SSE_MORE)
            break;
        if (x->budget.is_metered && answer == SSE_EVENT)
            slices_event(x, event.data);
        if (answer == SSE_TOO_LARGE) {
            exchange_refuse(x, WHY_ANSWER_TOO_LARGE, "one event is too large");
        } else if (pass_event(x, &event)) {
            continue;
        }
        send_out(x);
        pipeline_end(x);
        return false;
    }
    send_out(x);
    if (x->texts)
        answer_texts_watch(x);
    return true;
}

/* What came last may lack the blank line behind it. What has no event at all, JSON for instance, is not passed over in silence. */
static bool end_events(struct exchange *x)
{
    if (!relay_events(x, STR("\n\n")))
        return false;
    if (x->events.has_told)
        return true;
    exchange_refuse(x, WHY_UPSTREAM_BROKEN, "an event stream without an event");
    pipeline_end(x);
    return false;
}

void relay_held(struct exchange *x, bool ok)
{
    bool has_more = buf_len(&x->out) > 0;
    send_out(x);
    if (has_more)
        x->last_sent_ms = x->world->now_ms(x->world);
    if (!ok)
        pipeline_end(x);
    else
        answer_texts_watch(x);
}

void relay_bytes(struct exchange *x, struct str bytes)
{
    if (x->is_event_stream) {
        relay_events(x, bytes);
        return;
    }
    if (x->is_whole) {
        if (!buf_add(&x->answer, bytes)) {
            exchange_refuse(x, WHY_ANSWER_TOO_LARGE, "the answer is above answer_bytes");
            pipeline_end(x);
        }
        return;
    }
    if (x->budget.is_metered)
        slices_bytes(x, bytes);
    struct answer_piece piece = { .kind = PIECE_BYTES, .data = bytes };
    if (!flow(x, &piece)) {
        pipeline_end(x);
        return;
    }
    if (piece.dropped)
        return;
    if (x->holds || buf_len(&x->out)) {
        if (!buf_add(&x->out, piece.data)) {
            exchange_refuse(x, WHY_ANSWER_TOO_LARGE, "too much comes while a verdict is out");
            pipeline_end(x);
        }
        return;
    }
    x->bytes_out += piece.data.len;
    x->world->answer_bytes(x->world, x, piece.data);
}

/* ---- the end ---- */

static enum verdict relay_over(struct exchange *x)
{
    x->why = x->upstream_status >= 400 ? WHY_UPSTREAM_ANSWERED : WHY_SERVED;
    return NEXT;
}

static void go_on(struct exchange *x)
{
    x->then = relay_over;
    pipeline_run(x);
}

/* The answer is all there, but a verdict about it is not: no time of the model server's runs any more. */
static bool is_end_held(struct exchange *x)
{
    x->is_end_held = x->holds > 0;
    if (x->is_end_held)
        x->world->cancel(x->world, &x->ask_deadline.ask);
    return x->is_end_held;
}

/* A gathered answer: what it tells is owed, whatever a verdict says that is still awaited. */
static void read_whole(struct exchange *x)
{
    struct answer_facts facts = { 0 };
    const struct jsonx *json = x->answer_is_json ? index_of(x, buf_str(&x->answer)) : NULL;
    x->answer_is_json = json != NULL;
    if (json) {
        x->dialect->read_answer(json, &x->call, &x->arena, &facts);
        learn(x, &facts);
    }
}

/* Filtered. An error without JSON gets our own words. False when it is over. */
static bool make_whole(struct exchange *x)
{
    const struct jsonx *json = x->answer_is_json ? &x->answer_json : NULL;
    if (!json) {
        if (x->upstream_status < 400)
            exchange_refuse(x, WHY_UPSTREAM_BROKEN, "the answer is not unambiguous JSON");
        else {
            x->status = x->upstream_status;
            exchange_refuse(x, WHY_UPSTREAM_ANSWERED, "status %u without JSON", x->upstream_status);
            refusal_write(x);
        }
        pipeline_end(x);
        return false;
    }
    struct answer_piece piece = { .kind = PIECE_WHOLE, .data = buf_str(&x->answer), .json = json };
    if (!flow(x, &piece) || (x->wants_texts && !filter_texts(x, &piece))) {
        pipeline_end(x);
        return false;
    }
    x->whole_answer = piece.data;
    x->is_whole_ready = true;
    return true;
}

/* Filters of the request first, those of the answer then: each may still be waiting for a verdict. */
static void send_whole(struct exchange *x)
{
    if (is_end_held(x) || (!x->is_whole_ready && !make_whole(x)) || is_end_held(x))
        return;
    x->answer_has_length = true;
    x->answer_length = x->whole_answer.len;
    x->bytes_out += x->whole_answer.len;
    relay_send_head(x);
    x->world->answer_bytes(x->world, x, x->whole_answer);
    x->world->answer_end(x->world, x, true);
    go_on(x);
}

static void end_pieces(struct exchange *x)
{
    if (is_end_held(x))
        return;
    send_out(x);
    x->world->answer_end(x->world, x, true);
    go_on(x);
}

void relay_end(struct exchange *x)
{
    if (x->is_whole) {
        read_whole(x);
        send_whole(x);
        return;
    }
    if (x->is_event_stream && !end_events(x))
        return;
    struct answer_piece piece = { .kind = PIECE_END };
    if (!answer_texts_over(x) || !flow(x, &piece)) {
        send_out(x);
        pipeline_end(x);
        return;
    }
    struct sse_event last = { .name = piece.name, .data = piece.data };
    if (piece.data.len && !(x->is_event_stream ? sse_write(&x->out, &last) : buf_add(&x->out, piece.data))) {
        exchange_refuse(x, WHY_ANSWER_TOO_LARGE, "the end does not fit");
        pipeline_end(x);
        return;
    }
    end_pieces(x);
}

void relay_released(struct exchange *x)
{
    if (x->is_whole) {
        if (x->is_end_held)
            send_whole(x);
        return;
    }
    if (!x->answer_begun)
        relay_send_head(x);
    send_out(x);
    if (x->is_end_held)
        end_pieces(x);
}

/* The model server broke off after the head of its answer. */
void relay_failed(struct exchange *x, enum reason why, const char *detail)
{
    exchange_refuse(x, why, "%s", detail);
    pipeline_end(x);
}
