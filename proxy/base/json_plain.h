/* json_plain.h - a JSON text that comes in pieces, with every escape that need not be one written as what it means; and back again,
 * each as it was spelled.
 *
 * "\u0040" is "@", "\u00fc" is "ü", "\/" is "/", and "\u000a" is "\n"; quotes, backslashes and control characters
 * stay escapes. Whoever reads the JSON reads the same. What is no escape (C:\dir) stays, and so does what could make one of it. */
#ifndef BASE_JSON_PLAIN_H
#define BASE_JSON_PLAIN_H

#include "proxy/base/arena.h"
#include "proxy/base/buf.h"

enum { JSON_ESCAPE_MAX = 12, JSON_SPELLED_MAX = 16 };

/* Zeroed to begin with; owns nothing. */
struct json_plain {
    char open[JSON_ESCAPE_MAX]; /* what may be the beginning of an escape */
    uint8_t open_len;
    uint8_t as_spelled;         /* so many bytes follow in which no escape is read: a broken one could become whole */
    size_t read, written;       /* bytes of plain text */
    size_t spelled_first, spelled_count;
    struct json_spelled {       /* not written yet: a ring. What has no room in it is written plain */
        size_t at;              /* in the plain text */
        uint8_t plain_len, len;
        char plain[4], spelled[JSON_ESCAPE_MAX];
    } spelled[JSON_SPELLED_MAX];
};

/* The plain text of the next piece, the end of one escape and the beginning of another included: *fresh itself without any, else in
 * `out`, which is cleared. `joined` is for the time of the call. False at a ceiling. */
bool json_plain_read(struct json_plain *p, struct str *fresh, bool is_last, struct arena *joined, struct buf *out) MUST_USE;

/* Plain text as it was spelled, where it still stands in the same place: *text itself where nothing differs, else in `out`,
 * which is cleared. False at its ceiling. */
bool json_plain_write(struct json_plain *p, struct str *text, struct buf *out) MUST_USE;

#endif
