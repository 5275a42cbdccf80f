/* test_limit.c - whose bucket it is: keys that nobody can name himself into. */
#include "filters/limit/by.h"
#include "tests/harness/check.h"

static struct route route = { .name.text = STR_INIT("chat"), .environment = STR_INIT("prod") };
static struct peer peer;

static struct exchange *fresh(struct exchange *x, struct caller *c)
{
    *x = (struct exchange){ .route = &route, .peer = &peer, .caller = c, .at = 2 };
    arena_init(&x->arena, 64 * 1024);
    x->call.deployment = STR("gpt-4o");
    x->call.model_key = STR("gpt-4o-mini");
    return x;
}

static uint64_t bit(const char *word)
{
    for (uint64_t i = 0; BY_WORDS_WITH_MODEL[i]; i++)
        if (strcmp(BY_WORDS_WITH_MODEL[i], word) == 0)
            return (uint64_t)1 << i;
    CHECK(!"a word of the table");
    return 0;
}

TEST("a key names the limit and each attribute")
{
    struct str roles[] = { STR("Models.Use"), STR("Admin") };
    struct caller c = { .kind = CALLER_TOKEN,
                        .issuer = STR("entra"),
                        .subject = STR("s-1"),
                        .tenant = STR("t-1"),
                        .app = STR("a-1"),
                        .roles = { roles, 2 } };
    struct exchange x;
    fresh(&x, &c);
    CHECK_STR(by_key(&x, "requests", STR_NONE, bit("subject")), STR("requests:chat.2|subject=entra/t-1/s-1"));
    CHECK_STR(by_key(&x, "requests", STR("shared"), bit("tenant") | bit("app")),
              STR("requests:shared|app=entra/a-1|tenant=t-1"));
    CHECK_STR(by_key(&x, "tokens", STR("b"),
                     bit("role") | bit("deployment") | bit("model") | bit("environment") | bit("route")),
              STR("tokens:b|role=Models.Use,Admin|route=chat|deployment=gpt-4o|environment=prod|model=gpt-4o-mini"));
    CHECK_STR(by_key(&x, "requests", STR("b"), bit("key")), STR("requests:b|key="));
    arena_finish(&x.arena);
}

TEST("a deployment has one bucket, whether the path names it or the body")
{
    struct exchange x, y;
    struct str a = by_key(fresh(&x, NULL), "tokens", STR("n"), bit("deployment"));
    fresh(&y, NULL);
    y.call.model_key = y.call.deployment;
    y.call.deployment = STR_NONE;
    CHECK_STR(by_key(&y, "tokens", STR("n"), bit("deployment")), a);
    arena_finish(&x.arena);
    arena_finish(&y.arena);
}

TEST("one bucket for all has no part of its own")
{
    struct exchange x;
    CHECK_STR(by_key(fresh(&x, NULL), "tokens.month", STR("house"), BY_ALL), STR("tokens.month:house|all="));
    arena_finish(&x.arena);
}

TEST("a subject counts together with who vouched for it")
{
    struct caller token = { .kind = CALLER_TOKEN, .issuer = STR("!key"), .subject = STR("alice") };
    struct caller key = { .kind = CALLER_KEY, .subject = STR("alice") };
    struct exchange x, y;
    struct str a = by_key(fresh(&x, &token), "requests", STR("n"), bit("subject"));
    struct str b = by_key(fresh(&y, &key), "requests", STR("n"), bit("subject"));
    CHECK_STR(b, STR("requests:n|subject=!key//alice"));
    CHECK(!str_eq(a, b));
    arena_finish(&x.arena);
    arena_finish(&y.arena);
}

TEST("what a caller is called cannot end its part of the key")
{
    struct caller c = { .kind = CALLER_TOKEN, .issuer = STR("i"), .subject = STR("a|tenant=x/y%\n\xc3\xa9") };
    struct exchange x;
    CHECK_STR(by_key(fresh(&x, &c), "requests", STR("n"), bit("subject")),
              STR("requests:n|subject=i//a%7Ctenant%3Dx%2Fy%25%0A%C3%A9"));
    arena_finish(&x.arena);
    CHECK_STR(by_key(fresh(&x, NULL), "requests", STR("n"), bit("subject") | bit("tenant")),
              STR("requests:n|subject=!nobody|tenant="));
    arena_finish(&x.arena);
}

TEST("an address of IPv6 counts as its network")
{
    struct exchange x;
    fresh(&x, NULL);
    CHECK(ip_parse(STR("2001:db8:1:2:3:4:5:6"), &peer.address));
    CHECK_STR(by_key(&x, "requests", STR("n"), bit("address")), STR("requests:n|address=2001:db8:1:2::"));
    CHECK(ip_parse(STR("192.0.2.1"), &peer.address));
    CHECK_STR(by_key(&x, "requests", STR("n"), bit("address")), STR("requests:n|address=192.0.2.1"));
    peer.is_unix = true;
    CHECK_STR(by_key(&x, "requests", STR("n"), bit("address")), STR("requests:n|address=unix"));
    arena_finish(&x.arena);
}
