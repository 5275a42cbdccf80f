/* azure_ml.c - online endpoints of Azure Machine Learning: /score with a body of the model's own shape, and the chat
 * completions that catalogue models answer. The endpoint is the model, so the body need not name one. */
#include "proxy/core/dialect/parts.h"

static const struct path_row rows[] = {
    { STR_INIT("/score"), METHOD_POST, OP_SCORE },
    { STR_INIT("/chat/completions"), METHOD_POST, OP_CHAT },
};

static bool recognise(enum http_method method, struct str path, struct str query, struct arena *a, struct call *call,
                      const char **allow)
{
    struct path_table table = { STR_INIT(""), rows, ARRAY_LEN(rows) };
    return paths_recognise(&table, method, path, query, a, call, allow);
}

static bool read_request(const struct jsonx *body, struct arena *a, struct call *call, const char **why)
{
    return request_read(body, a, call, false, why);
}

const struct dialect DIALECT_AZURE_ML = {
    .name = "azure_ml",
    .about = "Azure Machine Learning online endpoints: /score with any JSON, /chat/completions of catalogue models",
    .prefix = "",
    .reads_json = true,
    .streams_events = true,
    .recognise = recognise,
    .read_request = read_request,
    .ask_usage = openai_ask_usage,
    .read_answer = openai_read_answer,
    .read_event = openai_read_event,
    .find_texts = openai_find_texts,
    .write_error = azure_write_error,
    .write_event_error = azure_write_event_error,
    .write_event_stop = openai_write_event_stop,
};
