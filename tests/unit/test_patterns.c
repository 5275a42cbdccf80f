/* test_patterns.c - word lists and regular expressions as they become patterns; mistakes are told where they stand. */
#include "filters/inspect/pattern_start.h"
#include "filters/detect/word_list.h"
#include "proxy/core/exchange.h"

#include "tests/harness/check.h"

#include <hs.h>

extern const struct filter filter_patterns;

struct looking {
    struct str text;
    bool found;
};

static int matched(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *context)
{
    struct looking *l = context;
    (void)id, (void)flags;
    l->found |= word_stands_alone(l->text, from, to);
    return 0;
}

static bool finds(const char *phrase, const char *text)
{
    struct arena a;
    struct buf room;
    buf_init(&room, 1 << 16);
    struct looking l = { .text = word_text(str_c(text), &room) };
    hs_database_t *database = NULL;
    hs_compile_error_t *error = NULL;
    hs_scratch_t *scratch = NULL;
    unsigned flags = 0;
    arena_init(&a, 1 << 16);
    const char *pattern = word_pattern(&a, str_c(phrase), &flags);
    CHECK(pattern && hs_compile(pattern, flags, HS_MODE_BLOCK, NULL, &database, &error) == HS_SUCCESS &&
          hs_alloc_scratch(database, &scratch) == HS_SUCCESS &&
          hs_scan(database, l.text.at, (unsigned)l.text.len, 0, scratch, matched, &l) == HS_SUCCESS);
    hs_free_scratch(scratch);
    hs_free_database(database);
    hs_free_compile_error(error);
    buf_finish(&room);
    arena_finish(&a);
    return l.found;
}

TEST("words are found whole, without case, whatever white space is between them")
{
    static const struct {
        const char *phrase, *text;
        bool found;
    } rows[] = {
        { "internal use", "for INTERNAL use only", true },
        { "internal use", "internal\n\t use", true },
        { "internal use", "internally used", false },
        { "internal use", "internaluse", false },
        { "internal  use ", "(internal use)", true },
        { "bird", "bluebird", false },
        { "bird", "bird", true },
        { "bird", "bird_1", false },
        { "C++", "in C++17", true },
        { "C++", "in ABC++", false },
        { ".net", "use .NET now", true },
        { "a.b", "axb", false },
        { "(x)", "f(x)", true },
        { "größe", "die GRÖßE!", true },
        { "größe", "größen", false },
        { "as", "Españas", false },
        { "as", "Españas, as", true },
        { "as", "«as»", true },
        { "тест", "ТЕСТ", true },
        { "тест", "тесты", false },
        { "密码", "我的密码是", true },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (!CHECK(finds(rows[i].phrase, rows[i].text) == rows[i].found))
            printf("  [%s] in [%s]\n", rows[i].phrase, rows[i].text);
    struct arena a;
    arena_init(&a, 1 << 16);
    unsigned flags;
    CHECK(!word_pattern(&a, STR(""), &flags) && !word_pattern(&a, STR(" \t"), &flags));
    arena_finish(&a);
}

TEST("white space is evened wherever it lies, and nothing else is touched")
{
    struct buf room;
    buf_init(&room, 1 << 16);
    char text[80], expected[80];
    for (size_t len = 1; len < 60; len++)
        for (size_t at = 0; at < len; at++)
            for (size_t run = 1; run <= 3 && at + run <= len; run++)
                for (const char *spaces = "   \t\n  \v\f\r "; spaces[run]; spaces++) {
                    memset(text, 'x', len);
                    memcpy(text + at, spaces, run);
                    memset(expected, 'x', len);
                    expected[at] = ' ';
                    struct str even = word_text(str_of(text, len), &room);
                    if (!CHECK_STR(even, str_of(expected, len - run + 1)))
                        return;
                }
    CHECK_STR(word_text(STR(" a b \t\r\n c  "), &room), STR(" a b c "));
    struct str even = STR("as it is, and seventeen bytes long");
    CHECK(word_text(even, &room).at == even.at);
    room.ceiling_bytes = 2;
    buf_finish(&room);
    CHECK(!word_text(STR("a\nb"), &room).at);
}

/* Compiles the policy that `text` describes; the complaints as text in `said`. */
static bool compiles(const char *text, struct buf *said)
{
    struct setup setup = { 0 };
    struct problems problems;
    arena_init(&setup.arena, 1 << 20);
    problems_init(&problems, STR("test.yaml"), str_c(text));
    struct reading r = { .arena = &setup.arena, .problems = &problems };
    const struct yaml *at = yaml_read(&setup.arena, str_c(text), &problems);
    void *policy = arena_zalloc(&setup.arena, filter_patterns.policy_size);
    bool ok = at && settings_read_as(&r, filter_patterns.settings, NULL, "patterns", at, at->span, policy) &&
              filter_patterns.check(policy, &setup, &problems);
    CHECK(problems_print(&problems, said));
    filter_patterns.finish(policy);
    problems_finish(&problems);
    arena_finish(&setup.arena);
    return ok;
}

TEST("a pattern that cannot be compiled is told where it stands")
{
    struct buf said;
    buf_init(&said, 1 << 16);
    CHECK(compiles("regex: { a: 'x+', b: '(?i)y' }\nwords: [z]", &said));
    CHECK_INT(buf_len(&said), 0);
    CHECK(!compiles("regex:\n  fine: 'x'\n  broken: '(unclosed'\n", &said));
    CHECK(str_find_str(buf_str(&said), STR("test.yaml:3:3: error: pattern \"broken\"")) < buf_len(&said));
    buf_clear(&said);
    CHECK(!compiles("regex: { back: '(a)\\1' }", &said));
    buf_clear(&said);
    CHECK(!compiles("regex: { empty: 'a*' }", &said));
    buf_clear(&said);
    CHECK(!compiles("action: report", &said));
    CHECK(str_find_str(buf_str(&said), STR("nothing to look for")) < buf_len(&said));
    buf_clear(&said);
    CHECK(!compiles("words: [\" \"]", &said));
    buf_clear(&said);
    CHECK(!compiles("words_file: /nonexistent/words.txt", &said));
    buf_finish(&said);
}

static bool reads_list(const char *bytes, size_t len, struct texts *out, struct arena *a)
{
    char path[] = "test_patterns_XXXXXX";
    int fd = mkstemp(path);
    FILE *f = fd < 0 ? NULL : fdopen(fd, "w");
    struct problems problems;
    if (!CHECK(f && fwrite(bytes, 1, len, f) == len && fclose(f) == 0))
        return false;
    problems_init(&problems, STR("test"), STR(""));
    bool ok = word_list_read(a, str_of(path, strlen(path)), out, &problems);
    CHECK(ok == (problems.errors == 0));
    problems_finish(&problems);
    remove(path);
    return ok;
}

TEST("a word list is lines without comments")
{
    static const char text[] = "# a comment\r\nbluebird\r\n\n  internal use \nlast";
    struct arena a;
    struct texts list = { 0 };
    arena_init(&a, 1 << 20);
    CHECK(reads_list(text, sizeof text - 1, &list, &a));
    CHECK_INT(list.count, 3);
    CHECK_STR(list.at[0], STR("bluebird"));
    CHECK_STR(list.at[1], STR("internal use"));
    CHECK_STR(list.at[2], STR("last"));
    CHECK(!reads_list("caf\xe9\n", 5, &list, &a));
    arena_finish(&a);
}

TEST("where a match begins is found from its end, near it and in few steps")
{
    static const struct {
        const char *expression, *text, *found;
        size_t to;
    } rows[] = {
        { "SEC-[0-9]{4,6}", "see SEC-12 and SEC-123456 too", "SEC-123456", 23 },
        { "(?i)blue ?bird", "\u00e9 of a Blue Bird", "Blue Bird", 17 },
        { "\\bkim\\b", "akim kim", "kim", 8 },
        { "(a+)+b", "aaab", "aaab", 4 },
        { "(", "(", "", 1 },
        { "x", "y", "", 1 },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct str text = str_c(rows[i].text);
        size_t start = 0, end = 0;
        CHECK(pattern_start(rows[i].expression, text, rows[i].to, &start, &end) == (*rows[i].found != 0));
        CHECK_STR(str_of(text.at + start, end - start), str_c(rows[i].found));
    }
    static char many[100001];
    size_t start, end;
    memset(many, 'a', sizeof many - 1);
    CHECK(!pattern_start("(a+)+b", str_of(many, sizeof many - 1), 50000, &start, &end));
    many[50000] = 'b';
    CHECK(pattern_start("a{1,9}b", str_of(many, sizeof many - 1), 50001, &start, &end) && start == 49991 && end == 50001);
}
