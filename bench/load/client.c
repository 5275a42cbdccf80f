/* client.c - one connection that asks again and again, or keeps a stream, or is parked behind a slow model. */
#include "load.h"

#include "proxy/edge/stream.h"
#include "proxy/http/reader.h"

#include <arpa/inet.h>

enum {
    QUEUE_MAX = 1 << 20,
    ANSWER_MAX = 64 * 1024 * 1024,
    OPENING_MAX = 64, /* thousands of handshakes at once end in time-outs, and those in new handshakes */
};

struct client {
    struct stream stream;
    struct http_reader reader;
    struct buf in, out;
    struct tls_session session;
    uint64_t began_us, first_us;
    bool is_busy, has_token, is_parked, is_opening, connected;
    struct list idle;
};

static struct client *clients;
static size_t clients_count, clients_begun, clients_opening;
static struct list idle_clients;
static uint64_t *queue; /* due times of arrivals that wait for a connection: a ring */
static size_t queue_head, queue_len;
static struct buf request, parked_request;
static bool stopping;
static size_t token_at;          /* where in `request` the line of a token of its own goes */
static struct str tokens_left;

static void add(struct buf *b, struct str s)
{
    if (!buf_add(b, s))
        abort();
}

static void make_request(struct buf *out, struct str model, bool stream)
{
    struct buf body;
    buf_init(&body, 1 << 26);
    buf_init(out, 1 << 26);
    if (options.body.at) {
        add(&body, options.body);
    } else {
        static const char WORDS[] = "Please summarise the following paragraph about the harvest in plain words. ";
        if (!buf_addf(&body, "{\"model\":\"" STR_F "\",\"stream\":%s,\"messages\":[{\"role\":\"system\",\"content\":\"You are a "
                             "helpful assistant.\"},{\"role\":\"user\",\"content\":\"", STR_A(model), stream ? "true" : "false"))
            abort();
        while (buf_len(&body) + sizeof WORDS + 4 < options.body_bytes)
            add(&body, str_of(WORDS, sizeof WORDS - 1));
        add(&body, STR("\"}]}"));
    }
    if (!buf_addf(out, "POST " STR_F " HTTP/1.1\r\nHost: " STR_F ":%u\r\nAccept: application/json\r\nContent-Type: application/json\r\n"
                       "User-Agent: OpenAI/Python 2.1.0\r\nX-Stainless-Lang: python\r\nX-Stainless-Package-Version: 2.1.0\r\n"
                       "X-Stainless-OS: Linux\r\nX-Stainless-Arch: x64\r\nX-Stainless-Runtime: CPython\r\n"
                       "X-Stainless-Runtime-Version: 3.11.2\r\nX-Stainless-Retry-Count: 0\r\n",
                  STR_A(options.path), STR_A(options.url.host), options.url.port))
        abort();
    if (options.bearer.len && !buf_addf(out, "Authorization: Bearer " STR_F "\r\n", STR_A(options.bearer)))
        abort();
    if (options.api_key.len && !buf_addf(out, "api-key: " STR_F "\r\n", STR_A(options.api_key)))
        abort();
    token_at = buf_len(out);
    if (!buf_addf(out, "Content-Length: %zu\r\n%s\r\n", buf_len(&body), options.reconnect ? "Connection: close\r\n" : ""))
        abort();
    add(out, buf_str(&body));
    buf_finish(&body);
}

static void client_connect(struct client *c);

static void write_out(struct client *c)
{
    if (buf_len(&c->out))
        (void)stream_write_buf(&c->stream, &c->out);
}

static void send_request(struct client *c, uint64_t due_us)
{
    c->is_busy = true;
    c->began_us = due_us;
    c->first_us = 0;
    c->has_token = false;
    results.sent += results.counts;
    struct str whole = buf_str(c->is_parked ? &parked_request : &request);
    if (options.bearers.at && !c->is_parked) {
        if (!tokens_left.len)
            tokens_left = options.bearers;
        add(&c->out, str_first(whole, token_at));
        add(&c->out, STR("Authorization: Bearer "));
        add(&c->out, str_cut(&tokens_left, '\n'));
        add(&c->out, STR("\r\n"));
        whole = str_from(whole, token_at);
    }
    add(&c->out, whole);
    if (c->stream.is_open)
        write_out(c);
}

static void begin_more(void)
{
    while (clients_opening < OPENING_MAX && clients_begun < clients_count) {
        struct client *c = &clients[clients_begun++];
        c->is_opening = true;
        clients_opening++;
        client_connect(c);
        if (!options.is_open || c->is_parked)
            send_request(c, loop_now_exact_us());
        else
            list_push_back(&idle_clients, &c->idle);
    }
}

/* It is connected, and its stream has begun: the next one may. */
static void opened(struct client *c)
{
    if (!c->is_opening)
        return;
    c->is_opening = false;
    clients_opening--;
    begin_more();
}

bool clients_are_open(size_t *open)
{
    *open = clients_begun - clients_opening;
    return *open == clients_count;
}

static void became_free(struct client *c)
{
    c->is_busy = false;
    if (stopping)
        return;
    if (options.reconnect && !c->is_parked) {
        stream_close(&c->stream);
        c->connected = false;
    }
    if (!options.is_open || c->is_parked) {
        if (!c->connected)
            client_connect(c);
        send_request(c, loop_now_exact_us());
        return;
    }
    if (!c->connected)
        client_connect(c);
    if (queue_len) {
        uint64_t due = queue[queue_head];
        queue_head = (queue_head + 1) % QUEUE_MAX;
        queue_len--;
        send_request(c, due);
        return;
    }
    list_push_back(&idle_clients, &c->idle);
}

static void request_failed(struct client *c, const char *why)
{
    results.failed_broken += results.counts;
    results.last_failure = why;
    stream_close(&c->stream);
    c->connected = false;
    buf_clear(&c->in);
    buf_clear(&c->out);
    if (!stopping && (!c->is_parked || c->is_opening) && c->is_busy)
        became_free(c);
    else if (!stopping && !c->is_parked)
        client_connect(c);
}

static void request_done(struct client *c)
{
    uint64_t now = loop_now_exact_us();
    if (results.counts) {
        results.done++;
        histogram_add(&results.latency, now - c->began_us);
        histogram_add(&results.first_byte, c->first_us - c->began_us);
    }
    if (c->reader.head.keep_alive == false) {
        stream_close(&c->stream);
        c->connected = false;
    }
    became_free(c);
}

/* Does the event say anything? White space alone is nothing that anybody waits for. */
static bool has_words(struct str event)
{
    struct str delta = STR("\"delta\":{\"content\":\"");
    size_t at = str_find_str(event, delta) + delta.len;
    while (at < event.len && event.at[at] == ' ')
        at++;
    return at < event.len && event.at[at] != '"';
}

/* When the model wrote it, which events of tokens tell in microseconds: as content ("t=<us> "), or as the time of the answer.
 * False without. */
static bool moment_of(struct str event, uint64_t *us)
{
    enum { NOT_STAMPED = 1760000000 }; /* the time that mock-model tells else */
    static const struct {
        struct str before;
        char end;
    } places[] = { { STR_INIT("\":\"t="), ' ' }, { STR_INIT("\"created\":"), ',' } };
    for (size_t i = 0; i < ARRAY_LEN(places); i++) {
        size_t at = str_find_str(event, places[i].before);
        struct str digits = str_from(event, at + places[i].before.len);
        if (at < event.len && str_to_u64(str_cut(&digits, places[i].end), us) && *us != NOT_STAMPED)
            return true;
    }
    return false;
}

static void count_events(struct client *c, struct str piece)
{
    uint64_t now = loop_now_exact_us();
    for (;;) {
        size_t at = str_find_str(piece, STR("data: "));
        if (at == piece.len)
            return;
        piece = str_from(piece, at + 6);
        results.events += results.counts;
        struct str rest = str_first(piece, str_find(piece, '\n'));
        uint64_t sent;
        if (!has_words(rest))
            continue;
        results.tokens += results.counts;
        if (!c->has_token && results.counts)
            histogram_add(&results.first_token, now - c->began_us);
        c->has_token = true;
        if (results.counts && moment_of(rest, &sent) && now > sent)
            histogram_add(&results.event, now - sent);
    }
}

/* False when the connection was given up. */
static bool read_answers(struct client *c)
{
    for (;;) {
        size_t used;
        struct str piece;
        enum http_event e = http_reader_next(&c->reader, buf_str(&c->in), &used, &piece);
        if (e == HTTP_MORE)
            return true;
        if (e == HTTP_BAD) {
            request_failed(c, c->reader.bad.why);
            return false;
        }
        if (e == HTTP_HEAD) {
            if (!c->first_us)
                c->first_us = loop_now_exact_us();
            if (results.counts && c->reader.head.status < 600)
                results.statuses[c->reader.head.status]++;
            opened(c);
        }
        if (e == HTTP_BODY) {
            results.bytes += piece.len;
            if (options.stream)
                count_events(c, piece);
        }
        buf_take(&c->in, used);
        if (e == HTTP_DONE) {
            bool was_connected = c->reader.head.keep_alive && !(options.reconnect && !c->is_parked);
            request_done(c);
            if (!was_connected)
                return false;
        }
    }
}

static void ready(struct stream *s)
{
    struct client *c = CONTAINER_OF(s, struct client, stream);
    enum stream_answer a = stream_handshake(s);
    if (a == STREAM_WAIT)
        return;
    if (a != STREAM_OK) {
        results.failed_connect += results.counts;
        results.last_failure = s->why;
        request_failed(c, s->why);
        return;
    }
    write_out(c);
    if ((!options.stream || c->is_parked) && !buf_len(&c->out))
        opened(c);
    for (;;) {
        a = stream_read(s, &c->in, 65536);
        if (a == STREAM_WAIT) {
            buf_release(&c->in);
            return;
        }
        if (a != STREAM_OK) {
            request_failed(c, a == STREAM_END ? "closed by the server" : s->why);
            return;
        }
        if (!read_answers(c))
            return;
    }
}

static void client_connect(struct client *c)
{
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(options.url.port) };
    struct ip_address ip;
    if (str_eq(options.url.host, STR("localhost")))
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    else if (ip_parse(options.url.host, &ip) && ip.is_v4)
        memcpy(&to.sin_addr, ip.bytes + 12, 4);
    http_reader_finish(&c->reader);
    http_reader_init(&c->reader, HTTP_RESPONSES, &HTTP_LIMITS_DEFAULT);
    memset(&c->stream, 0, sizeof c->stream);
    c->stream.ready = ready;
    SSL *ssl = options.tls ? tls_client_ssl(options.tls, options.url.host, &c->session) : NULL;
    c->connected = stream_connect(&c->stream, loop, (struct sockaddr *)&to, sizeof to, ssl);
    if (!c->connected) {
        results.failed_connect++;
        results.last_failure = c->stream.why;
    }
}

bool clients_start(void)
{
    make_request(&parked_request, options.parked_model, false);
    make_request(&request, options.model, options.stream);
    list_init(&idle_clients);
    clients_count = options.connections + options.parked;
    clients = calloc(clients_count, sizeof *clients);
    queue = calloc(QUEUE_MAX, sizeof *queue);
    if (!clients || !queue)
        return false;
    for (size_t i = 0; i < clients_count; i++) {
        struct client *c = &clients[i];
        c->is_parked = i < options.parked;
        list_init(&c->idle);
        buf_init(&c->in, ANSWER_MAX);
        buf_init(&c->out, 1 << 26);
    }
    begin_more();
    return true;
}

void clients_arrive(uint64_t due_us)
{
    if (list_is_empty(&idle_clients)) {
        if (queue_len == QUEUE_MAX) {
            results.failed_broken++;
            results.last_failure = "a million requests wait";
            return;
        }
        queue[(queue_head + queue_len++) % QUEUE_MAX] = due_us;
        results.backlog = queue_len > results.backlog ? queue_len : results.backlog;
        return;
    }
    struct client *c = CONTAINER_OF(idle_clients.next, struct client, idle);
    list_remove(&c->idle);
    send_request(c, due_us);
}

void clients_stop(void)
{
    stopping = true;
    for (size_t i = 0; i < clients_count; i++)
        stream_close(&clients[i].stream);
}
