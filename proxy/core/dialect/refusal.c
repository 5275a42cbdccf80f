/* refusal.c - how a refusal and the list of models are written: OpenAI's envelope, and Azure's way with it. */
#include "proxy/core/dialect/parts.h"

enum { ENDED_CHOICES_MAX = 128 };

static bool add_text(struct buf *out, const char *member, struct str text)
{
    return buf_addf(out, "\"%s\":\"", member) && buf_add_json(out, text) && buf_add(out, STR("\""));
}

static bool add_text_or_null(struct buf *out, const char *member, struct str text)
{
    return text.len ? add_text(out, member, text) : buf_addf(out, "\"%s\":null", member);
}

/* The error object: https://platform.openai.com/docs/guides/error-codes; `request_id` beside it, for the support desk.
 */
static bool add_error(struct buf *out, const struct reason_row *row, struct str message, struct str param,
                      struct str request_id)
{
    return buf_add(out, STR("{\"error\":{")) && add_text(out, "message", message) && buf_add(out, STR(",")) &&
           add_text_or_null(out, "type", str_c(row->type)) && buf_add(out, STR(",")) &&
           add_text_or_null(out, "param", param) && buf_add(out, STR(",")) && add_text(out, "code", str_c(row->word)) &&
           buf_add(out, STR(",")) && add_text_or_null(out, "request_id", request_id) && buf_add(out, STR("}}"));
}

bool openai_write_error(struct buf *out, enum reason why, struct str message, struct str param, struct str request_id)
{
    return add_error(out, &REASONS[why], message, param, request_id);
}

/* Azure's content filter, as its SDKs know it: code content_filter, and what was found in `innererror`. */
static bool add_content_filter(struct buf *out, enum reason why, struct str message, struct str param,
                               struct str request_id)
{
    const struct reason_row *row = &REASONS[why];
    return buf_add(out, STR("{\"error\":{")) && add_text(out, "message", message) &&
           buf_add(out, STR(",\"type\":null,")) &&
           add_text(out, "param",
                    param.len                   ? param
                    : why == WHY_PROMPT_REFUSED ? STR("prompt")
                                                : STR("completion")) &&
           buf_addf(out, ",\"code\":\"content_filter\",\"status\":%u,", row->status) &&
           buf_add(out,
                   STR("\"innererror\":{\"code\":\"ResponsibleAIPolicyViolation\",\"content_filter_result\":{},")) &&
           add_text(out, "reason", str_c(row->word)) && buf_add(out, STR("},")) &&
           add_text_or_null(out, "request_id", request_id) && buf_add(out, STR("}}"));
}

bool azure_write_error(struct buf *out, enum reason why, struct str message, struct str param, struct str request_id)
{
    if (why == WHY_PROMPT_REFUSED || why == WHY_ANSWER_REFUSED)
        return add_content_filter(out, why, message, param, request_id);
    return add_error(out, &REASONS[why], message, param, request_id);
}

/* SDKs raise an APIError on any event whose data has an `error`, in chat's streams and in those of responses. */
bool openai_write_event_error(struct buf *out, enum reason why, struct str message, struct str param, struct str request_id)
{
    return buf_add(out, STR("data: ")) && openai_write_error(out, why, message, param, request_id) &&
           buf_add(out, STR("\n\n"));
}

bool azure_write_event_error(struct buf *out, enum reason why, struct str message, struct str param, struct str request_id)
{
    return buf_add(out, STR("data: ")) && azure_write_error(out, why, message, param, request_id) &&
           buf_add(out, STR("\n\n"));
}

/* One choice for each that may be open; those that have ended already end once more, which no client minds. */
static bool add_ended_choices(struct buf *out, const struct call *call, const char *inside)
{
    bool ok = buf_add(out, STR("\"choices\":["));
    uint64_t n = call->n < ENDED_CHOICES_MAX ? call->n : ENDED_CHOICES_MAX;
    for (uint64_t i = 0; ok && i < (n ? n : 1); i++)
        ok = buf_addf(out, "%s{\"index\":%llu,%s,\"finish_reason\":\"length\"}", i ? "," : "", (unsigned long long)i, inside);
    return ok && buf_add(out, STR("]"));
}

static bool begin_chunk(struct buf *out, const char *object, const struct answer_facts *facts)
{
    return buf_add(out, STR("data: {")) && add_text(out, "id", facts->id) && buf_addf(out, ",\"object\":\"%s\",", object) &&
           buf_add(out, STR("\"created\":0,")) && add_text(out, "model", facts->model) && buf_add(out, STR(","));
}

static bool add_usage_chunk(struct buf *out, const char *object, const struct answer_facts *facts, const struct usage *u)
{
    return begin_chunk(out, object, facts) &&
           buf_addf(out,
                    "\"choices\":[],\"usage\":{\"prompt_tokens\":%llu,\"completion_tokens\":%llu,\"total_tokens\":%llu}}\n\n",
                    (unsigned long long)u->input_tokens, (unsigned long long)u->output_tokens,
                    (unsigned long long)(u->input_tokens + u->output_tokens));
}

static bool add_response_stop(struct buf *out, const struct answer_facts *facts, const struct usage *u, uint64_t events)
{
    return buf_addf(out,
                    "event: response.incomplete\ndata: {\"type\":\"response.incomplete\",\"sequence_number\":%llu,"
                    "\"response\":{\"object\":\"response\",\"created_at\":0,\"status\":\"incomplete\",\"error\":null,"
                    "\"incomplete_details\":{\"reason\":\"max_output_tokens\"},\"output\":[],\"parallel_tool_calls\":true,"
                    "\"tool_choice\":\"auto\",\"tools\":[],",
                    (unsigned long long)events) &&
           add_text(out, "id", facts->id) && buf_add(out, STR(",")) && add_text(out, "model", facts->model) &&
           buf_addf(out,
                    ",\"usage\":{\"input_tokens\":%llu,\"input_tokens_details\":{\"cached_tokens\":0},\"output_tokens\":%llu,"
                    "\"output_tokens_details\":{\"reasoning_tokens\":0},\"total_tokens\":%llu}}}\n\n",
                    (unsigned long long)u->input_tokens, (unsigned long long)u->output_tokens,
                    (unsigned long long)(u->input_tokens + u->output_tokens));
}

bool openai_write_event_stop(struct buf *out, const struct call *call, const struct answer_facts *facts,
                             const struct usage *so_far, uint64_t events)
{
    bool is_chat = call->operation == OP_CHAT || call->operation == OP_SCORE;
    const char *object = is_chat ? "chat.completion.chunk" : "text_completion";
    if (call->operation == OP_RESPONSES)
        return add_response_stop(out, facts, so_far, events);
    if (!is_chat && call->operation != OP_COMPLETION)
        return false;
    return begin_chunk(out, object, facts) &&
           add_ended_choices(out, call, is_chat ? "\"delta\":{}" : "\"text\":\"\",\"logprobs\":null") &&
           buf_add(out, STR("}\n\n")) && (!call->wants_usage || add_usage_chunk(out, object, facts, so_far)) &&
           buf_add(out, STR("data: [DONE]\n\n"));
}

static bool add_model(struct buf *out, struct str id)
{
    return buf_add(out, STR("{")) && add_text(out, "id", id) &&
           buf_add(out, STR(",\"object\":\"model\",\"created\":0,\"owned_by\":\"gateway\"}"));
}

bool openai_write_models(struct buf *out, const struct call *call, const struct str *models, size_t n)
{
    if (call->operation == OP_MODEL)
        return n > 0 && add_model(out, models[0]);
    bool ok = buf_add(out, STR("{\"object\":\"list\",\"data\":["));
    for (size_t i = 0; i < n && ok; i++)
        ok = (i == 0 || buf_add(out, STR(","))) && add_model(out, models[i]);
    return ok && buf_add(out, STR("]}"));
}
