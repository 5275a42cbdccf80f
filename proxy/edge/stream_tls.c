/* stream_tls.c - TLS on a stream: OpenSSL reads and writes the socket by way of what the stream knows of it. */
#include "proxy/edge/stream_parts.h"

#include <errno.h>
#include <openssl/err.h>

enum { RECORD_BYTES = 16384 /* the most that one TLS record holds */ };

/* ---- OpenSSL's view of the socket ---- */

static int bio_read(BIO *bio, char *at, int size)
{
    BIO_clear_retry_flags(bio);
    ssize_t n = stream_socket_read(BIO_get_data(bio), at, (size_t)size);
    if (n < 0 && errno == EAGAIN)
        BIO_set_retry_read(bio);
    return (int)n;
}

static int bio_write(BIO *bio, const char *at, int size)
{
    BIO_clear_retry_flags(bio);
    struct iovec piece = { (void *)(uintptr_t)at, (size_t)size };
    ssize_t n = stream_socket_write(BIO_get_data(bio), &piece, 1, (size_t)size);
    if (n < 0 && errno == EAGAIN)
        BIO_set_retry_write(bio);
    return (int)n;
}

static long bio_ctrl(BIO *bio, int what, long number, void *pointer)
{
    (void)number;
    (void)pointer;
    const struct stream *s = BIO_get_data(bio);
    return what == BIO_CTRL_FLUSH ? 1 : what == BIO_CTRL_EOF ? s && s->has_fin : 0;
}

static BIO_METHOD *stream_bio(void)
{
    static BIO_METHOD *method; /* one for the life of the process */
    if (!method && (method = BIO_meth_new(BIO_TYPE_SOURCE_SINK | BIO_get_new_index(), "stream"))) {
        BIO_meth_set_read(method, bio_read);
        BIO_meth_set_write(method, bio_write);
        BIO_meth_set_ctrl(method, bio_ctrl);
    }
    return method;
}

bool stream_tls_attach(struct stream *s, SSL *ssl)
{
    BIO *bio = stream_bio() ? BIO_new(stream_bio()) : NULL;
    s->ssl = ssl;
    if (!bio)
        return false;
    BIO_set_data(bio, s);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl, bio, bio);
    return true;
}

/* ---- shaking hands ---- */

/* In OpenSSL's queue may still be errors that somebody else has left, which SSL_get_error would take for this
 * connection's; looking there before each call costs more than anything else around it. So whether it only waits, or
 * has ended in order, is told without the queue. After a fatal error a connection is shaking hands again, in OpenSSL's
 * words: that tells its alert, which may wait too, from what it was asked to write. */
static bool only_waits(const SSL *ssl)
{
    const BIO *bio = SSL_get_rbio(ssl); /* the same for both ways */
    return (SSL_want_read(ssl) && BIO_should_read(bio)) ||
           (SSL_want_write(ssl) && BIO_should_write(bio) && !SSL_in_init(ssl));
}

static bool has_ended(const SSL *ssl)
{
    return (SSL_get_shutdown(ssl) & SSL_RECEIVED_SHUTDOWN) && !SSL_in_init(ssl);
}

/* What a call of OpenSSL that did not succeed means. */
static enum stream_answer tls_answer(struct stream *s, int result)
{
    if (only_waits(s->ssl))
        return STREAM_WAIT;
    if (has_ended(s->ssl))
        return s->ended = STREAM_END;
    int error = SSL_get_error(s->ssl, result);
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE)
        return STREAM_WAIT;
    if (error == SSL_ERROR_ZERO_RETURN)
        return s->ended = STREAM_END;
    unsigned long code = ERR_peek_last_error();
    long verified = SSL_get_verify_result(s->ssl);
    s->was_cut = s->has_fin;
    const char *why = s->has_fin ? "closed without close_notify" : "connection reset";
    if (!s->is_open && !SSL_is_server(s->ssl) && verified != X509_V_OK)
        why = X509_verify_cert_error_string(verified);
    else if (error == SSL_ERROR_SSL && !s->has_fin && ERR_reason_error_string(code))
        why = ERR_reason_error_string(code);
    ERR_clear_error();
    return stream_broken(s, why);
}

static void forget_old_errors(void)
{
    if (ERR_peek_error()) /* left by somebody else, it would be taken for this connection's */
        ERR_clear_error();
}

enum stream_answer stream_tls_handshake(struct stream *s)
{
    forget_old_errors();
    int result = SSL_do_handshake(s->ssl);
    if (result == 1) {
        s->tls_holds = SSL_has_pending(s->ssl);
        return STREAM_OK;
    }
    enum stream_answer answer = tls_answer(s, result);
    return answer == STREAM_WAIT ? STREAM_WAIT : stream_broken(s, "closed during the handshake");
}

/* ---- reading and writing ---- */

enum stream_answer stream_tls_read(struct stream *s, char *at, size_t size, size_t *n)
{
    size_t have = 0, got;
    while (have < size) {
        int result = SSL_read_ex(s->ssl, at + have, size - have, &got);
        if (result == 1) {
            have += got;
            s->tls_holds = SSL_has_pending(s->ssl);
            if (!s->can_read && !s->tls_holds)
                break; /* OpenSSL would take a buffer to learn that nothing more is there */
            continue;
        }
        s->tls_holds = false; /* but for a part of a record */
        enum stream_answer answer = tls_answer(s, result);
        if (!have)
            return answer;
        break; /* an end is remembered in `ended` and told next time */
    }
    *n = have;
    return STREAM_OK;
}

/* The next bytes to encrypt, from byte `done` of the pieces on: in place when they fill a record or are the last, else
 * gathered, since every record costs 22 bytes, a call and a cipher's start. */
static struct str next_record(const struct str *pieces, size_t count, size_t done)
{
    static char gathered[RECORD_BYTES];
    size_t i = 0;
    while (i < count && done >= pieces[i].len)
        done -= pieces[i++].len;
    if (i == count)
        return STR_NONE;
    struct str first = str_from(pieces[i], done);
    if (i + 1 == count || first.len >= RECORD_BYTES)
        return first;
    size_t have = 0;
    for (struct str piece = first; have < RECORD_BYTES; piece = pieces[i]) {
        piece = str_first(piece, RECORD_BYTES - have);
        if (piece.len)
            memcpy(gathered + have, piece.at, piece.len);
        have += piece.len;
        if (++i == count)
            break;
    }
    return str_of(gathered, have);
}

enum stream_answer stream_tls_write(struct stream *s, const struct str *pieces, size_t count, size_t *written)
{
    struct str record;
    while ((record = next_record(pieces, count, *written)).len) {
        size_t n;
        int result = SSL_write_ex(s->ssl, record.at, record.len, &n);
        if (result != 1) {
            enum stream_answer answer = tls_answer(s, result);
            return answer == STREAM_WAIT ? STREAM_WAIT : stream_broken(s, "closed by the peer");
        }
        *written += n;
    }
    return STREAM_OK;
}

/* Sends close_notify if it can be sent now. A session may be resumed unless TLS itself failed. */
void stream_tls_goodbye(struct stream *s)
{
    forget_old_errors();
    if (s->is_open && s->ended != STREAM_BROKEN && s->can_write && !(SSL_get_shutdown(s->ssl) & SSL_SENT_SHUTDOWN))
        SSL_shutdown(s->ssl);
    ERR_clear_error();
}
