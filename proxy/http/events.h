/* events.h - server-sent events, as the WHATWG standard reads them and as model servers send them.
 *
 * Sans-IO: feed the bytes of a stream in any cut; whole events come out. LF, CRLF and CR end lines, several data lines
 * are joined by LF, `:` lines are comments, a byte order mark at the very start is skipped. An event that the stream
 * leaves unfinished is kept, until the blank line that would end it is fed. */
#ifndef HTTP_EVENTS_H
#define HTTP_EVENTS_H

#include "proxy/base/buf.h"

struct sse_event {
    struct str name; /* of the `event:` line; at == NULL without one */
    struct str data; /* joined data lines */
    struct str id;   /* at == NULL without one */
    bool is_line;    /* `data` is one line, and need not be looked through for line ends */
};

struct sse_reader {
    struct buf held; /* the unfinished event, and no more than that; owned */
    bool has_told;   /* an event at least */
    /* private */
    size_t line;    /* where the current line begins in the event */
    size_t scanned; /* how far it was looked at for its end */
    size_t first;   /* where its second line begins */
    size_t marked;  /* bytes of a byte order mark seen at the very start */
    bool started, skip_lf;
    size_t ceiling_bytes;
};

enum sse_answer { SSE_MORE, SSE_EVENT, SSE_TOO_LARGE };

/* `ceiling_bytes`: of one event, all its lines counted. */
void sse_reader_init(struct sse_reader *r, size_t ceiling_bytes);
void sse_reader_finish(struct sse_reader *r);
/* Takes from the front of `*in`. SSE_EVENT: `*event` holds views, valid until the next call, into `in` (when the whole
 * event was in it: no copy) or the reader. SSE_MORE: `*in` is empty, give the next bytes. */
enum sse_answer sse_reader_next(struct sse_reader *r, struct str *in, struct sse_event *event);

/* Writes one event: an `event:` line when name.at, one `data:` line for each line of data, and the blank line; nothing when it
 * does not fit. */
bool sse_write(struct buf *out, const struct sse_event *event) MUST_USE;

#endif
