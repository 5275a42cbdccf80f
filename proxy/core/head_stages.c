/* head_stages.c - the built-in parts of `route` and `limit`, which need no body. */
#include "proxy/core/pipeline.h"
#include "proxy/core/route.h"

enum verdict stage_route(struct exchange *x)
{
    struct http_head *h = x->head;
    x->dialect = dialect_of_refusal(h->path);
    if (h->has_upgrade && h->method == METHOD_GET && http_field_has_token(h, HTTP_FIELD_UPGRADE, STR("websocket")))
        return exchange_refuse(x, WHY_BAD_REQUEST, "asks for a WebSocket"); /* others need not be taken: RFC 9110 §7.8 */
    if (!x->world->is_accepting(x->world))
        return exchange_refuse(x, WHY_OVERLOADED, "the journal is stuck");
    if (!url_path_is_plain(h->path))
        return exchange_refuse(x, WHY_BAD_REQUEST, "a path that could mean two things");

    bool path_known = false;
    const struct route *route = route_find(x->setup, h->method_word, h->host, h->path, &path_known);
    if (!route)
        return exchange_refuse(x, path_known ? WHY_METHOD : WHY_NO_ROUTE, "no route fits");

    const char *allow = NULL;
    const struct dialect *d = route->dialect;
    if (d ? !d->recognise(h->method, h->path, h->query, &x->arena, &x->call, &allow)
          : !(d = dialect_recognise(h->method, h->path, h->query, &x->arena, &x->call, &allow))) {
        d = route->pass_through ? dialect_named(STR("pass_through")) : NULL;
        if (!d || !d->recognise(h->method, h->path, h->query, &x->arena, &x->call, &allow))
            return exchange_refuse(x, WHY_NO_ROUTE, "the path is no operation of a known API");
    }
    x->dialect = d;
    if (allow) {
        x->allow = allow;
        return exchange_refuse(x, WHY_METHOD, "the operation does not take this method");
    }
    x->route = route;
    return NEXT;
}

static enum verdict limits_answered(struct exchange *x)
{
    if (x->left) {
        x->limits_asked -= x->ask_store.result == STORE_PASSED ? 0 : x->ask_store.ops_count;
        x->why = x->left;
        x->why_stage = x->stage;
        return STOP;
    }
    if (x->ask_store.result == STORE_PASSED)
        return NEXT;
    size_t asked = x->limits_asked;
    x->limits_asked -= x->ask_store.ops_count; /* nothing of these was taken, nothing is to be given back */
    if (x->ask_store.result == STORE_DOWN)
        return exchange_refuse(x, WHY_STORE_DOWN, "the store of limits does not answer");
    enum reason why = WHY_OVER_LIMIT;
    const char *what = "";
    for (size_t i = x->limits_asked; i < asked; i++) {
        const struct limit_op *op = &x->limits[i];
        if (op->allowed || op->soft || op->retry_ms < x->retry_ms)
            continue;
        x->retry_ms = op->retry_ms;
        what = x->limit_rules[i].what;
        why = op->kind == LIMIT_CONCURRENCY ? WHY_OVER_CONCURRENCY : WHY_OVER_LIMIT;
        x->rule = op->key;
    }
    return exchange_refuse(x, why, "limit of %s reached", what);
}

enum verdict stage_limit(struct exchange *x)
{
    if (x->limits_count == x->limits_asked)
        return NEXT;
    x->ask_store.ops = &x->limits[x->limits_asked];
    x->ask_store.ops_count = x->limits_count - x->limits_asked;
    x->ask_store.settle = false;
    x->ask_store.ask.answered = exchange_answered;
    x->limits_asked = x->limits_count;
    x->world->store(x->world, &x->ask_store);
    return exchange_wait(x, &x->ask_store.ask, limits_answered);
}

void limits_give_back(struct exchange *x)
{
    struct limit_op ops[EXCHANGE_LIMITS_MAX];
    size_t n = 0;
    for (size_t i = 0; i < x->limits_asked; i++) {
        if (!x->limit_rules[i].give_back)
            continue;
        ops[n] = x->limits[i];
        ops[n++].cost = -x->limits[i].cost;
    }
    if (!n)
        return;
    struct ask_store ask = { .ops = ops, .ops_count = n, .settle = true };
    x->world->store(x->world, &ask);
}
