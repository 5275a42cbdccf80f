/* answer_policy.c - the settings of `answer` made ready: canaries compiled, schemas read, a worker's buffers. */
#include "filters/relay/answer.h"

#include "filters/relay/canary.h"
#include "proxy/base/ascii.h"
#include "proxy/base/utf8.h"
#include "proxy/core/setup.h"

enum { STAGE_MAX_BYTES = 64 * 1024 * 1024 };

static bool compile_canaries(struct answer_policy *p, struct arena *a, struct problems *problems)
{
    size_t n = p->canaries.count, count = 0, bytes = 0;
    struct pattern *patterns = arena_array(a, struct pattern, n * CANARY_FORMS);
    const struct pattern **list = (const struct pattern **)arena_array(a, struct pattern *, n * CANARY_FORMS);
    for (size_t i = 0; patterns && list && i < n; i++) {
        struct str text = p->canaries.at[i], id = arena_printf(a, "canary:%zu", i + 1);
        struct canary_form forms[CANARY_FORMS];
        if (text.len < CANARY_MIN_BYTES || text.len > CANARY_MAX_BYTES || utf8_valid_prefix(text) < text.len) {
            problem(problems, p->canaries.spans[i], "a canary has from %d to %d bytes, so that nothing else is like it",
                    CANARY_MIN_BYTES, CANARY_MAX_BYTES);
            return false;
        }
        const char *name = id.at ? arena_cstr(a, id) : NULL;
        if (!name || !canary_forms(a, text, forms))
            return false;
        bool was_within = bytes <= CANARIES_DISGUISED_BYTES, is_within = (bytes += text.len) <= CANARIES_DISGUISED_BYTES;
        if (was_within && !is_within)
            problem_warn(problems, p->canaries.spans[i],
                         "from here on, behind %d bytes of canaries, they are looked for as they stand, not in disguise",
                         CANARIES_DISGUISED_BYTES);
        for (size_t k = 0; k < canary_forms_within(bytes); k++) {
            if (!forms[k].expression)
                continue;
            patterns[count] = (struct pattern){
                .id = name, .category = "leak", .expression = forms[k].expression, .caseless = forms[k].caseless
            };
            list[count] = &patterns[count];
            count++;
        }
    }
    return patterns && list && (p->canary_set = pattern_set_new(list, count, problems));
}

static bool check_hosts(const struct answer_policy *p, struct problems *problems)
{
    bool ok = true;
    for (size_t i = 0; i < p->allow_hosts.count; i++) {
        struct str host = p->allow_hosts.at[i], name = str_starts(host, STR("*.")) ? str_from(host, 2) : host;
        if (name.len && !str_has(name, '*') && !str_has(name, '/') && !str_has(name, ':') && !str_has(name, '@'))
            continue;
        problem(problems, p->allow_hosts.spans[i], "a host is a name without scheme, port or path, or *. and a name");
        ok = false;
    }
    return ok;
}

static bool is_media_type(struct str s)
{
    size_t slash = str_find(s, '/');
    static const struct str MARKS = STR_INIT("!#$&-^_.+");
    return slash && slash + 1 < s.len && ascii_is_made_of(str_first(s, slash), MARKS) && ascii_is_made_of(str_from(s, slash + 1), MARKS);
}

/* They are compared as a whole, without parameters. */
static bool check_types(const struct answer_policy *p, struct problems *problems)
{
    static const struct {
        const char *said, *meant;
    } SHORT[] = { { "json", "application/json" }, { "sse", "text/event-stream" }, { "event-stream", "text/event-stream" },
                  { "text", "text/plain" },       { "plain", "text/plain" },      { "html", "text/html" } };
    bool ok = true;
    for (size_t i = 0; i < p->content_types.count; i++) {
        struct str type = p->content_types.at[i];
        const char *meant = "application/json";
        if (is_media_type(type))
            continue;
        problem(problems, p->content_types.spans[i], "content_types: \"" STR_F "\" is no media type: every answer would be refused",
                STR_A(type));
        for (size_t k = 0; k < ARRAY_LEN(SHORT); k++)
            meant = str_eq_nocase(type, str_c(SHORT[k].said)) ? SHORT[k].meant : meant;
        problem_hint(problems, "write it whole, without parameters: \"%s\"", meant);
        ok = false;
    }
    return ok;
}

bool answer_check(void *policy, struct setup *setup, struct problems *problems)
{
    struct answer_policy *p = policy;
    struct tool_rule *tools = p->tools.at;
    static const int verdicts[] = { ANSWER_IGNORE, ANSWER_REPORT, ANSWER_REFUSE }; /* they cannot remove */
    bool ok = check_hosts(p, problems);
    ok &= check_types(p, problems);
    p->on_tool = verdicts[p->on_tool];
    p->on_schema = verdicts[p->on_schema];
    p->limits_tools = p->tools.at != NULL;
    p->has_markup = p->on_image != ANSWER_IGNORE || p->on_link != ANSWER_IGNORE || p->on_html != ANSWER_IGNORE;
    if (p->canaries.count && p->on_canary != ANSWER_IGNORE)
        ok &= compile_canaries(p, &setup->arena, problems);
    if (p->schema.at)
        ok &= (p->content_schema = json_schema_read(p->schema, (struct span){ 0 }, problems)) != NULL;
    for (size_t i = 0; i < p->tools.count; i++)
        if (tools[i].arguments.at)
            ok &= (tools[i].schema = json_schema_read(tools[i].arguments, tools[i].name.span, problems)) != NULL;
    return ok;
}

void answer_policy_finish(void *policy)
{
    struct answer_policy *p = policy;
    struct tool_rule *tools = p->tools.at;
    pattern_set_free(p->canary_set);
    json_schema_free(p->content_schema);
    for (size_t i = 0; i < p->tools.count; i++)
        json_schema_free(tools[i].schema);
    p->canary_set = NULL;
    p->content_schema = NULL;
    p->tools.count = 0;
}

bool answer_open(void *policy, struct world *world, void **instance)
{
    const struct answer_policy *p = policy;
    struct answer_worker *w = calloc(1, sizeof *w);
    (void)world;
    if (!w)
        return false;
    for (size_t i = 0; i < ANSWER_STAGES; i++)
        buf_init(&w->stages[i], STAGE_MAX_BYTES);
    jsonx_init(&w->json);
    *instance = w;
    return !p->canary_set || (w->canaries = pattern_scratch_new(p->canary_set)) != NULL;
}

void answer_close(void *policy, void *instance)
{
    struct answer_worker *w = instance;
    (void)policy;
    if (!w)
        return;
    for (size_t i = 0; i < ANSWER_STAGES; i++)
        buf_finish(&w->stages[i]);
    jsonx_finish(&w->json);
    pattern_scratch_free(w->canaries);
    free(w);
}
