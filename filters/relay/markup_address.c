/* markup_address.c - whether an address leads where it may, read as the most lenient of browsers would. */
#include "filters/relay/markup.h"

#include "proxy/base/ascii.h"

enum { DATA_MIN_BYTES = 8, SEGMENT_MAX_BYTES = 100, PATH_MAX_BYTES = 500, LABEL_MAX_BYTES = 40 };

/* Also of characters beyond ASCII in front, in which no scheme begins: some renderers take off any space. */
static struct str without_edges(struct str s)
{
    while (s.len && ((unsigned char)*s.at <= ' ' || (unsigned char)*s.at >= 0x80))
        s = str_from(s, 1);
    while (s.len && (unsigned char)s.at[s.len - 1] <= ' ')
        s.len--;
    return s;
}

/* Characters that are dropped, unescaped or turned round on the way to a browser: what they hide is not guessed. */
static bool is_disguised(struct str address)
{
    for (size_t i = 0; i < address.len; i++) {
        struct str rest = str_from(address, i);
        unsigned char c = (unsigned char)address.at[i];
        if (c < ' ' || c == '\\' || c == 0x7f || (c == '&' && rest.len > 1 && rest.at[1] == '#') ||
            str_starts_nocase(rest, STR("&colon;")) || str_starts_nocase(rest, STR("&sol;")) ||
            str_starts_nocase(rest, STR("&period;")) || str_starts_nocase(rest, STR("&tab;")) ||
            str_starts_nocase(rest, STR("&newline;")) || str_starts_nocase(rest, STR("&bsol;")) ||
            str_starts_nocase(rest, STR("&commat;")))
            return true;
    }
    return false;
}

/* The length of a scheme with its colon; 0 without. */
static size_t scheme_of(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.at[i];
        if (c == ':')
            return i ? i + 1 : 0;
        if (!ascii_is_letter(c) && !(i && (ascii_is_digit(c) || c == '+' || c == '.' || c == '-')))
            return 0;
    }
    return 0;
}

static bool is_allowed(struct str host, const struct texts *allow)
{
    while (host.len && host.at[host.len - 1] == '.')
        host.len--;
    for (size_t i = 0; i < allow->count; i++) {
        struct str want = allow->at[i];
        bool any_below = str_starts(want, STR("*."));
        want = any_below ? str_from(want, 1) : want;
        if (any_below ? host.len > want.len && str_eq_nocase(str_from(host, host.len - want.len), want)
                      : str_eq_nocase(host, want))
            return true;
    }
    return false;
}

/* Is there room for what somebody wants to carry away? A path of words is what links are made of. */
static bool carries_data(struct str host, struct str rest)
{
    struct str path = str_cut(&rest, '?');
    size_t query = 0, label = 0, segment = 0;
    for (size_t i = 0; i < rest.len; i++)
        query = rest.at[i] == '=' || rest.at[i] == '&' ? 0 : query + 1;
    bool has_query = rest.len >= DATA_MIN_BYTES && (query >= DATA_MIN_BYTES || rest.len >= 2 * DATA_MIN_BYTES);
    for (size_t i = 0; i < host.len; i++) {
        label = host.at[i] == '.' ? 0 : label + 1;
        if (label > LABEL_MAX_BYTES)
            return true;
    }
    for (size_t i = 0; i < path.len; i++) {
        segment = path.at[i] == '/' ? 0 : segment + 1;
        if (segment > SEGMENT_MAX_BYTES)
            return true;
    }
    struct str fragment = path;
    str_cut(&fragment, '#');
    return has_query || path.len > PATH_MAX_BYTES || (fragment.at && fragment.len > SEGMENT_MAX_BYTES / 2);
}

/* What stands behind `//`. */
static enum markup_kind judge_host(struct str rest, bool is_image, const struct texts *allow)
{
    size_t end = 0;
    while (end < rest.len && rest.at[end] != '/' && rest.at[end] != '?' && rest.at[end] != '#')
        end++;
    struct str host = str_first(rest, end);
    bool has_user = str_has(host, '@');
    struct str name = host;
    if (!has_user && !str_starts(host, STR("[")))
        name = str_cut(&host, ':');
    if (!has_user && is_allowed(name, allow))
        return MARKUP_FINE;
    if (is_image)
        return MARKUP_IMAGE;
    return has_user || carries_data(name, str_from(rest, end)) ? MARKUP_LINK : MARKUP_FINE;
}

enum markup_kind markup_judge(struct str address, bool is_image, const struct texts *allow_hosts)
{
    static const struct str pictures[] = { STR_INIT("image/png"), STR_INIT("image/jpeg"), STR_INIT("image/gif"),
                                           STR_INIT("image/webp") };
    address = without_edges(address);
    if (is_disguised(address))
        return is_image ? MARKUP_IMAGE : MARKUP_LINK;
    if (str_starts(address, STR("//")))
        return judge_host(str_from(address, 2), is_image, allow_hosts);
    if (str_starts_nocase(address, STR("www.")) && !is_image)
        return judge_host(address, is_image, allow_hosts);
    size_t scheme = scheme_of(address);
    if (!scheme)
        return MARKUP_FINE; /* within the site that shows it */
    struct str name = str_first(address, scheme - 1), rest = str_from(address, scheme);
    if (str_eq_nocase(name, STR("javascript")) || str_eq_nocase(name, STR("vbscript")))
        return MARKUP_HTML;
    if (str_eq_nocase(name, STR("data"))) {
        for (size_t i = 0; i < ARRAY_LEN(pictures); i++)
            if (str_starts_nocase(rest, pictures[i]))
                return MARKUP_FINE;
        return MARKUP_HTML;
    }
    if (str_starts(rest, STR("//")))
        return judge_host(str_from(rest, 2), is_image, allow_hosts);
    if (str_starts_nocase(name, STR("http"))) /* http:host is taken for http://host */
        return judge_host(rest, is_image, allow_hosts);
    if (str_eq_nocase(name, STR("mailto")))
        return carries_data(STR(""), rest) ? MARKUP_LINK : MARKUP_FINE;
    return is_image ? MARKUP_IMAGE : MARKUP_FINE;
}
