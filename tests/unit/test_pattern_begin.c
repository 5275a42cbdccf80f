/* test_pattern_begin.c - what is looked at first leaves out nothing that the automaton would find. */
#include <stdlib.h>
#include <string.h>

#include "filters/detect/pattern_parts.h"
#include "filters/detect/sensitive.h"
#include "tests/harness/check.h"

static const char *const FRAGMENTS[] = {
    "jane.doe@example.org", "@", ".com", "4111 1111 1111 1111", "DE89 3704 0044 0532 0130 00", "078-05-1120", "+49 30 1234567",
    "(212) 555-0123", "10.0.0.1", "fe80::1", "00:1a:2b:3c:4d:5e", "my name is John Smith", "Dear Ms. Jones,\n", "Name: Ada Lovelace",
    " name: Bob", "_name", "меня зовут Иван", "我叫李雷", "12 Baker Street, London", "Hauptstraße 12", "5 rue de la Paix", "Kossuth utca 4",
    "SW1A 1AA", "P.O. Box 12", "licence A1234567", "born 1 January 1970", "passport X1234567", "0x52908400098527886E0F7030069857D2E4169EE7",
    "AKIAIOSFODNN7EXAMPLE", "AKIA", "ghp_16C7e42F292c6912E7710c838347Ae178B4a", "password = hunter2!x", "userPassword: \"tr0ub4dor&3\"",
    "https://user:secret99@example.org/x", "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC", "Bearer mF_9.B5f-4.1JqM0000000",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abcdefghijklmnop", "sk-proj-abcdefghij0123456789xyz", "?code=", "_secret_", "api key => ",
    "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "0123456789abcdef0123456789abcdef", "7Q~", "://", "+", "-", " ", "  ", "\n", "\\n", ".", "/",
    "(", "é", "中", "\xff", "\x80", "the", "quick", "Brown", "FOX", "a", "Z", "1", "23", "456", "7890", "12345678", "_",
};

static void make_text(struct buf *b, unsigned round)
{
    size_t until = 1 + (unsigned long)random() % (round % 3 ? 400 : 40);
    buf_clear(b);
    while (buf_len(b) < until) {
        struct str s = str_c(FRAGMENTS[(unsigned long)random() % ARRAY_LEN(FRAGMENTS)]);
        if (random() % 4 == 0)
            s = str_from(s, (unsigned long)random() % s.len);
        if (random() % 4 == 0)
            s = str_first(s, 1 + (unsigned long)random() % s.len);
        CHECK(buf_add(b, s));
        if (random() % 4 == 0)
            CHECK(buf_add(b, STR(" ")));
    }
}

static bool add_text(void *owner, struct str text)
{
    return buf_add(owner, text);
}

static bool add_match(void *owner, struct str text, uint32_t pattern)
{
    return buf_addf(owner, "[%u:" STR_F "]", pattern, STR_A(text));
}

/* Whole, and as a stream in pieces of `piece` bytes. */
static void show(const struct pattern_set *set, struct pattern_scratch *scratch, struct str text, size_t piece, struct buf *out)
{
    const struct pattern_match *at;
    size_t n;
    buf_clear(out);
    CHECK(pattern_set_find(set, scratch, text, &at, &n));
    for (size_t i = 0; i < n; i++)
        CHECK(buf_addf(out, "%zu-%zu:%u ", at[i].start, at[i].end, at[i].pattern));
    struct pattern_sink sink = { add_text, add_match, out };
    struct pattern_stream stream = { 0 };
    for (size_t i = 0; i <= text.len; i += piece) {
        CHECK(pattern_stream_feed(&stream, set, scratch, str_first(str_from(text, i), piece), i + piece > text.len, &sink));
        CHECK(buf_addf(out, "%s", pattern_stream_is_holding(&stream) ? "|" : "")); /* nothing more is held either */
    }
    pattern_stream_finish(&stream);
}

static void compare(const struct sensitive *rows, const char *const *kinds)
{
    const struct pattern *list[SENSITIVE_ROWS_MAX];
    size_t n = sensitive_select(rows, kinds, UINT64_MAX, PERSONAL_COUNTRIES, UINT64_MAX, list), found = 0;
    struct problems problems;
    problems_init(&problems, STR("test"), STR_NONE);
    struct pattern_set *set = pattern_set_new(list, n, &problems), *all = pattern_set_new(list, n, &problems);
    problems_finish(&problems);
    if (!CHECK(set && all))
        return;
    memset(&all->begin, 0xff, sizeof all->begin); /* a match may begin with any byte */
    memset(all->begin.table_of, 0, sizeof all->begin.table_of);
    for (size_t i = 0; i < BEGIN_ROWS; i++)
        all->begin.tables[0].groups[i] = (uint32_t)((uint64_t)1 << all->groups_count) - 1;
    struct pattern_scratch *scratch = pattern_scratch_new(set), *all_scratch = pattern_scratch_new(all);
    struct buf text = { .ceiling_bytes = 1 << 20 }, got = { .ceiling_bytes = 1 << 20 }, wanted = { .ceiling_bytes = 1 << 20 };
    srandom(5);
    for (unsigned round = 0; round < 600; round++) {
        make_text(&text, round);
        size_t piece = 1 + (unsigned long)random() % 24;
        show(set, scratch, buf_str(&text), piece, &got);
        show(all, all_scratch, buf_str(&text), piece, &wanted);
        CHECK_STR(buf_str(&got), buf_str(&wanted));
        found += str_has(buf_str(&wanted), '[');
    }
    CHECK(found > 50);
    buf_finish(&text);
    buf_finish(&got);
    buf_finish(&wanted);
    pattern_scratch_free(scratch);
    pattern_scratch_free(all_scratch);
    pattern_set_free(set);
    pattern_set_free(all);
}

TEST("of personal data nothing is passed over by its first bytes")
{
    compare(PERSONAL_ROWS, PERSONAL_KINDS);
}

TEST("of secrets nothing is passed over by their first bytes")
{
    compare(SECRET_ROWS, SECRET_KINDS);
}

TEST("places are the same with sixty-four bytes at once and at the end of a text")
{
    static const struct pattern WORD = { .id = "w", .category = "c", .expression = "\\bab?\\d|é|[A-C]x\\B\\w|_{2,4}\\b" };
    const struct pattern *list[] = { &WORD };
    struct problems problems;
    problems_init(&problems, STR("test"), STR_NONE);
    struct pattern_set *set = pattern_set_new(list, 1, &problems);
    problems_finish(&problems);
    static const char ALPHABET[] = "ab1A x_\xc3\xa9\x7f\x80\xff";
    char text[BEGIN_STRETCH + BEGIN_BYTES + 8];
    struct pattern_places places;
    srandom(9);
    for (unsigned round = 0; round < 5000; round++) {
        for (size_t i = 0; i < sizeof text; i++)
            text[i] = ALPHABET[(unsigned long)random() % (sizeof ALPHABET - 1)];
        for (size_t from = 0; from < 8; from++) {
            uint64_t whole = 0, one = 0;
            pattern_begin_find(&set->begin, str_of(text, sizeof text), from, &places);
            for (size_t i = 0; i < places.count && (places.at[i] & BEGIN_PLACE) < BEGIN_STRETCH; i++)
                whole |= (uint64_t)1 << (places.at[i] & BEGIN_PLACE);
            for (size_t i = 0; i < BEGIN_STRETCH; i++) { /* so near to the end that each is looked at by itself */
                pattern_begin_find(&set->begin, str_of(text, from + i + BEGIN_BYTES), from + i, &places);
                one |= (uint64_t)(places.count && !(places.at[0] & BEGIN_PLACE)) << i;
            }
            CHECK_INT(whole, one);
        }
    }
    pattern_set_free(set);
}

TEST("what the processor has makes no difference to what is seen of places")
{
    const struct pattern *list[SENSITIVE_ROWS_MAX];
    size_t n = sensitive_select(PERSONAL_ROWS, PERSONAL_KINDS, UINT64_MAX, PERSONAL_COUNTRIES, UINT64_MAX, list);
    struct problems problems;
    problems_init(&problems, STR("test"), STR_NONE);
    struct pattern_set *set = pattern_set_new(list, n, &problems);
    problems_finish(&problems);
    struct buf text = { .ceiling_bytes = 1 << 20 };
    srandom(11);
    for (unsigned round = 0; round < 2000; round++) {
        struct pattern_seen by[PATTERN_SEE_WAYS];
        for (make_text(&text, round); buf_len(&text) < BEGIN_STRETCH + BEGIN_BYTES;)
            CHECK(buf_addf(&text, "%c", (int)(1 + random() % 255)));
        const char *p = buf_str(&text).at;
        for (unsigned way = PATTERN_SEE_WAYS; way-- > 0;) {
            pattern_see_fn *see = pattern_see(way);
            if (!see)
                continue;
            see(&set->begin, p, &by[way]);
            for (size_t i = 0; i < BEGIN_STRETCH; i++) /* it may see words that are none, and misses none */
                CHECK(!head_is_word(&set->begin, p + i) || (by[way].words >> i & 1));
            by[way].words = 0;
            CHECK(memcmp(&by[way], &by[PATTERN_SEE_WAYS - 1], sizeof by[way]) == 0);
        }
    }
    buf_finish(&text);
    pattern_set_free(set);
}
