/* test_finding.c - where findings are: the way to a text, and bytes of what was sent, whatever has become of it since. */
#include "proxy/core/finding_place.h"
#include "tests/unit/request.h"

/* The text in which `what` stands, and where. */
static struct finding finding_of(const char *what)
{
    struct finding f = { .rule = STR("r"), .category = STR("c"), .action = STR("mask") };
    for (size_t i = 0; i < x.call.texts_count; i++) {
        size_t at = str_find_str(x.call.texts[i].value, str_c(what));
        if (at == x.call.texts[i].value.len)
            continue;
        f.text = &x.call.texts[i];
        f.start = at;
        f.end = at + strlen(what);
    }
    CHECK(f.text != NULL);
    return f;
}

static void tells(const struct finding *f, const char *wanted)
{
    x.findings = STR_NONE;
    exchange_find(&x, f);
    if (!CHECK(str_find_str(x.findings, str_c(wanted)) < x.findings.len))
        printf("  " STR_F "\n", STR_A(x.findings));
}

/* Bytes of the body from "at" on. */
static void stands_at(const char *written)
{
    struct str told = str_from(x.findings, str_find_str(x.findings, STR("\"at\":")) + 5);
    uint64_t at = 0;
    CHECK(str_to_u64(str_first(told, str_find(told, ',')), &at));
    CHECK(str_starts(str_from(buf_str(&x.body), (size_t)at), str_c(written)));
}

TEST("a finding names the way to its text, its bytes there and in the body")
{
    begin("/v1/chat/completions", "{\"model\":\"m\", \"messages\":[{\"role\":\"system\",\"content\":\"s\"},"
                                  "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"a\"},{\"type\":\"text\",\"text\":\"say kim\"}]}]}");
    struct finding f = finding_of("kim");
    tells(&f, "\"place\":\"user 1\",\"path\":\"messages[1].content[1].text\",\"offset\":4,\"length\":3,\"at\":");
    stands_at("kim\"}");
    f.start = f.end = 0;
    tells(&f, "\"path\":\"messages[1].content[1].text\",\"at\":");
    stands_at("say kim");
    f.place = STR("elsewhere");
    tells(&f, "\"place\":\"elsewhere\",\"path\":\"messages[1].content[1].text\"");
    end();
}

TEST("bytes behind escapes are found where they are written")
{
    begin("/v1/embeddings", "{\"model\":\"m\",\"input\":[\"\\u00e9\\n\\ud83d\\ude00 \\\"kim\\u0041\\\"\"]}");
    struct finding f = finding_of("kimA");
    tells(&f, "\"path\":\"input[0]\",\"offset\":9,\"length\":4,");
    stands_at("kim\\u0041");
    f.start += 3;
    tells(&f, "\"offset\":12,\"length\":1,");
    stands_at("\\u0041\\\"");
    end();
}

TEST("of a text that was rewritten the bytes are those that were sent")
{
    begin("/v1/embeddings", "{\"model\":\"m\",\"input\":\"to \\u006bim of ann by 4711, here\"}");
    size_t i = (size_t)(finding_of("kim").text - x.call.texts);
    CHECK(exchange_rewrite_text(&x, i, STR("to [NAME_1] of ann by [NAME_2], here")));
    struct finding f = finding_of("to");
    tells(&f, "\"offset\":0,\"length\":2,");
    f = finding_of("here");
    tells(&f, "\"offset\":23,\"length\":4,");
    stands_at("here");
    f = finding_of("ann"); /* between what was rewritten */
    tells(&f, "\"offset\":10,\"length\":3,");
    stands_at("ann");
    f = finding_of("NAME_2"); /* nowhere in what was sent: all that was rewritten */
    tells(&f, "\"offset\":3,\"length\":18,");
    stands_at("\\u006bim of ann");
    end();
    begin("/v1/embeddings", "{\"model\":\"m\",\"input\":\"to kim of ann, ann by 4711, here\"}");
    i = (size_t)(finding_of("kim").text - x.call.texts);
    CHECK(exchange_rewrite_text(&x, i, STR("to [NAME_1] of ann, ann by [NAME_2], here")));
    f = finding_of("ann"); /* one of two */
    tells(&f, "\"offset\":3,\"length\":23,");
    end();
}

TEST("names that the APIs have are told, in items, searches and options too")
{
    begin("/v1/responses", "{\"model\":\"m\",\"input\":[{\"type\":\"code_interpreter_call\",\"outputs\":[{\"type\":\"logs\",\"logs\":\"kim\"}]},"
                           "{\"type\":\"local_shell_call\",\"action\":{\"type\":\"exec\",\"command\":[\"ann\"]}}],\"safety_identifier\":\"sam\"}");
    struct finding f = finding_of("kim");
    tells(&f, "\"path\":\"input[0].outputs[0].logs\",");
    f = finding_of("ann");
    tells(&f, "\"path\":\"input[1].action.command[0]\",");
    f = finding_of("sam");
    tells(&f, "\"path\":\"safety_identifier\",");
    end();
}

TEST("names that are the caller's own are told by their place")
{
    begin("/v1/chat/completions",
          "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"q\"}],\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\","
          "\"parameters\":{\"properties\":{\"sum\":{\"type\":\"number\"},\"kim's card\":{\"description\":\"of the card\"}}}}}]}");
    struct finding f = finding_of("of the card");
    tells(&f, "\"path\":\"tools[0].function.parameters.properties.#1.description\",");
    f = finding_of("kim");
    tells(&f, "\"path\":\"tools[0].function.parameters.properties.#1 (name)\",\"offset\":0,\"length\":3,");
    stands_at("kim's");
    end();
    begin("/score", "{\"kim\":{\"ann\":[1,[\"note\"]]}}");
    f = finding_of("note");
    tells(&f, "\"place\":\"user 0\",\"path\":\"#0.#0[1][0]\",");
    end();
}

TEST("a way that is too long is told as far as there is room")
{
    char body[2048] = "";
    struct buf b;
    buf_init(&b, sizeof body);
    CHECK(buf_add(&b, STR("{\"inputs\":")));
    for (int i = 0; i < 60; i++)
        CHECK(buf_add(&b, STR("[0,0,0,")));
    CHECK(buf_add(&b, STR("\"note\"")));
    for (int i = 0; i < 60; i++)
        CHECK(buf_add(&b, STR("]")));
    CHECK(buf_add(&b, STR("}")));
    memcpy(body, buf_str(&b).at, buf_len(&b));
    buf_finish(&b);
    begin("/score", body);
    struct finding f = finding_of("note");
    tells(&f, "\"path\":\"inputs[3][3][3]");
    tells(&f, "[3]…\",\"offset\":0,\"length\":4,\"at\":");
    stands_at("note");
    end();
}

TEST("what is found in answers is counted from the beginning of its text")
{
    begin("/v1/embeddings", "{\"model\":\"m\",\"input\":\"q\"}");
    struct answer_text text = { .channel = CHANNEL_ARGUMENTS, .choice = 2 };
    struct finding f = { .rule = STR("r"), .category = STR("c"), .action = STR("mask"), .of = &text, .start = 70, .end = 75 };
    tells(&f, "\"place\":\"arguments 2\",\"offset\":70,\"length\":5,\"action\"");
    text = (struct answer_text){ .channel = CHANNEL_CONTENT, .json = &x.json, .node = 4, .fresh = STR("q") };
    f.start = 0;
    f.end = 1;
    tells(&f, "\"place\":\"content 0\",\"path\":\"input\",\"offset\":0,\"length\":1,\"at\":");
    stands_at("q\"}");
    end();
}

TEST("the first findings stay, and what does not fit costs nothing more")
{
    begin("/v1/embeddings", "{\"model\":\"m\",\"input\":\"a kim\"}");
    struct finding f = finding_of("kim");
    for (int i = 0; i < 1000; i++)
        exchange_find(&x, &f);
    CHECK(x.findings_full && x.findings.len <= 2400 && str_ends(x.findings, STR("\"}")));
    end();
}
