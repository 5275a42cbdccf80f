/* test_yaml.c - texts become trees that know their places, and what means two things is refused. */
#include "config/yaml.h"
#include "tests/harness/check.h"

static struct arena arena;
static struct problems problems;

static struct yaml *read_text(struct str text)
{
    arena_init(&arena, 64 * 1024 * 1024);
    problems_init(&problems, STR("t.yaml"), text);
    return yaml_read(&arena, text, &problems);
}

static void finish(void)
{
    problems_finish(&problems);
    arena_finish(&arena);
}

static void check_place(struct span span, unsigned line, unsigned column, unsigned len)
{
    CHECK_INT(span.line, line);
    CHECK_INT(span.column, column);
    CHECK_INT(span.len, len);
}

/* Exactly one complaint, with these words in it, at this place. */
static void check_refused(const char *text, const char *words, unsigned line, unsigned column)
{
    read_text(str_c(text));
    CHECK_INT(problems.errors, 1);
    if (problems.count) {
        if (!CHECK(strstr(problems.list[0].message, words)))
            printf("    %s: %s\n", text, problems.list[0].message);
        CHECK_INT(problems.list[0].span.line, line);
        CHECK_INT(problems.list[0].span.column, column);
    }
    finish();
}

TEST("lists, maps and scalars know their text and their place")
{
    struct yaml *root =
        read_text(STR("listen:\n  - address: 127.0.0.1:80\n    tls: \"no\"\nempty:\nmap: { a: [1, x] }\n"));
    CHECK(root && root->kind == YAML_MAP && problems.count == 0);
    struct yaml *listen = yaml_member(root, STR("listen"));
    CHECK(listen && listen->kind == YAML_LIST);
    check_place(listen->key_span, 1, 1, 6);
    struct yaml *address = yaml_member(listen->first, STR("address"));
    CHECK_STR(address->text, STR("127.0.0.1:80"));
    CHECK(address->is_plain);
    check_place(address->key_span, 2, 5, 7);
    check_place(address->span, 2, 14, 12);
    CHECK(!yaml_member(listen->first, STR("tls"))->is_plain);
    struct yaml *empty = yaml_member(root, STR("empty"));
    CHECK(empty->kind == YAML_SCALAR && empty->text.len == 0 && empty->is_plain);
    struct yaml *map = yaml_member(root, STR("map"));
    check_place(map->span, 5, 6, 13);
    CHECK_STR(map->first->first->next->text, STR("x"));
    CHECK(yaml_member(root, STR("nothing")) == NULL);
    CHECK(yaml_member(listen, STR("address")) == NULL);
    CHECK(yaml_member(NULL, STR("address")) == NULL);
    finish();
}

TEST("columns count characters, not bytes")
{
    struct yaml *root = read_text(STR("{ gru\xc3\x9f: \xf0\x9f\x98\x80, b: c }"));
    CHECK(root && problems.count == 0);
    struct yaml *b = yaml_member(root, STR("b"));
    check_place(b->key_span, 1, 12, 1);
    finish();
}

TEST("a byte order mark is no part of the file")
{
    struct yaml *root = read_text(STR("\xef\xbb\xbf# a comment\nb: c\n"));
    CHECK(root && problems.count == 0);
    check_place(yaml_member(root, STR("b"))->key_span, 2, 1, 1);
    finish();
}

TEST("JSON is read too")
{
    struct yaml *root = read_text(STR("{\"a\": [1, null, \"x\\u00e9\"], \"b\": {}}"));
    CHECK(root && problems.count == 0);
    CHECK_STR(root->first->first->next->next->text, STR("x\xc3\xa9"));
    finish();
}

TEST("what means two things is refused at its place")
{
    check_refused("a: 1\nb: 2\na: 3\n", "second time", 3, 1);
    check_refused("a: 1\nb:\n  c: &anchor 1\n", "anchors", 3, 6);
    check_refused("a: !!int 1\n", "tags", 1, 4);
    check_refused("--- {a: 1}\n--- {b: 1}\n", "second document", 2, 1);
    check_refused("? [a, b]\n: c\n", "key must be a word", 1, 3);
    check_refused("a: \"x\\0y\"\n", "NUL", 1, 4);
    check_refused("", "says nothing", 1, 1);
    check_refused("# only a comment\n", "says nothing", 2, 1);
    check_refused("a: [1, 2\nb: 3\n", "cannot be read", 2, 2);
    check_refused("a: \xff\n", "cannot be read", 1, 4);
}

TEST("an alias is refused together with its anchor, and the rest is still read")
{
    struct yaml *root = read_text(STR("a: &x 1\nb: *x\nc: 3\n"));
    CHECK(root != NULL);
    CHECK_INT(problems.errors, 2);
    CHECK_STR(yaml_member(root, STR("c"))->text, STR("3"));
    finish();
}

TEST("a line that does not begin where its neighbours do is told so")
{
    static const char *const TEXTS[] = { "a:\n  b: 1\n   c: 2\n", "a:\n  b: 1\n c: 2\n", "a:\n  - b\n  c: 1\n" };
    for (size_t i = 0; i < ARRAY_LEN(TEXTS); i++) {
        read_text(str_c(TEXTS[i]));
        CHECK(problems.count == 1 && problems.list[0].hint && strstr(problems.list[0].hint, "neighbours"));
        finish();
    }
}

TEST("a tab as indentation is called by its name")
{
    read_text(STR("a:\n\t- b\n"));
    CHECK(problems.count == 1 && problems.list[0].hint && strstr(problems.list[0].hint, "tabs"));
    finish();
}

TEST("a brace in a plain text inside braces is called by its name")
{
    read_text(STR("# gr\xc3\xbc\xc3\x9f\n{ \xc3\xbc: x, path: /a/{b}/c }\n"));
    CHECK(problems.count == 1 && problems.list[0].hint && strstr(problems.list[0].hint, "quotes"));
    finish();
}

TEST("depth, values and size have ceilings")
{
    char deep[200];
    for (int depth = 30; depth <= 34; depth++) {
        memset(deep, '[', (size_t)depth);
        memset(deep + depth, ']', (size_t)depth);
        struct yaml *root = read_text(str_of(deep, (size_t)depth * 2));
        CHECK((root != NULL) == (depth <= 32));
        finish();
    }
    struct buf many;
    buf_init(&many, 8 * 1024 * 1024);
    for (int i = 0; i < 100001; i++)
        CHECK(buf_add(&many, STR("- 1\n")));
    CHECK(read_text(buf_str(&many)) == NULL);
    CHECK_INT(problems.errors, 1);
    finish();
    while (buf_len(&many) <= 4 * 1024 * 1024)
        CHECK(buf_add(&many, STR("# a comment of some length\n")));
    CHECK(read_text(buf_str(&many)) == NULL);
    CHECK_INT(problems.errors, 1);
    finish();
    buf_finish(&many);
}

TEST("an arena that is too small is a complaint")
{
    arena_init(&arena, 16 * 1024);
    problems_init(&problems, STR("t.yaml"), STR_NONE);
    struct buf text;
    buf_init(&text, 1024 * 1024);
    for (int i = 0; i < 1000; i++)
        CHECK(buf_addf(&text, "key%d: 1\n", i));
    CHECK(yaml_read(&arena, buf_str(&text), &problems) == NULL);
    CHECK_INT(problems.errors, 1);
    buf_finish(&text);
    finish();
}
