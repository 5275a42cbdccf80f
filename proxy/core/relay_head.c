/* relay_head.c - how an answer travels to the caller, the head that it gets, and the heart-beats while it is silent. */
#include "proxy/core/answer_text.h"
#include "proxy/core/figures.h"
#include "proxy/core/pipeline.h"
#include "proxy/core/refusal.h"
#include "proxy/http/hop.h"
#include "proxy/http/media.h"
#include "proxy/http/writer.h"

enum {
    EVENT_MAX_BYTES = 4 * 1024 * 1024,
    ERROR_MAX_BYTES = 256 * 1024,
    OUT_MAX_BYTES = 16 * 1024 * 1024,
    FIELDS_MAX_BYTES = 32 * 1024
};

/* Answer fields that a caller may see; the rest tells about what stands behind the gateway (azure.md §3.7). Where answers are read these
 * are no way around it: a value may be digits and `-`, and what may be anything stays here. */
static const struct shown_field {
    struct str name;
    bool is_number;
} SHOWN_FIELDS[] = {
    { STR_INIT("openai-processing-ms"), true },
    { STR_INIT("openai-version"), true },
    { STR_INIT("openai-model"), false },
};
/* Withheld on pass-through routes too. */
static const struct str WITHHELD_FIELDS[] = {
    STR_INIT("content-length"),
    STR_INIT("date"),
    STR_INIT("server"),
    STR_INIT("set-cookie"),
    STR_INIT("x-request-id"),
    STR_INIT("strict-transport-security"),
    STR_INIT("x-ms-region"),
    STR_INIT("azureml-model-session"),
    STR_INIT("x-ms-deployment-name"),
    STR_INIT("apim-request-id"),
    STR_INIT("x-powered-by"),
    STR_INIT("via"),
    STR_INIT("retry-after"),
    STR_INIT("retry-after-ms"),
    STR_INIT("www-authenticate"),
    STR_INIT("alt-svc"),
};

static bool is_made_of(struct str s, const char *marks, size_t len_max)
{
    bool ok = s.len <= len_max;
    for (size_t i = 0; ok && i < s.len; i++)
        ok = str_has(str_c(marks), s.at[i]);
    return ok;
}

static bool is_shown(const struct exchange *x, const struct http_field *f)
{
    enum { NUMBER_MAX_BYTES = 12 };
    for (size_t i = 0; i < ARRAY_LEN(SHOWN_FIELDS); i++)
        if (str_eq_nocase(f->name, SHOWN_FIELDS[i].name))
            return !x->wants_texts || (SHOWN_FIELDS[i].is_number && is_made_of(f->value, "0123456789-", NUMBER_MAX_BYTES));
    return str_eq_nocase(f->name, STR("content-type")) && !x->wants_texts;
}

static bool may_show(const struct exchange *x, const struct http_head *h, const struct http_field *f)
{
    if (x->dialect->reads_json || x->dialect->streams_events)
        return is_shown(x, f);
    return !http_field_is_hop(h, f) && !str_is_one_of_nocase(f->name, WITHHELD_FIELDS, ARRAY_LEN(WITHHELD_FIELDS)) &&
           !str_starts_nocase(f->name, STR("x-ratelimit-")) && !str_starts_nocase(f->name, STR("x-ms-spillover"));
}

/* What was read: an answer is read as UTF-8, and must not be taken for anything else behind the gateway. */
static bool write_read_type(const struct exchange *x, const struct http_head *h, struct buf *out)
{
    struct str charset, type = media_type(http_known_value(h, HTTP_FIELD_CONTENT_TYPE), &charset);
    if (!x->wants_texts || !type.len)
        return true;
    bool is_utf8 = charset.at && str_eq_nocase(charset, STR("utf-8"));
    struct str read = x->is_event_stream ? STR("text/event-stream") : STR("application/json");
    return buf_add(out, STR("content-type: ")) && buf_add(out, read) && buf_add(out, is_utf8 ? STR("; charset=utf-8\r\n") : STR("\r\n"));
}

/* As GUIDs and OpenAI's ids are written: where answers are read it may be nothing else. */
static bool is_id(struct str id)
{
    struct str rest = str_starts(id, STR("req_")) ? str_from(id, 4) : id;
    return is_made_of(rest, "0123456789abcdefABCDEF-", 36);
}

static bool make_fields(struct exchange *x, const struct http_head *h, struct buf *out)
{
    bool ok = write_read_type(x, h, out);
    for (size_t i = 0; ok && i < h->fields_count; i++)
        if (may_show(x, h, &h->fields[i]))
            ok = http_write_taken_field(out, &h->fields[i]);
    struct str id = http_field_value(h, STR("apim-request-id"));
    id = id.at ? id : http_field_value(h, STR("x-request-id"));
    if (ok && id.at && id.len <= 128 && (!x->wants_texts || is_id(id)))
        ok = http_write_field(out, STR("x-upstream-request-id"), id);
    if (ok && (h->status == 429 || h->status == 503))
        ok = answer_retry_fields(x, out);
    return ok && buf_add(out, STR("x-content-type-options: nosniff\r\n")) && answer_common_fields(x, out);
}

/* Decides how the answer travels. */
enum verdict relay_begin(struct exchange *x, const struct http_head *h)
{
    bool is_error = h->status >= 400;
    struct str charset, coding = http_known_value(h, HTTP_FIELD_CONTENT_ENCODING);
    struct str type = media_type(http_known_value(h, HTTP_FIELD_CONTENT_TYPE), &charset);
    bool speaks_json = x->dialect->reads_json || x->dialect->streams_events;
    bool is_json = media_is_json(type);
    bool no_body = h->status == 204 || h->status == 304 || x->head->method == METHOD_HEAD;

    x->wants_texts = answer_texts_wanted(x);
    x->is_event_stream =
        !is_error && x->dialect->streams_events && str_eq_nocase(type, STR("text/event-stream")) && !no_body;
    if (x->is_event_stream)
        figures_stream(x);
    /* a scoring endpoint may answer in any type; its bytes are passed on */
    bool any_type = x->call.operation == OP_SCORE && !is_json && !is_error && !x->wants_texts;
    x->is_whole = !x->is_event_stream && speaks_json && !no_body && !any_type;
    if (x->is_whole && !is_json && !is_error)
        return exchange_refuse(x, WHY_UPSTREAM_BROKEN, "an answer that is neither JSON nor an event stream");
    if (speaks_json && coding.len && !str_eq_nocase(coding, STR("identity")))
        return exchange_refuse(x, WHY_UPSTREAM_BROKEN, "a coded answer although none was offered");
    x->answer_is_json = is_json;
    x->content_type = arena_copy(&x->arena, type);

    static struct buf fields; /* kept: one a process */
    fields.ceiling_bytes = FIELDS_MAX_BYTES;
    buf_clear(&fields);
    bool ok = make_fields(x, h, &fields);
    x->answer_fields = ok ? arena_copy(&x->arena, buf_str(&fields)) : STR_NONE;
    if (!x->answer_fields.at)
        return exchange_refuse(x, WHY_UPSTREAM_BROKEN, "answer fields do not fit");
    x->answer_has_length = h->has_length && !x->is_event_stream && !x->route->plan.has_flow;
    x->answer_length = h->content_length;
    x->answer_has_body = !no_body;

    uint64_t ceiling = is_error ? ERROR_MAX_BYTES : x->pool->answer_bytes;
    if (x->is_whole && h->has_length && h->content_length > ceiling)
        return exchange_refuse(x, WHY_ANSWER_TOO_LARGE, "content-length is above answer_bytes");
    x->answer.ceiling_bytes = ceiling;
    buf_clear(&x->answer);
    if (x->is_event_stream)
        sse_reader_init(&x->events, EVENT_MAX_BYTES);
    x->out.ceiling_bytes = OUT_MAX_BYTES;
    buf_clear(&x->out);
    return NEXT;
}

/* ---- heart-beats: comments between events, so that no proxy on the way takes thinking for silence ---- */

static void beat_looks(struct ask *ask);

static void watch_beat(struct exchange *x, uint64_t in_ms)
{
    x->ask_beat.in_ms = in_ms;
    x->ask_beat.ask.answered = beat_looks;
    x->world->timer(x->world, &x->ask_beat);
}

static void beat_looks(struct ask *ask)
{
    struct exchange *x = ask->exchange;
    uint64_t now = x->world->now_ms(x->world), due = x->last_sent_ms + x->route->heartbeat_ms;
    if (now >= due) {
        x->world->answer_bytes(x->world, x, STR(": keep-alive\n\n"));
        x->last_sent_ms = now;
        due = now + x->route->heartbeat_ms;
    }
    if (!x->is_over)
        watch_beat(x, due - now);
}

void relay_send_head(struct exchange *x)
{
    struct answer_head head = {
        .status = x->upstream_status,
        .fields = x->answer_fields,
        .has_length = x->answer_has_length,
        .content_length = x->answer_length,
        .has_body = x->answer_has_body,
    };
    x->status = x->upstream_status;
    x->answer_begun = true;
    x->last_sent_ms = x->world->now_ms(x->world);
    x->world->answer_head(x->world, x, &head);
    if (x->is_event_stream && x->route->heartbeat_ms)
        watch_beat(x, x->route->heartbeat_ms);
}

/* An answer that is passed on piece by piece begins, unless a verdict is still out. */
enum verdict stage_relay(struct exchange *x)
{
    if (!x->is_whole && !x->holds)
        relay_send_head(x);
    return exchange_wait(x, NULL, NULL);
}
