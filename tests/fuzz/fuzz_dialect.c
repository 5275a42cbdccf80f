/* fuzz_dialect.c - any JSON as a request, an answer and an event of every family: what is gathered lies in the body,
 * edits leave valid JSON that says what was meant. The first byte chooses the operation. */
#include "proxy/core/dialect.h"
#include "proxy/core/finding_place.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const PATHS[] = {
    "/v1/chat/completions",
    "/v1/responses",
    "/v1/embeddings",
    "/v1/completions",
    "/openai/deployments/gpt-4o/chat/completions",
    "/score",
    "/chat/completions",
};

/* There is a way to it, and each byte of it is written somewhere: from the beginning to the end, none before the last. */
static void check_place(const struct jsonx *body, const struct text *text)
{
    const struct jsonx_node *n = &body->nodes[text->node];
    struct buf path;
    buf_init(&path, 1 << 20);
    assert(finding_path(body, text->node, &path) && (buf_len(&path) || text->node == 0));
    buf_finish(&path);
    size_t step = text->value.len / 16 + 1, last = n->start;
    assert(jsonx_where(body, text->node, 0) == n->start && jsonx_where(body, text->node, text->value.len) == n->end);
    for (size_t i = 0; i < text->value.len; i += step) {
        size_t at = jsonx_where(body, text->node, i);
        assert(at >= last && at < n->end);
        last = at;
    }
}

static void check_gathered(const struct jsonx *body, const struct call *call)
{
    for (size_t i = 0; i < call->texts_count; i++) {
        assert(call->texts[i].node < body->count && call->texts[i].value.len);
        assert(jsonx_string_is(body, call->texts[i].node, call->texts[i].value));
        assert(call->texts[i].source <= TEXT_DEFINITION);
        if (i < 64)
            check_place(body, &call->texts[i]);
    }
    for (size_t i = 0; i < call->urls_count; i++)
        assert(call->urls[i].node < body->count && call->urls[i].what);
    assert(call->output_limit_node == JSONX_NO_NODE || call->output_limit_node < body->count);
    assert(call->model_node == JSONX_NO_NODE || jsonx_is(body, call->model_node, JSONX_STRING));
    assert(call->n >= 1 && (!call->has_output_limit || call->output_limit_node != JSONX_NO_NODE));
    assert(call->tool_names_count <= call->tools);
}

/* Asked for once, the usage is in the request, and not asked for again. */
static void check_usage(const struct dialect *d, const struct jsonx *body, struct call *call, struct arena *a)
{
    struct jsonx_edit edit;
    struct jsonx_error error;
    if (!d->ask_usage(body, call, a, &edit))
        return;
    struct buf out;
    struct jsonx after;
    buf_init(&out, body->text.len + 200);
    jsonx_init(&after);
    assert(jsonx_splice(body->text, &edit, 1, &out));
    assert(jsonx_index(&after, buf_str(&out), &JSONX_LIMITS_DEFAULT, &error));
    assert(jsonx_is(&after, jsonx_path(&after, 0, "stream_options", "include_usage", NULL), JSONX_TRUE));
    jsonx_finish(&after);
    buf_finish(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!size)
        return 0;
    struct str path = str_c(PATHS[data[0] % ARRAY_LEN(PATHS)]), text = str_of((const char *)data + 1, size - 1);
    struct jsonx body;
    struct jsonx_error error;
    struct arena a;
    jsonx_init(&body);
    arena_init(&a, 64 * size + (1 << 20));
    if (jsonx_index(&body, text, &JSONX_LIMITS_DEFAULT, &error)) {
        struct call call = { 0 };
        struct answer_facts facts = { 0 };
        const char *allow = NULL, *why = NULL;
        const struct dialect *d = dialect_recognise(METHOD_POST, path, STR_NONE, &a, &call, &allow);
        assert(d && !allow);
        if (d->read_request(&body, &a, &call, &why)) {
            check_gathered(&body, &call);
            check_usage(d, &body, &call, &a);
        } else {
            assert(why && *why);
        }
        d->read_answer(&body, &call, &a, &facts);
        d->read_event(STR("error"), text, &body, &call, &a, &facts);
    }
    arena_finish(&a);
    jsonx_finish(&body);
    return 0;
}
