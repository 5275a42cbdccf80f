/* test_admit.c - the filters of `admit` by themselves: policies read from text, exchanges made by hand. */
#include "proxy/core/exchange.h"

#include "tests/harness/check.h"

extern const struct filter filter_models, filter_tools, filter_urls, filter_images, filter_n;

static struct setup setup;
static struct problems problems;
static struct exchange x;

/* The policy that `text` describes; NULL when it has mistakes. */
static void *policy_of(const struct filter *f, const char *text)
{
    arena_finish(&setup.arena);
    arena_init(&setup.arena, 1 << 20);
    problems_finish(&problems);
    problems_init(&problems, STR("test"), str_c(text));
    struct reading r = { .arena = &setup.arena, .problems = &problems };
    const struct yaml *at = yaml_read(&setup.arena, str_c(text), &problems);
    void *policy = arena_zalloc(&setup.arena, f->policy_size);
    bool ok = at && settings_read_as(&r, f->settings, f->scalar, f->name, at, at->span, policy);
    ok = ok && (!f->check || f->check(policy, &setup, &problems));
    CHECK(ok == (problems.errors == 0));
    return ok ? policy : NULL;
}

static void fresh(void)
{
    arena_finish(&x.arena);
    x = (struct exchange){ .dialect = dialect_named(STR("openai")) };
    arena_init(&x.arena, 1 << 20);
    x.call.operation = OP_CHAT;
    x.call.output_limit_node = JSONX_NO_NODE;
}

static void done(void)
{
    arena_finish(&x.arena);
    arena_finish(&setup.arena);
    problems_finish(&problems);
}

static bool allows_url(const char *policy_text, const char *what, const char *url)
{
    void *policy = policy_of(&filter_urls, policy_text);
    fresh();
    struct body_url u = { .value = str_c(url), .what = what };
    x.call.urls = &u;
    x.call.urls_count = 1;
    return CHECK(policy != NULL) && filter_urls.step(&x, policy) == NEXT;
}

TEST("addresses are held against a list of hosts, however they are written")
{
    static const struct {
        const char *policy, *url;
        bool allowed;
    } rows[] = {
        { "[a.example]", "https://a.example/x", true },
        { "[a.example]", "https://A.EXAMPLE:8443/x", true },
        { "[a.example]", "https://a.example./x", true },
        { "[a.example]", "http://a.example/x", false },
        { "{ hosts: [a.example], insecure_http: true }", "http://a.example/x", true },
        { "[a.example]", "https://b.a.example/", false },
        { "[a.example]", "https://a.example.evil.example/", false },
        { "[a.example]", "https://a.example@evil.example/", false },
        { "[a.example]", "https://evil.example\\@a.example/", false },
        { "[a.example]", "ftp://a.example/", false },
        { "[a.example]", "//a.example/", false },
        { "[a.example]", "azure_search", false },
        { "[\"*.a.example\"]", "https://b.a.example/", true },
        { "[\"*.a.example\"]", "https://a.example/", false },
        { "[\"*.a.example\"]", "https://xa.example/", false },
        { "[\"*\"]", "https://any.example/", true },
        { "[\"*\"]", "https://93.184.216.34/", true },
        { "[\"*\"]", "https://127.0.0.1/", false },
        { "[\"*\"]", "https://2130706433/", false },
        { "[\"*\"]", "https://0x7f.1/", false },
        { "[\"*\"]", "https://10.1.2.3/", false },
        { "[\"*\"]", "https://[::1]/", false },
        { "[\"*\"]", "https://[::ffff:10.0.0.1]/", false },
        { "[\"*\"]", "https://[2002:a00:1::]/", false },
        { "[\"*\"]", "https://169.254.169.254/", false },
        { "[\"*\"]", "https://localhost/", false },
        { "[\"*\"]", "https://intranet/", false },
        { "[\"*\"]", "https://db.internal/", false },
        { "[10.1.2.3]", "https://10.1.2.3/", false },
        { "{ hosts: [10.1.2.3], insecure_private: true }", "https://10.1.2.3/", true },
        { "{ hosts: [10.1.2.3], insecure_private: true }", "https://10.1.2.4/", false },
        { "{ hosts: [10.1.2.3], insecure_private: true }", "https://0x0a.0x01.0x02.0x03/", true },
        { "{ hosts: [\"*\"], insecure_private: true }", "https://10.1.2.3/", false },
        { "{ hosts: [] }", "https://a.example/", false },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (!CHECK(allows_url(rows[i].policy, "image_url", rows[i].url) == rows[i].allowed))
            printf("  %s against %s\n", rows[i].url, rows[i].policy);
    CHECK(allows_url("{ hosts: [a.example], of: [server_url] }", "image_url", "https://b.example/"));
    CHECK(!allows_url("{ hosts: [a.example], of: [server_url] }", "server_url", "https://b.example/"));
    CHECK_STR(x.param, STR("server_url"));
    CHECK_INT(x.why, WHY_OPTION_NOT_ALLOWED);
    CHECK(!policy_of(&filter_urls, "[https://a.example/]"));
    CHECK(!policy_of(&filter_urls, "[\"a.*.example\"]"));
    CHECK(!policy_of(&filter_urls, "{ of: [image_url] }"));
    done();
}

static bool allows_tools(const char *policy_text, const char *first, const char *second)
{
    struct str names[2] = { str_c(first), str_c(second) };
    void *policy = policy_of(&filter_tools, policy_text);
    fresh();
    x.call.tool_names = names;
    x.call.tools = x.call.tool_names_count = second ? 2 : first ? 1 : 0;
    return CHECK(policy != NULL) && filter_tools.step(&x, policy) == NEXT;
}

TEST("tools are held against a list of names and a number")
{
    CHECK(allows_tools("[search, \"crm_*\"]", "search", "crm_read"));
    CHECK(!allows_tools("[search]", "search", "Search"));
    CHECK(!allows_tools("[search]", "searching", NULL));
    CHECK(allows_tools("{ max: 1 }", "anything", NULL));
    CHECK(!allows_tools("{ max: 1 }", "anything", "else"));
    CHECK(!allows_tools("{ max: 0 }", "anything", NULL));
    CHECK(allows_tools("{ max: 0 }", NULL, NULL));
    CHECK(!x.rule.at && !x.param.at);
    done();
}

static bool allows_model(void *policy, struct caller *who, const char *model)
{
    fresh();
    x.caller = who;
    x.call.model_key = str_c(model);
    return filter_models.step(&x, policy) == NEXT;
}

TEST("models are for everybody or for callers who fit every condition of a grant")
{
    struct str roles[] = { STR_INIT("Basic"), STR_INIT("Premium") }, basic[] = { STR_INIT("Basic") };
    struct caller premium = { .roles = { roles, 2 }, .app = STR_INIT("app-1") };
    struct caller other_app = { .roles = { roles, 2 }, .app = STR_INIT("app-2") };
    struct caller plain = { .roles = { basic, 1 }, .app = STR_INIT("app-1") };
    void *policy = policy_of(&filter_models, "{ any: [Mini], grants: [ { models: [BIG], roles: [Premium, Admin], apps: "
                                             "app-1 }, { models: [huge], subjects: [ann] } ] }");
    if (!CHECK(policy != NULL))
        return;
    CHECK(allows_model(policy, NULL, "mini"));
    CHECK(allows_model(policy, &premium, "mini"));
    CHECK(allows_model(policy, &premium, "big"));
    CHECK(!allows_model(policy, &other_app, "big"));
    CHECK(!allows_model(policy, &plain, "big"));
    CHECK(!allows_model(policy, NULL, "big"));
    CHECK(!allows_model(policy, &premium, "huge"));
    CHECK(!allows_model(policy, &premium, ""));
    CHECK_INT(x.why, WHY_MODEL_NOT_ALLOWED);

    fresh();
    x.caller = &premium;
    x.call.operation = OP_MODELS;
    CHECK_INT(filter_models.step(&x, policy), NEXT);
    CHECK(x.models_limited && x.models.count == 2 && strs_has(&x.models, STR("big")));
    x.caller = &plain; /* a second rule leaves what both allow */
    CHECK_INT(filter_models.step(&x, policy), NEXT);
    CHECK(x.models.count == 1 && strs_has(&x.models, STR("mini")));

    CHECK(!policy_of(&filter_models, "{ grants: [ { models: [big] } ] }"));
    CHECK(!policy_of(&filter_models, "[\"no such name\"]"));
    done();
}

TEST("answers and images have a ceiling")
{
    void *policy = policy_of(&filter_n, "2");
    fresh();
    x.call.n = 2;
    CHECK(policy && filter_n.step(&x, policy) == NEXT);
    x.call.n = 3;
    CHECK(policy && filter_n.step(&x, policy) == STOP);
    policy = policy_of(&filter_images, "0");
    fresh();
    CHECK(policy && filter_images.step(&x, policy) == NEXT);
    x.call.images = 1;
    CHECK(policy && filter_images.step(&x, policy) == STOP);
    CHECK(!policy_of(&filter_n, "0"));
    done();
}
