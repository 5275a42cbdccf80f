/* url.c - absolute URLs, percent-encoding, and paths that mean one thing only (RFC 3986). */
#include "proxy/http/url.h"

#include "proxy/base/utf8.h"
#include "proxy/http/parse.h"

static bool fail(const char **why, const char *reason)
{
    *why = reason;
    return false;
}

/* Host and port; the authority is already known to be one. */
static bool read_authority(struct str authority, struct url *u, const char **why)
{
    struct str port;
    if (!http_authority_is_valid(authority) || str_has(authority, '%'))
        return fail(why, "bad host or port");
    if (authority.at[0] == '[') {
        size_t close = str_find(authority, ']');
        u->host = str_first(str_from(authority, 1), close - 1);
        u->host_is_v6 = true;
        port = str_from(authority, close + 1);
    } else {
        u->host = str_first(authority, str_find(authority, ':'));
        port = str_from(authority, u->host.len);
    }
    if (port.len < 2) /* none, or a colon without a number */
        return true;
    if (!port_parse(str_from(port, 1), &u->port))
        return fail(why, "port is zero"); /* that it is a number was seen above */
    u->has_port = true;
    return true;
}

bool url_parse(struct str text, struct url *out, const char **why)
{
    struct url u = { .port = 80 };
    if (str_starts_nocase(text, STR("https://"))) {
        u.tls = true;
        u.port = 443;
        text = str_from(text, 8);
    } else if (str_starts_nocase(text, STR("http://"))) {
        text = str_from(text, 7);
    } else {
        return fail(why, "neither http:// nor https://");
    }
    size_t end = 0;
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.at[i];
        if (c <= ' ' || c == 0x7f)
            return fail(why, "space or control byte");
        if (c == '\\') /* which browsers' parsers read as a slash */
            return fail(why, "backslash");
        if (c == '#')
            return fail(why, "fragment");
    }
    while (end < text.len && text.at[end] != '/' && text.at[end] != '?')
        end++;
    if (str_has(str_first(text, end), '@'))
        return fail(why, "user name or password");
    if (!read_authority(str_first(text, end), &u, why))
        return false;
    struct str rest = str_from(text, end);
    u.path = str_cut(&rest, '?');
    u.query = rest;
    *out = u;
    return true;
}

bool port_parse(struct str s, uint16_t *out)
{
    uint64_t port;
    if (s.len > 5 || !str_to_u64(s, &port) || port == 0 || port > UINT16_MAX)
        return false;
    *out = (uint16_t)port;
    return true;
}

bool host_is_loopback(struct str host)
{
    struct ip_address ip;
    return str_eq_nocase(host, STR("localhost")) || (ip_parse(host, &ip) && ip_is_loopback(&ip));
}

/* The byte that s.at[i] stands for, and where the next one begins; -1 for a bad escape. */
static int decode_at(struct str s, size_t i, size_t *next)
{
    *next = i + 1;
    if (s.at[i] != '%')
        return (unsigned char)s.at[i];
    if (i + 2 >= s.len || hex_value(s.at[i + 1]) < 0 || hex_value(s.at[i + 2]) < 0)
        return -1;
    *next = i + 3;
    return hex_value(s.at[i + 1]) << 4 | hex_value(s.at[i + 2]);
}

bool url_decode(struct arena *a, struct str s, bool plain_path, struct str *out)
{
    char *bytes = arena_bytes(a, s.len ? s.len : 1);
    size_t len = 0;
    if (!bytes)
        return false;
    for (size_t i = 0, next; i < s.len; i = next) {
        int c = decode_at(s, i, &next);
        bool is_encoded = next - i > 1;
        if (c <= 0 || (plain_path && is_encoded && (c == '/' || c == '\\')))
            return false;
        bytes[len++] = (char)c;
    }
    *out = str_of(bytes, len);
    return true;
}

bool url_encode(struct buf *out, struct str s)
{
    static const char digits[] = "0123456789ABCDEF";
    size_t len = s.len;
    for (size_t i = 0; i < s.len; i++)
        len += http_is(s.at[i], CHAR_UNRESERVED) ? 0 : 2;
    char *at = buf_reserve(out, len);
    if (!at)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.at[i];
        if (http_is(s.at[i], CHAR_UNRESERVED)) {
            *at++ = s.at[i];
        } else {
            *at++ = '%';
            *at++ = digits[c >> 4];
            *at++ = digits[c & 15];
        }
    }
    buf_grew(out, len);
    return true;
}

/* One segment: not ".", not "..", also not before a ";" that some servers cut off, and not encoded twice. */
static bool segment_is_plain(struct str s)
{
    size_t dots = 0, seen = 0;
    bool only_dots = true, cut = false;
    for (size_t i = 0, next; i < s.len; i = next) {
        int c = decode_at(s, i, &next);
        if (c < 0x20 || c == 0x7f || c == '\\' || c == '/')
            return false;
        if (c == '%' && next + 1 < s.len && hex_value(s.at[next]) >= 0 && hex_value(s.at[next + 1]) >= 0)
            return false; /* %25xx: another decoding would make another path of it */
        cut = cut || c == ';';
        if (cut)
            continue;
        seen++;
        dots += c == '.';
        only_dots = only_dots && c == '.';
    }
    return seen && !(only_dots && dots <= 2);
}

/* Are the decoded bytes UTF-8? An overlong "/" is none. A path of more than this has no business here. */
static bool is_utf8(struct str path)
{
    char one[4];
    size_t have = 0;
    for (size_t i = 0, next; i < path.len; i = next) {
        int c = decode_at(path, i, &next);
        if (c < 0x80 && !have)
            continue;
        one[have++] = (char)c;
        size_t whole = utf8_valid_one(str_of(one, have));
        if (whole)
            have = 0;
        else if (have == sizeof one)
            return false;
    }
    return have == 0;
}

/* Letters, digits, hyphens and single slashes, of which nearly every path is made: nothing in it needs another look. */
static bool is_simple(struct str path)
{
    for (size_t i = 0; i < path.len; i++) {
        bool is_slash = path.at[i] == '/';
        if (is_slash ? i && path.at[i - 1] == '/' : path.at[i] == '.' || !http_is(path.at[i], CHAR_UNRESERVED))
            return false;
    }
    return true;
}

bool url_path_is_plain(struct str path)
{
    if (!path.len || path.at[0] != '/')
        return false;
    if (is_simple(path))
        return true;
    struct str rest = str_from(path, 1);
    while (rest.at) {
        struct str segment = str_cut(&rest, '/');
        if (!segment.len && !rest.at)
            break; /* one "/" at the end */
        if (!segment_is_plain(segment))
            return false;
    }
    return is_utf8(path);
}

static int lowered(int c)
{
    return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

bool url_is_named(struct str encoded, struct str plain)
{
    size_t at = 0;
    for (size_t i = 0, next; i < encoded.len; i = next, at++)
        if (at >= plain.len || lowered(decode_at(encoded, i, &next)) != (unsigned char)plain.at[at])
            return false;
    return at == plain.len;
}

struct str url_query_value(struct str query, struct str name, size_t *count)
{
    struct str first = STR_NONE;
    *count = 0;
    while (query.at) {
        struct str value = str_cut(&query, '&'), key = str_cut(&value, '=');
        if (!key.len || !url_is_named(key, name))
            continue;
        if (!(*count)++)
            first = value.at ? value : str_from(key, key.len);
    }
    return first;
}
