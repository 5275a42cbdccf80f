/* test_encoding.c - token counts: equal to those of tiktoken 0.14. */
#include "proxy/text/encoding.h"
#include "tests/harness/check.h"

static const struct {
    const char *text;
    uint64_t o200k, cl100k;
} CASES[] = {
    { "a", 1, 1 },
    { "The guard stands on the wall.", 7, 7 },
    { "  two  spaces   three", 6, 6 },
    { "line\n\n\n  next\t\tline \n", 7, 7 },
    { "It's we're THEY'LL o'clock 'S", 9, 11 },
    { "12345678 3.14159 Ⅷ½", 12, 12 },
    { "Grüße aus Köln, çava?", 9, 10 },
    { "Ёлка и снег", 5, 8 },
    { "日本語のテキストです。", 8, 10 },
    { "مرحبا بالعالم", 4, 10 },
    { "e\xCC\x81"
      "te\xCC\x81"
      " \xCC\x81"
      "x",
      7, 7 },
    { "HTTPServerXMLParser camelCaseWord", 7, 7 },
    { "https://example.org/a/b?c=d//e\n/", 13, 13 },
    { "🙂👨‍👩‍👧 ok", 10, 16 },
    { "{\"a\": [1, 2, {\"b\": null}]}", 15, 15 },
    { "\xC2\xA0"
      "\xE3\x80\x80"
      " x\xC2\x85"
      "y",
      6, 6 },
    { "supercalifragilisticexpialidocious", 10, 11 },
    { "    return x;\n}\n", 5, 5 },
};

TEST("texts have as many tokens as tiktoken counts")
{
    struct encoding *o200k = encoding_new(ENCODING_O200K), *cl100k = encoding_new(ENCODING_CL100K);
    CHECK(o200k && cl100k);
    for (size_t i = 0; i < ARRAY_LEN(CASES); i++) {
        CHECK_INT(encoding_count(o200k, str_c(CASES[i].text)), CASES[i].o200k);
        CHECK_INT(encoding_count(cl100k, str_c(CASES[i].text)), CASES[i].cl100k);
    }
    CHECK_INT(encoding_count(o200k, STR("")), 0);
    encoding_free(o200k);
    encoding_free(cl100k);
}

TEST("the longest runs never count less than they are")
{
    static char run[100000];
    struct encoding *o200k = encoding_new(ENCODING_O200K);
    memset(run, 'x', sizeof run);
    uint64_t n = encoding_count(o200k, str_of(run, sizeof run));
    CHECK(n >= 12500 && n <= 12500 + 2 * (sizeof run / 1024 + 1));
    encoding_free(o200k);
}

TEST("models have the encoding of their family")
{
    CHECK(encoding_of_model(STR("gpt-4o-mini")) == ENCODING_O200K);
    CHECK(encoding_of_model(STR("gpt-4-32k")) == ENCODING_CL100K);
    CHECK(encoding_of_model(STR("gpt-35-turbo")) == ENCODING_CL100K);
    CHECK(encoding_of_model(STR("a-model-of-tomorrow")) == ENCODING_O200K);
}
