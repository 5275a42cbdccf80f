/* refusal.c - a reason as an HTTP answer. */
#include "proxy/core/refusal.h"

#include "proxy/base/put.h"
#include "proxy/core/answer_text.h"
#include "proxy/http/writer.h"

enum { LIMIT_FIELDS_BYTES = 3 * 64 + 5 * PUT_U64_MAX };

/* OpenAI's reset fields are durations as text ("6m0s", "12ms", "2h5m0s"); Azure's are whole seconds. */
static char *put_reset(char *at, bool azure, uint64_t reset_ms)
{
    uint64_t s = (reset_ms + 999) / 1000;
    if (azure)
        return put_u64(at, s);
    if (reset_ms < 1000)
        return put_str(put_u64(at, reset_ms), STR("ms"));
    if (s >= 3600)
        at = put_str(put_u64(at, s / 3600), STR("h"));
    if (s >= 60)
        at = put_str(put_u64(at, s / 60 % 60), STR("m"));
    return put_str(put_u64(at, s % 60), STR("s"));
}

/* Of several limits of one kind the tightest, and one that was reached before any other; NULL: there is none. */
static const struct limit_op *tightest_of(const struct exchange *x, const char *what)
{
    const struct limit_op *tightest = NULL;
    for (size_t i = 0; i < x->limits_count; i++) {
        const struct limit_op *op = &x->limits[i];
        const struct limit_rule *rule = &x->limit_rules[i];
        if (op->kind == LIMIT_CONCURRENCY || op->soft || !rule->is_answered || strcmp(rule->what, what) != 0)
            continue;
        bool is_worse = tightest && op->allowed != tightest->allowed ? !op->allowed
                                                                     : !tightest || op->remaining < tightest->remaining;
        tightest = is_worse ? op : tightest;
    }
    return tightest;
}

static bool add_limits(struct exchange *x, struct buf *out)
{
    static const struct {
        const char *what;
        struct str limit, remaining, reset;
    } ROWS[] = {
#define ROW(what)                                                                                                      \
    { what, STR_INIT("x-ratelimit-limit-" what ": "), STR_INIT("\r\nx-ratelimit-remaining-" what ": "),                \
      STR_INIT("\r\nx-ratelimit-reset-" what ": ") }
        ROW("requests"),
        ROW("tokens"),
    };
    for (size_t i = 0; x->limits_count && i < ARRAY_LEN(ROWS); i++) {
        const struct limit_op *op = tightest_of(x, ROWS[i].what);
        if (!op)
            continue;
        char *begin = buf_reserve(out, LIMIT_FIELDS_BYTES);
        if (!begin)
            return false;
        char *at = put_u64(put_str(begin, ROWS[i].limit), op->count);
        at = put_u64(put_str(at, ROWS[i].remaining), op->remaining);
        at = put_reset(put_str(at, ROWS[i].reset), str_starts(str_c(x->dialect->name), STR("azure")), op->reset_ms);
        at = put_str(at, STR("\r\n"));
        buf_grew(out, (size_t)(at - begin));
    }
    return true;
}

bool answer_common_fields(struct exchange *x, struct buf *out)
{
    return buf_add(out, STR("x-request-id: ")) && buf_add(out, str_c(x->request_id)) && buf_add(out, STR("\r\n")) &&
           add_limits(x, out);
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

/* A rate of tokens fills again, whatever is said of budgets; a quota of requests does not soon. */
static enum retry_advice retry_advice(const struct exchange *x)
{
    if (x->is_final)
        return FINAL;
    return x->why == WHY_OVER_BUDGET && x->retry_ms ? RETRY : REASONS[x->why].retry;
}

static bool add_refusal_fields(struct exchange *x, struct buf *out, unsigned status)
{
    const struct reason_row *row = &REASONS[x->why];
    bool ok = buf_add(out, STR("content-type: application/json\r\n"));
    bool may_retry = retry_advice(x) == RETRY;
    if (row->retry != SILENT)
        ok = ok && buf_addf(out, "x-should-retry: %s\r\n", may_retry ? "true" : "false");
    if ((status == 429 || status == 503) && (may_retry || x->retry_ms)) /* of a quota: when its period is over */
        ok = ok && answer_retry_fields(x, out);
    if (status == 401 || (status == 403 && x->challenge.len)) /* insufficient_scope, RFC 6750 §3.1 */
        ok = ok &&
             http_write_field(out, STR("www-authenticate"), x->challenge.len ? x->challenge : STR("Bearer realm=\"\""));
    if (status == 405 && x->allow)
        ok = ok && http_write_field(out, STR("allow"), str_c(x->allow));
    return ok;
}

/* Which limit, and when it lets the next one pass. */
static struct str limit_message(struct exchange *x, const char *sentence)
{
    struct buf b;
    buf_init(&b, 1024);
    bool ok = buf_add(&b, str_c(sentence));
    if (x->limit_text.len)
        ok = ok && buf_addf(&b, " The limit is " STR_F ".", STR_A(x->limit_text));
    if (x->retry_ms)
        ok = ok && buf_addf(&b, " Please retry after %llu seconds.", (unsigned long long)(x->retry_ms + 999) / 1000);
    else if (x->is_final)
        ok = ok && buf_add(&b, STR(" This request asks for more than the limit ever lets pass at once."));
    struct str message = ok ? arena_copy(&x->arena, buf_str(&b)) : str_c(sentence);
    buf_finish(&b);
    return message;
}

static struct str message_of(struct exchange *x)
{
    const char *sentence = REASONS[x->why].sentence;
    if (x->why == WHY_NO_CREDENTIAL && !exchange_wants_token(x))
        return STR("No credential was given. Connect with a client certificate that is taken here.");
    if ((x->why == WHY_BAD_JSON || x->why == WHY_BAD_ENCODING) && x->detail.len)
        return arena_printf(&x->arena, "%s (" STR_F ")", sentence, STR_A(x->detail));
    if (x->why == WHY_OPTION_NOT_ALLOWED && x->param.len)
        return arena_printf(&x->arena, "%s (" STR_F ")", sentence, STR_A(x->param));
    if (x->why == WHY_OVER_LIMIT || x->why == WHY_OVER_CONCURRENCY || x->why == WHY_OVER_BUDGET)
        return limit_message(x, sentence);
    return str_c(sentence);
}

/* As if the model had come to the limit of its answer. */
static bool write_stop(struct exchange *x)
{
    struct usage so_far = { .known = true, .input_tokens = x->budget.input_tokens, .output_tokens = x->budget.produced };
    if (x->dialect->write_event_stop(&x->out, &x->call, &x->facts, &so_far, x->budget.events))
        return true;
    buf_clear(&x->out);
    return false;
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
        bool stops = x->is_event_stream && x->why == WHY_CUT_OFF && x->budget.ends_softly && d->write_event_stop;
        if (stops && !answer_texts_over(x)) { /* what was kept back may not be told */
            stops = false;
            message = str_c(REASONS[x->why].sentence);
            buf_clear(&x->out);
        }
        if (x->holds) /* nor what nobody has judged */
            buf_clear(&x->out);
        bool told = x->is_event_stream &&
                    ((stops && write_stop(x)) || d->write_event_error(&x->out, x->why, message, x->param, id));
        if (told) {
            x->bytes_out += buf_len(&x->out);
            x->world->answer_bytes(x->world, x, buf_str(&x->out));
        }
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
