/* answer.c - what an answer or one event of a stream tells, in OpenAI's shapes: usage, model, why it ended, an error.
 */
#include "proxy/core/dialect/parts.h"

#define COUNT_MAX ((uint64_t)1 << 40) /* no request has as many tokens */

enum told { TOLD_NOTHING, TOLD_COUNT, TOLD_NONSENSE };

/* The counts have two names, of chat and of the Responses API. */
static enum told count_of(const struct jsonx *j, uint32_t usage, struct str name, struct str other, uint64_t *out)
{
    uint32_t node = jsonx_member(j, usage, name);
    uint64_t count;
    if (node == JSONX_NO_NODE)
        node = jsonx_member(j, usage, other);
    if (node == JSONX_NO_NODE || jsonx_is(j, node, JSONX_NULL))
        return TOLD_NOTHING;
    if (!jsonx_u64(j, node, &count) || count > COUNT_MAX)
        return TOLD_NONSENSE;
    *out = count;
    return TOLD_COUNT;
}

static uint64_t detail_of(const struct jsonx *j, uint32_t usage, struct str name, struct str other, struct str member)
{
    uint32_t details = jsonx_member(j, usage, name);
    if (!jsonx_is(j, details, JSONX_OBJECT))
        details = jsonx_member(j, usage, other);
    uint64_t count = 0;
    return jsonx_u64(j, jsonx_member(j, details, member), &count) ? count : 0;
}

static void read_usage(const struct jsonx *j, uint32_t usage, struct usage *out)
{
    if (!jsonx_is(j, usage, JSONX_OBJECT))
        return; /* `usage: null` in every chunk but the last */
    uint64_t input = 0, output = 0;
    enum told in = count_of(j, usage, STR("prompt_tokens"), STR("input_tokens"), &input);
    enum told made = count_of(j, usage, STR("completion_tokens"), STR("output_tokens"), &output);
    if (in == TOLD_NONSENSE || made == TOLD_NONSENSE || (in == TOLD_NOTHING && made == TOLD_NOTHING))
        return; /* no report: it must not make an answer free */
    *out = (struct usage){
        .known = true,
        .input_tokens = input,
        .output_tokens = output,
        .cached_tokens = detail_of(j, usage, STR("prompt_tokens_details"), STR("input_tokens_details"), STR("cached_tokens")),
        .reasoning_tokens = detail_of(j, usage, STR("completion_tokens_details"), STR("output_tokens_details"),
                                      STR("reasoning_tokens")),
    };
}

static void set_text(const struct jsonx *j, uint32_t node, struct arena *a, struct str *out)
{
    struct str text = jsonx_string(j, node, a);
    if (text.len)
        *out = text;
}

static void read_choices(const struct jsonx *j, uint32_t choices, struct arena *a, struct answer_facts *facts)
{
    for (uint32_t c = jsonx_first(j, choices); c != JSONX_NO_NODE; c = jsonx_next(j, choices, c))
        set_text(j, jsonx_member(j, c, STR("finish_reason")), a, &facts->finish_reason);
}

/* `in_progress` and the like say that it goes on; `incomplete` is told by its reason. */
static void read_status(const struct jsonx *j, uint32_t response, uint32_t status, struct arena *a,
                        struct answer_facts *facts)
{
    if (jsonx_string_is(j, status, STR("in_progress")) || jsonx_string_is(j, status, STR("queued")))
        return;
    set_text(j, status, a, &facts->finish_reason);
    set_text(j, jsonx_path(j, response, "incomplete_details", "reason", NULL), a, &facts->finish_reason);
}

/* An object of chat, completions, embeddings or responses, in one walk over its members. */
static void read_object(const struct jsonx *j, uint32_t object, struct arena *a, struct answer_facts *facts)
{
    bool has_choices = false, has_message = false, has_status_code = false, is_response = false;
    uint32_t choices = JSONX_NO_NODE, status = JSONX_NO_NODE;
    for (uint32_t c = jsonx_first(j, object); c != JSONX_NO_NODE; c = jsonx_next(j, object, c)) {
        uint32_t key = jsonx_key_of(j, c);
        enum jsonx_kind kind = jsonx_kind(j, c);
        if (jsonx_string_is(j, key, STR("model"))) {
            set_text(j, c, a, &facts->model); /* empty in Azure's first chunk */
        } else if (jsonx_string_is(j, key, STR("id"))) {
            set_text(j, c, a, &facts->id);
        } else if (jsonx_string_is(j, key, STR("usage"))) {
            read_usage(j, c, &facts->usage);
        } else if (jsonx_string_is(j, key, STR("choices"))) {
            has_choices = kind == JSONX_ARRAY;
            choices = c;
        } else if (jsonx_string_is(j, key, STR("error"))) {
            facts->is_error = kind != JSONX_NULL && kind != JSONX_FALSE;
        } else if (jsonx_string_is(j, key, STR("status"))) {
            status = c;
        } else if (jsonx_string_is(j, key, STR("object"))) {
            is_response = jsonx_string_is(j, c, STR("response"));
        } else if (jsonx_string_is(j, key, STR("statusCode"))) {
            has_status_code = true;
        } else if (jsonx_string_is(j, key, STR("message"))) {
            has_message = true;
        }
    }
    read_choices(j, choices, a, facts);
    if (is_response)
        read_status(j, object, status, a, facts);
    facts->is_error |= has_status_code && has_message && !has_choices; /* Azure's flat 401 */
    facts->is_usage_only = has_choices && jsonx_first(j, choices) == JSONX_NO_NODE && facts->usage.known;
}

void openai_read_answer(const struct jsonx *answer, const struct call *call, struct arena *a,
                        struct answer_facts *facts)
{
    (void)call;
    read_object(answer, 0, a, facts);
    facts->is_usage_only = false;
}

void openai_read_event(struct str name, struct str data, const struct jsonx *json, const struct call *call,
                       struct arena *a, struct answer_facts *facts)
{
    (void)data;
    if (!json)
        return;
    if (call->operation != OP_RESPONSES && call->operation != OP_RESPONSE_OTHER) {
        read_object(json, 0, a, facts);
        facts->is_error |= str_eq(name, STR("error"));
        return;
    }
    /* response.created, …, response.completed carry the whole response; `error` is the error itself. */
    uint32_t type = jsonx_member(json, 0, STR("type"));
    uint32_t response = jsonx_member(json, 0, STR("response"));
    uint32_t error = jsonx_member(json, 0, STR("error"));
    if (jsonx_is(json, response, JSONX_OBJECT)) {
        read_object(json, response, a, facts);
        facts->is_usage_only = false;
    }
    facts->is_error |=
        str_eq(name, STR("error")) || jsonx_string_is(json, type, STR("error")) || jsonx_is(json, error, JSONX_OBJECT);
}
