/* front_write.c - from exchanges to bytes: the answer's head and framing, sending, and the end of a connection. */
#include "proxy/edge/front_parts.h"
#include "proxy/http/writer.h"

enum { HEAD_ROOM_BYTES = 1024, SHORT_ANSWER_BYTES = 16 * 1024 };

void front_read_body(struct world *w, struct exchange *x, uint64_t ceiling_bytes)
{
    (void)w;
    struct front *f = x->front;
    if (f->phase == FRONT_GONE)
        return;
    struct http_reader *r = &f->desk->reader;
    f->body_wanted = true;
    f->in_grace = true;
    f->body_too_large = !http_reader_limit_body(r, ceiling_bytes);
    if (r->head.expects_continue && r->head.minor >= 1 && !f->body_too_large && !front_unread(f)) {
        if (buf_add(&f->desk->out, STR("HTTP/1.1 100 Continue\r\n\r\n")))
            loop_at_flush(f->house->loop, &f->flush);
    }
    if (!f->is_feeding)
        loop_defer(f->house->loop, &f->go);
}

/* ---- the head ---- */

static bool status_has_no_body(unsigned status)
{
    return status == 204 || status == 304;
}

/* Will the rest of the request's body be short, if the caller sends it at all? */
static bool may_pass_over(const struct front *f, const struct http_head *request)
{
    if (f->body_done)
        return true;
    if (request->chunked)
        return false;
    return !request->has_length || !request->content_length ||
           (request->content_length - f->body_bytes <= FRONT_PASS_OVER_MAX &&
            !(request->expects_continue && !f->body_wanted));
}

static bool keeps(const struct front *f, struct world *w, const struct http_head *request,
                  const struct answer_head *head)
{
    return f->keep && request && request->keep_alive && !head->close && !f->until_close && !f->stream.peer_left &&
           !f->house->draining && w->is_accepting(w) && may_pass_over(f, request);
}

static bool add_status_line(struct buf *out, unsigned status)
{
    return status == 200 ? buf_add(out, STR("HTTP/1.1 200 OK\r\n")) : http_write_status_line(out, status);
}

static bool add_framing(const struct front *f, struct buf *out, const struct answer_head *head, bool to_head)
{
    if (status_has_no_body(head->status))
        return true;
    if (head->has_length)
        return http_write_field_number(out, STR("content-length"), head->content_length);
    if (f->chunked)
        return buf_add(out, STR("transfer-encoding: chunked\r\n"));
    return f->has_body || to_head || buf_add(out, STR("content-length: 0\r\n"));
}

static bool add_connection(const struct front *f, struct buf *out, unsigned minor)
{
    if (!f->keep)
        return buf_add(out, STR("connection: close\r\n"));
    return minor >= 1 || buf_add(out, STR("connection: keep-alive\r\n"));
}

/* Cut from the caller's view too: the core has given something that cannot be sent. */
static void fail(struct front *f)
{
    f->cut = f->overfull = true;
    loop_defer(f->house->loop, &f->go);
}

void front_answer_head(struct world *w, struct exchange *x, const struct answer_head *head)
{
    struct front *f = x->front;
    if (f->phase == FRONT_GONE || f->answer_begun)
        return;
    const struct http_head *request = x->head;
    struct buf *out = &f->desk->out;
    bool to_head = request && request->method == METHOD_HEAD;
    unsigned minor = request ? request->minor : 1;
    f->answer_begun = true;
    f->has_body = head->has_body && !to_head && !status_has_no_body(head->status);
    f->chunked = f->has_body && !head->has_length && minor >= 1;
    f->until_close = f->has_body && !head->has_length && minor == 0;
    f->answer_left = f->has_body && head->has_length ? head->content_length : UINT64_MAX;
    f->keep = keeps(f, w, request, head);
    /* room for a short answer at once: the buffer is new for each */
    size_t announced = head->has_length && head->content_length < SHORT_ANSWER_BYTES ? (size_t)head->content_length : 0;
    bool ok = buf_reserve(out, HEAD_ROOM_BYTES + announced) && add_status_line(out, head->status) && http_write_date(out, w->wall_ms(w) / 1000) &&
              add_framing(f, out, head, to_head) && add_connection(f, out, minor) &&
              (!(f->peer.is_tls && f->door->listener->hsts) ||
               buf_add(out, STR("strict-transport-security: max-age=63072000\r\n"))) &&
              buf_add(out, head->fields) && http_write_head_end(out);
    if (!ok)
        fail(f);
    loop_at_flush(f->house->loop, &f->flush);
}

/* ---- the body ---- */

void front_answer_bytes(struct world *w, struct exchange *x, struct str bytes)
{
    (void)w;
    struct front *f = x->front;
    if (f->phase == FRONT_GONE || !f->answer_begun || !f->has_body || f->overfull || !bytes.len)
        return;
    if (bytes.len > f->answer_left) { /* more than was announced would be read as the next answer */
        bytes.len = (size_t)f->answer_left;
        f->cut = true;
    }
    if (f->answer_left != UINT64_MAX)
        f->answer_left -= bytes.len;
    struct buf *out = &f->desk->out;
    if (!(f->chunked ? http_write_chunk(out, bytes) : buf_add(out, bytes)))
        fail(f);
    loop_at_flush(f->house->loop, &f->flush);
}

void front_answer_end(struct world *w, struct exchange *x, bool whole)
{
    (void)w;
    struct front *f = x->front;
    if (f->phase == FRONT_GONE)
        return;
    bool is_complete = f->answer_begun && (f->answer_left == 0 || f->answer_left == UINT64_MAX);
    if (!whole || !is_complete)
        f->cut = true;
    else if (f->chunked && !http_write_last_chunk(&f->desk->out))
        fail(f);
    loop_at_flush(f->house->loop, &f->flush);
}

void front_ended(struct world *w, struct exchange *x)
{
    (void)w;
    struct front *f = x->front;
    f->exchange = EXCHANGE_OVER;
    f->wants_room = false;
    loop_defer(f->house->loop, &f->go);
}

/* ---- sending ---- */

bool front_has_room(const struct exchange *x)
{
    struct front *f = x->front;
    f->wants_room = f->phase != FRONT_GONE && front_unsent(f) >= FRONT_ROOM_HIGH;
    return !f->wants_room;
}

/* Everything is sent. A caller who may still be sending must not be answered by a reset, which would take the answer
 * from its socket (RFC 9112 §9.6): we say that we are through, and read on for a while. */
static void close_now(struct front *f)
{
    bool nothing_comes = f->stream.peer_left || (f->body_done && !front_unread(f) && !stream_holds_any(&f->stream));
    if (f->cut && (f->until_close || !f->answer_begun)) {
        front_abort(f, WHY_CALLER_LEFT);
    } else if (f->cut || nothing_comes) {
        front_close(f, WHY_CALLER_LEFT);
    } else {
        stream_shutdown(&f->stream);
        f->phase = FRONT_LINGER;
        f->lingered = 0;
        loop_defer(f->house->loop, &f->go);
    }
}

void front_close_when_sent(struct front *f)
{
    f->phase = FRONT_CLOSING;
    f->keep = false;
    if (!front_unsent(f))
        close_now(f);
}

static void give_room(struct front *f)
{
    if (!f->wants_room || front_unsent(f) > FRONT_ROOM_LOW)
        return;
    f->wants_room = false;
    forward_resume(&f->desk->x);
}

void front_flush(struct deferred *d)
{
    struct front *f = CONTAINER_OF(d, struct front, flush);
    size_t before = front_unsent(f);
    if (f->reads_on && f->phase != FRONT_GONE)
        loop_defer(f->house->loop, &f->go); /* in the next turn */
    f->reads_on = false;
    if (!before || f->phase == FRONT_GONE)
        return;
    if (stream_write_buf(&f->stream, &f->desk->out) == STREAM_BROKEN) {
        front_close(f, WHY_CALLER_LEFT);
        return;
    }
    size_t after = front_unsent(f);
    buf_release(&f->desk->out); /* a stream waits between its events */
    if (after < before && f->wait == FRONT_WAIT_STALL)
        f->wait = FRONT_WAIT_NONE; /* something was taken: the deadline begins anew */
    give_room(f);
    if (!after && f->phase == FRONT_CLOSING)
        close_now(f);
    else if (f->phase == FRONT_HEAD && front_unread(f) && after < FRONT_ROOM_HIGH)
        loop_defer(f->house->loop, &f->go); /* the next request may have waited for this */
    front_settle(f);
}
