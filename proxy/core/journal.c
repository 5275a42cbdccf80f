/* journal.c - the audit line. config/observability/README.md tells what its fields mean. */
#include "proxy/core/journal.h"

#include <time.h>

#include "proxy/base/ascii.h"

enum { LINE_MAX_BYTES = 4000 }; /* below PIPE_BUF with the line feed, so that a pipe never tears one */

/* Of words that a model server tells. */
enum { MODEL_BYTES_MAX = 128, FINISH_BYTES_MAX = 32 };

/* Texts from the outside are cut to what they cost in the line, so that no caller can push the rest out of it. */
enum { TEXT_COST = 110, LONG_TEXT_COST = 200, ESCAPE_COST = 6 };

static struct str cut_to_cost(struct str value, size_t cost_max)
{
    size_t cost = 0;
    if (value.len <= cost_max / ESCAPE_COST)
        return value;
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.at[i];
        cost += c < 0x20 || c > 0x7e || c == '"' || c == '\\' ? ESCAPE_COST : 1;
        if (cost > cost_max)
            return str_first(value, i);
    }
    return value;
}

/* A word of our own, of which no byte must be escaped. */
static bool add_as_it_is(struct buf *out, struct str member, struct str word)
{
    size_t len = member.len + word.len + 1;
    char *at = word.len ? buf_reserve(out, len) : NULL;
    if (!at)
        return !word.len;
    memcpy(at, member.at, member.len);
    memcpy(at + member.len, word.at, word.len);
    at[len - 1] = '"';
    buf_grew(out, len);
    return true;
}

static bool add_value(struct buf *out, struct str member, struct str value, size_t cost_max)
{
    if (value.len > cost_max || buf_json_plain(value) < value.len) /* nearly none */
        return buf_add(out, member) && buf_add_json(out, cut_to_cost(value, cost_max)) && buf_add(out, STR("\""));
    return add_as_it_is(out, member, value);
}

/* The members' names are literals: put together here, they cost one copy. */
#define add_costly(out, name, value, cost_max) add_value((out), STR(",\"" name "\":\""), (value), (cost_max))
#define add_text(out, name, value)             add_costly(out, name, value, TEXT_COST)
#define add_word(out, name, word)              add_as_it_is((out), STR(",\"" name "\":\""), (word))
#define add_number(out, name, value)           (buf_add((out), STR(",\"" name "\":")) && buf_add_u64((out), (value)))

static bool add_time(struct buf *out, int64_t wall_ms)
{
    /* the broken-down second is kept: lines come by the thousand in one */
    static time_t kept = -1;
    static char text[24];
    time_t second = (time_t)(wall_ms / 1000);
    if (second != kept) {
        struct tm utc;
        gmtime_r(&second, &utc);
        strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc);
        kept = second;
    }
    unsigned ms = (unsigned)(wall_ms % 1000);
    char fraction[] = { '.', (char)('0' + ms / 100), (char)('0' + ms / 10 % 10), (char)('0' + ms % 10), 'Z', '"' };
    return buf_add(out, STR("{\"time\":\"")) && buf_add(out, str_c(text)) && buf_add(out, str_of(fraction, 6));
}

static bool add_address(struct buf *out, const struct peer *peer)
{
    char text[64];
    if (!peer || peer->is_unix)
        return add_word(out, "address", STR("unix"));
    return !ip_print(&peer->address, text, sizeof text) || add_word(out, "address", str_c(text));
}

static bool add_caller(struct buf *out, const struct caller *c)
{
    static const char *const KINDS[] = { "none", "token", "key", "certificate" };
    if (!c)
        return true;
    return add_word(out, "credential", str_c(KINDS[c->kind])) && add_text(out, "issuer", c->issuer) &&
           add_text(out, "subject", c->subject) && add_text(out, "tenant", c->tenant) && add_text(out, "app", c->app) &&
           add_text(out, "token_id", c->token_id) && add_word(out, "token_hash", str_c(c->token_hash));
}

/* A word that a model server tells, and nothing that could be a piece of an answer. */
static struct str told_word(struct str value, size_t len_max)
{
    return value.len <= len_max && ascii_is_made_of(value, STR("_-.:/@+")) ? value : STR_NONE;
}

static bool add_answer(struct buf *out, const struct exchange *x)
{
    const struct answer_facts *f = &x->facts;
    bool ok = add_text(out, "model", x->call.model) && add_text(out, "model_answered", told_word(f->model, MODEL_BYTES_MAX)) &&
              add_text(out, "finish", told_word(f->finish_reason, FINISH_BYTES_MAX));
    if (x->endpoint)
        ok = ok && add_text(out, "endpoint", x->endpoint->name) && add_number(out, "attempts", x->attempts);
    if (x->upstream_status)
        ok = ok && add_number(out, "upstream_status", x->upstream_status);
    if (f->usage.known)
        ok = ok && add_number(out, "tokens_in", f->usage.input_tokens) &&
             add_number(out, "tokens_out", f->usage.output_tokens) &&
             add_number(out, "tokens_cached", f->usage.cached_tokens);
    return ok;
}

/* Billionths as a decimal number. */
static bool add_money(struct buf *out, struct str member, uint64_t billionths)
{
    return buf_add(out, member) &&
           buf_addf(out, "%llu.%09llu", (unsigned long long)(billionths / 1000000000),
                    (unsigned long long)(billionths % 1000000000));
}

static bool add_budget(struct buf *out, const struct exchange *x)
{
    const struct budget *b = &x->budget;
    if (!b->is_metered)
        return true;
    bool ok = add_number(out, "tokens_reserved", b->input_tokens + b->output_tokens) &&
              add_number(out, "tokens_settled", b->settled_tokens);
    if (b->slices)
        ok = ok && add_number(out, "slices", b->slices);
    if (b->currency.len)
        ok = ok && add_money(out, STR(",\"money_reserved\":"), b->reserved_money) &&
             add_money(out, STR(",\"money_settled\":"), b->settled_money) && add_text(out, "currency", b->currency);
    return ok;
}

/* The limits that were asked for: name without the caller's attributes, what was asked, used, and what is left. */
static bool add_limits(struct buf *out, const struct exchange *x)
{
    bool ok = true, any = false;
    for (size_t i = 0; ok && i < x->limits_count; i++) {
        const struct limit_op *op = &x->limits[i];
        const struct limit_rule *rule = &x->limit_rules[i];
        if (!rule->is_answered)
            continue;
        ok = buf_add(out, any ? STR(",{\"name\":\"") : STR(",\"limits\":[{\"name\":\"")) &&
             buf_add_json(out, str_first(op->key, str_find(op->key, '|'))) && buf_add(out, STR("\"")) &&
             add_number(out, "asked", (uint64_t)op->cost);
        if (rule->meter.is_metered && i < x->limits_asked)
            ok = ok && add_number(out, "used", rule->used);
        ok = ok && add_number(out, "left", op->remaining);
        if (!op->allowed)
            ok = ok && buf_add(out, op->soft ? STR(",\"over\":\"reported\"") : STR(",\"over\":\"refused\""));
        if (op->is_local)
            ok = ok && buf_add(out, STR(",\"local\":true"));
        ok = ok && buf_add(out, STR("}"));
        any = true;
    }
    return ok && (!any || buf_add(out, STR("]")));
}

static bool write_line(const struct exchange *x, struct buf *out, struct str findings, bool tells_limits)
{
    bool ok = add_time(out, x->wall_ms) && add_word(out, "id", str_c(x->request_id)) &&
              add_word(out, "trace", str_of(x->traceparent + 3, 32)) && add_address(out, x->peer);
    if (x->peer && x->peer->has_link_id)
        ok = ok && add_number(out, "link_id", x->peer->link_id);
    ok = ok && add_caller(out, x->caller);
    if (x->head)
        ok = ok && add_text(out, "method", x->head->method_word) && add_costly(out, "path", x->path, LONG_TEXT_COST);
    if (x->route)
        ok = ok && add_text(out, "route", x->route->name.text) && add_text(out, "environment", x->route->environment);
    ok = ok && add_word(out, "operation", str_c(OPERATIONS[x->call.operation])) &&
         add_text(out, "deployment", x->call.deployment) && add_answer(out, x);
    if (x->call.is_stream)
        ok = ok && buf_add(out, STR(",\"stream\":true"));
    ok = ok && add_number(out, "status", x->status) && add_word(out, "reason", str_c(REASONS[x->why].word));
    if (x->why != WHY_SERVED)
        ok = ok &&
             add_word(out, "stage", str_c(STAGES[x->why_stage < STAGE_COUNT ? x->why_stage : STAGE_ROUTE].word)) &&
             add_costly(out, "detail", x->detail, LONG_TEXT_COST) && add_text(out, "rule", x->rule);
    if (findings.len)
        ok = ok && buf_add(out, STR(",\"findings\":[")) && buf_add(out, findings) && buf_add(out, STR("]"));
    ok = ok && add_budget(out, x) && (!tells_limits || add_limits(out, x));
    ok = ok && add_number(out, "bytes_in", x->bytes_in) && add_number(out, "bytes_out", x->bytes_out);
    if (x->first_byte_ms)
        ok = ok && add_number(out, "first_byte_ms", x->first_byte_ms - x->began_ms);
    return ok && add_number(out, "total_ms", x->ended_ms - x->began_ms) && buf_add(out, STR("}"));
}

void journal_write(struct exchange *x)
{
    static struct buf line; /* kept: one a process */
    line.ceiling_bytes = LINE_MAX_BYTES;
    buf_clear(&line);
    bool ok = write_line(x, &line, x->findings, true);
    for (int less = 0; !ok && less < 2; less++) { /* too many limits or findings: the rest fits, by the costs above */
        buf_clear(&line);
        ok = write_line(x, &line, less ? STR_NONE : x->findings, false);
    }
    if (!ok)
        return; /* no memory for one line: nothing more can be said */
    x->world->journal(x->world, buf_str(&line));
}
