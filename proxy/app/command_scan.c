/* command_scan.c - what the guard makes of texts, without a gateway: for tuning policies and for judging them. */
#include <stdlib.h>
#include <unistd.h>

#include "filters/list.h"
#include "proxy/app/cli.h"
#include "proxy/app/load.h"
#include "proxy/app/scan.h"

#define INSPECT_DEFAULT "[injection, secrets, personal_data]"
#define RELAY_DEFAULT   "[answer, secrets, personal_data]"

enum { BUILTIN_BYTES_MAX = 1024 * 1024 };

struct scan_request {
    const char *config, *route, *inspect, *relay;
    bool is_answer;
};

static bool add_stage(struct buf *out, const char *stage, const char *filters)
{
    return strcmp(filters, "none") == 0 || buf_addf(out, "    %s: %s\n", stage, filters);
}

/* Warnings are about what stands around the filters, which nobody wrote. */
static void print_errors(struct problems *problems)
{
    size_t all = problems->count, errors = 0;
    for (size_t i = 0; i < all; i++)
        if (problems->list[i].severity == SEVERITY_ERROR) {
            struct problem first = problems->list[errors];
            problems->list[errors++] = problems->list[i];
            problems->list[i] = first;
        }
    problems->count = errors;
    load_print(problems);
    problems->count = all;
}

/* A file with nothing in it but one route and the filters that are asked for. */
static struct setup *builtin(const struct scan_request *q)
{
    struct buf text;
    struct problems problems;
    struct setup *s = NULL;
    buf_init(&text, BUILTIN_BYTES_MAX);
    bool ok = buf_add(&text, STR("listen: 127.0.0.1:8080\n"
                                 "pools: { none: { endpoints: http://127.0.0.1:9 } }\n"
                                 "routes:\n"
                                 "  scan:\n"
                                 "    match: /v1/*\n"
                                 "    insecure_anonymous: true\n"
                                 "    select: none\n")) &&
              add_stage(&text, "inspect", q->inspect ? q->inspect : INSPECT_DEFAULT) &&
              add_stage(&text, "relay", q->relay ? q->relay : RELAY_DEFAULT);
    problems_init(&problems, STR("scan"), ok ? buf_str(&text) : STR_NONE);
    s = ok ? setup_read(STR("scan"), buf_str(&text), &LANGUAGE, &problems) : NULL;
    if (!s)
        print_errors(&problems);
    problems_finish(&problems);
    buf_finish(&text);
    return s;
}

static const struct route *find_route(const struct setup *s, const struct scan_request *q)
{
    const struct route *routes = s->routes.at;
    if (!q->route && s->routes.count == 1)
        return routes;
    for (size_t i = 0; q->route && i < s->routes.count; i++)
        if (str_eq(routes[i].name.text, str_c(q->route)))
            return &routes[i];
    if (q->route)
        fprintf(stderr, "bartizan scan: there is no route \"%s\"; --route takes", q->route);
    else
        fprintf(stderr, "bartizan scan: the file has several routes; --route takes");
    for (size_t i = 0; i < s->routes.count; i++)
        fprintf(stderr, "%s " STR_F, i ? "," : "", STR_A(routes[i].name.text));
    fprintf(stderr, "\n");
    return NULL;
}

/* Said once, before the lines: what they tell of it is a service that is down. */
static void say_who_is_not_asked(const struct route *route)
{
    for (size_t i = 0; i < route->plan.count; i++)
        if (strcmp(route->plan.steps[i].filter->name, "callout") == 0)
            fprintf(stderr, "bartizan scan: the callout of line %u is not asked: each line is judged as if it were down, by its on_callout_down\n",
                    route->plan.steps[i].span.line);
}

int command_scan(int argc, char **argv)
{
    struct scan_request q = { 0 };
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--answer") == 0)
            q.is_answer = true;
        else if (!cli_option(argc, argv, &i, "--config", &q.config) &&
                 !cli_option(argc, argv, &i, "--route", &q.route) &&
                 !cli_option(argc, argv, &i, "--inspect", &q.inspect) &&
                 !cli_option(argc, argv, &i, "--relay", &q.relay))
            return cli_not_taken("scan", argv[i]);
    }
    if (q.config && (q.inspect || q.relay))
        return cli_usage("scan",
                         "the file says which filters there are: --config goes with neither --inspect nor --relay");
    if (q.route && !q.config)
        return cli_usage("scan", "--route goes with --config");
    struct setup *s = q.config ? load_setup_aloud(q.config) : builtin(&q);
    if (!s)
        return EXIT_PROBLEMS;
    const struct route *route = find_route(s, &q);
    struct scan_counts counts = { 0 };
    int code = EXIT_PROBLEMS;
    if (route)
        say_who_is_not_asked(route);
    if (route && scan_lines(s, route, q.is_answer, STDIN_FILENO, stdout, &counts)) {
        fprintf(stderr, "%zu line%s: %zu pass, %zu report, %zu mask, %zu refuse, %zu not understood\n", counts.lines,
                counts.lines == 1 ? "" : "s", counts.verdicts[SCAN_PASS], counts.verdicts[SCAN_REPORT],
                counts.verdicts[SCAN_MASK], counts.verdicts[SCAN_REFUSE], counts.bad);
        if (counts.read_error)
            fprintf(stderr, "bartizan scan: standard input cannot be read: %s\n", strerror(counts.read_error));
        code = counts.bad || counts.read_error ? EXIT_PROBLEMS : EXIT_FINE;
    } else if (route) {
        fprintf(stderr, "bartizan scan: cannot go on: no memory, or the output is closed\n");
    }
    setup_free(s);
    return code;
}
