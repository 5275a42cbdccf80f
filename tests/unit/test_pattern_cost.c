/* test_pattern_cost.c - what the rows of secrets and personal data cost, counted in steps: texts that are made to cost the most take
 * little more than lists that people send, or are refused; and no list that people send is refused. */
#include <stdlib.h>
#include <string.h>

#include "filters/detect/pattern_parts.h"
#include "filters/detect/sensitive.h"
#include "tests/harness/check.h"
#include "tests/unit/looking.h"

/* ---- texts: a shape again and again ---- */

static char pick(const char *from)
{
    return from[(size_t)random() % strlen(from)];
}

/* The number of a card, whose last digit is right. */
static void add_card(struct buf *b)
{
    char digits[17] = "4";
    unsigned sum = 0;
    for (unsigned i = 1; i < 15; i++)
        digits[i] = pick("0123456789");
    for (unsigned i = 0; i < 15; i++) {
        unsigned value = (unsigned)(digits[i] - '0') * (i % 2 ? 1 : 2);
        sum += value > 9 ? value - 9 : value;
    }
    digits[15] = (char)('0' + (10 - sum % 10) % 10);
    CHECK(buf_add(b, str_c(digits)));
}

/* # a digit, & a small letter, ^ a capital, * a letter of base64, ~ one of hex, ! a card; anything else is itself. */
static void make(struct buf *b, const char *shape, size_t bytes)
{
    static const char SMALL[] = "abcdefghijklmnopqrstuvwxyz", LARGE[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    static const char BASE64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    buf_clear(b);
    while (buf_len(b) < bytes) {
        for (const char *p = shape; *p; p++) {
            char c = *p == '#'   ? pick("0123456789")
                     : *p == '&' ? pick(SMALL)
                     : *p == '^' ? pick(LARGE)
                     : *p == '*' ? pick(BASE64)
                     : *p == '~' ? pick("0123456789abcdef")
                                 : *p;
            if (*p == '!')
                add_card(b);
            else
                CHECK(buf_add(b, str_of(&c, 1)));
        }
    }
}

static const char *const HOSTILE[] = {
    "1 ", "# ", "## ", "### ", "#### ", "#", "#-", "##-", "###-", "####-", "#.", "##.", "###.", "#,", "##,", "###,", "#/##/", "# ## ### #### ",
    "####-## #.##/", "(#)", "(###) ", "+#", "+## ", "+1 2 3 4 5 6 ", "00## ", "@", "a@", "a.", "a-", "a.a.a.a@", "a@a.", "a.a.a.a@b.c.d-", "a+b%c'",
    "&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&", "&&&&&&&&&.", "!\n", "!,", "#### #### #### ####\n",
    "####-####-####-####,", "AccountKey=**************************************************************************************==;",
    "AccountKey=********************", "AccountKey=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa;", "AccountKey=AccountKey=",
    "DE## #### #### #### #### ", "GB## ", "^^## ^^ ", "^^##^^##", "##.##.##.## ", "1.2.3.4 ", "v 99.2.3.4 ", "##.", "a1:", "fe80::1:2:3 ", "::", "~~:~~:~~:",
    "~", "~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~ ", "~~~~~~~~-~~~~-~~~~-~~~~-~~~~~~~~~~~~ ", "*",
    "****************************************************************************\n", "***/", "*+", "+/", "**************************************** ",
    "Dear ^&&&& ^&&&&&\n", "my name is ^&&&& ^&&&&&. ", "name is this ", "name: ^&&&& ^&&&&& ", "_name: name: ", "mr ", "\nDear the ", "^&&&& ", "1 A ", "A ",
    "## ^&&& ^&&&& Street, ", "## ^&&& ", "^&&&&&&strasse ", "^&& utca ", "address is A", "address: A b c d e f g h i j k l m n o p q r s t ",
    "Calle de la ", "Via A b ", "##/##/1999 ", "12 January 1999 ", "1 may ", "A1234 56 78 ", "driving license A1 2 3 4 ", "passport 123456 ", "phone 1 ",
    "tel tel tel 12 ", "phone call card ### ### #### ", "######-#### ", "1*****************************", "bc1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq ",
    "0x~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~ ", "^", "^^^^^^^^ ", "{\\\"name\\\": \\\"^&&&& ^&&&&&\\\", \\\"phone\\\": \\\"###-###-####\\\"},\\n", "\\n", "\\\\",
    "\\u00e9", "é", "我叫", "меня зовут ", " ", "_", "-", "\n", "eyJ**********", "eyJ&&&&&&&&&&&.eyJ", "eyJ&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&-",
    "-----BEGIN PRIVATE KEY-----", "-----BEGIN RSA PRIVATE KEY-----aaaaaaaaaaaaaaaaaaaaaaaa\n", "-----BEGIN A", "password=&&&&&& ", "password=password=",
    "password: ", "password is ", "token=&&&&&&&&&&&&&&&&&&&& ", "token=_token=", "_secret_token_token_", "api key => ", "://a:b", "://:::", "://x:yyy@", "?code=",
    "?code=****************************************", "sig=sig%3d", "bearer &&&&&&&&&&&&&&&&&&&& ", "bearer bearer_", "sk-********************", "sk-proj-",
    "AKIA^^^^^^^^^^^^^^^^ ", "FwoGFwoG/", "7Q~", "xoxb-", "key-", "a1b2 ", "A1-", "aaaa-", "AzFu-", "T3BlbkFJ", "gho_",
};

/* What people send, in lists of hundreds of thousands of bytes. */
static const struct {
    const char *about, *shape;
    unsigned per_line; /* finds of personal data that it must have in each, at least */
} HONEST[] = {
    { "a table with cards", "##,^&&&& ^&&&&&,!,12/27,###\n", 1 },
    { "nothing but cards", "!,", 1 },
    { "cards with blanks between them", "! ", 1 },
    { "numbers of sixteen digits with blanks between them", "4############### ", 0 },
    { "numbers that look like cards", "#### #### #### ####\n", 0 },
    { "order numbers", "################\n", 0 },
    { "numbers of eleven digits", "###########\n", 0 },
    { "numbers of nine digits", "######### ", 0 },
    { "a log of a web server", "92.1##.3#.4# - - [12/Mar/2024:10:##:## +0000] \"GET /&&&&&.html HTTP/1.1\" 200 #####\n", 1 },
    { "a list of addresses", "92.1##.3#.4#\n", 1 },
    { "a log with times", "2024-03-1#T10:##:##.######Z INFO &&&&&&& took #### ms id=~~~~~~~~-~~~~-~~~~-~~~~-~~~~~~~~~~~~\n", 0 },
    { "a telephone directory", "^&&&& ^&&&&&&, +49 30 #######\n", 1 },
    { "another one", "^&&&& ^&&&&&&\t(212) 5##-####\n", 1 },
    { "one with labels", "Tel: 020 7### ####\n", 1 },
    { "customers", "#####,^&&&&,^&&&&&&,&&&&&&@&&&&&&&.com,212-5##-####,#####\n", 2 },
    { "mail addresses", "&&&&&.&&&&&&@&&&&&&&.com\n", 1 },
    { "accounts", "^&&&& ^&&&&&: DE####################\n", 0 },
    { "Nordic numbers", "######-####\n", 0 },
    { "vectors", "-0.########, 0.########, ", 0 },
    { "integers", "###, ####, ##, ", 0 },
    { "a table of numbers", "####\t##\t######\t###.##\t#\n", 0 },
    { "objects", "{\"id\":######,\"price\":##.##,\"name\":\"&&&&&&\",\"ok\":true},", 0 },
    { "certificates", "****************************************************************\n", 0 },
    { "a dump", "########  ~~ ~~ ~~ ~~ ~~ ~~ ~~ ~~  |&&&&&&&&|\n", 0 },
    { "addresses of pages", "https://www.example.com/&&&&&&&/&&&&&&&&&?id=######\n", 0 },
    { "settings", "^^^^^^_TOKEN=&&&&&&&&&&&&\n", 0 },
};

TEST("a short list of nothing but people who tell their names is not refused")
{
    struct looking l = look_for(PERSONAL_ROWS, PERSONAL_KINDS);
    struct buf text = { .ceiling_bytes = 1 << 14 };
    const struct pattern_match *at;
    size_t found = 0;
    srandom(9);
    make(&text, "My name is ^&&&&. ", 5000);
    CHECK(pattern_set_find(l.set, l.scratch, buf_str(&text), &at, &found) && found >= 250);
    buf_finish(&text);
    end(&l);
}

static const char OTHER_SCRIPTS[] = "Комитет собрался во вторник, чтобы поговорить о новой библиотеке. Le comité s'est réuni à la fin de l'été. "
                                    "Das Gebäude dürfte für größere Säle genügen. 请阅读附件中的报告。 ";
static const char PROSE[] = "The committee met on ^&&&&&& to talk about the new library, which had been open for ## days. Most people liked it; a few "
                            "would rather have kept the old building - not for its books, as one of them said, but for the garden behind it. ";

static bool find(struct looking *l, struct str text, size_t *found, double *steps_a_byte)
{
    const struct pattern_match *at;
    *found = 0;
    bool ok = pattern_set_find(l->set, l->scratch, text, &at, found);
    *steps_a_byte = (double)l->scratch->steps / (double)text.len;
    return ok;
}

static void compare(const struct sensitive *rows, const char *const *kinds, double times)
{
    enum { BYTES = 64 * 1024 };
    struct looking l = look_for(rows, kinds);
    struct buf text = { .ceiling_bytes = 1 << 21 };
    size_t found;
    double prose, steps;
    srandom(3);
    make(&text, PROSE, BYTES);
    CHECK(find(&l, buf_str(&text), &found, &prose));
    CHECK(prose < 2);
    make(&text, OTHER_SCRIPTS, BYTES);
    CHECK(find(&l, buf_str(&text), &found, &steps) && steps < 1.3 * prose);
    for (size_t i = 0; i < ARRAY_LEN(HOSTILE); i++) {
        make(&text, HOSTILE[i], BYTES);
        (void)find(&l, buf_str(&text), &found, &steps); /* or it is refused, which is what the budget is for */
        if (!CHECK(steps - (double)BUDGET_STEPS / BYTES < times * prose))
            printf("  [%s]: %.1f steps a byte, where prose takes %.1f\n", HOSTILE[i], steps, prose);
    }
    buf_finish(&text);
    end(&l);
}

TEST("no text makes the search for personal data cost more than some ten times what prose does")
{
    compare(PERSONAL_ROWS, PERSONAL_KINDS, 10.2);
}

TEST("no text makes the search for secrets cost more than some ten times what prose does")
{
    compare(SECRET_ROWS, SECRET_KINDS, 10.2);
}

static bool pass_text(void *owner, struct str text)
{
    (void)owner;
    (void)text;
    return true;
}

static bool pass_match(void *owner, struct str text, uint32_t pattern)
{
    (void)owner;
    (void)text;
    (void)pattern;
    return true;
}

/* In pieces of five bytes. */
static void stream(struct looking *l, struct str text, const char *shape)
{
    enum { PIECE = 5, STEPS_A_PIECE = 3000 };
    const struct pattern_sink sink = { pass_text, pass_match, NULL };
    struct pattern_stream s = { 0 };
    uint64_t steps = 0, pieces = 0;
    size_t held = 0;
    bool ok = true;
    for (size_t i = 0; ok && i < text.len; i += PIECE, pieces++) {
        l->scratch->steps = 0;
        ok = pattern_stream_feed(&s, l->set, l->scratch, str_first(str_from(text, i), PIECE), i + PIECE >= text.len, &sink);
        size_t now = ok ? buf_len(&s.held) - s.context : 0;
        held = now > held ? now : held;
        steps += l->scratch->steps;
    }
    pattern_stream_finish(&s);
    if (!CHECK(held <= PATTERN_BYTES_MAX + PATTERN_CONTEXT && steps < STEPS_A_PIECE * pieces))
        printf("  [%s]: %zu bytes held, %.0f steps a piece\n", shape, held, (double)steps / (double)pieces);
}

TEST("no text makes a stream hold more than is stated, or walk what it holds again and again")
{
    enum { BYTES = 16 * 1024 };
    struct looking personal = look_for(PERSONAL_ROWS, PERSONAL_KINDS), secrets = look_for(SECRET_ROWS, SECRET_KINDS);
    struct buf text = { .ceiling_bytes = 1 << 21 };
    srandom(6);
    for (size_t i = 0; i < ARRAY_LEN(HOSTILE); i++) {
        make(&text, HOSTILE[i], BYTES);
        stream(&personal, buf_str(&text), HOSTILE[i]);
        stream(&secrets, buf_str(&text), HOSTILE[i]);
    }
    static const char KEY[] = "-----BEGIN PRIVATE KEY-----\n****************************************************************\n";
    make(&text, KEY, 90);
    for (size_t i = 0; i < 80; i++)
        CHECK(buf_add(&text, STR("MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj\n")));
    stream(&secrets, buf_str(&text), "a long key");
    buf_finish(&text);
    end(&personal);
    end(&secrets);
}

static void check_honest(struct looking *l, const struct buf *text, size_t i, size_t least)
{
    size_t found;
    double steps;
    bool ok = find(l, buf_str(text), &found, &steps);
    if (!CHECK(ok && found >= least && steps < BUDGET_STEPS_A_BYTE))
        printf("  %s: %s, %.1f steps a byte, %zu found of %zu\n", HONEST[i].about, ok ? "taken" : "refused", steps, found, least);
}

TEST("long lists that people send are not refused, and what is in them is found")
{
    enum { BYTES = 256 * 1024 };
    struct looking personal = look_for(PERSONAL_ROWS, PERSONAL_KINDS), secrets = look_for(SECRET_ROWS, SECRET_KINDS);
    struct buf text = { .ceiling_bytes = 1 << 21 };
    srandom(4);
    for (size_t i = 0; i < ARRAY_LEN(HONEST); i++) {
        make(&text, HONEST[i].shape, BYTES);
        size_t line = strlen(HONEST[i].shape) + (strchr(HONEST[i].shape, '!') ? 15 : 0);
        check_honest(&personal, &text, i, buf_len(&text) / line * HONEST[i].per_line * 9 / 10);
        check_honest(&secrets, &text, i, 0);
    }
    buf_finish(&text);
    end(&personal);
    end(&secrets);
}

/* What is counted in for thousands of bytes leads to a state for each. */
static void make_counted(struct buf *text, size_t pieces)
{
    static const struct {
        const char *begins;
        size_t bytes;
    } COUNTED[] = { { "-----BEGIN PRIVATE KEY-----", 3600 }, { "FwoG", 2000 }, { "ops_eyJ", 2000 }, { "eyJ", 1000 }, { "1.A", 200 }, { "sl.", 1000 } };
    buf_clear(text);
    for (size_t i = 0; i < pieces; i++) {
        size_t which = (size_t)random() % ARRAY_LEN(COUNTED);
        CHECK(buf_add(text, str_c(COUNTED[which].begins)));
        for (size_t n = (size_t)random() % 2 ? COUNTED[which].bytes : 400; n; n--)
            CHECK(buf_addf(text, "%c", pick("ABCDEFGHabcdefgh0123")));
        CHECK(buf_add(text, STR(" \n")));
    }
}

TEST("what a worker has read before does not decide whether a text costs too much")
{
    enum { TEXTS = 40 };
    struct looking warm = look_for(SECRET_ROWS, SECRET_KINDS);
    struct buf text = { .ceiling_bytes = 1 << 21 };
    size_t refused = 0, taken = 0;
    srandom(8);
    for (size_t i = 0; i < TEXTS; i++) {
        struct looking alone = look_for(SECRET_ROWS, SECRET_KINDS);
        size_t found, found_alone;
        double steps, steps_alone;
        make_counted(&text, 1 + i / 4);
        bool is = find(&warm, buf_str(&text), &found, &steps), is_alone = find(&alone, buf_str(&text), &found_alone, &steps_alone);
        CHECK(is == is_alone && found == found_alone && !(steps > steps_alone || steps < steps_alone));
        refused += !is_alone;
        taken += is_alone;
        end(&alone);
    }
    CHECK(refused && taken);
    buf_finish(&text);
    end(&warm);
}
