/* test_rewrite.c - texts in other words, beside the edits that others make, and the hashes of findings. */
#include "proxy/base/hmac.h"
#include "tests/unit/request.h"

/* Rewrites the text that reads `from`. */
static bool rewrite(const char *from, const char *to)
{
    for (size_t i = 0; i < x.call.texts_count; i++)
        if (str_eq(x.call.texts[i].value, str_c(from)))
            return exchange_rewrite_text(&x, i, str_c(to)) && CHECK_STR(x.call.texts[i].value, str_c(to));
    CHECK(!"there is such a text");
    return false;
}

static void check_body(const char *wanted)
{
    struct buf out;
    buf_init(&out, 1 << 16);
    if (CHECK(rewrite_body(&x, &out)))
        CHECK_STR(buf_str(&out), str_c(wanted));
    buf_finish(&out);
}

TEST("texts are rewritten in their places, escaped, beside other edits")
{
    begin("/v1/chat/completions", "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"one\"},"
                                  "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"t\\u0077o\"}]}],\"max_tokens\":9}");
    CHECK(rewrite("two", "a \"quoted\"\nline, größer"));
    const struct jsonx_node *n = &x.json.nodes[x.call.output_limit_node];
    CHECK(exchange_edit(&x, n->start, n->end, STR("5")));
    n = &x.json.nodes[x.call.model_node];
    CHECK(exchange_edit(&x, n->start, n->end, STR("other")));
    check_body("{\"model\":\"other\",\"messages\":[{\"role\":\"user\",\"content\":\"one\"},"
               "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"a \\\"quoted\\\"\\nline, größer\"}]}],\"max_tokens\":5}");
    end();
    begin("/v1/embeddings", "{\"input\":[\"a\",\"b\",\"c\"],\"model\":\"m\"}");
    CHECK(rewrite("c", "") && rewrite("a", "x") && rewrite("x", "xx"));
    check_body("{\"input\":[\"xx\",\"b\",\"\"],\"model\":\"m\"}");
    end();
}

TEST("an edit over a text that is rewritten fails")
{
    begin("/v1/embeddings", "{\"input\":[\"a\",\"b\"],\"model\":\"m\"}");
    CHECK(rewrite("a", "x"));
    CHECK(exchange_edit(&x, 9, 18, STR("[]")));
    struct buf out;
    buf_init(&out, 1 << 16);
    CHECK(!rewrite_body(&x, &out));
    buf_finish(&out);
    end();
}

TEST("what something else is compared with is not rewritten")
{
    static const struct {
        const char *from, *to;
        bool may;
    } rows[] = {
        { "alice@home", "[EMAIL_1]", false },   { "alice@home", "Mia_1", true },     { "look_up", "see", false },
        { "who to look for", "whom", true },    { "who", "whom", false },            { "call 1", "call 2", false },
        { "{\"who\":\"Alice\"}", "{}", true },  { "one of them", "another", true },  { "part of", "", false },
        { "needed", "other", false },           { "said", "meant", true },
    };
    begin("/v1/chat/completions",
          "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"name\":\"alice@home\",\"content\":\"said\"},"
          "{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"call 1\",\"type\":\"function\","
          "\"function\":{\"name\":\"look_up\",\"arguments\":\"{\\\"who\\\":\\\"Alice\\\"}\"}}]}],"
          "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":{\"properties\":{\"who\":"
          "{\"description\":\"who to look for\",\"enum\":[\"one of them\"],\"$ref\":\"part of\"}},\"required\":[\"needed\"]}}}]}");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (!CHECK(rewrite(rows[i].from, rows[i].to) == rows[i].may))
            printf("  %s\n", rows[i].from);
    end();
    begin("/score", "{\"name\":\"Alice\",\"id\":\"x y\"}");
    CHECK(!rewrite("name", "n") && rewrite("Alice", "[NAME_1]") && rewrite("x y", "z"));
    check_body("{\"name\":\"[NAME_1]\",\"id\":\"z\"}");
    end();
}

TEST("a finding tells a keyed hash of what was found, and nothing of it")
{
    CHECK(secret_set(&setup.find_key, STR("0123456789abcdef")));
    begin("/v1/embeddings", "{\"input\":\"a\",\"model\":\"m\"}");
    exchange_report(&x, STR("r"), STR("c"), STR("user 0"), STR("mask"), STR("alice@example.org"));
    unsigned char mac[HMAC_BYTES];
    char hash[17] = "", wanted[200];
    CHECK(hmac_sha256(STR("0123456789abcdef"), STR("alice@example.org"), mac));
    hex_encode(hash, mac, 8);
    snprintf(wanted, sizeof wanted,
             "{\"rule\":\"r\",\"category\":\"c\",\"place\":\"user 0\",\"action\":\"mask\",\"hash\":\"%s\"}", hash);
    CHECK_STR(x.findings, str_c(wanted));
    size_t len = x.findings.len;
    exchange_report(&x, STR("r"), STR("c"), STR("user 0"), STR("mask"), STR(""));
    CHECK(x.findings.len > len && str_ends(x.findings, STR("\"action\":\"mask\"}")));
    for (int i = 0; i < 1000; i++)
        exchange_report(&x, STR("r"), STR("c"), STR("user 0"), STR("mask"), STR("x"));
    CHECK(x.findings.len <= 2400 && str_ends(x.findings, STR("\"}")));
    end();
    secret_finish(&setup.find_key);
}

TEST("HMAC-SHA-256 is that of RFC 4231")
{
    unsigned char mac[HMAC_BYTES];
    char text[2 * HMAC_BYTES];
    CHECK(hmac_sha256(STR("Jefe"), STR("what do ya want for nothing?"), mac));
    hex_encode(text, mac, sizeof mac);
    CHECK_STR(str_of(text, sizeof text), STR("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"));
    CHECK(str_eq(hmac_process_key(), hmac_process_key()) && hmac_process_key().len == HMAC_BYTES);
}
