/* answer_texts.c - every text of an answer, whole or in events, in OpenAI's shapes: choices, and the items of the Responses API.
 *
 * One walk over whatever the model server sent: a string is a text unless its member is known to be something else, so
 * that a member that is new is read, not overlooked. Pieces and repeats of one text meet by the path that leads to it. */
#include "proxy/core/dialect/parts.h"

enum { DEPTH_MAX = 64 };

/* Where a walk is. */
struct way {
    struct answer_reader *reader;
    const struct jsonx *json;
    uint64_t id;              /* hash of the path, from the choice on */
    enum text_channel channel;
    uint32_t choice, tool, tool_name, logprobs;
    int kind;
    bool is_last;
    bool is_free;             /* no member is known to be something else */
    bool is_call;             /* inside a tool call */
    bool is_added;            /* an item or part that only begins: its texts are whole, if they are there at all */
    bool is_drawing;          /* its `result` is a picture */
    unsigned depth;
};

/* ---- paths ---- */

static uint64_t path_begin(uint32_t choice)
{
    return (0xcbf29ce484222325u ^ choice) * 0x100000001b3u;
}

static uint64_t path_key(uint64_t id, struct str key)
{
    for (size_t i = 0; i < key.len; i++)
        id = (id ^ (unsigned char)key.at[i]) * 0x100000001b3u;
    return (id ^ 0xff) * 0x100000001b3u;
}

static uint64_t path_index(uint64_t id, uint64_t index)
{
    return (id ^ (0x1000 + index)) * 0x9e3779b97f4a7c15u;
}

/* ---- members ---- */

/* Words of the API and annotations of a content filter, by their length: no texts, and left as they are. */
static bool is_no_text(struct str key)
{
    enum { LENGTHS = 23, ROOM = 5 };
    static const char *const keys[LENGTHS][ROOM] = {
        [2] = { "id" },
        [4] = { "type", "role", "name" },
        [5] = { "index", "model", "phase" },
        [6] = { "object", "status" },
        [7] = { "call_id", "item_id", "file_id" },
        [8] = { "logprobs", "b64_json" },
        [9] = { "signature" },
        [11] = { "stop_reason", "obfuscation", "response_id" },
        [12] = { "tool_call_id", "container_id", "service_tier", "server_label" },
        [13] = { "finish_reason" },
        [15] = { "prompt_logprobs" },
        [17] = { "encrypted_content" },
        [18] = { "system_fingerprint" },
        [21] = { "content_filter_result" },
        [22] = { "content_filter_results", "content_filter_offsets" },
    };
    for (size_t i = 0; key.len < LENGTHS && i < ROOM && keys[key.len][i]; i++)
        if (memcmp(key.at, keys[key.len][i], key.len) == 0)
            return true;
    return false;
}

static enum text_channel channel_of(struct str key, enum text_channel outer, bool is_call)
{
    static const struct {
        struct str key;
        enum text_channel channel;
    } rows[] = {
        { STR_INIT("refusal"), CHANNEL_REFUSAL },
        { STR_INIT("reasoning_content"), CHANNEL_REASONING },
        { STR_INIT("reasoning"), CHANNEL_REASONING },
        { STR_INIT("reasoning_details"), CHANNEL_REASONING },
        { STR_INIT("thinking"), CHANNEL_REASONING },
        { STR_INIT("summary"), CHANNEL_REASONING },
        { STR_INIT("arguments"), CHANNEL_ARGUMENTS },
    };
    if (is_call && (str_eq(key, STR("input")) || str_eq(key, STR("code"))))
        return CHANNEL_ARGUMENTS;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (str_eq(key, rows[i].key))
            return rows[i].channel;
    return outer;
}

static bool place(const struct way *w, uint32_t node)
{
    bool is_call = w->channel == CHANNEL_ARGUMENTS;
    bool is_empty = node == JSONX_NO_NODE || !jsonx_raw(w->json, node).len;
    struct answer_place p = {
        .node = node,
        .channel = w->channel,
        .choice = w->choice,
        .tool = is_call ? w->tool : 0,
        .tool_name = is_call ? w->tool_name : JSONX_NO_NODE,
        .logprobs = w->logprobs,
        .id = w->id,
        .kind = w->is_added && !is_empty ? PLACE_WHOLE : w->kind,
        .is_last = w->is_last,
    };
    return w->reader->place(w->reader, &p);
}

/* ---- the walk ---- */

static bool walk(struct way w, uint32_t node);

/* The number that an element says it has, or its place. */
static uint32_t index_of(const struct jsonx *j, uint32_t element, uint32_t place_in_list)
{
    uint64_t index;
    bool says = jsonx_is(j, element, JSONX_OBJECT) && jsonx_u64(j, jsonx_member(j, element, STR("index")), &index) &&
                index < UINT32_MAX;
    return says ? (uint32_t)index : place_in_list;
}

static uint32_t name_of(const struct jsonx *j, uint32_t call)
{
    static const char *const inner[] = { "function", "custom" };
    uint32_t name = jsonx_member(j, call, STR("name"));
    for (size_t i = 0; i < ARRAY_LEN(inner) && !jsonx_is(j, name, JSONX_STRING); i++)
        name = jsonx_path(j, call, inner[i], "name", NULL);
    return jsonx_is(j, name, JSONX_STRING) ? name : JSONX_NO_NODE;
}

static bool has_arguments(const struct jsonx *j, uint32_t call)
{
    static const char *const paths[][2] = { { "function", "arguments" }, { "custom", "input" }, { "arguments", NULL },
                                            { "input", NULL },           { "code", NULL } };
    for (size_t i = 0; i < ARRAY_LEN(paths); i++)
        if (jsonx_is(j, jsonx_path(j, call, paths[i][0], paths[i][1], NULL), JSONX_STRING))
            return true;
    return false;
}

/* A tool call is told also when it has no arguments: that it is made is what matters. */
static bool walk_call(struct way w, uint32_t call)
{
    w.is_call = true;
    w.tool_name = name_of(w.json, call);
    if (w.tool_name != JSONX_NO_NODE && !has_arguments(w.json, call)) {
        struct way named = w;
        named.channel = CHANNEL_ARGUMENTS;
        named.id = path_key(w.id, STR("arguments"));
        if (!place(&named, JSONX_NO_NODE))
            return false;
    }
    return walk(w, call);
}

static bool walk_calls(struct way w, uint32_t list)
{
    uint32_t n = 0;
    for (uint32_t c = jsonx_first(w.json, list); c != JSONX_NO_NODE; c = jsonx_next(w.json, list, c), n++) {
        struct way one = w;
        one.tool = index_of(w.json, c, n);
        one.id = path_index(w.id, one.tool);
        if (!walk_call(one, c))
            return false;
    }
    return true;
}

static bool walk_member(struct way w, uint32_t value)
{
    const struct jsonx *j = w.json;
    uint32_t key_node = jsonx_key_of(j, value);
    struct str key = jsonx_raw(j, key_node);
    enum jsonx_kind kind = jsonx_kind(j, value);
    if (kind < JSONX_STRING || (!w.is_free && is_no_text(key)) || (w.is_drawing && str_eq(key, STR("result"))))
        return true;
    w.channel = w.is_free ? CHANNEL_CONTENT : channel_of(key, w.channel, w.is_call);
    bool is_function = w.is_call && (str_eq(key, STR("function")) || str_eq(key, STR("custom")));
    if (!is_function) /* so that both ways to write a call lead to one text */
        w.id = path_key(w.id, key);
    if (w.is_free)
        return walk(w, value);
    if (str_eq(key, STR("tool_calls")) && kind == JSONX_ARRAY)
        return walk_calls(w, value);
    if (str_eq(key, STR("function_call")) && kind == JSONX_OBJECT)
        return walk_call(w, value);
    if (str_eq(key, STR("audio")) && kind == JSONX_OBJECT) {
        uint32_t transcript = jsonx_member(j, value, STR("transcript"));
        w.id = path_key(w.id, STR("transcript"));
        return !jsonx_is(j, transcript, JSONX_STRING) || place(&w, transcript);
    }
    return walk(w, value);
}

/* A picture in the address of itself: a member that holds such, and nothing but base64 in it. Otherwise whoever made the model
 * begin so would write past every filter. */
static bool is_picture(const struct jsonx *j, uint32_t node)
{
    static const struct str keys[] = { STR_INIT("url"), STR_INIT("image_url"), STR_INIT("image") };
    struct str raw = jsonx_raw(j, node), head = str_first(raw, 64);
    if (!str_starts(raw, STR("data:image/")))
        return false;
    bool is_named = false;
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        is_named |= jsonx_string_is(j, jsonx_key_of(j, node), keys[i]);
    size_t comma = str_find(head, ',');
    if (!is_named || comma == head.len || !str_ends(str_first(head, comma), STR(";base64")))
        return false;
    for (size_t i = comma + 1; i < raw.len; i++) {
        char c = ascii_lower(raw.at[i]);
        if (!(c >= 'a' && c <= 'z') && !ascii_is_digit(c) && c != '+' && c != '/' && c != '=')
            return false;
    }
    return true;
}

static bool walk(struct way w, uint32_t node)
{
    const struct jsonx *j = w.json;
    enum jsonx_kind kind = jsonx_kind(j, node);
    uint32_t n = 0;
    if (kind == JSONX_STRING)
        return is_picture(j, node) || place(&w, node);
    if (kind < JSONX_STRING)
        return true;
    if (++w.depth > DEPTH_MAX)
        return false;
    if (kind == JSONX_OBJECT && w.logprobs == JSONX_NO_NODE)
        w.logprobs = jsonx_member(j, node, STR("logprobs"));
    for (uint32_t c = jsonx_first(j, node); c != JSONX_NO_NODE; c = jsonx_next(j, node, c), n++) {
        struct way one = w;
        if (kind == JSONX_ARRAY)
            one.id = path_index(w.id, index_of(j, c, n));
        if (!(kind == JSONX_ARRAY ? walk(one, c) : walk_member(one, c)))
            return false;
    }
    return true;
}

/* ---- choices ---- */

/* A choice's message and the piece of it in an event are the same text. */
static bool walk_choice(struct way w, uint32_t choice)
{
    const struct jsonx *j = w.json;
    static const char *const messages[] = { "message", "delta" };
    uint32_t reason = jsonx_member(j, choice, STR("finish_reason"));
    w.id = path_begin(w.choice);
    w.logprobs = jsonx_member(j, choice, STR("logprobs"));
    w.is_last = jsonx_is(j, reason, JSONX_STRING);
    for (uint32_t c = jsonx_first(j, choice); c != JSONX_NO_NODE; c = jsonx_next(j, choice, c)) {
        uint32_t key = jsonx_key_of(j, c);
        bool is_message = false;
        for (size_t i = 0; i < ARRAY_LEN(messages); i++)
            is_message |= jsonx_string_is(j, key, str_c(messages[i]));
        if (!(is_message ? walk(w, c) : walk_member(w, c)))
            return false;
    }
    return !w.is_last || w.kind != PLACE_PIECE || w.reader->over(w.reader, w.choice);
}

static bool walk_choices(struct way w, uint32_t choices)
{
    uint32_t n = 0;
    for (uint32_t c = jsonx_first(w.json, choices); c != JSONX_NO_NODE; c = jsonx_next(w.json, choices, c), n++) {
        w.choice = index_of(w.json, c, n);
        w.id = path_begin(w.choice);
        if (!(jsonx_is(w.json, c, JSONX_OBJECT) ? walk_choice(w, c) : walk(w, c)))
            return false;
    }
    return true;
}

/* The choices, and what servers add beside them; not what they tell of errors, costs and the prompt's own faults. */
static bool walk_chat(struct way w)
{
    static const struct str others[] = { STR_INIT("choices"), STR_INIT("error"), STR_INIT("usage"),
                                         STR_INIT("prompt_filter_results"), STR_INIT("prompt_annotations") };
    const struct jsonx *j = w.json;
    struct way one = w;
    one.kind = PLACE_WHOLE;
    for (uint32_t c = jsonx_first(j, 0); c != JSONX_NO_NODE; c = jsonx_next(j, 0, c)) {
        bool is_other = jsonx_kind(j, c) < JSONX_STRING;
        for (size_t i = 0; !is_other && i < ARRAY_LEN(others); i++)
            is_other = str_eq(jsonx_raw(j, jsonx_key_of(j, c)), others[i]);
        if (!is_other && !walk_member(one, c))
            return false;
    }
    return walk_choices(w, jsonx_member(j, 0, STR("choices")));
}

/* ---- the Responses API ---- */

static bool walk_item(struct way w, uint32_t item, uint32_t index)
{
    const struct jsonx *j = w.json;
    uint32_t type = jsonx_member(j, item, STR("type"));
    w.choice = index;
    w.id = path_begin(index);
    if (!jsonx_is(j, item, JSONX_OBJECT))
        return true;
    w.is_drawing = jsonx_string_is(j, type, STR("image_generation_call"));
    if (jsonx_string_is(j, type, STR("reasoning")))
        w.channel = CHANNEL_REASONING;
    bool is_call = jsonx_is(j, type, JSONX_STRING) && str_ends(jsonx_raw(j, type), STR("_call"));
    return is_call ? walk_call(w, item) : walk(w, item);
}

static bool walk_output(struct way w, uint32_t output)
{
    uint32_t n = 0;
    for (uint32_t c = jsonx_first(w.json, output); c != JSONX_NO_NODE; c = jsonx_next(w.json, output, c))
        if (!walk_item(w, c, n++))
            return false;
    return true;
}

/* The items, and all their texts as one, which some servers add as the SDKs do. */
static bool walk_response(struct way w, uint32_t response)
{
    uint32_t output = jsonx_member(w.json, response, STR("output")), text = jsonx_member(w.json, response, STR("output_text"));
    if (jsonx_is(w.json, output, JSONX_STRING))
        text = output;
    struct way one = w;
    one.kind = PLACE_WHOLE;
    one.id = path_key(path_begin(0), STR("output_text"));
    return walk_output(w, output) && (!jsonx_is(w.json, text, JSONX_STRING) || place(&one, text));
}

/* What the events of a text are called, and where it stands in its item. */
struct text_events {
    struct str name;             /* before `.delta` and `.done` */
    const char *list, *list_index; /* NULL: the item has one such text */
    const char *member;
    enum text_channel channel;
};
static const struct text_events TEXT_EVENTS[] = {
    { STR_INIT("response.output_text"), "content", "content_index", "text", CHANNEL_CONTENT },
    { STR_INIT("response.refusal"), "content", "content_index", "refusal", CHANNEL_REFUSAL },
    { STR_INIT("response.reasoning_text"), "content", "content_index", "text", CHANNEL_REASONING },
    { STR_INIT("response.reasoning_summary_text"), "summary", "summary_index", "text", CHANNEL_REASONING },
    { STR_INIT("response.function_call_arguments"), NULL, NULL, "arguments", CHANNEL_ARGUMENTS },
    { STR_INIT("response.mcp_call_arguments"), NULL, NULL, "arguments", CHANNEL_ARGUMENTS },
    { STR_INIT("response.custom_tool_call_input"), NULL, NULL, "input", CHANNEL_ARGUMENTS },
    { STR_INIT("response.code_interpreter_call_code"), NULL, NULL, "code", CHANNEL_ARGUMENTS },
    { STR_INIT("response.audio.transcript"), "content", "content_index", "transcript", CHANNEL_CONTENT },
    { STR_INIT("response.audio_transcript"), "content", "content_index", "transcript", CHANNEL_CONTENT },
};

static uint32_t number(const struct jsonx *j, const char *member)
{
    uint64_t n;
    return jsonx_u64(j, jsonx_member(j, 0, str_c(member)), &n) && n < UINT32_MAX ? (uint32_t)n : 0;
}

static uint64_t path_of(const struct jsonx *j, const struct text_events *row, uint32_t output)
{
    uint64_t id = path_begin(output);
    if (row->list)
        id = path_index(path_key(id, str_c(row->list)), number(j, row->list_index));
    return path_key(id, str_c(row->member));
}

/* What an event says beside its text: strings that nobody expects, each a whole one. What went wrong at the model server is not
 * read. */
static bool walk_rest(struct way w, struct str type, uint32_t text)
{
    const struct jsonx *j = w.json;
    w.kind = PLACE_WHOLE;
    w.id = path_key(path_index(path_begin(w.choice), number(j, "content_index")), type);
    for (uint32_t c = jsonx_first(j, 0); c != JSONX_NO_NODE; c = jsonx_next(j, 0, c))
        if (c != text && jsonx_kind(j, c) >= JSONX_STRING && !jsonx_string_is(j, jsonx_key_of(j, c), STR("error")) &&
            !walk_member(w, c))
            return false;
    return true;
}

/* One event of a text: a piece of it, or it is done. */
static bool text_event(struct way w, const struct text_events *row, struct str type, bool is_done)
{
    const struct jsonx *j = w.json;
    uint32_t node = jsonx_member(j, 0, is_done ? str_c(row->member) : STR("delta"));
    if (!jsonx_is(j, node, JSONX_STRING))
        return walk_rest(w, type, JSONX_NO_NODE) &&
               (!(is_done && row->channel == CHANNEL_ARGUMENTS) || w.reader->over(w.reader, w.choice));
    struct way rest = w;
    w.id = path_of(j, row, w.choice);
    w.channel = row->channel;
    w.kind = is_done ? PLACE_REPEAT : PLACE_PIECE;
    w.logprobs = jsonx_member(j, 0, STR("logprobs"));
    w.is_call = row->channel == CHANNEL_ARGUMENTS;
    w.tool_name = is_done ? name_of(j, 0) : JSONX_NO_NODE;
    return place(&w, node) && walk_rest(rest, type, node);
}

/* A part of an item that is added or done. */
static bool part_event(struct way w, uint32_t part)
{
    const struct jsonx *j = w.json;
    bool is_summary = jsonx_member(j, 0, STR("summary_index")) != JSONX_NO_NODE;
    uint32_t type = jsonx_member(j, part, STR("type"));
    bool is_reasoning = is_summary || jsonx_string_is(j, type, STR("reasoning_text"));
    w.id = path_key(path_begin(w.choice), is_summary ? STR("summary") : STR("content"));
    w.id = path_index(w.id, number(j, is_summary ? "summary_index" : "content_index"));
    w.channel = is_reasoning ? CHANNEL_REASONING : CHANNEL_CONTENT;
    return walk(w, part);
}

static bool walk_response_event(struct way w)
{
    const struct jsonx *j = w.json;
    struct str type = jsonx_raw(j, jsonx_member(j, 0, STR("type")));
    uint32_t response = jsonx_member(j, 0, STR("response")), item = jsonx_member(j, 0, STR("item"));
    uint32_t part = jsonx_member(j, 0, STR("part")), delta = jsonx_member(j, 0, STR("delta"));
    bool is_done = str_ends(type, STR(".done"));
    w.choice = number(j, "output_index");
    w.kind = PLACE_REPEAT;
    if (str_eq(type, STR("error")) || str_starts(type, STR("response.audio.d")) || str_ends(type, STR(".partial_image")))
        return true; /* sound and pictures */
    for (size_t i = 0; i < ARRAY_LEN(TEXT_EVENTS); i++) {
        const struct text_events *row = &TEXT_EVENTS[i];
        struct str rest = str_from(type, row->name.len);
        if (str_starts(type, row->name) && (str_eq(rest, STR(".delta")) || str_eq(rest, STR(".done"))))
            return text_event(w, row, type, is_done);
    }
    if (jsonx_is(j, response, JSONX_OBJECT)) {
        bool is_over = str_ends(type, STR("ed")) && !str_ends(type, STR(".created")) && !str_ends(type, STR(".queued"));
        bool is_end = is_over || str_ends(type, STR(".incomplete"));
        return (!is_end || w.reader->over(w.reader, ANSWER_ALL)) && walk_response(w, response);
    }
    if (jsonx_is(j, item, JSONX_OBJECT)) {
        if (is_done && !w.reader->over(w.reader, w.choice))
            return false;
        w.kind = is_done ? PLACE_REPEAT : PLACE_PIECE;
        w.is_added = !is_done;
        return walk_item(w, item, w.choice);
    }
    if (jsonx_is(j, part, JSONX_OBJECT)) {
        w.kind = is_done ? PLACE_REPEAT : PLACE_PIECE;
        w.is_added = !is_done;
        return part_event(w, part);
    }
    /* an event that is not known: its delta is a piece of a text of its own, any other string a whole one */
    w.id = path_key(path_index(path_begin(w.choice), number(j, "content_index")), type);
    w.kind = jsonx_is(j, delta, JSONX_STRING) ? PLACE_PIECE : PLACE_WHOLE;
    return walk(w, 0);
}

bool openai_find_texts(const struct jsonx *answer, const struct call *call, bool is_event, struct answer_reader *reader)
{
    struct way w = { .reader = reader, .json = answer, .logprobs = JSONX_NO_NODE, .tool_name = JSONX_NO_NODE };
    uint32_t choices = jsonx_member(answer, 0, STR("choices"));
    bool is_object = jsonx_is(answer, 0, JSONX_OBJECT); /* whatever else it is, nobody can say where its texts are */
    w.kind = is_event ? PLACE_PIECE : PLACE_WHOLE;
    switch (call->operation) {
    case OP_RESPONSES:
    case OP_RESPONSE_OTHER:
        return is_object && (is_event ? walk_response_event(w) : walk_response(w, 0));
    case OP_SCORE:
        if (jsonx_is(answer, choices, JSONX_ARRAY))
            return walk_choices(w, choices);
        w.is_free = !is_event;
        w.id = path_begin(0);
        return walk(w, 0);
    case OP_CHAT:
    case OP_COMPLETION:
        return is_object && walk_chat(w);
    default:
        return true;
    }
}
