/* parse.h - the pieces of the reader, for this room only.
 *
 * A head is read line by line as the lines become whole: line.c finds one, start.c and field.c take it into the head,
 * frame.c decides at the empty line how the body is delimited, chunk.c reads the lines between chunks; reader.c is the
 * story. Each piece that refuses leaves status and reason in `bad` and answers false. */
#ifndef HTTP_PARSE_H
#define HTTP_PARSE_H

#include "proxy/http/chars.h"
#include "proxy/http/reader.h"

/* ---- line.c ---- */
enum line_answer { LINE_MORE, LINE_WHOLE, LINE_LONG, LINE_BARE_LF, LINE_BARE_CR };

struct http_line {
    struct str text; /* without CRLF */
    bool is_clean;   /* no control byte is in it, not even a tab; false: not looked at */
};

/* The first line in `in`, which ends with CRLF within `cap` bytes. `*scanned` remembers how far an unfinished line was looked at. A lone CR is told as soon as it is seen, but inside a whole line only by
 * http_line_has_cr: the answer does not depend on where the bytes were cut when the caller asks that before it
 * tells any other mistake of the line. */
enum line_answer http_line_find(struct str in, size_t cap, size_t *scanned, struct http_line *line);
bool http_line_has_cr(struct str line);

/* ---- start.c ---- */
bool http_start_request(struct http_head *h, struct str line, struct http_bad *bad) MUST_USE;
bool http_start_response(struct http_head *h, struct str line, struct http_bad *bad) MUST_USE;
enum { HTTP_METHOD_MAX = 32 };

/* host [":" port] of RFC 3986 without user info: not empty, no ",", a real IPv6 address in brackets. */
bool http_authority_is_valid(struct str authority);

extern const char HTTP_PATH_ROOT[], HTTP_PATH_ASTERISK[];

/* ---- field.c ---- lines are those in a buffer that http_line_find found: CR LF follows them there */
enum http_known http_known_of(struct str name);
bool http_field_add(struct http_head *h, enum http_kind kind, size_t most, struct http_line line,
                    struct http_bad *bad) MUST_USE;
/* Takes the lines at the front, of at most `line_max` bytes, that are as nearly all lines are, and tells how many bytes that were.
 * What stops it is read by itself. */
size_t http_fields_add_plain(struct http_head *h, size_t most, size_t line_max, struct str in);
/* A field line of the trailer section: checked like any other, then dropped. */
bool http_trailer_check(struct http_line line, struct http_bad *bad) MUST_USE;

/* ---- frame.c ---- */
bool http_frame_request(struct http_head *h, struct http_bad *bad) MUST_USE;
bool http_frame_response(struct http_head *h, bool answers_head, struct http_bad *bad) MUST_USE;
/* Has the message a body, perhaps an empty one, that must be read? */
bool http_response_has_body(const struct http_head *h, bool answers_head);

/* ---- table.c ---- */
struct http_table {
    struct http_table *next; /* of the free ones */
    struct http_field fields[HTTP_FIELDS_MAX];
};
struct http_table *http_table_take(void); /* NULL without memory */
void http_table_give(struct http_table *t);

/* ---- chunk.c ---- */
enum { CHUNK_LINE_MAX = 1024 }; /* size and extensions; more of them all in one body is bounded in reader.c */

/* A chunk's first line, without CRLF. */
bool http_chunk_line(struct str line, uint64_t *size, struct http_bad *bad) MUST_USE;

static inline COLD bool http_refuse(struct http_bad *bad, unsigned status, const char *why)
{
    *bad = (struct http_bad){ status, why };
    return false;
}

#endif
