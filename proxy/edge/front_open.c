/* front_open.c - what comes before the first request: the PROXY header, the TLS handshake, who the peer is. */
#include <stdlib.h>

#include "certs/peer.h"
#include "proxy/base/metric.h"
#include "proxy/edge/front_parts.h"
#include "proxy/http/proxyproto.h"

enum { PROXY_HEADER_MAX = 16 + 2048 };

/* The header's address is the one that counts from now on. */
static bool take_proxy_info(struct front *f, const struct proxy_info *info)
{
    if (info->is_local)
        return true;
    f->peer.address = f->counted = info->source;
    f->peer.port = info->source_port;
    f->peer.has_link_id = info->has_link_id;
    f->peer.link_id = info->link_id;
    f->is_counted = gate_enter_from(f->house->gate, &f->counted);
    if (!f->is_counted)
        COUNT(METRIC_TURNED_AWAY);
    return f->is_counted;
}

static bool begin_tls(struct front *f)
{
    SSL *ssl = f->door->tls ? tls_server_ssl(f->door->tls) : NULL;
    f->phase = f->door->tls ? FRONT_TLS : FRONT_HEAD;
    if (ssl)
        stream_start_tls(&f->stream, ssl);
    return ssl || !f->door->tls;
}

bool front_read_proxy_header(struct front *f)
{
    char bytes[PROXY_HEADER_MAX];
    size_t n = 0, used = 0;
    struct proxy_info info = { 0 };
    enum stream_answer answer = stream_peek(&f->stream, bytes, sizeof bytes, f->proxy_seen, &n);
    if (answer == STREAM_WAIT)
        return false;
    enum proxy_answer read = answer == STREAM_OK ? proxy_read(str_of(bytes, n), &used, &info) : PROXY_BAD;
    if (read == PROXY_MORE) {
        f->proxy_seen = n;
        return false;
    }
    if (read == PROXY_DONE && stream_skip(&f->stream, used) && take_proxy_info(f, &info) && begin_tls(f))
        return true;
    front_abort(f, WHY_BAD_REQUEST);
    return false;
}

/* The texts of a certificate are copied to one piece of memory; most connections have none. */
static bool keep_names(struct front *f, const struct peer_names *names)
{
    f->names = malloc(names->subject.len + names->san.len + 1);
    if (!f->names)
        return false;
    memcpy(f->names, names->subject.at, names->subject.len);
    f->peer.certificate_subject = str_of(f->names, names->subject.len);
    if (names->san.at) {
        memcpy(f->names + names->subject.len, names->san.at, names->san.len);
        f->peer.certificate_san = str_of(f->names + names->subject.len, names->san.len);
    }
    f->peer.certificate_ends_s = names->ends_s;
    memcpy(f->peer.certificate_sha256, names->sha256, sizeof f->peer.certificate_sha256);
    return true;
}

/* TLS has verified the chain, or there is no certificate. One whose names cannot be read proves nothing. */
static void read_certificate(struct front *f, X509 *certificate)
{
    struct arena arena;
    struct peer_names names;
    arena_init(&arena, 16 * 1024);
    f->peer.has_certificate = SSL_get_verify_result(f->stream.ssl) == X509_V_OK &&
                              peer_read(certificate, &arena, &names) && keep_names(f, &names);
    arena_finish(&arena);
}

bool front_shake_hands(struct front *f)
{
    enum stream_answer answer = stream_handshake(&f->stream);
    if (answer == STREAM_WAIT)
        return false;
    if (answer != STREAM_OK) {
        COUNT(METRIC_HANDSHAKES, RESULT_FAILED);
        front_close(f, WHY_CALLER_LEFT);
        return false;
    }
    SSL *ssl = f->stream.ssl;
    COUNT(METRIC_HANDSHAKES, RESULT_OK);
    if (SSL_session_reused(ssl))
        COUNT(METRIC_TLS_RESUMED);
    f->peer.is_tls = true;
    X509 *certificate = SSL_get0_peer_certificate(ssl);
    if (certificate)
        read_certificate(f, certificate);
    f->phase = FRONT_HEAD;
    return true;
}
