/* test_setting.c - rows of a table read values of every kind, tell every mistake at once, and hide what is secret. */
#include "config/setting.h"
#include "tests/harness/check.h"

#include <unistd.h>

static const char *const COLOURS[] = { "red", "green", "blue", NULL };

struct inner {
    uint64_t depth;
    struct texts any;
};
static const struct setting INNER[] = {
    SETTING(struct inner, depth, SET_UINT, .dflt = "3", .max = 9, .about = "how deep"),
    SETTING(struct inner, any, SET_TEXTS, .about = "which"),
    SETTINGS_END,
};

struct entry {
    struct name name;
    struct str url;
};
static const struct setting ENTRY[] = {
    SETTING(struct entry, url, SET_TEXT, .required = true, .about = "where"),
    SETTINGS_END,
};

struct policy {
    bool flag, insecure_flag;
    uint64_t count, size, wait_ms, colours;
    int colour;
    struct rate rate;
    struct str text, file;
    struct texts texts;
    struct name issuer;
    struct names names;
    struct secret_source key;
    struct inner group, *block;
    struct blocks blocks, map;
    struct text_map pairs;
    int custom;
};

static void read_custom(struct reading *r, const struct yaml *at, void *field)
{
    if (str_eq(at->text, STR("bad")))
        problem(r->problems, at->span, "bad indeed");
    *(int *)field = 7;
}

static const struct setting POLICY[] = {
    SETTING(struct policy, flag, SET_BOOL, .dflt = "true", .about = "a flag"),
    SETTING(struct policy, insecure_flag, SET_BOOL, .about = "something risky is let through"),
    SETTING(struct policy, count, SET_UINT, .dflt = "5", .min = 1, .max = 10, .about = "how many"),
    SETTING(struct policy, size, SET_BYTES, .dflt = "64KiB", .max = 1024 * 1024, .about = "how large"),
    SETTING_AS("wait", struct policy, wait_ms, SET_DURATION, .dflt = "5s", .min = 10, .about = "how long"),
    SETTING(struct policy, rate, SET_RATE, .max = 1000, .about = "how often"),
    SETTING(struct policy, text, SET_TEXT, .dflt = "some text", .about = "what"),
    SETTING(struct policy, texts, SET_TEXTS, .dflt = "[a, b]", .max = 3, .about = "which"),
    SETTING(struct policy, colour, SET_WORD, .dflt = "green", .words = COLOURS, .about = "a colour"),
    SETTING(struct policy, colours, SET_WORDS, .dflt = "[red, blue]", .words = COLOURS, .about = "colours"),
    SETTING(struct policy, issuer, SET_NAME, .required = true, .about = "whose"),
    SETTING(struct policy, names, SET_NAMES, .about = "whose all"),
    SETTING(struct policy, file, SET_FILE, .about = "a file"),
    SETTING(struct policy, key, SET_SECRET, .about = "a secret"),
    SETTING(struct policy, group, SET_GROUP, .block = INNER, .scalar = "any", .about = "a group"),
    SETTING(struct policy, block, SET_BLOCK, .block = INNER, .block_size = sizeof(struct inner), .scalar = "depth",
            .about = "a block"),
    SETTING(struct policy, blocks, SET_BLOCKS, .block = ENTRY, .block_size = sizeof(struct entry), .scalar = "url",
            .about = "blocks"),
    SETTING(struct policy, map, SET_MAP, .block = ENTRY, .block_size = sizeof(struct entry), .about = "named blocks"),
    SETTING(struct policy, pairs, SET_TEXT_MAP, .about = "pairs"),
    SETTING(struct policy, custom, SET_CUSTOM, .custom = read_custom, .about = "something else"),
    SETTINGS_END,
};

static struct arena arena;
static struct problems problems;
static struct policy policy;
static size_t files_named, secrets_named;
static unsigned insecure;

static bool note_file(struct reading *r, struct str path, struct span span)
{
    (void)r, (void)path;
    files_named += span.line > 0;
    return true;
}

static void note_secret(struct reading *r, const struct secret_source *source)
{
    (void)r;
    secrets_named += source->is_set;
}

static bool read_policy(const char *text)
{
    arena_init(&arena, 8 * 1024 * 1024);
    problems_init(&problems, STR("t.yaml"), str_c(text));
    policy = (struct policy){ 0 };
    files_named = secrets_named = 0;
    struct reading r = { .arena = &arena,
                         .problems = &problems,
                         .directory = STR("/etc/b"),
                         .file_named = note_file,
                         .secret_named = note_secret };
    struct yaml *root = yaml_read(&arena, str_c(text), &problems);
    bool ok = root && settings_read(&r, POLICY, "policy", root, (struct span){ 1, 1, 1 }, &policy);
    insecure = r.insecure;
    return ok;
}

static void finish(void)
{
    problems_finish(&problems);
    arena_finish(&arena);
}

static void check_printed(const char *wanted)
{
    struct buf out;
    buf_init(&out, 64 * 1024);
    CHECK(problems_print(&problems, &out));
    CHECK_STR(buf_str(&out), str_c(wanted));
    buf_finish(&out);
}

/* One complaint with these words. */
static void check_refused(const char *text, const char *words)
{
    struct buf whole;
    buf_init(&whole, 4096);
    CHECK(buf_addf(&whole, "issuer: x\n%s\n", text) && buf_add(&whole, str_of("", 1)));
    CHECK(!read_policy(buf_str(&whole).at));
    CHECK_INT(problems.errors, 1);
    if (problems.count && !CHECK(strstr(problems.list[0].message, words)))
        printf("    %s: %s\n", text, problems.list[0].message);
    finish();
    buf_finish(&whole);
}

TEST("what is not written has its default, read the same way")
{
    CHECK(read_policy("issuer: entra\n"));
    CHECK_INT(problems.count, 0);
    CHECK(policy.flag && !policy.insecure_flag);
    CHECK_INT(policy.count, 5);
    CHECK_INT(policy.size, 65536);
    CHECK_INT(policy.wait_ms, 5000);
    CHECK_INT(policy.colour, 1);
    CHECK_INT(policy.colours, 5);
    CHECK_INT(policy.texts.count, 2);
    CHECK_STR(policy.texts.at[1], STR("b"));
    CHECK_INT(policy.texts.spans[1].line, 0);
    CHECK_STR(policy.text, STR("some text"));
    CHECK_INT(policy.group.depth, 3);
    CHECK(policy.block == NULL && policy.blocks.count == 0 && !policy.key.is_set && policy.rate.count == 0);
    CHECK_STR(policy.issuer.text, STR("entra"));
    CHECK_INT(policy.issuer.span.column, 9);
    finish();
}

TEST("every kind is read")
{
    CHECK(read_policy(
        "flag: false\ncount: 10\nsize: 1MiB\nwait: 250ms\nrate: 60/min\ntext: 123\ntexts: one\ncolour: blue\n"
        "colours: green\nissuer: i\nnames: [a, b]\nfile: tls/a.pem\nkey: file:/run/k\ngroup: [x, y]\n"
        "block: 4\nblocks: [http://a, { url: http://b }]\nmap: { one: { url: u } }\npairs: { a: b, c: d }\n"
        "custom: fine\n"));
    CHECK_INT(problems.count, 0);
    CHECK(!policy.flag && policy.count == 10 && policy.size == 1024 * 1024 && policy.wait_ms == 250);
    CHECK(policy.rate.count == 60 && policy.rate.period_ms == 60000);
    CHECK_STR(policy.text, STR("123"));
    CHECK(policy.texts.count == 1 && policy.texts.spans[0].line == 7);
    CHECK(policy.colour == 2 && policy.colours == 2 && policy.names.count == 2);
    CHECK_STR(policy.file, STR("/etc/b/tls/a.pem"));
    CHECK_INT(policy.file.at[policy.file.len], 0);
    CHECK_STR(policy.key.file, STR("/run/k"));
    CHECK(files_named == 1 && secrets_named == 1);
    CHECK(policy.group.any.count == 2 && policy.group.depth == 3);
    CHECK(policy.block && policy.block->depth == 4);
    const struct entry *blocks = policy.blocks.at, *map = policy.map.at;
    CHECK(policy.blocks.count == 2 && policy.map.count == 1);
    CHECK_STR(blocks[0].url, STR("http://a"));
    CHECK_STR(blocks[1].url, STR("http://b"));
    CHECK_STR(map[0].name.text, STR("one"));
    CHECK_INT(map[0].name.span.line, 17);
    CHECK_STR(policy.pairs.at[1].key.text, STR("c"));
    CHECK_STR(policy.pairs.at[1].value, STR("d"));
    CHECK_INT(policy.custom, 7);
    finish();
}

TEST("all mistakes are told at once, with caret and the nearest word")
{
    CHECK(!read_policy("issuser: entra\ncount: 11\nwait: 5\ncolour: gren\nflag: yes\n"));
    check_printed("t.yaml:1:1: error: \"policy\" has no setting \"issuser\"\n"
                  "    1 | issuser: entra\n"
                  "      | ^~~~~~~ did you mean \"issuer\"?\n"
                  "t.yaml:2:8: error: \"count\" must be from 1 to 10\n"
                  "    2 | count: 11\n"
                  "      |        ^~\n"
                  "t.yaml:3:7: error: \"wait\" must be a duration such as 250ms, 5s, 10m, 2h or 30d\n"
                  "    3 | wait: 5\n"
                  "      |       ^\n"
                  "t.yaml:4:9: error: \"colour\" must be red, green or blue, not \"gren\"\n"
                  "    4 | colour: gren\n"
                  "      |         ^~~~ did you mean \"green\"?\n"
                  "t.yaml:5:7: error: \"flag\" must be true or false\n"
                  "    5 | flag: yes\n"
                  "      |       ^~~\n");
    finish();
}

TEST("a missing word is asked for")
{
    CHECK(!read_policy("count: 1\n"));
    check_printed("t.yaml:1:1: error: \"policy\" needs \"issuer\"\n"
                  "    1 | count: 1\n"
                  "      | ^\n");
    finish();
}

TEST("values of a wrong form or range are refused")
{
    check_refused("flag: \"true\"", "must be true or false");
    check_refused("count: 0", "from 1 to 10");
    check_refused("count: \"5\"", "whole number");
    check_refused("count: -1", "whole number");
    check_refused("count: 99999999999999999999", "whole number");
    check_refused("size: 2MiB", "at most 1MiB");
    check_refused("size: 64KB", "must be a size");
    check_refused("wait: 9ms", "at least 10ms");
    check_refused("wait: 300000000000d", "must be a duration");
    check_refused("rate: 0/s", "must be a rate");
    check_refused("rate: 60", "must be a rate");
    check_refused("rate: 2000/s", "at most 1000");
    check_refused("text: [a]", "must be a text");
    check_refused("text:", "needs a value");
    check_refused("text: \"\"", "needs a value");
    check_refused("text: null", "needs a value");
    check_refused("texts: [a, [b]]", "must be a text");
    check_refused("texts: [a, b, c, d]", "more than 3");
    check_refused("texts: { a: b }", "must be a text");
    check_refused("group:", "is empty");
    check_refused("block: deep", "\"depth\" must be a whole number");
    check_refused("map: [a]", "map of names");
    check_refused("map: { \"a b\": { url: u } }", "a name has");
    check_refused("map: { a: { urls: u } }", "\"a\" has no setting \"urls\"");
    check_refused("blocks: [{ }]", "\"blocks\" needs \"url\"");
    check_refused("pairs: { a: [b] }", "must be a map of texts");
    check_refused("pairs: [a]", "must be a map of texts");
    check_refused("custom: bad", "bad indeed");
}

TEST("a dangerous word is warned about and counted")
{
    CHECK(read_policy("issuer: i\ninsecure_flag: true\n"));
    CHECK_INT(insecure, 1);
    check_printed("t.yaml:2:1: warning: \"insecure_flag\" is in force: something risky is let through\n"
                  "    2 | insecure_flag: true\n"
                  "      | ^~~~~~~~~~~~~\n");
    finish();
}

TEST("a secret written in the file is refused and never printed")
{
    CHECK(!read_policy("issuer: i\nkey: sk-live-0123456789 # x\n"));
    check_printed("t.yaml:2:6: error: \"key\" must be file:PATH or env:NAME: a secret itself is never written here\n"
                  "    2 | key: ****************** # x\n"
                  "      |      ^~~~~~~~~~~~~~~~~~\n");
    finish();
    CHECK(!read_policy("issuer: i\nkey: \"sk-live-\n  0123\"\n"));
    struct buf out;
    buf_init(&out, 4096);
    CHECK(problems_print(&problems, &out));
    CHECK(str_find_str(buf_str(&out), STR("sk-live")) == buf_len(&out));
    buf_finish(&out);
    finish();
}

TEST("a secret is loaded from a file or the environment, or it is said why not")
{
    char why[160] = "", path[] = "/tmp/secret-XXXXXX";
    int fd = mkstemp(path);
    CHECK(fd >= 0 && write(fd, "hush\n", 5) == 5);
    struct secret secret = { 0 };
    struct secret_source source = { .file = str_c(path), .is_set = true };
    CHECK(secret_source_load(&source, &secret, 100, why));
    CHECK(secret_eq(&secret, STR("hush")));
    CHECK(!secret_source_load(&source, &secret, 3, why));
    CHECK(strstr(why, path) && !strstr(why, "hush"));
    unlink(path);
    close(fd);
    CHECK(!secret_source_load(&source, &secret, 100, why));
    source = (struct secret_source){ .env = STR("BARTIZAN_TEST_SECRET"), .is_set = true };
    CHECK(!secret_source_load(&source, &secret, 100, why));
    setenv("BARTIZAN_TEST_SECRET", "shh", 1);
    CHECK(secret_source_load(&source, &secret, 100, why));
    CHECK(secret_eq(&secret, STR("shh")));
    CHECK(!secret_source_load(&source, &secret, 2, why));
    CHECK(!secret_source_load(&(struct secret_source){ 0 }, &secret, 2, why));
    secret_finish(&secret);
}

TEST("durations, sizes and rates are printed as they are written")
{
    static const char *const DURATIONS[] = { "1ms", "250ms", "5s", "90s", "10m", "2h", "30d" };
    static const char *const SIZES[] = { "1", "1023", "64KiB", "10MiB", "1GiB" };
    static const char *const RATES[] = { "5/s", "60/min", "1000/h", "200000/day" };
    struct buf out;
    uint64_t n;
    struct rate rate;
    buf_init(&out, 256);
    for (size_t i = 0; i < ARRAY_LEN(DURATIONS); i++, buf_clear(&out)) {
        CHECK(duration_parse(str_c(DURATIONS[i]), &n) && duration_print(&out, n));
        CHECK_STR(buf_str(&out), str_c(DURATIONS[i]));
    }
    for (size_t i = 0; i < ARRAY_LEN(SIZES); i++, buf_clear(&out)) {
        CHECK(bytes_parse(str_c(SIZES[i]), &n) && bytes_print(&out, n));
        CHECK_STR(buf_str(&out), str_c(SIZES[i]));
    }
    for (size_t i = 0; i < ARRAY_LEN(RATES); i++, buf_clear(&out)) {
        CHECK(rate_parse(str_c(RATES[i]), &rate) && rate_print(&out, rate));
        CHECK_STR(buf_str(&out), str_c(RATES[i]));
    }
    CHECK(duration_parse(STR("0s"), &n) && n == 0 && duration_print(&out, 0));
    CHECK_STR(buf_str(&out), STR("0s"));
    CHECK(!duration_parse(STR("5"), &n) && !duration_parse(STR("s"), &n) && !duration_parse(STR(""), &n));
    CHECK(!duration_parse(STR("5 s"), &n) && !duration_parse(STR("-5s"), &n) && !duration_parse(STR("1.5s"), &n));
    CHECK(!bytes_parse(STR("5kib"), &n) && !bytes_parse(STR("18446744073709551615GiB"), &n));
    CHECK(!rate_parse(STR("/min"), &rate) && !rate_parse(STR("5/"), &rate) && !rate_parse(STR("5/min/s"), &rate));
    buf_finish(&out);
}
