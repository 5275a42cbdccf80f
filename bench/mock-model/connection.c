/* connection.c - a connection of the mock model: read a request, answer it as steered, again. */
#include "connection.h"

#include <sys/epoll.h>

enum { BODY_MAX = 64 * 1024 * 1024, OUT_MAX = 256 * 1024 * 1024 };

static struct loop *the_loop;
static void advance(struct connection *c);

uint64_t model_now_ms(void)
{
    return loop_now_ms(the_loop);
}

static void connection_free(struct connection *c)
{
    if (c->state != READS_HEAD)
        journal_left(c);
    if (c->state == STREAMS)
        counts.streams--;
    counts.open--;
    timer_cancel(&c->timer);
    deferred_cancel(&c->flush);
    stream_close(&c->stream);
    buf_finish(&c->in);
    buf_finish(&c->out);
    buf_finish(&c->body);
    buf_finish(&c->head_bytes);
    buf_finish(&c->held);
    jsonx_finish(&c->json);
    http_reader_finish(&c->reader);
    free(c);
}

static void flush(struct deferred *d)
{
    struct connection *c = CONTAINER_OF(d, struct connection, flush);
    enum stream_answer a = buf_len(&c->out) ? stream_write_buf(&c->stream, &c->out) : STREAM_OK;
    if (a == STREAM_BROKEN || (a == STREAM_OK && c->close_after))
        connection_free(c);
    else if (a == STREAM_OK && !buf_len(&c->out))
        buf_release(&c->out);
}

static void flush_later(struct connection *c)
{
    loop_at_flush(the_loop, &c->flush);
}

/* ---- what is asked ---- */

static const struct {
    const char *ending;
    enum kind kind;
} KINDS[] = {
    { "/chat/completions", KIND_CHAT }, { "/completions", KIND_COMPLETION }, { "/embeddings", KIND_EMBEDDINGS },
    { "/responses", KIND_RESPONSES },   { "/models", KIND_MODELS },          { "/score", KIND_SCORE },
};

static enum kind kind_of(struct str path)
{
    if (str_starts(path, STR("/admin/")))
        return KIND_ADMIN;
    for (size_t i = 0; i < ARRAY_LEN(KINDS); i++)
        if (str_ends(path, str_c(KINDS[i].ending)))
            return KINDS[i].kind;
    return KIND_UNKNOWN;
}

static void read_body(struct connection *c)
{
    struct asked *a = &c->asked;
    struct jsonx_error error;
    if (!jsonx_index(&c->json, buf_str(&c->body), &JSONX_LIMITS_DEFAULT, &error))
        return;
    uint32_t node = jsonx_member(&c->json, 0, STR("max_tokens"));
    uint64_t limit;
    if (node == JSONX_NO_NODE)
        node = jsonx_member(&c->json, 0, STR("max_completion_tokens"));
    if (jsonx_u64(&c->json, node, &limit) && limit < a->tokens)
        a->tokens = limit;
    if (jsonx_u64(&c->json, jsonx_member(&c->json, 0, STR("n")), &limit) && limit < 9)
        a->n = limit;
    a->is_stream = jsonx_is(&c->json, jsonx_member(&c->json, 0, STR("stream")), JSONX_TRUE);
    a->wants_usage = jsonx_is(&c->json, jsonx_path(&c->json, 0, "stream_options", "include_usage", NULL), JSONX_TRUE);
    a->has_tools = jsonx_member(&c->json, 0, STR("tools")) != JSONX_NO_NODE;
    if (!a->model.len)
        a->model = jsonx_raw(&c->json, jsonx_member(&c->json, 0, STR("model")));
    uint32_t messages = jsonx_member(&c->json, 0, STR("messages"));
    for (uint32_t m = jsonx_first(&c->json, messages); m != JSONX_NO_NODE; m = jsonx_next(&c->json, messages, m)) {
        uint32_t content = jsonx_member(&c->json, m, STR("content"));
        if (jsonx_is(&c->json, content, JSONX_STRING))
            a->last_text = jsonx_raw(&c->json, content);
    }
}

static void read_request(struct connection *c)
{
    struct asked *a = &c->asked;
    struct str path = c->head.path;
    *a = (struct asked){ .kind = kind_of(path), .n = 1, .tokens = settings.tokens };
    size_t at = str_find_str(path, STR("/deployments/"));
    if (at < path.len) {
        struct str rest = str_from(path, at + 13);
        a->model = str_cut(&rest, '/');
    }
    if (a->kind != KIND_ADMIN && buf_len(&c->body))
        read_body(c);
    struct str bearer = http_known_value(&c->head, HTTP_FIELD_AUTHORIZATION), key = http_known_value(&c->head, HTTP_FIELD_API_KEY);
    if (settings.require_bearer[0] &&
        !(str_starts(bearer, STR("Bearer ")) && str_eq(str_from(bearer, 7), str_c(settings.require_bearer))))
        a->auth_failure = "bearer";
    if (settings.require_key[0] && !str_eq(key, str_c(settings.require_key)))
        a->auth_failure = "key";
}

/* ---- how it is answered ---- */

static void done(struct connection *c)
{
    if (c->state == STREAMS)
        counts.streams--;
    c->state = READS_HEAD;
    c->served = true;
    buf_clear(&c->body);
    buf_release(&c->body);
    buf_clear(&c->head_bytes);
    buf_release(&c->head_bytes);
    c->close_after = c->close_after || c->mode == MODE_close || !c->head.keep_alive;
    flush_later(c);
}

static void abort_now(struct connection *c)
{
    stream_abort(&c->stream);
    connection_free(c);
}

/* The whole answer is in c->out; true when the connection is gone. */
static bool spoil(struct connection *c)
{
    if (c->mode == MODE_cut) {
        struct str whole = buf_str(&c->out);
        struct buf half;
        buf_init(&half, OUT_MAX);
        if (!buf_add(&half, str_first(whole, whole.len - 20)))
            abort();
        buf_finish(&c->out);
        c->out = half;
        stream_write_buf(&c->stream, &c->out);
        abort_now(c);
        return true;
    }
    if (c->mode == MODE_dribble) {
        c->held = c->out;
        buf_init(&c->out, OUT_MAX);
        c->state = DRIBBLES;
        timer_set(the_loop, &c->timer, 1);
    }
    return false;
}

static void next_event(struct connection *c)
{
    if (c->mode == MODE_stream_cut && c->event == 4) {
        stream_write_buf(&c->stream, &c->out);
        abort_now(c);
        return;
    }
    if (c->mode == MODE_stream_stall && c->event == 4)
        return;
    bool more = event_write(c);
    flush_later(c);
    if (more)
        timer_set(the_loop, &c->timer, settings.interval_ms);
    else
        done(c);
}

static void answer_now(struct connection *c)
{
    if (c->mode == MODE_reset) {
        abort_now(c);
        return;
    }
    if (c->asked.auth_failure) {
        c->mode = strcmp(c->asked.auth_failure, "key") == 0 ? MODE_status_401_key : MODE_status_401;
        c->asked.is_stream = false;
    } else if (c->asked.kind == KIND_UNKNOWN) {
        answer_error(c, 404, "", "{\"error\":{\"code\":\"404\",\"message\":\"Resource not found\"}}");
        done(c);
        return;
    }
    size_t before = buf_len(&c->out);
    answer_write(c);
    bool streams = c->asked.is_stream && str_find_str(str_from(buf_str(&c->out), before), STR("text/event-stream")) <
                                             buf_len(&c->out) - before;
    if (streams) {
        c->state = STREAMS;
        counts.streams++;
        c->event = 0;
        next_event(c);
        return;
    }
    if (spoil(c))
        return;
    if (c->state == DRIBBLES)
        return;
    done(c);
}

static void timer_fired(struct timer *t)
{
    struct connection *c = CONTAINER_OF(t, struct connection, timer);
    if (c->state == STREAMS) {
        next_event(c);
        return;
    }
    if (c->state == DRIBBLES) {
        if (!buf_add(&c->out, str_first(buf_str(&c->held), 1)))
            abort();
        buf_take(&c->held, 1);
        flush_later(c);
        if (buf_len(&c->held))
            timer_set(the_loop, t, settings.interval_ms ? settings.interval_ms : 1);
        else
            done(c);
        return;
    }
    answer_now(c);
    /* a pipelined request may wait; the connection may be gone, so look again on the next event only */
}

static void request_arrived(struct connection *c)
{
    read_request(c);
    if (c->asked.kind == KIND_ADMIN) {
        c->mode = MODE_ok;
        admin_answer(c, c->head.path, buf_str(&c->body));
        done(c);
        return;
    }
    counts.requests++;
    c->mode = steer_mode(c->asked.model);
    journal_add(c);
    if (c->mode == MODE_silent) {
        c->state = STUCK;
        return;
    }
    c->state = ANSWERS;
    uint64_t wait = settings.first_byte_ms + (c->mode == MODE_slow ? settings.delay_ms : 0);
    if (wait)
        timer_set(the_loop, &c->timer, wait);
    else
        answer_now(c);
}

/* ---- reading ---- */

/* Returns false when the connection is gone or waits. */
static bool read_one(struct connection *c)
{
    size_t used;
    struct str piece;
    switch (http_reader_next(&c->reader, buf_str(&c->in), &used, &piece)) {
    case HTTP_MORE:
        return false;
    case HTTP_HEAD:
        buf_clear(&c->head_bytes);
        if (!buf_add(&c->head_bytes, str_first(buf_str(&c->in), used)))
            abort();
        c->head = c->reader.head;
        http_head_rebase(&c->head, buf_str(&c->in).at, buf_str(&c->head_bytes).at);
        buf_take(&c->in, used);
        c->state = READS_BODY;
        if (c->head.expects_continue && (!buf_add(&c->out, STR("HTTP/1.1 100 Continue\r\n\r\n"))))
            abort();
        if (c->head.expects_continue)
            flush_later(c);
        return true;
    case HTTP_BODY:
        if (!buf_add(&c->body, piece)) {
            connection_free(c);
            return false;
        }
        buf_take(&c->in, used);
        return true;
    case HTTP_DONE: {
        buf_take(&c->in, used);
        buf_release(&c->in);
        uint64_t open = counts.open;
        request_arrived(c);
        return counts.open == open && c->state == READS_HEAD;
    }
    default:
        answer_error(c, 400, "connection: close\r\n", "{\"error\":{\"code\":\"400\",\"message\":\"bad request\"}}");
        c->close_after = true;
        flush_later(c);
        return false;
    }
}

static void advance(struct connection *c)
{
    for (;;) {
        while (c->state == READS_HEAD || c->state == READS_BODY) {
            uint64_t open = counts.open;
            if (!read_one(c)) {
                if (counts.open != open)
                    return;
                break;
            }
        }
        enum stream_answer a = stream_read(&c->stream, &c->in, 65536);
        if (a == STREAM_WAIT)
            return;
        if (a != STREAM_OK) {
            connection_free(c); /* the caller left */
            return;
        }
    }
}

static void ready(struct stream *s)
{
    struct connection *c = CONTAINER_OF(s, struct connection, stream);
    enum stream_answer a = stream_handshake(s);
    if (a == STREAM_WAIT)
        return;
    if (a != STREAM_OK) {
        connection_free(c);
        return;
    }
    if (buf_len(&c->out))
        flush_later(c);
    advance(c);
}

void connection_accept(struct loop *loop, int fd, SSL *ssl)
{
    struct connection *c = calloc(1, sizeof *c);
    if (!c)
        abort();
    the_loop = loop;
    counts.open++;
    timer_init(&c->timer, timer_fired);
    deferred_init(&c->flush, flush);
    buf_init(&c->in, BODY_MAX);
    buf_init(&c->out, OUT_MAX);
    buf_init(&c->body, BODY_MAX);
    buf_init(&c->head_bytes, 1 << 20);
    buf_init(&c->held, OUT_MAX);
    jsonx_init(&c->json);
    http_reader_init(&c->reader, HTTP_REQUESTS, &HTTP_LIMITS_DEFAULT);
    c->stream.ready = ready;
    if (!stream_accept(&c->stream, loop, fd, ssl))
        connection_free(c);
    else
        ready(&c->stream);
}
