/* node.c - one server: the connection to it, what is under way there, and whether it can be relied on.
 *
 * In time order: asleep; dialling; greeting, when AUTH, SELECT, ROLE and PING go out together; ready. When a ready connection that
 * has served ends, it is dialled again at once and asks wait for that; when that fails, or a deadline is missed, or the server says
 * that it cannot serve, the node is doubted: asks are told so at once, and PINGs, or new connections at growing distances, find
 * out when it can be relied on again. */
#include <unistd.h>

#include "proxy/base/hash.h"
#include "proxy/base/log.h"
#include "proxy/base/metric.h"
#include "proxy/edge/redis/redis_parts.h"

enum {
    READ_BYTES = 16 * 1024,
    PAUSE_FIRST_MS = 20, /* before the first try after a failure */
    PAUSE_LAST_MS = 500, /* so that a recovery is noticed within two seconds, connection included */
    SERVED_MS = 1000,    /* a connection that lived so long is worth dialling again without a pause */
    SILENT_MS = 1000,    /* something is owed for so long: the connection is cut */
    LOOK_MS = 50,        /* between looks at a node that is doubted */
    KEEP_MS = 15 * 1000, /* of quiet, after which a PING shows that the connection lives */
    TELL_MS = 5 * 1000,  /* between complaints in the log */
    LOGIN_BYTES = 16 * 1024,
    AT_ONCE = 4, /* so few callers never wait for one another */
    HOLD_MS = 1,
    HELD_MAX = 64,
};

static void timer_rang(struct timer *t);
static void flush(struct deferred *d);
static void dialled(struct dial *d, enum dial_answer answer, const char *why);

/* ---- trust ---- */

static void tell_waiting(struct resp_node *n, const char *why)
{
    while (!list_is_empty(&n->waiting)) {
        struct resp_ask *ask = LIST_ENTRY(n->waiting.next, struct resp_ask, node_link);
        node_leave(n, ask);
        client_tell(ask, RESP_DOWN, why);
    }
}

void node_doubt(struct resp_node *n, const char *why)
{
    if (n->is_doubted)
        return;
    n->is_doubted = true;
    n->why = why;
    if (!n->was_told && log_is_due(&n->told_ms, loop_now_ms(n->client->loop), TELL_MS)) { /* a bad one goes up and down */
        log_warning("store: %s cannot be relied on: %s", n->name, why);
        n->was_told = true;
    }
    tell_waiting(n, why);
    if (n->state == NODE_READY)
        timer_set(n->client->loop, &n->timer, 0);
    client_node_changed(n->client, n);
}

void node_trust(struct resp_node *n)
{
    n->is_doubted = false;
    n->why = NULL;
    if (n->was_told)
        log_info("store: %s serves again", n->name);
    n->was_told = false;
    client_node_changed(n->client, n);
}

/* ---- ending a connection ---- */

static void disconnect(struct resp_node *n, const char *why)
{
    n->number++;
    if (n->has_dialled)
        dial_abort(&n->dial);
    n->has_dialled = n->has_ping = false;
    resp_reader_close(&n->reader);
    if (n->out_is_secret) {
        size_t ceiling = n->out.ceiling_bytes;
        buf_wipe(&n->out);
        buf_init(&n->out, ceiling);
    }
    n->out_is_secret = false;
    buf_clear(&n->out);
    buf_release(&n->out);
    deferred_cancel(&n->flush);
    timer_cancel(&n->hold);
    while (n->first < n->end) {
        struct sent *s = node_sent_at(n, n->first);
        if (s->kind == SENT_ASK) {
            struct resp_ask *ask = s->ask;
            node_leave(n, ask);
            client_tell(ask, n->first < n->written ? RESP_LOST : RESP_DOWN, why);
        }
        n->first++;
    }
}

void node_fail(struct resp_node *n, const char *why)
{
    struct resp_client *c = n->client;
    bool was_ready = n->state == NODE_READY;
    bool was_good = was_ready && !n->is_doubted &&
                    (n->has_served || loop_now_ms(c->loop) - n->ready_ms >= SERVED_MS);
    if (n->state == NODE_ASLEEP)
        return;
    if (!was_ready)
        COUNT(METRIC_STORE_CONNECTS, RESULT_FAILED);
    n->state = NODE_RESTING;
    disconnect(n, why);
    log_debug("store: %s: %s", n->name, why);
    if (was_good) {
        timer_set(c->loop, &n->timer, 0);
        client_node_changed(c, n);
        return;
    }
    timer_set(c->loop, &n->timer, pause_failed(&n->pause, 0));
    if (n->is_doubted) {
        n->why = why;
        client_node_changed(c, n);
    } else {
        node_doubt(n, why);
    }
}

void node_sleep(struct resp_node *n)
{
    if (n->state == NODE_ASLEEP)
        return;
    n->state = NODE_ASLEEP;
    timer_cancel(&n->timer);
    disconnect(n, "the server is not asked any more");
    tell_waiting(n, "the server is not asked any more");
    n->is_doubted = n->was_told = false;
    pause_over(&n->pause);
    client_node_changed(n->client, n);
}

/* ---- beginning one ---- */

static void begin(struct resp_node *n)
{
    struct resp_client *c = n->client;
    uint64_t within_ms = c->settings->connect_ms;
    n->state = NODE_DIALLING;
    n->has_dialled = true;
    n->has_served = false;
    n->until_ms = loop_now_ms(c->loop) + within_ms;
    n->dial.done = dialled;
    timer_set(c->loop, &n->timer, within_ms);
    dial_begin(&n->dial, c->loop, c->resolver, &n->target, within_ms);
}

void node_wake(struct resp_node *n)
{
    if (n->state == NODE_ASLEEP)
        begin(n);
}

static void greet(struct resp_node *n)
{
    const struct store_settings *settings = n->client->settings;
    enum login_answer login = LOGIN_NONE;
    char digits[24];
    size_t len = (size_t)snprintf(digits, sizeof digits, "%llu", (unsigned long long)settings->database);
    const struct str select[] = { STR("SELECT"), str_of(digits, len) };
    n->state = NODE_GREETING;
    n->first = n->written = n->end = 0;
    if (!resp_reader_open(&n->reader) || !buf_reserve(&n->out, LOGIN_BYTES) || !node_send_login(n, &login)) {
        node_fail(n, "no memory for a connection");
        return;
    }
    if (login == LOGIN_NOT_YET) {
        node_fail(n, "there is no token to log in with yet");
        return;
    }
    bool ok = n->is_sentinel || !settings->database || node_send_own(n, SENT_SELECT, select, ARRAY_LEN(select));
    ok = ok && (n->is_sentinel || !settings->sentinel || node_send_word(n, SENT_ROLE, "ROLE"));
    if (!ok || !node_send_word(n, SENT_PING, "PING"))
        node_fail(n, "no memory for a connection");
}

void node_become_ready(struct resp_node *n)
{
    struct resp_client *c = n->client;
    n->state = NODE_READY;
    n->ready_ms = loop_now_ms(c->loop);
    timer_set(c->loop, &n->timer, KEEP_MS);
    COUNT(METRIC_STORE_CONNECTS, RESULT_OK);
    node_trust(n);
    while (!list_is_empty(&n->waiting)) {
        struct resp_ask *ask = LIST_ENTRY(n->waiting.next, struct resp_ask, node_link);
        node_leave(n, ask);
        node_take(n, ask);
    }
}

/* ---- bytes ---- */

/* False when this connection is no more. */
static bool take_replies(struct resp_node *n)
{
    const struct resp_value *v;
    uint64_t number = n->number;
    for (;;) {
        enum resp_event event = resp_reader_next(&n->reader, &v);
        if (event == RESP_MORE)
            return true;
        if (event == RESP_BAD || n->first == n->written) {
            node_fail(n, event == RESP_BAD ? n->reader.why : "an answer that nobody asked for");
            return false;
        }
        node_take_reply(n, v);
        if (n->number != number)
            return false;
        n->first++;
    }
}

static void drive(struct resp_node *n)
{
    static char bytes[READ_BYTES];
    struct stream *s = &n->dial.stream;
    enum stream_answer answer;
    size_t got;
    while (stream_may_read(s)) {
        if ((answer = stream_read_at(s, bytes, sizeof bytes, &got)) == STREAM_WAIT)
            break;
        if (answer != STREAM_OK) {
            node_fail(n, answer == STREAM_END ? "the server closed the connection" : s->why);
            return;
        }
        resp_reader_feed(&n->reader, str_of(bytes, got));
        if (!take_replies(n))
            return;
    }
    if (buf_len(&n->out))
        loop_at_flush(n->client->loop, &n->flush);
}

static void stream_ready(struct stream *s)
{
    drive(CONTAINER_OF(CONTAINER_OF(s, struct dial, stream), struct resp_node, dial));
}

static void dialled(struct dial *d, enum dial_answer answer, const char *why)
{
    struct resp_node *n = CONTAINER_OF(d, struct resp_node, dial);
    struct resp_client *c = n->client;
    if (answer != DIAL_OK) {
        node_fail(n, why);
        return;
    }
    d->stream.ready = stream_ready;
    uint64_t now_ms = loop_now_ms(c->loop);
    timer_set(c->loop, &n->timer, n->until_ms > now_ms ? n->until_ms - now_ms : 0);
    greet(n);
}

static void write_out(struct resp_node *n)
{
    timer_cancel(&n->hold);
    n->was_held = false;
    if (n->state < NODE_GREETING || !buf_len(&n->out))
        return;
    n->written = n->end;
    enum stream_answer answer = stream_write_buf(&n->dial.stream, &n->out);
    COUNT(METRIC_STORE_WRITES);
    if (answer == STREAM_BROKEN) {
        node_fail(n, n->dial.stream.why);
    } else if (answer == STREAM_OK && n->out_is_secret) {
        size_t ceiling = n->out.ceiling_bytes;
        buf_wipe(&n->out);
        buf_init(&n->out, ceiling);
        n->out_is_secret = false;
    }
}

static void held_long_enough(struct timer *t)
{
    struct resp_node *n = CONTAINER_OF(t, struct resp_node, hold);
    n->was_held = true;
    loop_at_flush(n->client->loop, &n->flush);
}

/* Everything that a turn asked for leaves in one write. Under load that waits until what was sent before is answered, as
 * Nagle's algorithm has it: each write, and each reading of its answers, costs more than the commands in it. */
static void flush(struct deferred *d)
{
    struct resp_node *n = CONTAINER_OF(d, struct resp_node, flush);
    if (n->state != NODE_READY || n->was_held || n->written - n->first <= AT_ONCE || n->end - n->written >= HELD_MAX)
        write_out(n);
    else if (!timer_is_set(&n->hold))
        timer_set(n->client->loop, &n->hold, HOLD_MS);
}

/* ---- time ---- */

static void look_after(struct resp_node *n)
{
    struct resp_client *c = n->client;
    uint64_t now_ms = loop_now_ms(c->loop), quiet_ms = now_ms - n->heard_ms;
    if (n->first != n->end && quiet_ms >= SILENT_MS) {
        n->has_served = n->has_served && !n->is_doubted;
        node_fail(n, "the server is silent");
        return;
    }
    if (n->has_ping && now_ms - n->ping_ms > c->settings->timeout_ms)
        node_doubt(n, "a PING was not answered in time");
    bool is_due = n->is_doubted ? n->first == n->end && now_ms >= n->trust_ms : quiet_ms >= KEEP_MS;
    if (!n->has_ping && is_due && node_send_word(n, SENT_PING, "PING")) {
        n->has_ping = true;
        n->ping_ms = now_ms;
    }
    timer_set(c->loop, &n->timer, n->is_doubted || n->has_ping ? LOOK_MS : KEEP_MS - quiet_ms % KEEP_MS);
}

static void timer_rang(struct timer *t)
{
    struct resp_node *n = CONTAINER_OF(t, struct resp_node, timer);
    if (n->state == NODE_RESTING)
        begin(n);
    else if (n->state == NODE_READY)
        look_after(n);
    else
        node_fail(n, n->state == NODE_DIALLING ? "no connection within the deadline"
                                               : "the server did not greet within the deadline");
}

/* ---- making and ending it ---- */

static bool is_forbidden(const struct node_place *place)
{
    struct ip_address ip;
    return !place->is_seed && ip_parse_lenient(place->host, &ip) && ip_leads_to_metadata(&ip);
}

struct resp_node *node_new(struct resp_client *c, const struct node_place *place)
{
    struct resp_node *n;
    if (place->host.len >= sizeof n->host || str_has(place->host, '\0') || is_forbidden(place) ||
        !(n = calloc(1, sizeof *n)))
        return NULL;
    n->client = c;
    n->is_seed = place->is_seed;
    n->is_sentinel = place->is_sentinel;
    if (place->host.len)
        memcpy(n->host, place->host.at, place->host.len);
    if (place->unix_path)
        snprintf(n->name, sizeof n->name, "%s", place->unix_path);
    else
        snprintf(n->name, sizeof n->name, "%s:%u", n->host, (unsigned)place->port);
    n->target = (struct dial_target){
        .host = str_c(n->host),
        .port = place->port,
        .unix_path = place->unix_path,
        .reach = c->tls || c->settings->insecure_plain ? DIAL_ANYWHERE : DIAL_HERE,
        .tls = c->tls,
        .tls_name = place->tls_name,
    };
    pause_init(&n->pause, PAUSE_FIRST_MS, PAUSE_LAST_MS, hash_str(str_c(n->name)) ^ loop_now_exact_us() ^ (uint64_t)getpid() << 40);
    list_init(&n->link);
    list_init(&n->waiting);
    buf_init(&n->out, RESP_OUT_BYTES);
    deferred_init(&n->flush, flush);
    timer_init(&n->timer, timer_rang);
    timer_init(&n->hold, held_long_enough);
    return n;
}

void node_free(struct resp_node *n)
{
    if (!n)
        return;
    n->state = NODE_ASLEEP;
    timer_cancel(&n->timer);
    disconnect(n, "the server is not asked any more");
    tell_waiting(n, "the server is not asked any more");
    deferred_cancel(&n->flush);
    tls_session_finish(&n->target.session);
    buf_finish(&n->out);
    free(n->sent);
    list_remove(&n->link);
    free(n);
}

bool node_is_at(const struct resp_node *n, struct str host, uint16_t port)
{
    return !n->target.unix_path && n->target.port == port && str_eq_nocase(n->target.host, host);
}
