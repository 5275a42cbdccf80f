/* setup_address.c - addresses and other settings at the top of the file that are more than one field. */
#include "proxy/core/setup_parts.h"

#include <sys/un.h>

#include "proxy/base/ascii.h"

enum { HOST_MAX = 253 };

/* ---- addresses to listen on ---- */

static bool address_parse(struct str text, struct address *out)
{
    struct address address = { 0 };
    if (str_starts(text, STR("unix:"))) {
        address.unix_path = str_from(text, 5);
        if (address.unix_path.len < 2 || address.unix_path.at[0] != '/' ||
            address.unix_path.len >= sizeof((struct sockaddr_un){ 0 }.sun_path))
            return false;
        *out = address;
        return true;
    }
    struct str host = text;
    while (host.len && host.at[host.len - 1] != ':')
        host.len--;
    struct str port = str_from(text, host.len);
    if (!host.len || !port_parse(port, &address.port))
        return false;
    host.len--;
    bool has_brackets = host.len > 2 && host.at[0] == '[' && host.at[host.len - 1] == ']';
    if (has_brackets)
        host = str_of(host.at + 1, host.len - 2);
    if (str_eq(host, STR("localhost")))
        host = STR("127.0.0.1");
    if (!ip_parse(host, &address.ip) || has_brackets == address.ip.is_v4)
        return false;
    *out = address;
    return true;
}

bool address_is_local(const struct address *a)
{
    static const uint8_t ANY[4] = { 0 };
    /* 0.0.0.0 and :: as an address to connect to mean this machine, as one to listen on everybody */
    bool is_any = memcmp(a->ip.bytes + 12, ANY, 4) == 0;
    return a->unix_path.at || (ip_is_loopback(&a->ip) && !is_any);
}

bool address_eq(const struct address *a, const struct address *b)
{
    if (a->unix_path.at || b->unix_path.at)
        return a->unix_path.at && b->unix_path.at && str_eq(a->unix_path, b->unix_path);
    return a->port == b->port && memcmp(a->ip.bytes, b->ip.bytes, sizeof a->ip.bytes) == 0;
}

/* The text is copied, so that the path of a socket ends with a NUL. */
static bool read_address(struct reading *r, const struct yaml *at, struct str *text, struct address *out)
{
    struct str copy = arena_printf(r->arena, STR_F, STR_A(at->text));
    if (at->kind != YAML_SCALAR || !copy.at || !address_parse(copy, out)) {
        problem(r->problems, at->span,
                "an address is IP:PORT, [IPv6]:PORT, localhost:PORT or unix:/PATH (below 108 bytes)");
        return false;
    }
    *text = copy;
    out->span = at->span;
    return true;
}

void read_listen_address(struct reading *r, const struct yaml *at, void *field)
{
    struct listener *l = field;
    struct address address;
    if (!read_address(r, at, &l->address, &address))
        return;
    l->span = at->span;
    l->unix_path = address.unix_path;
    l->ip = address.ip;
    l->port = address.port;
}

void read_admin_address(struct reading *r, const struct yaml *at, void *field)
{
    struct setup *s = field;
    (void)read_address(r, at, &s->admin, &s->admin_at);
}

void read_unix_mode(struct reading *r, const struct yaml *at, void *field)
{
    struct listener *l = field;
    uint64_t mode = 0;
    bool ok = at->kind == YAML_SCALAR && at->text.len >= 3 && at->text.len <= 5;
    for (size_t i = 0; ok && i < at->text.len; i++) {
        ok = at->text.at[i] >= '0' && at->text.at[i] <= '7';
        mode = mode * 8 + (uint64_t)(at->text.at[i] - '0');
    }
    if (!ok || mode > 0777)
        problem(r->problems, at->span, "\"unix_mode\" must be permissions in octal, such as 660");
    else
        l->unix_mode = mode;
}

/* ---- endpoints ---- */

static bool host_is_sound(struct str host)
{
    return host.len > 0 && host.len <= HOST_MAX && ascii_is_made_of(host, STR("-._"));
}

void read_endpoint_url(struct reading *r, const struct yaml *at, void *field)
{
    struct endpoint *e = field;
    struct url url;
    const char *why = "it is not a text";
    if (at->kind != YAML_SCALAR || !url_parse(at->text, &url, &why)) {
        problem(r->problems, at->span, "\"url\" must be an http or https URL: %s", why);
        return;
    }
    if (url.query.at || (url.path.len > 1 && !url_path_is_plain(url.path))) {
        problem(r->problems, at->span, "\"url\" of an endpoint has no query, and a path that means one thing only");
        return;
    }
    struct ip_address ip;
    if (!url.host_is_v6 && !host_is_sound(url.host)) {
        problem(r->problems, at->span, "\"" STR_F "\" is no host name", STR_A(str_first(url.host, 64)));
        return;
    }
    if (!url.host_is_v6 && ip_parse_lenient(url.host, &ip) && !ip_parse(url.host, &ip)) {
        problem(r->problems, at->span, "write the address as four decimal numbers");
        return;
    }
    while (url.path.len && url.path.at[url.path.len - 1] == '/')
        url.path.len--;
    e->url_text = at->text;
    e->span = at->span;
    e->url = url;
    const char *open = url.host_is_v6 ? "[" : "", *close = url.host_is_v6 ? "]" : "";
    e->host_header = url.port == (url.tls ? 443 : 80)
                         ? arena_printf(r->arena, "%s" STR_F "%s", open, STR_A(url.host), close)
                         : arena_printf(r->arena, "%s" STR_F "%s:%u", open, STR_A(url.host), close, url.port);
}

/* ---- journal ---- */

void read_journal(struct reading *r, const struct yaml *at, void *field)
{
    struct str *out = field;
    if (at->kind != YAML_SCALAR || !at->text.len) {
        problem(r->problems, at->span, "\"journal\" must be stdout, the path of a file, or insecure_none");
        return;
    }
    *out = at->text;
    if (str_eq(at->text, STR("insecure_none"))) {
        problem_warn(r->problems, at->span, "\"insecure_none\" is in force: nobody will know who called");
        r->insecure++;
    } else if (!str_eq(at->text, STR("stdout")) && at->text.at[0] != '/') {
        if (!str_has(at->text, '/') && !str_has(at->text, '.')) {
            problem(r->problems, at->span, "\"journal\" must be stdout, the path of a file, or insecure_none");
            problem_hint_near(r->problems, at->text, (const char *const[]){ "stdout", "insecure_none" }, 2);
        } else if (r->directory.len) {
            *out = arena_printf(r->arena, STR_F "/" STR_F, STR_A(r->directory), STR_A(at->text));
        }
    }
}
