/* urls.c - where the addresses in a body may point: the model server opens them, with its own rights, in its own
 * network.
 *
 * Link-local and metadata addresses never get this far (dialect/urls.c). A listed name is trusted to resolve to what it
 * should: the model server asks DNS, not we. */
#include "proxy/core/exchange.h"
#include "proxy/http/url.h"

struct urls_policy {
    struct texts hosts;
    uint64_t of;
    bool insecure_http, insecure_private;
};

/* As the dialects call them in struct body_url. */
static const char *const KINDS[] = { "image_url",  "file_url",     "audio_url", "video_url",
                                     "server_url", "data_sources", "url",       NULL };

static const struct setting SETTINGS[] = {
    SETTING(
        struct urls_policy, hosts, SET_TEXTS, .required = true,
        .example = "[images.example.org, \"*.cdn.example.org\"]",
        .about =
            "hosts that may be named; a leading \"*.\" stands for any names before it, \"*\" for any public host; an "
            "empty list allows none"),
    SETTING(struct urls_policy, of, SET_WORDS, .min = 1, .words = KINDS,
            .dflt = "[image_url, file_url, audio_url, video_url, server_url, data_sources, url]",
            .about =
                "which addresses this rule is about: of images, files, sound, film, MCP servers, Azure's data sources, "
                "and of members …url that are not known here"),
    SETTING(struct urls_policy, insecure_http, SET_BOOL, .dflt = "false", .about = "plain HTTP too"),
    SETTING(struct urls_policy, insecure_private, SET_BOOL, .dflt = "false",
            .about = "private and loopback addresses too, where they are listed"),
    SETTINGS_END,
};

static bool check(void *policy, struct setup *setup, struct problems *problems)
{
    struct urls_policy *p = policy;
    bool ok = true;
    (void)setup;
    for (size_t i = 0; i < p->hosts.count; i++) {
        struct str host = p->hosts.at[i];
        if (str_starts(host, STR("*.")))
            host = str_from(host, 2);
        bool odd = !host.len || str_has(host, '/') || str_has(host, ' ') || str_has(host, '@') ||
                   (str_has(host, '*') && !str_eq(p->hosts.at[i], STR("*")));
        if (!odd)
            continue;
        problem(problems, p->hosts.spans[i], "\"" STR_F "\" is not a host", STR_A(p->hosts.at[i]));
        problem_hint(problems, "a name without scheme and path, such as images.example.org");
        ok = false;
    }
    return ok;
}

static bool is_local_name(struct str host)
{
    return str_eq_nocase(host, STR("localhost")) || !str_has(host, '.') ||
           (host.len > 10 && str_eq_nocase(str_from(host, host.len - 10), STR(".localhost"))) ||
           (host.len > 9 && str_eq_nocase(str_from(host, host.len - 9), STR(".internal"))) ||
           (host.len > 6 && str_eq_nocase(str_from(host, host.len - 6), STR(".local")));
}

static bool host_fits(struct str pattern, struct str host, bool is_inside)
{
    if (str_eq(pattern, STR("*")))
        return !is_inside;
    if (str_starts(pattern, STR("*."))) {
        struct str tail = str_from(pattern, 1);
        return host.len > tail.len && str_eq_nocase(str_from(host, host.len - tail.len), tail);
    }
    struct ip_address wanted, given;
    if (ip_parse_lenient(pattern, &wanted) && ip_parse_lenient(host, &given))
        return memcmp(wanted.bytes, given.bytes, sizeof given.bytes) == 0;
    return str_eq_nocase(pattern, host);
}

/* NULL when the address is allowed; else why not, without the address: it may hold a secret. */
static const char *wrong_with(const struct urls_policy *p, struct str text)
{
    struct url url;
    const char *why;
    if (!url_parse(text, &url, &why))
        return why;
    if (!url.tls && !p->insecure_http)
        return "plain HTTP";
    if (url.host.len && url.host.at[url.host.len - 1] == '.')
        url.host.len--; /* the root's dot names the same host */
    struct ip_address ip;
    bool is_ip = ip_parse_lenient(url.host, &ip);
    bool is_inside = is_ip ? ip_leads_inside(&ip) : is_local_name(url.host);
    if (is_ip && is_inside && !p->insecure_private)
        return "a private address";
    for (size_t i = 0; i < p->hosts.count; i++)
        if (host_fits(p->hosts.at[i], url.host, is_inside))
            return NULL;
    return "the host is not listed";
}

static bool is_about(const struct urls_policy *p, const char *what)
{
    for (size_t i = 0; KINDS[i]; i++)
        if (strcmp(KINDS[i], what) == 0)
            return p->of >> i & 1;
    return true;
}

static enum verdict step(struct exchange *x, const void *policy)
{
    const struct urls_policy *p = policy;
    for (size_t i = 0; i < x->call.urls_count; i++) {
        struct body_url *u = &x->call.urls[i];
        if (!is_about(p, u->what))
            continue;
        const char *why = wrong_with(p, u->value);
        u->is_judged = true;
        if (!why)
            continue;
        x->rule = STR("urls");
        x->param = str_c(u->what);
        return exchange_refuse(x, WHY_OPTION_NOT_ALLOWED, "%s: %s", u->what, why);
    }
    return NEXT;
}

const struct filter filter_urls = {
    .name = "urls",
    .about = "Where addresses in a body may point that the model server would open.",
    .seat = STAGE_ADMIT,
    .settings = SETTINGS,
    .policy_size = sizeof(struct urls_policy),
    .check = check,
    .step = step,
    .scalar = "hosts",
};
