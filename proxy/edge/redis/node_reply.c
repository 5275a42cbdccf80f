/* node_reply.c - what a server says: answers, faults that tell that it cannot serve, and greetings. */
#include "proxy/base/metric.h"
#include "proxy/edge/redis/redis_parts.h"

enum { TROUBLE_MS = 300 };

/* ---- what the server cannot do now ---- */

static bool says(struct str fault, struct str code)
{
    return str_starts(fault, code) && (fault.len == code.len || fault.at[code.len] == ' ');
}

/* It was not carried out, and the next one will not be either: why. Lua wraps what it met (Redis 6). */
static const char *trouble_of(struct str fault)
{
    static const struct {
        struct str code, wrapped;
        const char *why;
    } TROUBLES[] = {
        { STR_INIT("LOADING"), STR_INIT("-LOADING "), "the server is loading its data" },
        { STR_INIT("BUSY"), STR_INIT("-BUSY "), "the server is busy with a script" },
        { STR_INIT("MASTERDOWN"), STR_INIT("-MASTERDOWN "), "the server has lost its master" },
        { STR_INIT("MISCONF"), STR_INIT("-MISCONF "), "the server cannot save and takes no writes" },
        { STR_INIT("OOM"), STR_INIT("-OOM "), "the server has no memory left and takes no writes" },
        { STR_INIT("NOREPLICAS"), STR_INIT("-NOREPLICAS "), "the server has too few replicas and takes no writes" },
    };
    for (size_t i = 0; i < ARRAY_LEN(TROUBLES); i++)
        if (says(fault, TROUBLES[i].code) || str_find_str(fault, TROUBLES[i].wrapped) < fault.len)
            return TROUBLES[i].why;
    return NULL;
}

/* The same, and only another connection can help. */
static const char *farewell_of(struct str fault)
{
    if (says(fault, STR("READONLY")) || str_find_str(fault, STR("-READONLY ")) < fault.len)
        return "the server is a replica";
    if (says(fault, STR("NOAUTH")))
        return "the server wants a password";
    if (says(fault, STR("WRONGPASS")))
        return "the server refused user or password";
    return NULL;
}

static void take_fault(struct resp_node *n, struct resp_ask *ask, const struct resp_value *v)
{
    struct resp_client *c = n->client;
    const char *why;
    if (c->cluster && !n->is_sentinel && (says(v->text, STR("MOVED")) || says(v->text, STR("ASK")))) {
        cluster_redirect(c->cluster, ask, n, v->text);
    } else if (c->cluster && says(v->text, STR("TRYAGAIN"))) {
        client_hold(ask);
    } else if (c->cluster && says(v->text, STR("CLUSTERDOWN"))) {
        client_tell(ask, RESP_DOWN, "the cluster is down");
        cluster_look_soon(c->cluster);
    } else if (says(v->text, STR("NOSCRIPT")) && ask->script && !ask->is_whole) {
        ask->is_whole = true;
        COUNT(METRIC_STORE_SCRIPTS);
        node_take(n, ask);
    } else if ((why = trouble_of(v->text))) {
        client_tell(ask, RESP_DOWN, why);
        n->trust_ms = loop_now_ms(c->loop) + TROUBLE_MS;
        node_doubt(n, why);
    } else if ((why = farewell_of(v->text))) {
        client_tell(ask, RESP_DOWN, why);
        n->has_served = false; /* no better the next time: with a pause */
        n->ready_ms = loop_now_ms(c->loop);
        node_fail(n, why);
        if (c->cluster)
            cluster_look_soon(c->cluster);
    } else {
        client_give(ask, v);
    }
}

static void take_answer(struct resp_node *n, struct resp_ask *ask, const struct resp_value *v)
{
    node_leave(n, ask);
    if (v->kind == RESP_FAULT) {
        take_fault(n, ask, v);
        return;
    }
    n->has_served = true;
    pause_over(&n->pause);
    client_give(ask, v);
}

/* ---- answers to our own ---- */

static void take_login(struct resp_node *n, const struct resp_value *v)
{
    if (v->kind != RESP_FAULT)
        return;
    const char *why = trouble_of(v->text);
    node_fail(n, why ? why : "the server refused user or password");
}

static void take_select(struct resp_node *n, const struct resp_value *v)
{
    if (v->kind != RESP_FAULT)
        return;
    const char *why = trouble_of(v->text);
    if (!why)
        why = farewell_of(v->text);
    node_fail(n, why ? why : "the server refused the database");
}

/* A user that may not ask for the role is believed to have been sent to the master. */
static void take_role(struct resp_node *n, const struct resp_value *v)
{
    if (v->kind == RESP_FAULT || (v->kind == RESP_LIST && v->count && str_eq(v->list[0].text, STR("master"))))
        return;
    node_fail(n, "the server is not the master any more");
}

static void take_ping(struct resp_node *n, const struct resp_value *v)
{
    uint64_t now_ms = loop_now_ms(n->client->loop);
    const char *why = v->kind == RESP_FAULT ? trouble_of(v->text) : NULL, *farewell = NULL;
    if (v->kind == RESP_FAULT && !why && (farewell = farewell_of(v->text))) {
        node_fail(n, farewell);
        return;
    }
    /* one whose user may not PING, or who says something else, answers all the same */
    if (n->state == NODE_GREETING) {
        if (why)
            node_fail(n, why);
        else
            node_become_ready(n);
        return;
    }
    n->has_ping = false;
    if (n->is_doubted && !why && now_ms >= n->trust_ms && now_ms - n->ping_ms <= n->client->settings->timeout_ms)
        node_trust(n);
    else if (why)
        node_doubt(n, why);
}

void node_take_reply(struct resp_node *n, const struct resp_value *v)
{
    typedef void take_fn(struct resp_node *n, const struct resp_value *v);
    static take_fn *const TAKES[] = {
        [SENT_AUTH] = take_login, [SENT_SELECT] = take_select, [SENT_ROLE] = take_role, [SENT_PING] = take_ping
    };
    struct sent s = *node_sent_at(n, n->first);
    n->heard_ms = loop_now_ms(n->client->loop);
    if (s.kind == SENT_ASK)
        take_answer(n, s.ask, v);
    else if (s.kind != SENT_NOBODY)
        TAKES[s.kind](n, v);
}
