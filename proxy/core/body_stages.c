/* body_stages.c - the built-in parts of `read`, `select` and `stamp`. */
#include "proxy/core/health.h"
#include "proxy/core/local.h"
#include "proxy/core/pipeline.h"
#include "proxy/http/gzip.h"
#include "proxy/http/media.h"

enum { TEXT_COPIES_MAX = 4 };

/* ---- read ---- */

/* Gzip is unpacked in place of the body; anything else that is coded is refused, since no filter could read it. */
static enum verdict unpack(struct exchange *x)
{
    struct str coding = http_known_value(x->head, HTTP_FIELD_CONTENT_ENCODING);
    size_t count = http_field_count(x->head, STR("content-encoding"));
    if (count <= 1 && (!coding.len || str_eq_nocase(coding, STR("identity"))))
        return NEXT;
    if (count != 1 || !(str_eq_nocase(coding, STR("gzip")) || str_eq_nocase(coding, STR("x-gzip")))) /* RFC 9110 §8.4.1.3 */
        return exchange_refuse(x, WHY_BAD_ENCODING, "content coding is not gzip");
    struct buf packed = x->body;
    buf_init(&x->body, packed.ceiling_bytes);
    enum gzip_answer answer = gzip_unpack(buf_str(&packed), &x->body);
    buf_finish(&packed);
    if (answer == GZIP_OK)
        return NEXT;
    return exchange_refuse(x, answer == GZIP_BAD ? WHY_BAD_ENCODING : WHY_BODY_TOO_LARGE, "gzip body: %s",
                           answer == GZIP_BAD ? "broken" : "too large unpacked");
}

enum verdict body_arrived(struct exchange *x)
{
    enum verdict v = unpack(x);
    if (v != NEXT || !x->dialect->reads_json)
        return v;
    const char *why = "empty";
    struct jsonx_error error = { 0, "empty body" };
    struct jsonx_limits limits = JSONX_LIMITS_DEFAULT;
    limits.depth = (uint32_t)x->route->max_json_depth;
    if (!jsonx_index(&x->json, buf_str(&x->body), &limits, &error))
        return exchange_refuse(x, WHY_BAD_JSON, "byte %zu: %s", error.offset, error.why);
    /* Texts with escapes are copied, and no copy is longer than what it was read from: max_body bounds them. Filters that
     * rewrite texts need as much again, each for its own. */
    x->arena.ceiling_bytes += TEXT_COPIES_MAX * buf_len(&x->body);
    if (!x->dialect->read_request(&x->json, &x->arena, &x->call, &why)) {
        x->param = str_c(why);
        return exchange_refuse(x, WHY_BAD_JSON, "%s", why);
    }
    if (x->call.model_differs && !x->route->rewrite_model) {
        x->param = STR("model");
        return exchange_refuse(x, WHY_BAD_JSON, "model is not the deployment of the path, and the route has no rewrite_model");
    }
    return NEXT;
}

enum verdict stage_read(struct exchange *x)
{
    const struct http_head *h = x->head;
    x->body.ceiling_bytes = x->route->max_body;
    if (!h->chunked && !(h->has_length && h->content_length)) {
        if (h->method == METHOD_POST && x->dialect->reads_json)
            return exchange_refuse(x, WHY_BAD_JSON, "no body");
        return NEXT;
    }
    if (x->dialect->reads_json) {
        struct str charset;
        struct str type = media_type(http_known_value(h, HTTP_FIELD_CONTENT_TYPE), &charset);
        if (!media_is_json(type) || http_field_count(h, STR("content-type")) != 1)
            return exchange_refuse(x, WHY_BAD_ENCODING, "content type is not JSON");
        if (charset.at && !str_eq_nocase(charset, STR("utf-8")) && !str_eq_nocase(charset, STR("utf8")))
            return exchange_refuse(x, WHY_BAD_ENCODING, "character set is not UTF-8");
    }
    if (h->has_length && h->content_length > x->route->max_body)
        return exchange_refuse(x, WHY_BODY_TOO_LARGE, "content-length is above max_body");
    x->world->read_body(x->world, x, x->route->max_body);
    return exchange_wait(x, NULL, body_arrived);
}

void exchange_body_bytes(struct exchange *x, struct str bytes)
{
    if (x->is_over)
        return;
    x->bytes_in += bytes.len;
    if (!buf_add(&x->body, bytes))
        exchange_body_failed(x, WHY_BODY_TOO_LARGE, "the body is above max_body");
}

void exchange_body_end(struct exchange *x)
{
    exchange_continue(x);
}

void exchange_body_failed(struct exchange *x, enum reason why, const char *detail)
{
    if (x->is_over)
        return;
    exchange_refuse(x, why, "%s", detail);
    pipeline_end(x);
}

/* ---- admit ---- */

/* What no filter of the stage has allowed and nobody may have unasked: addresses that the model server opens with rights of its
 * own, and what other callers stored there (azure.md §3.3, §3.9). */
enum verdict stage_admit(struct exchange *x)
{
    static const char *const UNASKED[] = { "data_sources", "server_url" };
    for (size_t i = 0; i < x->call.urls_count; i++) {
        const struct body_url *u = &x->call.urls[i];
        for (size_t k = 0; k < ARRAY_LEN(UNASKED) && !u->is_judged; k++)
            if (strcmp(u->what, UNASKED[k]) == 0) {
                x->param = str_c(u->what);
                return exchange_refuse(x, WHY_OPTION_NOT_ALLOWED, "%s without a urls filter", u->what);
            }
    }
    if (x->route->insecure_shared_objects)
        return NEXT;
    if (x->call.operation == OP_RESPONSE_OTHER)
        return exchange_refuse(x, WHY_NOT_ALLOWED, "a stored response without insecure_shared_objects");
    if (x->call.refers) {
        x->param = str_c(x->call.refers);
        return exchange_refuse(x, WHY_OPTION_NOT_ALLOWED, "%s without insecure_shared_objects", x->call.refers);
    }
    return NEXT;
}

/* ---- select ---- */

static struct pool *pool_for_model(const struct exchange *x)
{
    const struct selection *list = x->route->select.at;
    for (size_t i = 0; i < x->route->select.count; i++) {
        if (!list[i].models.count)
            return list[i].pool;
        for (size_t k = 0; k < list[i].models.count; k++)
            if (str_eq(list[i].models.at[k], x->call.model_key))
                return list[i].pool;
    }
    return NULL;
}

enum verdict stage_select(struct exchange *x)
{
    uint64_t retry_ms = 0;
    if (local_answers(x))
        return local_models(x);
    if (!x->pool && !(x->pool = pool_for_model(x)))
        return exchange_refuse(x, WHY_MODEL_NOT_ALLOWED, "no pool of this route serves the model");
    x->endpoint = health_pick(x->pool, x->tried, x->world->now_ms(x->world), &retry_ms);
    if (x->endpoint)
        return NEXT;
    x->retry_ms = retry_ms;
    return exchange_refuse(x, WHY_NO_ENDPOINT, "every endpoint of pool " STR_F " rests or was tried",
                           STR_A(x->pool->name.text));
}

/* ---- stamp ---- */

enum verdict stage_stamp(struct exchange *x)
{
    const struct filter *identity = x->setup->language->identity;
    buf_clear(&x->identity);
    return x->pool->identity && identity ? identity->step(x, x->pool->identity) : NEXT;
}
