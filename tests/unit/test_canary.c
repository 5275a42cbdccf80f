/* test_canary.c - canaries in disguise: of every length, in pieces, and what is none. */
#include "filters/relay/canary.h"
#include "filters/detect/pattern_set.h"
#include "proxy/base/buf.h"
#include "proxy/base/problems.h"

#include "tests/harness/check.h"

#include <stdio.h>
#include <string.h>

enum { CANARIES_MAX = 25 };

static struct set {
    struct arena arena;
    struct pattern patterns[CANARIES_MAX * CANARY_FORMS];
    struct pattern_set *set;
    struct pattern_scratch *scratch;
} it;

static bool make(const struct str *canaries, size_t n)
{
    const struct pattern *list[CANARIES_MAX * CANARY_FORMS];
    size_t count = 0, bytes = 0;
    struct problems problems;
    problems_init(&problems, STR("canaries"), STR(""));
    arena_init(&it.arena, 1 << 20);
    for (size_t i = 0; i < n; i++) {
        struct canary_form forms[CANARY_FORMS];
        CHECK(canary_forms(&it.arena, canaries[i], forms));
        bytes += canaries[i].len;
        for (size_t k = 0; k < canary_forms_within(bytes); k++) {
            if (!forms[k].expression)
                continue;
            it.patterns[count] = (struct pattern){ .id = "canary", .category = "leak", .expression = forms[k].expression, .caseless = forms[k].caseless };
            list[count] = &it.patterns[count];
            count++;
        }
    }
    it.set = pattern_set_new(list, count, &problems);
    it.scratch = it.set ? pattern_scratch_new(it.set) : NULL;
    problems_finish(&problems);
    return it.scratch != NULL;
}

static void finish(void)
{
    pattern_scratch_free(it.scratch);
    pattern_set_free(it.set);
    arena_finish(&it.arena);
}

static bool pass(void *owner, struct str text)
{
    return buf_add(owner, text);
}

static bool remove_it(void *owner, struct str text, uint32_t pattern)
{
    (void)text, (void)pattern;
    return buf_add(owner, STR("[removed]"));
}

/* What is left of a text that comes in two pieces, or (cut == 0) in pieces of `step` bytes. */
static bool look(struct str text, size_t cut, size_t step, struct buf *out)
{
    struct pattern_stream stream = { 0 };
    struct pattern_sink sink = { pass, remove_it, out };
    bool ok = true;
    buf_clear(out);
    for (size_t at = 0; ok && at < text.len;) {
        size_t n = cut ? (at ? text.len - at : cut) : step;
        n = n < text.len - at ? n : text.len - at;
        ok = pattern_stream_feed(&stream, it.set, it.scratch, str_of(text.at + at, n), at + n == text.len, &sink);
        at += n;
    }
    pattern_stream_finish(&stream);
    return ok;
}

/* However it is cut, a canary is taken out of each text, and with it the `whole` text or something of it. */
static void check_each_cut(const char *const *texts, size_t count, bool whole)
{
    struct str canary = STR("SKYLARK-7731-QUARTZ"), removed = STR("[removed]");
    struct buf out;
    buf_init(&out, 1 << 16);
    CHECK(make(&canary, 1));
    for (size_t i = 0; i < count; i++)
        for (size_t cut = 0; cut < strlen(texts[i]); cut++)
            if (!CHECK(look(str_c(texts[i]), cut, 1, &out) &&
                       (whole ? str_eq(buf_str(&out), removed) : memmem(buf_str(&out).at, buf_len(&out), removed.at, removed.len) != NULL)))
                printf("  %s cut at %zu: " STR_F "\n", texts[i], cut, STR_A(buf_str(&out)));
    buf_finish(&out);
    finish();
}

TEST("a canary of any length that may be one has disguises")
{
    char text[CANARY_MAX_BYTES];
    for (size_t len = CANARY_MIN_BYTES; len <= CANARY_MAX_BYTES; len += len < 190 ? 13 : 1) {
        for (size_t i = 0; i < len; i++)
            text[i] = "abcdefghijklmnopqrstuvwxyz0123456789"[(i * i + len) % 36];
        struct str canary = str_of(text, len);
        CHECK(make(&canary, 1));
        finish();
    }
}

TEST("a disguised canary is found the same however its stream is cut")
{
    static const struct {
        const char *text, *left;
    } rows[] = {
        { "a S K Y L A R K 7 7 3 1 Q U A R T Z a", "a [removed] a" },
        { "ZTRAUQ \xe2\x80\x94 1377 \xe2\x80\x94 KRALYKS, SKYLARK-7731-QUARTSKYLARK-7731-QUARTZ",
          "[removed], SKYLARK-7731-QUART[removed]" },
        { "534b594c41524b2d373733312d51554152545a; 83 75 89 76 65 82 75 45 55 55 51 49 45 81 85 65 82 84 90", "[removed]; [removed]" },
        { "aXQgaXMgU0tZTEFSSy03NzMxLVFVQVJUWi4= U0tZTEFSSy03NzMxLVFVQVJU", "aXQgaXMg[removed]i4= U0tZTEFSSy03NzMxLVFVQVJU" },
        { "SKYLARK 7731, ZTRAUQ 1377", "SKYLARK 7731, ZTRAUQ 1377" },
    };
    struct str canary = STR("SKYLARK-7731-QUARTZ");
    struct buf out;
    buf_init(&out, 1 << 16);
    CHECK(make(&canary, 1));
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct str text = str_c(rows[i].text), left = str_c(rows[i].left);
        for (size_t cut = 0; cut < text.len; cut++)
            if (!CHECK(look(text, cut, 1, &out) && str_eq(buf_str(&out), left)))
                printf("  %s cut at %zu: " STR_F "\n", rows[i].text, cut, STR_A(buf_str(&out)));
    }
    buf_finish(&out);
    finish();
}

TEST("letters that look like those of a canary are them")
{
    static const char *const texts[] = {
        "\xd0\x85KYL\xd0\x90RK-7731-QU\xd0\x90R\xd0\xa2Z", /* Cyrillic */
        "\xef\xbc\xb3\xef\xbc\xab\xef\xbc\xb9\xef\xbc\xac\xef\xbd\x81\xef\xbd\x92\xef\xbd\x8b-7\xef\xbc\x97"
        "31\xe2\x80\x94quartz", /* of full width, and a dash */
    };
    check_each_cut(texts, ARRAY_LEN(texts), true);
}

TEST("base32, and base64 of base64, tell a canary wherever it begins in them")
{
    static const char *const texts[] = {
        "KNFVSTCBKJFS2NZXGMYS2UKVIFJFIWRAMFXGI===",
        "MFJUWWKMIFJEWLJXG4ZTCLKRKVAVEVC2EBQW4ZA=",
        "MFRFGS2ZJRAVESZNG43TGMJNKFKUCUSULIQGC3TE",
        "MFRGGU2LLFGECUSLFU3TOMZRFVIVKQKSKRNCAYLOMQ======",
        "MFRGGZCTJNMUYQKSJMWTONZTGEWVCVKBKJKFUIDBNZSA====",
        "VTB0WlRFRlNTeTAzTnpNeExWRlZRVkpVV2lCaGJtUWdjMjg9Pw==",
        "elUwdFpURUZTU3kwM056TXhMVkZWUVZKVVdpQmhibVFnYzI4PT8=",
        "enpVMHRaVEVGU1N5MDNOek14TFZGVlFWSlVXaUJoYm1RZ2MyOD0/",
        "ZUZOTFdVeEJVa3N0Tnpjek1TMVJWVUZTVkZvZ1lXNWtJSE52Pw==",
        "emVGTkxXVXhCVWtzdE56Y3pNUzFSVlVGU1ZGb2dZVzVrSUhOdj8=",
        "enplRk5MV1V4QlVrc3ROemN6TVMxUlZVRlNWRm9nWVc1a0lITnY/",
        "ZUhsVFMxbE1RVkpMTFRjM016RXRVVlZCVWxSYUlHRnVaQ0J6Ync9PT8=",
        "emVIbFRTMWxNUVZKTExUYzNNekV0VVZWQlVsUmFJR0Z1WkNCemJ3PT0/",
        "enplSGxUUzFsTVFWSkxMVGMzTXpFdFVWVkJVbFJhSUdGdVpDQnpidz09Pw==",
    };
    check_each_cut(texts, ARRAY_LEN(texts), false);
}

/* One after the other, with what changes from one to the next. */
static void repeat(struct buf *out, const char *format)
{
    uint32_t seed = 7;
    while (buf_len(out) < 50000) {
        seed = seed * 1103515245 + 12345;
        CHECK(buf_addf(out, "%s%u", format, seed >> 25));
    }
}

TEST("numbers, bytes and names that resemble canaries cost little, and are none")
{
    static const char *const texts[] = { ", ", " 99 ", " \xd1\x81\xd0\xb0\xd0\xbf\xd0\xb0\xd1\x80\xd1\x83 \xd1\x81\xd0\xb0 ", "canary-", "c a n a r y ", " 63 61 6e 61 72 79 ", "63616e617279", "Y2FuYXJ5", "&#99;&#97;", "yranac", "\n| canary | " };
    struct str canaries[CANARIES_MAX];
    char names[CANARIES_MAX][20];
    for (size_t i = 0; i < CANARIES_MAX; i++) {
        snprintf(names[i], sizeof names[i], "canary-%04zx-%04zx", i * 2654 + 4096, i * 911 + 4096);
        canaries[i] = str_c(names[i]);
    }
    CHECK(make(canaries, CANARIES_MAX));
    struct buf text, out;
    buf_init(&text, 1 << 17);
    buf_init(&out, 1 << 17);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        buf_clear(&text);
        repeat(&text, texts[i]);
        for (size_t step = 7; step < 100000; step *= 100)
            if (!CHECK(look(buf_str(&text), 0, step, &out) && str_eq(buf_str(&out), buf_str(&text))))
                printf("  %s in pieces of %zu\n", texts[i], step);
    }
    buf_finish(&text);
    buf_finish(&out);
    finish();
}
