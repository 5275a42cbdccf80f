/* openai.c - OpenAI's own paths: /v1/…, the model in the body. Also spoken by vLLM, Ollama, llama.cpp and others. */
#include "proxy/core/dialect/parts.h"

static bool recognise(enum http_method method, struct str path, struct str query, struct arena *a, struct call *call,
                      const char **allow)
{
    struct path_table table = { STR_INIT("/v1"), PATHS_BY_BODY, PATHS_BY_BODY_COUNT };
    return paths_recognise(&table, method, path, query, a, call, allow);
}

const struct dialect DIALECT_OPENAI = {
    .name = "openai",
    .about = "OpenAI's API under /v1: chat completions, completions, embeddings, responses, models",
    .prefix = "/v1",
    .reads_json = true,
    .streams_events = true,
    .recognise = recognise,
    .read_request = openai_read_request,
    .ask_usage = openai_ask_usage,
    .read_answer = openai_read_answer,
    .read_event = openai_read_event,
    .find_texts = openai_find_texts,
    .event_is_plain = openai_event_is_plain,
    .write_error = openai_write_error,
    .write_event_error = openai_write_event_error,
    .write_event_stop = openai_write_event_stop,
    .write_models = openai_write_models,
};
