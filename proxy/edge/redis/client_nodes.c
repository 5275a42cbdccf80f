/* client_nodes.c - the nodes of a client: those that are configured, and those that it hears of. */
#include "proxy/edge/redis/redis_parts.h"

/* What the certificate of an announced node must say: it is announced by a name of its own, or by an address, which is what the
 * certificates of clouds do not have. */
static struct str tls_name_of(const struct resp_client *c, struct str host)
{
    struct ip_address ip;
    const struct store_settings *s = c->settings;
    const struct store_urls *urls = s->sentinel ? &s->sentinel->urls : &s->urls;
    if (!ip_parse(host, &ip))
        return STR_NONE;
    if (s->tls_name.len)
        return s->tls_name;
    return ip_parse(urls->at[0].host, &ip) ? STR_NONE : urls->at[0].host;
}

struct resp_node *client_node_at(struct resp_client *c, struct str host, uint16_t port)
{
    LIST_EACH (link, &c->nodes) {
        struct resp_node *n = LIST_ENTRY(link, struct resp_node, link);
        if (!n->is_sentinel && !n->is_retired && node_is_at(n, host, port)) {
            node_wake(n);
            return n;
        }
    }
    struct resp_node *n;
    const struct node_place place = { .host = host, .port = port, .tls_name = tls_name_of(c, host) };
    if (!host.len || !port || c->nodes_count >= NODES_MAX || !(n = node_new(c, &place)))
        return NULL;
    list_push_back(&c->nodes, &n->link);
    c->nodes_count++;
    node_wake(n);
    return n;
}

void client_retire(struct resp_client *c, struct resp_node *n)
{
    n->is_retired = true;
    node_sleep(n);
    loop_defer(c->loop, &c->sweep);
}

void client_sweep(struct deferred *d)
{
    struct resp_client *c = CONTAINER_OF(d, struct resp_client, sweep);
    LIST_EACH_SAFE (link, &c->nodes) {
        struct resp_node *n = LIST_ENTRY(link, struct resp_node, link);
        if (!n->is_retired)
            continue;
        c->nodes_count--;
        node_free(n);
    }
}

bool client_add_seeds(struct resp_client *c, const struct store_urls *urls, bool are_sentinels)
{
    for (size_t i = 0; i < urls->count; i++) {
        const struct store_url *url = &urls->at[i];
        struct resp_node *n = node_new(c, &(struct node_place){
                                              .host = url->host,
                                              .port = url->port,
                                              .unix_path = url->unix_path.at,
                                              .is_seed = true,
                                              .is_sentinel = are_sentinels,
                                          });
        if (!n)
            return false;
        list_push_back(&c->nodes, &n->link);
        c->nodes_count++;
        if (!c->settings->cluster && !are_sentinels)
            c->server = n;
    }
    return true;
}
