/* azure.c - Azure OpenAI: deployment paths and account paths with an api-version, and the newer /openai/v1. */
#include "proxy/core/dialect/parts.h"

static const struct path_row by_deployment[] = {
    { STR_INIT("/deployments/{d}/chat/completions"), METHOD_POST, OP_CHAT },
    { STR_INIT("/deployments/{d}/completions"), METHOD_POST, OP_COMPLETION },
    { STR_INIT("/deployments/{d}/embeddings"), METHOD_POST, OP_EMBEDDINGS },
    { STR_INIT("/responses"), METHOD_POST, OP_RESPONSES },
    { STR_INIT("/responses/{id}"), METHOD_GET, OP_RESPONSE_OTHER },
    { STR_INIT("/responses/{id}"), METHOD_DELETE, OP_RESPONSE_OTHER },
    { STR_INIT("/responses/{id}/cancel"), METHOD_POST, OP_RESPONSE_OTHER },
    { STR_INIT("/responses/{id}/input_items"), METHOD_GET, OP_RESPONSE_OTHER },
    { STR_INIT("/models"), METHOD_GET, OP_MODELS },
    { STR_INIT("/models/{m}"), METHOD_GET, OP_MODEL },
};

static bool recognise_deployment(enum http_method method, struct str path, struct str query, struct arena *a,
                                 struct call *call, const char **allow)
{
    struct path_table table = { STR_INIT("/openai"), by_deployment, ARRAY_LEN(by_deployment) };
    return paths_recognise(&table, method, path, query, a, call, allow);
}

static bool recognise_v1(enum http_method method, struct str path, struct str query, struct arena *a, struct call *call,
                         const char **allow)
{
    struct path_table table = { STR_INIT("/openai/v1"), PATHS_BY_BODY, PATHS_BY_BODY_COUNT };
    return paths_recognise(&table, method, path, query, a, call, allow);
}

/* Versions before 2024-09-01-preview refuse stream_options; versions begin with their date. */
static bool ask_usage(const struct jsonx *body, const struct call *call, struct arena *a, struct jsonx_edit *edit)
{
    struct str date = str_first(call->api_version, 10);
    bool is_dated = date.len == 10 && ascii_is_digit(*date.at);
    if (is_dated && str_cmp(date, STR("2024-09-01")) < 0)
        return false;
    return openai_ask_usage(body, call, a, edit);
}

const struct dialect DIALECT_AZURE_V1 = {
    .name = "azure_v1",
    .about = "Azure OpenAI's API under /openai/v1, the deployment as `model` in the body",
    .prefix = "/openai/v1",
    .reads_json = true,
    .streams_events = true,
    .recognise = recognise_v1,
    .read_request = openai_read_request,
    .ask_usage = openai_ask_usage,
    .read_answer = openai_read_answer,
    .read_event = openai_read_event,
    .find_texts = openai_find_texts,
    .event_is_plain = openai_event_is_plain,
    .write_error = azure_write_error,
    .write_event_error = azure_write_event_error,
    .write_event_stop = openai_write_event_stop,
    .write_models = openai_write_models,
};

const struct dialect DIALECT_AZURE = {
    .name = "azure",
    .about = "Azure OpenAI's API under /openai/deployments/{deployment} and /openai, with an api-version",
    .prefix = "/openai",
    .reads_json = true,
    .streams_events = true,
    .recognise = recognise_deployment,
    .read_request = openai_read_request,
    .ask_usage = ask_usage,
    .read_answer = openai_read_answer,
    .read_event = openai_read_event,
    .find_texts = openai_find_texts,
    .event_is_plain = openai_event_is_plain,
    .write_error = azure_write_error,
    .write_event_error = azure_write_event_error,
    .write_event_stop = openai_write_event_stop,
    .write_models = openai_write_models,
};
