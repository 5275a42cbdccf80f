/* fronts.c - all connections of a worker: its doors, its free desks, and how it empties the house. */
#include <stdlib.h>

#include "proxy/edge/front_parts.h"

static struct http_limits limits_of(const struct setup *setup)
{
    return (struct http_limits){
        .line_bytes = (size_t)setup->limits.line_bytes,
        .field_bytes = (size_t)setup->limits.field_bytes,
        .head_bytes = (size_t)setup->limits.head_bytes,
        .fields = (size_t)setup->limits.fields,
        .body_bytes = UINT64_MAX, /* the route's, once it is known */
    };
}

struct fronts *fronts_new(const struct fronts_options *o)
{
    struct fronts *h = calloc(1, sizeof *h);
    struct gate *gate =
        gate_new((size_t)o->setup->limits.connections, (size_t)o->setup->limits.connections_per_address);
    if (!h || !gate) {
        free(h);
        gate_free(gate);
        return NULL;
    }
    h->loop = o->loop;
    h->world = o->world;
    h->setup = o->setup;
    h->http_limits = limits_of(o->setup);
    h->gate = gate;
    list_init(&h->doors);
    list_init(&h->busy);
    list_init(&h->idle);
    list_init(&h->desks);
    return h;
}

bool fronts_listen(struct fronts *h, const struct listener *listener, struct tls_server *tls, int fd)
{
    struct door *door = calloc(1, sizeof *door);
    if (!door)
        return false;
    *door = (struct door){ .house = h, .listener = listener, .tls = tls, .listening = { .accepted = front_accepted } };
    list_push_back(&h->doors, &door->link);
    return listen_start(&door->listening, h->loop, fd);
}

void fronts_drain(struct fronts *h, uint64_t idle_ms)
{
    h->draining = true;
    h->drain_idle_ms = idle_ms;
    LIST_EACH (node, &h->doors)
        listen_stop(&LIST_ENTRY(node, struct door, link)->listening);
    LIST_EACH_SAFE (node, &h->idle)
        front_hurry(LIST_ENTRY(node, struct front, link));
}

/* Those that are in the middle of an answer get its end, as far as that can be told, and are closed behind it. */
void fronts_cut(struct fronts *h)
{
    fronts_drain(h, 0);
    LIST_EACH_SAFE (node, &h->busy) {
        struct front *f = LIST_ENTRY(node, struct front, link);
        f->keep = false;
        if (f->exchange == EXCHANGE_RUNS)
            exchange_caller_left(&f->desk->x, WHY_DRAINED);
        else if (f->exchange == EXCHANGE_NONE && !front_unsent(f))
            front_close(f, WHY_DRAINED);
    }
}

void fronts_abort(struct fronts *h)
{
    LIST_EACH_SAFE (node, &h->busy)
        front_abort(LIST_ENTRY(node, struct front, link), WHY_DRAINED);
}

size_t fronts_count(const struct fronts *h)
{
    return h->count;
}

static void desk_free(struct desk *d)
{
    exchange_free(&d->x);
    http_reader_finish(&d->reader);
    buf_finish(&d->head);
    buf_finish(&d->in);
    buf_finish(&d->out);
    free(d);
}

void fronts_free(struct fronts *h)
{
    if (!h)
        return;
    assert(!h->count);
    LIST_EACH_SAFE (node, &h->doors) {
        struct door *door = LIST_ENTRY(node, struct door, link);
        listen_stop(&door->listening);
        free(door);
    }
    LIST_EACH_SAFE (node, &h->desks)
        desk_free(LIST_ENTRY(node, struct desk, link));
    gate_free(h->gate);
    free(h);
}

/* ---- desks ---- */

struct desk *fronts_take_desk(struct fronts *h)
{
    if (!list_is_empty(&h->desks)) {
        struct desk *d = LIST_ENTRY(h->desks.next, struct desk, link);
        list_remove(&d->link);
        h->desks_count--;
        return d;
    }
    struct desk *d = calloc(1, sizeof *d);
    if (!d)
        return NULL;
    list_init(&d->link);
    buf_init(&d->head, h->http_limits.head_bytes + (HTTP_FIELDS_MAX + 1) * sizeof(struct http_field));
    buf_init(&d->in, h->http_limits.head_bytes + FRONT_UNREAD_MAX + FRONT_READ_BYTES);
    buf_init(&d->out, FRONT_OUT_MAX);
    return d;
}

static void keep_small(struct buf *b)
{
    buf_clear(b);
    if (b->size > FRONT_BUFFER_KEPT)
        buf_finish(b);
}

/* The one used last lies on top: its memory is warm. */
void fronts_give_desk(struct fronts *h, struct desk *d)
{
    if (h->desks_count == FRONT_DESKS_KEPT) {
        desk_free(d);
        return;
    }
    http_reader_finish(&d->reader);
    keep_small(&d->head);
    keep_small(&d->in);
    keep_small(&d->out);
    list_push_front(&h->desks, &d->link);
    h->desks_count++;
}
