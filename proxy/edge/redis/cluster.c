/* cluster.c - which node of a Cluster has which slot, and following them as they move.
 *
 * The map is asked for at the start, every ten seconds, after each MOVED, and often while a node of it is down. Nodes that are in it
 * are connected to; those that went out of it, and the first ones when all others are there, are let go. */
#include "proxy/base/log.h"
#include "proxy/base/metric.h"
#include "proxy/edge/redis/redis_parts.h"

enum { SLOTS = 16384, USUALLY_MS = 10 * 1000, IN_TROUBLE_MS = 250, SOON_MS = 100 };

struct resp_cluster {
    struct resp_client *client;
    struct resp_ask ask;
    struct resp_node *asked; /* who tells the map */
    struct timer timer;
    uint64_t asked_ms;
    bool is_known;
    struct resp_node *map[SLOTS];
};

static void told(struct resp_ask *ask);
static void look(struct timer *t);

struct resp_cluster *cluster_new(struct resp_client *c)
{
    struct resp_cluster *k = calloc(1, sizeof *k);
    if (!k)
        return NULL;
    k->client = c;
    k->ask.answered = told;
    timer_init(&k->timer, look);
    timer_set(c->loop, &k->timer, 0);
    return k;
}

void cluster_free(struct resp_cluster *k)
{
    if (!k)
        return;
    resp_cancel(&k->ask);
    timer_cancel(&k->timer);
    free(k);
}

/* ---- who has it ---- */

bool cluster_is_known(const struct resp_cluster *k)
{
    return k->is_known;
}

static struct resp_node *any_node(const struct resp_cluster *k)
{
    struct resp_node *any = NULL;
    LIST_EACH (link, &k->client->nodes) {
        struct resp_node *n = LIST_ENTRY(link, struct resp_node, link);
        if (!n->is_wanted || n->is_retired)
            continue;
        if (node_is_up(n))
            return n;
        any = any ? any : n;
    }
    return any;
}

struct resp_node *cluster_node(const struct resp_cluster *k, const struct resp_ask *ask)
{
    return !k->is_known ? NULL : ask->has_slot ? k->map[ask->slot] : any_node(k);
}

/* A node that does not know its name, or shall not tell it, means the one by which it was reached. */
static struct str named_host(struct str host, const struct resp_node *from)
{
    return !host.len || str_eq(host, STR("?")) ? from->target.host : host;
}

/* ---- redirections ---- */

void cluster_redirect(struct resp_cluster *k, struct resp_ask *ask, struct resp_node *from, struct str fault)
{
    struct resp_client *c = k->client;
    struct str code = str_cut(&fault, ' '), slot_text = str_cut(&fault, ' '), host = fault;
    uint64_t slot;
    uint16_t port;
    COUNT(METRIC_STORE_REDIRECTS);
    while (host.len && host.at[host.len - 1] != ':')
        host.len--;
    struct str port_text = str_from(fault, host.len);
    host.len -= host.len > 0;
    host = named_host(host, from);
    struct resp_node *to = NULL;
    if (ask->redirections++ < RESP_REDIRECTIONS_MAX && str_to_u64(slot_text, &slot) && slot < SLOTS &&
        port_parse(port_text, &port))
        to = client_node_at(c, host, port);
    if (!to) {
        client_tell(ask, RESP_DOWN, "a redirection that leads nowhere");
        cluster_look_soon(k);
        return;
    }
    ask->is_asking = str_eq(code, STR("ASK"));
    if (!ask->is_asking) {
        to->is_wanted = true;
        k->map[slot] = to;
        cluster_look_soon(k);
    }
    node_take(to, ask);
}

/* ---- the map ---- */

/* [first, last, [host, port, …], …]: the master stands before its replicas. */
static bool read_row(const struct resp_value *row, const struct resp_node *from, size_t *first, size_t *last,
                     struct str *host, uint16_t *port)
{
    if (row->kind != RESP_LIST || row->count < 3 || row->list[0].kind != RESP_INTEGER ||
        row->list[1].kind != RESP_INTEGER || row->list[2].kind != RESP_LIST || row->list[2].count < 2)
        return false;
    const struct resp_value *node = row->list[2].list;
    int64_t a = row->list[0].integer, b = row->list[1].integer, p = node[1].integer;
    if (a < 0 || a > b || b >= SLOTS || node[1].kind != RESP_INTEGER || p <= 0 || p > 65535 ||
        (node[0].kind != RESP_TEXT && node[0].kind != RESP_NIL))
        return false;
    *host = named_host(node[0].text, from);
    *first = (size_t)a;
    *last = (size_t)b;
    *port = (uint16_t)p;
    return true;
}

/* All of it, or nothing. */
static bool take_map(struct resp_cluster *k, const struct resp_value *v)
{
    size_t first, last;
    struct str host;
    uint16_t port;
    if (v->kind != RESP_LIST || !v->count)
        return false;
    for (size_t i = 0; i < v->count; i++)
        if (!read_row(&v->list[i], k->asked, &first, &last, &host, &port))
            return false;
    LIST_EACH (link, &k->client->nodes)
        LIST_ENTRY(link, struct resp_node, link)->is_wanted = false;
    memset(k->map, 0, sizeof k->map);
    for (size_t i = 0; i < v->count; i++) {
        struct resp_node *n;
        if (!read_row(&v->list[i], k->asked, &first, &last, &host, &port) ||
            !(n = client_node_at(k->client, host, port)))
            continue;
        n->is_wanted = true;
        for (size_t slot = first; slot <= last; slot++)
            k->map[slot] = n;
    }
    k->is_known = true;
    return true;
}

static bool is_in_trouble(const struct resp_cluster *k)
{
    if (!k->is_known)
        return true;
    LIST_EACH (link, &k->client->nodes) {
        const struct resp_node *n = LIST_ENTRY(link, struct resp_node, link);
        if (n->is_wanted && !node_is_up(n))
            return true;
    }
    return false;
}

/* Every node of the map is up, and no other one is connected to. */
static bool is_settled(const struct resp_cluster *k)
{
    LIST_EACH (link, &k->client->nodes) {
        const struct resp_node *n = LIST_ENTRY(link, struct resp_node, link);
        if (!n->is_wanted && n->state != NODE_ASLEEP)
            return false;
    }
    return !is_in_trouble(k);
}

static void told(struct resp_ask *ask)
{
    struct resp_cluster *k = CONTAINER_OF(ask, struct resp_cluster, ask);
    struct resp_client *c = k->client;
    if (ask->answer == RESP_GIVEN && take_map(k, ask->value))
        c->lost = NULL;
    else if (!k->is_known && (ask->answer == RESP_GIVEN || ask->answer == RESP_REFUSED)) {
        if (!c->lost)
            log_warning("store: %s is no node of a cluster that has slots", k->asked->name);
        c->lost = "the server is no node of a cluster that has slots";
    }
    k->asked = NULL;
    timer_set(c->loop, &k->timer, is_settled(k) ? USUALLY_MS : IN_TROUBLE_MS);
}

/* ---- looking ---- */

void cluster_look_soon(struct resp_cluster *k)
{
    uint64_t now_ms = loop_now_ms(k->client->loop), at_ms = k->asked_ms + SOON_MS;
    at_ms = at_ms > now_ms ? at_ms : now_ms;
    if (!k->ask.is_open && (!timer_is_set(&k->timer) || k->timer.due_ms > at_ms))
        timer_set(k->client->loop, &k->timer, at_ms - now_ms);
}

/* Each time another one, so that a node which was cut off from the others does not tell alone. */
static struct resp_node *choose(struct resp_client *c)
{
    LIST_EACH (link, &c->nodes) {
        struct resp_node *n = LIST_ENTRY(link, struct resp_node, link);
        if (!node_is_up(n) || n->is_retired)
            continue;
        list_remove(&n->link);
        list_push_back(&c->nodes, &n->link);
        return n;
    }
    return NULL;
}

static void let_go(struct resp_client *c)
{
    LIST_EACH (link, &c->nodes) {
        struct resp_node *n = LIST_ENTRY(link, struct resp_node, link);
        if (n->is_wanted || n->is_retired || !node_is_idle(n))
            continue;
        if (n->is_seed)
            node_sleep(n);
        else
            client_retire(c, n);
    }
}

static void wake_seeds(struct resp_client *c)
{
    LIST_EACH (link, &c->nodes) {
        struct resp_node *n = LIST_ENTRY(link, struct resp_node, link);
        if (n->is_seed)
            node_wake(n);
    }
}

static void look(struct timer *t)
{
    struct resp_cluster *k = CONTAINER_OF(t, struct resp_cluster, timer);
    struct resp_client *c = k->client;
    static const struct str ARGS[] = { STR_INIT("CLUSTER"), STR_INIT("SLOTS") };
    if (k->ask.is_open)
        return;
    if (!is_in_trouble(k))
        let_go(c);
    if ((k->asked = choose(c))) {
        k->asked_ms = loop_now_ms(c->loop);
        client_ask(c, &k->ask, k->asked, ARGS, ARRAY_LEN(ARGS));
    } else {
        wake_seeds(c);
        timer_set(c->loop, t, IN_TROUBLE_MS);
    }
}
