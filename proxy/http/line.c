/* line.c - finding the end of a line, strictly, without looking at a byte twice. */
#include "proxy/http/parse.h"

/* Nearly every line: whole, and the first control byte in it is the CR of its end. */
static bool is_whole_and_clean(struct str in, struct http_line *line)
{
    size_t end = http_clean_run(in);
    *line = (struct http_line){ str_first(in, end), true };
    return in.len - end >= 2 && in.at[end] == '\r' && in.at[end + 1] == '\n';
}

bool http_line_has_cr(struct str line)
{
    return line.len && memchr(line.at, '\r', line.len);
}

enum line_answer http_line_find(struct str in, size_t cap, size_t *scanned, struct http_line *line)
{
    size_t room = in.len < cap ? in.len : cap;
    assert(*scanned <= room);
    if (!*scanned && is_whole_and_clean(str_first(in, room), line))
        return LINE_WHOLE;
    const char *lf = room > *scanned ? memchr(in.at + *scanned, '\n', room - *scanned) : NULL;
    if (lf) {
        size_t end = (size_t)(lf - in.at);
        if (end && in.at[end - 1] == '\r') {
            *line = (struct http_line){ str_first(in, end - 1), false };
            return LINE_WHOLE;
        }
        return http_line_has_cr(str_of(in.at, end)) ? LINE_BARE_CR : LINE_BARE_LF;
    }
    /* a CR may be the last byte, its LF still on the way */
    size_t from = *scanned ? *scanned - 1 : 0;
    if (room > from + 1 && memchr(in.at + from, '\r', room - 1 - from))
        return LINE_BARE_CR;
    if (in.len >= cap)
        return LINE_LONG;
    *scanned = in.len;
    return LINE_MORE;
}
