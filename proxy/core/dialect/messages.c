/* messages.c - the long members of a request: messages, items, prompts, tools, sources of data. */
#include "proxy/core/dialect/parts.h"

static bool wrong(struct asked *q, const char *member)
{
    q->why = member;
    return false;
}

/* Who speaks; a role that nobody knows is trusted as little as a user. */
static enum text_source source_of_role(const struct jsonx *j, uint32_t role)
{
    static const struct {
        struct str role;
        enum text_source source;
    } rows[] = {
        { STR_INIT("user"), TEXT_USER }, { STR_INIT("assistant"), TEXT_ASSISTANT }, { STR_INIT("system"), TEXT_SYSTEM },
        { STR_INIT("tool"), TEXT_TOOL }, { STR_INIT("developer"), TEXT_SYSTEM },    { STR_INIT("function"), TEXT_TOOL },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (jsonx_string_is(j, role, rows[i].role))
            return rows[i].source;
    return TEXT_USER;
}

static bool is_content(const struct jsonx *j, uint32_t node)
{
    return node == JSONX_NO_NODE || jsonx_is(j, node, JSONX_STRING) || jsonx_is(j, node, JSONX_ARRAY) ||
           jsonx_is(j, node, JSONX_NULL);
}

/* What a tool gave back may stand in the item of its call, and what a search found in the message that was made of it: neither is the
 * model's own. `first` is the first text of the object. */
static void mark_results(struct asked *q, uint32_t object, size_t first)
{
    static const struct str names[] = { STR_INIT("output"), STR_INIT("outputs"), STR_INIT("results"), STR_INIT("error"), STR_INIT("context") };
    const struct jsonx *j = q->body;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        uint32_t value = jsonx_member(j, object, names[i]);
        for (size_t t = first; value != JSONX_NO_NODE && t < q->call->texts_count; t++)
            if (q->call->texts[t].node >= value && q->call->texts[t].node < j->nodes[value].next)
                q->call->texts[t].source = TEXT_TOOL;
    }
}

/* A message or an item, by whoever it is. */
static bool read_said(struct asked *q, uint32_t object, enum text_source source, size_t index)
{
    size_t first = q->call->texts_count;
    unsigned flags = GATHER_URLS | GATHER_SAID | (source == TEXT_DEFINITION ? GATHER_KEYS : 0);
    if (!texts_gather(q, object, source, index, flags))
        return false;
    if (source == TEXT_ASSISTANT)
        mark_results(q, object, first);
    return true;
}

bool read_messages(struct asked *q, uint32_t value)
{
    const struct jsonx *j = q->body;
    if (!jsonx_is(j, value, JSONX_ARRAY))
        return wrong(q, "messages");
    size_t index = 0;
    for (uint32_t m = jsonx_first(j, value); m != JSONX_NO_NODE; m = jsonx_next(j, value, m), index++) {
        uint32_t role = jsonx_member(j, m, STR("role"));
        if (!jsonx_is(j, role, JSONX_STRING))
            return wrong(q, "messages.role");
        if (!is_content(j, jsonx_member(j, m, STR("content"))))
            return wrong(q, "messages.content");
        if (!read_said(q, m, source_of_role(j, role), index))
            return false;
    }
    return index > 0 || wrong(q, "messages");
}

/* Items of the Responses API without a role say by their type who made them. */
static enum text_source source_of_item(const struct jsonx *j, uint32_t item, struct arena *a)
{
    uint32_t role = jsonx_member(j, item, STR("role"));
    if (role != JSONX_NO_NODE)
        return source_of_role(j, role);
    struct str type = jsonx_string(j, jsonx_member(j, item, STR("type")), a);
    if (str_ends(type, STR("_output")))
        return TEXT_TOOL;
    if (str_eq(type, STR("mcp_list_tools")))
        return TEXT_DEFINITION;
    return str_ends(type, STR("_call")) || str_eq(type, STR("reasoning")) ? TEXT_ASSISTANT : TEXT_USER;
}

bool read_input_items(struct asked *q, uint32_t value)
{
    const struct jsonx *j = q->body;
    if (jsonx_is(j, value, JSONX_STRING))
        return texts_add(q, value, TEXT_USER, 0);
    if (!jsonx_is(j, value, JSONX_ARRAY))
        return wrong(q, "input");
    size_t index = 0;
    for (uint32_t item = jsonx_first(j, value); item != JSONX_NO_NODE; item = jsonx_next(j, value, item), index++) {
        if (!jsonx_is(j, item, JSONX_OBJECT))
            return wrong(q, "input");
        /* Without a type an item may be the reference to a stored one, however its id is spelt. */
        if (!jsonx_is(j, jsonx_member(j, item, STR("type")), JSONX_STRING) &&
            jsonx_member(j, item, STR("role")) == JSONX_NO_NODE)
            q->call->refers = "item_reference";
        if (!read_said(q, item, source_of_item(j, item, q->arena), index))
            return false;
    }
    return true;
}

bool read_prompt(struct asked *q, uint32_t value)
{
    const struct jsonx *j = q->body;
    if (jsonx_is(j, value, JSONX_STRING))
        return texts_add(q, value, TEXT_USER, 0);
    if (!jsonx_is(j, value, JSONX_ARRAY))
        return wrong(q, "input");
    size_t index = 0;
    for (uint32_t i = value; i < j->nodes[value].next && !q->call->has_tokens; i++)
        q->call->has_tokens = jsonx_is(j, i, JSONX_NUMBER);
    q->prompts = 0;
    for (uint32_t c = jsonx_first(j, value); c != JSONX_NO_NODE; c = jsonx_next(j, value, c), index++) {
        q->prompts += !jsonx_is(j, c, JSONX_NUMBER); /* numbers are the tokens of one prompt */
        if (!texts_gather(q, c, TEXT_USER, index, GATHER_URLS))
            return false;
    }
    return true;
}

/* A template that is kept on the server, and what is put into it. */
bool read_prompt_template(struct asked *q, uint32_t value)
{
    if (jsonx_is(q->body, value, JSONX_NULL))
        return true;
    q->call->refers = "prompt";
    return texts_gather(q, value, TEXT_USER, 0, GATHER_URLS);
}

/* A member whose name only folds to one that says which tool it is: some servers would read it, others not. */
static bool has_odd_name(struct asked *q, uint32_t object)
{
    static const struct str NAMES[] = { STR_INIT("type"), STR_INIT("name"), STR_INIT("function"), STR_INIT("custom"),
                                        STR_INIT("server_url") };
    const struct jsonx *j = q->body;
    if (!jsonx_is(j, object, JSONX_OBJECT))
        return false;
    for (uint32_t v = jsonx_first(j, object); v != JSONX_NO_NODE; v = jsonx_next(j, object, v)) {
        struct str key = jsonx_string(j, jsonx_key_of(j, v), q->arena);
        for (size_t i = 0; i < ARRAY_LEN(NAMES); i++)
            if (!key.at || (name_folds_to(key, NAMES[i]) && !str_eq(key, NAMES[i])))
                return true;
    }
    return false;
}

/* Is it a function of the caller's own, in chat's shape or that of the Responses API, and not a built-in tool? The type
 * alone says it, as it does to the model server. */
static bool is_function(const struct jsonx *j, uint32_t tool, uint32_t type, uint32_t *name)
{
    static const char *const kinds[] = { "function", "custom" };
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        if (!jsonx_string_is(j, type, str_c(kinds[i])))
            continue;
        uint32_t inner = jsonx_member(j, tool, str_c(kinds[i])), outer = jsonx_member(j, tool, STR("name"));
        *name = inner == JSONX_NO_NODE ? outer : jsonx_member(j, inner, STR("name"));
        /* Two names, one for each API, and what functions have not: taken for whichever is worse. */
        if ((inner != JSONX_NO_NODE && outer != JSONX_NO_NODE) ||
            jsonx_member(j, tool, STR("server_url")) != JSONX_NO_NODE)
            *name = JSONX_NO_NODE;
        return true;
    }
    return false;
}

bool read_tools(struct asked *q, uint32_t value)
{
    const struct jsonx *j = q->body;
    if (jsonx_is(j, value, JSONX_NULL))
        return true;
    if (!jsonx_is(j, value, JSONX_ARRAY))
        return wrong(q, "tools");
    size_t index = 0;
    for (uint32_t tool = jsonx_first(j, value); tool != JSONX_NO_NODE; tool = jsonx_next(j, value, tool), index++) {
        uint32_t name = JSONX_NO_NODE, type = jsonx_member(j, tool, STR("type"));
        bool built_in = !is_function(j, tool, type, &name);
        if (!jsonx_is(j, type, JSONX_STRING) || !jsonx_is(j, built_in ? type : name, JSONX_STRING) ||
            has_odd_name(q, tool) || has_odd_name(q, jsonx_member(j, tool, STR("function"))) ||
            has_odd_name(q, jsonx_member(j, tool, STR("custom"))))
            return wrong(q, "tools");
        struct str word = jsonx_string(j, built_in ? type : name, q->arena);
        if (!word.at || !tool_names_add(q, word))
            return wrong(q, "tools");
        q->call->tools++;
        /* A function's schema may well have a member …url; it is the built-in tools that open what they are given. */
        if (!texts_gather(q, tool, TEXT_DEFINITION, index, built_in ? GATHER_KEYS | GATHER_URLS : GATHER_KEYS))
            return false;
    }
    return true;
}

/* Chat's older way to say tools. */
bool read_functions(struct asked *q, uint32_t value)
{
    const struct jsonx *j = q->body;
    if (jsonx_is(j, value, JSONX_NULL))
        return true;
    if (!jsonx_is(j, value, JSONX_ARRAY))
        return wrong(q, "functions");
    for (uint32_t f = jsonx_first(j, value); f != JSONX_NO_NODE; f = jsonx_next(j, value, f)) {
        struct str name = jsonx_string(j, jsonx_member(j, f, STR("name")), q->arena);
        if (!name.at || !tool_names_add(q, name))
            return wrong(q, "functions");
        q->call->tools++;
    }
    return texts_gather(q, value, TEXT_DEFINITION, 0, GATHER_KEYS);
}

bool read_web_search(struct asked *q, uint32_t value)
{
    if (jsonx_is(q->body, value, JSONX_NULL))
        return true;
    q->call->tools++;
    return (tool_names_add(q, STR("web_search")) || wrong(q, "web_search_options")) &&
           texts_gather(q, value, TEXT_DEFINITION, 0, 0);
}

/* Azure's "on your data": the resource's own identity opens these, so each of them must be seen as an address, also one
 * that names none in a way that is known here. */
bool read_data_sources(struct asked *q, uint32_t value)
{
    const struct jsonx *j = q->body;
    if (jsonx_is(j, value, JSONX_NULL))
        return true;
    if (!jsonx_is(j, value, JSONX_ARRAY))
        return wrong(q, "data_sources");
    for (uint32_t source = jsonx_first(j, value); source != JSONX_NO_NODE; source = jsonx_next(j, value, source)) {
        size_t before = q->call->urls_count;
        for (uint32_t i = source; i < j->nodes[source].next; i++) {
            bool is_name = j->nodes[i].is_key;
            if (!jsonx_is(j, i, JSONX_STRING) || (is_name && name_is_plain(jsonx_raw(j, i))))
                continue;
            struct str text = jsonx_string(j, i, q->arena);
            if (!text.at)
                return wrong(q, "too many texts");
            uint32_t key = is_name ? JSONX_NO_NODE : jsonx_key_of(j, i);
            bool is_endpoint = jsonx_string_is(j, key, STR("endpoint"));
            bool is_prompt = jsonx_string_is(j, key, STR("role_information")); /* which nobody opens, whatever it names */
            bool is_address = !is_prompt && url_is_any(text); /* what is none is read as a text, an endpoint too */
            if ((is_endpoint || is_address) && !urls_add(q, i, "data_sources"))
                return false;
            if (!is_address && !texts_add(q, i, TEXT_SYSTEM, 0))
                return false;
        }
        if (q->call->urls_count == before) {
            uint32_t type = jsonx_member(j, source, STR("type"));
            if (!jsonx_is(j, type, JSONX_STRING) || !urls_add(q, type, "data_sources"))
                return wrong(q, "data_sources");
        }
    }
    return true;
}
