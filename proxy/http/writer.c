/* writer.c - heads and chunks, always in the same shape, straight into the buffer. */
#include "proxy/http/writer.h"

#include <time.h>

#include "proxy/base/put.h"
#include "proxy/http/chars.h"

static char *put(char *at, struct str s)
{
    if (s.len)
        memcpy(at, s.at, s.len);
    return at + s.len;
}

bool http_write_status_line(struct buf *out, unsigned status)
{
    assert(status >= 100 && status <= 599);
    return buf_addf(out, "HTTP/1.1 %u %s\r\n", status, http_status_phrase(status));
}

static bool write_field(struct buf *out, struct str name, struct str value)
{
    size_t len = name.len + 2 + value.len + 2;
    char *at = buf_reserve(out, len);
    if (!at)
        return false;
    at = put(put(put(at, name), STR(": ")), value);
    put(at, STR("\r\n"));
    buf_grew(out, len);
    return true;
}

bool http_write_field(struct buf *out, struct str name, struct str value)
{
    return http_is_token(name) && http_is_value(value) && write_field(out, name, value);
}

bool http_write_taken_field(struct buf *out, const struct http_field *f)
{
    return write_field(out, f->name, f->value);
}

bool http_write_field_number(struct buf *out, struct str name, uint64_t value)
{
    char digits[PUT_U64_MAX];
    return http_write_field(out, name, str_of(digits, (size_t)(put_u64(digits, value) - digits)));
}

bool http_write_date(struct buf *out, int64_t wall_s)
{
    enum { LINE_LEN = sizeof "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n" - 1 };
    static const char days[7][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
    static const char months[12][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
    static _Thread_local char line[64];
    static _Thread_local int64_t made_s = INT64_MIN;
    if (wall_s != made_s) {
        time_t clock = (time_t)wall_s;
        struct tm t;
        if (!gmtime_r(&clock, &t) || t.tm_year < -1900 || t.tm_year > 9999 - 1900)
            return false;
        snprintf(line, sizeof line, "Date: %s, %02u %s %04u %02u:%02u:%02u GMT\r\n", days[t.tm_wday],
                 (unsigned)t.tm_mday % 100, months[t.tm_mon], (unsigned)(t.tm_year + 1900) % 10000,
                 (unsigned)t.tm_hour % 100, (unsigned)t.tm_min % 100, (unsigned)t.tm_sec % 100);
        made_s = wall_s;
    }
    return buf_add(out, str_of(line, LINE_LEN));
}

bool http_write_head_end(struct buf *out)
{
    return buf_add(out, STR("\r\n"));
}

bool http_write_chunk(struct buf *out, struct str data)
{
    if (!data.len)
        return true; /* a chunk of size 0 would end the body */
    char size[2 * sizeof data.len + 2];
    size_t first = sizeof size;
    size[--first] = '\n';
    size[--first] = '\r';
    for (size_t left = data.len; left; left >>= 4)
        size[--first] = "0123456789abcdef"[left & 15];
    struct str line = str_of(size + first, sizeof size - first);
    if (data.len > SIZE_MAX - sizeof size - 2)
        return false;
    char *at = buf_reserve(out, line.len + data.len + 2);
    if (!at)
        return false;
    put(put(put(at, line), data), STR("\r\n"));
    buf_grew(out, line.len + data.len + 2);
    return true;
}

bool http_write_last_chunk(struct buf *out)
{
    return buf_add(out, STR("0\r\n\r\n"));
}
