/* dial.c - a connection to a named host: its addresses one after the other, then TLS, within one deadline. */
#include "proxy/edge/dial.h"

#include <sys/un.h>

#include "proxy/edge/socket_address.h"

static void connect_next(struct dial *d);

static void disarm(struct dial *d)
{
    resolve_cancel(&d->lookup);
    timer_cancel(&d->timer);
    deferred_cancel(&d->fail);
}

static void finish(struct dial *d, enum dial_answer answer, const char *why)
{
    disarm(d);
    if (answer != DIAL_OK)
        stream_abort(&d->stream);
    d->done(d, answer, why);
}

static void fail_now(struct deferred *deferred)
{
    struct dial *d = CONTAINER_OF(deferred, struct dial, fail);
    finish(d, d->answer, d->why);
}

/* ---- which addresses will do ---- */

static const char *refusal_of(const struct dial *d, const struct ip_address *ip)
{
    bool is_here = ip_is_loopback(ip) || ip_is_metadata(ip);
    if (d->target->reach == DIAL_HERE)
        return is_here ? NULL : "plain http goes to the loopback and to metadata endpoints only";
    if (ip_leads_to_metadata(ip) && !d->addresses.is_literal)
        return "the name leads to a link-local or metadata address";
    if (d->target->reach == DIAL_PRIVATE && !ip_is_private(ip) && !ip_is_loopback(ip))
        return "the address is public and the pool is private_only";
    return NULL;
}

/* Keeps those that will do, and begins with the next one in turn. The first family stays first: the system has sorted
 * them by what this machine can reach. */
static void choose_addresses(struct dial *d, const struct addresses *found)
{
    size_t first_family = 0, count = 0;
    d->addresses.is_literal = found->is_literal;
    d->why = "the name has no address";
    for (size_t i = 0; i < found->count; i++) {
        const char *refusal = refusal_of(d, &found->at[i]);
        if (refusal)
            d->why = refusal;
        else
            d->addresses.at[count++] = found->at[i];
    }
    d->addresses.count = count;
    while (first_family < count && d->addresses.at[first_family].is_v4 == d->addresses.at[0].is_v4)
        first_family++;
    for (size_t shift = first_family ? d->target->turn++ % first_family : 0; shift; shift--) {
        struct ip_address first = d->addresses.at[0];
        memmove(d->addresses.at, d->addresses.at + 1, (first_family - 1) * sizeof first);
        d->addresses.at[first_family - 1] = first;
    }
    d->allowed = count < DIAL_ATTEMPTS_MAX ? count : DIAL_ATTEMPTS_MAX;
    connect_next(d);
}

static void looked_up(struct lookup *l, const struct addresses *found, const char *why)
{
    struct dial *d = CONTAINER_OF(l, struct dial, lookup);
    if (found)
        choose_addresses(d, found);
    else
        finish(d, DIAL_UNREACHABLE, why);
}

/* ---- one address after the other ---- */

static void advance(struct stream *s)
{
    struct dial *d = CONTAINER_OF(s, struct dial, stream);
    enum stream_answer answer = stream_handshake(s);
    if (answer == STREAM_WAIT)
        return;
    if (answer == STREAM_OK) {
        finish(d, DIAL_OK, NULL);
        return;
    }
    bool has_connected = s->ssl && SSL_get_state(s->ssl) != TLS_ST_BEFORE;
    d->answer = has_connected ? DIAL_TLS : DIAL_UNREACHABLE;
    d->why = s->why;
    d->target->turn++;
    connect_next(d);
}

static socklen_t address_of(const struct dial *d, struct sockaddr_storage *to)
{
    struct sockaddr_un here = { .sun_family = AF_UNIX };
    if (!d->target->unix_path)
        return socket_address_of(&d->addresses.at[d->attempts], d->target->port, to);
    size_t len = strlen(d->target->unix_path);
    assert(len < sizeof here.sun_path);
    memcpy(here.sun_path, d->target->unix_path, len);
    memcpy(to, &here, sizeof here);
    return (socklen_t)sizeof here;
}

static void connect_next(struct dial *d)
{
    uint64_t now_ms = loop_now_ms(d->loop);
    uint64_t left_ms = d->until_ms > now_ms ? d->until_ms - now_ms : 0;
    stream_abort(&d->stream);
    while (d->attempts < d->allowed) {
        struct sockaddr_storage to;
        socklen_t to_len = address_of(d, &to);
        size_t others = d->allowed - ++d->attempts;
        SSL *ssl = NULL;
        struct str name = d->target->tls_name.at ? d->target->tls_name : d->target->host;
        if (d->target->tls && !(ssl = tls_client_ssl(d->target->tls, name, &d->target->session))) {
            d->answer = DIAL_TLS;
            d->why = "TLS cannot be set up for this host";
            break;
        }
        d->stream.ready = advance;
        if (!stream_connect(&d->stream, d->loop, (const struct sockaddr *)&to, to_len, ssl)) {
            d->why = d->stream.why;
            continue;
        }
        uint64_t share_ms = left_ms / (others + 1);
        if (others && share_ms < DIAL_ATTEMPT_MS)
            share_ms = DIAL_ATTEMPT_MS;
        timer_set(d->loop, &d->timer, share_ms < left_ms ? share_ms : left_ms);
        return;
    }
    timer_cancel(&d->timer);
    loop_defer(d->loop, &d->fail);
}

static void too_late(struct timer *timer)
{
    struct dial *d = CONTAINER_OF(timer, struct dial, timer);
    d->answer = DIAL_UNREACHABLE;
    d->why = d->attempts ? "no connection within the deadline" : "the name was not looked up within the deadline";
    d->target->turn++;
    if (d->attempts < d->allowed && loop_now_ms(d->loop) < d->until_ms)
        connect_next(d);
    else
        finish(d, d->answer, d->why);
}

void dial_begin(struct dial *d, struct loop *loop, struct resolver *resolver, struct dial_target *target,
                uint64_t within_ms)
{
    *d = (struct dial){ .done = d->done,
                        .loop = loop,
                        .target = target,
                        .until_ms = loop_now_ms(loop) + within_ms,
                        .answer = DIAL_UNREACHABLE };
    d->lookup.done = looked_up;
    list_init(&d->lookup.link);
    timer_init(&d->timer, too_late);
    deferred_init(&d->fail, fail_now);
    timer_set(loop, &d->timer, within_ms);
    if (target->unix_path) {
        d->allowed = 1;
        connect_next(d);
        return;
    }
    struct addresses found;
    enum resolve_answer answer = resolve(resolver, target->host, &d->lookup, &found, &d->why);
    if (answer == RESOLVE_FOUND)
        choose_addresses(d, &found);
    else if (answer == RESOLVE_FAILED)
        loop_defer(loop, &d->fail);
}

void dial_close(struct dial *d)
{
    disarm(d);
    stream_close(&d->stream);
}

void dial_abort(struct dial *d)
{
    disarm(d);
    stream_abort(&d->stream);
}
