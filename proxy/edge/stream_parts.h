/* stream_parts.h - what the files of a stream share; only stream*.c include it. */
#ifndef EDGE_STREAM_PARTS_H
#define EDGE_STREAM_PARTS_H

#include <sys/types.h>
#include <sys/uio.h>

#include "proxy/edge/stream.h"

/* ---- stream.c ---- */

/* The end for good; the first reason stays. */
enum stream_answer stream_broken(struct stream *s, const char *why) COLD;
/* Bytes read, 0 at the end of the stream, -1 with errno EAGAIN when there is nothing now, -1 otherwise when broken. */
ssize_t stream_socket_read(struct stream *s, void *at, size_t size);
ssize_t stream_socket_write(struct stream *s, const struct iovec *pieces, size_t count, size_t total);

/* ---- stream_tls.c: of a stream with `ssl` ---- */

bool stream_tls_attach(struct stream *s, SSL *ssl);
enum stream_answer stream_tls_handshake(struct stream *s);
enum stream_answer stream_tls_read(struct stream *s, char *at, size_t size, size_t *n);
enum stream_answer stream_tls_write(struct stream *s, const struct str *pieces, size_t count, size_t *written);
void stream_tls_goodbye(struct stream *s);

/* ---- stream_ahead.c ---- */

/* In the first pass of a turn: reads what has come. False when that is not done now: then `ready` is called at once. */
bool stream_ahead_read(struct stream *s);
/* Takes what was read, at most `size` bytes. */
size_t stream_ahead_take(struct stream *s, char *at, size_t size);
struct str stream_ahead_bytes(const struct stream_ahead *a); /* what is left to take */
void stream_ahead_drop(struct stream *s);

#endif
