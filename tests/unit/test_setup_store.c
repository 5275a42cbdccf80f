/* test_setup_store.c - the words of `store`: URLs, what goes together, and that a secret is never written there. */
#include "filters/list.h"
#include "proxy/core/setup.h"
#include "tests/harness/check.h"
#include "tests/unit/complaints.h"

static struct problems problems;

static struct setup *read_store(const char *store)
{
    struct buf text;
    buf_init(&text, 64 * 1024);
    CHECK(buf_addf(&text,
                   "listen: 127.0.0.1:8080\npools: { m: { endpoints: http://127.0.0.1:8000 } }\nroutes: { r: { match: /v1/*, "
                   "insecure_anonymous: true, authorise: anyone, select: m } }\nstore: %s\n",
                   store));
    struct str all = buf_str(&text);
    problems_init(&problems, STR("t.yaml"), all);
    struct setup *s = setup_read(STR("t.yaml"), all, &LANGUAGE, &problems);
    buf_finish(&text);
    return s;
}

static void finish(struct setup *s)
{
    setup_free(s);
    problems_finish(&problems);
}

static void check_refused(const char *store, const char *words)
{
    struct setup *s = read_store(store);
    bool found = false;
    for (size_t i = 0; i < problems.count; i++)
        found = found || (problems.list[i].severity == SEVERITY_ERROR && strstr(problems.list[i].message, words));
    if (!CHECK(!s && problems.errors == 1 && found)) {
        printf("    not one complaint with \"%s\" of: %s\n", words, store);
        complaints_show(&problems);
    }
    finish(s);
}

static void check_fine(const char *store)
{
    struct setup *s = read_store(store);
    if (!CHECK(s && problems.errors == 0)) {
        printf("    of: %s\n", store);
        complaints_show(&problems);
    }
    finish(s);
}

TEST("memory is no store of its own")
{
    struct setup *s = read_store("memory");
    CHECK(s && !s->store);
    finish(s);
}

TEST("a URL tells host, port, database and whether TLS is spoken")
{
    static const struct {
        const char *url, *host;
        unsigned port;
        bool tls;
        uint64_t database;
    } CASES[] = {
        { "redis://127.0.0.1", "127.0.0.1", 6379, false, 0 },
        { "redis://localhost:7000/3", "localhost", 7000, false, 3 },
        { "redis://[::1]:7001/", "::1", 7001, false, 0 },
        { "rediss://limits.redis.cache.windows.net:6380", "limits.redis.cache.windows.net", 6380, true, 0 },
        { "valkeys://v.example/1", "v.example", 6379, true, 1 },
    };
    for (size_t i = 0; i < ARRAY_LEN(CASES); i++) {
        struct setup *s = read_store(CASES[i].url);
        if (CHECK(s && s->store && s->store->urls.count == 1)) {
            const struct store_url *url = &s->store->urls.at[0];
            CHECK_STR(url->host, str_c(CASES[i].host));
            CHECK_INT(url->port, CASES[i].port);
            CHECK_INT(url->tls, CASES[i].tls);
            CHECK_INT(s->store->database, CASES[i].database);
            CHECK_INT(s->store->timeout_ms, 250);
            CHECK_INT(s->store->connect_ms, 1000);
        } else {
            complaints_show(&problems);
        }
        finish(s);
    }
}

TEST("a socket, a cluster, sentinels and identities are read")
{
    struct setup *s = read_store("unix:///run/redis.sock");
    if (CHECK(s && s->store))
        CHECK_STR(s->store->urls.at[0].unix_path, STR("/run/redis.sock"));
    finish(s);
    s = read_store("{ sentinel: { master: limits, urls: [ redis://127.0.0.1, redis://127.0.0.1:26380 ] }, database: 2 }");
    if (CHECK(s && s->store && s->store->sentinel)) {
        CHECK_INT(s->store->sentinel->urls.count, 2);
        CHECK_INT(s->store->sentinel->urls.at[0].port, 26379);
        CHECK_STR(s->store->sentinel->master, STR("limits"));
    }
    finish(s);
    check_fine("{ url: [ rediss://a.example, rediss://b.example:7001 ], cluster: true, identity: imds }");
    check_fine("{ url: redis://10.1.2.3, insecure_plain: true, password: env:PATH }");
}

TEST("an identity of the store asks for a token of Redis, and has no key")
{
    struct setup *s = read_store("{ url: rediss://a.example, identity: imds }");
    CHECK(s && s->store && s->store->identity && s->shelves_count == 1);
    finish(s);
    check_refused("{ url: rediss://a.example, identity: { key: env:PATH } }", "has no setting \"key\"");
}

TEST("URLs that cannot be are refused, each with its reason")
{
    check_refused("rubbish", "begins with redis://");
    check_refused("http://127.0.0.1", "begins with redis://");
    check_refused("redis://127.0.0.1:0", "port is a number");
    check_refused("redis://127.0.0.1:65536", "port is a number");
    check_refused("redis://127.0.0.1:x", "port is a number");
    check_refused("redis://", "neither a name nor an address");
    check_refused("redis://127.1", "neither a name nor an address");
    check_refused("redis://a b", "neither a name nor an address");
    check_refused("\"redis://[127.0.0.1]\"", "no IPv6 address");
    check_refused("\"redis://[::1]6379\"", "after the address");
    check_refused("redis://127.0.0.1/x", "the number of a database");
    check_refused("redis://127.0.0.1/70000", "the number of a database");
    check_refused("redis://127.0.0.1?db=1", "no query");
    check_refused("unix://run/redis.sock", "begins with /");
    check_refused("rediss://169.254.169.254", "no store");
    check_refused("{ url: [] }", "a URL is wanted");
}

TEST("a password in a URL is refused, and not shown")
{
    struct setup *s = read_store("rediss://user:hunter2@a.example");
    struct buf out;
    buf_init(&out, 64 * 1024);
    CHECK(!s && problems.errors == 1 && problems_print(&problems, &out));
    CHECK(str_find_str(buf_str(&out), STR("hunter2")) == buf_len(&out));
    CHECK(str_find_str(buf_str(&out), STR("password: file:PATH")) < buf_len(&out));
    buf_finish(&out);
    finish(s);
    check_refused("{ url: rediss://a.example, password: hunter2 }", "never written here");
}

TEST("what does not go together is said")
{
    check_refused("redis://a.example", "in plain text");
    check_refused("{ user: x }", "needs \"url\" or \"sentinel\"");
    check_refused("{ url: memory, user: x }", "nothing is said beside it");
    check_refused("{ url: [ redis://127.0.0.1, redis://127.0.0.1:1 ] }", "more than one server");
    check_refused("{ url: [ rediss://a.example, redis://127.0.0.1 ], cluster: true }", "speak TLS, or none");
    check_refused("{ url: redis://127.0.0.1, cluster: true, database: 1 }", "only the database 0");
    check_refused("{ url: redis://127.0.0.1/1, database: 2 }", "the URL says database 1");
    check_refused("{ url: unix:///r.sock, cluster: true }", "one server only");
    check_refused("{ url: redis://127.0.0.1, user: x }", "needs \"password\" or \"identity\"");
    check_refused("{ url: redis://127.0.0.1, tls_name: a }", "need TLS");
    check_refused("{ url: rediss://a.example, identity: imds, password: env:PATH }", "not both");
    check_refused("{ url: redis://10.0.0.1, identity: imds, insecure_plain: true }", "over TLS only");
    check_refused("{ url: redis://127.0.0.1, sentinel: { master: m, urls: redis://127.0.0.1 } }", "not both");
    check_refused("{ sentinel: { master: m, urls: redis://127.0.0.1 }, cluster: true }", "needs no sentinels");
    check_refused("{ sentinel: { urls: redis://127.0.0.1 } }", "needs \"master\"");
    check_refused("{ sentinel: { master: m, urls: redis://127.0.0.1, user: u } }", "needs its \"password\"");
    check_refused("{ url: redis://127.0.0.1, timeout: 2s }", "from 5ms to 1s");
}
