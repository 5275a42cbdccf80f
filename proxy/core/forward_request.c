/* forward_request.c - our request to the model server, written from what was read. */
#include "proxy/base/hmac.h"
#include "proxy/core/pipeline.h"
#include "proxy/core/rewrite.h"
#include "proxy/core/trace.h"
#include "proxy/http/hop.h"
#include "proxy/http/writer.h"

enum { REWRITTEN_GROWTH_MAX = 4, OWN_KEY_BYTES = 16 };
static const struct str IDEMPOTENCY_KEY = STR_INIT("idempotency-key");

/* Fields of the caller that travel on (azure.md §3.3: the service takes at most ten custom ones). Pass-through routes
 * send everything but what must not leave. */
static const struct str SENT_FIELDS[] = {
    STR_INIT("accept"),
    STR_INIT("content-type"),
    STR_INIT("user-agent"),
    STR_INIT("openai-beta"),
    STR_INIT("aoai-evals"),
    STR_INIT("idempotency-key"),
    STR_INIT("x-ms-client-request-id"),
};

/* Never sent: the caller's credentials, what would override the service's own rules, what only we may say. An organization or
 * project chooses who pays and whose limits count: with our key, that is not the caller's choice. */
static const struct str HELD_FIELDS[] = {
    STR_INIT("authorization"),
    STR_INIT("proxy-authorization"),
    STR_INIT("api-key"),
    STR_INIT("x-api-key"),
    STR_INIT("ocp-apim-subscription-key"),
    STR_INIT("openai-organization"),
    STR_INIT("openai-project"),
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

/* Everybody behind one gateway is the same principal to the model server: by another's key nobody gets another's answer.
 * Who is let in without a credential shares one. */
static bool add_own_key(struct exchange *x, struct buf *out, struct str key)
{
    const struct caller *c = x->caller;
    struct str whose = STR("");
    if (c)
        whose = arena_printf(&x->arena, "%d %zu:" STR_F "%zu:" STR_F "%zu:" STR_F, (int)c->kind, c->issuer.len,
                             STR_A(c->issuer), c->tenant.len, STR_A(c->tenant), c->subject.len, STR_A(c->subject));
    unsigned char mac[HMAC_BYTES];
    char text[OWN_KEY_BYTES * 2];
    if (!whose.at || !hmac_sha256(whose, key, mac))
        return false;
    hex_encode(text, mac, OWN_KEY_BYTES);
    return http_write_field(out, IDEMPOTENCY_KEY, str_of(text, sizeof text));
}

static bool is_trace_state(const struct exchange *x, const struct http_field *f)
{
    return str_eq_nocase(f->name, STR("tracestate")) && !http_field_is_hop(x->head, f);
}

/* What vendors added to the trace goes with it, as one field, or not at all. */
static bool add_trace_state(const struct exchange *x, struct buf *out)
{
    size_t members = 0, bytes = 0;
    for (size_t i = 0; i < x->head->fields_count; i++) {
        const struct http_field *f = &x->head->fields[i];
        if (!is_trace_state(x, f))
            continue;
        if (!trace_state_count(f->value, &members))
            return true;
        bytes += f->value.len + (bytes > 0);
    }
    if (!members || members > TRACE_STATE_MEMBERS || bytes > TRACE_STATE_BYTES)
        return true;
    struct str before = STR("tracestate: ");
    bool ok = true;
    for (size_t i = 0; ok && i < x->head->fields_count; i++)
        if (is_trace_state(x, &x->head->fields[i])) {
            ok = buf_add(out, before) && buf_add(out, x->head->fields[i].value);
            before = STR(",");
        }
    return ok && buf_add(out, STR("\r\n"));
}

static bool make_head(struct exchange *x, size_t body_len)
{
    struct buf *out = &x->out_head;
    buf_clear(out);
    bool ok = buf_add(out, x->head->method_word) && buf_add(out, STR(" ")) && add_target(x, out) &&
              buf_add(out, STR(" HTTP/1.1\r\n")) && http_write_field(out, STR("host"), x->endpoint->host_header);
    for (size_t i = 0; ok && i < x->head->fields_count; i++) {
        const struct http_field *f = &x->head->fields[i];
        if (!may_send(x, f))
            continue;
        bool is_key = str_eq_nocase(f->name, IDEMPOTENCY_KEY);
        ok = is_key ? add_own_key(x, out, f->value) : http_write_taken_field(out, f);
    }
    if (ok && (body_len || x->head->method == METHOD_POST || x->head->method == METHOD_PUT))
        ok = http_write_field_number(out, STR("content-length"), body_len);
    return ok && buf_add(out, STR("accept-encoding: identity\r\ntraceparent: ")) &&
           buf_add(out, str_of(x->traceparent, 55)) && buf_add(out, STR("\r\n")) &&
           (!x->trace_goes_on || add_trace_state(x, out)) &&
           buf_add(out, buf_str(&x->identity)) && buf_add(out, STR("\r\n"));
}

bool forward_write_request(struct exchange *x)
{
    size_t body_len;
    if (!make_body(x, &body_len) || !make_head(x, body_len))
        return false;
    x->ask_forward.head = buf_str(&x->out_head);
    return true;
}
