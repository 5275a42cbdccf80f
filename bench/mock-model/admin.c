/* admin.c - steering: modes for the next requests, settings, and the journal of what was received. */
#include "model.h"

#include <jansson.h>

enum { RULES_MAX = 64, JOURNAL_MAX = 1000 };

struct settings settings = { .tokens = 10, .interval_ms = 20, .retry_after_ms = 1000, .delay_ms = 1000, .journal = true };
struct counts counts;

const char *const MODES[MODE_COUNT] = {
#define MODE(name, about) #name,
#include "modes.def"
#undef MODE
};

static struct rule {
    char model[128]; /* "*" for any */
    enum mode mode;
    uint64_t times;  /* left; UINT64_MAX for ever */
} rules[RULES_MAX];
static size_t rules_count;
static json_t *journal;

enum mode steer_mode(struct str model)
{
    for (size_t i = 0; i < rules_count; i++) {
        struct rule *r = &rules[i];
        if (!r->times || (strcmp(r->model, "*") != 0 && !str_eq(model, str_c(r->model))))
            continue;
        if (r->times != UINT64_MAX)
            r->times--;
        return r->mode;
    }
    return MODE_ok;
}

static json_t *string_of(struct str s)
{
    json_t *j = json_stringn(s.at ? s.at : "", s.len);
    return j ? j : json_string("(not UTF-8)");
}

void journal_add(const struct connection *c)
{
    if (!settings.journal)
        return;
    if (!journal)
        journal = json_array();
    json_t *headers = json_array();
    for (size_t i = 0; i < c->head.fields_count; i++)
        json_array_append_new(headers, json_pack("[o,o]", string_of(c->head.fields[i].name), string_of(c->head.fields[i].value)));
    json_array_append_new(journal, json_pack("{s:o,s:o,s:o,s:o,s:s}", "method", string_of(c->head.method_word), "target",
                                             string_of(c->head.target), "headers", headers, "body",
                                             string_of(buf_str(&c->body)), "mode", MODES[c->mode]));
    if (json_array_size(journal) > JOURNAL_MAX)
        json_array_remove(journal, 0);
}

void journal_left(const struct connection *c)
{
    (void)c;
    counts.left++;
}

static bool set_number(const json_t *from, const char *name, uint64_t *to)
{
    const json_t *v = json_object_get(from, name);
    if (!v)
        return true;
    if (!json_is_integer(v) || json_integer_value(v) < 0)
        return false;
    *to = (uint64_t)json_integer_value(v);
    return true;
}

static void set_bool(const json_t *from, const char *name, bool *to)
{
    const json_t *v = json_object_get(from, name);
    if (v)
        *to = json_is_true(v);
}

static void set_text(const json_t *from, const char *name, char *to, size_t size)
{
    const char *v = json_string_value(json_object_get(from, name));
    if (v)
        snprintf(to, size, "%s", v);
}

static const char *set_settings(const json_t *from)
{
    if (!set_number(from, "tokens", &settings.tokens) || !set_number(from, "interval_ms", &settings.interval_ms) ||
        !set_number(from, "first_byte_ms", &settings.first_byte_ms) ||
        !set_number(from, "answer_bytes", &settings.answer_bytes) || !set_number(from, "delay_ms", &settings.delay_ms) ||
        !set_number(from, "retry_after_ms", &settings.retry_after_ms))
        return "{\"error\":\"a number is no number\"}";
    set_bool(from, "echo", &settings.echo);
    set_bool(from, "stamp", &settings.stamp);
    set_bool(from, "prose", &settings.prose);
    set_bool(from, "journal", &settings.journal);
    set_text(from, "require_bearer", settings.require_bearer, sizeof settings.require_bearer);
    set_text(from, "require_key", settings.require_key, sizeof settings.require_key);
    return NULL;
}

static const char *add_rule(const json_t *from)
{
    const char *mode = json_string_value(json_object_get(from, "mode"));
    const char *model = json_string_value(json_object_get(from, "model"));
    struct rule r = { .times = UINT64_MAX, .mode = MODE_COUNT };
    for (size_t i = 0; mode && i < MODE_COUNT; i++)
        if (strcmp(mode, MODES[i]) == 0)
            r.mode = (enum mode)i;
    if (r.mode == MODE_COUNT || !set_number(from, "times", &r.times))
        return "{\"error\":\"no such mode\"}";
    snprintf(r.model, sizeof r.model, "%s", model ? model : "*");
    if (rules_count == RULES_MAX)
        return "{\"error\":\"too many rules; reset\"}";
    rules[rules_count++] = r;
    return set_settings(from);
}

static void reset(void)
{
    settings = (struct settings){ .tokens = 10, .interval_ms = 20, .retry_after_ms = 1000, .delay_ms = 1000, .journal = true };
    rules_count = 0;
    json_decref(journal);
    journal = NULL;
    counts.requests = counts.events = counts.left = 0;
}

void admin_answer(struct connection *c, struct str path, struct str body)
{
    json_error_t error;
    json_t *from = body.len ? json_loadb(body.at, body.len, JSON_REJECT_DUPLICATES, &error) : json_object();
    const char *wrong = from ? NULL : "{\"error\":\"not JSON\"}";
    char text[256];
    if (!wrong && str_eq(path, STR("/admin/steer")))
        wrong = add_rule(from);
    else if (!wrong && str_eq(path, STR("/admin/settings")))
        wrong = set_settings(from);
    else if (!wrong && str_eq(path, STR("/admin/reset")))
        reset();
    else if (!wrong && str_eq(path, STR("/admin/journal"))) {
        json_t *all = journal ? json_incref(journal) : json_array();
        char *dump = json_dumps(all, JSON_COMPACT);
        answer_error(c, 200, "", dump);
        free(dump);
        json_decref(all);
        json_decref(from);
        return;
    } else if (!wrong && !str_eq(path, STR("/admin/counts")))
        wrong = "{\"error\":\"no such admin path: steer, settings, reset, journal, counts\"}";
    json_decref(from);
    snprintf(text, sizeof text, "{\"requests\":%llu,\"open\":%llu,\"streams\":%llu,\"events\":%llu,\"left\":%llu}",
             (unsigned long long)counts.requests, (unsigned long long)counts.open, (unsigned long long)counts.streams,
             (unsigned long long)counts.events, (unsigned long long)counts.left);
    answer_error(c, wrong ? 400 : 200, "", wrong ? wrong : text);
}
