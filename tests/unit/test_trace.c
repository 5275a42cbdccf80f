/* test_trace.c - which trace contexts are taken: W3C Trace Context §3.2, and the cases of its test suite. */
#include "proxy/core/trace.h"
#include "tests/harness/check.h"

#define TRACE "12345678901234567890123456789012"
#define SPAN  "1234567890123456"

static bool goes_on(const char *given, const char *flags)
{
    char out[56];
    trace_parent(str_c(given), out);
    struct str text = str_c(out);
    bool is_whole = text.len == 55 && str_starts(text, STR("00-")) && out[35] == '-' && out[52] == '-';
    CHECK(is_whole && strncmp(out + 36, SPAN, 16) != 0 && strncmp(out + 36, "0000000000000000", 16) != 0);
    bool same = strncmp(out + 3, TRACE, 32) == 0;
    CHECK_STR(str_c(out + 53), str_c(same ? flags : "01"));
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
