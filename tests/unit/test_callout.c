/* test_callout.c - how texts are cut and gathered for a service that judges them, what is remembered, who waits for whom. */
#include "filters/detect/callout.h"

#include "proxy/core/pipeline.h"
#include "tests/unit/desk.h"

#include <jansson.h>

static const char PASS_SHIELD[] = "{\"userPromptAnalysis\":{\"attackDetected\":false},\"documentsAnalysis\":[]}";

struct scene {
    struct desk desk;
    struct route route;
    struct callout_policy policy;
    struct callout *callout;
    struct callout_job jobs[4];
    unsigned told;
};

static struct scene *on; /* the one that plays */

static void done(struct callout_job *job)
{
    (void)job;
    on->told++;
}

static struct scene *begin(enum callout_service service, uint64_t checks)
{
    struct scene *s = on = calloc(1, sizeof *s);
    s->desk.world = (struct world){ .now_ms = desk_now, .wall_ms = desk_wall, .fetch = desk_fetch, .timer = desk_timer, .cancel = desk_cancel };
    s->desk.now_ms = 1000;
    s->policy = (struct callout_policy){ .service = (int)service,
                                         .url = STR("https://s.test"),
                                         .shield_url = STR("https://s.test/shield"),
                                         .harm_url = STR("https://s.test/harm"),
                                         .harm_tail = STR("}"),
                                         .checks = checks,
                                         .deadline_ms = 1000,
                                         .concurrency = 20,
                                         .requests_max = 20,
                                         .circuit_failures = 3,
                                         .circuit_rest_ms = 5000,
                                         .remember = 64,
                                         .remember_ms = 60000 };
    s->route.name.text = STR("r");
    s->desk.x.route = &s->route;
    arena_init(&s->desk.x.arena, 64 << 20);
    s->callout = callout_new(&s->policy, &s->desk.world);
    CHECK(s->callout != NULL);
    return s;
}

static void finish(struct scene *s)
{
    for (size_t i = 0; i < ARRAY_LEN(s->jobs); i++)
        callout_cancel(&s->jobs[i]);
    CHECK_INT(desk_fetches(&s->desk), 0);
    callout_free(s->callout);
    arena_finish(&s->desk.x.arena);
    free(s);
}

static struct callout_job *job(struct scene *s, size_t i, struct str text, bool is_user)
{
    callout_job_init(&s->jobs[i], s->callout, &s->desk.x, done);
    CHECK(callout_add(&s->jobs[i], text, is_user ? "user" : "tool", is_user, 0));
    return &s->jobs[i];
}

/* The fetches in order. */
static struct ask_fetch *fetch_at(struct scene *s, size_t n)
{
    for (size_t i = 0; i < DESK_ASKS; i++)
        if (s->desk.fetches[i] && n-- == 0)
            return s->desk.fetches[i];
    return NULL;
}

static size_t utf16(const char *s)
{
    size_t n = 0;
    for (; *s; s++)
        n += ((unsigned char)*s & 0xc0) == 0x80 ? 0 : (unsigned char)*s >= 0xf0 ? 2 : 1;
    return n;
}

TEST("a long text is cut between characters, with an overlap, and no piece is above what the service takes")
{
    static const char *const units[] = { "a", "word ", "\xc3\xa4", "\xe4\xb8\x96", "\xf0\x9f\x98\x80", "\x01", "\xf0\x9f\x98\x80 x" };
    for (size_t u = 0; u < ARRAY_LEN(units); u++) {
        struct scene *s = begin(SERVICE_CONTENT_SAFETY, 1 << CHECK_HARM);
        size_t len = strlen(units[u]) * (25000 / utf16(units[u]));
        char *text = malloc(len + 1);
        for (size_t i = 0; i < len; i += strlen(units[u]))
            memcpy(text + i, units[u], strlen(units[u]));
        text[len] = '\0';
        CHECK(callout_begin(job(s, 0, str_of(text, len), true)));
        size_t n = desk_fetches(&s->desk), covered = 0;
        CHECK_INT(n, 3);
        for (size_t i = 0; i < n; i++) {
            struct ask_fetch *f = fetch_at(s, i);
            json_t *body = json_loadb(f->body.at, f->body.len, 0, NULL);
            const char *piece = json_string_value(json_object_get(body, "text"));
            if (CHECK(piece != NULL)) {
                CHECK(utf16(piece) <= 10000);
                const char *at = strstr(text, piece);
                CHECK(at != NULL);
                covered += strlen(piece);
            }
            json_decref(body);
        }
        CHECK(covered > len && covered < len + 3 * 2200); /* all of it, and the overlaps */
        free(text);
        finish(s);
    }
}

TEST("documents go five at a time, below ten thousand characters, with the prompt that is there")
{
    struct scene *s = begin(SERVICE_CONTENT_SAFETY, 1 << CHECK_PROMPT_SHIELD);
    static char large[6001];
    memset(large, 'x', 6000);
    struct callout_job *j = job(s, 0, STR("prompt"), true);
    for (int i = 0; i < 7; i++)
        CHECK(callout_add(j, STR("page"), "tool", false, 1));
    CHECK(callout_add(j, str_c(large), "tool", false, 2) && callout_add(j, str_of(large, 5999), "tool", false, 3));
    CHECK(callout_begin(j));
    CHECK_INT(desk_fetches(&s->desk), 3);
    CHECK(str_starts(fetch_at(s, 0)->body, STR("{\"userPrompt\":\"prompt\",\"documents\":[\"page\",\"page\",\"page\",\"page\",\"page\"]}")));
    CHECK(str_starts(fetch_at(s, 1)->body, STR("{\"userPrompt\":\"\",\"documents\":[\"page\",\"page\",\"xxx")));
    CHECK(str_starts(fetch_at(s, 2)->body, STR("{\"userPrompt\":\"\",\"documents\":[\"xxx")));
    finish(s);
}

TEST("an answer that does not fit the question is no verdict")
{
    static const char *const rows[] = {
        "",
        "[]",
        "{}",
        "{\"userPromptAnalysis\":{\"attackDetected\":\"false\"},\"documentsAnalysis\":[{\"attackDetected\":false}]}",
        "{\"userPromptAnalysis\":{\"attackDetected\":false},\"documentsAnalysis\":[]}",
        "{\"userPromptAnalysis\":{\"attackDetected\":false},\"documentsAnalysis\":[{\"attackDetected\":false},{\"attackDetected\":false}]}",
        "{\"userPromptAnalysis\":{\"attackDetected\":false},\"userPromptAnalysis\":{\"attackDetected\":false},\"documentsAnalysis\":[{\"attackDetected\":false}]}",
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct scene *s = begin(SERVICE_CONTENT_SAFETY, 1 << CHECK_PROMPT_SHIELD);
        struct callout_job *j = job(s, 0, STR("prompt"), true);
        CHECK(callout_add(j, STR("page"), "tool", false, 1) && callout_begin(j));
        desk_answer(&s->desk, fetch_at(s, 0), 200, rows[i]);
        CHECK(j->is_over && j->is_down);
        finish(s);
    }
    static const char *const ours[] = { "{\"Verdict\":\"pass\"}", "{\"verdict\":\"pass\",\"Verdict\":\"refuse\"}", "{\"verdict\":\"PASS\"}",
                                        "{\"verdict\":[\"pass\"]}", "{\"verdict\":\"pass\",\"score\":-1}" };
    for (size_t i = 0; i < ARRAY_LEN(ours); i++) {
        struct scene *s = begin(SERVICE_CONTRACT, 0);
        struct callout_job *j = job(s, 0, STR("prompt"), true);
        CHECK(callout_begin(j));
        desk_answer(&s->desk, fetch_at(s, 0), 200, ours[i]);
        CHECK(j->is_over && j->is_down);
        finish(s);
    }
}

TEST("more than may be open stand in line, and who leaves makes room")
{
    struct scene *s = begin(SERVICE_CONTENT_SAFETY, 1 << CHECK_PROMPT_SHIELD);
    callout_free(s->callout);
    s->policy.concurrency = 1;
    s->callout = callout_new(&s->policy, &s->desk.world);
    CHECK(callout_begin(job(s, 0, STR("one"), true)) && callout_begin(job(s, 1, STR("two"), true)) &&
          callout_begin(job(s, 2, STR("three"), true)));
    CHECK_INT(desk_fetches(&s->desk), 1);
    callout_cancel(&s->jobs[0]);
    CHECK_INT(desk_fetches(&s->desk), 1);
    CHECK(str_starts(fetch_at(s, 0)->body, STR("{\"userPrompt\":\"two\"")));
    desk_answer(&s->desk, fetch_at(s, 0), 200, PASS_SHIELD);
    CHECK_INT(s->told, 1);
    CHECK(s->jobs[1].is_over && !s->jobs[1].is_down);
    desk_answer(&s->desk, fetch_at(s, 0), 200, PASS_SHIELD);
    CHECK_INT(s->told, 2);
    CHECK(!callout_begin(job(s, 3, STR("three"), true))); /* remembered */
    CHECK_INT(desk_fetches(&s->desk), 0);
    finish(s);
}

TEST("waiting in line until the deadline is no failure of the service")
{
    struct scene *s = begin(SERVICE_CONTENT_SAFETY, 1 << CHECK_PROMPT_SHIELD);
    callout_free(s->callout);
    s->policy.concurrency = 1;
    s->policy.circuit_failures = 2;
    s->callout = callout_new(&s->policy, &s->desk.world);
    CHECK(callout_begin(job(s, 0, STR("one"), true)) && callout_begin(job(s, 1, STR("two"), true)) &&
          callout_begin(job(s, 2, STR("three"), true)));
    desk_wait(&s->desk, 1000);
    CHECK_INT(s->told, 3);
    CHECK(callout_begin(job(s, 3, STR("four"), true)));
    finish(s);
}

TEST("a verdict is remembered for its time, and the oldest of a full set goes first")
{
    struct callout_memory *m = callout_memory_new(4, 1000);
    struct callout_verdict v = { .what = CALLOUT_REFUSE, .score = 7 };
    unsigned char hash[6][CALLOUT_HASH_BYTES] = { { 0 } };
    for (unsigned char i = 0; i < 6; i++) {
        hash[i][8] = i;
        callout_memory_add(m, hash[i], &v, 100u + i);
    }
    CHECK(!callout_memory_find(m, hash[0], 106) && !callout_memory_find(m, hash[1], 106));
    for (int i = 2; i < 6; i++)
        CHECK(callout_memory_find(m, hash[i], 106) && callout_memory_find(m, hash[i], 106)->score == 7);
    CHECK(!callout_memory_find(m, hash[2], 1102) && callout_memory_find(m, hash[5], 1102));
    callout_memory_free(m);
    CHECK(callout_memory_new(0, 1000) == NULL && !callout_memory_find(NULL, hash[0], 1));
}

#define CONFIG(callout)                                                                                                              \
    "listen: [ { address: 127.0.0.1:1 } ]\npools: { p: { endpoints: [ { url: http://127.0.0.1:2 } ] } }\n"                            \
    "routes: { r: { match: { path: /v1/* }, insecure_anonymous: true, select: p, inspect: [ { callout: " callout " } ] } }\n"

TEST("texts for which there is no room are too much text, and no outage")
{
    unsigned added = 0, begun = 0;
    for (size_t room = 1 << 14; room <= 1 << 18; room += 1 << 12) {
        struct scene *s = begin(SERVICE_CONTENT_SAFETY, 1 << CHECK_HARM);
        struct callout_job *j = job(s, 0, STR(""), true);
        size_t n = 0;
        s->policy.requests_max = 1000;
        s->desk.x.arena.ceiling_bytes = room;
        while (n < 256 && callout_add(j, STR("page"), "tool", false, 0))
            n++;
        bool is_whole = n == 256, goes_on = is_whole && callout_begin(j);
        CHECK(goes_on || (j->is_over && j->is_down && j->is_too_much));
        added += !is_whole;
        begun += is_whole && !goes_on;
        CHECK(s->told == 0); /* who asked has the answer at once */
        finish(s);
    }
    CHECK(added > 0 && begun > 0); /* there was none for the texts, and none for the requests */
}

TEST("mistakes are told")
{
    CHECK(desk_complains(CONFIG("{ url: http://elsewhere.test }"), "without TLS"));
    CHECK(desk_complains(CONFIG("{ url: https://r.test/contentsafety }"), "endpoint alone"));
    CHECK(desk_complains(CONFIG("{ url: https://r.test, checks: [prompt_shield], blocklists: [a] }"), "blocklists"));
    CHECK(desk_complains(CONFIG("{ url: https://r.test, severities: { hat: 2 } }"), "hate"));
    CHECK(desk_complains(CONFIG("{ url: https://r.test, severities: { hate: 9 } }"), "1 to 7"));
    CHECK(desk_complains(CONFIG("{ url: https://r.test, identity: { key: env:PATH } }"), "beside"));
    CHECK(desk_complains(CONFIG("{ url: https://r.test, identity: auto, key: env:PATH }"), "not both"));
    CHECK(desk_complains(CONFIG("{ url: https://r.test, api_version: '1&x=2' }"), "api_version"));
    CHECK(desk_complains(CONFIG("{ url: https://r.test, checks: [] }"), "checks"));
}
