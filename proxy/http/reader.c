/* reader.c - the story of a message: its head line by line, its body piece by piece, its end. */
#include "proxy/http/parse.h"

const struct http_limits HTTP_LIMITS_DEFAULT = {
    .line_bytes = 8 * 1024,
    .field_bytes = 16 * 1024,
    .head_bytes = 48 * 1024,
    .fields = HTTP_FIELDS_MAX,
    .body_bytes = UINT64_MAX,
};

enum {
    TRAILERS_MAX = 8 * 1024,    /* from the last chunk's line to the end */
    EXTENSIONS_MAX = 16 * 1024, /* bytes of chunk lines with extensions, in one body */
    LONG_CHUNK_LINE = 16,       /* such a line, or one with idle zeros */
};

enum state {
    AT_START,       /* between messages, or in the first line */
    IN_FIELDS,      /* first line read */
    IN_BODY,        /* `left` bytes to come; 0 when there is no body */
    AT_FIRST_CHUNK, /* before a chunk's line */
    IN_CHUNK,       /* `left` bytes to come */
    AFTER_CHUNK,    /* before the CRLF that ends a chunk's data, and the next line */
    IN_TRAILERS,    /* `line` bytes from the end of the last data on are read */
    UNTIL_CLOSE,
    BROKEN,
};

void http_reader_init(struct http_reader *r, enum http_kind kind, const struct http_limits *limits)
{
    assert(limits->fields <= HTTP_FIELDS_MAX);
    assert(limits->line_bytes < SIZE_MAX - 2 && limits->field_bytes < SIZE_MAX - 2);
    memset(&r->head, 0, offsetof(struct http_head, fields));
    memset(r->head.first_known, 0, sizeof r->head.first_known);
    r->head.fields = NULL;
    r->table = NULL;
    r->kind = kind;
    r->limits = *limits;
    r->bad = (struct http_bad){ 0, NULL };
    r->state = AT_START;
    r->base = NULL;
    r->line = r->scanned = r->trailer_seen = 0;
    r->left = r->body_seen = 0;
    r->body_limit = limits->body_bytes;
    r->answers_head = false;
}

void http_reader_finish(struct http_reader *r)
{
    http_reader_drop_fields(r);
}

void http_reader_drop_fields(struct http_reader *r)
{
    if (!r->table)
        return;
    if (r->head.fields == r->table->fields) {
        memset(r->head.first_known, 0, sizeof r->head.first_known);
        r->head.fields = NULL;
        r->head.fields_count = 0;
    }
    http_table_give(r->table);
    r->table = NULL;
}

void http_reader_expect(struct http_reader *r, bool answers_head)
{
    assert(r->kind == HTTP_RESPONSES);
    r->answers_head = answers_head;
}

bool http_reader_limit_body(struct http_reader *r, uint64_t body_bytes)
{
    r->body_limit = body_bytes < r->body_seen ? r->body_seen : body_bytes;
    return !r->head.has_length || r->head.content_length <= body_bytes;
}

bool http_reader_is_idle(const struct http_reader *r)
{
    return r->state == AT_START && !r->scanned;
}

bool http_reader_closed(struct http_reader *r)
{
    if (r->state == UNTIL_CLOSE)
        r->state = AT_START;
    return http_reader_is_idle(r) || (r->state == IN_BODY && !r->left);
}

static COLD enum http_event refuse(struct http_reader *r, unsigned status, const char *why)
{
    http_refuse(&r->bad, status, why);
    r->state = BROKEN;
    return HTTP_BAD;
}

/* A piece has refused a line. A lone CR in it counts first, since it may have been told before the rest was there. */
static COLD enum http_event refuse_line(struct http_reader *r, struct str line)
{
    r->state = BROKEN;
    if (http_line_has_cr(line))
        return refuse(r, 400, "bare CR");
    return HTTP_BAD;
}

static enum http_event finish(struct http_reader *r, size_t taken, size_t *used)
{
    r->state = AT_START;
    r->line = r->scanned = 0;
    *used = taken;
    return HTTP_DONE;
}

/* ---- the head ---- */

static bool begin_head(struct http_reader *r)
{
    if (!r->table && !(r->table = http_table_take()))
        return http_refuse(&r->bad, 500, "no memory for a head");
    memset(&r->head, 0, offsetof(struct http_head, fields));
    memset(r->head.first_known, 0, sizeof r->head.first_known);
    r->head.fields = r->table->fields;
    r->state = IN_FIELDS;
    r->left = r->body_seen = 0;
    r->trailer_seen = 0;
    r->body_limit = r->limits.body_bytes;
    return true;
}

static enum http_event end_head(struct http_reader *r, size_t *used)
{
    struct http_head *h = &r->head;
    bool ok =
        r->kind == HTTP_REQUESTS ? http_frame_request(h, &r->bad) : http_frame_response(h, r->answers_head, &r->bad);
    if (!ok)
        return refuse(r, r->bad.status, r->bad.why);
    bool has_body = r->kind == HTTP_REQUESTS || http_response_has_body(h, r->answers_head);
    if (has_body && h->has_length && h->content_length > r->body_limit)
        return refuse(r, 413, "content-length above the limit");
    r->left = has_body ? h->content_length : 0;
    r->state = h->until_close ? UNTIL_CLOSE : has_body && h->chunked ? AT_FIRST_CHUNK : IN_BODY;
    *used = r->line;
    r->line = r->scanned = 0;
    return HTTP_HEAD;
}

/* No line end within the bytes that were allowed. */
static COLD enum http_event refuse_long(struct http_reader *r, struct str in, bool head_is_full)
{
    if (r->state != AT_START)
        return refuse(r, 431, head_is_full ? "head too long" : "field too long");
    if (r->kind == HTTP_RESPONSES)
        return refuse(r, 400, "status line too long");
    if (!str_has(str_first(in, HTTP_METHOD_MAX + 1), ' '))
        return refuse(r, 400, "bad method");
    return refuse(r, 414, "request line too long");
}

static enum http_event read_head(struct http_reader *r, struct str in, size_t *used)
{
    if (r->state == AT_START && r->kind == HTTP_REQUESTS && !r->line && in.len && in.at[0] == '\r') {
        if (in.len == 1)
            return HTTP_MORE;
        r->line = in.at[1] == '\n' ? 2 : 0; /* one empty line is let pass (RFC 9112 §2.2) */
    }
    if (r->state == IN_FIELDS && in.at != r->base)
        http_head_rebase(&r->head, r->base, in.at);
    r->base = in.at;
    for (;;) {
        if (r->state == IN_FIELDS && !r->scanned) /* what was looked at is not looked at again */
            r->line += http_fields_add_plain(&r->head, r->limits.fields, 2 + r->limits.field_bytes,
                                             str_from(str_first(in, r->limits.head_bytes), r->line));
        struct str rest = str_from(in, r->line);
        size_t room = r->limits.head_bytes > r->line ? r->limits.head_bytes - r->line : 0;
        size_t most = 2 + (r->state == AT_START ? r->limits.line_bytes : r->limits.field_bytes);
        struct http_line line;
        switch (http_line_find(rest, room < most ? room : most, &r->scanned, &line)) {
        case LINE_MORE:
            return HTTP_MORE;
        case LINE_LONG:
            return refuse_long(r, rest, room < most);
        case LINE_BARE_LF:
            return refuse(r, 400, "bare LF");
        case LINE_BARE_CR:
            return refuse(r, 400, "bare CR");
        case LINE_WHOLE:
            break;
        }
        r->line += line.text.len + 2;
        r->scanned = 0;
        bool ok = true;
        if (r->state == AT_START) {
            ok = begin_head(r) && (r->kind == HTTP_REQUESTS ? http_start_request(&r->head, line.text, &r->bad)
                                                            : http_start_response(&r->head, line.text, &r->bad));
        } else if (!line.text.len) {
            return end_head(r, used);
        } else {
            ok = http_field_add(&r->head, r->kind, r->limits.fields, line, &r->bad);
        }
        if (!ok)
            return refuse_line(r, line.text);
    }
}

/* ---- the body ---- */

static enum http_event read_data(struct http_reader *r, struct str in, size_t taken, size_t *used, struct str *piece)
{
    *piece = str_first(str_from(in, taken), r->left < in.len - taken ? (size_t)r->left : in.len - taken);
    *used = taken + piece->len;
    r->left -= piece->len;
    r->body_seen += piece->len;
    return HTTP_BODY;
}

static enum http_event read_body(struct http_reader *r, struct str in, size_t *used, struct str *piece)
{
    if (!r->left)
        return finish(r, 0, used);
    return in.len ? read_data(r, in, 0, used, piece) : HTTP_MORE;
}

static enum http_event read_until_close(struct http_reader *r, struct str in, size_t *used, struct str *piece)
{
    if (!in.len)
        return HTTP_MORE;
    r->left = r->body_limit - r->body_seen;
    if (!r->left)
        return refuse(r, 413, "body above the limit");
    return read_data(r, in, 0, used, piece);
}

static enum http_event read_trailers(struct http_reader *r, struct str in, size_t *used)
{
    for (;;) {
        struct str rest = str_from(in, r->line);
        size_t room = r->line < TRAILERS_MAX ? TRAILERS_MAX - r->line : 0;
        struct http_line line;
        switch (http_line_find(rest, room, &r->scanned, &line)) {
        case LINE_MORE:
            return HTTP_MORE;
        case LINE_LONG:
            return refuse(r, 431, "trailers too long");
        case LINE_BARE_LF:
            return refuse(r, 400, "bare LF in the trailers");
        case LINE_BARE_CR:
            return refuse(r, 400, "bare CR");
        case LINE_WHOLE:
            break;
        }
        r->line += line.text.len + 2;
        r->scanned = 0;
        if (!line.text.len)
            return finish(r, r->line, used);
        if (!http_trailer_check(line, &r->bad))
            return refuse_line(r, line.text);
    }
}

/* A chunk's line is taken together with the first byte of its data, so that HTTP_MORE never takes anything. */
static enum http_event read_chunk(struct http_reader *r, struct str in, size_t *used, struct str *piece)
{
    size_t at = r->state == AFTER_CHUNK ? 2 : 0, scanned = 0;
    struct http_line line;
    if (at && ((in.len > 0 && in.at[0] != '\r') || (in.len > 1 && in.at[1] != '\n')))
        return refuse(r, 400, "chunk data not ended by CRLF");
    if (in.len <= at)
        return HTTP_MORE;
    struct str rest = str_from(in, at);
    switch (http_line_find(rest, CHUNK_LINE_MAX + 2, &scanned, &line)) {
    case LINE_MORE:
        return HTTP_MORE;
    case LINE_LONG:
        return refuse(r, 400, "chunk line too long");
    case LINE_BARE_LF:
        return refuse(r, 400, "bare LF after a chunk size");
    case LINE_BARE_CR:
        return refuse(r, 400, "bare CR");
    case LINE_WHOLE:
        break;
    }
    uint64_t size = 0;
    if (!http_chunk_line(line.text, &size, &r->bad))
        return refuse_line(r, line.text);
    size_t extra = line.text.len > LONG_CHUNK_LINE ? line.text.len : 0;
    if (r->trailer_seen + extra > EXTENSIONS_MAX)
        return refuse(r, 400, "too much of chunk extensions");
    if (size > r->body_limit - r->body_seen)
        return refuse(r, 413, "body above the limit");
    at += line.text.len + 2;
    if (!size) {
        r->state = IN_TRAILERS;
        r->line = at;
        return read_trailers(r, in, used);
    }
    if (in.len == at)
        return HTTP_MORE;
    r->trailer_seen += extra;
    r->left = size;
    r->state = IN_CHUNK;
    return read_data(r, in, at, used, piece);
}

enum http_event http_reader_next(struct http_reader *r, struct str in, size_t *used, struct str *piece)
{
    *used = 0;
    *piece = STR_NONE;
    switch ((enum state)r->state) {
    case AT_START:
    case IN_FIELDS:
        return read_head(r, in, used);
    case IN_BODY:
        return read_body(r, in, used, piece);
    case IN_CHUNK:
        if (r->left)
            return in.len ? read_data(r, in, 0, used, piece) : HTTP_MORE;
        r->state = AFTER_CHUNK;
        return read_chunk(r, in, used, piece);
    case AT_FIRST_CHUNK:
    case AFTER_CHUNK:
        return read_chunk(r, in, used, piece);
    case IN_TRAILERS:
        return read_trailers(r, in, used);
    case UNTIL_CLOSE:
        return read_until_close(r, in, used, piece);
    case BROKEN:
        return HTTP_BAD;
    }
    NOTREACHED("state of a reader");
}
