/* message.h - the head of an HTTP/1.1 message, as views into the bytes that it was read from.
 *
 * Whoever owns those bytes owns the head. http_head_rebase moves the views when the bytes are copied. */
#ifndef HTTP_MESSAGE_H
#define HTTP_MESSAGE_H

#include "proxy/base/buf.h"

enum { HTTP_FIELDS_MAX = 100 }; /* more is refused with 431 */

enum http_method {
    METHOD_GET,
    METHOD_HEAD,
    METHOD_POST,
    METHOD_PUT,
    METHOD_DELETE,
    METHOD_OPTIONS,
    METHOD_PATCH,
    METHOD_TRACE,
    METHOD_CONNECT,
    METHOD_OTHER, /* a valid token that is none of these */
};

/* The fields that somebody asks for on every message, recognised once while reading; the rest is found by name. */
#define HTTP_KNOWN_FIELDS(X)                                                                                           \
    X(HOST, "host")                                                                                                    \
    X(CONTENT_LENGTH, "content-length")                                                                                \
    X(TRANSFER_ENCODING, "transfer-encoding")                                                                          \
    X(CONNECTION, "connection")                                                                                        \
    X(EXPECT, "expect")                                                                                                \
    X(AUTHORIZATION, "authorization") X(API_KEY, "api-key") X(CONTENT_TYPE, "content-type")                            \
        X(CONTENT_ENCODING, "content-encoding") X(TRACEPARENT, "traceparent") X(RETRY_AFTER, "retry-after")            \
            X(RETRY_AFTER_MS, "retry-after-ms") X(UPGRADE, "upgrade") X(TE, "te") X(TRAILER, "trailer")                \
                X(KEEP_ALIVE, "keep-alive") X(ACCEPT, "accept") X(USER_AGENT, "user-agent") X(COOKIE, "cookie")        \
                    X(DATE, "date")
enum http_known {
#define X(name, word) HTTP_FIELD_##name,
    HTTP_KNOWN_FIELDS(X)
#undef X
        HTTP_FIELD_OTHER,
};

struct http_field {
    struct str name;  /* as written; compared without case */
    struct str value; /* without surrounding white space */
    enum http_known known;
};

struct http_head {
    /* of a request */
    enum http_method method;
    struct str method_word;
    struct str target; /* as written: origin-form, or `*` for OPTIONS; absolute-form is taken apart into these: */
    struct str path;   /* before the `?`, still percent-encoded; a constant "/" or "*" when absolute-form has none */
    struct str query;  /* after the `?`, at == NULL when there is none */
    struct str host;   /* Host, or the authority of an absolute-form target */
    /* of a response */
    unsigned status;
    struct str reason;
    /* of both */
    unsigned minor;  /* HTTP/1.minor: 0 or 1 */
    bool keep_alive; /* by version and Connection */
    bool chunked;    /* the body is chunked */
    bool has_length; /* content_length is meant */
    bool expects_continue;
    bool until_close; /* of a response: the body ends with the connection */
    bool has_upgrade; /* asks for another protocol; not offered here */
    uint64_t content_length;
    size_t fields_count;
    struct http_field *fields; /* in the reader's table, or where http_head_keep put them */
    uint8_t first_known[HTTP_FIELD_OTHER]; /* 1 + index of the first field of that kind; 0 for none */
};

/* Of an answer: is this the head that counts? Those before it (1xx, RFC 9110 15.2) are counted in *interim. *error is what
 * is wrong, a constant text: too many of them, or another protocol that nobody asked for; NULL: nothing. */
bool http_is_final(const struct http_head *h, unsigned *interim, const char **error) MUST_USE;

/* Value of the first field of that kind or name; at == NULL when there is none. */
struct str http_known_value(const struct http_head *h, enum http_known known);
struct str http_field_value(const struct http_head *h, struct str name);
/* How many fields have that name. */
size_t http_field_count(const struct http_head *h, struct str name);
/* Is `token` a member of the comma-separated list in any field of that kind? Without case. */
bool http_field_has_token(const struct http_head *h, enum http_known known, struct str token);

/* The bytes at `from` are now at `to`: moves every view. */
void http_head_rebase(struct http_head *h, const char *from, const char *to);
/* Copies the bytes of a whole head and its fields, which have no place of their own, into the empty buffer `into`; the
 * head's views then lead there. False at the buffer's ceiling. */
bool http_head_keep(struct http_head *h, struct str bytes, struct buf *into) MUST_USE;

/* The standard phrase of a status code; "Unknown" for one without. */
const char *http_status_phrase(unsigned status);

#endif
