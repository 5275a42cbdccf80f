/* test_field_path.c - places in a document, as operators write them. */
#include "filters/detect/field_path.h"

#include "tests/harness/check.h"

struct seen {
    const struct jsonx *json;
    char text[256];
    size_t len;
};

static bool found(void *owner, uint32_t node)
{
    struct seen *s = owner;
    struct str raw = jsonx_raw(s->json, node);
    CHECK(s->len + raw.len + 1 < sizeof s->text);
    memcpy(s->text + s->len, raw.at, raw.len);
    s->len += raw.len;
    s->text[s->len++] = ' ';
    return true;
}

TEST("a path leads to what it names, in the order of the document")
{
    static const struct str body = STR_INIT("{\"input_data\":{\"columns\":[\"a\"],\"data\":[[1,2,\"x\"],[3,4,\"y\"],[5]]},\"a.b\":{\"c d\":7},\"k\":{\"p\":1,\"q\":2},\"Quer\\u0079Text\":8,\"$\":5,\"$x\":6}");
    static const struct {
        const char *path, *leads_to;
    } rows[] = {
        { "input_data.data[*][2]", "x y " }, { "input_data.data[1]", "[3,4,\"y\"] " }, { "input_data.data[0][0]", "1 " }, { "k.*", "1 2 " }, { "k[*]", "1 2 " },
        { "[\"a.b\"]['c d']", "7 " }, { "input_data.data[9]", "" }, { "nothing", "" }, { "k[0]", "" }, { "input_data.*[0]", "a [1,2,\"x\"] " },
        { "$.input_data.data[*][2]", "x y " }, { "$['a.b']['c d']", "7 " }, { "$.k.*", "1 2 " }, { "$.*.p", "1 " }, { "$x", "6 " }, { "['$']", "5 " },
        { "Input_Data.COLUMNS", "[\"a\"] " }, { "queryTEXT", "8 " }, /* as some servers bind them */
    };
    struct jsonx json;
    struct jsonx_error error;
    jsonx_init(&json);
    CHECK(jsonx_index(&json, body, &JSONX_LIMITS_DEFAULT, &error));
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct field_path path;
        struct seen s = { .json = &json };
        const char *why;
        CHECK(field_path_read(str_c(rows[i].path), &path, &why));
        CHECK(field_path_walk(&path, &json, found, &s));
        CHECK_STR(str_of(s.text, s.len), str_c(rows[i].leads_to));
    }
    jsonx_finish(&json);
}

TEST("what is no path is refused")
{
    static const char *const rows[] = { "", ".", "a.", ".a", "a..b", "a[", "a[]", "a[x]", "a[1", "a[\"b]", "a[\"b\"", "a[1]b", "[1].", "a[-1]", "$.", "$..a", "a..", "$[", "$.a.",
                                        "/input_data/data", "$./a",
                                        "a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q" };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct field_path path;
        const char *why = NULL;
        CHECK(!field_path_read(str_c(rows[i]), &path, &why) && why);
    }
}
