/* forward.c - one request to a model server and its answer. */
#include "proxy/edge/forward_parts.h"

#include <stdlib.h>

#include "proxy/core/exchange.h"

enum {
    PIECES = 4, /* the head and the pieces of the body */
    SPARE_MAX = 256,
};

static void go_on(struct deferred *d);
static void next_turn(struct deferred *d);
static void write_kept(struct deferred *d);
static void refuse(struct deferred *d);
static void drive(struct forward *f);

struct forwards *forwards_new(struct loop *loop, struct origins *origins)
{
    struct forwards *all = malloc(sizeof *all);
    if (!all)
        return NULL;
    all->loop = loop;
    all->origins = origins;
    all->spare_count = all->open = 0;
    list_init(&all->spare);
    list_init(&all->refused);
    deferred_init(&all->refuse, refuse);
    return all;
}

void forwards_free(struct forwards *all)
{
    if (!all)
        return;
    assert(!all->open && list_is_empty(&all->refused));
    LIST_EACH_SAFE (node, &all->spare)
        free(LIST_ENTRY(node, struct forward, link));
    free(all);
}

/* ---- beginning and ending ---- */

static struct forward *take_spare(struct forwards *all)
{
    if (list_is_empty(&all->spare))
        return malloc(sizeof(struct forward));
    struct forward *f = LIST_ENTRY(all->spare.next, struct forward, link);
    list_remove(&f->link);
    all->spare_count--;
    return f;
}

static struct forward *forward_new(struct forwards *all, struct ask_forward *ask)
{
    struct forward *f = take_spare(all);
    if (!f)
        return NULL;
    memset(f, 0, offsetof(struct forward, reader)); /* http_reader_init knows what must be cleared in the reader */
    f->all = all;
    f->ask = ask;
    f->x = ask->ask.exchange;
    f->began_ms = loop_now_ms(all->loop);
    f->total = ask->head.len + ask->body[0].len + ask->body[1].len + ask->body[2].len;
    list_init(&f->link);
    deferred_init(&f->again, go_on);
    deferred_init(&f->turn, next_turn);
    deferred_init(&f->write, write_kept);
    buf_init(&f->held, FORWARD_HELD_BYTES);
    http_reader_init(&f->reader, HTTP_RESPONSES, &HTTP_LIMITS_DEFAULT);
    http_reader_expect(&f->reader, ask->answers_head);
    all->open++;
    return f;
}

static void forward_free(struct forward *f)
{
    struct forwards *all = f->all;
    assert(!f->ask && !f->wire && !f->is_busy);
    deferred_cancel(&f->again);
    deferred_cancel(&f->turn);
    deferred_cancel(&f->write);
    buf_finish(&f->held);
    http_reader_finish(&f->reader);
    all->open--;
    if (all->spare_count < SPARE_MAX) {
        list_push_front(&all->spare, &f->link);
        all->spare_count++;
    } else {
        free(f);
    }
}

/* From here on the ask is the core's again. Whoever reads frees `f` when it is done. */
static struct exchange *let_go(struct forward *f)
{
    f->ask->ask.is_open = false;
    f->ask->ask.op = NULL;
    f->ask = NULL;
    deferred_cancel(&f->again);
    deferred_cancel(&f->turn);
    deferred_cancel(&f->write);
    return f->x;
}

void forward_fail(struct forward *f, enum forward_failure failure, const char *why)
{
    f->ask->reused = f->wire && f->wire->was_kept && !f->has_byte;
    if (f->wire) {
        if (f->ask->reused)
            origin_forget_kept(f->wire);
        origin_cut(f->wire, true);
        f->wire = NULL;
    }
    struct exchange *x = let_go(f);
    if (!f->is_busy)
        forward_free(f);
    exchange_upstream_failed(x, failure, why);
}

/* The answer is whole. The wire goes back when both sides left it clean. */
void forward_finish(struct forward *f, bool is_clean)
{
    const struct http_head *head = &f->reader.head;
    if (is_clean && head->keep_alive && !head->until_close && f->written == f->total) {
        f->wire->kept_for_ms = f->keeps_ms;
        origin_keep(f->wire);
    } else {
        origin_cut(f->wire, f->written != f->total);
    }
    f->wire = NULL;
    struct exchange *x = let_go(f);
    exchange_upstream_end(x);
}

/* Failures found while the core is asking are told later. */
static void fail_later(struct forward *f, enum forward_failure failure, const char *why)
{
    f->failure = failure;
    f->failing = why;
    loop_defer(f->all->loop, &f->again);
}

static void go_on(struct deferred *d)
{
    struct forward *f = CONTAINER_OF(d, struct forward, again);
    if (f->failing)
        forward_fail(f, f->failure, f->failing);
    else
        drive(f);
}

/* What is deferred runs within the turn: an answer of which nothing reaches the caller would never end it. */
static void next_turn(struct deferred *d)
{
    struct forward *f = CONTAINER_OF(d, struct forward, turn);
    loop_defer(f->all->loop, &f->again);
}

/* ---- the request ---- */

/* False when the connection is broken; what the server said before that is read first. */
static bool write_request(struct forward *f)
{
    const struct str all[PIECES] = { f->ask->head, f->ask->body[0], f->ask->body[1], f->ask->body[2] };
    struct str left[PIECES];
    size_t count = 0, skip = f->written, written;
    for (size_t i = 0; i < PIECES; i++) {
        if (skip < all[i].len)
            left[count++] = str_from(all[i], skip);
        skip -= skip < all[i].len ? skip : all[i].len;
    }
    if (!count)
        return true;
    enum stream_answer answer = stream_write(&f->wire->dial.stream, left, count, &written);
    f->written += written;
    return answer != STREAM_BROKEN;
}

/* Requests that are written one after the other find OpenSSL's code in the cache; in the middle of their stages they do
 * not. */
static void write_kept(struct deferred *d)
{
    struct forward *f = CONTAINER_OF(d, struct forward, write);
    if (!write_request(f))
        fail_later(f, FORWARD_BROKEN, "closed while it was kept");
}

static void wire_opened(struct wire *w, enum dial_answer answer, const char *why)
{
    struct forward *f = w->user;
    if (answer != DIAL_OK) {
        forward_fail(f, answer == DIAL_TLS ? FORWARD_TLS : FORWARD_UNREACHABLE, why);
        return;
    }
    uint64_t took_ms = loop_now_ms(f->all->loop) - f->began_ms;
    f->ask->connect_ms = took_ms ? took_ms : 1;
    f->is_open = true;
    drive(f);
}

static void wire_ready(struct wire *w)
{
    drive(w->user);
}

void forward_ask(struct forwards *all, struct ask_forward *ask)
{
    assert(!ask->ask.is_open);
    struct forward *f = forward_new(all, ask);
    ask->ask.is_open = true;
    ask->ask.op = f;
    ask->reused = ask->held_up = false;
    ask->connect_ms = 0;
    if (!f) {
        list_init(&ask->ask.link);
        list_push_back(&all->refused, &ask->ask.link);
        loop_defer(all->loop, &all->refuse);
        return;
    }
    f->wire = origin_take(all->origins, ask->endpoint);
    f->is_open = f->wire != NULL;
    if (!f->wire)
        f->wire = origin_open(all->origins, ask->endpoint);
    if (!f->wire) {
        fail_later(f, FORWARD_UNREACHABLE, "out of memory");
        return;
    }
    f->wire->user = f;
    f->wire->opened = wire_opened;
    f->wire->ready = wire_ready;
    if (f->is_open)
        loop_at_flush(all->loop, &f->write);
}

static void refuse(struct deferred *d)
{
    struct forwards *all = CONTAINER_OF(d, struct forwards, refuse);
    while (!list_is_empty(&all->refused)) {
        struct ask *ask = LIST_ENTRY(all->refused.next, struct ask, link);
        list_remove(&ask->link);
        ask->is_open = false;
        exchange_upstream_failed(ask->exchange, FORWARD_UNREACHABLE, "out of memory");
    }
}

void forward_cancel(struct ask_forward *ask)
{
    struct forward *f = ask->ask.op;
    if (!ask->ask.is_open)
        return;
    if (!f) {
        list_remove(&ask->ask.link);
        ask->ask.is_open = false;
        return;
    }
    let_go(f);
    if (f->wire)
        origin_cut(f->wire, true);
    f->wire = NULL;
    if (!f->is_busy)
        forward_free(f);
}

void forward_resume(struct exchange *x)
{
    struct forward *f = x->ask_forward.ask.op;
    if (!x->ask_forward.ask.is_open || !f || !x->ask_forward.held_up)
        return;
    x->ask_forward.held_up = false;
    loop_defer(f->all->loop, &f->again);
}

/* Reads before it writes: a server that answers early and closes has said why. */
static void drive(struct forward *f)
{
    assert(!f->is_busy);
    if (!f->is_open || f->failing)
        return;
    f->is_busy = true;
    if (!f->ask->held_up)
        forward_read_answer(f);
    if (f->ask && !f->stop_writing && f->written < f->total && !write_request(f)) {
        if (f->has_head)
            f->stop_writing = true;
        else
            forward_fail(f, FORWARD_BROKEN, f->wire->dial.stream.why);
    }
    f->is_busy = false;
    if (!f->ask)
        forward_free(f);
}
