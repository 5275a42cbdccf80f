/* test_base.c - strings, arenas, buffers, base64, UTF-8 and complaints. */
#include <inttypes.h>

#include "proxy/base/arena.h"
#include "proxy/base/base64.h"
#include "proxy/base/buf.h"
#include "proxy/base/hash.h"
#include "proxy/base/log.h"
#include "proxy/base/problems.h"
#include "proxy/base/secret.h"
#include "proxy/base/utf8.h"
#include "tests/harness/check.h"

TEST("a string is cut at a byte, and the end is told from an empty last part")
{
    struct str s = STR("a,b,"), part;
    part = str_cut(&s, ',');
    CHECK_STR(part, STR("a"));
    part = str_cut(&s, ',');
    CHECK_STR(part, STR("b"));
    CHECK(s.at != NULL && s.len == 0);
    part = str_cut(&s, ',');
    CHECK(part.len == 0 && s.at == NULL);
}

TEST("numbers are digits only and never overflow")
{
    uint64_t n = 7;
    CHECK(str_to_u64(STR("18446744073709551615"), &n) && n == UINT64_MAX);
    n = 7;
    CHECK(!str_to_u64(STR("18446744073709551616"), &n));
    CHECK(!str_to_u64(STR(""), &n));
    CHECK(!str_to_u64(STR("+1"), &n));
    CHECK(!str_to_u64(STR(" 1"), &n));
    CHECK(!str_to_u64(STR("1x"), &n));
    CHECK_INT(n, 7);
}

TEST("strings are the same without case when each byte is, whatever their length")
{
    static const size_t LENGTHS[] = { 1, 3, 4, 6, 8, 11, 16, 17 };
    for (size_t n = 0; n < ARRAY_LEN(LENGTHS); n++)
        for (unsigned pair = 0; pair < 1u << 16; pair++) {
            size_t len = LENGTHS[n], at = pair % len;
            char a[17], b[17], c = (char)(pair >> 8), d = (char)pair;
            memset(a, 'x', sizeof a);
            memset(b, 'X', sizeof b);
            a[at] = c;
            b[at] = d;
            CHECK(str_eq_nocase(str_of(a, len), str_of(b, len)) == (ascii_lower(c) == ascii_lower(d)));
        }
}

TEST("numbers are written as they are read")
{
    static const uint64_t NUMBERS[] = { 0, 9, 10, 99, 100, 101, 999, 1000, 9909, 10010, 4294967296, 1763800000123, UINT64_MAX };
    for (size_t i = 0; i < ARRAY_LEN(NUMBERS); i++) {
        struct buf b;
        char wanted[24];
        snprintf(wanted, sizeof wanted, "%" PRIu64, NUMBERS[i]);
        buf_init(&b, 20);
        CHECK(buf_add_u64(&b, NUMBERS[i]));
        CHECK_STR(buf_str(&b), str_c(wanted));
        buf_finish(&b);
    }
}

TEST("an arena stops at its ceiling and keeps what it has")
{
    struct arena a;
    arena_init(&a, 64 * 1024);
    char *first = arena_cstr(&a, STR("kept"));
    CHECK(first != NULL);
    CHECK(arena_bytes(&a, 64 * 1024) == NULL);
    CHECK(arena_bytes(&a, SIZE_MAX) == NULL);
    CHECK(arena_zalloc_array(&a, SIZE_MAX / 2, 8) == NULL);
    CHECK_STR(str_c(first), STR("kept"));
    CHECK_STR(arena_printf(&a, "%d-%s", 5, "x"), STR("5-x"));
    CHECK(arena_copy(&a, STR("")).at != NULL);
    CHECK((uintptr_t)arena_zalloc(&a, 1) % 16 == 0);
    CHECK((uintptr_t)arena_zalloc(&a, 1) % 16 == 0);
    arena_finish(&a);
}

TEST("buffers that are given back are used again, each by one")
{
    struct buf all[40];
    buf_keep_spares();
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < ARRAY_LEN(all); i++) {
            buf_init(&all[i], i % 3 == 2 ? 3000 : 1 << 20);
            char *at = buf_reserve(&all[i], i % 2 ? 1500 : 3000);
            CHECK(at && all[i].size == (i % 2 ? 2048u : i % 3 == 2 ? 3000u : 4096u));
            memset(at, (int)i, all[i].size);
            buf_grew(&all[i], all[i].size);
        }
        for (size_t i = 0; i < ARRAY_LEN(all); i++) {
            CHECK(all[i].data[0] == (char)i && all[i].data[all[i].size - 1] == (char)i);
            if (all[i].ceiling_bytes > 4096)
                CHECK(buf_add(&all[i], STR("more")) && all[i].data[0] == (char)i);
        }
        for (size_t i = 0; i < ARRAY_LEN(all); i++)
            buf_finish(&all[i]);
    }
}

TEST("a buffer stops at its ceiling and can be emptied from the front")
{
    struct buf b;
    buf_init(&b, 1000);
    for (int i = 0; i < 100; i++)
        CHECK(buf_add(&b, STR("0123456789")));
    CHECK(!buf_add(&b, STR("x")));
    buf_take(&b, 990);
    CHECK(buf_add(&b, STR("abc")));
    CHECK_STR(buf_str(&b), STR("0123456789abc"));
    buf_take(&b, 13);
    buf_release(&b);
    CHECK(b.data == NULL);
    CHECK(buf_add_json(&b, STR("a\"\\\n\x01\xff" "é")));
    CHECK_STR(buf_str(&b), STR("a\\\"\\\\\\n\\u0001\\ufffdé"));
    buf_finish(&b);
}

TEST("base64url has one text for one value")
{
    char out[64];
    size_t len;
    CHECK(base64url_decode(STR("AQ"), out, &len) && len == 1 && out[0] == 1);
    CHECK(!base64url_decode(STR("AR"), out, &len));   /* an unused bit set */
    CHECK(!base64url_decode(STR("AQ=="), out, &len)); /* padding */
    CHECK(!base64url_decode(STR("A"), out, &len));
    CHECK(!base64url_decode(STR("A+8="), out, &len));
    CHECK(!base64url_decode(STR("A Q"), out, &len));
    CHECK(base64_decode(STR("AQ=="), out, &len) && len == 1);
    CHECK(!base64_decode(STR("AQ="), out, &len));
    CHECK(!base64_decode(STR("A==="), out, &len));
    for (size_t n = 0; n < 20; n++) {
        unsigned char in[20];
        for (size_t i = 0; i < n; i++)
            in[i] = (unsigned char)(i * 37 + n);
        char text[40];
        size_t text_len = base64url_encode(text, in, n);
        CHECK(base64url_decode(str_of(text, text_len), out, &len) && len == n && memcmp(out, in, n) == 0);
        text_len = base64_encode(text, in, n);
        CHECK(base64_decode(str_of(text, text_len), out, &len) && len == n && memcmp(out, in, n) == 0);
    }
}

TEST("UTF-8 is strict")
{
    CHECK_INT(utf8_valid_prefix(STR("plain ascii text, longer than a word")), 36);
    CHECK_INT(utf8_valid_prefix(STR("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80")), 9);
    CHECK_INT(utf8_valid_prefix(STR("\xc0\x80")), 0);         /* overlong NUL */
    CHECK_INT(utf8_valid_prefix(STR("\xed\xa0\x80")), 0);     /* surrogate */
    CHECK_INT(utf8_valid_prefix(STR("\xf4\x90\x80\x80")), 0); /* above U+10FFFF */
    CHECK_INT(utf8_valid_prefix(STR("a\xe2\x82")), 1);        /* cut short */
    char out[4];
    CHECK_INT(utf8_encode(out, 0x20ac), 3);
    CHECK(memcmp(out, "\xe2\x82\xac", 3) == 0);
}

TEST("the hash of a text in pieces is the same however it is cut, and another for another text")
{
    struct str text = STR("a text\0of some bytes\xff, and more than eight");
    uint64_t whole = hash_update(0, text);
    for (size_t a = 0; a <= text.len; a++)
        for (size_t b = a; b <= text.len; b++)
            CHECK(hash_update(hash_update(hash_update(0, str_first(text, a)), str_of(text.at + a, b - a)), str_from(text, b)) == whole);
    for (size_t i = 0; i < text.len; i++) {
        char other[64];
        memcpy(other, text.at, text.len);
        other[i] ^= 1;
        CHECK(hash_update(0, str_of(other, text.len)) != whole && hash_update(0, str_first(text, i)) != whole);
    }
    CHECK(hash_update(0, STR("\0")) != hash_update(0, STR("\0\0")));
}

TEST("the hash is SipHash-1-3")
{
    hash_seed(0x0706050403020100u, 0x0f0e0d0c0b0a0908u);
    CHECK(hash_str(STR("")) == 0xabac0158050fc4dcu);
}

TEST("secrets compare by content and are empty after finish")
{
    struct secret s = { 0 };
    CHECK(secret_set(&s, STR("hunter2")));
    CHECK(secret_eq(&s, STR("hunter2")) && !secret_eq(&s, STR("hunter3")) && !secret_eq(&s, STR("hunter")));
    secret_finish(&s);
    CHECK(s.bytes == NULL && s.len == 0);
}

TEST("a complaint shows its line, a caret and the nearest word")
{
    static const char *const WORDS[] = { "issuer", "audience" };
    struct problems p;
    problems_init(&p, STR("b.yaml"), STR("one: 1\n- jwt: { issuser: entra }\n"));
    problem(&p, (struct span){ 2, 10, 7 }, "\"jwt\" has no setting \"issuser\"");
    problem_hint_near(&p, STR("issuser"), WORDS, 2);
    problem(&p, (struct span){ 1, 1, 3 }, "first");
    struct buf out;
    buf_init(&out, 10000);
    CHECK(problems_print(&p, &out));
    CHECK_STR(buf_str(&out), STR("b.yaml:1:1: error: first\n"
                                 "    1 | one: 1\n"
                                 "      | ^~~\n"
                                 "b.yaml:2:10: error: \"jwt\" has no setting \"issuser\"\n"
                                 "    2 | - jwt: { issuser: entra }\n"
                                 "      |          ^~~~~~~ did you mean \"issuer\"?\n"));
    buf_finish(&out);
    problems_finish(&p);
}

TEST("a complaint shows neither control characters nor who is named in a URL")
{
    struct problems p;
    struct buf out;
    problems_init(&p, STR("b.yaml"), STR("url: \"http://user:secret/word@host/x\" # \x1b[31m http://a/b\n"));
    problem(&p, (struct span){ 1, 6, 4 }, "not \"https://u:p@h\x1b[0m\"");
    buf_init(&out, 1000);
    CHECK(problems_print(&p, &out));
    CHECK_STR(buf_str(&out), STR("b.yaml:1:6: error: not \"https://***@h?[0m\"\n"
                                 "    1 | url: \"http://****************@host/x\" # ?[31m http://a/b\n"
                                 "      |      ^~~~\n"));
    buf_finish(&out);
    problems_finish(&p);
}

TEST("what happens again and again is logged at once, and then no more often than it may be")
{
    uint64_t told_ms = 0;
    CHECK(log_is_due(&told_ms, 5, 1000) && !log_is_due(&told_ms, 6, 1000) && !log_is_due(&told_ms, 1004, 1000));
    CHECK(log_is_due(&told_ms, 1005, 1000) && !log_is_due(&told_ms, 2004, 1000));
}
