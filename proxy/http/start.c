/* start.c - request lines, request targets and status lines (RFC 9112 §3 and §4). */
#include "proxy/http/parse.h"
#include "proxy/http/url.h"

static const struct {
    struct str word;
    enum http_method method;
} METHODS[] = {
    { STR_INIT("POST"), METHOD_POST },       { STR_INIT("GET"), METHOD_GET },
    { STR_INIT("HEAD"), METHOD_HEAD },       { STR_INIT("PUT"), METHOD_PUT },
    { STR_INIT("DELETE"), METHOD_DELETE },   { STR_INIT("PATCH"), METHOD_PATCH },
    { STR_INIT("OPTIONS"), METHOD_OPTIONS }, { STR_INIT("CONNECT"), METHOD_CONNECT },
    { STR_INIT("TRACE"), METHOD_TRACE },
};

static enum http_method method_of(struct str word)
{
    for (size_t i = 0; i < ARRAY_LEN(METHODS); i++)
        if (str_eq(METHODS[i].word, word))
            return METHODS[i].method;
    return METHOD_OTHER;
}

/* "HTTP/1.0" or "HTTP/1.1", in capitals; other versions get 505 and everything else 400. */
static bool read_version(struct http_head *h, struct str text, struct http_bad *bad)
{
    if (text.len != 8 || !str_starts(text, STR("HTTP/")) || !ascii_is_digit(text.at[5]) || text.at[6] != '.' ||
        !ascii_is_digit(text.at[7]))
        return http_refuse(bad, 400, "no HTTP version");
    if (text.at[5] != '1' || text.at[7] > '1')
        return http_refuse(bad, 505, "HTTP version other than 1.0 and 1.1");
    h->minor = (unsigned)(text.at[7] - '0');
    return true;
}

/* Length of the run of that class at the front, whole %XX escapes among it. */
static size_t run_with_escapes(struct str s, enum http_char what)
{
    size_t i = 0;
    for (;;) {
        i += http_run(str_from(s, i), what);
        if (i + 2 >= s.len || s.at[i] != '%' || hex_value(s.at[i + 1]) < 0 || hex_value(s.at[i + 2]) < 0)
            return i;
        i += 3;
    }
}

bool http_authority_is_valid(struct str authority)
{
    size_t host;
    if (authority.len && authority.at[0] == '[') {
        struct ip_address ip;
        size_t close = str_find(authority, ']');
        struct str inside = str_first(str_from(authority, 1), close - 1);
        if (close == authority.len || !ip_parse(inside, &ip) || ip.is_v4)
            return false;
        host = close + 1;
    } else {
        host = run_with_escapes(authority, CHAR_HOST);
    }
    struct str port = str_from(authority, host);
    if (!host || !port.len)
        return host != 0;
    uint64_t number = 0;
    return port.at[0] == ':' && port.len <= 6 && (port.len == 1 || str_to_u64(str_from(port, 1), &number)) &&
           number <= UINT16_MAX;
}

/* Path and query to the very end of the target. */
static bool read_path(struct http_head *h, struct str rest, struct http_bad *bad)
{
    size_t path = run_with_escapes(rest, CHAR_PATH);
    h->path = str_first(rest, path);
    rest = str_from(rest, path);
    if (rest.len && rest.at[0] == '?') {
        size_t query = run_with_escapes(str_from(rest, 1), CHAR_QUERY);
        h->query = str_first(str_from(rest, 1), query);
        rest = str_from(rest, 1 + query);
    }
    if (!rest.len)
        return true;
    return http_refuse(bad, 400,
                       rest.at[0] == '#'   ? "fragment in the target"
                       : rest.at[0] == '%' ? "bad percent-encoding in the target"
                                           : "byte in the target that must be percent-encoded");
}

static bool read_absolute(struct http_head *h, struct http_bad *bad)
{
    struct str rest = h->target;
    if (str_starts_nocase(rest, STR("http://")))
        rest = str_from(rest, 7);
    else if (str_starts_nocase(rest, STR("https://")))
        rest = str_from(rest, 8);
    else
        return http_refuse(bad, 400, "target of no known form");
    size_t authority = 0;
    while (authority < rest.len && rest.at[authority] != '/' && rest.at[authority] != '?' && rest.at[authority] != '#')
        authority++;
    h->host = str_first(rest, authority);
    if (!http_authority_is_valid(h->host))
        return http_refuse(bad, 400, "bad authority in the target");
    if (!read_path(h, str_from(rest, authority), bad))
        return false;
    if (!h->path.len) /* RFC 9112 §3.2.1 and §3.2.4 */
        h->path =
            h->method == METHOD_OPTIONS && !h->query.at ? str_of(HTTP_PATH_ASTERISK, 1) : str_of(HTTP_PATH_ROOT, 1);
    return true;
}

static bool read_target(struct http_head *h, struct http_bad *bad)
{
    if (h->target.at[0] == '/')
        return read_path(h, h->target, bad);
    if (!str_eq(h->target, STR("*")))
        return read_absolute(h, bad);
    if (h->method != METHOD_OPTIONS)
        return http_refuse(bad, 400, "asterisk as target of another method than OPTIONS");
    h->path = h->target;
    return true;
}

bool http_start_request(struct http_head *h, struct str line, struct http_bad *bad)
{
    size_t method = http_run(line, CHAR_TOKEN);
    if (!method || method > HTTP_METHOD_MAX || method == line.len || line.at[method] != ' ')
        return http_refuse(bad, 400, "bad method");
    h->method_word = str_first(line, method);
    h->method = method_of(h->method_word);
    struct str rest = str_from(line, method + 1);
    size_t target = str_find(rest, ' ');
    if (!target || target == rest.len)
        return http_refuse(bad, 400, "request line without its three parts");
    h->target = str_first(rest, target);
    if (!read_version(h, str_from(rest, target + 1), bad))
        return false;
    if (h->method == METHOD_CONNECT)
        return http_refuse(bad, 501, "CONNECT is not offered");
    return read_target(h, bad);
}

/* The space before an empty reason is required (RFC 9112 §4), but its absence cannot be misread: let pass. */
bool http_start_response(struct http_head *h, struct str line, struct http_bad *bad)
{
    struct str code = str_first(str_from(line, 9), 3);
    uint64_t status = 0;
    if (!read_version(h, str_first(line, 8), bad))
        return false;
    if (line.len < 12 || line.at[8] != ' ' || !str_to_u64(code, &status) || status < 100 || status > 599 ||
        (line.len > 12 && line.at[12] != ' '))
        return http_refuse(bad, 400, "bad status line");
    h->status = (unsigned)status;
    h->reason = str_from(line, 13);
    if (!http_is_value(h->reason))
        return http_refuse(bad, 400, "control byte in the reason");
    return true;
}
