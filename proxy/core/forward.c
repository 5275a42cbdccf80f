/* forward.c - our request to the model server, written from what was read, and what to do with how it is answered. */
#include "proxy/core/figures.h"
#include "proxy/core/health.h"
#include "proxy/core/pipeline.h"
#include "proxy/core/refusal.h"
#include "proxy/core/rewrite.h"
#include "proxy/http/hop.h"
#include "proxy/http/writer.h"

enum { REWRITTEN_GROWTH_MAX = 4 };

/* Fields of the caller that travel on (azure.md §3.3: the service takes at most ten custom ones). Pass-through routes
 * send everything but what must not leave. */
static const struct str SENT_FIELDS[] = {
    STR_INIT("accept"),
    STR_INIT("content-type"),
    STR_INIT("user-agent"),
    STR_INIT("openai-beta"),
    STR_INIT("aoai-evals"),
    STR_INIT("idempotency-key"),
    STR_INIT("openai-organization"),
    STR_INIT("openai-project"),
    STR_INIT("x-ms-client-request-id"),
};

/* Never sent: the caller's credentials, what would override the service's own rules, what only we may say. */
static const struct str HELD_FIELDS[] = {
    STR_INIT("authorization"),
    STR_INIT("proxy-authorization"),
    STR_INIT("api-key"),
    STR_INIT("x-api-key"),
    STR_INIT("ocp-apim-subscription-key"),
    STR_INIT("cookie"),
    STR_INIT("host"),
    STR_INIT("content-length"),
    STR_INIT("content-encoding"),
    STR_INIT("accept-encoding"),
    STR_INIT("expect"),
    STR_INIT("traceparent"),
    STR_INIT("tracestate"),
    STR_INIT("forwarded"),
    STR_INIT("via"),
    STR_INIT("x-policy-id"),
    STR_INIT("x-ms-spillover-deployment"),
    STR_INIT("azureml-model-deployment"),
    STR_INIT("extra-parameters"),
    STR_INIT("x-real-ip"),
    STR_INIT("true-client-ip"),
    STR_INIT("sec-websocket-protocol"),
    STR_INIT("sec-websocket-key"),
    STR_INIT("x-request-id"),
    STR_INIT("http2-settings"),
    STR_INIT("remote-user"),
    STR_INIT("client-ip"),
    STR_INIT("cf-connecting-ip"),
    STR_INIT("x-cluster-client-ip"),
    STR_INIT("x-method-override"),
};
static const char *const HELD_PREFIXES[] = {
    "x-forwarded-", "x-ms-",     "x-original-", "x-envoy-", "x-bartizan-", "proxy-",
    "x-http-",      "x-rewrite", "x-remote-",   "x-client", "x-user",      "x-auth",
};

static bool may_send(const struct exchange *x, const struct http_field *f)
{
    if (!x->route->pass_through || x->dialect->reads_json)
        return str_is_one_of_nocase(f->name, SENT_FIELDS, ARRAY_LEN(SENT_FIELDS)) && !http_field_is_hop(x->head, f);
    if (http_field_is_hop(x->head, f) || str_is_one_of_nocase(f->name, HELD_FIELDS, ARRAY_LEN(HELD_FIELDS)))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(HELD_PREFIXES); i++)
        if (str_starts_nocase(f->name, str_c(HELD_PREFIXES[i])))
            return false;
    return true;
}

/* ---- the target ---- */

/* What the endpoint calls the model or deployment; the caller's word where it has no other. */
static struct str sent_model(const struct exchange *x)
{
    const struct text_map *map = &x->endpoint->models;
    for (size_t i = 0; i < map->count; i++)
        if (str_eq_nocase(map->at[i].key.text, x->call.model_key))
            return map->at[i].value;
    return x->call.deployment.len ? x->call.deployment : x->call.model;
}

static bool is_held_parameter(struct str name)
{
    static const struct str HELD[] = { STR_INIT("api-key"), STR_INIT("subscription-key"), STR_INIT("access_token"),
                                       STR_INIT("code") };
    for (size_t i = 0; i < ARRAY_LEN(HELD); i++)
        if (url_is_named(name, HELD[i]))
            return true;
    return false;
}

/* The query without what carries a credential; our api-version in place of the caller's where the endpoint has one. */
static bool add_query(const struct exchange *x, struct buf *out)
{
    struct str rest = x->head->query;
    struct str version = x->endpoint->api_version;
    char mark = '?';
    while (rest.at) {
        struct str pair = str_cut(&rest, '&'), name = pair;
        name = str_cut(&name, '=');
        if (!pair.len || is_held_parameter(name) || (version.len && url_is_named(name, STR("api-version"))))
            continue;
        if (!buf_add(out, str_of(&mark, 1)) || !buf_add(out, pair))
            return false;
        mark = '&';
    }
    if (!version.len)
        return true;
    return buf_add(out, str_of(&mark, 1)) && buf_add(out, STR("api-version=")) && url_encode(out, version);
}

/* The endpoint's base path takes the place of the family's prefix; a deployment is written as it was normalised. */
static bool add_target(const struct exchange *x, struct buf *out)
{
    struct str base = x->endpoint->url.path, path = x->path, prefix = str_c(x->dialect->prefix);
    while (base.len && base.at[base.len - 1] == '/')
        base.len--;
    if (base.len && str_starts(path, prefix))
        path = str_from(path, prefix.len);
    if (!buf_add(out, base))
        return false;
    static const char DEPLOYMENTS[] = "/deployments/";
    size_t at = x->call.deployment.len ? str_find_str(path, STR(DEPLOYMENTS)) : path.len;
    if (at == path.len)
        return buf_add(out, path) && add_query(x, out);
    size_t start = at + sizeof DEPLOYMENTS - 1;
    struct str rest = str_from(path, start);
    str_cut(&rest, '/');
    return buf_add(out, str_first(path, start)) && url_encode(out, sent_model(x)) && buf_add(out, STR("/")) &&
           buf_add(out, rest) && add_query(x, out);
}

/* ---- the body ---- */

static bool add_edits(struct exchange *x)
{
    struct str model = sent_model(x);
    struct jsonx_edit edit;
    if (x->call.model_node != JSONX_NO_NODE && model.len && !jsonx_string_is(&x->json, x->call.model_node, model)) {
        const struct jsonx_node *n = &x->json.nodes[x->call.model_node];
        if (!exchange_edit(x, n->start, n->end, model)) /* such names need no escapes */
            return false;
    }
    if (x->route->inject_usage && x->call.is_stream && x->dialect->ask_usage && !x->call.wants_usage &&
        x->dialect->ask_usage(&x->json, &x->call, &x->arena, &edit))
        return exchange_edit(x, edit.start, edit.end, edit.with);
    return true;
}

/* Pieces of the body as it is sent, at most one copy; *len is their sum. */
static bool make_body(struct exchange *x, size_t *len)
{
    struct str body = buf_str(&x->body);
    /* edits that depend on the endpoint are made anew for the next one */
    struct jsonx_edit kept[EXCHANGE_EDITS_MAX];
    size_t kept_count = x->edits_count;
    memcpy(kept, x->edits, kept_count * sizeof *kept);
    memset(x->ask_forward.body, 0, sizeof x->ask_forward.body);
    if (x->dialect->reads_json && body.len && !add_edits(x))
        return false;
    if (x->rewritten_count) {
        /* what stands in a text's place may be longer, and so may its escapes */
        x->out_body.ceiling_bytes = REWRITTEN_GROWTH_MAX * (body.len + 65536);
        buf_clear(&x->out_body);
        if (!rewrite_body(x, &x->out_body))
            return false;
        x->ask_forward.body[0] = buf_str(&x->out_body);
    } else if (x->edits_count == 0) {
        x->ask_forward.body[0] = body;
    } else if (x->edits_count == 1) {
        x->ask_forward.body[0] = str_first(body, x->edits[0].start);
        x->ask_forward.body[1] = x->edits[0].with;
        x->ask_forward.body[2] = str_from(body, x->edits[0].end);
    } else {
        x->out_body.ceiling_bytes = x->route->max_body + 65536;
        buf_clear(&x->out_body);
        if (!jsonx_splice(body, x->edits, x->edits_count, &x->out_body))
            return false;
        x->ask_forward.body[0] = buf_str(&x->out_body);
    }
    *len = 0;
    for (size_t i = 0; i < ARRAY_LEN(x->ask_forward.body); i++)
        *len += x->ask_forward.body[i].len;
    memcpy(x->edits, kept, kept_count * sizeof *kept);
    x->edits_count = kept_count;
    return true;
}

static bool make_head(struct exchange *x, size_t body_len)
{
    struct buf *out = &x->out_head;
    buf_clear(out);
    bool ok = buf_add(out, x->head->method_word) && buf_add(out, STR(" ")) && add_target(x, out) &&
              buf_add(out, STR(" HTTP/1.1\r\n")) && http_write_field(out, STR("host"), x->endpoint->host_header);
    for (size_t i = 0; ok && i < x->head->fields_count; i++) {
        const struct http_field *f = &x->head->fields[i];
        if (may_send(x, f))
            ok = http_write_taken_field(out, f);
    }
    if (ok && (body_len || x->head->method == METHOD_POST || x->head->method == METHOD_PUT))
        ok = http_write_field_number(out, STR("content-length"), body_len);
    return ok && buf_add(out, STR("accept-encoding: identity\r\ntraceparent: ")) &&
           buf_add(out, str_of(x->traceparent, 55)) && buf_add(out, STR("\r\n")) &&
           buf_add(out, buf_str(&x->identity)) && buf_add(out, STR("\r\n"));
}

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
    size_t body_len;
    if (!make_body(x, &body_len) || !make_head(x, body_len))
        return exchange_refuse(x, WHY_INTERNAL, "our request does not fit");
    struct world *w = x->world;
    x->tried |= health_bit(x->endpoint);
    x->attempts++;
    x->upstream_status = 0;
    x->forwarded_ms = x->last_upstream_ms = w->now_ms(w);
    x->ask_forward.endpoint = x->endpoint;
    x->ask_forward.head = buf_str(&x->out_head);
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

/* Notes what the status says about the endpoint. True when another endpoint should be tried. */
static bool judge(struct exchange *x, const struct http_head *h)
{
    uint64_t now = x->world->now_ms(x->world);
    struct pool *pool = x->pool;
    switch (h->status) {
    case 429:
        x->retry_ms = health_retry_after(h, 1000, pool->retry_after_max_ms);
        health_rest(x->endpoint, now, x->retry_ms);
        return true;
    case 503:
        if (http_known_value(h, HTTP_FIELD_RETRY_AFTER).at || http_known_value(h, HTTP_FIELD_RETRY_AFTER_MS).at) {
            x->retry_ms = health_retry_after(h, 1000, pool->retry_after_max_ms);
            health_rest(x->endpoint, now, x->retry_ms);
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
    x->upstream_done = true;
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
