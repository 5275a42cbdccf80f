/* test_reserve.c - prices in whole numbers, estimates and how far they are off, what is learned, and what a stream produced. */
#include "filters/reserve/count.h"
#include "filters/reserve/learned.h"
#include "filters/reserve/prices.h"
#include "proxy/core/slices.h"
#include "tests/unit/desk.h"

/* ---- amounts and prices ---- */

TEST("amounts are read exactly, or not at all")
{
    static const struct {
        const char *text;
        uint64_t billionths;
    } GOOD[] = { { "0", 0 },         { "2.50", 2500000000 },      { "0.000000001", 1 },         { "10", 10000000000 },
                 { "0.075", 75000000 }, { "1000000", 1000000000000000 }, { "1.123456789", 1123456789 } };
    static const char *const BAD[] = { "",   ".5", "5.", "-1", "1,5", "1e3", "1.1234567891", "1000001", " 1", "1 USD", "0x1" };
    for (size_t i = 0; i < ARRAY_LEN(GOOD); i++) {
        uint64_t n = 7;
        CHECK(amount_parse(str_c(GOOD[i].text), &n) && n == GOOD[i].billionths);
    }
    for (size_t i = 0; i < ARRAY_LEN(BAD); i++) {
        uint64_t n = 7;
        if (!CHECK(!amount_parse(str_c(BAD[i]), &n) && n == 7))
            fprintf(stderr, "  %s\n", BAD[i]);
    }
}

TEST("a price is exact, rounded up once, and never overflows")
{
    struct price p = { .input.billionths = 2500000000,
                       .cached_input.billionths = 1250000000,
                       .output.billionths = 10000000000,
                       .reasoning.billionths = 12000000000 };
    struct usage u = { .input_tokens = 1000, .cached_tokens = 400, .output_tokens = 200, .reasoning_tokens = 50 };
    CHECK(price_of(&p, &u) == 600 * 2500 + 400 * 1250 + 150 * 10000 + 50 * 12000);
    CHECK(price_of(&p, &(struct usage){ 0 }) == 0);
    struct price tiny = { .input.billionths = 1 };
    CHECK(price_of(&tiny, &(struct usage){ .input_tokens = 1 }) == 1);
    CHECK(price_of(&tiny, &(struct usage){ .input_tokens = 1000000 }) == 1);
    CHECK(price_of(&tiny, &(struct usage){ .input_tokens = 1000001 }) == 2);
    /* more cached than input, as a confused server may say, is no discount below what was sent */
    CHECK(price_of(&p, &(struct usage){ .input_tokens = 10, .cached_tokens = 99 }) == 10 * 1250);
    CHECK(price_of(&p, &(struct usage){ .input_tokens = UINT64_MAX, .output_tokens = UINT64_MAX }) == INT64_MAX);
    CHECK(price_output(&p) == 12000000000);
    CHECK(budget_price(500, 1000000) == 500 && budget_price(3, 333333) == 1 && budget_price(UINT64_MAX, UINT64_MAX) == UINT64_MAX);
}

#define PLAN                                                                                                           \
    "listen: [ { address: 127.0.0.1:1 } ]\npools: { m: { endpoints: [ { url: http://127.0.0.1:2, models: { o3: x } } ] } }\n"   \
    "routes: { r: { match: { path: /v1/* }, insecure_anonymous: true, select: m, reserve: [ "
#define PRICES "prices: { gpt-4o: { input: 1 }, mini: { models: [\"gpt-4o-mini*\", \"gpt-4*\"], input: 2 } }\n"

TEST("a model's price is the entry that names it, else the longest beginning")
{
    struct desk *d = desk_open(PRICES PLAN "{ money: { quota: 5/day } } ] } }\n");
    CHECK_STR(price_find(d->setup, STR("gpt-4o"))->name.text, STR("gpt-4o"));
    CHECK_STR(price_find(d->setup, STR("gpt-4o-mini-2024"))->name.text, STR("mini"));
    CHECK_STR(price_find(d->setup, STR("gpt-4.1"))->name.text, STR("mini"));
    CHECK(price_find(d->setup, STR("o3")) == NULL);
    bool warned = false;
    for (size_t i = 0; i < d->problems.count; i++)
        warned = warned || strstr(d->problems.list[i].message, "\"o3\" has no price");
    CHECK(warned);
    desk_close(d);
}

TEST("mistakes in limits and prices are told")
{
    CHECK(desk_complains(PLAN "{ money: { quota: 5/day } } ] } }\n", "needs the section \"prices\""));
    CHECK(desk_complains("prices: { x: { input: 1, currency: EUR } }\n" PLAN "{ money: { quota: 5/day } } ] } }\n",
                         "is in EUR, a limit of money in USD"));
    CHECK(desk_complains(PRICES PLAN "{ money: { quota: 5/day, default_price: o1 } } ] } }\n", "there is no price \"o1\""));
    CHECK(desk_complains(PRICES PLAN "{ money: { quota: 5/week } } ] } }\n", "a quota is an amount"));
    CHECK(desk_complains(PRICES PLAN "{ money: { rate: 5 } } ] } }\n", "written as 20/h"));
    CHECK(desk_complains("prices: { x: { input: 1e3 } }\n" PLAN "{ tokens: { rate: 5/s } } ] } }\n", "an amount is written"));
    CHECK(desk_complains(PLAN "{ tokens: {} } ] } }\n", "either \"rate\" or \"quota\""));
    CHECK(desk_complains(PLAN "{ tokens: { rate: 1/s, quota: 5/day } } ] } }\n", "two limits"));
    CHECK(desk_complains(PLAN "{ tokens: { quota: 5/day, burst: 7 } } ] } }\n", "\"burst\" belongs to a rate"));
    CHECK(desk_complains(PLAN "{ tokens: { quota: 5/year } } ] } }\n", "a quota is a count"));
    CHECK(desk_complains(PLAN "{ tokens: { quota: 5/day, time_zone: Mars/Olympus } } ] } }\n", "tzdata"));
    CHECK(desk_complains(PLAN "{ tokens: { rate: 5/s, by: [all, app] } } ] } }\n", "stands alone"));
    CHECK(desk_complains(PLAN "{ tokens: { rate: 5/s, except: { networks: [nowhere] } } } ] } }\n", "is no network"));
    CHECK(desk_complains(PLAN "{ tokens: { rate: 5/s, only: {} } } ] } }\n", "\"only\" names nobody"));
    CHECK(desk_complains(PLAN "{ tokens: { rate: 5/s, except: {} } } ] } }\n", "\"except\" names nobody"));
    CHECK(desk_complains(PLAN "{ tokens: { rate: 5/s, except: { roles: [] } } } ] } }\n", "\"except\" names nobody"));
    CHECK(desk_complains(PLAN "{ tokens: 5/s } ], limit: [ { concurrency: { max: 4, lease: 2 } } ] } }\n", "has no setting \"lease\""));
}

TEST("limits of one name have the same numbers")
{
    const char *const others[] = { "rate: 6/s", "rate: 5/min", "rate: 5/s, burst: 2" };
    char text[2048];
    for (size_t i = 0; i < ARRAY_LEN(others); i++) {
        snprintf(text, sizeof text, "%s{ tokens: { rate: 5/s, name: n } }, { tokens: { %s, name: n } } ] } }\n", PLAN, others[i]);
        CHECK(desk_complains(text, "limits of the name \"n\" share their buckets"));
    }
    CHECK(desk_complains(PLAN "{ tokens: { quota: 5/day, name: n } }, { tokens: { quota: 6/day, name: n } } ] } }\n",
                         "another one is 5 tokens per day for each subject"));
    CHECK(desk_complains(PLAN "{ tokens: 5/s } ], limit: [ { concurrency: { max: 4, name: n } }, { concurrency: { max: 5, name: n } } ] } }\n",
                         "another one is 4 requests at the same time"));
    desk_close(desk_open(PLAN "{ tokens: { rate: 5/s, name: n } }, { tokens: { rate: 5/s, name: n, on_store_down: refuse } }, "
                              "{ tokens: { rate: 9/s, name: n, by: all } }, { tokens: { quota: 9/day, name: n } } ] } }\n"));
}

TEST("a model has one price")
{
    CHECK(desk_complains("prices: { a: { models: [gpt-4o], input: 1 }, GPT-4o: { input: 9 } }\n" PLAN "{ money: 5/day } ] } }\n",
                         "\"gpt-4o\" has a price already, in \"a\""));
    CHECK(desk_complains("prices: { a: { models: [o1*, O1*], input: 1 } }\n" PLAN "{ money: 5/day } ] } }\n",
                         "\"o1*\" has a price already, in \"a\""));
}

TEST("more limits than a request can have are told")
{
    char text[4096];
    size_t len = (size_t)snprintf(text, sizeof text, "%s", PLAN);
    for (int i = 0; i < 17; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "%s{ tokens: %d/min }", i ? ", " : "", i + 1);
    snprintf(text + len, sizeof text - len, " ] } }\n");
    CHECK(desk_complains(text, "has 17 limits: at most 16 are kept"));
}

TEST("letting all pass while the store is away is warned about and counted")
{
    struct desk *d = desk_open(PLAN "{ tokens: { rate: 5/s, on_store_down: insecure_allow } } ] } }\n");
    CHECK(d->setup->insecure == 2 && d->problems.count >= 1);
    desk_close(d);
}

/* ---- counting ---- */

static uint64_t count_of(const char *model, struct str text)
{
    struct text t = { .value = text };
    struct call call = { .operation = OP_CHAT, .model_key = str_c(model), .texts = &t, .texts_count = 1 };
    return count_call(&call, 0, 765);
}

TEST("a short prompt is counted exactly, with what the chat format adds")
{
    CHECK(count_prepare());
    CHECK(count_of("gpt-4o", STR("hello")) == 1 + 4 + 3);
    CHECK(count_of("gpt-4", STR("hello")) == 1 + 4 + 3);
    struct text two[] = { { .value = STR("hello") }, { .value = STR("hello"), .message = 1 } };
    struct call call = { .operation = OP_CHAT, .model_key = STR("gpt-4o"), .texts = two, .texts_count = 2, .images = 2 };
    CHECK(count_call(&call, 0, 765) == 2 + 8 + 3 + 2 * 765);
    call.operation = OP_EMBEDDINGS; /* nothing is added to the inputs */
    CHECK(count_call(&call, 0, 0) == 2);
    CHECK(count_call(&(struct call){ .has_tokens = true }, 400, 0) == 100);
}

TEST("a long text that comes again is counted the same, and by each encoding for itself")
{
    static char text[2048];
    memset(text, 'x', sizeof text);
    for (size_t i = 0; i < sizeof text; i += 7)
        text[i] = ' ';
    struct str s = str_of(text, sizeof text);
    uint64_t large = count_of("gpt-4o", s), small = count_of("gpt-4", s);
    CHECK(large == encoding_count(count_encoding(STR("gpt-4o")), s) + 7);
    CHECK(small == encoding_count(count_encoding(STR("gpt-4")), s) + 7);
    CHECK(count_of("gpt-4o", s) == large && count_of("gpt-4", s) == small);
    text[100] ^= 1;
    CHECK(count_of("gpt-4o", s) == encoding_count(count_encoding(STR("gpt-4o")), s) + 7);
}

/* Made-up texts: what is beyond the exact part goes on at its rate. */
TEST("a long prompt is estimated within five per cent where its kind does not change")
{
    static const char *const KINDS[] = {
        "The quick brown fox jumps over the lazy dog, and nobody in the whole village seems to mind it at all. ",
        "Die Donaudampfschifffahrtsgesellschaft f\xc3\xa4hrt \303\274ber den Flu\xc3\x9f, w\xc3\xa4hrend es regnet. ",
        "for (size_t i = 0; i < n; i++) { total += values[i] * weights[i]; }\n",
        "{\"id\": 1234567, \"name\": \"widget\", \"price\": 12.5, \"tags\": [\"a\", \"b\"]},\n",
        "\xe4\xbb\x8a\xe5\xa4\xa9\xe5\xa4\xa9\xe6\xb0\x94\xe5\xbe\x88\xe5\xa5\xbd\xef\xbc\x8c\xe6\x88\x91\xe4\xbb\xac\xe5\x8e\xbb\xe5\x85\xac\xe5\x9b\xad\xe6\x95\xa3\xe6\xad\xa5\xe3\x80\x82",
        "\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82, \xd0\xba\xd0\xb0\xd0\xba \xd0\xb4\xd0\xb5\xd0\xbb\xd0\xb0? ",
    };
    static char text[300 * 1024];
    for (size_t k = 0; k < ARRAY_LEN(KINDS); k++) {
        size_t len = 0, piece = strlen(KINDS[k]);
        while (len + piece < sizeof text) {
            memcpy(text + len, KINDS[k], piece);
            len += piece;
        }
        uint64_t exact = encoding_count(count_encoding(STR("gpt-4o")), str_of(text, len)), guess = count_of("gpt-4o", str_of(text, len));
        uint64_t off = exact > guess ? exact - guess : guess - exact;
        if (!CHECK(off * 100 <= exact * 5))
            fprintf(stderr, "  %.20s: %llu for %llu\n", KINDS[k], (unsigned long long)guess, (unsigned long long)exact);
    }
}

/* ---- learning ---- */

TEST("what is usual holds nine answers in ten, at most a quarter too much")
{
    struct learned *l = learned_new();
    struct str app = STR("a"), model = STR("m");
    for (uint64_t i = 1; i < LEARNED_ENOUGH; i++) {
        learned_add(l, app, model, 10, 10, 100);
        CHECK(learned_output(l, app, model) == 0);
    }
    for (uint64_t i = 0; i < 1000; i++)
        learned_add(l, app, model, 10, 10, i);
    uint64_t usual = learned_output(l, app, model);
    CHECK(usual >= 895 && usual <= 895 * 5 / 4);
    CHECK(learned_output(l, STR("b"), model) == 0 && learned_output(l, app, STR("n")) == 0);
    for (uint64_t i = 0; i < 6000; i++) /* habits change */
        learned_add(l, app, model, 10, 10, 20);
    usual = learned_output(l, app, model);
    CHECK(usual >= 20 && usual <= 25);
    learned_free(l);
}

TEST("the error of the estimate is learned, and one odd answer teaches little")
{
    struct learned *l = learned_new();
    struct str app = STR("a"), model = STR("llama");
    CHECK(learned_input(l, app, model, 1000) == 1000);
    for (int i = 0; i < 200; i++)
        learned_add(l, app, model, 100, 130, 5);
    uint64_t estimate = learned_input(l, app, model, 1000);
    CHECK(estimate >= 1280 && estimate <= 1310);
    learned_add(l, app, model, 1, 1000000, 5);
    CHECK(learned_input(l, app, model, 1000) < 1800);
    learned_free(l);
}

TEST("the table is bounded: those who are seen least give way")
{
    struct learned *l = learned_new();
    char name[32];
    for (int i = 0; i < 100; i++)
        learned_add(l, STR("busy"), STR("m"), 10, 10, 50);
    for (int i = 0; i < 20000; i++) {
        int len = snprintf(name, sizeof name, "app-%d", i);
        learned_add(l, str_of(name, (size_t)len), STR("m"), 10, 10, 50);
    }
    CHECK(learned_output(l, STR("busy"), STR("m")) >= 50);
    learned_free(l);
}

/* ---- what a stream produced ---- */

static uint64_t produced(enum operation operation, const char *data)
{
    return produced_tokens(count_encoding(STR("gpt-4o")), operation, str_c(data));
}

TEST("what an event brings is counted by its texts alone")
{
    CHECK(produced(OP_CHAT, "{\"id\":\"x\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\" one two three\"}}]}") == 3);
    CHECK(produced(OP_CHAT, "{ \"choices\" : [ { \"delta\" : { \"content\" : \" one\" } }, {\"delta\":{\"content\":\" two\"}} ] }") == 2);
    CHECK(produced(OP_CHAT, "{\"choices\":[{\"delta\":{\"reasoning_content\":\" one\"}}]}") == 1);
    CHECK(produced(OP_CHAT, "{\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\" one two\"}}]}}]}") == 2);
    CHECK(produced(OP_CHAT, "{\"choices\":[{\"delta\":{\"content\":null,\"role\":\"assistant\"}}]}") == 0);
    CHECK(produced(OP_CHAT, "{\"choices\":[{\"delta\":{\"content\":\"\"}}]}") == 0);
    CHECK(produced(OP_CHAT, "[DONE]") == 0);
    CHECK(produced(OP_COMPLETION, "{\"choices\":[{\"text\":\" one two\"}]}") == 2);
    CHECK(produced(OP_RESPONSES, "{\"type\":\"response.output_text.delta\",\"delta\":\" one two\"}") == 2);
    CHECK(produced(OP_RESPONSES, "{\"type\":\"response.output_text.done\",\"text\":\" one two\"}") == 0);
    CHECK(produced(OP_OTHER, "12345678") == 2);
}

TEST("escapes are undone, and no text passes for a member")
{
    CHECK(produced(OP_CHAT, "{\"delta\":{\"content\":\"\\u0020one\\u0020two\"}}") == 2);
    CHECK(produced(OP_CHAT, "{\"delta\":{\"content\":\"\\ud83d\\ude00\"}}") ==
          encoding_count(count_encoding(STR("gpt-4o")), STR("\xf0\x9f\x98\x80")));
    CHECK(produced(OP_CHAT, "{\"x\":\"\\\"content\\\":\\\" one two three\"}") == 0);
    CHECK(produced(OP_CHAT, "{\"delta\":{\"content\":\"\\\\\"},\"y\":\" one two three\"}") == 1);
    static char big[64 * 1024];
    size_t len = (size_t)snprintf(big, sizeof big, "{\"delta\":{\"content\":\"");
    for (int i = 0; i < 5000; i++)
        len += (size_t)snprintf(big + len, sizeof big - len, "\\none");
    snprintf(big + len, sizeof big - len, "\"}}");
    uint64_t n = produced(OP_CHAT, big);
    CHECK(n >= 10000 && n <= 10000 + 50);
}

TEST("an event that is cut anywhere is counted without a step beyond")
{
    static const char EVENT[] = "{\"choices\":[{\"delta\":{\"content\":\"\\u0041\\ud83d\\ude00 \\\\ \xc3\xa4\"}}]}";
    for (size_t cut = 0; cut < sizeof EVENT; cut++) {
        char *copy = malloc(cut ? cut : 1);
        memcpy(copy, EVENT, cut);
        CHECK(produced_tokens(count_encoding(STR("gpt-4o")), OP_CHAT, str_of(copy, cut)) < 20);
        free(copy);
    }
}
