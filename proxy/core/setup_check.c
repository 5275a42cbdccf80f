/* setup_check.c - what only the whole shows: the dangerous without its word, the unreachable, the contradictory. */
#include "proxy/core/dialect.h"
#include "proxy/core/exchange.h"
#include "proxy/core/route.h"
#include "proxy/core/setup_parts.h"

#include "certs/identity.h"

#include <stdlib.h>
#include <unistd.h>

/* ---- listeners ---- */

static struct address address_of(const struct listener *l)
{
    return (struct address){ .span = l->span, .unix_path = l->unix_path, .ip = l->ip, .port = l->port };
}

/* Loads them to see that they fit; the workers load them again. */
static void check_certificate(struct setup *s, struct str certificate, struct str key, struct span span,
                              struct problems *problems)
{
    if (access(certificate.at, R_OK) != 0 || access(key.at, R_OK) != 0)
        return; /* complained about where they are named */
    struct identity_files files = {
        .certificate_path = certificate.at,
        .key_path = key.at,
        .certificate_span = setup_place_of(s, certificate, span),
        .key_span = setup_place_of(s, key, span),
    };
    identity_free(identity_load(&files, problems));
}

static void check_tls(struct setup *s, const struct listener *l, struct problems *problems)
{
    const struct certificate_files *more = l->certificates.at;
    bool is_tls = l->certificate.at || l->certificates.count;
    if (!!l->certificate.at != !!l->key.at)
        problem(problems, l->span, "a listener has a certificate together with its key, or neither");
    else if (l->certificate.at)
        check_certificate(s, l->certificate, l->key, l->span, problems);
    for (size_t i = 0; i < l->certificates.count; i++)
        if (more[i].certificate.at && more[i].key.at)
            check_certificate(s, more[i].certificate, more[i].key, l->span, problems);
    if (l->unix_path.at && is_tls)
        problem(problems, l->span, "a UNIX socket speaks no TLS: take the certificate off");
    if (l->client_ca.at && !is_tls)
        problem(problems, l->span, "\"client_ca\" needs a certificate: without TLS nobody shows one");
    if (l->client_required && !l->client_ca.at)
        problem(problems, l->span, "\"client_required\" needs \"client_ca\"");
    struct address address = address_of(l);
    if (!is_tls && !address_is_local(&address) && !l->insecure_plain) {
        problem(problems, l->span, "a listener without TLS on an address that others can reach");
        problem_hint(problems, "give it \"certificate\" and \"key\", or say \"insecure_plain: true\"");
    }
}

void setup_check_listeners(struct setup *s, struct problems *problems)
{
    struct listener *listeners = s->listeners.at;
    for (size_t i = 0; i < s->listeners.count; i++) {
        struct listener *l = &listeners[i];
        struct address here = address_of(l);
        if (!l->address.at)
            continue;
        check_tls(s, l, problems);
        nets_read(&s->arena, &l->proxy_from, NULL, problems, &l->proxy_nets);
        for (size_t k = 0; k < i; k++) {
            struct address other = address_of(&listeners[k]);
            if (listeners[k].address.at && address_eq(&here, &other))
                problem(problems, l->span, "the listener of line %u has this address already", other.span.line);
        }
        if (s->admin.at && address_eq(&here, &s->admin_at))
            problem(problems, s->admin_at.span, "the listener of line %u has this address already", here.span.line);
    }
    if (s->admin.at && !address_is_local(&s->admin_at) && !s->insecure_public_admin) {
        problem(problems, s->admin_at.span, "the admin listener knows no callers, and others can reach this address");
        problem_hint(problems, "listen on 127.0.0.1, or say \"insecure_public_admin: true\"");
    }
}

/* ---- pools ---- */

static void check_endpoint(const struct pool *pool, const struct endpoint *e, struct problems *problems)
{
    struct ip_address ip;
    bool is_ip = ip_parse(e->url.host, &ip);
    if (!e->url.tls && !host_is_loopback(e->url.host) && !pool->insecure_plain) {
        problem(problems, e->span, "plain http to an endpoint off the loopback");
        problem_hint(problems, "write https, or say \"insecure_plain: true\" in the pool");
    }
    if (is_ip && ip_leads_to_metadata(&ip))
        problem(problems, e->span, "a link-local or metadata address is no model server");
    if (is_ip && pool->private_only && !ip_is_private(&ip) && !ip_is_loopback(&ip))
        problem(problems, e->span, "a public address in a pool that says \"private_only\"");
    for (const struct endpoint *other = pool->endpoints.at; other != e; other++)
        if (str_eq(other->url_text, e->url_text) && str_eq(other->api_version, e->api_version)) {
            problem(problems, e->span, "the pool has this endpoint already");
            problem_hint(problems, "give one a larger \"weight\"");
            break;
        }
}

/* They are compared with what callers ask for, and written into bodies as they are. */
static void check_models(struct setup *s, const struct text_map *models, struct problems *problems)
{
    struct str name;
    for (size_t i = 0; i < models->count; i++) {
        const struct text_pair *pair = &models->at[i];
        const struct str both[] = { pair->key.text, pair->value };
        for (size_t k = 0; k < ARRAY_LEN(both); k++)
            if (!model_normalise(&s->arena, both[k], false, &name))
                problem(problems, pair->key.span, "\"" STR_F "\" cannot be the name of a model",
                        STR_A(str_first(both[k], 64)));
    }
}

void setup_check_pools(struct setup *s, struct problems *problems)
{
    struct pool *pools = s->pools.at;
    for (size_t i = 0; i < s->pools.count; i++) {
        struct pool *pool = &pools[i];
        struct endpoint *endpoints = pool->endpoints.at;
        for (size_t k = 0; k < pool->endpoints.count; k++) {
            struct endpoint *e = &endpoints[k];
            e->pool = pool;
            e->id = s->endpoints_count++;
            if (!e->url_text.at)
                continue;
            e->name = arena_printf(&s->arena, STR_F "/" STR_F, STR_A(pool->name.text), STR_A(e->host_header));
            check_endpoint(pool, e, problems);
            check_models(s, &e->models, problems);
        }
        if (!!pool->client_certificate.at != !!pool->client_key.at)
            problem(problems, pool->name.span, "\"client_certificate\" and \"client_key\" belong together");
        else if (pool->client_certificate.at)
            check_certificate(s, pool->client_certificate, pool->client_key, pool->name.span, problems);
    }
}

/* ---- routes ---- */

/* The words of the filters that sit there, for hints. */
static const char *words_of(struct setup *s, enum stage stage)
{
    struct buf list;
    buf_init(&list, 1024);
    bool ok = true;
    for (size_t i = 0, n = 0; ok && i < s->language->filters.count; i++)
        if (s->language->filters.at[i]->seat == stage)
            ok = buf_addf(&list, "%s%s", n++ ? ", " : "", s->language->filters.at[i]->name);
    const char *words = arena_cstr(&s->arena, buf_str(&list));
    buf_finish(&list);
    return words ? words : "";
}

static void check_guard(struct setup *s, const struct route *route, struct problems *problems)
{
    bool authenticates = route->plan.mentioned & 1u << STAGE_AUTHENTICATE;
    bool authorises = route->plan.mentioned & 1u << STAGE_AUTHORISE;
    if (!authenticates && !route->insecure_anonymous) {
        problem(problems, route->name.span, "route \"" STR_F "\" has no \"authenticate\": nobody is known",
                STR_A(route->name.text));
        problem_hint(problems, "add one of %s, or say \"insecure_anonymous: true\"", words_of(s, STAGE_AUTHENTICATE));
    }
    if (authenticates && !authorises) {
        problem(problems, route->name.span, "route \"" STR_F "\" has no \"authorise\": nobody is allowed",
                STR_A(route->name.text));
        problem_hint(problems, "say who may call, with %s", words_of(s, STAGE_AUTHORISE));
    }
}

/* A pattern without star as a path that fits it. */
static struct str example_path(struct arena *a, struct str pattern)
{
    struct buf path;
    bool ok = true;
    buf_init(&path, 2048);
    for (struct str rest = str_from(pattern, 1); ok && rest.at;) {
        struct str segment = str_cut(&rest, '/');
        ok = buf_addf(&path, "/" STR_F, STR_A(str_has(segment, '{') ? STR("x") : segment));
    }
    struct str copy = arena_copy(a, buf_str(&path));
    buf_finish(&path);
    return copy;
}

static bool is_known_path(struct arena *a, const struct route *route, struct str path)
{
    static const enum http_method METHODS[] = { METHOD_GET, METHOD_POST, METHOD_DELETE };
    for (size_t i = 0; i < ARRAY_LEN(METHODS); i++) {
        struct call call = { 0 };
        const char *allow = NULL;
        if (route->dialect ? route->dialect->recognise(METHODS[i], path, STR_NONE, a, &call, &allow)
                           : dialect_recognise(METHODS[i], path, STR_NONE, a, &call, &allow) != NULL)
            return true;
    }
    return false;
}

/* What cannot be read would pass as if it had been. */
static void check_texts(const struct route *route, struct problems *problems)
{
    bool is_unread = route->pass_through || (route->dialect && !route->dialect->find_texts);
    for (size_t i = 0; is_unread && i < route->plan.count; i++)
        if (route->plan.steps[i].has_text)
            problem(problems, route->plan.steps[i].span, "\"%s\" cannot read the answers of a route that passes them through",
                    route->plan.steps[i].filter->name);
}

/* Another spelling of a known path is no known path, but the model server may take it for one: what is passed through
 * must not look as if it were guarded. */
static void check_pass_through(const struct route *route, struct problems *problems)
{
    static const enum stage READERS[] = { STAGE_ADMIT, STAGE_INSPECT };
    bool is_unread = route->pass_through || (route->dialect && !route->dialect->reads_json);
    for (size_t i = 0; i < ARRAY_LEN(READERS) && is_unread; i++)
        if (route->plan.mentioned & 1u << READERS[i]) {
            problem(problems, route->name.span, "route \"" STR_F "\": \"%s\" sees nothing of what is passed through",
                    STR_A(route->name.text), STAGES[READERS[i]].word);
            problem_hint(problems, "give what is passed through a route of its own");
        }
}

/* Of both stages: those that find no room would refuse every request. */
static void check_limits(const struct route *route, struct problems *problems)
{
    const size_t *first = route->plan.first;
    size_t n = first[STAGE_LIMIT + 1] - first[STAGE_LIMIT] + first[STAGE_RESERVE + 1] - first[STAGE_RESERVE];
    if (n > EXCHANGE_LIMITS_MAX)
        problem(problems, route->name.span, "route \"" STR_F "\" has %zu limits: at most %d are kept", STR_A(route->name.text), n,
                EXCHANGE_LIMITS_MAX);
}

/* A pattern with a star: does it go on where some API begins? */
static bool may_be_known(const struct route *route)
{
    size_t star = str_find(route->path, '*'), variable = str_find(route->path, '{');
    struct str literal = str_first(route->path, star < variable ? star : variable);
    if (str_has(literal, '%') || (route->dialect && !route->dialect->reads_json))
        return true;
    for (size_t i = 0; i < DIALECTS_COUNT; i++) {
        struct str prefix = str_c(DIALECTS[i]->prefix);
        size_t n = prefix.len < literal.len ? prefix.len : literal.len;
        if (!DIALECTS[i]->reads_json || (route->dialect && route->dialect != DIALECTS[i]))
            continue;
        if (prefix.len ? str_eq_nocase(str_first(prefix, n), str_first(literal, n))
                       : route_pattern_fits(route->path, STR("/score")) || route_pattern_fits(route->path, STR("/chat/completions")))
            return true;
    }
    return false;
}

static void check_api(struct setup *s, const struct route *route, struct problems *problems)
{
    if (route->pass_through || (str_ends(route->path, STR("*"))
                                    ? may_be_known(route)
                                    : is_known_path(&s->arena, route, example_path(&s->arena, route->path))))
        return;
    problem(problems, route->name.span, "route \"" STR_F "\" can never match: %s a path like " STR_F,
            STR_A(route->name.text), route->dialect ? "its API does not have" : "no API that is known has", STR_A(route->path));
    problem_hint(problems, "say \"pass_through: true\" to forward what is not understood");
}

/* The same but for the names of variables. */
static bool is_same_pattern(struct str a, struct str b)
{
    while (a.at && b.at) {
        struct str x = str_cut(&a, '/'), y = str_cut(&b, '/');
        bool both_vary = x.len && y.len && x.at[0] == '{' && y.at[0] == '{';
        if (!both_vary && !str_eq_nocase(x, y))
            return false;
    }
    return !a.at && !b.at;
}

/* Empty means any. */
static bool takes_all_of(const struct texts *wide, const struct texts *narrow)
{
    for (size_t i = 0; wide->count && i < narrow->count; i++) {
        size_t k = 0;
        while (k < wide->count && !str_eq_nocase(wide->at[k], narrow->at[i]))
            k++;
        if (k == wide->count)
            return false;
    }
    return !wide->count || narrow->count;
}

static void check_reachable(const struct route *routes, size_t at, struct problems *problems)
{
    const struct route *route = &routes[at];
    for (size_t i = 0; i < at; i++) {
        if (!routes[i].path.at || !is_same_pattern(routes[i].path, route->path) ||
            !takes_all_of(&routes[i].methods, &route->methods) || !takes_all_of(&routes[i].hosts, &route->hosts))
            continue;
        problem(problems, route->name.span,
                "route \"" STR_F "\" can never match: \"" STR_F "\" takes all of its requests", STR_A(route->name.text),
                STR_A(routes[i].name.text));
        return;
    }
}

static int by_specificity(const void *a, const void *b)
{
    const struct route *x = a, *y = b;
    int order = route_pattern_cmp(x->path, y->path);
    order = order ? order : (y->hosts.count > 0) - (x->hosts.count > 0);
    order = order ? order : (y->methods.count > 0) - (x->methods.count > 0);
    if (order)
        return order;
    const struct span *here = &x->name.span, *there = &y->name.span; /* else as written */
    order = (here->line > there->line) - (here->line < there->line);
    return order ? order : (here->column > there->column) - (here->column < there->column);
}

void setup_check_routes(struct setup *s, struct problems *problems)
{
    struct route *routes = s->routes.at;
    if (s->routes.count)
        qsort(routes, s->routes.count, sizeof *routes, by_specificity);
    for (size_t i = 0; i < s->routes.count; i++) {
        routes[i].id = (unsigned)i;
        plan_finish(&routes[i].plan);
        check_guard(s, &routes[i], problems);
        check_pass_through(&routes[i], problems);
        check_texts(&routes[i], problems);
        check_limits(&routes[i], problems);
        if (!routes[i].path.at)
            continue;
        check_api(s, &routes[i], problems);
        check_reachable(routes, i, problems);
    }
}
