/* fetch_request.c - the request for a small document. */
#include "proxy/edge/fetch_parts.h"

#include "proxy/http/writer.h"

/* Whole lines, so that a value which came from elsewhere ends neither its line nor the head. */
static bool are_lines(struct str s)
{
    while (s.len) {
        size_t end = str_find_str(s, STR("\r\n"));
        struct str line = str_first(s, end);
        if (end == s.len || str_find(line, ':') == 0 || !str_has(line, ':') || str_has(line, '\r') ||
            str_has(line, '\n') || str_has(line, '\0'))
            return false;
        s = str_from(s, end + 2);
    }
    return true;
}

static bool write_request(const struct ask_fetch *ask, const struct url *url, struct buf *out)
{
    const char *open = url->host_is_v6 ? "[" : "", *close = url->host_is_v6 ? "]" : "";
    bool is_post = !str_eq(ask->method, STR("GET"));
    bool ok = buf_addf(out, STR_F " " STR_F "%s" STR_F " HTTP/1.1\r\nhost: %s" STR_F "%s", STR_A(ask->method),
                       STR_A(url->path.len ? url->path : STR("/")), url->query.at ? "?" : "", STR_A(url->query), open,
                       STR_A(url->host), close);
    if (url->has_port)
        ok = ok && buf_addf(out, ":%u", (unsigned)url->port);
    ok = ok && buf_addf(out, "\r\nuser-agent: bartizan/%s\r\naccept: */*\r\nconnection: close\r\n", BARTIZAN_VERSION);
    if (is_post)
        ok = ok && http_write_field_number(out, STR("content-length"), ask->body.len);
    return ok && buf_add(out, ask->headers) && buf_add(out, STR("\r\n")) && buf_add(out, ask->body);
}

bool fetch_write_request(const struct ask_fetch *ask, struct buf *out, struct url *url, const char **why)
{
    if (!url_parse(ask->url, url, why))
        return false;
    *why = "plain http is not allowed here";
    if (!url->tls && !ask->allow_plain_http)
        return false;
    *why = "neither GET nor POST";
    if (!str_eq(ask->method, STR("GET")) && !str_eq(ask->method, STR("POST")))
        return false;
    *why = "a header that is no line";
    if (!are_lines(ask->headers))
        return false;
    *why = "the request is too large";
    return write_request(ask, url, out);
}
