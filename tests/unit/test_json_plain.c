/* test_json_plain.c - escapes that need not be, cut at every byte: read as what they mean, written as they were spelled. */
#include "proxy/base/json_plain.h"

#include "tests/harness/check.h"

enum { ROOM = 4096 };

/* `text` in two pieces, cut at `cut`: plain text into `plain`, what is written of it into `written`. */
static void through(struct str text, size_t cut, bool is_last, struct buf *plain, struct buf *written)
{
    struct json_plain p = { 0 };
    struct arena joined;
    struct buf work, out;
    arena_init(&joined, ROOM);
    buf_init(&work, ROOM);
    buf_init(&out, ROOM);
    buf_clear(plain);
    buf_clear(written);
    for (unsigned i = 0; i < 2; i++) {
        struct str piece = i ? str_from(text, cut) : str_first(text, cut);
        CHECK(json_plain_read(&p, &piece, i && is_last, &joined, &work) && buf_add(plain, piece));
        CHECK(json_plain_write(&p, &piece, &out) && buf_add(written, piece));
    }
    buf_finish(&work);
    buf_finish(&out);
    arena_finish(&joined);
}

static void check_all_cuts(const char *text, const char *plain, const char *written)
{
    struct buf read, wrote;
    struct str t = str_c(text);
    buf_init(&read, ROOM);
    buf_init(&wrote, ROOM);
    for (size_t cut = 0; cut <= t.len; cut++) {
        through(t, cut, true, &read, &wrote);
        CHECK_STR(buf_str(&read), str_c(plain));
        CHECK_STR(buf_str(&wrote), str_c(written ? written : text));
    }
    buf_finish(&read);
    buf_finish(&wrote);
}

TEST("an escape that need not be is what it means, wherever it is cut, and is written as it was spelled")
{
    check_all_cuts("{\"to\":\"bob\\u0040x.org\"}", "{\"to\":\"bob@x.org\"}", NULL);
    check_all_cuts("\"J\\u00fcrgen M\\u00FCller\"", "\"Jürgen Müller\"", NULL);
    check_all_cuts("\"https:\\/\\/x.org\\/\"", "\"https://x.org/\"", NULL);
    check_all_cuts("\"\\uD83D\\ude00\"", "\"😀\"", NULL);
}

TEST("quotes, backslashes, letters, line ends and what JSON is written with are written plain, and mean the same")
{
    check_all_cuts("\"\\u002B49 30\\u00209018\"", "\"+49 30 9018\"", "\"+49 30 9018\"");
    check_all_cuts("\"a\\u0022,\\u005cn\\u000a\"", "\"a\\\",\\\\n\\n\"", "\"a\\\",\\\\n\\n\"");
    check_all_cuts("\"\\u0062ob\"", "\"bob\"", "\"bob\"");
}

TEST("what is no escape, or has to be one, stays")
{
    check_all_cuts("{\"a\": [1, \"x\\n\\t\\\"\\\\\"]}", "{\"a\": [1, \"x\\n\\t\\\"\\\\\"]}", NULL);
    check_all_cuts("\"\\\\u0040 \\\\\\u0040\"", "\"\\\\u0040 \\\\@\"", NULL);
    check_all_cuts("\"\\u0000 \\u001f\"", "\"\\u0000 \\u001f\"", NULL);
    check_all_cuts("\"\\ud83d \\ud83dx \\ude00 \\ud83d\\u0040\"", "\"\\ud83d \\ud83dx \\ude00 \\ud83d@\"", NULL);
    check_all_cuts("no JSON \\", "no JSON \\", NULL);
    check_all_cuts("no JSON \\ud83d\\u00", "no JSON \\ud83d\\u00", NULL);
    check_all_cuts("", "", NULL);
}

TEST("what cannot be read does not become readable")
{
    check_all_cuts("\"\\u0040 \\u00\\u00341\"", "\"@ \\u00\\u00341\"", NULL);
    check_all_cuts("\"\\u0\\u0030\\u0034\\u0031 \\u0040\"", "\"\\u0\\u003041 @\"", "\"\\u0\\u003041 \\u0040\"");
    check_all_cuts("\"C:\\dir a\\u0040b\"", "\"C:\\dir a@b\"", NULL);
}

TEST("an escape that is not whole waits, and only that")
{
    struct buf read, wrote;
    buf_init(&read, ROOM);
    buf_init(&wrote, ROOM);
    through(STR("abc\\ud83d\\ude0"), 3, false, &read, &wrote);
    CHECK_STR(buf_str(&read), STR("abc"));
    through(STR("abc\\u0040\\u004"), 3, false, &read, &wrote);
    CHECK_STR(buf_str(&read), STR("abc@"));
    buf_finish(&read);
    buf_finish(&wrote);
}

static void check_after(const char *text, const char *left, const char *written)
{
    struct json_plain p = { 0 };
    struct arena joined;
    struct buf work, out;
    struct str piece = str_c(text);
    arena_init(&joined, ROOM);
    buf_init(&work, ROOM);
    buf_init(&out, ROOM);
    CHECK(json_plain_read(&p, &piece, true, &joined, &work));
    piece = str_c(left);
    CHECK(json_plain_write(&p, &piece, &out));
    CHECK_STR(piece, str_c(written));
    buf_finish(&work);
    buf_finish(&out);
    arena_finish(&joined);
}

TEST("what was put in or taken out between reading and writing makes no other escape")
{
    check_after("\"bob\\u0040x\\u00fc\"", "\"[EMAIL]ü\"", "\"[EMAIL]ü\"");
    check_after("\"bob\\u0040x\"", "\"a\"", "\"a\"");
    check_after("\"a\\u0062\"", "\"\\b\"", "\"\\b\"");
    check_after("\"a\\u0022b\"", "\"\\\\\"\"", "\"\\\\\"\"");
    check_after("{\"a\":\"jane.d@bcd.efg,\\u0020\",\"b\": 1}", "{\"a\":\"[EMAIL], \",\"b\": 1}", "{\"a\":\"[EMAIL], \",\"b\": 1}");
    check_after("\"..\\u00fc\\u00fc\"", "\"..üü\"", "\"..\\u00fc\\u00fc\"");
}

TEST("more escapes than are remembered are written plain")
{
    char text[6 * 40 + 1], plain[40 + 1], want[6 * JSON_SPELLED_MAX + 40];
    for (size_t i = 0; i < 40; i++)
        memcpy(text + 6 * i, "\\u0040", 7);
    memset(plain, '@', 40);
    plain[40] = 0;
    memcpy(want, text, (size_t)6 * JSON_SPELLED_MAX);
    memcpy(want + (size_t)6 * JSON_SPELLED_MAX, plain, 40 - JSON_SPELLED_MAX);
    want[5 * JSON_SPELLED_MAX + 40] = 0;
    check_after(text, plain, want);
}
