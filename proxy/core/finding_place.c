/* finding_place.c - where something was found: the way to the text, and the bytes, of what was sent and not of what it became. */
#include "proxy/core/finding_place.h"

/* ---- the way ---- */

/* Members that the APIs have themselves. Others are the caller's words, and do not belong into a journal. */
static const struct str MEMBERS[] = {
    STR_INIT("action"), STR_INIT("additionalProperties"), STR_INIT("allOf"), STR_INIT("all_retrieved_documents"),
    STR_INIT("allowed_domains"), STR_INIT("allowed_tools"), STR_INIT("annotations"), STR_INIT("anyOf"), STR_INIT("approximate"),
    STR_INIT("arguments"), STR_INIT("attributes"), STR_INIT("audio"), STR_INIT("authentication"), STR_INIT("call_id"),
    STR_INIT("category"), STR_INIT("chat_template"), STR_INIT("chat_template_kwargs"), STR_INIT("choices"), STR_INIT("chunk_id"),
    STR_INIT("citations"), STR_INIT("city"), STR_INIT("code"), STR_INIT("columns"), STR_INIT("command"), STR_INIT("commands"),
    STR_INIT("const"), STR_INIT("container"), STR_INIT("container_id"), STR_INIT("content"), STR_INIT("content_fields"),
    STR_INIT("context"), STR_INIT("custom"), STR_INIT("data"), STR_INIT("data_sources"), STR_INIT("default"), STR_INIT("definition"),
    STR_INIT("definitions"), STR_INIT("delta"), STR_INIT("description"), STR_INIT("detail"), STR_INIT("diff"), STR_INIT("document"),
    STR_INIT("documents"), STR_INIT("else"), STR_INIT("encrypted_content"), STR_INIT("endpoint"), STR_INIT("enum"), STR_INIT("env"),
    STR_INIT("error"), STR_INIT("examples"), STR_INIT("fields_mapping"), STR_INIT("file"), STR_INIT("file_data"), STR_INIT("file_id"),
    STR_INIT("filename"), STR_INIT("filepath"), STR_INIT("filepath_field"), STR_INIT("filter"), STR_INIT("filters"), STR_INIT("format"),
    STR_INIT("function"), STR_INIT("function_call"), STR_INIT("functions"), STR_INIT("grammar"), STR_INIT("guided_json"),
    STR_INIT("headers"), STR_INIT("id"), STR_INIT("if"), STR_INIT("image_url"), STR_INIT("index"), STR_INIT("index_name"),
    STR_INIT("input"), STR_INIT("input_audio"), STR_INIT("input_data"), STR_INIT("input_file_id"), STR_INIT("input_image_mask"),
    STR_INIT("input_schema"), STR_INIT("input_string"), STR_INIT("inputs"), STR_INIT("instances"), STR_INIT("instructions"),
    STR_INIT("intent"), STR_INIT("items"), STR_INIT("json_schema"), STR_INIT("key"), STR_INIT("logs"), STR_INIT("message"),
    STR_INIT("messages"), STR_INIT("metadata"), STR_INIT("name"), STR_INIT("not"), STR_INIT("oneOf"), STR_INIT("operation"),
    STR_INIT("outcome"), STR_INIT("output"), STR_INIT("output_text"), STR_INIT("outputs"), STR_INIT("parameters"), STR_INIT("params"),
    STR_INIT("parts"), STR_INIT("path"), STR_INIT("pattern"), STR_INIT("patternProperties"), STR_INIT("pending_safety_checks"),
    STR_INIT("prediction"), STR_INIT("prefixItems"), STR_INIT("prompt"), STR_INIT("prompt_cache_key"), STR_INIT("properties"),
    STR_INIT("queries"), STR_INIT("query"), STR_INIT("query_type"), STR_INIT("reason"), STR_INIT("reasoning"),
    STR_INIT("reasoning_content"), STR_INIT("reasoning_details"), STR_INIT("reasoning_effort"), STR_INIT("refusal"),
    STR_INIT("required"), STR_INIT("response"), STR_INIT("response_format"), STR_INIT("result"), STR_INIT("results"),
    STR_INIT("revised_prompt"), STR_INIT("rewritten_query"), STR_INIT("role"), STR_INIT("role_information"),
    STR_INIT("safety_identifier"), STR_INIT("schema"), STR_INIT("search_queries"), STR_INIT("semantic_configuration"),
    STR_INIT("server_description"), STR_INIT("server_label"), STR_INIT("server_url"), STR_INIT("service_tier"), STR_INIT("sources"),
    STR_INIT("status"), STR_INIT("stderr"), STR_INIT("stdout"), STR_INIT("stop"), STR_INIT("suffix"), STR_INIT("summary"),
    STR_INIT("syntax"), STR_INIT("text"), STR_INIT("then"), STR_INIT("thinking"), STR_INIT("title"), STR_INIT("title_field"),
    STR_INIT("tool_call_id"), STR_INIT("tool_calls"), STR_INIT("tool_choice"), STR_INIT("tools"), STR_INIT("transcript"),
    STR_INIT("type"), STR_INIT("url"), STR_INIT("url_citation"), STR_INIT("url_field"), STR_INIT("user"), STR_INIT("user_location"),
    STR_INIT("value"), STR_INIT("variables"), STR_INIT("vector_store_ids"), STR_INIT("verbosity"), STR_INIT("web_search_options"),
    STR_INIT("working_directory"), STR_INIT("$comment"), STR_INIT("$defs"),
};

static bool add_member(struct buf *out, const struct jsonx *j, uint32_t key, uint32_t at)
{
    if (buf_len(out) && !buf_add(out, STR(".")))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(MEMBERS); i++)
        if (jsonx_string_is(j, key, MEMBERS[i]))
            return buf_add(out, MEMBERS[i]);
    return buf_addf(out, "#%u", at);
}

bool finding_path(const struct jsonx *j, uint32_t node, struct buf *out)
{
    bool is_name = j->nodes[node].is_key;
    uint32_t wanted = is_name ? node + 1 : node, at = 0; /* a member's value follows its name */
    while (at != wanted) {
        uint32_t n = 0, child = jsonx_first(j, at);
        for (; child != JSONX_NO_NODE && j->nodes[child].next <= wanted; n++)
            child = jsonx_next(j, at, child);
        if (child == JSONX_NO_NODE)
            return false;
        if (!(jsonx_is(j, at, JSONX_ARRAY) ? buf_addf(out, "[%u]", n) : add_member(out, j, jsonx_key_of(j, child), n)))
            return false;
        at = child;
    }
    return !is_name || buf_add(out, STR(" (name)"));
}

/* ---- the bytes ---- */

static size_t same_in_front(struct str a, struct str b)
{
    size_t n = 0;
    while (n < a.len && n < b.len && a.at[n] == b.at[n])
        n++;
    return n;
}

static size_t same_behind(struct str a, struct str b, size_t front)
{
    size_t n = 0;
    while (n + front < a.len && n + front < b.len && a.at[a.len - 1 - n] == b.at[b.len - 1 - n])
        n++;
    return n;
}

void finding_origin(struct str before, struct str after, size_t *start, size_t *end)
{
    if (str_eq(before, after))
        return;
    size_t front = same_in_front(before, after), behind = same_behind(before, after, front);
    size_t from = *start, to = *end;
    if (from >= front && to > from && to <= after.len - behind) { /* left as it was between what was rewritten: the one of its kind */
        struct str among = str_first(str_from(before, front), before.len - behind - front), piece = str_first(str_from(after, from), to - from);
        size_t at = str_find_str(among, piece), next = at < among.len ? at + 1 : at;
        if (at < among.len && str_find_str(str_from(among, next), piece) == among.len - next) {
            *start = front + at;
            *end = *start + piece.len;
            return;
        }
    }
    *start = from < front ? from : from >= after.len - behind ? from + before.len - after.len : front;
    *end = to <= front ? to : to > after.len - behind ? to + before.len - after.len : before.len - behind;
}
