/* test_ascii.c - what bytes are by ASCII alone. */
#include "proxy/base/ascii.h"

#include <ctype.h>

#include "tests/harness/check.h"

TEST("every byte is what the C locale says that it is")
{
    for (int c = 0; c < 256; c++) {
        char byte = (char)c;
        CHECK_INT(ascii_is_space(byte), c < 128 && isspace(c) != 0);
        CHECK_INT(ascii_is_letter(byte), c < 128 && isalpha(c) != 0);
        CHECK_INT(ascii_is_alnum(byte), c < 128 && isalnum(c) != 0);
    }
}

TEST("a word is made of letters, digits and its marks, and of nothing else")
{
    CHECK(ascii_is_made_of(STR("gpt-4o.Mini_2"), STR("-._")));
    CHECK(ascii_is_made_of(STR(""), STR("")));
    CHECK(!ascii_is_made_of(STR("a b"), STR("-._")));
    CHECK(!ascii_is_made_of(STR("a\0b"), STR("-._")));
    CHECK(!ascii_is_made_of(STR("caf\xc3\xa9"), STR("-._")));
}

TEST("a GUID has its hyphens where they belong")
{
    CHECK(ascii_is_guid(STR("2096f6a2-d2f7-48be-b329-B73AAA526E5D")));
    CHECK(!ascii_is_guid(STR("2096f6a2-d2f7-48be-b329-B73AAA526E5")));
    CHECK(!ascii_is_guid(STR("2096f6a2d-2f7-48be-b329-B73AAA526E5D")));
    CHECK(!ascii_is_guid(STR("2096f6a2-d2f7-48be-b329-g73aaa526e5d")));
}

TEST("hexadecimal digits are a number when they are all there")
{
    uint32_t n = 1;
    CHECK(ascii_hex_at(STR("\\uD83d!"), 2, 4, &n) && n == 0xd83d);
    CHECK(ascii_hex_at(STR("fFfFfFfF"), 0, 8, &n) && n == UINT32_MAX);
    CHECK(!ascii_hex_at(STR("12g4"), 0, 4, &n) && !ascii_hex_at(STR("123"), 0, 4, &n) && !ascii_hex_at(STR("1"), 2, 1, &n));
    CHECK_INT(n, UINT32_MAX);
}
