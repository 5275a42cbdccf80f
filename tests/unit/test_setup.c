/* test_setup.c - a whole file becomes a setup, and what is wrong, dangerous or unreachable in it is told at its place.
 */
#include "proxy/core/setup.h"
#include "tests/harness/check.h"
#include "tests/unit/complaints.h"

#include <sys/stat.h>
#include <unistd.h>

/* ---- a language of made-up filters ---- */

struct fake_policy {
    struct name issuer;
    struct texts any;
    bool was_checked;
    struct secret_source key;
};
static const struct setting FAKE_SETTINGS[] = {
    SETTING(struct fake_policy, issuer, SET_NAME, .about = "whose"),
    SETTING(struct fake_policy, any, SET_TEXTS, .about = "which"),
    SETTING(struct fake_policy, key, SET_SECRET, .about = "proof"),
    SETTINGS_END,
};

static int finished;

static void fake_finish(void *policy)
{
    (void)policy;
    finished++;
}

static bool fake_check(void *policy, struct setup *setup, struct problems *problems)
{
    struct fake_policy *p = policy;
    p->was_checked = true;
    if (str_eq(p->issuer.text, STR("nowhere"))) {
        problem(problems, (struct span){ 0 }, "placeless");
        return false;
    }
    if (!p->issuer.text.at || setup_find_entry(setup, "issuers", p->issuer.text))
        return true;
    problem(problems, p->issuer.span, "there is no issuer \"" STR_F "\"", STR_A(p->issuer.text));
    return false;
}

static enum verdict fake_flow(struct exchange *x, const void *policy, struct answer_piece *piece)
{
    (void)x, (void)policy, (void)piece;
    return NEXT;
}

static const struct filter JWT = { .name = "jwt",
                                   .about = "tokens",
                                   .seat = STAGE_AUTHENTICATE,
                                   .settings = FAKE_SETTINGS,
                                   .policy_size = sizeof(struct fake_policy),
                                   .check = fake_check,
                                   .finish = fake_finish };
static const struct filter ROLES = { .name = "roles",
                                     .about = "roles",
                                     .seat = STAGE_AUTHORISE,
                                     .settings = FAKE_SETTINGS,
                                     .policy_size = sizeof(struct fake_policy),
                                     .scalar = "any",
                                     .finish = fake_finish };
static const struct filter SECRETS = {
    .name = "secrets", .about = "secrets", .seat = STAGE_RELAY, .flow = fake_flow, .finish = fake_finish
};
static const struct filter WORDS = { .name = "words", .about = "words", .seat = STAGE_INSPECT, .finish = fake_finish };
static const struct filter IDENTITY = { .name = "identity",
                                        .about = "who we are",
                                        .seat = STAGE_STAMP,
                                        .scalar = "any",
                                        .settings = FAKE_SETTINGS,
                                        .policy_size = sizeof(struct fake_policy),
                                        .check = fake_check,
                                        .finish = fake_finish };
static const struct filter *const FILTERS[] = { &JWT, &ROLES, &SECRETS, &WORDS };

struct issuer {
    struct name name;
    struct str audience;
    bool was_checked;
};
static const struct setting ISSUER_SETTINGS[] = {
    SETTING(struct issuer, audience, SET_TEXT, .required = true, .about = "whom tokens are for"),
    SETTINGS_END,
};

static bool check_issuer(void *entry, struct setup *setup, struct problems *problems)
{
    (void)setup, (void)problems;
    ((struct issuer *)entry)->was_checked = true;
    return true;
}

static const struct section_kind ISSUERS = { .name = "issuers",
                                             .about = "who signs tokens",
                                             .settings = ISSUER_SETTINGS,
                                             .size = sizeof(struct issuer),
                                             .check = check_issuer,
                                             .finish = fake_finish };
static const struct section_kind *const SECTIONS[] = { &ISSUERS };
static const struct language FAKES = { .filters = { FILTERS, ARRAY_LEN(FILTERS) },
                                       .sections = SECTIONS,
                                       .sections_count = ARRAY_LEN(SECTIONS),
                                       .identity = &IDENTITY };

/* ---- reading ---- */

static struct problems problems;

static struct setup *read_setup(const char *text)
{
    problems_init(&problems, STR("t.yaml"), str_c(text));
    return setup_read(STR("t.yaml"), str_c(text), &FAKES, &problems);
}

static void finish(struct setup *s)
{
    setup_free(s);
    problems_finish(&problems);
}

static bool complains(const char *words, unsigned line)
{
    for (size_t i = 0; i < problems.count; i++)
        if (strstr(problems.list[i].message, words) && (!line || problems.list[i].span.line == line))
            return true;
    return false;
}

/* A file whose parts are replaced one at a time; NULL takes the usual one. */
struct parts {
    const char *listen, *pools, *routes, *more;
};

static struct setup *read_parts(struct parts p)
{
    struct buf text;
    buf_init(&text, 64 * 1024);
    bool ok = buf_addf(
        &text, "listen: %s\nissuers: { entra: { audience: a } }\npools: %s\nroutes: %s\n%s\n",
        p.listen ? p.listen : "127.0.0.1:8080", p.pools ? p.pools : "{ gpt: { endpoints: [ https://a.example ] } }",
        p.routes ? p.routes
                 : "{ chat: { match: /v1/chat/completions, authenticate: [ jwt ], authorise: roles, select: gpt } }",
        p.more ? p.more : "");
    CHECK(ok && buf_add(&text, str_of("", 1)));
    struct setup *s = read_setup(buf_str(&text).at);
    buf_finish(&text);
    return s;
}

static void check_fine(struct parts p)
{
    struct setup *s = read_parts(p);
    if (!CHECK(s && problems.errors == 0))
        complaints_show(&problems);
    finish(s);
}

static void check_refused(struct parts p, const char *words)
{
    struct setup *s = read_parts(p);
    if (!CHECK(!s && problems.errors == 1 && complains(words, 0))) {
        printf("    not one complaint with: %s\n", words);
        complaints_show(&problems);
    }
    finish(s);
}

#define ROUTE_OF(inside)                                                                                               \
    "{ r: { match: /v1/chat/completions, authenticate: jwt, authorise: roles, select: gpt, " inside " } }"
#define POOL_OF(inside) "{ gpt: { endpoints: [ https://a.example ], " inside " } }"

/* ---- tests ---- */

TEST("a whole file is read: defaults, names, plans in the order of the journey")
{
    finished = 0;
    struct setup *s =
        read_setup("routes:\n"
                   "  any:\n"
                   "    match: /v1/*\n"
                   "    relay: [ secrets ]\n"
                   "    select: [ { pool: small, models: [GPT-4o-mini] }, gpt ]\n"
                   "    authorise: [ { roles: [A, B] }, roles ]\n"
                   "    authenticate: [ { jwt: { issuer: entra } } ]\n"
                   "  chat:\n"
                   "    match: { path: /v1/chat/completions, methods: POST, hosts: a.example }\n"
                   "    authenticate: jwt\n"
                   "    authorise: { roles: A }\n"
                   "    select: small\n"
                   "    max_body: 1MiB\n"
                   "pools:\n"
                   "  gpt: { endpoints: [ { url: https://a.example:8443/base/, priority: 2 } ], identity: one }\n"
                   "  small: { endpoints: [ http://127.0.0.1:8000, https://b.example ] }\n"
                   "issuers: { entra: { audience: api://models } }\n"
                   "listen: [ 127.0.0.1:8080, { address: \"unix:/run/b.sock\", unix_mode: 600 } ]\n"
                   "admin: localhost:9901\n"
                   "limits: { head: 3s }\n");
    if (!CHECK(s != NULL)) {
        complaints_show(&problems);
        problems_finish(&problems);
        return;
    }
    CHECK_INT(problems.count, 0);
    const struct listener *listeners = s->listeners.at;
    CHECK_INT(s->listeners.count, 2);
    CHECK_INT(listeners[0].port, 8080);
    CHECK_STR(listeners[1].unix_path, STR("/run/b.sock"));
    CHECK_INT(listeners[1].unix_path.at[listeners[1].unix_path.len], 0);
    CHECK_INT(listeners[1].unix_mode, 0600);
    CHECK_INT(listeners[0].unix_mode, 0660);
    CHECK_INT(s->admin_at.port, 9901);
    CHECK(!s->store);
    CHECK_STR(s->journal, STR("stdout"));
    CHECK_INT(s->limits.head_ms, 3000);
    CHECK_INT(s->limits.handshake_ms, 5000);

    const struct route *routes = s->routes.at;
    CHECK_INT(s->routes.count, 2);
    CHECK_STR(routes[0].name.text, STR("chat"));
    CHECK_INT(routes[0].max_body, 1024 * 1024);
    CHECK_STR(routes[0].methods.at[0], STR("POST"));
    const struct plan *plan = &routes[1].plan;
    CHECK_INT(plan->count, 4);
    CHECK(plan->steps[0].filter == &JWT && plan->steps[1].filter == &ROLES && plan->steps[3].filter == &SECRETS);
    CHECK_INT(plan->first[STAGE_AUTHORISE], 1);
    CHECK_INT(plan->first[STAGE_LIMIT], 3);
    CHECK_INT(plan->first[STAGE_COUNT], 4);
    CHECK(plan->has_flow && !routes[0].plan.has_flow);
    CHECK(((const struct fake_policy *)plan->steps[0].policy)->was_checked);
    CHECK_STR(((const struct fake_policy *)plan->steps[1].policy)->any.at[1], STR("B"));
    const struct selection *select = routes[1].select.at;
    CHECK_INT(routes[1].select.count, 2);
    CHECK(select[0].pool == setup_find_pool(s, STR("small")) && select[1].pool == setup_find_pool(s, STR("gpt")));
    CHECK_STR(select[0].models.at[0], STR("gpt-4o-mini"));

    const struct pool *gpt = setup_find_pool(s, STR("gpt"));
    const struct endpoint *e = gpt->endpoints.at;
    CHECK(e->pool == gpt && e->url.tls && e->priority == 2 && e->weight == 1);
    CHECK_STR(e->host_header, STR("a.example:8443"));
    CHECK_STR(e->url.path, STR("/base"));
    CHECK_STR(e->name, STR("gpt/a.example:8443"));
    CHECK(gpt->identity && ((const struct fake_policy *)gpt->identity)->was_checked);
    CHECK_INT(s->endpoints_count, 3);
    const struct issuer *issuer = setup_find_entry(s, "issuers", STR("entra"));
    CHECK(issuer && issuer->was_checked);
    CHECK(!setup_find_entry(s, "issuers", STR("other")) && !setup_find_entry(s, "others", STR("entra")));
    CHECK(!setup_find_pool(s, STR("other")));
    CHECK_INT(s->watched.count, 1);
    finish(s);
    CHECK_INT(finished, 4 + 2 + 1 + 1);
}

TEST("mistakes of every kind are told in one go")
{
    struct setup *s = read_setup("listen: 0.0.0.0:8080\n"
                                 "isuers: { entra: { audience: a } }\n"
                                 "pools:\n"
                                 "  gpt: { endpoints: [ http://a.example ], conect: 5s }\n"
                                 "routes:\n"
                                 "  chat:\n"
                                 "    match: { path: v1 }\n"
                                 "    authenticate: [ { jwtt: { issuer: entra } } ]\n"
                                 "    select: gtp\n"
                                 "  nobody:\n"
                                 "    match: /v1/chat/completions\n"
                                 "    authenticate: [ { jwt: { issuer: entra } } ]\n"
                                 "    select: gpt\n"
                                 "    relay: [ jwt ]\n");
    CHECK(!s);
    CHECK(complains("without TLS", 1));
    CHECK(complains("has no setting \"isuers\"", 2));
    CHECK(complains("plain http", 4));
    CHECK(complains("has no setting \"conect\"", 4));
    CHECK(complains("begin with", 7));
    CHECK(complains("\"authenticate\" has no filter \"jwtt\": it has jwt", 8));
    CHECK(complains("there is no pool \"gtp\"", 9));
    CHECK(complains("has no \"authorise\"", 6) && complains("has no \"authorise\"", 10));
    CHECK(complains("there is no issuer \"entra\"", 12));
    CHECK(complains("\"relay\" has no filter \"jwt\"", 14));
    CHECK_INT(problems.errors, 11);
    finish(s);
}

TEST("the dangerous needs its word")
{
    check_fine((struct parts){ 0 });
    check_refused((struct parts){ .listen = "0.0.0.0:80" }, "without TLS");
    check_refused((struct parts){ .listen = "\"[::]:80\"" }, "without TLS");
    check_refused((struct parts){ .listen = "10.0.0.1:80" }, "without TLS");
    check_fine((struct parts){ .listen = "{ address: 0.0.0.0:80, insecure_plain: true }" });
    check_fine((struct parts){ .listen = "\"[::1]:80\"" });
    check_fine((struct parts){ .listen = "\"unix:/run/x.sock\"" });
    check_refused((struct parts){ .more = "admin: 0.0.0.0:9901" }, "knows no callers");
    check_fine((struct parts){ .more = "admin: 0.0.0.0:9901\ninsecure_public_admin: true" });
    check_refused((struct parts){ .pools = "{ gpt: { endpoints: http://10.0.0.1 } }" }, "plain http");
    check_refused((struct parts){ .pools = "{ gpt: { endpoints: http://localhost.example } }" }, "plain http");
    check_fine((struct parts){ .pools = "{ gpt: { endpoints: http://10.0.0.1, insecure_plain: true } }" });
    check_fine((struct parts){
        .pools = "{ gpt: { endpoints: [ http://localhost:1, \"http://[::1]:1\", http://127.0.0.2 ] } }" });
    check_refused((struct parts){ .routes = "{ r: { match: /v1/*, select: gpt } }" }, "has no \"authenticate\"");
    check_fine((struct parts){ .routes = "{ r: { match: /v1/*, select: gpt, insecure_anonymous: true } }" });
    check_refused((struct parts){ .routes = "{ r: { match: /v1/*, select: gpt, authenticate: jwt } }" },
                  "has no \"authorise\"");
    check_refused((struct parts){ .pools = "{ gpt: { endpoints: https://8.8.8.8, private_only: true } }" },
                  "public address");
    check_fine((struct parts){ .pools = "{ gpt: { endpoints: https://10.0.0.1, private_only: true } }" });
    check_refused((struct parts){ .pools = "{ gpt: { endpoints: https://169.254.169.254 } }" }, "metadata");
    check_fine((struct parts){ .more = "journal: insecure_none" });
}

TEST("a check that knows no place complains where its policy is named")
{
    struct setup *s = read_parts(
        (struct parts){ .routes = "\n  r:\n    match: /v1/*\n    authenticate: { jwt: { issuer: nowhere } }\n"
                                  "    authorise: roles\n    select: gpt\n" });
    CHECK(!s && problems.count == 1 && complains("placeless", 7) && problems.list[0].span.column == 21);
    finish(s);
}

TEST("a dangerous word is counted and warned about")
{
    struct setup *s = read_parts(
        (struct parts){ .listen = "{ address: 0.0.0.0:80, insecure_plain: true }", .more = "journal: insecure_none" });
    CHECK(s && s->insecure == 2 && problems.count == 2);
    finish(s);
}

TEST("addresses, URLs and patterns that cannot be are refused")
{
    check_refused((struct parts){ .listen = "127.0.0.1" }, "an address is");
    check_refused((struct parts){ .listen = "127.0.0.1:0" }, "an address is");
    check_refused((struct parts){ .listen = "127.0.0.1:65536" }, "an address is");
    check_refused((struct parts){ .listen = "127.1:80" }, "an address is");
    check_refused((struct parts){ .listen = "\"::1:80\"" }, "an address is");
    check_refused((struct parts){ .listen = "\"[127.0.0.1]:80\"" }, "an address is");
    check_refused((struct parts){ .listen = "example.org:80" }, "an address is");
    check_refused((struct parts){ .listen = "\"unix:run/x\"" }, "an address is");
    check_refused((struct parts){ .listen = "[ 127.0.0.1:80, localhost:80 ]" }, "has this address already");
    check_refused((struct parts){ .listen = "127.0.0.1:80", .more = "admin: 127.0.0.1:80" },
                  "has this address already");
    check_refused((struct parts){ .listen = "[]" }, "must have from 1");
    check_refused((struct parts){ .listen = "{ address: localhost:1, unix_mode: 888 }" }, "octal");
    check_refused((struct parts){ .listen = "{ address: localhost:1, proxy_from: [10.0.0.0/99] }" },
                  "is no network such as");
    check_refused((struct parts){ .listen = "{ address: localhost:1, client_required: true }" }, "needs \"client_ca\"");
    check_refused((struct parts){ .pools = "{ gpt: { endpoints: ftp://a } }" }, "http or https");
    check_refused((struct parts){ .pools = "{ gpt: { endpoints: https://user@a } }" }, "http or https");
    check_refused((struct parts){ .pools = "{ gpt: { endpoints: \"https://a/?x=1\" } }" }, "has no query");
    check_refused((struct parts){ .pools = "{ gpt: { endpoints: https://a/../b } }" }, "path");
    check_refused((struct parts){ .pools = "{ gpt: { endpoints: https://0x7f000001 } }" }, "four decimal numbers");
    check_refused((struct parts){ .pools = "{ gpt: { endpoints: [ https://a, https://a ] } }" },
                  "this endpoint already");
    check_refused((struct parts){ .pools = "{ gpt: { endpoints: { url: https://a, models: { a: 'b\"' } } } }" },
                  "cannot be the name of a model");
    check_refused((struct parts){ .pools = "{ gpt: { endpoints: { url: https://a, models: { 'a b': c } } } }" },
                  "cannot be the name of a model");
    check_refused((struct parts){ .pools = POOL_OF("retries: 11") }, "at most 10");
    check_refused((struct parts){ .more = "store: redis" }, "it begins with redis://");
    check_refused((struct parts){ .more = "journal: stdoutt" }, "must be stdout");
}

TEST("a route that can never match is refused")
{
    static const char *const PATHS[] = { "v1",          "/v1//x",      "/v1/",         "/v1/*/x",
                                         "/v1/x*",      "\"/v1/{}\"",  "\"/v1/a{b}\"", "/v1/%41",
                                         "\"/v1/a b\"", "\"/v1/a?b\"", "/v1/../x",     "\"/v1/{a/b}\"" };
    char routes[256];
    for (size_t i = 0; i < ARRAY_LEN(PATHS); i++) {
        snprintf(routes, sizeof routes,
                 "{ r: { match: { path: %s }, authenticate: jwt, authorise: roles, select: gpt } }", PATHS[i]);
        check_refused((struct parts){ .routes = routes }, "the pattern of a path");
    }
    check_refused(
        (struct parts){ .routes = "{ r: { match: /foo, authenticate: jwt, authorise: roles, select: gpt } }" },
        "can never match");
    check_refused((struct parts){ .routes = ROUTE_OF("api: azure") }, "can never match");
    check_fine((struct parts){
        .routes = "{ r: { match: /foo, authenticate: jwt, authorise: roles, select: gpt, pass_through: true } }" });
    check_fine((struct parts){
        .routes = "{ r: { match: \"/openai/deployments/{deployment}/chat/completions\", authenticate: jwt, "
                  "authorise: roles, select: gpt, api: azure } }" });
    check_refused((struct parts){ .routes = "{ a: { match: /v1/*, authenticate: jwt, authorise: roles, select: gpt }, "
                                            "b: { match: /v1/*, authenticate: jwt, authorise: roles, select: gpt } }" },
                  "takes all of its requests");
    check_fine((struct parts){
        .routes = "{ a: { match: /v1/*, authenticate: jwt, authorise: roles, select: gpt }, "
                  "b: { match: { path: /v1/*, methods: POST }, authenticate: jwt, authorise: roles, select: gpt } }" });
    check_refused(
        (struct parts){ .routes = "{ r: { match: { path: /v1/*, methods: post }, authenticate: jwt, authorise: roles, "
                                  "select: gpt } }" },
        "no method");
    check_refused(
        (struct parts){ .routes =
                            "{ r: { match: { path: /v1/*, hosts: https://a }, authenticate: jwt, authorise: roles, "
                            "select: gpt } }" },
        "a host is a name");
    check_refused((struct parts){ .routes = ROUTE_OF("api: azur") }, "\"api\" must be");
    check_refused((struct parts){ .routes = ROUTE_OF("pass_through: true, inspect: words") },
                  "sees nothing of what is passed through");
    check_refused((struct parts){ .routes = ROUTE_OF("api: pass_through, inspect: words") },
                  "sees nothing of what is passed through");
}

TEST("filters are words, or words with their settings")
{
    check_fine((struct parts){ .routes = ROUTE_OF("inspect: [ words, { words: } , words: {} ], relay: { secrets: }") });
    check_refused((struct parts){ .routes = ROUTE_OF("inspect: []") }, "is empty");
    check_refused((struct parts){ .routes = ROUTE_OF("inspect: [ [ words ] ]") }, "a filter is a word");
    check_refused((struct parts){ .routes = ROUTE_OF("inspect: { words: , other: }") }, "a filter is a word");
    check_refused((struct parts){ .routes = ROUTE_OF("inspect: [ { words: { x: 1 } } ]") },
                  "\"words\" has no setting \"x\"");
    check_refused((struct parts){ .routes = ROUTE_OF("inspect: [ wrods ]") }, "no filter \"wrods\"");
    check_refused((struct parts){ .routes = ROUTE_OF("limit: [ x ]") }, "has no setting \"limit\"");
    struct setup *s = read_parts((struct parts){ .routes = ROUTE_OF("inspect: secrets") });
    CHECK(!s && problems.count == 1 && problems.list[0].hint && strstr(problems.list[0].hint, "sits in \"relay\""));
    finish(s);
}

TEST("select names pools that exist, and none that is never reached")
{
#define SELECT_OF(select) "{ r: { match: /v1/*, authenticate: jwt, authorise: roles, select: " select " } }"
    check_refused((struct parts){ .routes = SELECT_OF("gtp") }, "no pool \"gtp\"");
    check_refused((struct parts){ .routes = SELECT_OF("[]") }, "from 1 to 64");
    check_refused((struct parts){ .routes = SELECT_OF("[ gpt, gpt ]") }, "never reached");
    check_refused((struct parts){ .routes = SELECT_OF("[ { pool: gpt, models: [a] }, { pool: gpt, models: [A] } ]") },
                  "never reached");
    check_refused((struct parts){ .routes = SELECT_OF("{ pool: gpt, models: [] }") }, "at least 1");
    check_refused((struct parts){ .routes = SELECT_OF("{ models: [a] }") }, "needs \"pool\"");
    check_fine(
        (struct parts){ .routes = SELECT_OF("[ { pool: gpt, models: a }, { pool: gpt, models: [b, c] }, gpt ]") });
}

TEST("files that are named must be there and are watched; secrets may be elsewhere")
{
    check_refused((struct parts){ .pools = POOL_OF("ca: /nonexistent/ca.pem") }, "cannot be read");
    char path[] = "/tmp/setup-XXXXXX", pools[128];
    int fd = mkstemp(path);
    CHECK(fd >= 0);
    snprintf(pools, sizeof pools, POOL_OF("ca: %s"), path);
    struct setup *s = read_parts((struct parts){ .pools = pools });
    CHECK(s && s->watched.count == 2);
    if (s)
        CHECK_STR(s->watched.at[1], str_c(path));
    finish(s);
    snprintf(pools, sizeof pools, POOL_OF("client_certificate: %s"), path);
    check_refused((struct parts){ .pools = pools }, "belong together");
    check_refused((struct parts){ .pools = POOL_OF("identity: { key: 'file:/dev/zero' }") }, "no regular file");
    check_refused((struct parts){ .pools = POOL_OF("identity: { key: 'file:/tmp' }") }, "no regular file");
    static const struct {
        mode_t mode;
        const char *warning;
    } MODES[] = { { 0640, NULL }, { 0644, "can be read by everybody" }, { 0602, "can be written by everybody" } };
    snprintf(pools, sizeof pools, POOL_OF("identity: { key: 'file:%s' }"), path);
    for (size_t i = 0; i < ARRAY_LEN(MODES); i++) {
        CHECK(fchmod(fd, MODES[i].mode) == 0);
        s = read_parts((struct parts){ .pools = pools });
        CHECK(s && problems.count == (MODES[i].warning != NULL));
        CHECK(!MODES[i].warning || complains(MODES[i].warning, 0));
        finish(s);
    }
    unlink(path);
    close(fd);
}

TEST("every stage of the journey that seats filters is a word of a route")
{
    struct arena a;
    arena_init(&a, 1024 * 1024);
    const struct setting *rows = setup_rows(&FAKES, &a);
    CHECK(setting_named(rows, STR("issuers"))->block == ISSUER_SETTINGS);
    CHECK(setting_named(setting_named(rows, STR("pools"))->block, STR("identity"))->block == FAKE_SETTINGS);
    const struct setting *route = setting_named(rows, STR("routes"))->block;
    for (enum stage stage = 0; stage < STAGE_COUNT; stage++)
        CHECK((setting_named(route, str_c(STAGES[stage].word)) != NULL) ==
              (stage == STAGE_SELECT || stage_has_filters(&FAKES, stage)));
    CHECK(stage_named(STR("relay")) == STAGE_RELAY && stage_named(STR("x")) == STAGE_COUNT);
    arena_finish(&a);
}

TEST("networks for which there is no memory are a mistake, not an empty list")
{
    struct arena arena;
    struct problems told;
    struct nets nets;
    arena_init(&arena, 0);
    problems_init(&told, STR("t"), STR_NONE);
    struct texts texts = { .at = &STR("10.0.0.0/8"), .spans = &(struct span){ .line = 1 }, .count = 1 };
    CHECK(!nets_read(&arena, &texts, NULL, &told, &nets) && told.errors == 1);
    problems_finish(&told);
    arena_finish(&arena);
}
