/* route.c - patterns against paths: compared decoded and without case, so that no spelling slips past a narrower route.
 */
#include "proxy/core/route.h"

/* ---- one segment ---- */

/* The next byte of a path, %XX decoded. url_path_is_plain has seen to it that no escape hides a slash or a NUL. */
static char next_byte(struct str *s)
{
    char c = s->at[0];
    size_t width = 1;
    if (c == '%' && s->len >= 3 && hex_value(s->at[1]) >= 0 && hex_value(s->at[2]) >= 0) {
        c = (char)(hex_value(s->at[1]) << 4 | hex_value(s->at[2]));
        width = 3;
    }
    *s = str_from(*s, width);
    return ascii_lower(c);
}

static bool is_variable(struct str segment)
{
    return segment.len >= 2 && segment.at[0] == '{' && segment.at[segment.len - 1] == '}';
}

static bool segment_fits(struct str pattern, struct str segment)
{
    if (is_variable(pattern))
        return segment.len > 0;
    while (pattern.len && segment.len)
        if (next_byte(&pattern) != next_byte(&segment))
            return false;
    return !pattern.len && (!segment.len || next_byte(&segment) == ';');
}

bool route_pattern_fits(struct str pattern, struct str path)
{
    for (;;) {
        if (str_eq(pattern, STR("*"))) /* no rest at all is one too: the slash before it is overlooked */
            return true;
        if (!pattern.at)
            return path.len == 0; /* a trailing slash changes nothing: it must not lead to a wider route */
        if (!path.at)
            return false;
        if (!segment_fits(str_cut(&pattern, '/'), str_cut(&path, '/')))
            return false;
    }
}

/* ---- which is more specific ---- */

struct weight {
    size_t literals; /* segments before the first variable or star */
    size_t bytes;    /* in those */
    size_t segments, variables;
    bool has_star;
};

static struct weight weigh(struct str pattern)
{
    struct weight w = { 0 };
    bool in_prefix = true;
    while (pattern.at) {
        struct str segment = str_cut(&pattern, '/');
        bool is_star = !pattern.at && str_eq(segment, STR("*"));
        in_prefix = in_prefix && !is_star && !is_variable(segment);
        w.segments++;
        w.variables += is_variable(segment);
        w.has_star |= is_star;
        w.literals += in_prefix;
        w.bytes += in_prefix ? segment.len : 0;
    }
    return w;
}

static int more_first(size_t a, size_t b)
{
    return (a < b) - (a > b);
}

int route_pattern_cmp(struct str a, struct str b)
{
    struct weight x = weigh(a), y = weigh(b);
    int order = more_first(x.literals, y.literals);
    order = order ? order : more_first(x.bytes, y.bytes);
    order = order ? order : (x.has_star > y.has_star) - (x.has_star < y.has_star);
    order = order ? order : more_first(x.segments, y.segments);
    return order ? order : -more_first(x.variables, y.variables);
}

/* ---- a request ---- */

static struct str without_port(struct str host)
{
    size_t end = host.len;
    if (host.len && host.at[0] == '[')
        return host;
    while (end && ascii_is_digit(host.at[end - 1]))
        end--;
    if (end && host.at[end - 1] == ':')
        host.len = end - 1;
    if (host.len && host.at[host.len - 1] == '.')
        host.len--;
    return host;
}

static bool host_fits(const struct route *route, struct str host)
{
    for (size_t i = 0; i < route->hosts.count; i++) {
        struct str wanted = route->hosts.at[i];
        if (str_eq_nocase(wanted, host))
            return true;
        if (wanted.at[0] == '*' && host.len >= wanted.len &&
            str_eq_nocase(str_from(host, host.len - wanted.len + 1), str_from(wanted, 1)))
            return true;
    }
    return route->hosts.count == 0;
}

static bool method_fits(const struct route *route, struct str word)
{
    for (size_t i = 0; i < route->methods.count; i++)
        if (str_eq(route->methods.at[i], word))
            return true;
    return route->methods.count == 0;
}

const struct route *route_find(const struct setup *s, struct str method, struct str host, struct str path,
                               bool *path_known)
{
    const struct route *routes = s->routes.at;
    *path_known = false;
    host = without_port(host);
    for (size_t i = 0; i < s->routes.count; i++) {
        if (!host_fits(&routes[i], host) || !route_pattern_fits(routes[i].path, path))
            continue;
        if (method_fits(&routes[i], method))
            return &routes[i];
        *path_known = true;
    }
    return NULL;
}
