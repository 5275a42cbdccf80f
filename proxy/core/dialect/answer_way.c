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

/* Words of the API and annotations of a content filter, by their length: no texts, and left as they are. */
static bool is_no_text(struct str key)
{
    enum { LENGTHS = 23, ROOM = 5 };
    static const char *const keys[LENGTHS][ROOM] = {
        [2] = { "id" },
        [4] = { "type", "role" },
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

bool way_place(const struct way *w, uint32_t node)
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
        .id = way_index(w->id, w->channel), /* events of two kinds may give one place */
        .kind = w->is_added && !is_empty ? PLACE_WHOLE : w->kind,
        .is_last = w->is_last,
        .is_json = w->is_json,
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
    w.channel = CHANNEL_REASONING;
    w.kind = PLACE_WHOLE;
    w.id = way_key(way_key(w.id, name), STR("(name)"));
    return way_place(&w, node);
}

static bool is_base64(struct str s)
{
    return ascii_is_made_of(s, STR("+/=-_"));
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
    if (kind < JSONX_STRING || (!w.is_free && is_no_text(key)))
        return true;
    bool is_data = (w.is_drawing && str_eq(key, STR("result"))) || (w.is_sound && str_eq(key, STR("data")));
    if (is_data && kind == JSONX_STRING && is_base64(jsonx_raw(j, value)))
        return true;
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
    w.is_sound = str_eq(key, STR("audio"));
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

bool way_walk(struct way w, uint32_t node)
{
    const struct jsonx *j = w.json;
    enum jsonx_kind kind = jsonx_kind(j, node);
    uint32_t n = 0;
    if (kind == JSONX_STRING)
        return is_picture(j, node) || way_place(&w, node);
    if (kind < JSONX_STRING)
        return true;
    if (++w.depth > DEPTH_MAX)
        return false;
    if (kind == JSONX_OBJECT && w.logprobs == JSONX_NO_NODE)
        w.logprobs = jsonx_member(j, node, STR("logprobs"));
    for (uint32_t c = jsonx_first(j, node); c != JSONX_NO_NODE; c = jsonx_next(j, node, c), n++) {
        struct way one = w;
        if (kind == JSONX_ARRAY)
            one.id = way_index(w.id, way_number(j, c, n));
        if (!(kind == JSONX_ARRAY ? way_walk(one, c) : way_walk_member(one, c)))
            return false;
    }
    return true;
}
