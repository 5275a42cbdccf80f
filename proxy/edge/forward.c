/* forward.c - one request to a model server and its answer. */
#include "proxy/edge/forward.h"

#include <stdlib.h>

#include "proxy/core/exchange.h"
#include "proxy/http/reader.h"

enum {
    READ_BYTES = 64 * 1024, /* at a time */
    HELD_BYTES = 2 * READ_BYTES,
    TURN_BYTES = 256 * 1024, /* of one answer in one turn of the loop, so that the others have theirs */
    INTERIM_MAX = 8,         /* 1xx heads */
    PIECES = 4,              /* the head and the pieces of the body */
    SPARE_MAX = 256,
    BESIDE_BYTES = 1024, /* so few held bytes are put before what is read: a chunk's end, mostly */
};

/* One request on its way. Pooled; `ask` is NULL when it is over. */
struct forward {
    struct list link; /* in forwards.spare */
    struct forwards *all;
    struct ask_forward *ask;
    struct wire *wire; /* NULL when there is none (any more) */
    uint64_t began_ms;
    struct deferred again; /* go on reading, or tell the failure */
    struct deferred turn;  /* the others first: `again` in the next turn */
    struct deferred write; /* on a kept connection, with what the others write at the end of the turn */
    size_t written, total; /* bytes of the request */
    uint64_t keeps_ms;     /* how long the server keeps the connection; 0: it does not say */
    unsigned interim;
    bool is_open;        /* the wire is connected */
    bool is_busy;        /* reading: a cancel only marks, the reader's loop frees */
    bool has_byte;       /* of the answer */
    bool has_head;       /* the final one */
    bool stop_writing;   /* the answer is an error already */
    bool has_more;       /* the reader was stopped before it had nothing more to tell */
    const char *failing; /* told by `again` */
    enum forward_failure failure;
    struct buf held; /* read and not yet taken; empty most of the time */
    struct http_reader reader;
};

struct forwards {
    struct loop *loop;
    struct origins *origins;
    struct list spare;
    size_t spare_count, open;
    struct list refused; /* asks for which there was no memory */
    struct deferred refuse;
    /* What was held, when that is little, and what one read brings; nobody reads within another's reading. */
    char room[BESIDE_BYTES + READ_BYTES];
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
    f->began_ms = loop_now_ms(all->loop);
    f->total = ask->head.len + ask->body[0].len + ask->body[1].len + ask->body[2].len;
    list_init(&f->link);
    deferred_init(&f->again, go_on);
    deferred_init(&f->turn, next_turn);
    deferred_init(&f->write, write_kept);
    buf_init(&f->held, HELD_BYTES);
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
    struct exchange *x = f->ask->ask.exchange;
    f->ask->ask.is_open = false;
    f->ask->ask.op = NULL;
    f->ask = NULL;
    deferred_cancel(&f->again);
    deferred_cancel(&f->turn);
    deferred_cancel(&f->write);
    return x;
}

static void fail(struct forward *f, enum forward_failure failure, const char *why)
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

/* What servers say of how long they wait for the next request: "timeout=5, max=100". In milliseconds; 0: nothing. */
static uint64_t server_keeps_ms(const struct http_head *head)
{
    struct str list = http_known_value(head, HTTP_FIELD_KEEP_ALIVE);
    uint64_t seconds;
    while (list.at) {
        struct str member = str_trim(str_cut(&list, ','));
        if (str_starts_nocase(member, STR("timeout=")) && str_to_u64(str_from(member, 8), &seconds) && seconds < 86400)
            return seconds ? seconds * 1000 : 1;
    }
    return 0;
}

/* The answer is whole. The wire goes back when both sides left it clean. */
static void finish(struct forward *f, bool is_clean)
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
        fail(f, f->failure, f->failing);
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
        fail(f, answer == DIAL_TLS ? FORWARD_TLS : FORWARD_UNREACHABLE, why);
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

/* ---- the answer ---- */

static const char *take_head(struct forward *f)
{
    const struct http_head *head = &f->reader.head;
    if (head->status == 101)
        return "the server changes to a protocol that was not asked for";
    if (head->status < 200)
        return ++f->interim > INTERIM_MAX ? "too many interim answers" : NULL;
    f->has_head = true;
    f->keeps_ms = server_keeps_ms(head);
    f->stop_writing = head->status >= 300 && f->written < f->total;
    exchange_upstream_head(f->ask->ask.exchange, head);
    http_reader_drop_fields(&f->reader);
    return NULL;
}

/* Feeds the reader and tells the exchange. Takes what was used off `*in`; what is left waits for more bytes, or for
 * room. */
static void take_answer(struct forward *f, struct str *in)
{
    size_t used;
    struct str piece;
    for (;;) {
        if (f->has_head && !front_has_room(f->ask->ask.exchange)) {
            f->ask->held_up = f->has_more = true;
            return;
        }
        enum http_event event = http_reader_next(&f->reader, *in, &used, &piece);
        const char *bad = NULL;
        *in = str_from(*in, used);
        switch (event) {
        case HTTP_MORE:
            return;
        case HTTP_HEAD:
            bad = take_head(f);
            break;
        case HTTP_BODY:
            exchange_upstream_bytes(f->ask->ask.exchange, piece);
            break;
        case HTTP_DONE:
            if (f->has_head)
                finish(f, !in->len);
            break;
        case HTTP_BAD:
            bad = f->reader.bad.why;
            break;
        }
        if (bad)
            fail(f, FORWARD_BROKEN, bad);
        if (!f->ask)
            return;
    }
}

/* The server has closed its side, in order or not, and everything before that was taken. */
static void take_end(struct forward *f, enum stream_answer answer)
{
    const struct stream *s = &f->wire->dial.stream;
    const char *why = answer == STREAM_BROKEN ? s->why : "closed";
    if (answer == STREAM_END && f->has_head && http_reader_closed(&f->reader))
        finish(f, false);
    else if (!f->has_byte)
        fail(f, FORWARD_BROKEN, answer == STREAM_BROKEN ? why : "closed before it answered");
    else
        fail(f, FORWARD_BROKEN, answer == STREAM_BROKEN ? why : "closed in the middle of the answer");
}

/* What was held comes first. Bytes are appended to it only when the reader wants more of them. */
static bool take_held(struct forward *f)
{
    struct str in = buf_str(&f->held);
    size_t len = in.len;
    f->has_more = false;
    take_answer(f, &in);
    if (!f->ask)
        return false;
    buf_take(&f->held, len - in.len);
    if (!buf_len(&f->held))
        buf_release(&f->held);
    return !f->ask->held_up;
}

static enum stream_answer read_some(struct forward *f, bool beside, size_t *n)
{
    struct stream *s = &f->wire->dial.stream;
    char *at = beside ? f->all->room + buf_len(&f->held) : buf_reserve(&f->held, READ_BYTES);
    if (!at)
        return STREAM_BROKEN; /* a head or a chunk line is bounded far below */
    enum stream_answer answer = stream_read_at(s, at, READ_BYTES, n);
    if (answer == STREAM_OK)
        f->has_byte = true;
    return answer;
}

/* Takes what was read behind the few bytes that were held; what is left of both is held. False when it is over. */
static bool take_beside(struct forward *f, size_t n)
{
    struct str held = buf_str(&f->held), in = str_of(f->all->room, held.len + n);
    if (held.len)
        memcpy(f->all->room, held.at, held.len);
    if (f->held.size > 4 * BESIDE_BYTES)
        buf_finish(&f->held); /* it was grown while the caller took his time */
    buf_clear(&f->held);
    take_answer(f, &in);
    if (!f->ask)
        return false;
    if (!in.len)
        buf_release(&f->held);
    else if (!buf_add(&f->held, in)) {
        fail(f, FORWARD_BROKEN, "no memory for what comes");
        return false;
    }
    return true;
}

static void read_answer(struct forward *f)
{
    size_t turn = 0;
    if (f->has_more && !take_held(f))
        return;
    while (!f->ask->held_up && stream_may_read(&f->wire->dial.stream)) {
        size_t n;
        if (turn > TURN_BYTES) {
            loop_at_flush(f->all->loop, &f->turn);
            return;
        }
        bool beside = buf_len(&f->held) <= BESIDE_BYTES;
        enum stream_answer answer = read_some(f, beside, &n);
        if (answer == STREAM_WAIT)
            return;
        if (answer != STREAM_OK) {
            take_end(f, answer);
            return;
        }
        turn += n;
        if (!beside)
            buf_grew(&f->held, n);
        if (!(beside ? take_beside(f, n) : take_held(f)))
            return;
    }
}

/* Reads before it writes: a server that answers early and closes has said why. */
static void drive(struct forward *f)
{
    assert(!f->is_busy);
    if (!f->is_open || f->failing)
        return;
    f->is_busy = true;
    if (!f->ask->held_up)
        read_answer(f);
    if (f->ask && !f->stop_writing && f->written < f->total && !write_request(f)) {
        if (f->has_head)
            f->stop_writing = true;
        else
            fail(f, FORWARD_BROKEN, f->wire->dial.stream.why);
    }
    f->is_busy = false;
    if (!f->ask)
        forward_free(f);
}
