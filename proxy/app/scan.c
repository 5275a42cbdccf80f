/* scan.c - a line is {"text": …, "source": …}, or a whole body; what it becomes is told on a line of its own. */
#include "proxy/app/scan.h"

#include <jansson.h>
#include <time.h>

#include "proxy/app/lines.h"
#include "proxy/app/scan_shape.h"
#include "proxy/app/scan_world.h"
#include "proxy/base/ascii.h"
#include "proxy/base/utf8.h"

enum { LINE_BYTES_MAX = 32 * 1024 * 1024, READ_BYTES = 64 * 1024 };

static const char *const SCAN_VERDICTS[4] = { "pass", "report", "mask", "refuse" };

struct scan {
    struct rehearsal rehearsal;
    struct exchange x;
    struct scan_world world;
    bool is_answer;
    struct jsonx json;    /* of the line */
    struct buf body, out; /* the request or answer made of it; the line that is written */
    struct jsonx told;    /* index of what came out */
    size_t text_in_body, text_in_line; /* of a line with a text, where that begins; 0, 0: a whole body */
    uint64_t nanos;
    char why[160];        /* a line is not understood */
    size_t line_number;   /* in the file, with those that are empty */
    struct scan_counts *counts;
};

static uint64_t now_nanos(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* ---- through the guard ---- */

/* A request; or an answer, to a request of its own or to one that says nothing. */
static enum verdict judge(struct scan *s, const struct scan_question *q)
{
    enum verdict v;
    buf_clear(&s->world.answer);
    uint64_t from = now_nanos();
    v = rehearse_request(&s->rehearsal, str_c(q->path), q->body);
    if (s->is_answer && v == NEXT) {
        from = now_nanos();
        v = rehearse_answer(&s->rehearsal, buf_str(&s->body));
    }
    s->nanos = now_nanos() - from;
    return v;
}

/* What the model would read, or the caller would get, instead of what came. */
static struct str what_left(struct scan *s, const struct scan_shape *shape)
{
    struct jsonx_error error;
    struct buf *from = &s->world.answer;
    if (!s->is_answer) {
        buf_clear(from);
        if (!rehearse_body(&s->rehearsal, from))
            return STR_NONE;
    }
    if (!jsonx_index(&s->told, buf_str(from), &JSONX_LIMITS_DEFAULT, &error))
        return STR_NONE;
    if (!shape)
        return buf_str(from);
    return jsonx_whole(&s->told, scan_shape_text(shape, &s->told));
}

/* ---- a line out ---- */

/* Of a line with a text: from the body that was made of it back to the line. */
static void place_in_line(const struct scan *s, json_t *finding)
{
    json_t *path = json_object_get(finding, "path"), *at = json_object_get(finding, "at");
    if (!path || !at)
        return;
    json_string_set(path, "text");
    json_integer_set(at, json_integer_value(at) - (json_int_t)s->text_in_body + (json_int_t)s->text_in_line);
}

static bool add_findings(struct buf *out, json_t *array)
{
    char *text = json_dumps(array, JSON_COMPACT);
    bool ok = text && buf_add(out, STR("],\"findings\":")) && buf_add(out, str_c(text));
    free(text);
    return ok;
}

static bool add_rules(const struct scan *s, struct buf *out, struct str findings)
{
    struct buf list;
    buf_init(&list, 64 * 1024);
    bool ok = buf_add(&list, STR("[")) && buf_add(&list, findings) && buf_add(&list, STR("]")) &&
              buf_add(out, STR(",\"rules\":["));
    json_t *array = ok ? json_loadb(list.data + list.start, buf_len(&list), 0, NULL) : NULL, *finding;
    size_t i, told = 0;
    json_array_foreach(array, i, finding)
    {
        const char *rule = json_string_value(json_object_get(finding, "rule"));
        bool is_news = rule;
        for (size_t k = 0; is_news && k < i; k++)
            is_news = strcmp(rule, json_string_value(json_object_get(json_array_get(array, k), "rule"))) != 0;
        if (is_news)
            ok = ok && buf_add(out, told++ ? STR(",\"") : STR("\"")) && buf_add_json(out, str_c(rule)) &&
                 buf_add(out, STR("\""));
        if (s->text_in_body)
            place_in_line(s, finding);
    }
    ok = ok && array && add_findings(out, array);
    json_decref(array);
    buf_finish(&list);
    return ok;
}

static bool add_id(struct scan *s)
{
    uint32_t id = jsonx_member(&s->json, 0, STR("id"));
    return id == JSONX_NO_NODE || (buf_add(&s->out, STR("\"id\":")) && buf_add(&s->out, jsonx_whole(&s->json, id)) &&
                                   buf_add(&s->out, STR(",")));
}

/* Beside what only counted, below its threshold. */
static bool has_reports(struct str findings)
{
    static const struct str ACTION = STR_INIT("\"action\":\"");
    for (size_t at; (at = str_find_str(findings, ACTION)) < findings.len;) {
        findings = str_from(findings, at + ACTION.len);
        if (!str_starts(findings, STR("count\"")))
            return true;
    }
    return false;
}

/* `shape`: what was made of a line with a text; NULL: it was a body. */
static bool tell(struct scan *s, enum verdict v, const struct scan_shape *shape, struct str original)
{
    struct exchange *x = &s->x;
    bool refused = v == STOP;
    struct str left = refused ? STR_NONE : what_left(s, shape);
    enum scan_verdict verdict = refused                   ? SCAN_REFUSE
                                : !str_eq(left, original) ? SCAN_MASK
                                : has_reports(x->findings) ? SCAN_REPORT
                                                          : SCAN_PASS;
    struct buf *out = &s->out;
    s->counts->verdicts[verdict]++;
    bool ok = buf_add(out, STR("{")) && add_id(s) && buf_add(out, STR("\"verdict\":\"")) &&
              buf_add(out, str_c(SCAN_VERDICTS[verdict])) && buf_add(out, STR("\",\"score\":")) &&
              buf_add_u64(out, x->score);
    ok = ok && add_rules(s, out, x->findings);
    if (refused)
        ok = ok && buf_add(out, STR(",\"reason\":\"")) && buf_add(out, str_c(REASONS[x->why].word)) &&
             buf_add(out, STR("\",\"detail\":\"")) && buf_add_json(out, x->detail) && buf_add(out, STR("\""));
    if (left.at)
        ok = ok && buf_add(out, shape ? STR(",\"text\":") : STR(",\"body\":")) && buf_add(out, left);
    return ok && buf_add(out, STR(",\"micros\":")) && buf_add_u64(out, s->nanos / 1000) && buf_add(out, STR(".")) &&
           buf_add_u64(out, s->nanos / 100 % 10) && buf_add(out, STR("}\n"));
}

static bool tell_bad(struct scan *s, const char *why)
{
    s->counts->bad++;
    return buf_add(&s->out, STR("{\"line\":")) && buf_add_u64(&s->out, s->line_number) &&
           buf_add(&s->out, STR(",\"error\":\"")) && buf_add_json(&s->out, str_c(why)) &&
           buf_add(&s->out, STR("\"}\n"));
}

#define LINE_IS "a line is an object: {\"text\": \"…\"}, or a whole body"
#define NO_BODY "neither a text nor a body: no \"text\", \"messages\", \"input\", \"prompt\" or \"input_data\""
#define NEEDS_ANSWER "answers, and requests with them, are judged with --answer"

/* A member beside a text that is spelled almost as one of those that tell whose it is; NULL without. Others are the caller's own. */
static const char *misspelt(struct scan *s)
{
    static const char *const WORDS[] = { "source", "channel", "request" };
    char room[32];
    for (uint32_t c = jsonx_first(&s->json, 0); c != JSONX_NO_NODE; c = jsonx_next(&s->json, 0, c))
        for (size_t i = 0; i < ARRAY_LEN(WORDS); i++) {
            struct str key = jsonx_word(&s->json, jsonx_key_of(&s->json, c), room, sizeof room);
            if (words_distance(key, str_c(WORDS[i])) != 1)
                continue;
            snprintf(s->why, sizeof s->why, "\"" STR_F "\" is no member of a line: did you mean \"%s\"?", STR_A(key), WORDS[i]);
            return s->why;
        }
    return NULL;
}

/* What would be judged as something else than it was meant for; NULL when nothing would. */
static const char *misused(struct scan *s, bool has_text, bool has_answer, bool may_be_score)
{
    uint32_t request = jsonx_member(&s->json, 0, STR("request"));
    bool has_request = jsonx_is(&s->json, request, JSONX_OBJECT);
    bool has_channel = jsonx_member(&s->json, 0, STR("channel")) != JSONX_NO_NODE;
    if (s->is_answer && (has_text || has_answer) && request != JSONX_NO_NODE && !has_request)
        return "\"request\" is no body of a request";
    if (has_text)
        return !s->is_answer && (has_request || has_channel) ? NEEDS_ANSWER : misspelt(s);
    if (!has_request || may_be_score || (s->is_answer && has_answer))
        return NULL;
    return s->is_answer ? "a \"request\" without \"text\" or \"answer\"" : NEEDS_ANSWER;
}

/* The request that an answer is to, when its line tells it. */
static bool read_question(const struct scan *s, struct scan_question *q)
{
    uint32_t request = s->is_answer ? jsonx_member(&s->json, 0, STR("request")) : JSONX_NO_NODE;
    if (!jsonx_is(&s->json, request, JSONX_OBJECT))
        return true;
    *q = (struct scan_question){ scan_path_of(&s->json, request), jsonx_whole(&s->json, request) };
    return q->path;
}

/* By what the route says of its API, else by its path, as for callers. */
static bool is_of_scoring(const struct route *route)
{
    const struct dialect *dialect = route->dialect ? route->dialect : dialect_of_refusal(route->path);
    return strcmp(dialect->name, "azure_ml") == 0;
}

static bool scan_line(struct scan *s, struct str line)
{
    struct jsonx_error error;
    bool may_be_score = is_of_scoring(s->rehearsal.route);
    buf_clear(&s->body);
    if (!jsonx_index(&s->json, line, &JSONX_LIMITS_DEFAULT, &error)) {
        char why[200];
        snprintf(why, sizeof why, "no JSON: %s at byte %zu; " LINE_IS, error.why, error.offset);
        return tell_bad(s, why);
    }
    if (!jsonx_is(&s->json, 0, JSONX_OBJECT) && !may_be_score)
        return tell_bad(s, LINE_IS);
    uint32_t text = jsonx_member(&s->json, 0, STR("text")), answer = jsonx_member(&s->json, 0, STR("answer"));
    const struct scan_shape *shape = NULL;
    bool has_text = jsonx_is(&s->json, text, JSONX_STRING) && !scan_text_is_of_body(&s->json, s->is_answer, may_be_score);
    bool has_answer = jsonx_is(&s->json, answer, JSONX_OBJECT);
    uint32_t whole = s->is_answer && has_answer ? answer : 0;
    struct str original = jsonx_whole(&s->json, whole);
    const char *why = misused(s, has_text, has_answer, may_be_score), *path = scan_path_of(&s->json, 0);
    s->text_in_body = s->text_in_line = 0;
    if (why)
        return tell_bad(s, why);
    if (has_text) {
        original = jsonx_whole(&s->json, text);
        if (!(shape = scan_shape_of(&s->json, s->is_answer, &why)))
            return tell_bad(s, why);
        s->text_in_body = shape->before.len + 1;
        s->text_in_line = s->json.nodes[text].start;
        path = "/v1/chat/completions";
    }
    if (!(shape ? scan_shape_make(shape, original, &s->body) : buf_add(&s->body, original)))
        return tell_bad(s, "too long");
    struct scan_question q = { path ? path : may_be_score ? "/score" : NULL, buf_str(&s->body) };
    if (s->is_answer)
        q = *scan_question_of(&s->json, shape ? JSONX_NO_NODE : whole, may_be_score && !shape);
    if (!read_question(s, &q) || !q.path)
        return tell_bad(s, NO_BODY);
    enum verdict v = judge(s, &q);
    bool ok = tell(s, v, shape, original);
    rehearse_end(&s->rehearsal);
    return ok;
}

/* ---- lines ---- */

static bool is_blank(struct str line)
{
    while (line.len && ascii_is_space(line.at[0]))
        line = str_from(line, 1);
    return !line.len;
}

static bool each_line(struct scan *s, int in, FILE *out)
{
    struct lines lines;
    struct str line;
    enum lines_answer answer;
    bool ok = true;
    lines_init(&lines, in, LINE_BYTES_MAX);
    while (ok && (answer = lines_next(&lines, &line)) != LINES_END) {
        s->line_number++;
        line = s->line_number == 1 ? utf8_without_mark(line) : line;
        if (answer == LINES_ONE && is_blank(line))
            continue;
        s->counts->lines++;
        buf_clear(&s->out);
        ok = (answer == LINES_ONE ? scan_line(s, line) : tell_bad(s, "a line above 32 MB")) &&
             fwrite(s->out.data + s->out.start, 1, buf_len(&s->out), out) == buf_len(&s->out);
    }
    s->counts->read_error = lines.error;
    lines_finish(&lines);
    return ok && fflush(out) == 0;
}

bool scan_lines(struct setup *setup, const struct route *route, bool is_answer, int in, FILE *out,
                struct scan_counts *counts)
{
    static struct scan s; /* large */
    s = (struct scan){ .is_answer = is_answer, .counts = counts };
    scan_world_init(&s.world, LINE_BYTES_MAX);
    s.rehearsal = (struct rehearsal){ &s.x, &s.world.world, setup, route, scan_world_turn };
    buf_init(&s.body, LINE_BYTES_MAX + 1024);
    buf_init(&s.out, 2 * LINE_BYTES_MAX);
    bool ok = setup_open(setup, &s.world.world) && each_line(&s, in, out);
    setup_close(setup);
    exchange_free(&s.x);
    jsonx_finish(&s.json);
    jsonx_finish(&s.told);
    buf_finish(&s.body);
    buf_finish(&s.out);
    scan_world_finish(&s.world);
    return ok;
}
