/* test_origin.c - which address is connected to, and which connections are kept. */
#include "proxy/edge/origin.h"

#include "tests/unit/server.h"

static struct server server;
static struct loop *loop;
static struct post *post;
static struct resolver *resolver;
static struct trusts *trusts;
static struct origins *origins;
static struct pool pool;
static struct endpoint endpoint;
static struct setup setup;
static struct problems problems;
static struct addresses answer; /* of the name */

static enum lookup_answer steered(const char *host, struct addresses *out)
{
    (void)host;
    *out = answer;
    return LOOKUP_FOUND;
}

static void name_leads_to(const char *const *addresses, size_t count)
{
    answer = (struct addresses){ .count = count };
    for (size_t i = 0; i < count; i++)
        CHECK(ip_parse(str_c(addresses[i]), &answer.at[i]));
}

#define LEADS_TO(...)                                                                                                  \
    name_leads_to((const char *const[]){ __VA_ARGS__ }, ARRAY_LEN(((const char *const[]){ __VA_ARGS__ })))

static void serve_wait(struct talk *t)
{
    talk_wait_gone(t);
}

static void begin(const char *host, bool private_only)
{
    server_start(&server, serve_wait, NULL, NULL);
    loop = loop_new();
    post = post_new(loop, 16);
    resolver = resolver_new(loop, post, steered);
    trusts = trusts_new();
    pool =
        (struct pool){ .connect_ms = 2000, .kept_connections = 3, .kept_idle_ms = 60000, .private_only = private_only };
    endpoint = (struct endpoint){ .pool = &pool, .url = { .host = str_c(host), .port = server.port } };
    pool.endpoints = (struct blocks){ .at = &endpoint, .count = 1 };
    setup.pools = (struct blocks){ .at = &pool, .count = 1 };
    setup.endpoints_count = 1;
    problems_init(&problems, STR("test"), STR(""));
    origins = origins_new(loop, resolver, trusts, &setup, &problems);
    CHECK(origins != NULL);
}

static void end(void)
{
    origins_free(origins);
    trusts_free(trusts);
    resolver_free(resolver);
    post_free(post);
    problems_finish(&problems);
    loop_free(loop);
    server_stop(&server);
}

static struct opened {
    unsigned count;
    enum dial_answer answer;
    const char *why;
} opened;

static void wire_opened(struct wire *w, enum dial_answer answer_, const char *why)
{
    (void)w;
    opened = (struct opened){ .count = opened.count + 1, .answer = answer_, .why = why };
}

static void wire_ready(struct wire *w)
{
    (void)w;
}

static struct wire *open_wire(void)
{
    opened = (struct opened){ 0 };
    struct wire *w = origin_open(origins, &endpoint);
    w->opened = wire_opened;
    w->ready = wire_ready;
    CHECK_INT(opened.count, 0);
    uint64_t until_us = loop_now_exact_us() + 4000000;
    while (!opened.count && loop_now_exact_us() < until_us)
        loop_turn(loop, 10);
    CHECK_INT(opened.count, 1);
    return w;
}

static void turns(unsigned ms)
{
    uint64_t until_us = loop_now_exact_us() + ms * 1000;
    while (loop_now_exact_us() < until_us)
        loop_turn(loop, 2);
}

TEST("an address that does not answer is passed over for the next one, of either family")
{
    LEADS_TO("127.0.0.2", "::1", "127.0.0.3", "127.0.0.1"); /* the server listens on the last only */
    begin("model.test", false);
    for (unsigned i = 0; i < 4; i++) {
        struct wire *w = open_wire();
        CHECK_INT(opened.answer, DIAL_OK);
        origin_cut(w, false);
    }
    CHECK_INT(origin_counts(origins, &endpoint).opened, 4);
    end();
}

TEST("when no address answers the last reason is told")
{
    LEADS_TO("127.0.0.2", "127.0.0.3");
    begin("model.test", true);
    struct wire *w = open_wire();
    CHECK_INT(opened.answer, DIAL_UNREACHABLE);
    CHECK_STR(str_c(opened.why), STR("connection refused"));
    origin_cut(w, true);
    CHECK_INT(origin_counts(origins, &endpoint).open, 0);
    CHECK_INT(origin_counts(origins, &endpoint).failed, 1);
    end();
}

TEST("the addresses of a name take turns")
{
    unsigned hits[2] = { 0 };
    LEADS_TO("127.0.0.1", "127.0.0.1");
    begin("model.test", false);
    for (unsigned i = 0; i < 4; i++) {
        struct wire *w = open_wire();
        hits[w->dial.target->turn % 2]++;
        origin_cut(w, false);
    }
    CHECK_INT(hits[0], 2);
    CHECK_INT(hits[1], 2);
    end();
}

TEST("a name that leads to where it must not is not connected to")
{
    static const struct {
        const char *address, *why;
        bool private_only;
    } CASES[] = {
        { "169.254.169.254", "the name leads to a link-local or metadata address", false },
        { "169.254.169.254", "the name leads to a link-local or metadata address", true },
        { "168.63.129.16", "the name leads to a link-local or metadata address", false },
        { "fe80::1", "the name leads to a link-local or metadata address", false },
        { "::ffff:169.254.169.254", "the name leads to a link-local or metadata address", false },
        { "20.1.2.3", "the address is public and the pool is private_only", true },
        { "2001:4860::1", "the address is public and the pool is private_only", true },
        { "2002:a01:203::", "the address is public and the pool is private_only", true }, /* 6to4, with 10.1.2.3 in it */
        { "2002:a9fe:a9fe::", "the name leads to a link-local or metadata address", false },
    };
    for (size_t i = 0; i < ARRAY_LEN(CASES); i++) {
        name_leads_to(&CASES[i].address, 1);
        begin("model.test", CASES[i].private_only);
        struct wire *w = open_wire();
        CHECK_INT(opened.answer, DIAL_UNREACHABLE);
        CHECK_STR(str_c(opened.why), str_c(CASES[i].why));
        origin_cut(w, true);
        end();
    }
}

TEST("of a name that leads to both, only the private address is connected to")
{
    LEADS_TO("20.1.2.3", "127.0.0.1");
    begin("model.test", true);
    struct wire *w = open_wire();
    CHECK_INT(opened.answer, DIAL_OK);
    CHECK_INT(w->dial.addresses.count, 1);
    origin_cut(w, true);
    end();
}

TEST("the last kept is the first taken, and the oldest goes when there are too many")
{
    struct wire *w[4];
    LEADS_TO("127.0.0.1");
    begin("model.test", false);
    CHECK(!origin_take(origins, &endpoint));
    for (size_t i = 0; i < 4; i++) {
        w[i] = open_wire();
        CHECK(!w[i]->was_kept);
    }
    for (size_t i = 0; i < 4; i++)
        origin_keep(w[i]);
    CHECK_INT(origin_counts(origins, &endpoint).kept, 3);
    CHECK_INT(origin_counts(origins, &endpoint).open, 3);
    struct wire *last = origin_take(origins, &endpoint), *next = origin_take(origins, &endpoint);
    CHECK(last == w[3] && next == w[2] && last->was_kept);
    origin_forget_kept(last);
    CHECK_INT(origin_counts(origins, &endpoint).kept, 0);
    CHECK_INT(origin_counts(origins, &endpoint).open, 2);
    origin_cut(last, true);
    origin_cut(next, false);
    turns(20);
    CHECK_INT(server.gone, 4);
    end();
}

TEST("a connection is kept no longer than the server keeps it")
{
    LEADS_TO("127.0.0.1");
    begin("model.test", false);
    struct wire *w = open_wire();
    w->kept_for_ms = WIRE_EARLY_MS + 40;
    origin_keep(w);
    turns(10);
    CHECK_INT(origin_counts(origins, &endpoint).kept, 1);
    turns(60);
    CHECK_INT(origin_counts(origins, &endpoint).kept, 0);
    w = open_wire();
    w->kept_for_ms = WIRE_EARLY_MS;
    origin_keep(w);
    CHECK_INT(origin_counts(origins, &endpoint).open, 0);
    end();
}
