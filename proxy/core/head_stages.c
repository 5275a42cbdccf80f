/* head_stages.c - the built-in part of `route`, which needs no body. */
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
