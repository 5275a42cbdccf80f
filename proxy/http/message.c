/* message.c - asking a head for its fields, and moving it with its bytes. */
#include "proxy/http/message.h"

#include <stdalign.h>

#include "proxy/http/parse.h"

bool http_is_final(const struct http_head *h, unsigned *interim, const char **error)
{
    enum { INTERIM_MAX = 8 };
    *error = h->status == 101                              ? "the server changes to a protocol that was not asked for"
             : h->status < 200 && ++*interim > INTERIM_MAX ? "too many interim answers"
                                                           : NULL;
    return h->status >= 200;
}

struct str http_known_value(const struct http_head *h, enum http_known known)
{
    assert(known < HTTP_FIELD_OTHER);
    unsigned at = h->first_known[known];
    return at ? h->fields[at - 1].value : STR_NONE;
}

struct str http_field_value(const struct http_head *h, struct str name)
{
    for (size_t i = 0; i < h->fields_count; i++)
        if (str_eq_nocase(h->fields[i].name, name))
            return h->fields[i].value;
    return STR_NONE;
}

size_t http_field_count(const struct http_head *h, struct str name)
{
    size_t count = 0;
    for (size_t i = 0; i < h->fields_count; i++)
        count += str_eq_nocase(h->fields[i].name, name);
    return count;
}

bool http_field_has_token(const struct http_head *h, enum http_known known, struct str token)
{
    assert(known < HTTP_FIELD_OTHER);
    if (!h->first_known[known])
        return false;
    for (size_t i = h->first_known[known] - 1u; i < h->fields_count; i++) {
        if (h->fields[i].known != known)
            continue;
        struct str rest = h->fields[i].value;
        while (rest.at)
            if (str_eq_nocase(str_trim(str_cut(&rest, ',')), token))
                return true;
    }
    return false;
}

/* What stands for a target that says nothing: it lies in no buffer and so never moves. */
const char HTTP_PATH_ROOT[] = "/";
const char HTTP_PATH_ASTERISK[] = "*";

static void move(struct str *s, uintptr_t from, const char *to)
{
    if (s->at && s->at != HTTP_PATH_ROOT && s->at != HTTP_PATH_ASTERISK)
        s->at = to + ((uintptr_t)s->at - from);
}

void http_head_rebase(struct http_head *h, const char *from, const char *to)
{
    uintptr_t base = (uintptr_t)from; /* a number: the old bytes may be gone already */
    move(&h->method_word, base, to);
    move(&h->target, base, to);
    move(&h->path, base, to);
    move(&h->query, base, to);
    move(&h->host, base, to);
    move(&h->reason, base, to);
    for (size_t i = 0; i < h->fields_count; i++) {
        struct http_field *f = &h->fields[i];
        f->name.at = to + ((uintptr_t)f->name.at - base);
        f->value.at = to + ((uintptr_t)f->value.at - base);
    }
}

bool http_head_keep(struct http_head *h, struct str bytes, struct buf *into)
{
    size_t start = (bytes.len + alignof(struct http_field) - 1) & ~(alignof(struct http_field) - 1);
    size_t size = h->fields_count * sizeof h->fields[0];
    assert(!buf_len(into));
    char *at = buf_reserve(into, start + size);
    if (!at)
        return false;
    memcpy(at, bytes.at, bytes.len);
    memset(at + bytes.len, 0, start - bytes.len);
    http_head_rebase(h, bytes.at, at);
    if (size)
        memcpy(at + start, h->fields, size);
    h->fields = (struct http_field *)(void *)(at + start);
    buf_grew(into, start + size);
    return true;
}

static const struct {
    unsigned status;
    const char *phrase;
} PHRASES[] = {
    { 100, "Continue" },
    { 101, "Switching Protocols" },
    { 200, "OK" },
    { 201, "Created" },
    { 202, "Accepted" },
    { 203, "Non-Authoritative Information" },
    { 204, "No Content" },
    { 205, "Reset Content" },
    { 206, "Partial Content" },
    { 300, "Multiple Choices" },
    { 301, "Moved Permanently" },
    { 302, "Found" },
    { 303, "See Other" },
    { 304, "Not Modified" },
    { 305, "Use Proxy" },
    { 307, "Temporary Redirect" },
    { 308, "Permanent Redirect" },
    { 400, "Bad Request" },
    { 401, "Unauthorized" },
    { 402, "Payment Required" },
    { 403, "Forbidden" },
    { 404, "Not Found" },
    { 405, "Method Not Allowed" },
    { 406, "Not Acceptable" },
    { 407, "Proxy Authentication Required" },
    { 408, "Request Timeout" },
    { 409, "Conflict" },
    { 410, "Gone" },
    { 411, "Length Required" },
    { 412, "Precondition Failed" },
    { 413, "Content Too Large" },
    { 414, "URI Too Long" },
    { 415, "Unsupported Media Type" },
    { 416, "Range Not Satisfiable" },
    { 417, "Expectation Failed" },
    { 421, "Misdirected Request" },
    { 422, "Unprocessable Content" },
    { 424, "Failed Dependency" },
    { 425, "Too Early" },
    { 426, "Upgrade Required" },
    { 428, "Precondition Required" },
    { 429, "Too Many Requests" },
    { 431, "Request Header Fields Too Large" },
    { 451, "Unavailable For Legal Reasons" },
    { 499, "Client Closed Request" },
    { 500, "Internal Server Error" },
    { 501, "Not Implemented" },
    { 502, "Bad Gateway" },
    { 503, "Service Unavailable" },
    { 504, "Gateway Timeout" },
    { 505, "HTTP Version Not Supported" },
    { 507, "Insufficient Storage" },
    { 511, "Network Authentication Required" },
    { 529, "Site Is Overloaded" },
};

const char *http_status_phrase(unsigned status)
{
    for (size_t i = 0; i < ARRAY_LEN(PHRASES); i++)
        if (PHRASES[i].status == status)
            return PHRASES[i].phrase;
    return "Unknown";
}
