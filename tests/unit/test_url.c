/* test_url.c - URLs, escapes, plain paths, and addresses that try to hide. */
#include "proxy/http/url.h"
#include "tests/harness/check.h"

TEST("a URL is taken apart")
{
    struct url u;
    const char *why = NULL;
    CHECK(url_parse(STR("https://a.openai.azure.com/openai?x=1?y"), &u, &why));
    CHECK(u.tls && u.port == 443 && !u.has_port && !u.host_is_v6);
    CHECK_STR(u.host, STR("a.openai.azure.com"));
    CHECK_STR(u.path, STR("/openai"));
    CHECK_STR(u.query, STR("x=1?y"));
    CHECK(url_parse(STR("HTTP://[::1]:8080"), &u, &why));
    CHECK(!u.tls && u.port == 8080 && u.has_port && u.host_is_v6 && u.query.at == NULL);
    CHECK_STR(u.host, STR("::1"));
    CHECK_STR(u.path, STR(""));
    CHECK(url_parse(STR("http://a:?"), &u, &why));
    CHECK(u.port == 80 && !u.has_port && u.query.at != NULL && !u.query.len);
}

TEST("a URL that could be read in two ways is refused")
{
    static const char *const bad[] = {
        "",
        "a",
        "ftp://a/",
        "http:/a",
        "http://",
        "http:///x",
        "http://u@a/",
        "http://u:p@a",
        "http://a#f",
        "http://a/#f",
        "http://a b/",
        "http://a/\t",
        "http://a/\x7f",
        "http://a:0/",
        "http://a:65536/",
        "http://a:b/",
        "http://[::1/",
        "http://[a]/",
        "http://a\\@b/",
        "http://a%2e/",
        "http://a,b/",
        "http://\xc3\xa9/",
        "http://a/x\\y",
    };
    struct url u;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        const char *why = NULL;
        if (!CHECK(!url_parse(str_c(bad[i]), &u, &why) && why))
            printf("  [%s]\n", bad[i]);
    }
}

TEST("escapes are decoded and encoded")
{
    struct arena a;
    struct buf b;
    struct str s = STR("untouched");
    arena_init(&a, 1 << 20);
    buf_init(&b, 100);
    CHECK(url_decode(&a, STR("a%20b%2Fc%5c+"), false, &s));
    CHECK_STR(s, STR("a b/c\\+"));
    CHECK(!url_decode(&a, STR("a%2fb"), true, &s));
    CHECK(!url_decode(&a, STR("a%5Cb"), true, &s));
    CHECK(url_decode(&a, STR("a/b"), true, &s));
    CHECK(!url_decode(&a, STR("%00"), false, &s));
    CHECK(!url_decode(&a, STR("%0"), false, &s));
    CHECK(!url_decode(&a, STR("%g0"), false, &s));
    CHECK(!url_decode(&a, str_of("a\0b", 3), false, &s));
    CHECK_STR(s, STR("a/b"));
    CHECK(url_decode(&a, STR(""), false, &s) && s.at && !s.len);
    CHECK(url_encode(&b, STR("aZ09-._~ /\xc3\xa9%")));
    CHECK_STR(buf_str(&b), STR("aZ09-._~%20%2F%C3%A9%25"));
    buf_finish(&b);
    buf_init(&b, 5);
    CHECK(!url_encode(&b, STR("//")));
    buf_finish(&b);
    arena_finish(&a);
}

TEST("a plain path means one thing only")
{
    static const char *const plain[] = { "/",         "/a",     "/a/",     "/a/b.c/d", "/...",   "/.a",  "/%C3%A9",
                                         "/\xc3\xa9", "/a%20b", "/100%25", "/a;b",     "/%25g0", "/a..b" };
    static const char *const odd[] = { "",         "a",      "//",      "/a//b",  "/.",       "/./a",
                                       "/..",      "/a/..",  "/%2e",    "/.%2E/", "/a%2fb",   "/a%5cb",
                                       "/a\\b",    "/a%00",  "/a\x01",  "/a%7f",  "/a%0d%0a", "/..;a/b",
                                       "/;a",      "/.%3bx", "/%c0%ae", "/%ff",   "/%e9",     "/%252e/x",
                                       "/a%252fb", "/a%",    "/a%2",    "/%C3",   "//a" };
    for (size_t i = 0; i < ARRAY_LEN(plain); i++)
        if (!CHECK(url_path_is_plain(str_c(plain[i]))))
            printf("  [%s]\n", plain[i]);
    for (size_t i = 0; i < ARRAY_LEN(odd); i++)
        if (!CHECK(!url_path_is_plain(str_c(odd[i]))))
            printf("  [%s]\n", odd[i]);
}

TEST("a query parameter is found and counted, also under an encoded name")
{
    size_t count;
    CHECK_STR(url_query_value(STR("a=1&api-version=2&b"), STR("api-version"), &count), STR("2"));
    CHECK_INT(count, 1);
    CHECK_STR(url_query_value(STR("api%2Dversion=x%20&api-version=2"), STR("api-version"), &count), STR("x%20"));
    CHECK_INT(count, 2);
    CHECK(url_query_value(STR("a&b"), STR("b"), &count).at != NULL);
    CHECK_INT(count, 1);
    CHECK(url_query_value(STR("ab=1&=2&&a%"), STR("a"), &count).at == NULL);
    CHECK_INT(count, 0);
    CHECK(url_query_value(STR_NONE, STR("a"), &count).at == NULL);
}

TEST("a name in a query is told through its escapes and its case")
{
    CHECK(url_is_named(STR("api-key"), STR("api-key")));
    CHECK(url_is_named(STR("API%2dKey"), STR("api-key")));
    CHECK(url_is_named(STR("%61%50i-key"), STR("api-key")));
    CHECK(!url_is_named(STR("api-keys"), STR("api-key")));
    CHECK(!url_is_named(STR("api-ke"), STR("api-key")));
    CHECK(!url_is_named(STR("api%2"), STR("api-key")));
    CHECK(!url_is_named(STR_NONE, STR("api-key")));
}

static const struct {
    const char *text, *is; /* NULL: a name */
} LENIENT[] = {
    { "127.0.0.1", "127.0.0.1" },
    { "127.1", "127.0.0.1" },
    { "2130706433", "127.0.0.1" },
    { "0x7f000001", "127.0.0.1" },
    { "0X7F.1", "127.0.0.1" },
    { "0177.0.0.01", "127.0.0.1" },
    { "169.254.169.254.", "169.254.169.254" },
    { "0251.0376.0251.0376", "169.254.169.254" },
    { "0xa9fea9fe", "169.254.169.254" },
    { "169.254.43518", "169.254.169.254" },
    { "0", "0.0.0.0" },
    { "[::ffff:169.254.169.254]", "::ffff:169.254.169.254" },
    { "::1", "::1" },
    { "fe80::1%25eth0", "fe80::1" },
    { "256.0.0.1", NULL },
    { "4294967296", NULL },
    { "1.2.3.4.5", NULL },
    { "08.0.0.1", NULL },
    { "a", NULL },
    { "1.a", NULL },
    { "1..2", NULL },
    { "", NULL },
    { ".", NULL },
    { "example.com", NULL },
    { "99999999999999999999999", NULL },
};

TEST("an address is read as the C library would")
{
    for (size_t i = 0; i < ARRAY_LEN(LENIENT); i++) {
        struct ip_address ip;
        char text[64] = "";
        bool ok = ip_parse_lenient(str_c(LENIENT[i].text), &ip);
        if (!CHECK(ok == (LENIENT[i].is != NULL)) || (ok && !CHECK(ip_print(&ip, text, sizeof text))))
            printf("  [%s]\n", LENIENT[i].text);
        if (ok && LENIENT[i].is)
            CHECK_STR(str_c(text), str_c(LENIENT[i].is));
    }
}

TEST("the strict form has no other spellings")
{
    static const char *const bad[] = { "",          "1.2.3",    "1.2.3.4.5", "01.2.3.4", "1.2.3.256",
                                       "0x1.2.3.4", " 1.2.3.4", "1.2.3.4 ",  ":::",      "1:2",
                                       "::1%eth0",  "12345::",  "[::1]",     "::1.2.3" };
    struct ip_address ip;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        if (!CHECK(!ip_parse(str_c(bad[i]), &ip)))
            printf("  [%s]\n", bad[i]);
    CHECK(!ip_parse(str_of("1.2.3.4\0", 8), &ip));
    CHECK(ip_parse(STR("1.2.3.4"), &ip) && ip.is_v4);
    CHECK(ip_parse(STR("2001:db8::1"), &ip) && !ip.is_v4);
    char small[4];
    CHECK(!ip_print(&ip, small, sizeof small));
}

enum { HERE = 1, METADATA = 2, PRIVATE = 4, INSIDE = 8 };

static const struct {
    const char *text;
    int is;    /* by itself */
    int leads; /* perhaps: METADATA, INSIDE, both or neither */
} PLACES[] = {
    { "127.0.0.1", HERE, INSIDE },
    { "127.255.0.1", HERE, INSIDE },
    { "0.0.0.0", HERE, INSIDE },
    { "::", HERE, INSIDE },
    { "::1", HERE, INSIDE },
    { "::ffff:127.0.0.1", HERE, INSIDE },
    { "::127.0.0.1", 0, INSIDE },
    { "64:ff9b::7f00:1", 0, INSIDE },
    { "2002:7f00:1::", 0, INSIDE },
    { "169.254.169.254", METADATA, METADATA | INSIDE },
    { "::ffff:169.254.169.254", METADATA, METADATA | INSIDE },
    { "64:ff9b::a9fe:a9fe", 0, METADATA | INSIDE },
    { "64:ff9b:1::a9fe:a9fe", 0, METADATA | INSIDE }, /* RFC 8215, with each prefix of RFC 6052 */
    { "64:ff9b:1:0:a9:fea9:fe00:0", 0, METADATA | INSIDE },
    { "64:ff9b:1:a9:fe:a9fe::", 0, METADATA | INSIDE },
    { "64:ff9b:1:a9fe:a9:fe00::", 0, METADATA | INSIDE },
    { "64:ff9b:1:808:8:800::", 0, INSIDE },
    { "64:ff9b:1::7f00:1", 0, INSIDE },
    { "::ffff:0:a9fe:a9fe", 0, METADATA | INSIDE }, /* RFC 7915 */
    { "2002:a9fe:a9fe::", 0, METADATA | INSIDE },
    { "168.63.129.16", METADATA, METADATA | INSIDE },
    { "168.63.129.17", 0, 0 },
    { "100.100.100.200", METADATA | PRIVATE, METADATA | INSIDE },
    { "fe80::1", METADATA, METADATA | INSIDE },
    { "febf::1", METADATA, METADATA | INSIDE },
    { "fd00:ec2::254", METADATA | PRIVATE, METADATA | INSIDE },
    { "10.1.2.3", PRIVATE, INSIDE },
    { "::ffff:10.1.2.3", PRIVATE, INSIDE },
    { "::10.1.2.3", 0, INSIDE },
    { "::ffff:0:a01:203", 0, INSIDE },
    { "64:ff9b::a01:203", PRIVATE, INSIDE }, /* IPv6 networks reach their own IPv4 so */
    { "64:ff9b::808:808", 0, 0 },
    { "2002:a01:203::", 0, INSIDE },
    { "2002:a01:203::10.1.2.3", 0, INSIDE },
    { "2002:808:808::10.1.2.3", 0, 0 },
    { "172.31.0.1", PRIVATE, INSIDE },
    { "172.32.0.1", 0, 0 },
    { "192.168.0.1", PRIVATE, INSIDE },
    { "100.127.0.1", PRIVATE, INSIDE },
    { "100.128.0.1", 0, 0 },
    { "fc00::1", PRIVATE, INSIDE },
    { "fdff::1", PRIVATE, INSIDE },
    { "2001:db8::1", 0, 0 },
    { "8.8.8.8", 0, 0 },
};

TEST("loopback, metadata and private places are known by themselves, and where others may lead, inside of IPv6")
{
    for (size_t i = 0; i < ARRAY_LEN(PLACES); i++) {
        struct ip_address ip;
        CHECK(ip_parse(str_c(PLACES[i].text), &ip));
        int is = ip_is_loopback(&ip) * HERE + ip_is_metadata(&ip) * METADATA + ip_is_private(&ip) * PRIVATE;
        int leads = ip_leads_to_metadata(&ip) * METADATA + ip_leads_inside(&ip) * INSIDE;
        if (!CHECK_INT(is, PLACES[i].is) || !CHECK_INT(leads, PLACES[i].leads))
            printf("  [%s]\n", PLACES[i].text);
    }
}

TEST("what the kernel tells is read as what is written; a mapped address is IPv4")
{
    static const uint8_t V4[4] = { 10, 1, 2, 3 }, MAPPED[16] = { [10] = 0xff, 0xff, 10, 1, 2, 3 }, V6[16] = { 0x20, 0x01 };
    struct ip_address written, told = ip_of_bytes(V4, true), mapped = ip_of_bytes(MAPPED, false);
    CHECK(ip_parse(STR("10.1.2.3"), &written));
    CHECK(told.is_v4 && memcmp(told.bytes, written.bytes, 16) == 0);
    CHECK(mapped.is_v4 && memcmp(mapped.bytes, written.bytes, 16) == 0);
    CHECK(ip_parse(STR("2001::"), &written));
    told = ip_of_bytes(V6, false);
    CHECK(!told.is_v4 && memcmp(told.bytes, written.bytes, 16) == 0);
}

static bool has(const char *net, const char *ip)
{
    struct cidr n;
    struct ip_address a;
    return cidr_parse(str_c(net), &n) && ip_parse(str_c(ip), &a) && cidr_has(&n, &a);
}

TEST("networks hold their addresses, IPv4 and IPv6 apart")
{
    CHECK(has("10.0.0.0/8", "10.255.1.2") && !has("10.0.0.0/8", "11.0.0.0"));
    CHECK(has("10.1.2.3/8", "10.9.9.9"));
    CHECK(has("10.1.2.3", "10.1.2.3") && !has("10.1.2.3", "10.1.2.4"));
    CHECK(has("192.168.1.128/25", "192.168.1.129") && !has("192.168.1.128/25", "192.168.1.127"));
    CHECK(has("0.0.0.0/0", "8.8.8.8") && !has("0.0.0.0/0", "2001:db8::1"));
    CHECK(has("::/0", "2001:db8::1") && !has("::/0", "8.8.8.8"));
    CHECK(has("2001:db8::/33", "2001:db8:7fff::1") && !has("2001:db8::/33", "2001:db8:8000::1"));
    CHECK(has("10.0.0.0/8", "::ffff:10.1.1.1"));
    struct cidr n;
    static const char *const bad[] = { "",         "/8",          "10.0.0.0/",    "10.0.0.0/33",  "::/129",
                                       "10.0.0/8", "10.0.0.0/+8", "10.0.0.0/8/8", "10.0.0.0/0008" };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        if (!CHECK(!cidr_parse(str_c(bad[i]), &n)))
            printf("  [%s]\n", bad[i]);
}

TEST("a port is a number from 1 to 65535, and no host by itself is this machine unless it says so")
{
    uint16_t port = 7;
    CHECK(port_parse(STR("1"), &port) && port == 1);
    CHECK(port_parse(STR("65535"), &port) && port == 65535);
    static const char *const WRONG[] = { "", "0", "65536", "000080", "+1", "1 ", "x" };
    for (size_t i = 0; i < ARRAY_LEN(WRONG); i++)
        CHECK(!port_parse(str_c(WRONG[i]), &port) && port == 65535);
    CHECK(host_is_loopback(STR("localhost")) && host_is_loopback(STR("127.0.0.2")) && host_is_loopback(STR("::1")));
    CHECK(!host_is_loopback(STR("localhost.example")) && !host_is_loopback(STR("")) && !host_is_loopback(STR("2002:7f00:1::")));
}
