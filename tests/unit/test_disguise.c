/* test_disguise.c - what was disguised and is put back is what it was, byte by byte, however the answer is cut; and what stands for a
 * value is of its kind, and never the value.
 *
 * DISGUISE_DOCUMENTS=100000 makes as many documents; without it few enough for every build. */
#include "filters/detect/disguise.h"
#include "filters/detect/near.h"

#include "tests/harness/check.h"

#include <stdlib.h>

static struct pattern_set *set;
static struct pattern_scratch *scratch;

static void begin(void)
{
    const struct pattern *rows[SENSITIVE_ROWS_MAX * 2];
    struct problems problems;
    if (set)
        return;
    problems_init(&problems, STR("rows"), STR(""));
    size_t n = sensitive_select(PERSONAL_ROWS, PERSONAL_KINDS, UINT64_MAX, PERSONAL_COUNTRIES, UINT64_MAX, rows);
    n += sensitive_select(SECRET_ROWS, SECRET_KINDS, UINT64_MAX, PERSONAL_COUNTRIES, UINT64_MAX, rows + n);
    set = pattern_set_new(rows, n, &problems);
    scratch = set ? pattern_scratch_new(set) : NULL;
    CHECK(scratch != NULL);
    problems_finish(&problems);
}

__attribute__((destructor)) static void finish(void)
{
    pattern_scratch_free(scratch);
    pattern_set_free(set);
}

static const struct disguise_options REALISTIC = { .realistic = true, .goes_back = true, .key = "the key of the test" };
static const struct disguise_options LABELS = { .goes_back = true };

/* Disguises the texts, each with what is found in it. */
static struct disguise *disguise(struct arena *a, const struct disguise_options *options, const struct str *texts, size_t n)
{
    struct disguise_options with = *options;
    with.set = set;
    struct disguise *d = disguise_new(a, &with);
    const struct pattern_match *at;
    const char *why = "";
    size_t found;
    for (size_t i = 0; i < n; i++) {
        if (!CHECK(pattern_set_find(set, scratch, texts[i], &at, &found))) {
            printf("  refused: [" STR_F "]\n", STR_A(texts[i]));
            continue;
        }
        for (size_t k = 0; k < found; k++)
            CHECK(disguise_add(d, texts[i], at[k].start, at[k].end, sensitive_of(pattern_set_at(set, at[k].pattern))));
    }
    if (!CHECK(disguise_choose(d, texts, n, &why)))
        printf("  %s\n", why);
    return d;
}

static struct str put_back(struct arena *a, const struct disguise *d, struct str text, size_t first_cut, size_t step)
{
    const struct replacer *r = disguise_back(d);
    struct replacer_stream *s = calloc(1, replacer_room(r));
    struct buf work, out;
    buf_init(&work, 1 << 24);
    buf_init(&out, 1 << 24);
    size_t at = 0, cut = first_cut;
    do {
        struct str fresh = str_first(str_from(text, at), cut);
        at += fresh.len;
        cut = step;
        CHECK(replacer_feed(r, s, fresh, at >= text.len, false, &work, &out));
    } while (at < text.len);
    CHECK(!replacer_is_holding(s));
    struct str copy = arena_copy(a, buf_str(&out));
    buf_finish(&work);
    buf_finish(&out);
    free(s);
    return copy;
}

/* ---- documents out of all kinds ---- */

static uint64_t seed = 88172645463325252u;
static unsigned below(unsigned n)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (unsigned)((seed >> 20) % n);
}

/* Values to begin with; others of the same form are made of them. */
static const struct {
    const char *before, *value;
    bool varies; /* its digits may be others */
} VALUES[] = {
    { "write to ", "john.doe@fabrikam.com", true },
    { "mail ", "Anna.Schmidt77@mail.contoso.co.uk", true },
    { "card ", "4111 1111 1111 1111", false },
    { "card ", "5555555555554444", false },
    { "card ", "3782-822463-10005", false },
    { "IBAN ", "DE89 3704 0044 0532 0130 00", false },
    { "to ", "GB82WEST12345698765432", false },
    { "call ", "+49 30 901820", true },
    { "phone: ", "541-714-1388", true },
    { "tel. ", "06 12 34 56 78", true },
    { "SSN ", "536-90-4399", true },
    { "steuer-id ", "86095742719", false },
    { "n° ", "2 55 08 14 168 025 38", false },
    { "DNI ", "12345678Z", false },
    { "CF ", "RSSMRA85T10A562S", false },
    { "PESEL ", "44051401359", false },
    { "CPF ", "529.982.247-25", false },
    { "id ", "11010519491231002X", false },
    { "AHV ", "756.9217.0769.85", false },
    { "from ", "203.0.113.7", true },
    { "host ", "2001:db8::8a2e:370:7334", false },
    { "My name is ", "Jane Dough", false },
    { "my name is ", "Peter van Houten", false },
    { "Mr. ", "Karataev", false },
    { "born on ", "12/05/1980", false },
    { "at ", "221 Baker Street", true },
    { "wohnt ", "Hauptstraße 5, 10115 Berlin", false },
    { "key ", "ghp_x7Kq2mVb9TzR4wLc8NpY3sHd6JfGu5Ae1QoW", true },
    { "password=", "hunter2secure", true },
    { "wallet ", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", false },
    { "passport number ", "C01234567", true },
};

static size_t add_text(char *out, size_t at, const char *text)
{
    size_t len = strlen(text);
    memcpy(out + at, text, len);
    return at + len;
}

static size_t make_document(char *out)
{
    static const char *const BETWEEN[] = { ". ", ", and ", "\n", " (Jane, James or Anders asked) ", "; größer. ", " [EMAIL_1] ", " - 555 - ", "\t",
                                           " 你好 ", " no. 4711, ", " {\"a\":\"b\\nc\"} ", " Keller ", "." };
    size_t n = add_text(out, 0, "Note: ");
    for (unsigned i = 1 + below(8); i > 0; i--) {
        unsigned which = below(ARRAY_LEN(VALUES));
        n = add_text(out, n, VALUES[which].before);
        size_t from = n;
        n = add_text(out, n, VALUES[which].value);
        for (size_t k = from; VALUES[which].varies && k < n; k++)
            if (ascii_is_digit(out[k]) && out[k] > '2' && below(2))
                out[k] = (char)('3' + below(7));
        n = add_text(out, n, BETWEEN[below(ARRAY_LEN(BETWEEN))]);
        if (below(4) == 0) { /* the same once more, without the words before */
            size_t len = n - from;
            memcpy(out + n, out + from, len);
            n += len;
        }
    }
    return n;
}

static size_t documents(void)
{
    const char *wanted = getenv("DISGUISE_DOCUMENTS");
    uint64_t n = 1500;
    return wanted && str_to_u64(str_c(wanted), &n) ? (size_t)n : 1500;
}

static bool check_document(const struct disguise_options *options, const struct str *texts, size_t n)
{
    struct arena a;
    arena_init(&a, 1 << 24);
    struct disguise *d = disguise(&a, options, texts, n);
    bool ok = true;
    for (size_t i = 0; ok && i < n; i++) {
        const struct pattern_match *at;
        size_t found;
        struct str hidden = disguise_text(d, texts[i]);
        ok = CHECK(hidden.at != NULL);
        ok = ok && CHECK_STR(put_back(&a, d, hidden, hidden.len, 1), texts[i]);
        ok = ok && CHECK_STR(put_back(&a, d, hidden, 1 + below(16), 1 + below(9)), texts[i]);
        ok = ok && CHECK(pattern_set_find(set, scratch, texts[i], &at, &found));
        for (size_t k = 0; ok && k < found; k++) {
            struct str value = str_of(texts[i].at + at[k].start, at[k].end - at[k].start);
            ok = CHECK(str_find_str(hidden, value) == hidden.len);
        }
        if (!ok)
            printf("  [" STR_F "]\n  [" STR_F "]\n", STR_A(texts[i]), STR_A(hidden));
    }
    arena_finish(&a);
    return ok;
}

TEST("what was disguised is put back, in whole texts and in pieces, and no value is left")
{
    static char text[3][8192];
    begin();
    size_t wanted = documents();
    for (size_t i = 0; i < wanted; i++) {
        struct str texts[3];
        for (size_t k = 0; k < ARRAY_LEN(texts); k++)
            texts[k] = str_of(text[k], make_document(text[k]));
        if (!check_document(&REALISTIC, texts, 1 + i % 3) || !check_document(&LABELS, texts, 1 + i % 3))
            return;
    }
}

TEST("an answer that is cut anywhere is put together the same")
{
    begin();
    struct arena a;
    arena_init(&a, 1 << 24);
    struct str text = STR("My name is Jane Dough, mail jane@fabrikam.com, card 4111 1111 1111 1111, IBAN DE89 3704 0044 0532 0130 00.");
    struct disguise *d = disguise(&a, &REALISTIC, &text, 1);
    struct str hidden = disguise_text(d, text);
    for (size_t cut = 1; cut < hidden.len; cut++)
        if (!CHECK_STR(put_back(&a, d, hidden, cut, hidden.len), text) || !CHECK_STR(put_back(&a, d, hidden, 0, cut), text))
            break;
    arena_finish(&a);
}

/* ---- what stands for a value ---- */

TEST("what stands for a value is found as the same kind, and is another one")
{
    begin();
    for (size_t i = 0; i < ARRAY_LEN(VALUES); i++) {
        struct arena a;
        char text[512];
        const struct pattern_match *at;
        size_t before, after;
        arena_init(&a, 1 << 20);
        struct str whole = str_of(text, (size_t)snprintf(text, sizeof text, "%s%s.", VALUES[i].before, VALUES[i].value));
        CHECK(pattern_set_find(set, scratch, whole, &at, &before));
        if (!CHECK(before == 1)) {
            printf("  %zu in [%s]\n", before, text);
            continue;
        }
        const struct sensitive *row = sensitive_of(pattern_set_at(set, at[0].pattern));
        struct disguise *d = disguise(&a, &REALISTIC, &whole, 1);
        struct str hidden = disguise_text(d, whole);
        CHECK(!str_eq(hidden, whole));
        CHECK(pattern_set_find(set, scratch, hidden, &at, &after));
        if (row->fake != FAKE_LABEL && !CHECK(after == 1 && strcmp(pattern_set_at(set, at[0].pattern)->category, row->pattern.category) == 0))
            printf("  [%s] [" STR_F "]\n", text, STR_A(hidden));
        if (row->fake == FAKE_CLASS && row->pattern.id[0] != '\0')
            CHECK_INT(hidden.len, whole.len);
        arena_finish(&a);
    }
}

static struct str hidden_of(struct arena *a, const unsigned char *key, const char *text)
{
    struct disguise_options options = REALISTIC;
    memcpy(options.key, key, sizeof options.key);
    struct str whole = str_c(text);
    struct disguise *d = disguise(a, &options, &whole, 1);
    return disguise_text(d, whole);
}

TEST("the same key makes the same pseudonyms, another key others; how a number is written does not matter")
{
    static const unsigned char ONE[HMAC_BYTES] = "one", TWO[HMAC_BYTES] = "two";
    struct arena a;
    char digits[2][32];
    begin();
    arena_init(&a, 1 << 22);
    const char *text = "card 4111 1111 1111 1111, mail jane@fabrikam.com";
    CHECK_STR(hidden_of(&a, ONE, text), hidden_of(&a, ONE, text));
    CHECK(!str_eq(hidden_of(&a, ONE, text), hidden_of(&a, TWO, text)));
    struct str spaced = hidden_of(&a, ONE, "4111 1111 1111 1111"), plain = hidden_of(&a, ONE, "4111111111111111");
    size_t n = near_compact(spaced, 0, spaced.len, digits[0], 32), m = near_compact(plain, 0, plain.len, digits[1], 32);
    CHECK_STR(str_of(digits[0], n), str_of(digits[1], m));
    arena_finish(&a);
}

TEST("the history, with the values in it again, is disguised as before")
{
    struct arena a;
    begin();
    arena_init(&a, 1 << 22);
    struct str first[] = { STR("My name is Jane Dough. Call me on +49 30 901820.") };
    struct str then[] = { first[0], STR("Hello Jane! I call +49 30 901820 then, Ms. Dough."), STR("or mail jane@fabrikam.com") };
    struct disguise *one = disguise(&a, &REALISTIC, first, 1), *two = disguise(&a, &REALISTIC, then, 3);
    struct str before = disguise_text(one, first[0]), after = disguise_text(two, then[0]), answer = disguise_text(two, then[1]);
    CHECK_STR(before, after);
    CHECK(str_find_str(answer, STR("Jane")) == answer.len && str_find_str(answer, STR("Dough")) == answer.len &&
          str_find_str(answer, STR("901820")) == answer.len);
    /* what the model said is what it was given before */
    CHECK_STR(put_back(&a, one, answer, 7, 3), then[1]);
    arena_finish(&a);
}

TEST("a number that the model writes in another form is put back in that form")
{
    struct arena a;
    begin();
    arena_init(&a, 1 << 22);
    struct str text = STR("card 4111 1111 1111 1111");
    struct disguise *d = disguise(&a, &REALISTIC, &text, 1);
    struct str hidden = disguise_text(d, text);
    char plain[32], hyphens[64];
    size_t n = near_compact(hidden, 5, hidden.len, plain, sizeof plain);
    CHECK_STR(put_back(&a, d, str_of(plain, n), 3, 2), STR("4111111111111111"));
    int len = snprintf(hyphens, sizeof hyphens, "%.4s-%.4s-%.4s-%.4s", plain, plain + 4, plain + 8, plain + 12);
    CHECK_STR(put_back(&a, d, str_of(hyphens, (size_t)len), 3, 2), STR("4111-1111-1111-1111"));
    arena_finish(&a);
}

/* What the answer would be with the stand-in in another form. */
static void check_form(const struct disguise *d, struct arena *a, const char *answer, const char *wanted)
{
    CHECK_STR(put_back(a, d, str_c(answer), 4, 3), str_c(wanted));
}

TEST("what the model writes in capitals, in an address or in Markdown is put back, where it can be nothing else")
{
    struct arena a;
    char answer[512], upper[128];
    begin();
    arena_init(&a, 1 << 22);
    struct str text = STR("My name is Jane Dough, mail jane@fabrikam.com."), label = STR("mail jane@fabrikam.com and bob@fabrikam.com");
    struct disguise *d = disguise(&a, &REALISTIC, &text, 1);
    struct str hidden = disguise_text(d, text), name = str_from(hidden, sizeof "My name is " - 1);
    name = str_first(name, str_find(name, ','));
    struct str mail = str_from(hidden, str_find_str(hidden, STR("mail ")) + 5);
    mail = str_first(mail, mail.len - 1);
    for (size_t i = 0; i < name.len; i++)
        upper[i] = name.at[i] >= 'a' ? (char)(name.at[i] - 32) : name.at[i];
    snprintf(answer, sizeof answer, "# %.*s\n**" STR_F "**", (int)name.len, upper, STR_A(name));
    check_form(d, &a, answer, "# JANE DOUGH\n**Jane Dough**");
    size_t at = str_find(mail, '@');
    snprintf(answer, sizeof answer, "[%c" STR_F "](https://x.example/?to=%.*s%%40" STR_F ")", mail.at[0] - 32, STR_A(str_from(mail, 1)), (int)at,
             mail.at, STR_A(str_from(mail, at + 1)));
    check_form(d, &a, answer, "[jane@fabrikam.com](https://x.example/?to=jane%40fabrikam.com)");
    d = disguise(&a, &LABELS, &label, 1);
    check_form(d, &a, "[EMAIL_2], [EMAIL\\_1], \\[EMAIL\\_2\\], [EMAIL 1], [email_2], not EMAIL_1 or [EMAIL_3]",
               "bob@fabrikam.com, jane@fabrikam.com, bob@fabrikam.com, jane@fabrikam.com, bob@fabrikam.com, not EMAIL_1 or [EMAIL_3]");
    arena_finish(&a);
}

TEST("stand-ins are not mixed up with what a text has anyway")
{
    static const unsigned char KEY[HMAC_BYTES] = "the key of the test";
    struct arena a;
    begin();
    arena_init(&a, 1 << 22);
    /* the text names the very pseudonym that would be taken */
    struct pseudonym_of jane = { set, &PERSONAL_ROWS[0], STR("jane@fabrikam.com") };
    struct str fake = pseudonym_make(&a, &jane, KEY, 0);
    struct str text = arena_printf(&a, "jane@fabrikam.com, [EMAIL_1] and " STR_F "x, or x" STR_F, STR_A(fake), STR_A(fake));
    CHECK(check_document(&REALISTIC, &text, 1) && check_document(&LABELS, &text, 1));
    struct str both = arena_printf(&a, "jane@fabrikam.com and " STR_F, STR_A(fake));
    CHECK(check_document(&REALISTIC, &both, 1));
    arena_finish(&a);
}

static const struct sensitive *row_of(const struct sensitive *rows, const char *id)
{
    for (; rows->pattern.id; rows++)
        if (strcmp(rows->pattern.id, id) == 0)
            return rows;
    abort();
}

TEST("a stand-in is the same whatever compiler made the program")
{
    static const unsigned char KEY[HMAC_BYTES] = "the key of the test";
    static const struct {
        const char *row, *value, *fake;
    } rows[] = {
        { "email", "jane@fabrikam.com", "edith.mortimer546@example.org" },
        { "ip4", "10.1.2.3", "10.77.249.26" },
        { "ip6", "fd00:12::5", "2001:db8:bee8:834f::e3fb" },
        { "po-box", "P.O. Box 123", "P.O. Box 933" },
        { "street-germanic", "Hauptstraße 5, 10115 Berlin", "Heatherstraße 9, 87640 Daleford" },
        { "card", "4012 8888 8888 1881", "4012 8809 4264 3456" },
    };
    struct arena a;
    arena_init(&a, 1 << 22);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct pseudonym_of of = { set, row_of(PERSONAL_ROWS, rows[i].row), str_c(rows[i].value) };
        CHECK_STR(pseudonym_make(&a, &of, KEY, 0), str_c(rows[i].fake));
    }
    arena_finish(&a);
}

/* What two digits behind `before` say, all along. */
static bool are_codes(struct str s, struct str before, struct str wanted)
{
    size_t n = 0;
    for (size_t at = 0; (at += str_find_str(str_from(s, at), before)) < s.len; n++) {
        uint32_t code;
        at += before.len;
        if (n == wanted.len || !ascii_hex_at(s, at, 2, &code))
            return false;
        if (wanted.at[n] == '#' ? !ascii_is_alnum((char)code) : (char)code != wanted.at[n])
            return false;
    }
    return n == wanted.len;
}

TEST("escapes in a value are escapes in what stands for it: of the same sign, of another letter")
{
    static const struct {
        const char *row, *value, *before, *codes;
    } rows[] = {
        { "url-password", "p%40ss%2Fw9rd%5bx", "%", "@/[" },
        { "azure-sas", "x7Kq2mVb9TzR4wLc8NpY3sHd6JfGu5Ae1QoWq%2Bz9%3D", "%", "+=" },
        { "password", "h%75nter2sec%E4re", "%", "#\xe4" },
        { "password", "hunter2\\u0026secure", "\\u00", "&" },
        { "password", "hunter\\x32\\x26secure", "\\x", "#&" },
    };
    unsigned char key[HMAC_BYTES] = "the key of the test";
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct arena a;
        arena_init(&a, 1 << 22);
        for (unsigned nth = 0; nth < 200; nth++) {
            key[0] = (unsigned char)nth;
            struct pseudonym_of of = { set, row_of(SECRET_ROWS, rows[i].row), str_c(rows[i].value) };
            struct str with = pseudonym_make(&a, &of, key, 0);
            if (!CHECK(with.at && are_codes(with, str_c(rows[i].before), str_c(rows[i].codes)))) {
                printf("  [%s] [" STR_F "]\n", rows[i].value, STR_A(with));
                break;
            }
        }
        arena_finish(&a);
    }
}

TEST("a value inside of a longer word is none, there and on the way back")
{
    struct arena a;
    char answer[256];
    begin();
    arena_init(&a, 1 << 22);
    struct str text = STR("My name is Jane Dough, and this is no Doughnut. Janet");
    struct disguise *d = disguise(&a, &REALISTIC, &text, 1);
    struct str hidden = disguise_text(d, text), name = str_from(hidden, sizeof "My name is " - 1);
    CHECK(str_ends(hidden, STR(", and this is no Doughnut. Janet")));
    name = str_first(name, str_find(name, ','));
    snprintf(answer, sizeof answer, STR_F ", no " STR_F "s", STR_A(name), STR_A(name));
    struct str back = put_back(&a, d, str_c(answer), 4, 3);
    CHECK(str_starts(back, STR("Jane Dough, no ")) && str_find_str(str_from(back, 10), STR("Dough")) == back.len - 10);
    arena_finish(&a);
}

TEST("no two values have the same stand-in, however many there are and however few stand-ins")
{
    enum { MANY = 2000 }; /* of 65,024 private addresses: some are drawn twice */
    static char text[MANY * 32];
    struct arena a;
    size_t n = 0;
    begin();
    arena_init(&a, 1 << 24);
    for (unsigned i = 0; i < MANY; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "host 192.168.%u.%u is up\n", i / 200, 1 + i % 200);
    struct str whole = str_of(text, n);
    struct disguise *d = disguise(&a, &REALISTIC, &whole, 1);
    struct str hidden = disguise_text(d, whole);
    CHECK(!str_eq(hidden, whole));
    CHECK(str_eq(put_back(&a, d, hidden, 1000, 1000), whole));
    arena_finish(&a);
}

TEST("a text of nothing but values costs in proportion")
{
    struct arena a;
    struct buf text;
    begin();
    arena_init(&a, (size_t)1 << 28);
    buf_init(&text, 1 << 22);
    for (unsigned i = 0; i < 3000; i++)
        CHECK(buf_addf(&text, "u%u@fabrikam.com ", i));
    struct str whole = buf_str(&text);
    struct disguise *d = disguise(&a, &REALISTIC, &whole, 1);
    CHECK_INT(disguise_count(d), 3000);
    struct str hidden = disguise_text(d, whole);
    CHECK(str_eq(put_back(&a, d, hidden, 1000, 1000), whole));
    CHECK(a.used_bytes < 64 * whole.len);
    buf_finish(&text);
    arena_finish(&a);
}
