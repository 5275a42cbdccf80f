/* answer_way.c - one walk over whatever a model server sent: a string is a text unless its member is known to be
 * something else, so that a member that is new is read, not overlooked. */
#include "proxy/core/dialect/answer_way_parts.h"

#include "proxy/base/ascii.h"

enum { DEPTH_MAX = 64 };

/* ---- paths ---- */

uint64_t way_begin(uint32_t choice)
{
    return (0xcbf29ce484222325u ^ choice) * 0x100000001b3u;
}

uint64_t way_key(uint64_t id, struct str key)
{
    for (size_t i = 0; i < key.len; i++)
        id = (id ^ (unsigned char)key.at[i]) * 0x100000001b3u;
    return (id ^ 0xff) * 0x100000001b3u;
}

uint64_t way_index(uint64_t id, uint64_t index)
{
    return (id ^ (0x1000 + index)) * 0x9e3779b97f4a7c15u;
}

/* ---- members ---- */

/* Words of the API, what it tells of costs, and annotations of a content filter, by their length: no texts of the model's. A model server
 * may write anything there, so they are read all the same. */
static bool is_no_text(struct str key)
{
    enum { LENGTHS = 23, ROOM = 6 };
    static const char *const keys[LENGTHS][ROOM] = {
        [2] = { "id" },
        [4] = { "type", "role" },
        [5] = { "index", "model", "phase", "usage" },
        [6] = { "object", "status" },
        [7] = { "call_id", "item_id", "file_id", "billing" },
        [8] = { "b64_json" },
        [9] = { "signature" },
        [11] = { "stop_reason", "obfuscation", "response_id" },
        [12] = { "tool_call_id", "container_id", "service_tier", "server_label" },
        [13] = { "finish_reason" },
        [15] = { "content_filters" },
        [17] = { "encrypted_content", "partial_image_b64" },
        [18] = { "system_fingerprint", "prompt_annotations", "incomplete_details" },
        [21] = { "content_filter_result", "prompt_filter_results" },
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

/* Did the request say it? It does not come from the model server then, and may hold canaries: a system prompt that a response repeats is
 * its own. Anything else there is the model server's word. */
static bool is_echoed(const struct way *w, uint32_t node)
{
    struct echo *e = w->echo;
    size_t n = w->call ? w->call->texts_count : 0;
    for (size_t i = 0; i < n && e->looks_left; i++, e->looks_left--) {
        size_t at = (e->next + i) % n;
        if (!jsonx_string_is(w->json, node, w->call->texts[at].value))
            continue;
        e->next = at + 1;
        return true;
    }
    return false;
}

/* Of what belongs to no text: where each answer has another number, some would look like an account's. */
static bool is_number_of_answer(struct str s)
{
    struct str rest = str_from(s, s.len > 36 ? s.len - 36 : 0);
    return s.len <= 36 + 16 && ascii_is_guid(rest) && (s.len == rest.len || s.at[s.len - 37] == '-' || s.at[s.len - 37] == '_') &&
           ascii_is_made_of(str_first(s, s.len - rest.len), STR("-_"));
}

bool way_place(const struct way *w, uint32_t node)
{
    if ((w->echo && node != JSONX_NO_NODE && is_echoed(w, node)) || (w->is_beside && is_number_of_answer(jsonx_raw(w->json, node))))
        return true;
    bool is_call = w->channel == CHANNEL_ARGUMENTS;
    bool is_empty = node == JSONX_NO_NODE || !jsonx_raw(w->json, node).len;
    struct answer_place p = {
        .node = node,
        .channel = w->channel,
        .choice = w->choice,
        .tool = is_call ? w->tool : 0,
        .tool_name = is_call ? w->tool_name : JSONX_NO_NODE,
        .logprobs = w->logprobs,
        .id = way_index(w->id, w->channel), /* events of two kinds may give one place */
        .kind = w->is_added && !is_empty ? PLACE_WHOLE : w->kind,
        .is_last = w->is_last,
        .is_json = w->is_json,
        .is_beside = w->is_beside,
    };
    return w->reader->place(w->reader, &p);
}

/* ---- the walk ---- */

uint32_t way_number(const struct jsonx *j, uint32_t element, uint32_t place_in_list)
{
    uint64_t index;
    bool says = jsonx_is(j, element, JSONX_OBJECT) && jsonx_u64(j, jsonx_member(j, element, STR("index")), &index) &&
                index < UINT32_MAX;
    return says ? (uint32_t)index : place_in_list;
}

uint32_t way_tool_name(const struct jsonx *j, uint32_t call)
{
    static const char *const inner[] = { "function", "custom" };
    uint32_t name = jsonx_member(j, call, STR("name"));
    for (size_t i = 0; i < ARRAY_LEN(inner) && !jsonx_is(j, name, JSONX_STRING); i++)
        name = jsonx_path(j, call, inner[i], "name", NULL);
    return jsonx_is(j, name, JSONX_STRING) ? name : JSONX_NO_NODE;
}

static bool has_arguments(const struct jsonx *j, uint32_t call)
{
    static const char *const paths[][2] = {
        { "function", "arguments" }, { "custom", "input" }, { "arguments", NULL }, { "input", NULL }, { "code", NULL }
    };
    for (size_t i = 0; i < ARRAY_LEN(paths); i++)
        if (jsonx_is(j, jsonx_path(j, call, paths[i][0], paths[i][1], NULL), JSONX_STRING))
            return true;
    return false;
}

bool way_walk_call(struct way w, uint32_t call)
{
    w.is_call = true;
    uint32_t name = way_tool_name(w.json, call);
    w.tool_name = name == JSONX_NO_NODE ? w.tool_name : name;
    bool is_told = w.tool_name != JSONX_NO_NODE || (w.kind == PLACE_WHOLE && jsonx_first(w.json, call) != JSONX_NO_NODE);
    if (is_told && !has_arguments(w.json, call)) {
        struct way named = w;
        named.channel = CHANNEL_ARGUMENTS;
        named.id = way_key(w.id, STR("arguments"));
        if (!way_place(&named, JSONX_NO_NODE))
            return false;
    }
    return way_walk(w, call);
}

static bool walk_calls(struct way w, uint32_t list)
{
    uint32_t n = 0;
    for (uint32_t c = jsonx_first(w.json, list); c != JSONX_NO_NODE; c = jsonx_next(w.json, list, c), n++) {
        struct way one = w;
        one.tool = way_number(w.json, c, n);
        one.id = way_index(w.id, one.tool);
        if (!way_walk_call(one, c))
            return false;
    }
    return true;
}

/* A speaker's, a tool's: what the request named itself is no text, and any other may be whatever a model wrote. It is no part of what is
 * said, so filters of content do not take it for such. */
static bool place_name(struct way w, uint32_t node, struct str name)
{
    for (size_t i = 0; w.call && i < w.call->tool_names_count; i++)
        if (str_eq(w.call->tool_names[i], name))
            return true;
    w.channel = w.is_beside ? w.channel : CHANNEL_REASONING;
    w.kind = PLACE_WHOLE;
    w.id = way_key(way_key(w.id, name), STR("(name)"));
    return way_place(&w, node);
}

struct way way_beside(struct way w)
{
    w.channel = CHANNEL_ERROR; /* the model server says it, and no model */
    w.kind = PLACE_WHOLE;
    w.is_beside = w.is_free = true;
    w.is_call = w.is_json = w.is_added = false;
    w.logprobs = w.tool_name = JSONX_NO_NODE;
    w.id = way_key(w.id, STR("(beside)"));
    return w;
}

/* Pictures, sound, numbers, and what is sealed for the model server alone: base64 in which a text filter finds nothing, of a length that
 * no key has. */
static bool is_data(const struct way *w, struct str key, uint32_t value)
{
    enum { DATA_MIN_BYTES = 128 };
    static const struct str names[] = { STR_INIT("b64_json"), STR_INIT("signature"), STR_INIT("encrypted_content"),
                                        STR_INIT("partial_image_b64"), STR_INIT("embedding") };
    bool is_named = (w->is_drawing && str_eq(key, STR("result"))) ||
                    (w->is_sound && (str_eq(key, STR("data")) || str_eq(key, STR("delta"))));
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        is_named |= str_eq(key, names[i]);
    struct str raw = jsonx_raw(w->json, value);
    return is_named && jsonx_is(w->json, value, JSONX_STRING) && raw.len >= DATA_MIN_BYTES && ascii_is_made_of(raw, STR("+/=-_"));
}

bool answer_is_padding(struct str s)
{
    enum { LEN_MAX = 16, DIGITS_MAX = 8 };
    size_t digits = 0;
    for (size_t i = 0; i < s.len && s.len <= LEN_MAX; i++)
        digits += ascii_is_digit(s.at[i]);
    return s.len <= LEN_MAX && digits <= DIGITS_MAX && ascii_is_made_of(s, STR(""));
}

/* Log probabilities leave only where they spell a text, and nobody else's text is there to be spelled by those of a prompt. */
static bool is_logprobs(const struct way *w, struct str key, uint32_t value)
{
    bool is_argument = w->is_free && w->channel == CHANNEL_ARGUMENTS;
    return !is_argument && jsonx_kind(w->json, value) > JSONX_STRING &&
           (str_eq(key, STR("logprobs")) || str_eq(key, STR("prompt_logprobs")));
}

bool way_walk_member(struct way w, uint32_t value)
{
    const struct jsonx *j = w.json;
    uint32_t key_node = jsonx_key_of(j, value);
    char room[WORD_ROOM_BYTES];
    struct str key = jsonx_word(j, key_node, room, sizeof room);
    enum jsonx_kind kind = jsonx_kind(j, value);
    if (!name_is_plain(key) && !place_name(w, key_node, key))
        return false;
    if (kind < JSONX_STRING || value == w.logprobs)
        return true;
    if (is_logprobs(&w, key, value))
        return w.reader->spelled(w.reader, value);
    bool is_padding = str_eq(key, STR("obfuscation")) && answer_is_padding(jsonx_raw(j, value));
    if ((!w.is_free || w.is_beside) && (is_padding || is_data(&w, key, value)))
        return true;
    if (!w.is_free && is_no_text(key))
        return way_walk(way_beside(w), value);
    if (!w.is_free && kind == JSONX_STRING && str_eq(key, STR("name")))
        return place_name(w, value, jsonx_raw(j, value));
    w.channel = w.is_free ? w.channel : channel_of(key, w.channel, w.is_call);
    bool is_function = w.is_call && (str_eq(key, STR("function")) || str_eq(key, STR("custom")));
    if (!is_function) /* so that both ways to write a call lead to one text */
        w.id = way_key(w.id, key);
    if (w.is_free)
        return way_walk(w, value);
    if (str_eq(key, STR("tool_calls")) && kind == JSONX_ARRAY)
        return walk_calls(w, value);
    if (str_eq(key, STR("function_call")) && kind == JSONX_OBJECT)
        return way_walk_call(w, value);
    w.is_sound |= str_eq(key, STR("audio"));
    w.is_json = w.channel == CHANNEL_ARGUMENTS && kind == JSONX_STRING && str_eq(key, STR("arguments"));
    w.is_free = w.channel == CHANNEL_ARGUMENTS && kind != JSONX_STRING; /* they are nobody's words but the model's */
    return way_walk(w, value);
}

/* A picture in the address of itself: a member that holds such, and nothing but base64 in it. Otherwise whoever made
 * the model begin so would write past every filter. */
static bool is_picture(const struct jsonx *j, uint32_t node)
{
    static const struct str keys[] = { STR_INIT("url"), STR_INIT("image_url"), STR_INIT("image") };
    struct str raw = jsonx_raw(j, node), head = str_first(raw, 64);
    if (!str_starts(raw, STR("data:image/")))
        return false;
    bool is_named = jsonx_string_is_any(j, jsonx_key_of(j, node), keys, ARRAY_LEN(keys));
    size_t comma = str_find(head, ',');
    if (!is_named || comma == head.len || !str_ends(str_first(head, comma), STR(";base64")))
        return false;
    return ascii_is_made_of(str_from(raw, comma + 1), STR("+/="));
}

bool way_walk_inside(struct way w, uint32_t node, bool (*walk)(struct way w, uint32_t value))
{
    const struct jsonx *j = w.json;
    char room[WORD_ROOM_BYTES];
    for (int beside = !w.is_free; beside >= 0; beside--)
        for (uint32_t c = jsonx_first(j, node); c != JSONX_NO_NODE; c = jsonx_next(j, node, c)) {
            bool is_beside = !w.is_free && is_no_text(jsonx_word(j, jsonx_key_of(j, c), room, sizeof room));
            if (is_beside == (beside > 0) && !walk(w, c))
                return false;
        }
    return true;
}

static bool walk_list(struct way w, uint32_t list)
{
    uint32_t n = 0;
    for (uint32_t c = jsonx_first(w.json, list); c != JSONX_NO_NODE; c = jsonx_next(w.json, list, c), n++) {
        if (jsonx_kind(w.json, c) < JSONX_STRING) /* an embedding is thousands of numbers */
            continue;
        struct way one = w;
        one.id = way_index(w.id, way_number(w.json, c, n));
        if (!way_walk(one, c))
            return false;
    }
    return true;
}

bool way_walk(struct way w, uint32_t node)
{
    const struct jsonx *j = w.json;
    enum jsonx_kind kind = jsonx_kind(j, node);
    if (kind == JSONX_STRING)
        return is_picture(j, node) || way_place(&w, node);
    if (kind < JSONX_STRING)
        return true;
    if (++w.depth > DEPTH_MAX)
        return false;
    if (kind == JSONX_ARRAY)
        return walk_list(w, node);
    uint32_t logprobs = w.logprobs == JSONX_NO_NODE ? jsonx_member(j, node, STR("logprobs")) : JSONX_NO_NODE;
    if (jsonx_kind(j, logprobs) <= JSONX_STRING || (w.is_free && w.channel == CHANNEL_ARGUMENTS))
        return way_walk_inside(w, node, way_walk_member);
    w.logprobs = logprobs;
    return way_walk_inside(w, node, way_walk_member) && w.reader->spelled(w.reader, logprobs);
}
