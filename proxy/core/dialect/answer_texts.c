/* answer_texts.c - every text of an answer, whole or in events, in OpenAI's shapes: choices, and the items of the
 * Responses API.
 *
 * Pieces and repeats of one text meet by the path that leads to it. */
#include "proxy/core/dialect/answer_way_parts.h"

/* ---- errors ---- */

/* What went wrong is the model server's word, which may repeat a prompt or a key: every string of it. */
static bool walk_error(struct way w, uint32_t error)
{
    w.channel = CHANNEL_ERROR;
    w.kind = PLACE_WHOLE;
    w.is_free = true;
    w.id = way_key(way_begin(0), STR("error"));
    return way_walk(w, error);
}

static bool walk_member(struct way w, uint32_t member)
{
    return jsonx_string_is(w.json, jsonx_key_of(w.json, member), STR("error")) ? walk_error(w, member) : way_walk_member(w, member);
}

/* A member beside the texts of an answer: strings that nobody expects, each a whole one, or an error. */
static bool walk_beside(struct way w, uint32_t member)
{
    w.kind = PLACE_WHOLE;
    return walk_member(w, member);
}

/* An event of any shape. */
static bool walk_event(struct way w)
{
    return jsonx_is(w.json, 0, JSONX_OBJECT) ? way_walk_inside(w, 0, walk_member) : way_walk(w, 0);
}

/* An answer of numbers, or what went wrong all the same. */
static bool walk_number(struct way w, uint32_t member)
{
    bool is_error = jsonx_string_is(w.json, jsonx_key_of(w.json, member), STR("error"));
    return is_error ? walk_error(w, member) : way_walk_member(way_beside(w), member);
}

/* ---- choices ---- */

/* Some servers say "" or "null" in each chunk. */
static bool is_end(const struct jsonx *j, uint32_t reason)
{
    return jsonx_is(j, reason, JSONX_STRING) && jsonx_raw(j, reason).len && !jsonx_string_is(j, reason, STR("null"));
}

/* A choice's message and the piece of it in an event are the same text. */
static bool walk_in_choice(struct way w, uint32_t member)
{
    static const struct str messages[] = { STR_INIT("message"), STR_INIT("delta") };
    bool is_message = jsonx_string_is_any(w.json, jsonx_key_of(w.json, member), messages, ARRAY_LEN(messages));
    return is_message ? way_walk(w, member) : way_walk_member(w, member);
}

static bool walk_choice(struct way w, uint32_t choice)
{
    const struct jsonx *j = w.json;
    uint32_t reason = jsonx_member(j, choice, STR("finish_reason"));
    w.id = way_begin(w.choice);
    w.logprobs = jsonx_member(j, choice, STR("logprobs"));
    w.is_last = is_end(j, reason);
    return way_walk_inside(w, choice, walk_in_choice) && w.reader->spelled(w.reader, w.logprobs) &&
           (w.kind != PLACE_PIECE || !w.is_last || w.reader->over(w.reader, w.choice));
}

static bool walk_choices(struct way w, uint32_t choices)
{
    uint32_t n = 0;
    for (uint32_t c = jsonx_first(w.json, choices); c != JSONX_NO_NODE; c = jsonx_next(w.json, choices, c), n++) {
        w.choice = way_number(w.json, c, n);
        w.id = way_begin(w.choice);
        if (!(jsonx_is(w.json, c, JSONX_OBJECT) ? walk_choice(w, c) : way_walk(w, c)))
            return false;
    }
    return true;
}

/* The choices, and what stands beside them. */
static bool walk_chat(struct way w)
{
    const struct jsonx *j = w.json;
    if (jsonx_string_is(j, jsonx_member(j, 0, STR("object")), STR("error")) && !jsonx_is(j, jsonx_member(j, 0, STR("choices")), JSONX_ARRAY))
        return walk_error(w, 0);
    for (uint32_t c = jsonx_first(j, 0); c != JSONX_NO_NODE; c = jsonx_next(j, 0, c)) {
        bool is_choices = jsonx_string_is(j, jsonx_key_of(j, c), STR("choices")) && jsonx_is(j, c, JSONX_ARRAY);
        if (!is_choices && !walk_beside(w, c))
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
    w.id = way_begin(index);
    w.is_drawing = jsonx_string_is(j, type, STR("image_generation_call"));
    if (jsonx_string_is(j, type, STR("reasoning")))
        w.channel = CHANNEL_REASONING;
    bool is_call = (jsonx_is(j, type, JSONX_STRING) && str_ends(jsonx_raw(j, type), STR("_call"))) ||
                   jsonx_string_is(j, type, STR("mcp_approval_request"));
    w.tool_name = is_call ? type : w.tool_name; /* of a built-in tool */
    return is_call ? way_walk_call(w, item) : way_walk(w, item);
}

static bool walk_output(struct way w, uint32_t output)
{
    uint32_t n = 0;
    for (uint32_t c = jsonx_first(w.json, output); c != JSONX_NO_NODE; c = jsonx_next(w.json, output, c))
        if (!walk_item(w, c, n++))
            return false;
    return true;
}

/* What a response repeats of its request. */
static bool is_of_request(const struct jsonx *j, uint32_t key)
{
    static const struct str known[] = {
        STR_INIT("instructions"), STR_INIT("metadata"), STR_INIT("text"), STR_INIT("tools"), STR_INIT("tool_choice"), STR_INIT("reasoning"),
        STR_INIT("prompt"), STR_INIT("user"), STR_INIT("conversation"), STR_INIT("previous_response_id"), STR_INIT("truncation"),
        STR_INIT("safety_identifier"), STR_INIT("prompt_cache_key"), STR_INIT("prompt_cache_retention"), STR_INIT("include"),
    };
    return jsonx_string_is_any(j, key, known, ARRAY_LEN(known));
}

/* A response that was stored repeats a request of another day: nothing tells here what that said, and its instructions may hold canaries
 * that are its own. */
static bool walk_of_request(struct way w, uint32_t member)
{
    return w.call->operation == OP_RESPONSE_OTHER || way_walk_member(way_beside(w), member);
}

/* Beside its items: what it tells of itself, and what servers add. */
static bool walk_response_rest(struct way w, uint32_t response)
{
    enum { LOOKS_MAX = 1 << 20 };
    const struct jsonx *j = w.json;
    struct echo echo = { .looks_left = LOOKS_MAX };
    w.id = way_key(way_begin(0), STR("response"));
    for (uint32_t c = jsonx_first(j, response); c != JSONX_NO_NODE; c = jsonx_next(j, response, c)) {
        struct way one = w;
        uint32_t key = jsonx_key_of(j, c);
        bool repeats = is_of_request(j, key), is_text = jsonx_is(j, c, JSONX_STRING) && jsonx_string_is(j, key, STR("output_text"));
        one.echo = repeats ? &echo : NULL;
        if (is_text || (jsonx_is(j, c, JSONX_ARRAY) && jsonx_string_is(j, key, STR("output"))))
            continue;
        if (!(repeats ? walk_of_request(one, c) : walk_beside(one, c)))
            return false;
    }
    return true;
}

/* The items, and all their texts as one, which some servers add as the SDKs do. */
static bool walk_response(struct way w, uint32_t response)
{
    uint32_t output = jsonx_member(w.json, response, STR("output")),
             text = jsonx_member(w.json, response, STR("output_text"));
    struct way one = w;
    one.kind = PLACE_WHOLE;
    one.id = way_key(way_begin(0), STR("output_text"));
    return walk_response_rest(w, response) && walk_output(w, output) &&
           (!jsonx_is(w.json, text, JSONX_STRING) || way_place(&one, text));
}

/* What the events of a text are called, and where it stands in its item. */
struct text_events {
    struct str name;               /* before `.delta` and `.done` */
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
    uint64_t id = way_begin(output);
    if (row->list)
        id = way_index(way_key(id, str_c(row->list)), number(j, row->list_index));
    return way_key(id, str_c(row->member));
}

/* What an event says beside its text. */
static bool walk_rest(struct way w, struct str type, uint32_t text)
{
    const struct jsonx *j = w.json;
    w.id = way_key(way_index(way_begin(w.choice), number(j, "content_index")), type);
    for (uint32_t c = jsonx_first(j, 0); c != JSONX_NO_NODE; c = jsonx_next(j, 0, c))
        if (c != text && !walk_beside(w, c))
            return false;
    return true;
}

/* One event of a text: a piece of it, or it is done. */
static bool text_event(struct way w, const struct text_events *row, struct str type, bool is_done)
{
    const struct jsonx *j = w.json;
    uint32_t node = jsonx_member(j, 0, is_done ? str_c(row->member) : STR("delta"));
    w.logprobs = jsonx_member(j, 0, STR("logprobs"));
    if (!jsonx_is(j, node, JSONX_STRING))
        return walk_rest(w, type, JSONX_NO_NODE) && w.reader->spelled(w.reader, w.logprobs) &&
               (!(is_done && row->channel == CHANNEL_ARGUMENTS) || w.reader->over(w.reader, w.choice));
    struct way rest = w;
    w.id = path_of(j, row, w.choice);
    w.channel = row->channel;
    w.kind = is_done ? PLACE_REPEAT : PLACE_PIECE;
    w.is_call = row->channel == CHANNEL_ARGUMENTS;
    w.is_json = str_eq(str_c(row->member), STR("arguments"));
    w.tool_name = is_done ? way_tool_name(j, 0) : JSONX_NO_NODE;
    return walk_rest(rest, type, node) && way_place(&w, node) && w.reader->spelled(w.reader, w.logprobs);
}

/* A part of an item that is added or done. */
static bool part_event(struct way w, uint32_t part)
{
    const struct jsonx *j = w.json;
    bool is_summary = jsonx_member(j, 0, STR("summary_index")) != JSONX_NO_NODE;
    uint32_t type = jsonx_member(j, part, STR("type"));
    bool is_reasoning = is_summary || jsonx_string_is(j, type, STR("reasoning_text"));
    w.id = way_key(way_begin(w.choice), is_summary ? STR("summary") : STR("content"));
    w.id = way_index(w.id, number(j, is_summary ? "summary_index" : "content_index"));
    w.channel = is_reasoning ? CHANNEL_REASONING : CHANNEL_CONTENT;
    return way_walk(w, part);
}

static bool walk_response_event(struct way w)
{
    const struct jsonx *j = w.json;
    char room[WORD_ROOM_BYTES];
    struct str type = jsonx_word(j, jsonx_member(j, 0, STR("type")), room, sizeof room);
    uint32_t response = jsonx_member(j, 0, STR("response")), item = jsonx_member(j, 0, STR("item"));
    uint32_t part = jsonx_member(j, 0, STR("part")), delta = jsonx_member(j, 0, STR("delta"));
    bool is_done = str_ends(type, STR(".done"));
    w.choice = number(j, "output_index");
    w.kind = PLACE_REPEAT;
    if (str_eq(type, STR("error")))
        return walk_error(w, 0);
    if (str_starts(type, STR("response.audio.d"))) {
        w.is_sound = true;
        return walk_rest(w, type, JSONX_NO_NODE);
    }
    for (size_t i = 0; i < ARRAY_LEN(TEXT_EVENTS); i++) {
        const struct text_events *row = &TEXT_EVENTS[i];
        struct str rest = str_from(type, row->name.len);
        if (str_starts(type, row->name) && (str_eq(rest, STR(".delta")) || str_eq(rest, STR(".done"))))
            return text_event(w, row, type, is_done);
    }
    if (jsonx_is(j, response, JSONX_OBJECT)) {
        bool is_over = str_ends(type, STR("ed")) && !str_ends(type, STR(".created")) && !str_ends(type, STR(".queued"));
        bool is_end = is_over || str_ends(type, STR(".incomplete"));
        return (!is_end || w.reader->over(w.reader, ANSWER_ALL)) && walk_rest(w, type, response) && walk_response(w, response);
    }
    if (jsonx_is(j, item, JSONX_OBJECT)) {
        if (is_done && !w.reader->over(w.reader, w.choice))
            return false;
        w.kind = is_done ? PLACE_REPEAT : PLACE_PIECE;
        w.is_added = !is_done;
        return walk_rest(w, type, item) && walk_item(w, item, w.choice);
    }
    if (jsonx_is(j, part, JSONX_OBJECT)) {
        w.kind = is_done ? PLACE_REPEAT : PLACE_PIECE;
        w.is_added = !is_done;
        return walk_rest(w, type, part) && part_event(w, part);
    }
    /* an event that is not known: its delta is a piece of a text of its own, any other string a whole one */
    w.id = way_key(way_index(way_begin(w.choice), number(j, "content_index")), type);
    w.kind = jsonx_is(j, delta, JSONX_STRING) ? PLACE_PIECE : PLACE_WHOLE;
    return walk_event(w);
}

/* Some servers answer with an error's status all the same. */
static bool has_answer(const struct jsonx *j, enum operation operation)
{
    const char *member = operation == OP_CHAT || operation == OP_COMPLETION             ? "choices"
                         : operation == OP_RESPONSES || operation == OP_RESPONSE_OTHER ? "output"
                                                                                        : NULL;
    return member && jsonx_first(j, jsonx_member(j, 0, str_c(member))) != JSONX_NO_NODE;
}

/* Any shape, but that of a chat is read as one. */
static bool walk_score(struct way w, bool is_event)
{
    if (jsonx_is(w.json, jsonx_member(w.json, 0, STR("choices")), JSONX_ARRAY))
        return walk_chat(w);
    w.is_free = !is_event;
    w.id = way_begin(0);
    return is_event ? walk_event(w) : way_walk(w, 0);
}

bool openai_find_texts(const struct jsonx *answer, const struct call *call, enum answer_form form, struct answer_reader *reader)
{
    bool is_event = form == ANSWER_EVENT;
    struct way w = { .reader = reader, .json = answer, .call = call, .logprobs = JSONX_NO_NODE, .tool_name = JSONX_NO_NODE };
    bool is_object = jsonx_is(answer, 0, JSONX_OBJECT); /* whatever else it is, nobody can say where its texts are */
    w.kind = is_event ? PLACE_PIECE : PLACE_WHOLE;
    if (form == ANSWER_ERROR && !has_answer(answer, call->operation))
        return walk_error(w, 0);
    switch (call->operation) {
    case OP_RESPONSES:
    case OP_RESPONSE_OTHER:
        return is_object && (is_event ? walk_response_event(w) : walk_response(w, 0));
    case OP_SCORE:
        return walk_score(w, is_event);
    case OP_CHAT:
    case OP_COMPLETION:
        return is_object && walk_chat(w);
    default: /* numbers, or what went wrong all the same */
        return is_object ? way_walk_inside(w, 0, walk_number) : way_walk(way_beside(w), 0);
    }
}
