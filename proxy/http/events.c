/* events.c - server-sent events out of a stream, and into one (WHATWG HTML §9.2). */
#include "proxy/http/events.h"

void sse_reader_init(struct sse_reader *r, size_t ceiling_bytes)
{
    assert(ceiling_bytes < SIZE_MAX / 2 - 1);
    *r = (struct sse_reader){ .ceiling_bytes = ceiling_bytes };
    buf_init(&r->held, 2 * ceiling_bytes + 1); /* the lines, and once more where data lines are joined */
}

void sse_reader_finish(struct sse_reader *r)
{
    buf_finish(&r->held);
}

/* ---- where lines and events end ---- */

enum { WINDOW_BYTES = 512 };

/* The first line end at or after `from`: `*end` is where it is and `*next` what follows. A CR that is the last byte
 * ends its line already; the LF that may come belongs to it. Looked for in windows that double, since a stream that ends
 * its lines with CR alone would have each of them look for an LF through all that is left. */
static bool line_end(struct str s, size_t from, size_t *end, size_t *next)
{
    const char *lf = NULL, *cr = NULL;
    for (size_t size = WINDOW_BYTES; from < s.len && !lf && !cr; from += size, size *= 2) {
        const char *at = s.at + from;
        size_t window = s.len - from < size ? s.len - from : size;
        lf = memchr(at, '\n', window);
        cr = memchr(at, '\r', lf ? (size_t)(lf - at) : window);
    }
    if (!lf && !cr)
        return false;
    *end = (size_t)((cr ? cr : lf) - s.at);
    *next = *end + 1;
    if (cr && *next < s.len && s.at[*next] == '\n')
        ++*next;
    return true;
}

/* Goes on to the blank line after the event in `s`: r->line is then its place and `*next` what follows. False when the
 * event is not whole. */
static bool event_end(struct sse_reader *r, struct str s, size_t *next)
{
    for (size_t end;;) {
        if (r->line == r->scanned && r->line && r->line < s.len && s.at[r->line] == '\n' && s.at[r->line - 1] == '\r')
            r->scanned = ++r->line;
        if (!line_end(s, r->scanned, &end, next)) {
            r->scanned = s.len;
            return false;
        }
        if (end == r->line)
            return true;
        if (!r->line)
            r->first = *next;
        r->line = r->scanned = *next;
    }
}

/* ---- what an event says ---- */

/* A line, without its end, is a name and a value, without the space behind the colon. */
static struct str field_of(struct str line, struct str *value)
{
    struct str name = str_cut(&line, ':');
    *value = !line.at ? str_of(name.at + name.len, 0) : line.len && line.at[0] == ' ' ? str_from(line, 1) : line;
    return name;
}

/* Takes one line off the front of `*lines`. */
static struct str take_field(struct str *lines, struct str *value)
{
    size_t end, next;
    if (!line_end(*lines, 0, &end, &next))
        end = next = lines->len;
    struct str line = str_first(*lines, end);
    *lines = str_from(*lines, next);
    return field_of(line, value);
}

static bool add_field(struct sse_event *event, struct str name, struct str value)
{
    bool is_data = str_eq(name, STR("data"));
    if (is_data)
        event->data = value;
    else if (str_eq(name, STR("event")))
        event->name = value;
    else if (str_eq(name, STR("id")) && !str_has(value, '\0'))
        event->id = value;
    return is_data;
}

/* The fields of an event whose data is one line, which is what models send: all views. Says how many data lines are. */
static size_t read_fields(struct str lines, struct sse_event *event)
{
    size_t data_lines = 0;
    *event = (struct sse_event){ .data = STR_NONE };
    while (lines.len) {
        struct str value, name = take_field(&lines, &value);
        data_lines += add_field(event, name, value);
    }
    event->is_line = data_lines == 1;
    return data_lines;
}

/* The same of an event of one line: where that ends is known. */
static size_t read_field(struct str line, struct sse_event *event)
{
    *event = (struct sse_event){ .data = STR_NONE };
    if (line.at[line.len - 1] == '\n')
        line.len--;
    if (line.len && line.at[line.len - 1] == '\r')
        line.len--;
    struct str value, name = field_of(line, &value);
    return event->is_line = add_field(event, name, value);
}

/* Joins the data lines behind what is held. */
static bool join(struct sse_reader *r, struct str lines, bool is_held, struct sse_event *event)
{
    if (!buf_reserve(&r->held, lines.len))
        return false;
    if (is_held) { /* they may have moved */
        lines.at = r->held.data + r->held.start;
        read_fields(lines, event);
    }
    size_t len = 0;
    char *joined = r->held.data + r->held.end;
    while (lines.len) {
        struct str value, name = take_field(&lines, &value);
        if (!str_eq(name, STR("data")))
            continue;
        memcpy(joined + len, value.at, value.len); /* "data" itself left room for the LF */
        len += value.len;
        joined[len++] = '\n';
    }
    event->data = str_of(joined, len - 1);
    return true;
}

/* ---- the stream ---- */

static enum sse_answer too_large(struct sse_reader *r)
{
    buf_clear(&r->held);
    r->line = r->scanned = 0;
    return SSE_TOO_LARGE;
}

/* Skips what belongs to no event: the byte order mark at the very start, and the LF of a CR that was the last byte.
 * False when a mark that broke off cannot be given back. */
static bool skip_start(struct sse_reader *r, struct str *in)
{
    static const char mark[] = { '\xef', '\xbb', '\xbf' };
    while (!r->started && in->len) {
        if (r->marked < sizeof mark && in->at[0] == mark[r->marked]) {
            r->marked++;
            *in = str_from(*in, 1);
            continue;
        }
        r->started = true;
        if (r->marked < sizeof mark && !buf_add(&r->held, str_of(mark, r->marked)))
            return false;
    }
    if (r->skip_lf && in->len) {
        r->skip_lf = false;
        if (in->at[0] == '\n')
            *in = str_from(*in, 1);
    }
    return true;
}

enum sse_answer sse_reader_next(struct sse_reader *r, struct str *in, struct sse_event *event)
{
    while (skip_start(r, in)) {
        if (!in->len)
            return SSE_MORE;
        bool is_held = buf_len(&r->held) != 0;
        struct str whole = *in;
        size_t end, next = in->len;
        if (is_held) {
            /* only as much is copied as may end the event: a line */
            if (!line_end(*in, 0, &end, &next))
                next = in->len;
            if (next > r->ceiling_bytes + 1 - buf_len(&r->held) || !buf_add(&r->held, str_first(*in, next)))
                return too_large(r);
            whole = buf_str(&r->held);
        }
        bool is_whole = event_end(r, whole, &end);
        /* an LF after the CR of the blank line does not count: it may come later */
        if ((is_whole ? r->line + 1 : whole.len) > r->ceiling_bytes)
            return too_large(r);
        if (!is_whole && !is_held && !buf_add(&r->held, whole))
            return too_large(r);
        *in = str_from(*in, is_whole && !is_held ? end : next);
        if (!is_whole)
            continue;
        r->skip_lf = whole.at[end - 1] == '\r';
        struct str lines = str_first(whole, r->line);
        size_t data_lines = r->line && r->line == r->first ? read_field(lines, event) : read_fields(lines, event);
        bool fits = data_lines < 2 || join(r, lines, is_held, event);
        r->line = r->scanned = 0;
        buf_clear(&r->held); /* the bytes stay where they are until the next call */
        if (!fits)
            return too_large(r);
        if (data_lines) {
            r->has_told = true;
            return SSE_EVENT;
        }
    }
    return too_large(r);
}

/* ---- writing ---- */

static bool write_line(struct buf *out, struct str name, struct str value)
{
    return buf_add(out, name) && buf_add(out, STR(": ")) && buf_add(out, value) && buf_add(out, STR("\n"));
}

static bool write_event(struct buf *out, const struct sse_event *event)
{
    if (event->name.at && !write_line(out, STR("event"), event->name))
        return false;
    if (event->id.at && !write_line(out, STR("id"), event->id))
        return false;
    size_t at = 0, end, next;
    for (; !event->is_line && line_end(event->data, at, &end, &next); at = next)
        if (!write_line(out, STR("data"), str_of(event->data.at + at, end - at)))
            return false;
    return write_line(out, STR("data"), str_from(event->data, at)) && buf_add(out, STR("\n"));
}

bool sse_write(struct buf *out, const struct sse_event *event)
{
    if ((event->name.at && (str_has(event->name, '\n') || str_has(event->name, '\r'))) ||
        (event->id.at && (str_has(event->id, '\n') || str_has(event->id, '\r') || str_has(event->id, '\0'))))
        return false;
    size_t was = buf_len(out);
    if (write_event(out, event))
        return true;
    out->end = out->start + was; /* half an event would spoil the one that says why */
    return false;
}
