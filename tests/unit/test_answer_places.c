/* Which strings of an answer filters are given: of examples of every shape each string and each name of a member is another, one at a
 * time, and somebody must be told of it. What is left out is on the lists below, with the reason. */
#include "proxy/core/dialect.h"
#include "tests/harness/check.h"

/* Such as a filter would find; no word of an API, no id, and too short for a picture. */
#define PLANTED "ghp_x7Kq2mVb9TzR4wLc8NpY3sHd6JfGu5Ae1QoW"
/* As pictures, sound, numbers and what is sealed come: read by nobody, since no text filter can read them. */
#define B16 "QUJDREVGR0hJSktM"
#define BASE64 B16 B16 B16 B16 B16 B16 B16 B16 "=="

#define CHAT_ENDS                                                                                                                \
    "\"usage\":{\"prompt_tokens\":1,\"note\":\"u\",\"prompt_tokens_details\":{\"kind\":\"k\"}},\"system_fingerprint\":\"fp_1\","  \
    "\"service_tier\":\"default\",\"obfuscation\":\"aYDwOgQs\",\"citations\":[\"c\"],\"vendor\":{\"a\":\"b\"},"                   \
    "\"prompt_filter_results\":[{\"prompt_index\":0,\"content_filter_results\":{\"hate\":{\"filtered\":false,\"severity\":\"safe\"}}}]," \
    "\"prompt_annotations\":[{\"kind\":\"k\"}],\"prompt_logprobs\":[{\"7\":{\"decoded_token\":\"t\"}}]"
#define CHAT_HEAD(object) "{\"id\":\"chatcmpl-1\",\"object\":\"" object "\",\"created\":1,\"model\":\"gpt-4o\","
#define FILTERED "\"content_filter_results\":{\"protected_material_code\":{\"citation\":{\"URL\":\"u\",\"license\":\"l\"}}},\"content_filter_result\":{\"error\":{\"code\":\"c\"}},\"content_filter_offsets\":{\"a\":\"b\"}"
#define MESSAGE                                                                                                                  \
    "{\"role\":\"assistant\",\"content\":\"hi\",\"refusal\":\"no\",\"name\":\"n\",\"reasoning_content\":\"r\",\"reasoning\":\"r\"," \
    "\"reasoning_details\":[{\"type\":\"reasoning.text\",\"text\":\"t\",\"signature\":\"s\",\"id\":\"i\"}],"                     \
    "\"audio\":{\"id\":\"audio_1\",\"data\":\"QUJD\",\"transcript\":\"t\"},\"images\":[{\"type\":\"image_url\",\"image_url\":{\"url\":\"https://e.org\"}}]," \
    "\"annotations\":[{\"type\":\"url_citation\",\"url_citation\":{\"title\":\"t\",\"url\":\"u\"}}],"                            \
    "\"context\":{\"citations\":[{\"content\":\"c\",\"filepath\":\"f\",\"chunk_id\":\"0\"}],\"intent\":\"i\"},"                  \
    "\"function_call\":{\"name\":\"f\",\"arguments\":\"{}\"},"                                                                   \
    "\"tool_calls\":[{\"index\":0,\"id\":\"call_1\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}},"  \
    "{\"id\":\"call_2\",\"type\":\"custom\",\"custom\":{\"name\":\"f\",\"input\":\"x\"}}]}"
#define LOGPROBS                                                                                                                  \
    "\"logprobs\":{\"content\":[{\"token\":\"hi\",\"logprob\":-1,\"bytes\":[1],\"top_logprobs\":[{\"token\":\"ho\",\"logprob\":-2}]}],\"note\":\"n\"}"
#define ITEMS                                                                                                                     \
    "{\"id\":\"msg_1\",\"type\":\"message\",\"status\":\"completed\",\"role\":\"assistant\",\"phase\":\"final\",\"content\":["   \
    "{\"type\":\"output_text\",\"text\":\"hi\",\"annotations\":[{\"type\":\"file_citation\",\"file_id\":\"file-1\",\"filename\":\"f\"}]," LOGPROBS "}]}," \
    "{\"id\":\"rs_1\",\"type\":\"reasoning\",\"encrypted_content\":\"QUJD\",\"summary\":[{\"type\":\"summary_text\",\"text\":\"s\"}]}," \
    "{\"id\":\"fc_1\",\"type\":\"function_call\",\"call_id\":\"call_1\",\"name\":\"f\",\"arguments\":\"{}\"},"                   \
    "{\"id\":\"m_1\",\"type\":\"mcp_call\",\"server_label\":\"s\",\"name\":\"f\",\"arguments\":\"{}\",\"output\":\"o\"},"        \
    "{\"id\":\"ci_1\",\"type\":\"code_interpreter_call\",\"container_id\":\"c\",\"code\":\"c\",\"outputs\":[{\"type\":\"logs\",\"logs\":\"l\"}]}," \
    "{\"id\":\"ig_1\",\"type\":\"image_generation_call\",\"result\":\"QUJD\",\"revised_prompt\":\"p\",\"size\":\"s\"},"          \
    "{\"id\":\"ws_1\",\"type\":\"web_search_call\",\"action\":{\"type\":\"search\",\"query\":\"q\"}}"
#define RESPONSE                                                                                                                  \
    "{\"id\":\"resp_1\",\"object\":\"response\",\"status\":\"incomplete\",\"model\":\"m\",\"error\":{\"code\":\"c\",\"message\":\"m\"}," \
    "\"incomplete_details\":{\"reason\":\"r\"},\"usage\":{\"total_tokens\":1,\"note\":\"n\"},\"billing\":{\"payer\":\"p\"},"      \
    "\"content_filters\":[{\"blocked\":false,\"source_type\":\"prompt\",\"content_filter_results\":{\"a\":{\"severity\":\"safe\"}}}]," \
    "\"service_tier\":\"default\",\"vendor\":{\"a\":\"b\"},\"output_text\":\"hi\"," ECHOED ",\"output\":[" ITEMS "]}"
#define ECHOED                                                                                                                    \
    "\"instructions\":\"be kind\",\"metadata\":{\"a\":\"b\"},\"user\":\"u\",\"safety_identifier\":\"s\",\"prompt_cache_key\":\"k\"," \
    "\"prompt_cache_retention\":\"24h\",\"truncation\":\"auto\",\"include\":[\"i\"],\"previous_response_id\":\"resp_0\","         \
    "\"conversation\":{\"id\":\"conv_1\"},\"prompt\":{\"id\":\"pmpt_1\",\"variables\":{\"v\":\"w\"}},"                          \
    "\"reasoning\":{\"effort\":\"low\",\"summary\":\"auto\"},\"text\":{\"format\":{\"type\":\"json_schema\",\"schema\":{\"title\":\"t\"}}}," \
    "\"tool_choice\":{\"type\":\"function\",\"name\":\"f\"},"                                                                   \
    "\"tools\":[{\"type\":\"function\",\"name\":\"f\",\"description\":\"d\",\"parameters\":{\"type\":\"object\"}}]"
#define PLACED "\"sequence_number\":1,\"output_index\":0,\"content_index\":0,\"item_id\":\"msg_1\",\"obfuscation\":\"aYDw\","

static const struct example {
    enum operation operation;
    enum answer_form form;
    const char *text;
} EXAMPLES[] = {
    { OP_CHAT, ANSWER_WHOLE,
      CHAT_HEAD("chat.completion") "\"choices\":[{\"index\":0,\"message\":" MESSAGE "," LOGPROBS ",\"finish_reason\":\"stop\",\"stop_reason\":\"s\"," FILTERED "}]," CHAT_ENDS "}" },
    { OP_CHAT, ANSWER_EVENT,
      CHAT_HEAD("chat.completion.chunk") "\"choices\":[{\"index\":0,\"delta\":" MESSAGE "," LOGPROBS ",\"finish_reason\":\"stop\",\"stop_reason\":\"s\"," FILTERED "}]," CHAT_ENDS "}" },
    { OP_CHAT, ANSWER_EVENT, "{\"error\":{\"message\":\"m\",\"type\":\"t\",\"param\":\"p\",\"code\":\"c\"},\"statusCode\":\"s\"}" },
    { OP_CHAT, ANSWER_ERROR, "{\"error\":{\"message\":\"m\",\"innererror\":{\"code\":\"c\"}},\"detail\":[\"d\"]}" },
    { OP_COMPLETION, ANSWER_WHOLE,
      CHAT_HEAD("text_completion") "\"choices\":[{\"index\":0,\"text\":\"hi\",\"logprobs\":{\"tokens\":[\"hi\"],\"top_logprobs\":[{\"ho\":-1}]},\"finish_reason\":\"stop\"," FILTERED "}]," CHAT_ENDS "}" },
    { OP_COMPLETION, ANSWER_EVENT,
      CHAT_HEAD("text_completion") "\"choices\":[{\"index\":0,\"text\":\"hi\",\"logprobs\":{\"tokens\":[\"hi\"]},\"prompt_logprobs\":[{\"7\":{\"decoded_token\":\"t\"}}],\"finish_reason\":\"stop\"}]," CHAT_ENDS "}" },
    { OP_RESPONSES, ANSWER_WHOLE, RESPONSE },
    { OP_RESPONSES, ANSWER_EVENT, "{\"type\":\"response.created\",\"sequence_number\":1,\"response\":" RESPONSE "}" },
    { OP_RESPONSES, ANSWER_EVENT, "{\"type\":\"response.completed\",\"note\":\"n\",\"response\":" RESPONSE "}" },
    { OP_RESPONSES, ANSWER_EVENT, "{" PLACED "\"type\":\"response.output_text.delta\",\"delta\":\"hi\"," LOGPROBS "}" },
    { OP_RESPONSES, ANSWER_EVENT, "{" PLACED "\"type\":\"response.output_text.done\",\"text\":\"hi\"," LOGPROBS "}" },
    { OP_RESPONSES, ANSWER_EVENT, "{" PLACED "\"type\":\"response.output_text.annotation.added\",\"annotation\":{\"type\":\"t\",\"title\":\"t\"}}" },
    { OP_RESPONSES, ANSWER_EVENT, "{" PLACED "\"type\":\"response.function_call_arguments.done\",\"name\":\"f\",\"arguments\":\"{}\"}" },
    { OP_RESPONSES, ANSWER_EVENT, "{" PLACED "\"type\":\"response.audio.delta\",\"response_id\":\"resp_1\",\"delta\":\"QUJD\",\"note\":{\"a\":\"b\"}}" },
    { OP_RESPONSES, ANSWER_EVENT, "{" PLACED "\"type\":\"response.audio.done\",\"note\":\"n\"}" },
    { OP_RESPONSES, ANSWER_EVENT,
      "{" PLACED "\"type\":\"response.image_generation_call.partial_image\",\"partial_image_b64\":\"QUJD\",\"size\":\"s\",\"output_format\":\"png\"}" },
    { OP_RESPONSES, ANSWER_EVENT, "{" PLACED "\"type\":\"response.content_part.added\",\"part\":{\"type\":\"output_text\",\"text\":\"t\"}}" },
    { OP_RESPONSES, ANSWER_EVENT, "{" PLACED "\"type\":\"response.web_search_call.searching\"}" },
    { OP_RESPONSES, ANSWER_EVENT, "{\"type\":\"error\",\"code\":\"c\",\"message\":\"m\",\"param\":\"p\"}" },
    { OP_RESPONSES, ANSWER_EVENT, "{" PLACED "\"type\":\"response.output_item.done\",\"item\":{\"id\":\"fc_1\",\"type\":\"function_call\",\"status\":\"s\",\"call_id\":\"call_1\",\"name\":\"f\",\"arguments\":\"{}\"}}" },
    { OP_RESPONSE_OTHER, ANSWER_WHOLE, "{\"object\":\"list\",\"data\":[" ITEMS "],\"first_id\":\"msg_1\",\"has_more\":false}" },
    { OP_RESPONSE_OTHER, ANSWER_WHOLE, "{\"id\":\"resp_1\",\"object\":\"response.deleted\",\"deleted\":true}" },
    { OP_EMBEDDINGS, ANSWER_WHOLE,
      "{\"object\":\"list\",\"data\":[{\"object\":\"embedding\",\"index\":0,\"embedding\":[0.1,-0.2]},{\"embedding\":\"QUJD\"}],"
      "\"model\":\"m\",\"usage\":{\"prompt_tokens\":1,\"note\":\"n\"}}" },
    { OP_EMBEDDINGS, ANSWER_WHOLE, "{\"error\":{\"message\":\"m\"},\"note\":\"n\"}" },
    { OP_SCORE, ANSWER_WHOLE, "{\"id\":\"i\",\"model\":\"m\",\"status\":\"s\",\"output\":\"o\",\"logprobs\":{\"tokens\":[\"o\"]},\"b64_json\":\"QUJD\"}" },
    { OP_SCORE, ANSWER_WHOLE, CHAT_HEAD("chat.completion") "\"choices\":[{\"index\":0,\"message\":" MESSAGE "}]," CHAT_ENDS "}" },
    { OP_SCORE, ANSWER_EVENT, CHAT_HEAD("chat.completion.chunk") "\"choices\":[{\"index\":0,\"delta\":" MESSAGE "}]," CHAT_ENDS "}" },
    { OP_SCORE, ANSWER_EVENT, "{\"id\":\"i\",\"model\":\"m\",\"status\":\"s\",\"object\":\"o\",\"role\":\"r\",\"type\":\"t\",\"output\":\"o\",\"name\":\"n\"}" },
    { OP_SCORE, ANSWER_EVENT, "[{\"id\":\"i\",\"signature\":\"s\"},\"o\"]" },
};

/* ---- who is told ---- */

struct listener {
    struct answer_reader reader;
    const struct jsonx *json;
    uint32_t node; /* that it listens for */
    bool is_told;
};

static bool is_within(const struct listener *l, uint32_t node)
{
    return node != JSONX_NO_NODE && node <= l->node && l->node < l->json->nodes[node].next;
}

static bool place(struct answer_reader *r, const struct answer_place *p)
{
    struct listener *l = CONTAINER_OF(r, struct listener, reader);
    l->is_told |= p->node == l->node;
    return true;
}

static bool spelled(struct answer_reader *r, uint32_t logprobs)
{
    struct listener *l = CONTAINER_OF(r, struct listener, reader);
    l->is_told |= is_within(l, logprobs);
    return true;
}

static bool over(struct answer_reader *r, uint32_t choice)
{
    (void)r;
    (void)choice;
    return true;
}

static bool is_told(const struct example *e, const struct jsonx *json, uint32_t node)
{
    struct listener l = { { place, spelled, over }, json, node, false };
    struct call call = { .operation = e->operation };
    return dialect_named(STR("azure_ml"))->find_texts(json, &call, e->form, &l.reader) && l.is_told;
}

/* The example with another string in the place of `node`. */
static bool hears(const struct example *e, const struct jsonx *was, uint32_t node)
{
    char text[16384];
    struct jsonx json;
    struct jsonx_error error;
    const struct jsonx_node *n = &was->nodes[node];
    int len = snprintf(text, sizeof text, "%.*s%s%s", (int)n->start, e->text, PLANTED, e->text + n->end);
    CHECK(len > 0 && (size_t)len < sizeof text);
    jsonx_init(&json);
    CHECK(jsonx_index(&json, str_c(text), &JSONX_LIMITS_DEFAULT, &error));
    bool ok = is_told(e, &json, node);
    jsonx_finish(&json);
    return ok;
}

TEST("every string of an answer is read, and every name in it, whatever shape it has")
{
    for (size_t i = 0; i < ARRAY_LEN(EXAMPLES); i++) {
        const struct example *e = &EXAMPLES[i];
        struct jsonx json;
        struct jsonx_error error;
        jsonx_init(&json);
        CHECK(jsonx_index(&json, str_c(e->text), &JSONX_LIMITS_DEFAULT, &error));
        for (uint32_t node = 0; node < json.count; node++) {
            if (json.nodes[node].kind != JSONX_STRING || hears(e, &json, node))
                continue;
            struct str s = jsonx_raw(&json, node);
            fprintf(stderr, "example %zu: byte %u, %s \"%.*s\" of \"%.*s\" is read by nobody\n", i, json.nodes[node].start,
                    json.nodes[node].is_key ? "name" : "value", (int)s.len, s.at, (int)(node ? 20 : 0), s.at - 20 < e->text ? e->text : s.at - 20);
            CHECK(false);
        }
        jsonx_finish(&json);
    }
}

TEST("what no text filter can read is left: data as base64, padding, the number of an answer")
{
    static const struct {
        enum operation operation;
        const char *text, *planted;
        bool is_read;
    } rows[] = {
        { OP_RESPONSES, "{\"output\":[{\"type\":\"image_generation_call\",\"result\":\"%s\"}]}", BASE64, false },
        { OP_RESPONSES, "{\"output\":[{\"type\":\"message\",\"result\":\"%s\"}]}", BASE64, true },
        { OP_RESPONSES, "{\"output\":[{\"type\":\"reasoning\",\"encrypted_content\":\"%s\"}]}", BASE64, false },
        { OP_RESPONSES, "{\"output\":[{\"type\":\"reasoning\",\"encrypted_content\":\"%s\"}]}", BASE64 " .", true },
        { OP_CHAT, "{\"choices\":[{\"message\":{\"audio\":{\"data\":\"%s\"}}}]}", BASE64, false },
        { OP_CHAT, "{\"choices\":[{\"message\":{\"content\":\"%s\"}}]}", BASE64, true },
        { OP_EMBEDDINGS, "{\"data\":[{\"embedding\":\"%s\"}]}", BASE64, false },
        { OP_EMBEDDINGS, "{\"data\":[{\"other\":\"%s\"}]}", BASE64, true },
        { OP_CHAT, "{\"id\":\"%s\"}", BASE64, true },
        { OP_CHAT, "{\"obfuscation\":\"%s\"}", "aYDwOgQsSRFabcd1", false },
        { OP_CHAT, "{\"obfuscation\":\"%s\"}", "4111111111111111", true },
        { OP_CHAT, "{\"obfuscation\":\"%s\"}", "aYDwOgQsSRFabcd12", true },
        { OP_CHAT, "{\"id\":\"%s\"}", "00808129-4720-955b-4b7b-d021fe9e55f5", false },
        { OP_CHAT, "{\"id\":\"%s\"}", "chatcmpl-00808129-4720-955b-4b7b-d021fe9e55f5", false },
        { OP_CHAT, "{\"id\":\"%s\"}", "4111111111111111 00808129-4720-955b-4b7b-d021fe9e55f5", true },
        { OP_SCORE, "{\"id\":\"%s\"}", "00808129-4720-955b-4b7b-d021fe9e55f5", true },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char text[1024];
        struct jsonx json;
        struct jsonx_error error;
        const struct example e = { rows[i].operation, ANSWER_WHOLE, text };
        size_t head = str_find(str_c(rows[i].text), '%');
        snprintf(text, sizeof text, "%.*s%s%s", (int)head, rows[i].text, rows[i].planted, rows[i].text + head + 2);
        jsonx_init(&json);
        CHECK(jsonx_index(&json, str_c(text), &JSONX_LIMITS_DEFAULT, &error));
        bool is_read = false;
        for (uint32_t node = 0; node < json.count; node++)
            if (str_eq(jsonx_raw(&json, node), str_c(rows[i].planted)))
                is_read = is_told(&e, &json, node);
        CHECK_INT(is_read, rows[i].is_read);
        jsonx_finish(&json);
    }
}
