/* front.c - the life of a caller's connection: let in, served, closed, freed. */
#include "proxy/edge/front_parts.h"

#include <stdlib.h>
#include <unistd.h>

#include "proxy/base/heap.h"
#include "proxy/base/metric.h"

/* ---- letting in ---- */

/* At the ceiling somebody who waits for nothing makes room for somebody who wants something. */
static bool enter(struct fronts *h)
{
    if (gate_enter(h->gate))
        return true;
    if (list_is_empty(&h->idle))
        return false;
    front_close(LIST_ENTRY(h->idle.next, struct front, link), WHY_OVERLOADED);
    return gate_enter(h->gate);
}

static bool start(struct front *f, int fd, bool is_proxied)
{
    SSL *ssl = NULL;
    if (f->door->tls && !is_proxied && !(ssl = tls_server_ssl(f->door->tls))) {
        close(fd);
        return false;
    }
    f->phase = is_proxied ? FRONT_PROXY : ssl ? FRONT_TLS : FRONT_HEAD;
    return stream_accept(&f->stream, f->house->loop, fd, ssl);
}

static void ready(struct stream *s);
static void go(struct deferred *d);

void front_accepted(struct listening *l, int fd, const struct ip_address *from, uint16_t from_port)
{
    struct door *door = CONTAINER_OF(l, struct door, listening);
    struct fronts *h = door->house;
    bool is_unix = door->listener->unix_path.at != NULL;
    bool is_proxied = !is_unix && nets_have(&door->listener->proxy_nets, from); /* who must send a PROXY header */
    bool counts = !is_unix && !is_proxied; /* a proxy's own address stands for all that it brings */
    COUNT(METRIC_ACCEPTED);
    struct front *f = NULL;
    if (!enter(h)) {
        COUNT(METRIC_TURNED_AWAY);
        close(fd);
        return;
    }
    if ((counts && !gate_enter_from(h->gate, from)) || !(f = calloc(1, sizeof *f))) {
        COUNT(METRIC_TURNED_AWAY);
        gate_leave(h->gate);
        close(fd);
        return;
    }
    *f = (struct front){
        .stream = { .ready = ready },
        .house = h,
        .door = door,
        .peer = { .address = *from, .port = from_port, .is_unix = is_unix },
        .counted = *from,
        .is_counted = counts,
        .is_first = true,
    };
    timer_init(&f->timer, front_time_passed);
    deferred_init(&f->go, go);
    deferred_init(&f->flush, front_flush);
    list_push_back(&h->busy, &f->link);
    if (++h->count > FRONT_MANY)
        heap_grew();
    GAUGE_ADD(1, METRIC_CONNECTIONS);
    if (start(f, fd, is_proxied))
        front_set_deadline(f); /* the socket's first event comes by itself */
    else
        front_close(f, WHY_INTERNAL);
}

/* ---- serving ---- */

static void ready(struct stream *s)
{
    struct front *f = CONTAINER_OF(s, struct front, stream);
    if (f->phase == FRONT_PROXY && !front_read_proxy_header(f))
        return;
    if (f->phase == FRONT_TLS && !front_shake_hands(f))
        return;
    if (front_unsent(f))
        loop_at_flush(f->house->loop, &f->flush);
    front_serve(f);
}

/* What follows on the end of an exchange; never inside a call of the core. */
static void after_exchange(struct front *f)
{
    exchange_finish(&f->desk->x);
    f->exchange = EXCHANGE_NONE;
    if (f->phase == FRONT_GONE)
        return;
    if (f->cut || !f->keep)
        front_close_when_sent(f);
    else if (f->body_done)
        front_next_request(f);
    else
        f->phase = FRONT_PASS_OVER;
}

static void front_free(struct front *f)
{
    struct fronts *h = f->house;
    deferred_cancel(&f->go);
    if (f->desk)
        fronts_give_desk(h, f->desk);
    list_remove(&f->link);
    free(f->names);
    free(f);
    h->count--;
}

static void go(struct deferred *d)
{
    struct front *f = CONTAINER_OF(d, struct front, go);
    if (f->overfull)
        front_abort(f, WHY_CALLER_SLOW);
    if (f->exchange == EXCHANGE_OVER)
        after_exchange(f);
    if (f->phase != FRONT_GONE)
        front_serve(f);
    else if (f->exchange == EXCHANGE_NONE)
        front_free(f); /* else front_ended comes, and then this again */
}

void front_settle(struct front *f)
{
    if (f->phase == FRONT_GONE)
        return;
    bool has_work = f->phase != FRONT_HEAD || front_unread(f) || front_unsent(f);
    if (f->desk && !has_work) {
        fronts_give_desk(f->house, f->desk);
        f->desk = NULL;
    }
    if (!has_work && f->house->draining && !f->house->drain_idle_ms) {
        front_close(f, WHY_DRAINED);
        return;
    }
    if (!has_work && !f->is_idle) { /* the longest idle stands first */
        f->is_idle = true;
        list_remove(&f->link);
        list_push_back(&f->house->idle, &f->link);
    }
    front_set_deadline(f);
}

/* ---- closing ---- */

static void leave(struct front *f)
{
    f->phase = FRONT_GONE;
    f->is_idle = false;
    timer_cancel(&f->timer);
    deferred_cancel(&f->flush);
    list_remove(&f->link);
    list_push_back(&f->house->busy, &f->link);
    if (f->is_counted)
        gate_leave_from(f->house->gate, &f->counted);
    gate_leave(f->house->gate);
    GAUGE_ADD(-1, METRIC_CONNECTIONS);
}

/* The core may keep the exchange for a while, and says so by not calling front_ended yet. */
static void tell(struct front *f, enum reason why)
{
    f->wants_room = false;
    if (f->exchange == EXCHANGE_RUNS)
        exchange_caller_left(&f->desk->x, why);
    loop_defer(f->house->loop, &f->go);
}

void front_close(struct front *f, enum reason why)
{
    if (f->phase == FRONT_GONE)
        return;
    leave(f);
    stream_close(&f->stream);
    tell(f, why);
}

void front_abort(struct front *f, enum reason why)
{
    if (f->phase == FRONT_GONE)
        return;
    leave(f);
    stream_abort(&f->stream);
    tell(f, why);
}
