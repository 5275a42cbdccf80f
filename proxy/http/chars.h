/* chars.h - what each byte may be in HTTP: one table, for the reader, the writer and the URLs. */
#ifndef HTTP_CHARS_H
#define HTTP_CHARS_H

#include "proxy/base/str.h"

enum http_char {
    CHAR_TOKEN = 1,       /* tchar, RFC 9110 §5.6.2 */
    CHAR_UNDERSCORE = 2,  /* "_", which some servers read as "-" in a name */
    CHAR_PATH = 4,        /* pchar without "%", and "/" (RFC 3986 §3.3) */
    CHAR_QUERY = 8,       /* the same and "?" */
    CHAR_HOST = 16,       /* of a reg-name without "%" and without ",", which joins two Hosts to one */
    CHAR_UNRESERVED = 32, /* RFC 3986 §2.3 */
    CHAR_QUOTED = 64,     /* qdtext, RFC 9110 §5.6.4 */
    CHAR_VALUE = 128,     /* of a field value: VCHAR, obs-text, space, tab */
};

extern const uint8_t HTTP_CHARS[256];

static inline bool http_is(char c, enum http_char what)
{
    return (HTTP_CHARS[(unsigned char)c] & what) != 0;
}

/* How many bytes at the front are of that class. */
static inline size_t http_run(struct str s, enum http_char what)
{
    size_t i = 0;
    while (i < s.len && http_is(s.at[i], what))
        i++;
    return i;
}

static inline bool http_is_token(struct str s)
{
    return s.len && http_run(s, CHAR_TOKEN) == s.len;
}

/* No control byte but tab: many bytes at a step. */
bool http_is_value(struct str s);
/* How many bytes at the front are no control bytes, tab among those. */
size_t http_clean_run(struct str s);

#endif
