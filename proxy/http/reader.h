/* reader.h - the strict HTTP/1.1 reader: bytes in, events out, no sockets.
 *
 * One reader reads the messages of one direction of one connection, one after the other. The caller keeps the
 * bytes in a buffer, gives all that it has, and takes `used` bytes off the front after each call:
 *
 *     HTTP_MORE  nothing whole yet (`used` is 0): come again with the same bytes and more behind them
 *     HTTP_HEAD  r->head is filled, its views point into `in`, `used` is the head's length; the caller copies the
 *                bytes (and rebases) or leaves them in place until it is done with the head
 *     HTTP_BODY  `piece` is a run of the body inside `in`, of any length above 0, framing taken off
 *     HTTP_DONE  the message is over (trailers dropped); the next call reads the next message
 *     HTTP_BAD   refused: r->bad says which status to answer and why; the connection must be closed
 *
 * Everything that RFC 9110 and RFC 9112 let two readers read differently is refused: two or odd Content-Length,
 * Content-Length with Transfer-Encoding, any coding but exactly one `chunked`, chunked on HTTP/1.0, obs-fold, bare LF
 * or CR, space before a colon, empty or non-token names, control bytes, NUL, bad chunk lines and extensions beyond
 * the grammar, two Hosts, none in HTTP/1.1, or one that is no authority, fragments and unencoded bytes in a target,
 * a name with an underscore that would be a known or trusted one with a hyphen (x_forwarded_for), CONNECT, Connection
 * naming an end-to-end field, a second Authorization, api-key or Content-Type, trailers that frame, route or
 * authenticate. One empty line before a request is let pass. The cost is one pass; scanning resumes where it stopped.
 *
 * After the DONE of a message whose head says !keep_alive the connection is over: whatever comes behind is not read. */
#ifndef HTTP_READER_H
#define HTTP_READER_H

#include "proxy/http/message.h"

struct http_limits {
    size_t line_bytes;   /* request or status line: 414 beyond (400 in a response) */
    size_t field_bytes;  /* one field line: 431 beyond */
    size_t head_bytes;   /* the whole head: 431 beyond */
    size_t fields;       /* at most HTTP_FIELDS_MAX: 431 beyond */
    uint64_t body_bytes; /* 413 beyond, decided at the head when Content-Length tells; UINT64_MAX for none */
};
/* 8 KiB line, 16 KiB field (a token with 200 groups), 48 KiB head, 100 fields, body without bound. */
extern const struct http_limits HTTP_LIMITS_DEFAULT;

enum http_event { HTTP_MORE, HTTP_HEAD, HTTP_BODY, HTTP_DONE, HTTP_BAD };

struct http_bad {
    unsigned status; /* 400, 413, 414, 417, 431, 501, 505 */
    const char *why; /* a constant, for the journal: "content-length twice" */
};

/* Where the fields of a head lie while somebody reads or asks it: 4 KiB, so a reader has one only from the head's first line
 * on, until http_reader_drop_fields or http_reader_finish. Tables are used again and again. */
struct http_table;

enum http_kind { HTTP_REQUESTS, HTTP_RESPONSES };

struct http_reader {
    enum http_kind kind;
    /* private, but for `bad` and what follows it */
    int state;
    uint64_t left; /* of the body or chunk */
    uint64_t body_seen, body_limit;
    size_t trailer_seen; /* bytes of chunk extensions */
    bool answers_head;   /* the response belongs to a HEAD request */
    size_t line;         /* where the current line begins in `in` */
    size_t scanned;      /* bytes of that line already looked at for its end */
    const char *base;    /* where `in` was at the last call: the views of a half-read head are moved when it moves */
    struct http_table *table; /* owned */
    struct http_bad bad;
    struct http_limits limits;
    struct http_head head;
};

void http_reader_init(struct http_reader *r, enum http_kind kind, const struct http_limits *limits);
/* The reader is needed no more; may be called again. */
void http_reader_finish(struct http_reader *r);
/* The fields of the head that was read are needed no more, or were kept elsewhere; what else it says stays. */
void http_reader_drop_fields(struct http_reader *r);
/* Before a response is read: whether its request was HEAD (then it has no body, RFC 9112 §6.3). */
void http_reader_expect(struct http_reader *r, bool answers_head);
/* A new ceiling for the body that is about to be read (a route may set its own); call after HTTP_HEAD. False when
 * the announced length is already beyond it. */
bool http_reader_limit_body(struct http_reader *r, uint64_t body_bytes) MUST_USE;
enum http_event http_reader_next(struct http_reader *r, struct str in, size_t *used, struct str *piece);
/* The peer closed its side. True when that was a fair place to end: between messages, or the end of a response body
 * that runs until close (which the caller then treats as HTTP_DONE). */
bool http_reader_closed(struct http_reader *r) MUST_USE;
/* Is it between messages, with nothing begun? */
bool http_reader_is_idle(const struct http_reader *r);

#endif
