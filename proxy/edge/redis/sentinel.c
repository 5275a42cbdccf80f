/* sentinel.c - which server is the master now, as the sentinels have it.
 *
 * One sentinel is connected to at a time and asked every second, and often while the master does not serve: +switch-master is heard
 * within a second without a subscription. A sentinel that cannot be reached, or does not know the master, gives way to the next. */
#include "proxy/base/log.h"
#include "proxy/edge/redis/redis_parts.h"

enum { USUALLY_MS = 1000, IN_TROUBLE_MS = 100, COMPLAIN_MS = 60 * 1000 };

struct resp_sentinels {
    struct resp_client *client;
    struct resp_node *current;
    struct resp_ask ask;
    struct str args[3];
    struct timer timer;
    bool is_useless;        /* the current one did not tell */
    uint64_t complained_ms; /* when that was logged; 0: not yet */
};

static void told(struct resp_ask *ask);
static void look(struct timer *t);

struct resp_sentinels *sentinels_new(struct resp_client *c)
{
    struct resp_sentinels *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->client = c;
    s->ask.answered = told;
    s->args[0] = STR("SENTINEL");
    s->args[1] = STR("get-master-addr-by-name");
    s->args[2] = c->settings->sentinel->master;
    timer_init(&s->timer, look);
    timer_set(c->loop, &s->timer, 0);
    return s;
}

void sentinels_free(struct resp_sentinels *s)
{
    if (!s)
        return;
    resp_cancel(&s->ask);
    timer_cancel(&s->timer);
    free(s);
}

static bool is_settled(const struct resp_client *c)
{
    return c->server && node_is_up(c->server);
}

/* ---- what they say ---- */

static void take_master(struct resp_client *c, struct str host, uint16_t port)
{
    struct resp_node *old = c->server;
    if (old && node_is_at(old, host, port))
        return;
    struct resp_node *n = client_node_at(c, host, port);
    if (!n)
        return; /* no memory, or no place to go to; it is asked again */
    log_info("store: the master is %s", n->name);
    c->server = n;
    c->lost = NULL;
    if (old)
        client_retire(c, old);
}

/* A misspelled name would else look like an outage that nobody has. */
static void complain(struct resp_sentinels *s)
{
    if (log_is_due(&s->complained_ms, loop_now_ms(s->client->loop), COMPLAIN_MS))
        log_warning("store: the sentinel %s tells no master of the name " STR_F, s->current ? s->current->name : "",
                    STR_A(s->args[2]));
}

static void told(struct resp_ask *ask)
{
    struct resp_sentinels *s = CONTAINER_OF(ask, struct resp_sentinels, ask);
    const struct resp_value *v = ask->value;
    uint16_t port;
    if (ask->answer == RESP_GIVEN && v->kind == RESP_LIST && v->count == 2 && v->list[0].text.len &&
        port_parse(v->list[1].text, &port))
        take_master(s->client, v->list[0].text, port);
    else {
        s->is_useless = true;
        if (ask->answer == RESP_GIVEN)
            complain(s);
    }
    timer_set(s->client->loop, &s->timer, is_settled(s->client) && !s->is_useless ? USUALLY_MS : IN_TROUBLE_MS);
}

/* ---- whom to ask ---- */

static void choose_next(struct resp_sentinels *s)
{
    struct resp_client *c = s->client;
    if (s->current)
        node_sleep(s->current);
    s->current = NULL;
    s->is_useless = false;
    LIST_EACH (link, &c->nodes) {
        struct resp_node *n = LIST_ENTRY(link, struct resp_node, link);
        if (!n->is_sentinel)
            continue;
        list_remove(&n->link); /* the next time another one comes first */
        list_push_back(&c->nodes, &n->link);
        s->current = n;
        node_wake(n);
        return;
    }
}

static void look(struct timer *t)
{
    struct resp_sentinels *s = CONTAINER_OF(t, struct resp_sentinels, timer);
    if (s->ask.is_open)
        return;
    if (!s->current || s->is_useless || s->current->is_doubted)
        choose_next(s);
    if (s->current && node_is_up(s->current))
        client_ask(s->client, &s->ask, s->current, s->args, ARRAY_LEN(s->args));
    else
        timer_set(s->client->loop, t, IN_TROUBLE_MS);
}

void sentinels_node_changed(struct resp_sentinels *s, struct resp_node *n)
{
    struct resp_client *c = s->client;
    if (s->ask.is_open)
        return;
    if (n == s->current && node_is_up(n))
        timer_set(c->loop, &s->timer, 0);
    else if (n == c->server && !node_is_up(n) && (!timer_is_set(&s->timer) ||
                                                  s->timer.due_ms > loop_now_ms(c->loop) + IN_TROUBLE_MS))
        timer_set(c->loop, &s->timer, IN_TROUBLE_MS);
}
