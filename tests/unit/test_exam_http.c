/* test_exam_http.c - the reader before the open HTTP/1.1 suites (exam/README.md), where their folder exists.
 *
 * A message passes when the reader ends as the suite's hint says: refused (or left incomplete, which a deadline then
 * ends), or served. What only a server or its policy can answer is in the tables below, each with its reason. */
#include "proxy/http/reader.h"
#include "tests/harness/check.h"
#include "tests/unit/http_transcript.h"

#include "proxy/base/base64.h"

#include <jansson.h>

enum outcome { SERVED, INCOMPLETE, REFUSED };
static const char *const OUTCOMES[] = { "served", "incomplete", "refused" };

struct result {
    enum outcome outcome;
    bool is_upgrade; /* a head asked for another protocol */
    bool is_close;   /* ended by a head that closes, with bytes behind it */
    struct http_bad bad;
};

/* Of all messages in `raw`, whole and byte by byte. */
static struct result judge(struct str raw)
{
    struct result result = { .outcome = SERVED };
    struct buf out[2];
    for (size_t way = 0; way < 2; way++) {
        struct http_reader r;
        size_t one = 1;
        buf_init(&out[way], 1 << 22);
        http_reader_init(&r, HTTP_REQUESTS, &HTTP_LIMITS_DEFAULT);
        if (raw.len < 20000 || !way)
            transcript(&out[way], &r, raw, way ? transcript_cut_every : NULL, &one);
        if (!way)
            result.bad = r.bad;
        http_reader_finish(&r);
    }
    struct str text = buf_str(&out[0]);
    result.is_upgrade = str_find_str(text, STR(" upgrade")) < text.len;
    if (raw.len < 20000)
        CHECK_STR(buf_str(&out[1]), text);
    bool any = str_find_str(text, STR("done\n")) < text.len, all = str_ends(text, STR("idle, fair to close\n"));
    result.is_close = str_ends(text, STR("done\n"));
    result.outcome = result.bad.status ? REFUSED : any && (all || result.is_close) ? SERVED : INCOMPLETE;
    buf_finish(&out[0]);
    buf_finish(&out[1]);
    return result;
}

/* ---- the files ---- */

static bool decode(json_t *row, struct buf *raw)
{
    json_t *text = json_object_get(row, "raw");
    struct str packed = str_of(json_string_value(text), json_string_length(text));
    size_t len = 0;
    buf_clear(raw);
    char *at = buf_reserve(raw, BASE64_DECODED_MAX(packed.len));
    if (!at || (packed.len && !base64_decode(packed, at, &len)))
        return false;
    buf_grew(raw, len);
    return true;
}

typedef void row_fn(json_t *row, const char *id, const char *hint, struct str raw);

static void each_row(const char *path, row_fn *judge_row)
{
    FILE *f = fopen(path, "r");
    char *line = NULL;
    size_t size = 0, rows = 0;
    struct buf raw;
    if (!f) {
        check_skip("no exam folder beside the project");
        return;
    }
    buf_init(&raw, 1 << 22);
    while (getline(&line, &size, f) > 0) {
        json_t *row = json_loads(line, 0, NULL);
        const char *id = json_string_value(json_object_get(row, "id")),
                   *hint = json_string_value(json_object_get(row, "hint"));
        if (CHECK(id && hint && decode(row, &raw)))
            judge_row(row, id, hint, buf_str(&raw));
        rows++;
        json_decref(row);
    }
    CHECK(rows > 0);
    free(line);
    fclose(f);
    buf_finish(&raw);
}

static size_t counts[3][2]; /* outcome, as wanted or not */

static void count(enum outcome outcome, bool ok, const char *id, const char *hint, struct result r)
{
    counts[outcome][ok]++;
    if (!CHECK(ok))
        printf("  %s: hint \"%s\": %s (%u %s)\n", id, hint, OUTCOMES[outcome], r.bad.status,
               r.bad.why ? r.bad.why : "");
}

static void report(const char *suite)
{
    for (size_t i = 0; i < ARRAY_LEN(OUTCOMES); i++)
        printf("%s: %zu %s as wanted, %zu not\n", suite, counts[i][1], OUTCOMES[i], counts[i][0]);
    memset(counts, 0, sizeof counts);
}

/* ---- Http11Probe ---- */

/* Valid messages that something above the reader refuses, and two that the file does not hold as they are meant. */
static const struct {
    const char *id, *why;
} ABOVE[] = {
    { "COMP-UNKNOWN-METHOD", "a method is a token; routes allow some and answer 405" },
    { "COMP-405-ALLOW", "the same" },
    { "COMP-METHOD-CASE", "the same: \"get\" is another method" },
    { "COMP-TRACE-SENSITIVE", "the same" },
    { "MAL-NON-ASCII-URL", "in the file its bytes above 127 are question marks, which are fine" },
    { "MAL-URL-OVERLONG-UTF8", "the same" },
};

static bool is_above(const char *id)
{
    for (size_t i = 0; i < ARRAY_LEN(ABOVE); i++)
        if (strcmp(ABOVE[i].id, id) == 0)
            return true;
    return false;
}

static bool has(const char *hint, const char *word)
{
    return strstr(hint, word) != NULL;
}

static void judge_probe(json_t *row, const char *id, const char *hint, struct str raw)
{
    (void)row;
    struct result r = judge(raw);
    bool strict = has(hint, "(pass)") || has(hint, "Exact:400");
    bool may_serve = !strict && (has(hint, "2xx") || has(hint, "200") || has(hint, "101") || has(hint, "204") ||
                                 has(hint, "1xx") || has(hint, "IMF") || has(hint, "414 not") || has(hint, "not 414"));
    bool may_refuse =
        strict || (has(hint, "400") && !has(hint, "preferred; 400")) || has(hint, "417") || has(hint, "505");
    bool ok = is_above(id)              ? r.outcome == SERVED
              : r.outcome == SERVED     ? may_serve
              : r.outcome == INCOMPLETE ? has(hint, "timeout")
                                        : may_refuse;
    if (has(hint, "Exact:400") && !is_above(id))
        ok = ok && r.bad.status == 400;
    count(r.outcome, ok, id, hint, r);
}

TEST("Http11Probe: what must be refused is, and what is valid is served")
{
    each_row(EXAM_DIR "/http1/http11probe.jsonl", judge_probe);
    report("http11probe");
}

/* ---- llhttp ---- */

/* Where llhttp's strict mode takes more than the RFC gives, or stops for reasons of its own interface. */
static const struct {
    const char *why, *reason;
} STRICTER[] = {
    { "fragment in the target", "RFC 9112 §3.2: no part of a target" },
    { "byte in the target that must be percent-encoded", "RFC 3986: quotes and bars are" },
    { "transfer-encoding other than chunked", "valid, but no other coding is offered" },
    { "field twice that may come only once", "Transfer-Encoding in two lines, the same" },
    { "bad authority in the target", "RFC 9110 §4.2.4: no user info" },
    { "asterisk as target of another method than OPTIONS", "RFC 9112 §3.2.4" },
    { "host differs from the target's", "a Host was added to the fixture, which has none" },
    { "no HTTP version", "ICE/1.0 and RTSP/1.0 are other protocols" },
    { "request line without its three parts", "HTTP/0.9" },
    { "bad host", "\"0.0.0.0=5000\" and the like" },
    { "no host", "the second message of a fixture has none" },
};
static const struct {
    const char *id, *reason;
} OTHER[] = {
    { "llhttp/invalid/Invalid method/request", "a method is any token; MKCOLA has no route" },
    { "llhttp/invalid/HTTP protocol and ANNOUNCE method/request", "the same" },
    { "llhttp/finish/It should be unsafe to finish inside of the header/request-finish",
      "cut inside of a name: completed it is bad" },
};

static bool is_known(const char *id, struct result r)
{
    for (size_t i = 0; r.outcome == REFUSED && i < ARRAY_LEN(STRICTER); i++)
        if (strcmp(STRICTER[i].why, r.bad.why) == 0)
            return true;
    for (size_t i = 0; i < ARRAY_LEN(OTHER); i++)
        if (strcmp(OTHER[i].id, id) == 0)
            return true;
    /* llhttp stops at an upgrade and at bytes behind a last message; our reader's callers look at the head for both */
    return r.outcome == SERVED && (r.is_upgrade || r.is_close);
}

/* The fixtures lack their last line ends, and most of them a Host. */
static struct result judge_completed(struct str raw)
{
    struct buf b;
    struct result r;
    size_t line = str_find_str(raw, STR("\r\n"));
    bool has_host = false, is_empty = line == 0;
    buf_init(&b, 1 << 22);
    if (is_empty)
        line = 2 + str_find_str(str_from(raw, 2), STR("\r\n"));
    for (size_t i = 0; i + 5 < raw.len; i++)
        has_host |= str_eq_nocase(str_first(str_from(raw, i), 5), STR("host:"));
    bool ok = buf_add(&b, str_first(raw, line)) && (has_host || buf_add(&b, STR("\r\nHost: a"))) &&
              buf_add(&b, str_from(raw, line));
    CHECK(ok);
    r = judge(buf_str(&b));
    for (int i = 0; i < 2 && r.outcome == INCOMPLETE; i++) {
        CHECK(buf_add(&b, STR("\r\n")));
        r = judge(buf_str(&b));
    }
    buf_finish(&b);
    return r;
}

static void judge_llhttp(json_t *row, const char *id, const char *hint, struct str raw)
{
    (void)row;
    if (strcmp(hint, "lenient-mode") == 0)
        return; /* fixtures of modes that we do not have; their messages come in strict ones too */
    struct result r = judge_completed(raw);
    bool wanted = strcmp(hint, "accept") == 0 ? r.outcome != REFUSED : r.outcome != SERVED;
    count(r.outcome, wanted || is_known(id, r), id, hint, r);
}

TEST("llhttp's fixtures: the same")
{
    each_row(EXAM_DIR "/http1/llhttp.jsonl", judge_llhttp);
    report("llhttp");
}
