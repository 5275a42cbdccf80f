/* scan_shape.c - a line to scan as a request or an answer of an API. */
#include "proxy/app/scan_shape.h"

/* ---- bodies ---- */

/* Who names no model may have posted to a deployment. */
static const struct {
    struct str member; /* that tells what the body is of */
    const char *path, *without_model;
} BODIES[] = {
    { STR_INIT("messages"), "/v1/chat/completions", "/openai/deployments/scan/chat/completions" },
    { STR_INIT("input"), "/v1/responses", "/v1/responses" },
    { STR_INIT("prompt"), "/v1/completions", "/openai/deployments/scan/completions" },
    { STR_INIT("input_data"), "/score", "/score" },
    { STR_INIT("inputs"), "/score", "/score" },
    { STR_INIT("instances"), "/score", "/score" },
    { STR_INIT("data"), "/score", "/score" },
};

const char *scan_path_of(const struct jsonx *j, uint32_t node)
{
    bool has_model = jsonx_member(j, node, STR("model")) != JSONX_NO_NODE;
    size_t i = 0;
    while (i < ARRAY_LEN(BODIES) && jsonx_member(j, node, BODIES[i].member) == JSONX_NO_NODE)
        i++;
    if (i == ARRAY_LEN(BODIES))
        return NULL;
    uint32_t input = jsonx_member(j, node, STR("input")), first = jsonx_is(j, input, JSONX_ARRAY) ? jsonx_first(j, input) : JSONX_NO_NODE;
    bool is_text = jsonx_is(j, input, JSONX_STRING) && !has_model;
    if ((first != JSONX_NO_NODE && !jsonx_is(j, first, JSONX_OBJECT)) || is_text) /* items are objects; texts and numbers are embedded */
        return has_model ? "/v1/embeddings" : "/openai/deployments/scan/embeddings";
    return has_model ? BODIES[i].path : BODIES[i].without_model;
}

bool scan_text_is_of_body(const struct jsonx *j, bool is_answer, bool may_be_score)
{
    static const struct str lines_own[] = { STR_INIT("text"), STR_INIT("id"), STR_INIT("request"), STR_INIT("answer") };
    static const struct str requests[] = { STR_INIT("messages"), STR_INIT("input"), STR_INIT("prompt") };
    static const struct str answers[] = { STR_INIT("choices"), STR_INIT("output") };
    if (jsonx_member(j, 0, is_answer ? STR("channel") : STR("source")) != JSONX_NO_NODE)
        return false;
    for (uint32_t c = jsonx_first(j, 0); c != JSONX_NO_NODE; c = jsonx_next(j, 0, c)) {
        uint32_t key = jsonx_key_of(j, c);
        if (may_be_score ? !jsonx_string_is_any(j, key, lines_own, ARRAY_LEN(lines_own))
                         : jsonx_string_is_any(j, key, is_answer ? answers : requests, is_answer ? ARRAY_LEN(answers) : ARRAY_LEN(requests)))
            return true;
    }
    return false;
}

const struct scan_question *scan_question_of(const struct jsonx *j, uint32_t answer, bool may_be_score)
{
    static const struct scan_question chat = { "/v1/chat/completions",
                                               STR_INIT("{\"model\":\"scan\",\"messages\":[{\"role\":\"user\",\"content\":\"-\"}]}") };
    static const struct scan_question responses = { "/v1/responses", STR_INIT("{\"model\":\"scan\",\"input\":\"-\"}") };
    static const struct scan_question score = { "/score", STR_INIT("{\"input_data\":\"-\"}") };
    if (jsonx_member(j, answer, STR("choices")) != JSONX_NO_NODE)
        return &chat;
    if (jsonx_is(j, jsonx_member(j, answer, STR("output")), JSONX_ARRAY) || jsonx_string_is(j, jsonx_member(j, answer, STR("object")), STR("response")))
        return &responses;
    return may_be_score ? &score : &chat;
}

/* ---- texts ---- */

#define QUESTION "{\"model\":\"scan\",\"messages\":[{\"role\":"
#define TOOLS    "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"scan\","
#define ANSWER   "{\"object\":\"chat.completion\",\"model\":\"scan\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\","
#define CALL     "\"tool_calls\":[{\"id\":\"call_1\",\"type\":\"function\",\"function\":{\"name\":\"scan\","
#define END      "},\"finish_reason\":\"stop\"}]}"

/* By "source". */
#define MESSAGE(role) STR_INIT(QUESTION "\"" role "\",\"content\":"), STR_INIT("}]}"), { "messages", "0", "content" }
static const struct scan_shape REQUESTS[] = {
    { STR_INIT("user"), MESSAGE("user") },
    { STR_INIT("system"), MESSAGE("system") },
    { STR_INIT("assistant"), MESSAGE("assistant") },
    { STR_INIT("tool"), MESSAGE("tool\",\"tool_call_id\":\"call_1") },
    { STR_INIT("definition"), STR_INIT(QUESTION "\"user\",\"content\":\"-\"}]," TOOLS "\"description\":"), STR_INIT("}}]}"),
      { "tools", "0", "function", "description" } },
};

/* By "channel". */
static const struct scan_shape ANSWERS[] = {
    { STR_INIT("content"), STR_INIT(ANSWER "\"content\":"), STR_INIT(END), { "choices", "0", "message", "content" } },
    { STR_INIT("refusal"), STR_INIT(ANSWER "\"content\":null,\"refusal\":"), STR_INIT(END),
      { "choices", "0", "message", "refusal" } },
    { STR_INIT("reasoning"), STR_INIT(ANSWER "\"content\":null,\"reasoning_content\":"), STR_INIT(END),
      { "choices", "0", "message", "reasoning_content" } },
    { STR_INIT("arguments"), STR_INIT(ANSWER "\"content\":null," CALL "\"arguments\":"), STR_INIT("}}]" END),
      { "choices", "0", "message", "tool_calls", "0", "function", "arguments" } },
    { STR_INIT("error"), STR_INIT("{\"error\":{\"message\":"), STR_INIT("}}"), { "error", "message" } },
};

const struct scan_shape *scan_shape_of(const struct jsonx *line, bool is_answer, const char **why)
{
    const struct scan_shape *shapes = is_answer ? ANSWERS : REQUESTS;
    size_t n = is_answer ? ARRAY_LEN(ANSWERS) : ARRAY_LEN(REQUESTS);
    uint32_t word = jsonx_member(line, 0, is_answer ? STR("channel") : STR("source"));
    if (word == JSONX_NO_NODE)
        return shapes;
    for (size_t i = 0; i < n; i++)
        if (jsonx_string_is(line, word, shapes[i].word))
            return &shapes[i];
    *why = is_answer ? "\"channel\" is none of content, refusal, reasoning, arguments, error"
                     : "\"source\" is none of user, system, assistant, tool, definition";
    return NULL;
}

bool scan_shape_make(const struct scan_shape *shape, struct str text, struct buf *out)
{
    return buf_add(out, shape->before) && buf_add(out, text) && buf_add(out, shape->behind);
}

uint32_t scan_shape_text(const struct scan_shape *shape, const struct jsonx *body)
{
    uint32_t node = 0;
    for (size_t i = 0; i < ARRAY_LEN(shape->way) && shape->way[i] && node != JSONX_NO_NODE; i++)
        node = *shape->way[i] == '0' ? jsonx_first(body, node) : jsonx_member(body, node, str_c(shape->way[i]));
    return node;
}
