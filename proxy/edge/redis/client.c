/* client.c - asks and their deadlines, and which node has them. */
#include "proxy/base/metric.h"
#include "proxy/edge/redis/redis_parts.h"

enum { RETRY_MS = 20, LOGIN_LOOK_MS = 1000 };

/* ---- the end of an ask ---- */

static void close_ask(struct resp_ask *ask, enum resp_answer answer)
{
    ask->answer = answer;
    ask->value = NULL;
    ask->why = NULL;
    list_remove(&ask->link);
    COUNT(METRIC_STORE_COMMANDS, answer);
    if (answer != RESP_DOWN)
        OBSERVE(loop_now_us(ask->client->loop) - ask->asked_us, METRIC_STORE_LATENCY);
}

void client_tell(struct resp_ask *ask, enum resp_answer answer, const char *why)
{
    struct resp_client *c = ask->client;
    assert(ask->is_open && !ask->node);
    close_ask(ask, answer);
    ask->why = why;
    list_push_back(&c->told, &ask->node_link);
    loop_defer(c->loop, &c->tell);
}

static void tell_all(struct deferred *d)
{
    struct resp_client *c = CONTAINER_OF(d, struct resp_client, tell);
    while (!list_is_empty(&c->told)) {
        struct resp_ask *ask = LIST_ENTRY(c->told.next, struct resp_ask, node_link);
        list_remove(&ask->node_link);
        ask->is_open = false;
        ask->answered(ask);
    }
}

void client_give(struct resp_ask *ask, const struct resp_value *value)
{
    assert(ask->is_open && !ask->node);
    close_ask(ask, value->kind == RESP_FAULT ? RESP_REFUSED : RESP_GIVEN);
    ask->value = value;
    ask->is_open = false;
    ask->answered(ask);
}

static void leave(struct resp_ask *ask)
{
    if (ask->node) {
        node_leave(ask->node, ask);
    } else if (ask->is_held) {
        list_remove(&ask->node_link);
        ask->is_held = false;
        ask->client->held_count--;
    } else {
        list_remove(&ask->node_link); /* it was to be told */
    }
}

void resp_cancel(struct resp_ask *ask)
{
    if (!ask->is_open)
        return;
    leave(ask);
    list_remove(&ask->link);
    ask->is_open = false;
}

/* ---- deadlines: asks stand in their order ---- */

static void look_at_deadlines(struct timer *t)
{
    struct resp_client *c = CONTAINER_OF(t, struct resp_client, deadline);
    uint64_t now_ms = loop_now_ms(c->loop);
    while (!list_is_empty(&c->asks)) {
        struct resp_ask *ask = LIST_ENTRY(c->asks.next, struct resp_ask, link);
        if (ask->until_ms > now_ms) {
            timer_set(c->loop, t, ask->until_ms - now_ms);
            return;
        }
        struct resp_node *n = ask->node;
        bool was_sent = ask->is_sent;
        bool was_held = was_sent && ask->place >= n->written; /* by us: it still goes out */
        leave(ask);
        client_tell(ask, was_sent ? RESP_LATE : RESP_DOWN, "no answer within the deadline");
        if (was_held)
            continue;
        if (n)
            node_doubt(n, "no answer within the deadline");
        else if (!c->server && !c->cluster)
            c->lost = "the sentinels have not told the master";
        else if (c->cluster && !cluster_is_known(c->cluster))
            c->lost = "the cluster has not told its slots";
    }
}

static void open_ask(struct resp_client *c, struct resp_ask *ask, const struct str *args, size_t count)
{
    assert(!ask->is_open && ask->answered && count && count <= RESP_ARGS_MAX);
    uint64_t timeout_ms = c->settings->timeout_ms;
    void (*answered)(struct resp_ask *) = ask->answered;
    *ask = (struct resp_ask){
        .answered = answered,
        .is_open = true,
        .client = c,
        .args = args,
        .count = count,
        .until_ms = loop_now_ms(c->loop) + timeout_ms,
        .asked_us = loop_now_us(c->loop),
    };
    list_init(&ask->node_link);
    if (list_is_empty(&c->asks))
        timer_set(c->loop, &c->deadline, timeout_ms);
    list_push_back(&c->asks, &ask->link);
}

/* ---- ways ---- */

void client_hold(struct resp_ask *ask)
{
    struct resp_client *c = ask->client;
    if (c->held_count >= RESP_SENT_MAX) {
        client_tell(ask, RESP_DOWN, "too many commands wait");
        return;
    }
    ask->is_held = true;
    ask->is_asking = false; /* it begins again with whom the map names */
    list_push_back(&c->held, &ask->node_link);
    if (!c->held_count++)
        timer_set(c->loop, &c->retry, RETRY_MS);
}

static struct resp_node *node_of(const struct resp_client *c, const struct resp_ask *ask)
{
    return c->cluster ? cluster_node(c->cluster, ask) : c->server;
}

static void route(struct resp_ask *ask)
{
    struct resp_client *c = ask->client;
    struct resp_node *n = node_of(c, ask);
    if (n)
        node_take(n, ask);
    else if (c->lost)
        client_tell(ask, RESP_DOWN, c->lost);
    else if (c->cluster && cluster_is_known(c->cluster))
        client_tell(ask, RESP_DOWN, "no node has the slot");
    else
        client_hold(ask);
}

static void try_again(struct timer *t)
{
    struct resp_client *c = CONTAINER_OF(t, struct resp_client, retry);
    for (size_t n = c->held_count; n && !list_is_empty(&c->held); n--) {
        struct resp_ask *ask = LIST_ENTRY(c->held.next, struct resp_ask, node_link);
        leave(ask);
        route(ask);
    }
    if (c->held_count)
        timer_set(c->loop, t, RETRY_MS);
}

/* ---- asking ---- */

static void ask_about(struct resp_ask *ask, struct str key)
{
    ask->has_slot = key.at && ask->client->cluster;
    if (ask->has_slot)
        ask->slot = resp_slot(key);
    route(ask);
}

void resp_command(struct resp_client *c, struct resp_ask *ask, struct str key, const struct str *args, size_t count)
{
    open_ask(c, ask, args, count);
    ask_about(ask, key);
}

static void call(struct resp_ask *ask, const struct resp_script *script, size_t keys)
{
    assert(keys <= ask->count);
    ask->script = script;
    ask->keys = keys;
    ask_about(ask, keys ? ask->args[0] : STR_NONE);
}

void resp_call(struct resp_client *c, struct resp_ask *ask, const struct resp_script *script, const struct str *args,
               size_t count, size_t keys)
{
    open_ask(c, ask, args, count);
    call(ask, script, keys);
}

void resp_call_bulks(struct resp_client *c, struct resp_ask *ask, const struct resp_script *script, const struct str *args,
                     size_t count, size_t keys)
{
    open_ask(c, ask, args, count);
    ask->are_bulks = true;
    call(ask, script, keys);
}

void client_ask(struct resp_client *c, struct resp_ask *ask, struct resp_node *n, const struct str *args, size_t count)
{
    open_ask(c, ask, args, count);
    node_take(n, ask);
}

/* ---- nodes ---- */

bool resp_is_up(const struct resp_client *c, struct str key)
{
    bool has_slot = key.at && c->cluster;
    const struct resp_ask about = { .has_slot = has_slot, .slot = has_slot ? resp_slot(key) : 0 };
    const struct resp_node *n = node_of(c, &about);
    return n && node_is_up(n);
}

void resp_client_watch(struct resp_client *c, void (*changed)(void *user, bool is_up), void *user)
{
    c->changed = changed;
    c->user = user;
}

void client_node_changed(struct resp_client *c, struct resp_node *n)
{
    if (c->sentinels)
        sentinels_node_changed(c->sentinels, n);
    if (c->cluster)
        cluster_look_soon(c->cluster);
    bool is_up = resp_is_up(c, STR_NONE);
    if (is_up)
        c->lost = NULL;
    if (is_up == c->was_up)
        return;
    c->was_up = is_up;
    GAUGE_SET(is_up, METRIC_STORE_UP);
    if (c->changed)
        c->changed(c->user, is_up);
}

/* ---- who we are, as time goes by ---- */

static void look_at_login(struct timer *t)
{
    struct resp_client *c = CONTAINER_OF(t, struct resp_client, login_look);
    if (login_has_changed(&c->login))
        LIST_EACH (link, &c->nodes) {
            struct resp_node *n = LIST_ENTRY(link, struct resp_node, link);
            if (!n->is_sentinel)
                node_login_again(n);
        }
    timer_set(c->loop, t, LOGIN_LOOK_MS);
}

/* ---- making and ending it ---- */

static bool load_tls(struct resp_client *c, struct problems *problems)
{
    const struct store_settings *s = c->settings;
    const struct store_urls *urls = s->sentinel ? &s->sentinel->urls : &s->urls;
    if (!urls->at[0].tls)
        return true;
    c->tls = tls_client_new(&(struct tls_client_options){ .ca_path = s->ca_file.at,
                                                          .certificate_path = s->client_certificate.at,
                                                          .key_path = s->client_key.at,
                                                          .span = s->span },
                            problems);
    return c->tls != NULL;
}

static bool begin(struct resp_client *c, const struct resp_options *o, struct problems *problems)
{
    const struct store_settings *s = c->settings;
    if (!load_tls(c, problems) || !login_init(&c->login, s->user, &s->password, "store", problems))
        return false;
    if (s->sentinel &&
        !login_init(&c->sentinel_login, s->sentinel->user, &s->sentinel->password, "sentinels", problems))
        return false;
    if (s->identity && !login_begin_token(&c->login, s->identity, o->world))
        return false;
    if (!client_add_seeds(c, s->sentinel ? &s->sentinel->urls : &s->urls, s->sentinel != NULL))
        return false;
    if (s->sentinel)
        return (c->sentinels = sentinels_new(c)) != NULL;
    if (s->cluster)
        return (c->cluster = cluster_new(c)) != NULL;
    node_wake(c->server);
    return true;
}

struct resp_client *resp_client_new(const struct resp_options *options, struct problems *problems)
{
    struct resp_client *c = calloc(1, sizeof *c);
    size_t errors = problems->errors;
    if (!c)
        return NULL;
    assert(options->setup->store);
    c->loop = options->loop;
    c->resolver = options->resolver;
    c->settings = options->setup->store;
    list_init(&c->nodes);
    list_init(&c->asks);
    list_init(&c->told);
    list_init(&c->held);
    deferred_init(&c->tell, tell_all);
    deferred_init(&c->sweep, client_sweep);
    timer_init(&c->deadline, look_at_deadlines);
    timer_init(&c->retry, try_again);
    timer_init(&c->login_look, look_at_login);
    if (!begin(c, options, problems)) {
        if (problems->errors == errors)
            problem(problems, c->settings->span, "the store cannot be used: no memory");
        resp_client_free(c);
        return NULL;
    }
    if (c->login.token)
        timer_set(c->loop, &c->login_look, LOGIN_LOOK_MS);
    return c;
}

void resp_client_free(struct resp_client *c)
{
    if (!c)
        return;
    c->changed = NULL;
    cluster_free(c->cluster);
    sentinels_free(c->sentinels);
    c->cluster = NULL;
    c->sentinels = NULL;
    LIST_EACH_SAFE (link, &c->asks)
        resp_cancel(LIST_ENTRY(link, struct resp_ask, link));
    while (!list_is_empty(&c->told)) {
        struct resp_ask *ask = LIST_ENTRY(c->told.next, struct resp_ask, node_link);
        list_remove(&ask->node_link);
        ask->is_open = false;
    }
    c->server = NULL;
    LIST_EACH_SAFE (link, &c->nodes)
        node_free(LIST_ENTRY(link, struct resp_node, link));
    timer_cancel(&c->deadline);
    timer_cancel(&c->retry);
    timer_cancel(&c->login_look);
    deferred_cancel(&c->tell);
    deferred_cancel(&c->sweep);
    login_finish(&c->login);
    login_finish(&c->sentinel_login);
    tls_client_free(c->tls);
    GAUGE_SET(0, METRIC_STORE_UP);
    free(c);
}

const char *resp_answer_word(unsigned answer)
{
    static const char *const WORDS[RESP_ANSWERS] = { [RESP_GIVEN] = "given",
                                                     [RESP_REFUSED] = "refused",
                                                     [RESP_DOWN] = "down",
                                                     [RESP_LATE] = "late",
                                                     [RESP_LOST] = "lost" };
    return WORDS[answer];
}
