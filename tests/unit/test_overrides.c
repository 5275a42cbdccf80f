/* test_overrides.c - what an operator makes of rules. */
#include "filters/detect/overrides.h"

#include <hs.h>

#include "tests/harness/check.h"

/* apple and pear are fruit; leek and kale are greens, kale by its own word alone. */
static const char *const CATEGORIES[] = { "fruit", "greens", NULL };
static const char *const RULES[] = { "apple", "pear", "leek", "kale" };

static size_t find(const void *rules, struct str id)
{
    const char *const *words = rules;
    size_t i = 0;
    while (i < ARRAY_LEN(RULES) && !str_eq(str_c(words[i]), id))
        i++;
    return i;
}

static struct str id(const void *rules, size_t rule)
{
    (void)rules;
    return str_c(RULES[rule]);
}

static int category(const void *rules, size_t rule)
{
    (void)rules;
    return rule < 2 ? 0 : rule == 2 ? 1 : -1;
}

static const struct overridable OF = { CATEGORIES, 2, ARRAY_LEN(RULES), RULES, find, id, category };

static size_t complaints;

/* Words and their actions in turn; the actions as digits, "" for none, or the complaint's beginning. */
static struct str read_them(size_t n, const char *const *words)
{
    static char out[256];
    struct text_pair pairs[4];
    struct arena a;
    struct problems problems;
    const uint8_t *actions = NULL;
    arena_init(&a, 65536);
    problems_init(&problems, STR("t"), STR(""));
    for (size_t i = 0; i < n; i++)
        pairs[i] = (struct text_pair){ { .text = str_c(words[2 * i]) }, str_c(words[2 * i + 1]) };
    bool ok = overrides_read(&OF, &(struct text_map){ pairs, n }, &a, &problems, &actions);
    complaints = problems.errors;
    CHECK_INT(ok, complaints == 0);
    if (!ok)
        snprintf(out, sizeof out, "%s%s%s", problems.list[0].message, problems.list[0].hint ? "; " : "", problems.list[0].hint ? problems.list[0].hint : "");
    for (size_t i = 0; ok && actions && i < OF.rules_count; i++)
        out[i] = (char)('0' + actions[i]);
    if (ok)
        out[actions ? OF.rules_count : 0] = '\0';
    problems_finish(&problems);
    arena_finish(&a);
    return str_c(out);
}
#define READ(...) read_them(sizeof((const char *[]){ __VA_ARGS__ }) / (2 * sizeof(char *)), (const char *[]){ __VA_ARGS__ })

TEST("a rule's own word goes before its category's, in whatever order they stand")
{
    CHECK_STR(read_them(0, NULL), STR(""));
    CHECK_STR(READ("fruit", "report"), STR("2200"));
    CHECK_STR(READ("pear", "refuse", "fruit", "off"), STR("1300"));
    CHECK_STR(READ("fruit", "off", "pear", "count"), STR("1000"));
    CHECK_STR(READ("greens", "report", "kale", "refuse"), STR("0023"));
    CHECK_STR(READ("greens", "off"), STR("0010")); /* kale is what only its own word reaches */
}

TEST("what is no rule, no category or no action is told")
{
    CHECK_STR(READ("plum", "off"), STR("there is no rule or category \"plum\""));
    CHECK_STR(READ("fruits", "off"), STR("there is no rule or category \"fruits\"; did you mean \"fruit\"?"));
    CHECK_STR(READ("appel", "off"), STR("there is no rule or category \"appel\"; did you mean \"apple\"?"));
    CHECK_STR(READ("fruit", "block"), STR("\"fruit\" must be count, off, report or refuse; did you mean \"refuse\"?"));
    CHECK_STR(READ("fruit", "on"), STR("\"fruit\" must be count, off, report or refuse"));
    CHECK_STR(READ("fruit", "off", "plum", "off", "pear", "on", "kiwi", "off"), STR("there is no rule or category \"plum\""));
    CHECK_INT(complaints, 3);
}

static int matched(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *context)
{
    (void)id, (void)from, (void)to, (void)flags;
    ++*(unsigned *)context;
    return 0;
}

static unsigned matches(struct hs_database *db, bool whole, struct str text)
{
    hs_scratch_t *scratch = NULL;
    hs_stream_t *stream = NULL;
    unsigned n = 0;
    CHECK_INT(hs_alloc_scratch(db, &scratch), HS_SUCCESS);
    if (whole) {
        CHECK_INT(hs_scan(db, text.at, (unsigned)text.len, 0, scratch, matched, &n), HS_SUCCESS);
    } else {
        CHECK_INT(hs_open_stream(db, 0, &stream), HS_SUCCESS);
        CHECK_INT(hs_scan_stream(stream, text.at, (unsigned)text.len, 0, scratch, matched, &n), HS_SUCCESS);
        CHECK_INT(hs_close_stream(stream, scratch, matched, &n), HS_SUCCESS);
    }
    hs_free_scratch(scratch);
    return n;
}

TEST("an allowed expression is looked for in texts of any length")
{
    static const char *const SEEN[] = { "o+ps", "=+ ", "(la)+", "(?:[a-z]+ )+x", ".*ab", "a+!" };
    static char text[4096];
    for (size_t i = 0; i < sizeof text - 1; i++)
        text[i] = "ignore the previous "[i % 20];
    for (size_t i = 0; i < ARRAY_LEN(SEEN); i++) {
        struct arena a;
        struct problems problems;
        struct hs_database *db = NULL;
        struct str expression = str_c(SEEN[i]);
        struct span span = { 0 };
        arena_init(&a, 65536);
        problems_init(&problems, STR("t"), STR(""));
        if (CHECK(allow_read(&(struct texts){ .at = &expression, .spans = &span, .count = 1 }, false, &a, &problems, &db)))
            matches(db, false, str_c(text));
        hs_free_database(db);
        problems_finish(&problems);
        arena_finish(&a);
    }
}

TEST("what is allowed is a part of a text or the whole of it, without case, and a wrong expression is told")
{
    struct arena a;
    struct problems problems;
    arena_init(&a, 65536);
    problems_init(&problems, STR("t"), STR(""));
    struct hs_database *part = NULL, *whole = NULL, *none = NULL;
    struct str expressions[] = { STR("this|that"), STR("(") };
    struct span spans[2] = { { 0 } };
    struct texts one = { .at = expressions, .spans = spans, .count = 1 }, two = { .at = expressions, .spans = spans, .count = 2 };
    CHECK(allow_read(&(struct texts){ 0 }, true, &a, &problems, &none) && !none);
    CHECK(allow_read(&one, false, &a, &problems, &part) && allow_read(&one, true, &a, &problems, &whole));
    CHECK(matches(part, false, STR("all THAT")) && matches(whole, true, STR("That")) && !matches(whole, true, STR("all that")));
    CHECK_INT(problems.errors, 0);
    CHECK(!allow_read(&two, true, &a, &problems, &none) && !none);
    CHECK_INT(problems.errors, 1);
    hs_free_database(part);
    hs_free_database(whole);
    problems_finish(&problems);
    arena_finish(&a);
}
