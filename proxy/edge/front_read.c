/* front_read.c - from bytes to exchanges: heads, bodies, and callers who stop sending. */
#include "proxy/edge/front_parts.h"

/* ---- requests ---- */

static void begin_exchange(struct front *f)
{
    f->phase = FRONT_EXCHANGE;
    f->exchange = EXCHANGE_RUNS;
    f->is_first = false;
    f->keep = true;
    f->body_wanted = f->body_done = f->body_too_large = false;
    f->answer_begun = f->has_body = f->chunked = f->until_close = f->cut = f->overfull = f->wants_room = false;
    f->body_bytes = f->window_bytes = 0;
    f->is_idle = false;
    list_remove(&f->link);
    list_push_back(&f->house->busy, &f->link);
}

/* The head's bytes move to a place where they stay until the exchange is over. */
static void begin_request(struct front *f, struct str bytes)
{
    struct desk *d = f->desk;
    buf_clear(&d->head);
    if (!http_head_keep(&d->reader.head, bytes, &d->head)) {
        front_close(f, WHY_INTERNAL);
        return;
    }
    http_reader_drop_fields(&d->reader);
    begin_exchange(f);
    exchange_begin(&d->x, f->house->world, f->house->setup, f, &f->peer, &d->reader.head);
}

void front_refuse_head(struct front *f, struct http_head *head, enum reason why, unsigned status, const char *detail)
{
    begin_exchange(f);
    f->keep = false;
    exchange_begin_bad(&f->desk->x, f->house->world, f->house->setup, f, &f->peer, head, why, status, detail);
}

void front_next_request(struct front *f)
{
    http_reader_finish(&f->desk->reader);
    http_reader_init(&f->desk->reader, HTTP_REQUESTS, &f->house->http_limits);
    f->phase = FRONT_HEAD;
}

static enum reason reason_of(const struct http_bad *bad)
{
    return bad->status == 413 ? WHY_BODY_TOO_LARGE : WHY_BAD_REQUEST;
}

static void bad_message(struct front *f)
{
    const struct http_bad *bad = &f->desk->reader.bad;
    struct http_head *head = &f->desk->reader.head;
    f->keep = false;
    if (f->phase == FRONT_HEAD) /* the path tells in which API family's words to refuse */
        front_refuse_head(f, head->path.at ? head : NULL, reason_of(bad), bad->status, bad->why);
    else if (f->phase == FRONT_EXCHANGE)
        exchange_body_failed(&f->desk->x, reason_of(bad), bad->why);
    else
        front_close_when_sent(f);
}

static void take_body(struct front *f, struct str piece)
{
    f->body_bytes += piece.len;
    f->window_bytes += piece.len;
    if (f->phase == FRONT_EXCHANGE)
        exchange_body_bytes(&f->desk->x, piece);
    else if (f->body_bytes > FRONT_PASS_OVER_MAX)
        front_close_when_sent(f);
}

static void end_body(struct front *f)
{
    f->body_done = true;
    if (f->phase == FRONT_EXCHANGE)
        exchange_body_end(&f->desk->x);
    else
        front_next_request(f);
}

/* ---- bytes ---- */

static bool may_feed(const struct front *f)
{
    switch (f->phase) {
    case FRONT_HEAD: /* who does not take answers gets no more of them */
        return front_unsent(f) < FRONT_ROOM_HIGH;
    case FRONT_EXCHANGE:
        return f->exchange == EXCHANGE_RUNS && f->body_wanted && !f->body_done;
    case FRONT_PASS_OVER:
        return true;
    default:
        return false;
    }
}

/* Reads messages out of `bytes` as far as they may be read now; how many bytes that took. */
static size_t feed(struct front *f, struct str bytes)
{
    size_t done = 0, used;
    while (may_feed(f)) {
        struct str rest = str_from(bytes, done), piece;
        if (f->phase == FRONT_HEAD && !rest.len)
            break;
        if (f->body_too_large && f->phase == FRONT_EXCHANGE) {
            f->keep = false;
            exchange_body_failed(&f->desk->x, WHY_BODY_TOO_LARGE, "content-length is above the ceiling");
            break;
        }
        enum http_event event = http_reader_next(&f->desk->reader, rest, &used, &piece);
        done += used;
        switch (event) {
        case HTTP_MORE:
            return done;
        case HTTP_HEAD:
            begin_request(f, str_first(rest, used));
            break;
        case HTTP_BODY:
            take_body(f, piece);
            break;
        case HTTP_DONE:
            end_body(f);
            break;
        case HTTP_BAD:
            bad_message(f);
            return done;
        }
    }
    return done;
}

static void feed_unread(struct front *f)
{
    struct desk *d = f->desk;
    f->is_feeding = true;
    size_t done = feed(f, buf_str(&d->in));
    f->is_feeding = false;
    buf_take(&d->in, done);
    buf_release(&d->in); /* the request may wait for long */
}

/* Straight from where they were received; only what cannot be read yet is kept. */
static void feed_fresh(struct front *f, struct str bytes)
{
    struct desk *d = f->desk;
    if (!buf_len(&d->in)) {
        f->is_feeding = true;
        bytes = str_from(bytes, feed(f, bytes));
        f->is_feeding = false;
        if (bytes.len && f->phase < FRONT_CLOSING && !buf_add(&d->in, bytes))
            front_close(f, WHY_OVERLOADED);
        return;
    }
    if (!buf_add(&d->in, bytes))
        front_close(f, WHY_OVERLOADED);
    else
        feed_unread(f);
}

static bool take_a_desk(struct front *f)
{
    if (f->desk)
        return true;
    f->desk = fronts_take_desk(f->house);
    if (!f->desk) {
        front_close(f, WHY_OVERLOADED);
        return false;
    }
    front_next_request(f);
    return true;
}

/* ---- reading ---- */

static bool may_read(const struct front *f)
{
    if (f->phase == FRONT_LINGER)
        return f->lingered <= FRONT_PASS_OVER_MAX;
    size_t most = FRONT_UNREAD_MAX;
    if (f->phase == FRONT_HEAD && f->house->http_limits.head_bytes > most)
        most = f->house->http_limits.head_bytes; /* a head that is allowed arrives */
    return f->phase < FRONT_CLOSING && front_unread(f) < most;
}

/* The peer sends no more. STREAM_END and STREAM_BROKEN are told by reading; FIN behind unread bytes by the socket. */
static void peer_ended(struct front *f, bool is_broken)
{
    switch (f->phase) {
    case FRONT_HEAD:
    case FRONT_PASS_OVER:
        f->keep = false;
        if (front_unsent(f) && !is_broken)
            f->phase = FRONT_CLOSING;
        else
            front_close(f, WHY_CALLER_LEFT);
        break;
    case FRONT_EXCHANGE:
        f->keep = false;
        if (f->exchange == EXCHANGE_RUNS)
            front_close(f, WHY_CALLER_LEFT);
        break; /* else the answer is complete and will be sent if that can be done */
    case FRONT_LINGER:
        front_close(f, WHY_CALLER_LEFT);
        break;
    default: /* writing will tell */
        break;
    }
}

void front_serve(struct front *f)
{
    static char fresh[FRONT_READ_BYTES]; /* one for all: nothing is kept in it from one call to the next */
    enum stream_answer answer = STREAM_WAIT;
    struct stream_ahead *place;
    struct str got;
    size_t reads = 0;
    if (front_unread(f))
        feed_unread(f);
    else if (f->desk && may_feed(f) && f->phase != FRONT_HEAD)
        feed_fresh(f, STR_NONE); /* a body of no bytes is over without any */
    /* asked only when something may be there: OpenSSL would take a buffer to learn that nothing is */
    while (may_read(f) && stream_may_read(&f->stream) &&
           (answer = stream_borrow(&f->stream, fresh, sizeof fresh, &got, &place)) == STREAM_OK) {
        if (f->phase == FRONT_LINGER)
            f->lingered += got.len;
        else if (take_a_desk(f))
            feed_fresh(f, got);
        stream_give_back(place);
        if (f->phase == FRONT_GONE)
            return; /* it may be freed before another turn */
        if (++reads == FRONT_READS_A_TURN) {
            f->reads_on = true;
            loop_at_flush(f->house->loop, &f->flush);
            break;
        }
    }
    if (f->phase == FRONT_LINGER && f->lingered > FRONT_PASS_OVER_MAX)
        front_close(f, WHY_CALLER_LEFT);
    else if (answer == STREAM_END || answer == STREAM_BROKEN)
        peer_ended(f, answer == STREAM_BROKEN);
    else if (f->stream.peer_left && f->phase == FRONT_EXCHANGE)
        peer_ended(f, false);
    front_settle(f);
}
