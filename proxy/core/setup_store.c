/* setup_store.c - where limits are counted: the words of `store`, URLs of Redis, and what does not go together. */
#include "proxy/core/setup_parts.h"

#include <sys/un.h>

#include "proxy/base/ascii.h"

enum { NAME_MAX_BYTES = 64, URLS_MAX = 64, DATABASE_MAX = 65535, PORT_REDIS = 6379, PORT_SENTINEL = 26379 };

/* ---- URLs ---- */

static const struct {
    struct str scheme;
    bool tls, is_unix;
} SCHEMES[] = {
    { STR_INIT("redis://"), false, false },  { STR_INIT("rediss://"), true, false },
    { STR_INIT("valkey://"), false, false }, { STR_INIT("valkeys://"), true, false },
    { STR_INIT("unix://"), false, true },
};

static bool is_host(struct str host)
{
    struct ip_address ip;
    return host.len > 0 && host.len <= 253 && ascii_is_made_of(host, STR("-._")) &&
           (!ip_parse_lenient(host, &ip) || ip_parse(host, &ip));
}

static bool read_host(struct str text, struct store_url *url, const char **why)
{
    struct str port = STR_NONE;
    struct ip_address ip;
    if (text.len && text.at[0] == '[') {
        size_t end = str_find(text, ']');
        url->host = str_of(text.at + 1, end - 1);
        *why = "what stands in brackets is no IPv6 address";
        if (end == text.len || !ip_parse(url->host, &ip) || ip.is_v4)
            return false;
        port = str_from(text, end + 1);
        *why = "after the address comes :PORT, or nothing";
        if (port.len && port.at[0] != ':')
            return false;
        port = str_from(port, port.len ? 1 : 0);
    } else {
        url->host = str_cut(&text, ':');
        port = text;
        *why = "the host is neither a name nor an address";
        if (!is_host(url->host))
            return false;
    }
    if (!port.at || !port.len)
        return true; /* the usual port */
    *why = "the port is a number from 1 to 65535";
    return port_parse(port, &url->port);
}

static bool store_url_parse(struct str text, struct store_url *out, const char **why)
{
    struct store_url url = { .text = text };
    size_t i = 0;
    while (i < ARRAY_LEN(SCHEMES) && !str_starts(text, SCHEMES[i].scheme))
        i++;
    *why = "it begins with redis://, rediss:// or unix://, or is the word memory";
    if (i == ARRAY_LEN(SCHEMES))
        return false;
    struct str rest = str_from(text, SCHEMES[i].scheme.len);
    *why = "a user or password is never written in a URL: say \"user\" and \"password: file:PATH\" beside it";
    if (str_has(rest, '@'))
        return false;
    *why = "it has no query and no fragment";
    if (str_has(rest, '?') || str_has(rest, '#') || str_has(rest, '\0'))
        return false;
    if (SCHEMES[i].is_unix) {
        *why = "the path of a socket begins with / and is shorter than 108 bytes";
        if (!rest.len || rest.at[0] != '/' || rest.len >= sizeof((struct sockaddr_un){ 0 }.sun_path))
            return false;
        url.unix_path = rest;
        *out = url;
        return true;
    }
    url.tls = SCHEMES[i].tls;
    struct str host = str_cut(&rest, '/');
    url.database = rest.at ? rest : STR("");
    if (!read_host(host, &url, why))
        return false;
    *out = url;
    return true;
}

static void read_url(struct reading *r, const struct yaml *at, uint16_t usual_port, struct store_url *out)
{
    const char *why = "it is not a text";
    /* copied, so that the path of a socket ends with a NUL */
    struct str copy = at->kind == YAML_SCALAR ? arena_printf(r->arena, STR_F, STR_A(at->text)) : STR_NONE;
    if (copy.at && str_has(copy, '@'))
        problems_hide(r->problems, at->span);
    if (!copy.at || !store_url_parse(copy, out, &why)) {
        problem(r->problems, at->span, "the URL of a store: %s", why);
        return;
    }
    out->span = at->span;
    out->port = out->port ? out->port : usual_port;
}

/* One, or a list of them. */
static void read_urls(struct reading *r, const struct yaml *at, uint16_t usual_port, struct store_urls *out)
{
    size_t n = 0;
    for (const struct yaml *i = at->first; at->kind == YAML_LIST && i; i = i->next)
        n++;
    if (at->kind == YAML_SCALAR)
        n = 1;
    if (n == 0 || n > URLS_MAX) {
        problem(r->problems, at->span, "a URL is wanted here, or a list of up to %d", URLS_MAX);
        return;
    }
    struct store_urls urls = { .at = arena_array(r->arena, struct store_url, n) };
    for (const struct yaml *i = at->kind == YAML_LIST ? at->first : at; urls.at && urls.count < n; i = i->next)
        read_url(r, i, usual_port, &urls.at[urls.count++]);
    *out = urls;
}

static void read_store_urls(struct reading *r, const struct yaml *at, void *field)
{
    struct store_settings *s = field;
    s->span = at->span;
    s->is_memory = at->kind == YAML_SCALAR && str_eq(at->text, STR("memory"));
    if (!s->is_memory)
        read_urls(r, at, PORT_REDIS, &s->urls);
}

static void read_sentinel_urls(struct reading *r, const struct yaml *at, void *field)
{
    read_urls(r, at, PORT_SENTINEL, &((struct store_sentinel *)field)->urls);
}

/* ---- the words ---- */

static const struct setting SENTINEL_SETTINGS[] = {
    SETTING(struct store_sentinel, master, SET_TEXT, .required = true, .example = "limits",
            .about = "The name that the sentinels know the master by."),
    { .name = "urls",
      .kind = SET_CUSTOM,
      .custom = read_sentinel_urls,
      .required = true,
      .example = "[ redis://10.0.0.1:26379, redis://10.0.0.2:26379 ]",
      .about = "The sentinels. The master is spoken to as they are: over TLS when they are rediss." },
    SETTING(struct store_sentinel, user, SET_TEXT, .about = "Whom the sentinels know, where they ask for a password."),
    SETTING(struct store_sentinel, password, SET_SECRET, .example = "file:secrets/sentinel.password",
            .about = "The sentinels' own password."),
    SETTINGS_END,
};

const struct setting STORE_SETTINGS[] = {
    { .name = "url",
      .kind = SET_CUSTOM,
      .custom = read_store_urls,
      .example = "rediss://limits.example.org:6380",
      .about = "`memory`, or where the server is: redis://HOST:PORT/DATABASE, rediss:// with TLS, or unix:///PATH (valkey:// "
               "and valkeys:// mean the same); of a Cluster a list of some of its nodes. Without user and password." },
    SETTING(struct store_settings, sentinel, SET_BLOCK, .block = SENTINEL_SETTINGS,
            .block_size = sizeof(struct store_sentinel),
            .about = "Sentinels that know which server is the master, instead of `url`."),
    SETTING(struct store_settings, cluster, SET_BOOL, .dflt = "false",
            .about = "Whether the servers are a Redis Cluster, whose slots are followed as they move."),
    SETTING(struct store_settings, database, SET_UINT, .dflt = "0", .max = DATABASE_MAX,
            .about = "The number of the database. A Cluster has only 0."),
    SETTING(struct store_settings, user, SET_TEXT, .example = "bartizan",
            .about = "The ACL user. Default: `default`; with an identity the object id in its token."),
    SETTING(struct store_settings, password, SET_SECRET, .example = "file:secrets/redis.password",
            .about = "The user's password, or the access key."),
    SETTING_AS("ca", struct store_settings, ca_file, SET_FILE, .example = "tls/redis-ca.pem",
               .about = "PEM file of the CAs that the servers' certificates come from. Default: the system's."),
    SETTING(struct store_settings, client_certificate, SET_FILE, .example = "tls/bartizan.pem",
            .about = "Certificate that is shown to servers that ask for one."),
    SETTING(struct store_settings, client_key, SET_FILE, .example = "tls/bartizan.key", .about = "Its private key."),
    SETTING(struct store_settings, tls_name, SET_TEXT, .example = "limits.example.org",
            .about = "The name that must be in the certificate of a node that a Cluster or a Sentinel announces by its "
                     "address. Default: the host of the first URL if that is a name, else the address."),
    SETTING_AS("timeout", struct store_settings, timeout_ms, SET_DURATION, .dflt = "250ms", .min = 5, .max = 1000,
               .about = "Time for the answer to a question; when it is over, `on_store_down` of the limit decides."),
    SETTING_AS("connect", struct store_settings, connect_ms, SET_DURATION, .dflt = "1s", .min = 20, .max = 5000,
               .about = "Time for a connection, TLS handshake and login included."),
    SETTING(struct store_settings, name, SET_TEXT, .dflt = "bartizan", .example = "models-prod",
            .about = "Gateways of the same name count together. All keys begin with {NAME}, so that they lie in one slot of a "
                     "Cluster: give deployments that share nothing names of their own."),
    SETTING(struct store_settings, replicas, SET_UINT, .dflt = "10", .min = 1, .max = 1000,
            .about = "How many gateways there may be, for the share of each while a server cannot be asked that has never "
                     "been; from then on they are counted."),
    SETTING(struct store_settings, insecure_plain, SET_BOOL, .dflt = "false",
            .about = "Passwords and what callers spend cross the network unencrypted: redis:// to a server off the "
                     "loopback."),
    SETTINGS_END,
};

/* ---- what only the whole shows ---- */

static bool is_loopback(const struct store_url *url)
{
    return url->unix_path.at || host_is_loopback(url->host);
}

/* The database may be written behind the host, as many tools have it. */
static void take_database(struct store_settings *s, const struct store_url *url, struct problems *problems)
{
    uint64_t database;
    if (!url->database.len)
        return;
    if (!str_to_u64(url->database, &database) || database > DATABASE_MAX)
        problem(problems, url->span, "behind the host comes the number of a database, or nothing");
    else if (s->database && s->database != database)
        problem(problems, url->span, "the URL says database %llu, \"database\" says %llu", (unsigned long long)database,
                (unsigned long long)s->database);
    else
        s->database = database;
}

static void check_urls(struct store_settings *s, const struct store_urls *urls, struct problems *problems)
{
    for (size_t i = 0; i < urls->count; i++) {
        const struct store_url *url = &urls->at[i];
        struct ip_address ip;
        if (!url->text.at)
            continue; /* complained about */
        take_database(s, url, problems);
        if (!url->tls && !is_loopback(url) && !s->insecure_plain) {
            problem(problems, url->span, "limits and passwords would cross the network in plain text");
            problem_hint(problems, "write rediss://, or say \"insecure_plain: true\"");
        }
        if (url->host.len && ip_parse(url->host, &ip) && ip_leads_to_metadata(&ip))
            problem(problems, url->span, "a link-local or metadata address is no store");
        if (url->tls != urls->at[0].tls)
            problem(problems, url->span, "either all of them speak TLS, or none does");
        if (url->unix_path.at && (urls->count > 1 || s->cluster || s->sentinel))
            problem(problems, url->span, "a UNIX socket leads to one server only");
    }
}

static void check_together(const struct store_settings *s, const struct store_urls *urls, struct problems *problems)
{
    bool tls = urls->count && urls->at[0].tls, here = urls->count && is_loopback(&urls->at[0]);
    if (s->cluster && s->sentinel)
        problem(problems, s->span, "a Cluster needs no sentinels: its nodes know their masters");
    if (s->cluster && s->database)
        problem(problems, s->span, "a Cluster has only the database 0");
    if (!s->cluster && !s->sentinel && urls->count > 1) {
        problem(problems, s->span, "there is more than one server");
        problem_hint(problems, "say \"cluster: true\", or name \"sentinel\"");
    }
    if (s->password.is_set && s->identity)
        problem(problems, s->password.span, "either a password or an identity, not both");
    if (s->user.len && !s->password.is_set && !s->identity)
        problem(problems, s->span, "\"user\" needs \"password\" or \"identity\"");
    if (s->identity && !tls && !here)
        problem(problems, s->span, "an identity's token is sent over TLS only");
    if (!tls && (s->ca_file.at || s->client_certificate.at || s->tls_name.len))
        problem(problems, s->span, "\"ca\", \"client_certificate\" and \"tls_name\" need TLS: write rediss://");
    if (!!s->client_certificate.at != !!s->client_key.at)
        problem(problems, s->span, "\"client_certificate\" and \"client_key\" go together");
    if (s->sentinel && s->sentinel->user.len && !s->sentinel->password.is_set)
        problem(problems, s->span, "the sentinel's \"user\" needs its \"password\"");
}

/* It stands in every key, within braces. */
static void check_name(const struct store_settings *s, struct problems *problems)
{
    if (!s->name.len || s->name.len > NAME_MAX_BYTES || !ascii_is_made_of(s->name, STR("-_.")))
        problem(problems, s->span, "\"name\" is up to %d letters, digits, \"-\", \"_\" and \".\"", NAME_MAX_BYTES);
}

void setup_check_store(struct setup *setup, struct problems *problems)
{
    struct store_settings *s = setup->store;
    if (!s)
        return;
    const struct store_urls *urls = s->sentinel ? &s->sentinel->urls : &s->urls;
    if (!s->span.line && urls->count)
        s->span = urls->at[0].span;
    if (s->sentinel && (s->urls.count || s->is_memory))
        problem(problems, s->span, "either \"url\" or \"sentinel\", not both");
    if (s->is_memory) {
        if (s->password.is_set || s->identity || s->cluster || s->user.len || s->database || s->insecure_plain)
            problem(problems, s->span, "\"memory\" is this gateway's own: nothing is said beside it");
        setup->store = NULL;
        return;
    }
    if (!s->sentinel && !s->urls.count) {
        if (!s->span.line)
            problem(problems, s->span, "\"store\" needs \"url\" or \"sentinel\"");
        return;
    }
    check_urls(s, urls, problems);
    check_together(s, urls, problems);
    check_name(s, problems);
}
