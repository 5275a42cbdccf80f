/* command_explain.c - which route a request takes, and each step on its way, in words. Nothing is sent anywhere. */
#include "config/describe.h"
#include "proxy/app/cli.h"
#include "proxy/app/load.h"
#include "proxy/core/route.h"

enum { PAGE_BYTES_MAX = 1024 * 1024 };

struct question {
    const char *file, *method_word;
    enum http_method method;
    struct str host, path, query;
};

/* ---- the question ---- */

static enum http_method method_of(const char **word)
{
    static const char *const METHODS[METHOD_OTHER] = {
        [METHOD_GET] = "GET",     [METHOD_HEAD] = "HEAD",     [METHOD_POST] = "POST",
        [METHOD_PUT] = "PUT",     [METHOD_DELETE] = "DELETE", [METHOD_OPTIONS] = "OPTIONS",
        [METHOD_PATCH] = "PATCH", [METHOD_TRACE] = "TRACE",   [METHOD_CONNECT] = "CONNECT",
    };
    enum http_method method = 0;
    while (method < METHOD_OTHER && !str_eq_nocase(str_c(METHODS[method]), str_c(*word)))
        method++;
    if (method < METHOD_OTHER)
        *word = METHODS[method];
    return method;
}

/* EXIT_FINE, or EXIT_USAGE after having said what is wrong. */
static int read_question(int argc, char **argv, struct question *q)
{
    int words = 0;
    *q = (struct question){ .file = CLI_FILE_DEFAULT, .host = STR("localhost") };
    for (int i = 1; i < argc; i++) {
        const char *value;
        if (cli_option(argc, argv, &i, "--config", &value)) {
            q->file = value;
        } else if (cli_option(argc, argv, &i, "--host", &value)) {
            q->host = str_c(value);
        } else if (argv[i][0] == '-' || ++words > 2) {
            return cli_not_taken("explain", argv[i]);
        } else if (words == 1) {
            q->method_word = argv[i];
            q->method = method_of(&q->method_word);
        } else {
            struct str rest = str_c(argv[i]);
            q->path = str_cut(&rest, '?');
            q->query = rest;
        }
    }
    if (words < 2)
        return cli_usage("explain", "takes a method and a path");
    if (q->method == METHOD_OTHER)
        return cli_usage("explain", "there is no method \"%s\"", q->method_word);
    if (!str_starts(q->path, STR("/")))
        return cli_usage("explain", "a path begins with \"/\"; the host goes to --host");
    return EXIT_FINE;
}

/* ---- the answer ---- */

static bool row(struct buf *out, const char *stage, const char *format, ...) PRINTF(3, 4);
static bool row(struct buf *out, const char *stage, const char *format, ...)
{
    char text[4096];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return buf_addf(out, "%-13s %s\n", stage, text);
}

static bool print_policy(struct buf *out, const char *stage, const struct filter *f, const void *policy)
{
    bool any = false;
    return buf_addf(out, "%-13s %s  ", stage, f->name) && settings_print(out, f->settings, policy, &any) &&
           buf_add(out, STR("\n"));
}

static bool print_filters(struct buf *out, const struct plan *plan, enum stage stage)
{
    bool ok = true;
    for (size_t i = plan->first[stage]; ok && i < plan->first[stage + 1]; i++)
        ok = print_policy(out, STAGES[stage].word, plan->steps[i].filter, plan->steps[i].policy);
    return ok;
}

static bool size_of(struct buf *out, const char *before, uint64_t bytes)
{
    return buf_add(out, str_c(before)) && bytes_print(out, bytes);
}

static bool time_of(struct buf *out, const char *before, uint64_t ms)
{
    return buf_add(out, str_c(before)) && duration_print(out, ms);
}

static bool print_store(struct buf *out, const struct setup *s, enum stage stage)
{
    const struct store_settings *store = s->store;
    if (!store)
        return row(out, STAGES[stage].word, "counted in this gateway's memory");
    const struct store_urls *urls = store->sentinel ? &store->sentinel->urls : &store->urls;
    bool ok = buf_addf(out, "%-13s counted in ", STAGES[stage].word);
    if (ok && store->sentinel)
        ok = buf_addf(out, "\"" STR_F "\" of the sentinels ", STR_A(store->sentinel->master));
    for (size_t i = 0; ok && i < urls->count; i++)
        ok = buf_addf(out, "%s" STR_F, i ? ", " : "", STR_A(urls->at[i].text));
    return ok && (!store->cluster || buf_add(out, STR(" (a Cluster)"))) &&
           time_of(out, ", answers within ", store->timeout_ms) && buf_add(out, STR("\n"));
}

static bool print_read(struct buf *out, const struct route *route)
{
    return buf_addf(out, "%-13s ", STAGES[STAGE_READ].word) && size_of(out, "up to ", route->max_body) &&
           buf_addf(out, ", %llu levels of JSON\n", (unsigned long long)route->max_json_depth);
}

static bool print_pool(struct buf *out, const struct selection *select)
{
    const struct endpoint *e = select->pool->endpoints.at;
    bool ok = buf_addf(out, "%-13s pool " STR_F, STAGES[STAGE_SELECT].word, STR_A(select->pool->name.text));
    for (size_t i = 0; ok && i < select->models.count; i++)
        ok = buf_addf(out, "%s" STR_F, i ? ", " : ", for ", STR_A(select->models.at[i]));
    ok = ok && buf_add(out, STR("\n"));
    for (size_t i = 0; ok && i < select->pool->endpoints.count; i++)
        ok = row(out, "", "  " STR_F "  priority %llu, weight %llu", STR_A(e[i].url_text),
                 (unsigned long long)e[i].priority, (unsigned long long)e[i].weight);
    return ok;
}

static bool print_stamp(struct buf *out, const struct setup *s, const struct pool *pool)
{
    const struct filter *identity = s->language->identity;
    if (!identity || !pool->identity)
        return row(out, STAGES[STAGE_STAMP].word, "pool " STR_F ": no identity of our own", STR_A(pool->name.text));
    bool any = false;
    return buf_addf(out, "%-13s pool " STR_F ": ", STAGES[STAGE_STAMP].word, STR_A(pool->name.text)) &&
           settings_print(out, identity->settings, pool->identity, &any) && buf_add(out, STR("\n"));
}

static bool print_forward(struct buf *out, const struct pool *pool)
{
    return buf_addf(out, "%-13s pool " STR_F ": ", STAGES[STAGE_FORWARD].word, STR_A(pool->name.text)) &&
           time_of(out, "connect within ", pool->connect_ms) &&
           time_of(out, ", first byte within ", pool->first_byte_ms) &&
           time_of(out, ", whole within ", pool->total_ms) &&
           buf_addf(out, ", %llu retries elsewhere\n", (unsigned long long)pool->retries);
}

typedef bool pool_fn(struct buf *out, const struct setup *s, const struct selection *select);

static bool pool_select(struct buf *out, const struct setup *s, const struct selection *select)
{
    (void)s;
    return print_pool(out, select);
}

static bool pool_stamp(struct buf *out, const struct setup *s, const struct selection *select)
{
    return print_stamp(out, s, select->pool);
}

static bool pool_forward(struct buf *out, const struct setup *s, const struct selection *select)
{
    (void)s;
    return print_forward(out, select->pool);
}

/* What the core itself does in a stage, after the filters. */
static bool print_built_in(struct buf *out, const struct setup *s, const struct route *route, enum stage stage)
{
    static pool_fn *const BY_POOL[STAGE_COUNT] = {
        [STAGE_SELECT] = pool_select,
        [STAGE_STAMP] = pool_stamp,
        [STAGE_FORWARD] = pool_forward,
    };
    const struct selection *select = route->select.at;
    bool ok = true;
    for (size_t i = 0; ok && BY_POOL[stage] && i < route->select.count; i++)
        ok = BY_POOL[stage](out, s, &select[i]);
    if ((stage == STAGE_LIMIT || stage == STAGE_RESERVE) && route->plan.first[stage] < route->plan.first[stage + 1])
        return print_store(out, s, stage);
    if (stage == STAGE_READ)
        return print_read(out, route);
    if (stage == STAGE_AUTHENTICATE && route->insecure_anonymous)
        return row(out, STAGES[stage].word, "nobody must: insecure_anonymous");
    if (stage == STAGE_RELAY && route->heartbeat_ms)
        return buf_addf(out, "%-13s ", STAGES[stage].word) && time_of(out, "heart-beat after ", route->heartbeat_ms) &&
               buf_add(out, STR(" of silence in a stream\n"));
    if (stage == STAGE_JOURNAL)
        return row(out, STAGES[stage].word, "one line to " STR_F, STR_A(s->journal));
    return ok;
}

static bool print_call(struct buf *out, const struct dialect *d, const struct call *call)
{
    bool ok = buf_addf(out, "%-13s %s: %s", "api", d->name, OPERATIONS[call->operation]);
    if (ok && call->deployment.len)
        ok = buf_addf(out, ", deployment " STR_F, STR_A(call->deployment));
    if (ok && call->object_id.len)
        ok = buf_addf(out, ", object " STR_F, STR_A(call->object_id));
    return ok && buf_add(out, STR("\n"));
}

/* The same way as stage `route` takes; false with *why when it would refuse. */
static const struct route *find(const struct setup *s, const struct question *q, struct arena *a, struct call *call,
                                const struct dialect **dialect, const char **why)
{
    bool path_known = false;
    const char *allow = NULL;
    if (!url_path_is_plain(q->path)) {
        *why = "the path could mean two things";
        return NULL;
    }
    const struct route *route = route_find(s, str_c(q->method_word), q->host, q->path, &path_known);
    if (!route) {
        *why = path_known ? "the route of this path does not take the method" : "no route fits";
        return NULL;
    }
    const struct dialect *d = route->dialect;
    if (d ? !d->recognise(q->method, q->path, q->query, a, call, &allow)
          : !(d = dialect_recognise(q->method, q->path, q->query, a, call, &allow)))
        d = route->pass_through ? dialect_named(STR("pass_through")) : NULL;
    if (!d)
        *why = "the path is no operation of a known API";
    else if (allow)
        *why = "the operation does not take the method";
    *dialect = d;
    return *why ? NULL : route;
}

static bool explain(struct buf *out, const struct setup *s, const struct question *q, const struct route *route,
                    const struct dialect *dialect, const struct call *call)
{
    bool ok = buf_addf(out, "%s " STR_F "\n\n", q->method_word, STR_A(q->path)) &&
              row(out, STAGES[STAGE_ROUTE].word, STR_F "  (" STR_F ")", STR_A(route->name.text), STR_A(route->path)) &&
              print_call(out, dialect, call);
    for (enum stage stage = STAGE_ROUTE + 1; ok && stage < STAGE_COUNT; stage++)
        ok = print_filters(out, &route->plan, stage) && print_built_in(out, s, route, stage);
    return ok;
}

int command_explain(int argc, char **argv)
{
    struct question q;
    struct call call = { 0 };
    struct arena arena;
    struct buf out;
    const struct dialect *dialect = NULL;
    const char *why = NULL;
    int code = EXIT_PROBLEMS;
    if (read_question(argc, argv, &q) != EXIT_FINE)
        return EXIT_USAGE;
    struct setup *s = load_setup_aloud(q.file);
    if (!s)
        return EXIT_PROBLEMS;
    arena_init(&arena, PAGE_BYTES_MAX);
    buf_init(&out, PAGE_BYTES_MAX);
    const struct route *route = find(s, &q, &arena, &call, &dialect, &why);
    if (!route) {
        fprintf(stderr, "%s " STR_F ": %s\n", q.method_word, STR_A(q.path), why);
    } else if (explain(&out, s, &q, route, dialect, &call)) {
        printf(STR_F, STR_A(buf_str(&out)));
        code = EXIT_FINE;
    }
    buf_finish(&out);
    arena_finish(&arena);
    setup_free(s);
    return code;
}
