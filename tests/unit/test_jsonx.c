/* test_jsonx.c - the index of a JSON text: what it refuses, what it finds, and that it stays linear. */
#include "proxy/base/jsonx.h"

#include "proxy/base/utf8.h"

#include "tests/harness/check.h"

#include <dirent.h>

static struct jsonx_error error;

static bool reads(struct jsonx *j, struct str text)
{
    return jsonx_index(j, text, &JSONX_LIMITS_DEFAULT, &error);
}

static bool accepts(struct str text)
{
    struct jsonx j;
    jsonx_init(&j);
    /* exactly as long as the text, so that ASan sees one byte too many */
    char *copy = malloc(text.len ? text.len : 1);
    memcpy(copy, text.at ? text.at : "", text.len);
    bool ok = reads(&j, str_of(copy, text.len));
    CHECK(ok == (j.count > 0));
    if (!ok)
        CHECK(error.why && error.offset <= text.len);
    jsonx_finish(&j);
    free(copy);
    return ok;
}

/* What the index says about `text`, as an S-expression, by walking with first and next. */
static void say(const struct jsonx *j, uint32_t node, struct buf *out)
{
    static const char *const words[] = { "null", "false", "true" };
    enum jsonx_kind kind = jsonx_kind(j, node);
    bool ok;
    if (kind < JSONX_NUMBER) {
        ok = buf_add(out, str_c(words[kind]));
    } else if (kind < JSONX_ARRAY) {
        ok = buf_add(out, jsonx_whole(j, node));
    } else {
        ok = buf_add(out, STR("("));
        for (uint32_t c = jsonx_first(j, node); c != JSONX_NO_NODE; c = jsonx_next(j, node, c)) {
            uint32_t key = jsonx_key_of(j, c);
            CHECK((key != JSONX_NO_NODE) == (kind == JSONX_OBJECT));
            if (key != JSONX_NO_NODE)
                ok = ok && buf_add(out, jsonx_raw(j, key)) && buf_add(out, STR("="));
            say(j, c, out);
            ok = ok && buf_add(out, STR(" "));
        }
        ok = ok && buf_add(out, STR(")"));
    }
    CHECK(ok);
}

TEST("values are found in the order of the text, containers by their brackets")
{
    struct jsonx j;
    struct buf out;
    jsonx_init(&j);
    buf_init(&out, 4096);
    struct str text = STR(" {\"a\" : [1, -2.5e+3,[ ],{}],\r\n\t\"b\":{\"c\":null,\"d\":[true,false]},\"e\":\"x\"} ");
    CHECK(reads(&j, text));
    say(&j, 0, &out);
    CHECK_STR(buf_str(&out), STR("(a=(1 -2.5e+3 () () ) b=(c=null d=(true false ) ) e=\"x\" )"));
    CHECK_STR(jsonx_raw(&j, jsonx_member(&j, 0, STR("a"))), STR("[1, -2.5e+3,[ ],{}]"));
    CHECK_INT(jsonx_kind(&j, jsonx_path(&j, 0, "b", "d", NULL)), JSONX_ARRAY);
    CHECK_INT(jsonx_path(&j, 0, "b", "d", "x", NULL), JSONX_NO_NODE);
    CHECK_INT(jsonx_path(&j, 0, "b", "x", "d", NULL), JSONX_NO_NODE);
    CHECK_INT(jsonx_member(&j, 0, STR("A")), JSONX_NO_NODE);
    CHECK_INT(j.nodes[0].next, j.count);
    buf_finish(&out);
    jsonx_finish(&j);
}

TEST("nothing there answers as null does")
{
    struct jsonx j;
    struct arena a;
    jsonx_init(&j);
    arena_init(&a, 1 << 16);
    CHECK(reads(&j, STR("7")));
    uint64_t number = 42;
    CHECK_INT(jsonx_kind(&j, JSONX_NO_NODE), JSONX_NULL);
    CHECK(!jsonx_is(&j, JSONX_NO_NODE, JSONX_NULL));
    CHECK_INT(jsonx_member(&j, JSONX_NO_NODE, STR("a")), JSONX_NO_NODE);
    CHECK_INT(jsonx_first(&j, JSONX_NO_NODE), JSONX_NO_NODE);
    CHECK_INT(jsonx_first(&j, 0), JSONX_NO_NODE);
    CHECK_INT(jsonx_next(&j, JSONX_NO_NODE, JSONX_NO_NODE), JSONX_NO_NODE);
    CHECK_INT(jsonx_key_of(&j, 0), JSONX_NO_NODE);
    CHECK_INT(jsonx_key_of(&j, JSONX_NO_NODE), JSONX_NO_NODE);
    CHECK(jsonx_raw(&j, JSONX_NO_NODE).len == 0 && jsonx_whole(&j, JSONX_NO_NODE).len == 0);
    CHECK(!jsonx_string(&j, JSONX_NO_NODE, &a).at && !jsonx_string(&j, 0, &a).at);
    CHECK(!jsonx_string_is(&j, JSONX_NO_NODE, STR("")));
    CHECK(!jsonx_u64(&j, JSONX_NO_NODE, &number) && number == 42);
    CHECK(jsonx_u64(&j, 0, &number) && number == 7);
    arena_finish(&a);
    jsonx_finish(&j);
}

TEST("integers are those written without sign, fraction and exponent")
{
    static const struct {
        struct str text;
        bool ok;
        uint64_t value;
    } rows[] = {
        { STR_INIT("0"), true, 0 },
        { STR_INIT("18446744073709551615"), true, UINT64_MAX },
        { STR_INIT("18446744073709551616"), false, 0 },
        { STR_INIT("-1"), false, 0 },
        { STR_INIT("-0"), false, 0 },
        { STR_INIT("1.0"), false, 0 },
        { STR_INIT("1e3"), false, 0 },
        { STR_INIT("\"1\""), false, 0 },
    };
    struct jsonx j;
    jsonx_init(&j);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        uint64_t value = 0;
        CHECK(reads(&j, rows[i].text));
        CHECK(jsonx_u64(&j, 0, &value) == rows[i].ok && value == rows[i].value);
    }
    jsonx_finish(&j);
}

TEST("strings are unescaped, and compared without unescaping them first")
{
    static const struct {
        struct str text, value;
    } rows[] = {
        { STR_INIT("\"\""), STR_INIT("") },
        { STR_INIT("\"plain\""), STR_INIT("plain") },
        { STR_INIT("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""), STR_INIT("\"\\/\b\f\n\r\t") },
        { STR_INIT("\"a\\u0041\\u00e9\\u20AC\\ud83d\\ude00z\""), STR_INIT("aA\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80z") },
        { STR_INIT("\"\\u0000\""), STR_INIT("\0") },
        { STR_INIT("\"\xd0\xb4\xd0\xb0 \xe2\x82\xac \xf0\x9f\x98\x80 \\n\""),
          STR_INIT("\xd0\xb4\xd0\xb0 \xe2\x82\xac \xf0\x9f\x98\x80 \n") },
    };
    struct jsonx j;
    struct arena a;
    jsonx_init(&j);
    arena_init(&a, 1 << 16);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CHECK(reads(&j, rows[i].text));
        struct str value = rows[i].value;
        CHECK_STR(jsonx_string(&j, 0, &a), value);
        CHECK_STR(jsonx_whole(&j, 0), rows[i].text);
        CHECK(jsonx_string_is(&j, 0, value));
        CHECK(!jsonx_string_is(&j, 0, STR("another")));
        if (value.len)
            CHECK(!jsonx_string_is(&j, 0, str_first(value, value.len - 1)));
    }
    arena_finish(&a);
    jsonx_finish(&j);
}

TEST("a key is found by what it means, not by how it is written")
{
    struct jsonx j;
    jsonx_init(&j);
    CHECK(reads(&j, STR("{\"\\u006d\\u006fdel\":\"gpt\"}")));
    CHECK_STR(jsonx_raw(&j, jsonx_member(&j, 0, STR("model"))), STR("gpt"));
    CHECK_INT(jsonx_member(&j, 0, STR("mode")), JSONX_NO_NODE);
    jsonx_finish(&j);
}

TEST("what two parsers could read differently is refused")
{
    static const struct {
        struct str text;
        const char *why;
    } rows[] = {
        { STR_INIT("{\"model\":1,\"model\":2}"), "duplicate key" },
        { STR_INIT("{\"model\":1,\"MODEL\":2}"), "duplicate key" },
        { STR_INIT("{\"model\":1,\"a\":{},\"m\\u004fdel\":2}"), "duplicate key" },
        { STR_INIT("{\"\\u00e9\":1,\"\xc3\xa9\":2}"), "duplicate key" },
        { STR_INIT("[{\"\":1,\"\":2}]"), "duplicate key" },
        { STR_INIT("{\"a\\u0000\":1}"), "NUL in a key" },
        { STR_INIT("\"\\ud800\""), "invalid or lone surrogate escape" },
        { STR_INIT("\"\\udc00\\ud800\""), "invalid or lone surrogate escape" },
        { STR_INIT("\"\\ud800\\u0041\""), "invalid or lone surrogate escape" },
        { STR_INIT("\"\xed\xa0\x80\""), "invalid UTF-8" },
        { STR_INIT("\"\xc0\xaf\""), "invalid UTF-8" },
        { STR_INIT("\"\xe0\x9f\xbf\""), "invalid UTF-8" },
        { STR_INIT("\"\xf4\x90\x80\x80\""), "invalid UTF-8" },
        { STR_INIT("\"\xe2\x82\""), "invalid UTF-8" },
        { STR_INIT("\xef\xbb\xbf{}"), "not a value" },
        { STR_INIT("{} {}"), "something follows the value" },
        { STR_INIT("{}\0"), "something follows the value" },
        { STR_INIT("7\0"), "something follows the value" },
        { STR_INIT("\"a\nb\""), "control byte in a string" },
        { STR_INIT(""), "empty text" },
        { STR_INIT("  "), "a value is expected" },
        { STR_INIT("01"), "invalid number" },
        { STR_INIT("[1,]"), "not a value" },
        { STR_INIT("{\"a\":1,}"), "a key is expected" },
        { STR_INIT("[1}"), "a comma or the closing bracket is expected" },
        { STR_INIT("NaN"), "not a value" },
        { STR_INIT("nul"), "not a value" },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CHECK(!accepts(rows[i].text));
        CHECK_STR(str_c(error.why), str_c(rows[i].why));
    }
    /* Equal only by a fold that is not ASCII case, or not at all: these are different keys. */
    CHECK(accepts(STR("{\"@\":1,\"`\":2,\"[\":3,\"{\":4,\"\xc3\xa9\":5,\"\xc3\x89\":6}")));
    CHECK(accepts(STR("[{\"a\":1},{\"a\":{\"a\":2}}]")));
}

/* One text of every kind of piece, long enough for the wide loops. */
static const struct str all_kinds = STR_INIT(
    "{\"messages\":[{\"role\":\"system\",\"content\":\"A somewhat longer text, with \\\"quotes\\\", \\u00e9, "
    "\xd1\x82\xd0\xb5\xd0\xba\xd1\x81\xd1\x82, \xe2\x82\xac and \xf0\x9f\x98\x80 in it.\\n\"},{}],\"n\":-1.5e-7,"
    "\"stream\":true,\"stop\":null,\"x\":[[],[false]]}");

TEST("a text cut anywhere is refused, and never read beyond its end")
{
    CHECK(accepts(all_kinds));
    for (size_t len = 0; len < all_kinds.len; len++)
        CHECK(!accepts(str_first(all_kinds, len)));
}

TEST("a control byte, a bad byte or a quote is seen wherever it lies in a long string")
{
    char text[100];
    for (size_t at = 1; at < sizeof text - 1; at++) {
        static const char bad[] = { 0, '\n', 0x1f, '"', '\\', (char)0x80, (char)0xff };
        for (size_t k = 0; k < sizeof bad; k++) {
            memset(text, 'a', sizeof text);
            text[0] = text[sizeof text - 1] = '"';
            CHECK(accepts(str_of(text, sizeof text)));
            text[at] = bad[k];
            CHECK(!accepts(str_of(text, sizeof text)));
        }
    }
}

TEST("characters of every width are seen whole or broken wherever they lie")
{
    static const char *const characters[] = { "é", "ж", "€", "ह", "한", "\xef\xbf\xbf", "😀", "\xf4\x8f\xbf\xbf" };
    static const char *const fillings[] = { "a", "ж", "中" };
    for (size_t f = 0; f < ARRAY_LEN(fillings); f++) {
        for (size_t c = 0; c < ARRAY_LEN(characters); c++) {
            for (size_t before = 0; before < 20; before++) {
                char text[200];
                size_t len = 0, width = strlen(characters[c]);
                text[len++] = '"';
                for (size_t i = 0; i < before; i++)
                    len = (size_t)((char *)mempcpy(text + len, fillings[f], strlen(fillings[f])) - text);
                size_t at = len;
                len = (size_t)((char *)mempcpy(text + len, characters[c], width) - text);
                for (size_t i = 0; i < 20; i++)
                    len = (size_t)((char *)mempcpy(text + len, fillings[f], strlen(fillings[f])) - text);
                text[len++] = '"';
                CHECK(accepts(str_of(text, len)));
                for (size_t i = 0; i < width; i++) {
                    static const unsigned char bytes[] = { 'a',  0x80, 0xbf, 0xc1, 0xc2, 0xe0,
                                                           0xe1, 0xed, 0xf0, 0xf5, 0xff };
                    for (size_t b = 0; b < ARRAY_LEN(bytes); b++) {
                        char was = text[at + i];
                        text[at + i] = (char)bytes[b];
                        CHECK(accepts(str_of(text, len)) == (utf8_valid_prefix(str_of(text, len)) == len));
                        text[at + i] = was;
                    }
                }
            }
        }
    }
}

TEST("depth and the number of values have a limit")
{
    struct jsonx j;
    jsonx_init(&j);
    struct jsonx_limits limits = { .depth = 3, .nodes = 5 };
    CHECK(jsonx_index(&j, STR("[[[]]]"), &limits, &error));
    CHECK(jsonx_index(&j, STR("[[[]],[[]]]"), &limits, &error));
    CHECK(!jsonx_index(&j, STR("[[[[]]]]"), &limits, &error));
    CHECK_STR(str_c(error.why), STR("nested too deep"));
    CHECK_INT(error.offset, 3);
    CHECK(jsonx_index(&j, STR("[1,2,3,4]"), &limits, &error));
    CHECK(!jsonx_index(&j, STR("[1,2,3,4,5]"), &limits, &error));
    CHECK_STR(str_c(error.why), STR("too many values"));
    CHECK_INT(j.count, 0);
    jsonx_finish(&j);
}

/* An object of `n` different keys and, when given, one more. */
static void add_keys(struct buf *b, size_t n, struct str head, struct str tail, struct str more)
{
    bool ok = buf_add(b, STR("{"));
    for (size_t i = 0; i < n; i++)
        ok = ok && buf_addf(b, "\"" STR_F "%08zu" STR_F "\":1,", STR_A(head), i, STR_A(tail));
    CHECK(ok && buf_addf(b, "\"" STR_F "\":1}", STR_A(more)));
}

TEST("a key twice is found among few, among many and among escaped ones")
{
    static const struct {
        struct str head, again;
    } rows[] = { { STR_INIT("key"), STR_INIT("KEY00000001x") },
                 { STR_INIT("k\\u00c9y"), STR_INIT("K\xc3\x89y00000001X") },
                 { STR_INIT("key"), STR_INIT("k\\u0045y00000001x") } };
    for (size_t n = 0; n < 70; n++) {
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
            struct buf b;
            buf_init(&b, 1 << 20);
            add_keys(&b, n, rows[i].head, STR("x"), rows[i].again);
            CHECK(accepts(buf_str(&b)) == (n < 2));
            CHECK(n < 2 || error.offset == buf_len(&b) - 4 - rows[i].again.len);
            buf_finish(&b);
        }
    }
}

TEST("whichever key comes twice is found, behind values of any shape")
{
    static const char *const values[] = { "1", "{\"a\":1,\"b\":[2,{}]}", "\"x\"", "[[],[{}]]" };
    for (size_t n = 1; n <= 20; n++) {
        for (size_t again = 0; again <= n; again++) {
            struct buf b;
            buf_init(&b, 1 << 20);
            bool ok = buf_add(&b, STR("{"));
            for (size_t i = 0; i < n; i++)
                ok = ok && buf_addf(&b, "\"k%0*zu\":%s,", (int)(i % 5), i, values[i % ARRAY_LEN(values)]);
            CHECK(ok && buf_addf(&b, "\"K%0*zu\":1}", (int)(again % 5), again));
            CHECK(accepts(buf_str(&b)) == (again == n));
            buf_finish(&b);
        }
    }
}

TEST("many keys cost linear time, also keys made to collide")
{
    struct buf b;
    buf_init(&b, 64 << 20);
    /* the middle differs only: the quick hash of small objects sees them all equal */
    add_keys(&b, 200000, STR("aaaaaaaa"), STR("bbbbbbbb"), STR("last"));
    double before = check_cpu_seconds();
    CHECK(accepts(buf_str(&b)));
    CHECK(check_cpu_seconds() - before < 5); /* quadratic would be an hour */
    buf_finish(&b);
}

TEST("an index serves one text after another and keeps its memory, unless it grew large")
{
    struct jsonx j;
    jsonx_init(&j);
    CHECK(reads(&j, STR("[1,2,3]")));
    const struct jsonx_node *nodes = j.nodes;
    CHECK(!reads(&j, STR("[1,2,3")));
    CHECK_INT(j.count, 0);
    CHECK(reads(&j, STR("{}")));
    CHECK(j.nodes == nodes && j.count == 1);
    struct buf b;
    buf_init(&b, 1 << 20);
    for (int i = 0; i < 40000; i++)
        CHECK(buf_add(&b, i ? STR(",1") : STR("[1")));
    CHECK(buf_add(&b, STR("]")) && reads(&j, buf_str(&b)));
    CHECK_INT(j.count, 40001);
    CHECK(reads(&j, STR("{}")) && j.room < 1000);
    buf_finish(&b);
    jsonx_finish(&j);
}

TEST("edits are spliced into the original bytes")
{
    struct buf out;
    buf_init(&out, 100);
    struct str text = STR("{\"a\": 1, \"b\":2 }");
    CHECK(jsonx_splice(text, NULL, 0, &out));
    CHECK_STR(buf_str(&out), text);
    buf_clear(&out);
    const struct jsonx_edit edits[] = {
        { 1, 1, STR_INIT("\"z\":0,") },
        { 6, 7, STR_INIT("100") },
        { 7, 15, STR_INIT("") },
    };
    CHECK(jsonx_splice(text, edits, ARRAY_LEN(edits), &out));
    CHECK_STR(buf_str(&out), STR("{\"z\":0,\"a\": 100}"));
    buf_finish(&out);
    buf_init(&out, 15);
    CHECK(!jsonx_splice(text, NULL, 0, &out));
    CHECK_INT(buf_len(&out), 0);
    buf_finish(&out);
    CHECK(jsonx_splice(STR(""), NULL, 0, &out));
}

static struct str file_read(const char *folder, const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "rb");
    if (!f)
        return STR_NONE;
    char *at = malloc(1 << 20);
    size_t len = fread(at, 1, 1 << 20, f);
    fclose(f);
    return str_of(at, len);
}

static bool is_listed(const char *const *list, const char *name)
{
    while (*list && strcmp(*list, name) != 0)
        list++;
    return *list != NULL;
}

/* Of the y_ files, those that are refused on purpose; of the i_ files and of test_transform, those accepted: numbers of
 * any size, since what they mean is their reader's business, and keys that only Unicode normalisation would join. */
static const char *const refused_on_purpose[] = { "y_object_duplicated_key.json",
                                                  "y_object_duplicated_key_and_value.json",
                                                  "y_object_escaped_null_in_key.json", NULL };
static const char *const accepted_by_choice[] = {
    "i_number_double_huge_neg_exp.json",
    "i_number_huge_exp.json",
    "i_number_neg_int_huge_exp.json",
    "i_number_pos_double_huge_exp.json",
    "i_number_real_neg_overflow.json",
    "i_number_real_pos_overflow.json",
    "i_number_real_underflow.json",
    "i_number_too_big_neg_int.json",
    "i_number_too_big_pos_int.json",
    "i_number_very_big_negative_int.json",
    "number_-9223372036854775808.json",
    "number_-9223372036854775809.json",
    "number_1.0.json",
    "number_1.000000000000000005.json",
    "number_1000000000000000.json",
    "number_10000000000000000999.json",
    "number_1e-999.json",
    "number_1e6.json",
    "number_9223372036854775807.json",
    "number_9223372036854775808.json",
    "object_key_nfc_nfd.json",
    "object_key_nfd_nfc.json",
    "string_with_escaped_NULL.json",
    NULL,
};

static void run_suite(const char *folder)
{
    DIR *dir = opendir(folder);
    if (!dir) {
        check_skip("the open suites are not here");
        return;
    }
    size_t files = 0;
    for (struct dirent *entry; (entry = readdir(dir));) {
        const char *name = entry->d_name;
        if (!str_ends(str_c(name), STR(".json")))
            continue;
        struct str text = file_read(folder, name);
        bool wanted = str_starts(str_c(name), STR("y_")) ? !is_listed(refused_on_purpose, name)
                                                         : is_listed(accepted_by_choice, name);
        files++;
        if (!CHECK(accepts(text) == wanted))
            printf("  %s is %s\n", name, wanted ? "refused" : "accepted");
        free((void *)(uintptr_t)text.at);
    }
    closedir(dir);
    CHECK(files > 0);
}

TEST("a byte that is no UTF-8 is called so wherever it stands in a long string")
{
    char text[] = "\"some forty bytes of plain text and no more\"";
    for (size_t at = 1; at < sizeof text - 2; at++) {
        struct jsonx j;
        char was = text[at];
        text[at] = '\x80';
        jsonx_init(&j);
        CHECK(!jsonx_index(&j, str_c(text), &JSONX_LIMITS_DEFAULT, &error));
        CHECK_STR(str_c(error.why), STR("invalid UTF-8"));
        CHECK_INT(error.offset, at);
        jsonx_finish(&j);
        text[at] = was;
    }
}

TEST("the index of a text that differs in some strings and numbers is what reading it anew gives")
{
    static const char first[] = "{ \"a\":\"one\", \"b\":[1,{\"c\":\"\"},[]],\"d\":{\"e\":22},\"f\":\"x\"}";
    static const struct {
        const char *text;
        bool is_such;
    } rows[] = {
        { first, true },
        { "{ \"a\":\"\", \"b\":[1,{\"c\":\"long\\n\\ud83d\\ude00 and é\"},[]],\"d\":{\"e\":7},\"f\":\"\\\"\"}", true },
        { "{ \"a\":\"0123456789abcdef0123\", \"b\":[345,{\"c\":\"\"},[]],\"d\":{\"e\":0},\"f\":\"y\"}", true },
        { "{ \"a\":\"one\", \"b\":[1,{\"c\":\"\"},[]],\"d\":{\"e\":022},\"f\":\"x\"}", false },
        { "{ \"a\":\"one\", \"b\":[1,{\"c\":\"\"},[]],\"d\":{\"e\":-2},\"f\":\"x\"}", false },
        { "{ \"a\":\"one\", \"b\":[1,{\"c\":\"\"},[]],\"d\":{\"e\":2.5},\"f\":\"x\"}", false },
        { "{ \"a\":\"one\", \"b\":[1,{\"c\":\"\"},[]],\"d\":{\"e\":22},\"f\":\"x\"} ", false },
        { "{ \"a\":\"one\", \"b\":[1,{\"c\":\"\"},[]],\"d\":{\"e\":22},\"f\":\"x\"", false },
        { "{ \"a\":\"one\", \"b\":[1,{\"c\":\"\"},[]],\"d\":{\"e\":22},\"f\":\"x", false },
        { "{ \"a\":\"one\", \"b\":[1,{\"C\":\"\"},[]],\"d\":{\"e\":22},\"f\":\"x\"}", false },
        { "{ \"a\":\"one\", \"b\":[1,{\"c\":\"\\ud83d\"},[]],\"d\":{\"e\":22},\"f\":\"x\"}", false },
        { "{ \"a\":\"o\ne\", \"b\":[1,{\"c\":\"\"},[]],\"d\":{\"e\":22},\"f\":\"x\"}", false },
        { "{ \"a\":\"o\x80\", \"b\":[1,{\"c\":\"\"},[]],\"d\":{\"e\":22},\"f\":\"x\"}", false },
        { "{ \"a\":null, \"b\":[1,{\"c\":\"\"},[]],\"d\":{\"e\":22},\"f\":\"x\"}", false },
        { "", false },
    };
    for (size_t row = 0; row < ARRAY_LEN(rows); row++) {
        struct jsonx j, whole;
        uint32_t changing[JSONX_CHANGING_MAX];
        size_t n = 0, len = strlen(rows[row].text);
        char *copy = malloc(len ? len : 1); /* exactly as long, so that ASan sees one byte too many */
        struct str text = str_of(copy, len);
        memcpy(copy, rows[row].text, len);
        jsonx_init(&j);
        jsonx_init(&whole);
        CHECK(reads(&j, str_c(first)));
        for (uint32_t i = 0; i < j.count; i++)
            if (!j.nodes[i].is_key && (j.nodes[i].kind == JSONX_STRING || j.nodes[i].kind == JSONX_NUMBER))
                changing[n++] = i;
        CHECK_INT(n, 5);
        bool is_such = jsonx_index_again(&j, str_c(first), text, changing, n);
        CHECK(is_such == rows[row].is_such);
        CHECK(reads(&whole, is_such ? text : str_c(first)));
        CHECK_INT(j.count, whole.count);
        CHECK_STR(j.text, whole.text);
        for (uint32_t i = 0; i < j.count; i++) {
            whole.nodes[i].hash = j.nodes[i].hash; /* of keys, while an index is made */
            CHECK(memcmp(&j.nodes[i], &whole.nodes[i], sizeof *j.nodes) == 0);
        }
        jsonx_finish(&j);
        jsonx_finish(&whole);
        free(copy);
    }
}

TEST("JSONTestSuite, parsing: every n_ refused, every y_ accepted but duplicate keys and NUL in keys")
{
    run_suite(EXAM_DIR "/json/test_parsing");
}

TEST("JSONTestSuite, transform: what two parsers turn into different values is refused")
{
    run_suite(EXAM_DIR "/json/test_transform");
}
