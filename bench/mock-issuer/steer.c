/* steer.c - answers bent on demand, and the journal of what was asked.
 *
 * A rule says which requests it is for ("path": a glob, "method"), how many it takes ("times", default all)
 * after how many it lets go ("after"), and what then happens; see the table `members`. The first rule with
 * something left to take applies, so a row of rules is a script: three times 410, then as usual. */
#include "mock.h"

#include <fnmatch.h>
#include <zlib.h>

#define JOURNAL_MAX            20000
#define HUGE_MAX_BYTES         (256 * 1024 * 1024)
#define DELAY_MAX_MS           120000
#define JOURNAL_BODY_MAX_BYTES 65536

void journal_note(struct mock *mock, const struct request *request, unsigned status)
{
    struct str body = str_first(buf_str(&request->body), JOURNAL_BODY_MAX_BYTES);
    json_t *text = json_stringn(body.at ? body.at : "", body.len);
    char name[256];

    snprintf(name, sizeof name, "%s %s", request->method, request->path);
    json_int_t count = json_integer_value(json_object_get(mock->counts, name));
    json_object_set_new(mock->counts, name, json_integer(count + 1));
    if (json_array_size(mock->journal) >= JOURNAL_MAX)
        json_array_remove(mock->journal, 0);
    json_array_append_new(mock->journal,
                          json_pack("{s:s, s:s, s:s, s:O, s:O, s:o, s:i, s:b}", "method", request->method, "path",
                                    request->path, "target", request->target, "query", request->query, "headers",
                                    request->headers, "body", text ? text : json_string("(not UTF-8)"), "status",
                                    (int)status, "tls", request->is_tls));
}

/* Counts down "after", then "times"; true when the rule takes this request. */
static bool rule_takes(json_t *rule, const struct request *request)
{
    const char *path = json_string_value(json_object_get(rule, "path"));
    const char *method = json_string_value(json_object_get(rule, "method"));
    json_t *after = json_object_get(rule, "after"), *times = json_object_get(rule, "times");

    if ((path && fnmatch(path, request->path, 0) != 0) || (method && strcmp(method, request->method) != 0))
        return false;
    if (json_integer_value(after) > 0) {
        json_integer_set(after, json_integer_value(after) - 1);
        return false;
    }
    if (!times)
        return true;
    if (json_integer_value(times) <= 0)
        return false;
    json_integer_set(times, json_integer_value(times) - 1);
    return true;
}

static void bend_document(json_t *document, json_t *rule)
{
    size_t i;
    json_t *name;

    json_object_update(document, json_object_get(rule, "merge"));
    json_array_foreach(json_object_get(rule, "drop"), i, name) json_object_del(document, json_string_value(name));
}

static void replace_text(struct reply *reply, char *text, size_t len)
{
    json_decref(reply->json);
    reply->json = NULL;
    free(reply->text);
    reply->text = text;
    reply->text_len = len;
}

/* `len` bytes of valid JSON in front, blanks behind: what a reader without a ceiling swallows whole. */
static void make_huge(struct reply *reply, size_t len)
{
    char *text = malloc(len + 1);
    char *document = reply->json ? json_dumps(reply->json, JSON_COMPACT) : strdup("{}");
    assert(text && document);
    size_t n = strlen(document);

    if (n > len)
        n = len;
    memcpy(text, document, n);
    memset(text + n, ' ', len - n);
    free(document);
    replace_text(reply, text, len);
}

static void make_gzip(struct reply *reply)
{
    char *document = reply->json ? json_dumps(reply->json, JSON_COMPACT) : NULL;
    struct str plain = document ? str_c(document) : str_of(reply->text, reply->text_len);
    z_stream z = { 0 };

    if (deflateInit2(&z, Z_BEST_SPEED, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK) {
        size_t room = deflateBound(&z, plain.len);
        char *packed = malloc(room);
        assert(packed);
        z.next_in = (Bytef *)plain.at;
        z.avail_in = (uInt)plain.len;
        z.next_out = (Bytef *)packed;
        z.avail_out = (uInt)room;
        deflate(&z, Z_FINISH);
        replace_text(reply, packed, z.total_out);
        deflateEnd(&z);
        reply_header(reply, "Content-Encoding", "gzip");
    }
    free(document);
}

static void apply(json_t *rule, struct reply *reply, unsigned *delay_ms)
{
    const char *body = json_string_value(json_object_get(rule, "body"));
    const char *name;
    json_t *value;
    json_int_t huge = json_integer_value(json_object_get(rule, "huge_bytes"));
    json_int_t delay = json_integer_value(json_object_get(rule, "delay_ms"));
    json_int_t status = json_integer_value(json_object_get(rule, "status"));

    if (delay > 0)
        *delay_ms = delay < DELAY_MAX_MS ? (unsigned)delay : DELAY_MAX_MS;
    if (status > 0) {
        reply_json(reply, (unsigned)status,
                   json_pack("{s:s, s:s}", "error", "steered", "error_description", "the test asked for this answer"));
    }
    if (reply->json)
        bend_document(reply->json, rule);
    if (body)
        replace_text(reply, strdup(body), strlen(body));
    if (huge > 0)
        make_huge(reply, huge < HUGE_MAX_BYTES ? (size_t)huge : HUGE_MAX_BYTES);
    if (json_is_true(json_object_get(rule, "gzip")))
        make_gzip(reply);
    json_object_foreach(json_object_get(rule, "headers"), name, value) if (json_is_string(value))
        reply_header(reply, name, json_string_value(value));
    reply->is_cut = json_is_true(json_object_get(rule, "cut"));
}

void steer_bend(struct mock *mock, const struct request *request, struct reply *reply, unsigned *delay_ms)
{
    size_t i;
    json_t *rule;

    json_array_foreach(mock->rules, i, rule) if (rule_takes(rule, request))
    {
        apply(rule, reply, delay_ms);
        return;
    }
}
