/* pass_through.c - paths that nobody here reads: only where a route says so, and then as bytes. */
#include "proxy/core/dialect/parts.h"

static bool recognise(enum http_method method, struct str path, struct str query, struct arena *a, struct call *call,
                      const char **allow)
{
    (void)method;
    (void)path;
    (void)query;
    (void)a;
    call->operation = OP_OTHER;
    call->n = 1;
    call->output_limit_node = call->model_node = JSONX_NO_NODE;
    *allow = NULL;
    return true;
}

static bool read_request(const struct jsonx *body, struct arena *a, struct call *call, const char **why)
{
    (void)body;
    (void)a;
    (void)call;
    (void)why;
    return true;
}

static bool ask_usage(const struct jsonx *body, const struct call *call, struct arena *a, struct jsonx_edit *edit)
{
    (void)body;
    (void)call;
    (void)a;
    (void)edit;
    return false;
}

/* Usage is taken where the answer happens to tell it in a known way; nothing depends on it. */
const struct dialect DIALECT_PASS_THROUGH = {
    .name = "pass_through",
    .about = "any path and body, forwarded as bytes: nothing of them is read, so nothing of them can be inspected",
    .prefix = "",
    .reads_json = false,
    .streams_events = false,
    .recognise = recognise,
    .read_request = read_request,
    .ask_usage = ask_usage,
    .read_answer = openai_read_answer,
    .read_event = openai_read_event,
    .write_error = openai_write_error,
    .write_event_error = openai_write_event_error,
};
