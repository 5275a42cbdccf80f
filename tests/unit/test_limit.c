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

static struct str key_of(struct exchange *x, const char *kind, struct str name, uint64_t words)
{
    struct by_begin begin = { 0 };
    struct by by = { kind, name, words };
    struct str first = by_key(x, &begin, &by), again = by_key(x, &begin, &by), alone = by_key(x, NULL, &by);
    CHECK_STR(again, first);
    CHECK_STR(alone, first);
    return first;
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
    CHECK_STR(key_of(&x, "requests", STR_NONE, bit("subject")), STR("requests:chat.2|subject=entra/t-1/s-1"));
    CHECK_STR(key_of(&x, "requests", STR("shared"), bit("tenant") | bit("app")),
              STR("requests:shared|app=entra/a-1|tenant=entra/t-1"));
    CHECK_STR(key_of(&x, "tokens", STR("b"),
                     bit("role") | bit("deployment") | bit("model") | bit("environment") | bit("route")),
              STR("tokens:b|role=Admin,Models.Use|route=chat|deployment=gpt-4o|environment=prod|model=gpt-4o-mini"));
    CHECK_STR(key_of(&x, "requests", STR("b"), bit("key")), STR("requests:b|key="));
    arena_finish(&x.arena);
}

TEST("two issuers may each have a tenant, an app and a subject of the same name")
{
    struct caller one = { .kind = CALLER_TOKEN, .issuer = STR("a"), .subject = STR("s"), .tenant = STR("t"), .app = STR("x") };
    struct caller other = one;
    struct exchange x, y;
    other.issuer = STR("b");
    const char *const words[] = { "subject", "tenant", "app" };
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        CHECK(!str_eq(key_of(fresh(&x, &one), "requests", STR("n"), bit(words[i])),
                      key_of(fresh(&y, &other), "requests", STR("n"), bit(words[i]))));
        arena_finish(&x.arena);
        arena_finish(&y.arena);
    }
}

TEST("the same roles have one bucket, however a token orders or repeats them")
{
    struct str few[] = { STR("b"), STR("a"), STR("ab") }, many[] = { STR("ab"), STR("a"), STR("b"), STR("a"), STR("ab") };
    struct caller one = { .kind = CALLER_TOKEN, .roles = { few, 3 } }, other = { .kind = CALLER_TOKEN, .roles = { many, 5 } };
    struct exchange x, y;
    CHECK_STR(key_of(fresh(&x, &one), "requests", STR("n"), bit("role")), STR("requests:n|role=a,ab,b"));
    CHECK_STR(key_of(fresh(&y, &other), "requests", STR("n"), bit("role")), STR("requests:n|role=a,ab,b"));
    arena_finish(&x.arena);
    arena_finish(&y.arena);
}

TEST("a caller who is remembered has the same keys each time")
{
    struct caller *c = caller_new(4096);
    c->kind = CALLER_TOKEN;
    c->issuer = STR("i");
    c->subject = STR("s/1");
    struct exchange x;
    for (unsigned i = 0; i < 3; i++) {
        CHECK_STR(key_of(fresh(&x, c), "requests", STR("n"), bit("subject") | bit("tenant") | bit("role") | bit("key")),
                  STR("requests:n|subject=i//s%2F1|tenant=i/|role=|key="));
        arena_finish(&x.arena);
    }
    caller_unref(c);
}

TEST("a deployment has one bucket, whether the path names it or the body")
{
    struct exchange x, y;
    struct str a = key_of(fresh(&x, NULL), "tokens", STR("n"), bit("deployment"));
    fresh(&y, NULL);
    y.call.model_key = y.call.deployment;
    y.call.deployment = STR_NONE;
    CHECK_STR(key_of(&y, "tokens", STR("n"), bit("deployment")), a);
    arena_finish(&x.arena);
    arena_finish(&y.arena);
}

TEST("one bucket for all has no part of its own")
{
    struct exchange x;
    CHECK_STR(key_of(fresh(&x, NULL), "tokens.month", STR("house"), BY_ALL), STR("tokens.month:house|all="));
    arena_finish(&x.arena);
}

TEST("a subject counts together with who vouched for it")
{
    struct caller token = { .kind = CALLER_TOKEN, .issuer = STR("!key"), .subject = STR("alice") };
    struct caller key = { .kind = CALLER_KEY, .subject = STR("alice") };
    struct exchange x, y;
    struct str a = key_of(fresh(&x, &token), "requests", STR("n"), bit("subject"));
    struct str b = key_of(fresh(&y, &key), "requests", STR("n"), bit("subject"));
    CHECK_STR(b, STR("requests:n|subject=!key//alice"));
    CHECK(!str_eq(a, b));
    arena_finish(&x.arena);
    arena_finish(&y.arena);
}

TEST("what a caller is called cannot end its part of the key")
{
    struct caller c = { .kind = CALLER_TOKEN, .issuer = STR("i"), .subject = STR("a|tenant=x/y%\n\xc3\xa9") };
    struct exchange x;
    CHECK_STR(key_of(fresh(&x, &c), "requests", STR("n"), bit("subject")),
              STR("requests:n|subject=i//a%7Ctenant%3Dx%2Fy%25%0A%C3%A9"));
    arena_finish(&x.arena);
    CHECK_STR(key_of(fresh(&x, NULL), "requests", STR("n"), bit("subject") | bit("tenant")),
              STR("requests:n|subject=!nobody|tenant="));
    arena_finish(&x.arena);
}

TEST("an address of IPv6 counts as its network")
{
    struct exchange x;
    fresh(&x, NULL);
    CHECK(ip_parse(STR("2001:db8:1:2:3:4:5:6"), &peer.address));
    CHECK_STR(key_of(&x, "requests", STR("n"), bit("address")), STR("requests:n|address=2001:db8:1:2::"));
    CHECK(ip_parse(STR("192.0.2.1"), &peer.address));
    CHECK_STR(key_of(&x, "requests", STR("n"), bit("address")), STR("requests:n|address=192.0.2.1"));
    peer.is_unix = true;
    CHECK_STR(key_of(&x, "requests", STR("n"), bit("address")), STR("requests:n|address=unix"));
    arena_finish(&x.arena);
}
