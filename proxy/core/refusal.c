/* refusal.c - a reason as an HTTP answer. */
#include "proxy/core/refusal.h"

#include "proxy/http/writer.h"

/* OpenAI's reset fields are durations as text ("6m0s", "12ms"); Azure's are whole seconds. */
static bool add_reset(struct exchange *x, struct buf *out, const char *what, uint64_t reset_ms)
{
    bool azure = str_starts(str_c(x->dialect->name), STR("azure"));
    uint64_t s = (reset_ms + 999) / 1000;
    bool ok = buf_add(out, STR("\r\nx-ratelimit-reset-")) && buf_add(out, str_c(what)) && buf_add(out, STR(": "));
    if (azure)
        return ok && buf_add_u64(out, s) && buf_add(out, STR("\r\n"));
    if (reset_ms < 1000)
        return ok && buf_add_u64(out, reset_ms) && buf_add(out, STR("ms\r\n"));
    ok = ok && (s < 60 || (buf_add_u64(out, s / 60) && buf_add(out, STR("m"))));
    return ok && buf_add_u64(out, s % 60) && buf_add(out, STR("s\r\n"));
}

/* Of several limits of one kind the tightest is told. */
static bool add_limits(struct exchange *x, struct buf *out, const char *what)
{
    const struct limit_op *tightest = NULL;
    for (size_t i = 0; i < x->limits_count; i++) {
        const struct limit_op *op = &x->limits[i];
        if (op->kind != LIMIT_RATE || op->soft || strcmp(x->limit_rules[i].what, what) != 0)
            continue;
        if (!tightest || op->remaining < tightest->remaining)
            tightest = op;
    }
    if (!tightest || !x->ask_store.ops || x->ask_store.result == STORE_DOWN)
        return true;
    struct str word = str_c(what);
    return buf_add(out, STR("x-ratelimit-limit-")) && buf_add(out, word) && buf_add(out, STR(": ")) &&
           buf_add_u64(out, tightest->count) && buf_add(out, STR("\r\nx-ratelimit-remaining-")) && buf_add(out, word) &&
           buf_add(out, STR(": ")) && buf_add_u64(out, tightest->remaining) &&
           add_reset(x, out, what, tightest->reset_ms);
}

bool answer_common_fields(struct exchange *x, struct buf *out)
{
    return buf_add(out, STR("x-request-id: ")) && buf_add(out, str_c(x->request_id)) && buf_add(out, STR("\r\n")) &&
           add_limits(x, out, "requests") && add_limits(x, out, "tokens");
}

void refusal_answer(struct exchange *x, unsigned status, struct str fields, struct str body)
{
    struct buf *out = &x->out_head;
    buf_clear(out);
    bool ok = buf_add(out, fields) && answer_common_fields(x, out);
    struct answer_head head = {
        .status = status,
        .fields = ok ? buf_str(out) : STR_NONE,
        .has_length = true,
        .content_length = body.len,
        .has_body = body.len > 0 && !(x->head && x->head->method == METHOD_HEAD),
    };
    x->status = status;
    x->answer_begun = true;
    x->bytes_out += body.len;
    x->world->answer_head(x->world, x, &head);
    if (head.has_body)
        x->world->answer_bytes(x->world, x, body);
    x->world->answer_end(x->world, x, true);
}

bool answer_retry_fields(const struct exchange *x, struct buf *out)
{
    unsigned long long ms = x->retry_ms ? x->retry_ms : 1000;
    return buf_addf(out, "retry-after: %llu\r\nretry-after-ms: %llu\r\n", (ms + 999) / 1000, ms);
}

static bool add_refusal_fields(struct exchange *x, struct buf *out, unsigned status)
{
    const struct reason_row *row = &REASONS[x->why];
    bool ok = buf_add(out, STR("content-type: application/json\r\n"));
    if (row->retry != SILENT)
        ok = ok && buf_addf(out, "x-should-retry: %s\r\n", row->retry == RETRY ? "true" : "false");
    if ((status == 429 || status == 503) && row->retry == RETRY)
        ok = ok && answer_retry_fields(x, out);
    if (status == 401 || (status == 403 && x->challenge.len)) /* insufficient_scope, RFC 6750 §3.1 */
        ok = ok &&
             http_write_field(out, STR("www-authenticate"), x->challenge.len ? x->challenge : STR("Bearer realm=\"\""));
    if (status == 405 && x->allow)
        ok = ok && http_write_field(out, STR("allow"), str_c(x->allow));
    return ok;
}

static struct str message_of(struct exchange *x)
{
    const char *sentence = REASONS[x->why].sentence;
    if ((x->why == WHY_BAD_JSON || x->why == WHY_BAD_ENCODING) && x->detail.len)
        return arena_printf(&x->arena, "%s (" STR_F ")", sentence, STR_A(x->detail));
    if (x->why == WHY_OPTION_NOT_ALLOWED && x->param.len)
        return arena_printf(&x->arena, "%s (" STR_F ")", sentence, STR_A(x->param));
    if (x->retry_ms && (x->why == WHY_OVER_LIMIT || x->why == WHY_OVER_CONCURRENCY))
        return arena_printf(&x->arena, "%s Please retry after %llu seconds.", sentence,
                            (unsigned long long)(x->retry_ms + 999) / 1000);
    return str_c(sentence);
}

void refusal_write(struct exchange *x)
{
    const struct reason_row *row = &REASONS[x->why];
    struct str id = str_c(x->request_id), message = message_of(x);
    const struct dialect *d = x->dialect ? x->dialect : dialect_of_refusal(x->path);
    x->dialect = d;
    if (!message.at)
        message = str_c(row->sentence);
    if (!row->status) {
        x->world->answer_end(x->world, x, false);
        return;
    }
    if (x->answer_begun) {
        x->out.ceiling_bytes = 64 * 1024;
        buf_clear(&x->out);
        bool told = x->is_event_stream && d->write_event_error(&x->out, x->why, message, id);
        if (told)
            x->world->answer_bytes(x->world, x, buf_str(&x->out));
        x->world->answer_end(x->world, x, told);
        return;
    }
    unsigned status = x->status ? x->status : row->status;
    struct buf fields;
    buf_init(&fields, 8192);
    x->answer.ceiling_bytes = x->answer.ceiling_bytes < 16384 ? 16384 : x->answer.ceiling_bytes;
    buf_clear(&x->answer);
    bool ok = add_refusal_fields(x, &fields, status) && d->write_error(&x->answer, x->why, message, x->param, id);
    refusal_answer(x, status, ok ? buf_str(&fields) : STR_NONE, ok ? buf_str(&x->answer) : STR_NONE);
    buf_finish(&fields);
}
