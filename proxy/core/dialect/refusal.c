/* refusal.c - how a refusal and the list of models are written: OpenAI's envelope, and Azure's way with it. */
#include "proxy/core/dialect/parts.h"

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
bool openai_write_event_error(struct buf *out, enum reason why, struct str message, struct str request_id)
{
    return buf_add(out, STR("data: ")) && openai_write_error(out, why, message, STR_NONE, request_id) &&
           buf_add(out, STR("\n\n"));
}

bool azure_write_event_error(struct buf *out, enum reason why, struct str message, struct str request_id)
{
    return buf_add(out, STR("data: ")) && azure_write_error(out, why, message, STR_NONE, request_id) &&
           buf_add(out, STR("\n\n"));
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
