/* test_trace.c - which trace contexts are taken: W3C Trace Context §3.2, and the cases of its test suite. */
#include "proxy/core/trace.h"
#include "tests/harness/check.h"

#define TRACE "12345678901234567890123456789012"
#define SPAN  "1234567890123456"

static bool goes_on(const char *given, const char *flags)
{
    char out[56];
    bool goes_on = trace_parent(str_c(given), out);
    struct str text = str_c(out);
    bool is_whole = text.len == 55 && str_starts(text, STR("00-")) && out[35] == '-' && out[52] == '-';
    CHECK(is_whole && strncmp(out + 36, SPAN, 16) != 0 && strncmp(out + 36, "0000000000000000", 16) != 0);
    bool same = strncmp(out + 3, TRACE, 32) == 0;
    CHECK_STR(str_c(out + 53), str_c(same ? flags : "01"));
    CHECK(goes_on == same);
    return same;
}

TEST("a trace that is valid goes on under a span of ours, with the flags that are known")
{
    static const struct {
        const char *given, *flags;
    } VALID[] = {
        { "00-" TRACE "-" SPAN "-00", "00" },
        { "00-" TRACE "-" SPAN "-01", "01" },
        { "00-" TRACE "-" SPAN "-03", "03" }, /* level 2: the id is random */
        { "00-" TRACE "-" SPAN "-fe", "02" }, /* what is not known is not passed on */
        { "cc-" TRACE "-" SPAN "-01", "01" }, /* a later version begins like this one */
        { "fe-" TRACE "-" SPAN "-03", "01" }, /* of which only this flag is known to be the same */
        { "01-" TRACE "-" SPAN "-00-what-the-future-will-be-like", "00" },
        { "cc-" TRACE "-" SPAN "-01-", "01" },
    };
    for (size_t i = 0; i < ARRAY_LEN(VALID); i++)
        if (!CHECK(goes_on(VALID[i].given, VALID[i].flags)))
            printf("  %s\n", VALID[i].given);
}

TEST("a trace that is not valid gives way to a new one")
{
    static const char *const INVALID[] = {
        "",
        "00",
        "00-" TRACE "-" SPAN,
        "00-" TRACE "-" SPAN "-",
        "00-" TRACE "-" SPAN "-0",
        "00-" TRACE "-" SPAN "-001",
        "00-" TRACE "-" SPAN "-01-",
        "00-" TRACE "-" SPAN "-01-what-the-future-will-be-like",
        "cc-" TRACE "-" SPAN "-01.what-the-future-will-be-like",
        "cc-" TRACE "-" SPAN "-010",
        "cc-" TRACE "-" SPAN "-0",
        "ff-" TRACE "-" SPAN "-01",
        "0-" TRACE "-" SPAN "-01",
        "000-" TRACE "-" SPAN "-01",
        ".0-" TRACE "-" SPAN "-01",
        "0.-" TRACE "-" SPAN "-01",
        "CC-" TRACE "-" SPAN "-01",
        "00-00000000000000000000000000000000-" SPAN "-01",
        "00-" TRACE "-0000000000000000-01",
        "00-.2345678901234567890123456789012-" SPAN "-01",
        "00-1234567890123456789012345678901A-" SPAN "-01",
        "00-1234567890123456789012345678901-" SPAN "-01",
        "00-" TRACE "0-" SPAN "-01",
        "00-" TRACE "-123456789012345A-01",
        "00-" TRACE "-" SPAN "-.0",
        "00-" TRACE "-" SPAN "-0.",
        "00-" TRACE "-" SPAN "-0A",
        "00_" TRACE "_" SPAN "_01",
        "00-" TRACE "-" SPAN "-01,00-" TRACE "-" SPAN "-01",
    };
    for (size_t i = 0; i < ARRAY_LEN(INVALID); i++)
        if (!CHECK(!goes_on(INVALID[i], "")))
            printf("  %s\n", INVALID[i]);
}

TEST("the members of a tracestate are counted, empty ones are none, and a field that is none is told")
{
    char longest[2 + 256 + 1] = "k=", too_long[2 + 257 + 1] = "k=";
    memset(longest + 2, 'v', 256);
    memset(too_long + 2, 'v', 257);
    const struct {
        const char *given;
        int members; /* -1: it is no tracestate */
    } ROWS[] = {
        { "", 0 },
        { "foo=1", 1 },
        { "foo=1,bar=2", 2 },
        { "foo=1 \t , \t bar=2,", 2 },
        { ",,foo=1,,", 1 },
        { "0tenant@system=a b~!", 1 },
        { "az0-_*/=1", 1 },
        { longest, 1 },
        { too_long, -1 },
        { "foo", -1 },
        { "foo=", -1 },
        { "=1", -1 },
        { "foo=1=2", -1 },
        { "foo =1", -1 },
        { "FOO=1", -1 },
        { "-foo=1", -1 },
        { "foo.bar=1", -1 },
        { "foo=1,bar=\x7f", -1 },
        { "foo=\xc3\xa9", -1 },
        { "foo=a\tb", -1 },
    };
    for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
        size_t members = 0;
        bool is_one = trace_state_count(str_c(ROWS[i].given), &members);
        if (!CHECK_INT(is_one ? (int)members : -1, ROWS[i].members))
            printf("  %s\n", ROWS[i].given);
    }
}

TEST("names of requests are of version 4, and none comes twice")
{
    char ids[1000][37];
    for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
        trace_request_id(ids[i]);
        CHECK(strlen(ids[i]) == 36 && ids[i][14] == '4' && strchr("89ab", ids[i][19]));
        for (size_t k = 0; k < i; k++)
            CHECK(strcmp(ids[i], ids[k]) != 0);
    }
}
