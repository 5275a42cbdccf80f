/* test_route.c - patterns fit paths in every spelling, and the most specific route is taken. */
#include "proxy/core/route.h"
#include "tests/harness/check.h"

static const struct {
    const char *pattern, *path;
    bool fits;
} FITS[] = {
    { "/v1/chat/completions", "/v1/chat/completions", true },
    { "/v1/chat/completions", "/v1/chat/completions/", true },
    { "/v1/chat/completions", "/v1/chat", false },
    { "/v1/chat/completions", "/v1/chat/completions/x", false },
    { "/v1/chat/completions", "/V1/Chat/Completions", true },
    { "/v1/chat/completions", "/v1/ch%61t/completions", true },
    { "/v1/chat/completions", "/v1/ch%41t/completions", true },
    { "/v1/chat/completions", "/v1/ch%zzt/completions", false },
    { "/v1/chat/completions", "/v1/chatx/completions", false },
    { "/openai/deployments/{d}/chat/completions", "/openai/deployments/gpt-4o/chat/completions", true },
    { "/openai/deployments/{d}/chat/completions", "/openai/deployments/gpt%2D4o/chat/completions", true },
    { "/openai/deployments/{d}/chat/completions", "/openai/deployments//chat/completions", false },
    { "/openai/deployments/{d}", "/openai/deployments/", false },
    { "/openai/deployments/{d}/chat/completions", "/openai/deployments/a/b/chat/completions", false },
    { "/v1/files/*", "/v1/files;v=1/x", true }, /* a server may take what is behind it for no part of the name */
    { "/v1/files/*", "/v1/files%3bv=1/x", true },
    { "/v1/files;v=1", "/v1/files;v=1", true },
    { "/v1/files;v=1", "/v1/files", false },
    { "/v1/files", "/v1/files-;v=1", false },
    { "/v1/*", "/v1/", true },
    { "/v1/*", "/v1/models/x", true },
    { "/v1/*", "/v1", true }, /* as with the slash that is overlooked */
    { "/v1/{x}/*", "/v1", false },
    { "/v1/*", "/v2/x", false },
    { "/*", "/", true },
    { "/*", "/anything/at/all", true },
    { "/", "/", true },
    { "/", "/x", false },
};

TEST("a pattern fits what it says, however it is spelt")
{
    for (size_t i = 0; i < ARRAY_LEN(FITS); i++)
        if (!CHECK(route_pattern_fits(str_c(FITS[i].pattern), str_c(FITS[i].path)) == FITS[i].fits))
            printf("    %s and %s\n", FITS[i].pattern, FITS[i].path);
}

TEST("the more specific pattern comes first")
{
    /* each before all that follow it and contain it */
    static const char *const ORDER[][2] = {
        { "/v1/chat/completions", "/v1/*" },
        { "/v1/chat/completions", "/v1/chat/{x}" },
        { "/v1/{x}", "/v1/*" },
        { "/a/{x}/{y}/*", "/a/{x}/*" },
        { "/a/{x}/c/*", "/a/{x}/{y}/*" },
        { "/a/{x}/c", "/a/{x}/{y}" },
        { "/a/b", "/{x}/b" },
        { "/a/*", "/*" },
        { "/openai/deployments/gpt-4o/*", "/openai/deployments/{d}/chat/completions" },
    };
    for (size_t i = 0; i < ARRAY_LEN(ORDER); i++) {
        CHECK(route_pattern_cmp(str_c(ORDER[i][0]), str_c(ORDER[i][1])) < 0);
        CHECK(route_pattern_cmp(str_c(ORDER[i][1]), str_c(ORDER[i][0])) > 0);
        CHECK_INT(route_pattern_cmp(str_c(ORDER[i][0]), str_c(ORDER[i][0])), 0);
    }
    CHECK_INT(route_pattern_cmp(STR("/a/{x}"), STR("/a/{y}")), 0);
}

static struct route route_of(const char *path, struct str *methods, size_t methods_count, struct str *hosts,
                             size_t hosts_count)
{
    return (struct route){ .path = str_c(path),
                           .methods = { .at = methods, .count = methods_count },
                           .hosts = { .at = hosts, .count = hosts_count } };
}

static struct str METHODS[] = { STR_INIT("POST") }, HOSTS[] = { STR_INIT("a.example"), STR_INIT("*.b.example") };

TEST("host and method choose among routes, and a known path is told from an unknown one")
{
    struct route routes[] = {
        route_of("/v1/chat", METHODS, 1, HOSTS, 2),
        route_of("/v1/chat", METHODS, 1, NULL, 0),
        route_of("/v1/*", NULL, 0, HOSTS, 1),
    };
    struct setup s = { .routes = { routes, ARRAY_LEN(routes) } };
    bool known;
    CHECK(route_find(&s, STR("POST"), STR("A.example:8443"), STR("/v1/chat"), &known) == &routes[0]);
    CHECK(route_find(&s, STR("POST"), STR("x.b.example."), STR("/v1/chat"), &known) == &routes[0]);
    CHECK(route_find(&s, STR("POST"), STR("x.y.b.example"), STR("/v1/chat"), &known) == &routes[0]);
    CHECK(route_find(&s, STR("POST"), STR("b.example"), STR("/v1/chat"), &known) == &routes[1]);
    CHECK(route_find(&s, STR("POST"), STR("xb.example"), STR("/v1/chat"), &known) == &routes[1]);
    CHECK(route_find(&s, STR("POST"), STR(""), STR("/v1/chat"), &known) == &routes[1]);
    CHECK(route_find(&s, STR("GET"), STR("[::1]:80"), STR("/v1/chat"), &known) == NULL && known);
    CHECK(route_find(&s, STR("GET"), STR("a.example"), STR("/v1/chat"), &known) == &routes[2]);
    CHECK(route_find(&s, STR("GET"), STR("c.example"), STR("/v1/models"), &known) == NULL && !known);
    CHECK(route_find(&s, STR("post"), STR("c.example"), STR("/v1/chat"), &known) == NULL && known);
}
