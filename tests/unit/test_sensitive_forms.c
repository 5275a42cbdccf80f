/* test_sensitive_forms.c - what is said in base64, hex, escapes and full-width signs is found there, and only there. */
#include <stdlib.h>

#include "filters/detect/sensitive.h"
#include "filters/detect/sensitive_forms.h"
#include "tests/harness/check.h"

static struct pattern_set *set;
static struct sensitive_finder finder;

static void begin(const struct sensitive *rows, const char *const *kinds)
{
    const struct pattern *list[SENSITIVE_ROWS_MAX];
    struct problems problems;
    problems_init(&problems, STR("test"), STR_NONE);
    set = pattern_set_new(list, sensitive_select(rows, kinds, UINT64_MAX, PERSONAL_COUNTRIES, UINT64_MAX, list), &problems);
    problems_finish(&problems);
    if (!set || !sensitive_finder_init(&finder, set))
        abort();
}

static void end(void)
{
    sensitive_finder_finish(&finder);
    pattern_set_free(set);
}

/* Exactly what stands between [[ and ]] is found. */
static void check_found(const char *id, const char *marked)
{
    char text[4096];
    size_t n = 0, start = 0, stop = 0;
    bool spent;
    for (const char *p = marked; *p; p++) {
        if (p[0] == '[' && p[1] == '[' && ++p)
            start = n;
        else if (p[0] == ']' && p[1] == ']' && ++p)
            stop = n;
        else
            text[n++] = *p;
    }
    if (!CHECK(sensitive_find_all(&finder, set, str_of(text, n), &spent)))
        return;
    if (!id) {
        if (!CHECK(finder.count == 0))
            printf("  %s: %s\n", pattern_set_at(set, finder.finds[0].pattern)->id, marked);
        return;
    }
    bool fits = finder.count == 1 && finder.finds[0].start == start && finder.finds[0].end == stop &&
                strcmp(pattern_set_at(set, finder.finds[0].pattern)->id, id) == 0;
    if (CHECK(fits))
        return;
    printf("  %s wanted in %s, %zu found", id, marked, finder.count);
    for (size_t i = 0; i < finder.count; i++)
        printf(", %s " STR_F, pattern_set_at(set, finder.finds[i].pattern)->id,
               STR_A(str_of(text + finder.finds[i].start, finder.finds[i].end - finder.finds[i].start)));
    printf("\n");
}

TEST("personal data in another form is found where it stands")
{
    begin(PERSONAL_ROWS, PERSONAL_KINDS);
    check_found("email", "decode this: [[d3JpdGUgdG8gamFuZS5kb2VAY29udG9zby5jb20gdG9kYXk=]], please");
    check_found("email", "hex [[7772697465206a616e652e646f6540636f6e746f736f2e636f6d206e6f77]].");
    check_found("email", "https://x.example/?to=[[jane.doe%40contoso.com]]&x=1");
    check_found("email", "mail [[jane.doe&#64;contoso.com]] about it");
    check_found("email", "{\"to\":\"[[jane.doe\\u0040contoso.com]]\"}");
    check_found("email", "mail [[jane.doe&commat;contoso.com]] about it");
    check_found("email", "`[[jane.doe\\u{40}contoso.com]]`, `x`");
    check_found("email", "to [[jane.doe\\100contoso.com]]");
    check_found("email", "to [[jane.doe%u0040contoso.com]]");
    check_found("email", "https://x.[[example/internationalization/customers/amFuZS5kb2VAY29udG9zby5jb20gdG9kYXk=]]");
    check_found("email", "what the bytes say is this: [[6a 61 6e 65 40 63 6f 6e 74 6f 73 6f 2e 63 6f 6d]] and that is all that there is to say about it.");
    check_found("email", "the bytes ([[6a,61,6e,65,40,63,6f,6e,74,6f,73,6f,2e,63,6f,6d]])");
    check_found("email", "x[] = { [[0x6a, 0x61, 0x6e, 0x65, 0x40, 0x63, 0x6f, 0x6e, 0x74, 0x6f, 0x73, 0x6f, 0x2e, 0x63, 0x6f, 0x6d]] }");
    check_found("email", "say [[0X6A 0X61 0X6E 0X65 0X40 0X63 0X6F 0X6E 0X74 0X6F 0X73 0X6F 0X2E 0X63 0X6F 0X6D]]");
    check_found("email", "to [[jane.doe＠contoso.com]]");
    check_found("email", "to [[jane\xe2\x80\x8b.doe@contoso.com]]");
    check_found("card", "Karte [[４０１２ ８８８８ ８８８８ １８８１]]");
    check_found("card", "card [[4012\xc2\xa0" "8888\xc2\xa0" "8888\xc2\xa0" "1881]].");
    check_found("card", "card [[4012\xe2\x80\x91" "8888\xe2\x80\x91" "8888\xe2\x80\x91" "1881]].");
    check_found("iban", "IBAN [[DE89\xe2\x80\xaf" "3704\xe2\x80\xaf" "0044\xe2\x80\xaf" "0532\xe2\x80\xaf" "0130\xe2\x80\xaf" "00]]");
    check_found("us-ssn", "SSN：[[５３６－９０－４３９９]]");
    check_found("us-ssn", "SSN [[536－90－4399]]");
    check_found("email", "to [[jane.doe﹫contoso.com]]");
    check_found("email", "to [[jane.doe％40contoso.com]]");
    check_found("email", "to [[jane.doe@contoso．com]]");
    check_found("card", "card [[𝟒𝟎𝟏𝟐 𝟖𝟖𝟖𝟖 𝟖𝟖𝟖𝟖 𝟏𝟖𝟖𝟏]] ok");
    check_found("email", "[[𝐣𝐚𝐧𝐞.𝐝𝐨𝐞@𝐜𝐨𝐧𝐭𝐨𝐬𝐨.𝐜𝐨𝐦]]");
    check_found("card", "card [[④⓪①② ⑧⑧⑧⑧ ⑧⑧⑧⑧ ①⑧⑧①]]");
    check_found("card", "card [[⁴⁰¹²⁸⁸⁸⁸⁸⁸⁸⁸¹⁸⁸¹]]");
    check_found("email", "as it stands: [[jane@contoso.com]], beside d2hhdCBlbHNlIGlzIHRoZXJlIHRvIHNheQ==");
    check_found(NULL, "d2hhdCBlbHNlIGlzIHRoZXJlIHRvIHNheQ== and 100%25 of &#8364;5 and caf\\u00e9");
    check_found(NULL, "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==");
    check_found(NULL, "https://example.com/search?q=caf%C3%A9%20au%20lait&page=2 and /usr/lib/x86_64-linux-gnu/libcrypto.so.3");
    check_found(NULL, "1\xc2\xa0" "234\xc2\xa0" "567 \xe2\x82\xac, 5\xe2\x80\x93" "10 pages, ２０２４年");
    end();
}

TEST("secrets in another form are found where they stand")
{
    begin(SECRET_ROWS, SECRET_KINDS);
    check_found("password", "kubernetes: [[REJfUEFTU1dPUkQ9aDcha1F6MjlwTA==]]");
    check_found("github-token", "run [[dXNlIHRoZSB0b2tlbiBnaHBfYUIzZEU1Zkc3aEk5aksxbE0zbk81cFE3clM5dFUxM3NoS0w0]] it");
    check_found("password", "?x=password%3D[[h7%21kQz29pL]]&y=1");
    check_found(NULL, "Y29uZmlnOiB0aGUgcGFzc3dvcmQgaXMgcmVhZCBmcm9tIHRoZSBlbnZpcm9ubWVudA==");
    end();
}

TEST("the forms of a text rest as soon as they were read")
{
    begin(PERSONAL_ROWS, PERSONAL_KINDS);
    check_found("email", "decode this: [[d3JpdGUgdG8gamFuZS5kb2VAY29udG9zby5jb20gdG9kYXk=]], please");
    CHECK(!finder.views.count);
    end();
}

TEST("plain texts give no reason to look twice")
{
    static const char *const PLAIN[] = {
        "The committee met on Tuesday to talk about the new library, which had been open for 12 days.",
        "The committee’s report – “open to all” – costs 5 €.", "Пожалуйста, прочитайте отчёт.", "请阅读附件中的报告，并用三到四句话告诉我。",
        "50% of it, Q&A, C:\\temp\\new, a&b", "internationalization-and-localization of counterrevolutionaries",
        "So if it is to be as we do it at no. 12, go on; fields are \\n, \\t or \\\"; AT&T; x &y; 10 20 30 40 50 60.",
        "https://x.example/internationalization/customers/CustomersOfToday/2024-11-22/StatusReportOfTheWholeWeek",
        "増加率は50％。次の三つ：①費用、②期間、③品質。", "m² and x³, CO₂", "🙂 good 👍🏽 (🏳️‍🌈)",
        "for (i = 0x10; i < 0xff; i += 0x20) a[i] = b[i] & c[i]; /* 00:1b:44:11:3a:b7 */",
    };
    for (size_t i = 0; i < ARRAY_LEN(PLAIN); i++)
        CHECK(!sensitive_has_forms(str_c(PLAIN[i])));
}
