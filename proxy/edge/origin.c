/* origin.c - the connections of one worker to its endpoints. */
#include "proxy/edge/origin.h"

#include <stdlib.h>

enum { SPARE_WIRES_MAX = 256 };

struct origin {
    const struct endpoint *endpoint;
    struct origins *all;
    struct dial_target target;
    struct list kept; /* the last used first */
    struct origin_counts counts;
};

struct origins {
    struct loop *loop;
    struct resolver *resolver;
    struct list spare; /* wires without a connection, to be used again */
    size_t spare_count;
    unsigned count;
    struct origin at[]; /* by endpoint id */
};

static bool origin_init(struct origin *origin, struct origins *all, const struct endpoint *e, struct trusts *trusts,
                        struct problems *problems)
{
    const struct pool *pool = e->pool;
    *origin = (struct origin){ .endpoint = e, .all = all };
    list_init(&origin->kept);
    origin->target = (struct dial_target){ .host = e->url.host,
                                           .port = e->url.port,
                                           .reach = pool->private_only ? DIAL_PRIVATE : DIAL_ANYWHERE };
    if (!e->url.tls)
        return true;
    origin->target.tls = trusts_find(trusts, pool->ca_file, pool->client_certificate, pool->client_key, problems);
    return origin->target.tls != NULL;
}

struct origins *origins_new(struct loop *loop, struct resolver *resolver, struct trusts *trusts,
                            const struct setup *setup, struct problems *problems)
{
    struct origins *o = calloc(1, sizeof *o + setup->endpoints_count * sizeof o->at[0]);
    if (!o)
        return NULL;
    bool ok = true;
    o->loop = loop;
    o->resolver = resolver;
    o->count = setup->endpoints_count;
    list_init(&o->spare);
    for (unsigned i = 0; i < o->count; i++)
        list_init(&o->at[i].kept);
    const struct pool *pools = setup->pools.at;
    for (size_t p = 0; p < setup->pools.count; p++) {
        const struct endpoint *endpoints = pools[p].endpoints.at;
        for (size_t i = 0; i < pools[p].endpoints.count; i++) {
            assert(endpoints[i].id < o->count);
            ok = origin_init(&o->at[endpoints[i].id], o, &endpoints[i], trusts, problems) && ok;
        }
    }
    if (ok)
        return o;
    origins_free(o);
    return NULL;
}

/* ---- wires ---- */

static void wire_ready(struct stream *s)
{
    struct wire *w = CONTAINER_OF(s, struct wire, dial.stream);
    w->ready(w);
}

static void wire_free(struct wire *w)
{
    struct origins *all = w->origin->all;
    timer_cancel(&w->idle);
    w->origin->counts.open--;
    if (all->spare_count < SPARE_WIRES_MAX) {
        list_push_front(&all->spare, &w->link);
        all->spare_count++;
    } else {
        free(w);
    }
}

static void unkeep(struct wire *w)
{
    list_remove(&w->link);
    timer_cancel(&w->idle);
    w->origin->counts.kept--;
}

void origin_cut(struct wire *w, bool at_once)
{
    if (at_once)
        dial_abort(&w->dial);
    else
        dial_close(&w->dial);
    wire_free(w);
}

static void idle_too_long(struct timer *t)
{
    struct wire *w = CONTAINER_OF(t, struct wire, idle);
    unkeep(w);
    origin_cut(w, false);
}

/* Nothing may come while nothing was asked, but what TLS says to itself. */
static bool is_quiet(struct wire *w)
{
    char byte;
    size_t n;
    struct stream *s = &w->dial.stream;
    if (s->peer_left)
        return false;
    return !stream_may_read(s) || stream_read_at(s, &byte, 1, &n) == STREAM_WAIT;
}

static void ready_while_kept(struct wire *w)
{
    if (is_quiet(w))
        return;
    unkeep(w);
    origin_cut(w, false);
}

void origin_keep(struct wire *w)
{
    struct origin *origin = w->origin;
    const struct pool *pool = origin->endpoint->pool;
    struct loop *loop = origin->all->loop;
    uint64_t idle_ms = pool->kept_idle_ms;
    if (w->kept_for_ms && w->kept_for_ms < idle_ms + WIRE_EARLY_MS)
        idle_ms = w->kept_for_ms > WIRE_EARLY_MS ? w->kept_for_ms - WIRE_EARLY_MS : 0;
    bool is_old = loop_now_ms(loop) - w->opened_ms >= WIRE_AGE_MS;
    if (!pool->kept_connections || !idle_ms || is_old || !is_quiet(w)) {
        origin_cut(w, false);
        return;
    }
    w->was_kept = true;
    w->ready = ready_while_kept;
    w->user = NULL;
    list_push_front(&origin->kept, &w->link);
    timer_set(loop, &w->idle, idle_ms);
    if (++origin->counts.kept > pool->kept_connections) {
        struct wire *oldest = LIST_ENTRY(origin->kept.prev, struct wire, link);
        unkeep(oldest);
        origin_cut(oldest, false);
    }
}

static void forget_kept(struct origin *origin)
{
    while (!list_is_empty(&origin->kept)) {
        struct wire *w = LIST_ENTRY(origin->kept.next, struct wire, link);
        unkeep(w);
        origin_cut(w, false);
    }
}

void origin_forget_kept(struct wire *w)
{
    forget_kept(w->origin);
}

struct wire *origin_take(struct origins *o, const struct endpoint *endpoint)
{
    struct origin *origin = &o->at[endpoint->id];
    while (!list_is_empty(&origin->kept)) {
        struct wire *w = LIST_ENTRY(origin->kept.next, struct wire, link);
        unkeep(w);
        if (is_quiet(w)) {
            origin->counts.reused++;
            return w;
        }
        origin_cut(w, false);
    }
    return NULL;
}

static void dialled(struct dial *d, enum dial_answer answer, const char *why)
{
    struct wire *w = CONTAINER_OF(d, struct wire, dial);
    if (answer == DIAL_OK)
        d->stream.ready = wire_ready;
    else
        w->origin->counts.failed++;
    w->opened(w, answer, why);
}

struct wire *origin_open(struct origins *o, const struct endpoint *endpoint)
{
    struct origin *origin = &o->at[endpoint->id];
    struct wire *w;
    if (list_is_empty(&o->spare)) {
        if (!(w = malloc(sizeof *w)))
            return NULL;
    } else {
        w = LIST_ENTRY(o->spare.next, struct wire, link);
        list_remove(&w->link);
        o->spare_count--;
    }
    *w = (struct wire){ .origin = origin, .opened_ms = loop_now_ms(o->loop), .dial = { .done = dialled } };
    list_init(&w->link);
    timer_init(&w->idle, idle_too_long);
    origin->counts.opened++;
    origin->counts.open++;
    dial_begin(&w->dial, o->loop, o->resolver, &origin->target, endpoint->pool->connect_ms);
    return w;
}

struct origin_counts origin_counts(const struct origins *o, const struct endpoint *endpoint)
{
    return o->at[endpoint->id].counts;
}

void origins_free(struct origins *o)
{
    if (!o)
        return;
    for (unsigned i = 0; i < o->count; i++) {
        forget_kept(&o->at[i]);
        assert(o->at[i].counts.open == 0);
        tls_session_finish(&o->at[i].target.session);
    }
    LIST_EACH_SAFE (node, &o->spare)
        free(LIST_ENTRY(node, struct wire, link));
    free(o);
}
