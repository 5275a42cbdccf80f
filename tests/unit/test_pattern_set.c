/* Sets of patterns: what they find in whole texts, and that a stream gives the same however it is cut. */
#include "filters/detect/pattern_set.h"
#include "tests/harness/check.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

static bool is_luhn(struct str text, size_t *start, size_t *end)
{
    unsigned sum = 0, n = 0;
    for (size_t i = *end; i-- > *start;) {
        unsigned d = (unsigned)(text.at[i] - '0');
        if (!ascii_is_digit(text.at[i]))
            continue;
        d = n++ % 2 ? d * 2 : d;
        sum += d > 9 ? d - 9 : d;
    }
    return sum % 10 == 0;
}

/* Not with a word right behind it: looks at its neighbours. */
static bool is_alone(struct str text, size_t *start, size_t *end)
{
    return !str_starts(str_from(text, *end), STR(" kg")) && (*start == 0 || text.at[*start - 1] != '#');
}

/* Takes the label off. */
static bool is_labelled(struct str text, size_t *start, size_t *end)
{
    (void)text;
    (void)end;
    *start += 5;
    return true;
}

static const struct pattern MAIL = {
    .id = "mail", .category = "mail", .expression = "\\b[A-Za-z0-9._%-]{1,64}@[A-Za-z0-9-]{1,63}(\\.[A-Za-z0-9-]{1,63}){1,4}\\b"
};
static const struct pattern CARD = {
    .id = "card", .category = "card", .expression = "\\b\\d{4}([ -]?\\d{4}){3}\\b", .valid = is_luhn
};
static const struct pattern KEY = { .id = "key", .category = "key", .expression = "\\bAKIA[A-Z2-7]{16}\\b" };
static const struct pattern WEIGHT = { .id = "weight", .category = "w", .expression = "\\b\\d{2,3}\\b", .valid = is_alone };
static const struct pattern WORD = {
    .id = "word", .category = "w", .expression = "straße|gr(ü|ue)n", .caseless = true
};
static const struct pattern LABEL = { .id = "label", .category = "l", .expression = "(?i)pass=[^\\s]{4,20}", .valid = is_labelled };
static const struct pattern ANY = { .id = "any", .category = "a", .expression = "<.{1,6}>" };
static const struct pattern LONG = { .id = "long", .category = "a", .expression = "BEGIN[A-Za-z0-9\\n]{0,200}END" };
static const struct pattern SHORT = { .id = "short", .category = "a", .expression = "BEGIN" };
static const struct pattern *const ALL[] = { &MAIL, &CARD, &KEY, &WEIGHT, &WORD, &LABEL, &ANY, &LONG, &SHORT };

static const char *const TEXTS[] = {
    "",
    "nothing at all",
    "write to jane.doe@example.org, or to x@y.zz.",
    "card 4111 1111 1111 1111, not 4111 1111 1111 1112; 4111111111111111",
    "AKIAABCDEFGHIJKLMNOP AKIAABCDEFGHIJKLMNOPQ xAKIAABCDEFGHIJKLMNOP",
    "75 kg, 75 cm, #12, 13",
    "Die Straße ist grün und GRUEN; stra\xc3\x9f",
    "PASS=hunter22 and pass=\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9 pass=ab",
    "<\xe2\x82\xac\xe2\x82\xac> <1234567> <123456> <\xf0\x9f\x98\x80\xf0\x9f\x98\x80>",
    "BEGINabc BEGINabcEND BEGIN",
    "BEGIN BEGINBEGINENDEND xBEGINaENDbEND",
    "a.b.c@d.e.f@g.h jane@@example.org jane@example jane@example.org",
    "ends with jane@example.org",
    "ends with 75",
    "12 75 kg12 13 kg",
};

struct shown {
    struct buf out;
    const struct pattern_set *set;
};

static bool show_text(void *owner, struct str text)
{
    return buf_add(&((struct shown *)owner)->out, text);
}

static bool show_match(void *owner, struct str text, uint32_t pattern)
{
    struct shown *s = owner;
    return buf_addf(&s->out, "[%s:" STR_F "]", pattern_set_at(s->set, pattern)->id, STR_A(text));
}

static void show_whole(struct shown *s, struct pattern_scratch *scratch, struct str text)
{
    const struct pattern_match *at;
    size_t n, done = 0;
    buf_clear(&s->out);
    CHECK(pattern_set_find(s->set, scratch, text, &at, &n));
    for (size_t i = 0; i < n; i++) {
        show_text(s, str_of(text.at + done, at[i].start - done));
        show_match(s, str_of(text.at + at[i].start, at[i].end - at[i].start), at[i].pattern);
        done = at[i].end;
    }
    show_text(s, str_from(text, done));
}

static struct pattern_set *set_of(const struct pattern *const *list, size_t n)
{
    struct problems problems;
    problems_init(&problems, STR("test"), STR_NONE);
    struct pattern_set *set = pattern_set_new(list, n, &problems);
    if (problems.count)
        printf("  %s\n", problems.list[0].message);
    problems_finish(&problems);
    return set;
}

TEST("the leftmost, then the longest match that its validator takes is found")
{
    struct pattern_set *set = set_of(ALL, ARRAY_LEN(ALL));
    struct pattern_scratch *scratch = pattern_scratch_new(set);
    static const struct {
        const char *text, *wanted;
    } rows[] = {
        { "to jane.doe@example.org.", "to [mail:jane.doe@example.org]." },
        { "4111 1111 1111 1111", "[card:4111 1111 1111 1111]" },
        { "4111 1111 1111 1112", "4111 1111 1111 1112" },
        { "75 kg 75 cm", "75 kg [weight:75] cm" },
        { "#12", "#12" },
        { "GRÜN gr\xc3\xbcn", "GRÜN [word:grün]" },
        { "x PASS=hunter22.", "x PASS=[label:hunter22.]" },
        { "BEGINxEND BEGINx", "[long:BEGINxEND] [short:BEGIN]x" },
        { "<\xf0\x9f\x98\x80\xf0\x9f\x98\x80>", "[any:<\xf0\x9f\x98\x80\xf0\x9f\x98\x80>]" },
        { "xAKIAABCDEFGHIJKLMNOP", "xAKIAABCDEFGHIJKLMNOP" },
    };
    struct shown s = { .set = set };
    buf_init(&s.out, 1 << 20);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        show_whole(&s, scratch, str_c(rows[i].text));
        CHECK_STR(buf_str(&s.out), str_c(rows[i].wanted));
    }
    buf_finish(&s.out);
    pattern_scratch_free(scratch);
    pattern_set_free(set);
}

static void feed(struct pattern_stream *stream, struct shown *s, struct pattern_scratch *scratch, struct str part,
                 bool last)
{
    struct pattern_sink sink = { show_text, show_match, s };
    char *copy = malloc(part.len + 1); /* so that a look beyond it is seen */
    memcpy(copy, part.at, part.len);
    CHECK(pattern_stream_feed(stream, s->set, scratch, str_of(copy, part.len), last, &sink));
    CHECK(buf_len(&stream->held) <= PATTERN_BYTES_MAX + 2 * PATTERN_CONTEXT + part.len);
    free(copy);
}

TEST("a stream gives what the whole text gives, cut at every byte, twice, in every byte and at random")
{
    struct pattern_set *set = set_of(ALL, ARRAY_LEN(ALL));
    struct pattern_scratch *scratch = pattern_scratch_new(set);
    struct shown whole = { .set = set }, cut = { .set = set };
    buf_init(&whole.out, 1 << 20);
    buf_init(&cut.out, 1 << 20);
    srandom(7);
    for (size_t i = 0; i < ARRAY_LEN(TEXTS); i++) {
        struct str text = str_c(TEXTS[i]);
        show_whole(&whole, scratch, text);
        for (size_t at = 0; at <= text.len; at++) {
            for (size_t then = at; then <= text.len; then++) {
                struct pattern_stream stream = { 0 };
                buf_clear(&cut.out);
                feed(&stream, &cut, scratch, str_first(text, at), false);
                feed(&stream, &cut, scratch, str_of(text.at + at, then - at), false);
                feed(&stream, &cut, scratch, str_from(text, then), true);
                CHECK_STR(buf_str(&cut.out), buf_str(&whole.out));
                pattern_stream_finish(&stream);
            }
        }
    }
    for (unsigned round = 0; round < 400; round++) {
        char made[900];
        size_t len = 0;
        while (len < 600) {
            const char *t = TEXTS[(unsigned long)random() % ARRAY_LEN(TEXTS)];
            size_t from = strlen(t) ? (unsigned long)random() % strlen(t) : 0, n = (unsigned long)random() % 40;
            struct str part = str_first(str_from(str_c(t), from), n);
            memcpy(made + len, part.at, part.len);
            len += part.len;
        }
        struct str text = str_of(made, len);
        show_whole(&whole, scratch, text);
        struct pattern_stream stream = { 0 };
        buf_clear(&cut.out);
        for (size_t at = 0; at < len;) {
            size_t n = round % 2 ? 1 : 1 + (unsigned long)random() % 30;
            feed(&stream, &cut, scratch, str_first(str_from(text, at), n), false);
            at += n;
        }
        feed(&stream, &cut, scratch, STR(""), true);
        CHECK_STR(buf_str(&cut.out), buf_str(&whole.out));
        pattern_stream_finish(&stream);
    }
    buf_finish(&whole.out);
    buf_finish(&cut.out);
    pattern_scratch_free(scratch);
    pattern_set_free(set);
}

TEST("nothing is held while nothing is in progress, and a match only until it is decided")
{
    const struct pattern *const list[] = { &KEY, &LONG };
    struct pattern_set *set = set_of(list, ARRAY_LEN(list));
    struct pattern_scratch *scratch = pattern_scratch_new(set);
    struct shown s = { .set = set };
    struct pattern_stream stream = { 0 };
    buf_init(&s.out, 1 << 20);
    feed(&stream, &s, scratch, STR("Once upon a time"), false);
    CHECK(!pattern_stream_is_holding(&stream));
    CHECK_STR(buf_str(&s.out), STR("Once upon a time"));
    feed(&stream, &s, scratch, STR(" AKIAAB"), false);
    CHECK(pattern_stream_is_holding(&stream));
    CHECK_STR(buf_str(&s.out), STR("Once upon a time "));
    feed(&stream, &s, scratch, STR("c"), false);
    CHECK(!pattern_stream_is_holding(&stream));
    CHECK_STR(buf_str(&s.out), STR("Once upon a time AKIAABc"));
    feed(&stream, &s, scratch, STR(" AKIAABCDEFGHIJKLMNOP "), false);
    CHECK(!pattern_stream_is_holding(&stream));
    CHECK_STR(buf_str(&s.out), STR("Once upon a time AKIAABc [key:AKIAABCDEFGHIJKLMNOP] "));
    pattern_stream_finish(&stream);
    buf_finish(&s.out);
    pattern_scratch_free(scratch);
    pattern_set_free(set);
}

TEST("what is not bounded, empty or not known is refused with its reason")
{
    static const char *const bad[] = { "a+",     "a*",     "a{2,}", "(a",   "a)",     "[a",     "a{4097}", "a?",
                                       "(?=a)b", "^a",     "a$",    "\\1",  "[é]",    "(){3}a", "a{3",     "\\p{L}",
                                       "a??",    "\\b",    "",      "[z-a]", "(a|b{0,4096}){2}", "\\xff", "*",  "[\\D]" };
    struct problems problems;
    problems_init(&problems, STR("test"), STR_NONE);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct pattern p = { .id = "p", .category = "c", .expression = bad[i] };
        const struct pattern *list[] = { &p };
        struct pattern_set *set = pattern_set_new(list, 1, &problems);
        CHECK(!set);
        CHECK_INT(problems.count, i + 1);
        pattern_set_free(set);
    }
    problems_finish(&problems);
}

/* The longest match at `from` by PCRE2's automaton; 0 without. */
static size_t longest(pcre2_code *code, pcre2_match_data *data, struct str text, size_t from)
{
    int workspace[4096];
    int rc = pcre2_dfa_match(code, (PCRE2_SPTR)text.at, text.len, from, PCRE2_ANCHORED, data, NULL, workspace, 4096);
    return rc >= 0 ? pcre2_get_ovector_pointer(data)[1] : 0;
}

TEST("a pattern means what PCRE2 takes it for")
{
    static const char *const expressions[] = {
        "\\b[a-c]{1,3}\\b", "a(b|c{2,3}|)d?", "[^a]b", "\\Ba.", "(a|ab)(c|bcd)(d{0,2})", "(a{1,2}){2}", "[\\w.-]{2,5}@\\w",
        "\\d\\s?\\d",       "a\\b.\\Bb",      "\\W\\w", "(ab?){1,3}c", "x{0,3}y{0,2}a",  "\\x61[[:digit:]]", "(?i)aB",
        "é{2}|\\Sé",        "[]a]b|[a-]c",
    };
    static const char *const alphabet[] = { "a", "b", "c", "d", "1", "@", " ", "\n", "é", "-", "B", "x", "y", "." };
    srandom(11);
    for (size_t e = 0; e < ARRAY_LEN(expressions); e++) {
        struct pattern p = { .id = "p", .category = "c", .expression = expressions[e] };
        const struct pattern *list[] = { &p };
        struct pattern_set *set = set_of(list, 1);
        CHECK(set);
        struct pattern_scratch *scratch = pattern_scratch_new(set);
        int error;
        PCRE2_SIZE offset;
        pcre2_code *code = pcre2_compile((PCRE2_SPTR)expressions[e], PCRE2_ZERO_TERMINATED, PCRE2_UTF, &error, &offset, NULL);
        CHECK(code);
        pcre2_match_data *data = pcre2_match_data_create(8, NULL);
        for (unsigned round = 0; round < 800; round++) {
            struct buf b;
            buf_init(&b, 1000);
            for (unsigned i = 0; i < round % 24; i++)
                CHECK(buf_add(&b, str_c(alphabet[(unsigned long)random() % ARRAY_LEN(alphabet)])));
            struct str text = buf_str(&b);
            const struct pattern_match *at;
            size_t n, k = 0;
            CHECK(pattern_set_find(set, scratch, text, &at, &n));
            for (size_t i = 0; i < text.len;) {
                bool inside = ((unsigned char)text.at[i] & 0xc0) == 0x80;
                size_t end = inside ? 0 : longest(code, data, text, i);
                if (!end) {
                    i++;
                    continue;
                }
                CHECK(k < n && at[k].start == i && at[k].end == end);
                k++;
                i = end;
            }
            CHECK_INT(k, n);
            buf_finish(&b);
        }
        pcre2_match_data_free(data);
        pcre2_code_free(code);
        pattern_scratch_free(scratch);
        pattern_set_free(set);
    }
}

TEST("too many states are forgotten and made again, and a costly text is refused")
{
    struct pattern wide = { .id = "w", .category = "c", .expression = "(a|b){1,4}a(a|b){12}c" };
    struct pattern deep = { .id = "d", .category = "c", .expression = "a[ab]{2000,4000}c" };
    const struct pattern *list[] = { &wide }, *costly[] = { &deep };
    struct pattern_set *set = set_of(list, 1);
    struct pattern_scratch *scratch = pattern_scratch_new(set);
    struct buf b;
    const struct pattern_match *at;
    size_t n;
    buf_init(&b, 1 << 20);
    srandom(3);
    for (unsigned i = 0; i < 500; i++)
        CHECK(buf_add(&b, random() % 2 ? STR("a") : STR("b")));
    CHECK(pattern_set_find(set, scratch, buf_str(&b), &at, &n) && n == 0);
    CHECK(buf_add(&b, STR("aaaaaaaaaaaaaaaaac")));
    CHECK(pattern_set_find(set, scratch, buf_str(&b), &at, &n) && n == 1);
    pattern_scratch_free(scratch);
    pattern_set_free(set);
    for (unsigned i = 0; i < 20000; i++)
        CHECK(buf_add(&b, STR("a")));
    set = set_of(costly, 1);
    scratch = pattern_scratch_new(set);
    CHECK(!pattern_set_find(set, scratch, buf_str(&b), &at, &n) && pattern_scratch_is_spent(scratch));
    pattern_scratch_free(scratch);
    pattern_set_free(set);
    buf_finish(&b);
}
