/* answer_event.c - an event that carries one text, made after one that carried more; and whether one has anything to tell. */
#include "proxy/core/answer_text.h"

enum { NAME_MAX_BYTES = 256 }; /* of ids and the like */

static bool holds(const struct jsonx *j, uint32_t value, uint32_t node)
{
    return value <= node && node < j->nodes[value].next;
}

/* Strings that name the answer and the place in it, which the filters have read before; any other may be a text. */
static bool names_answer(const struct jsonx *j, uint32_t key)
{
    static const struct str names[] = { STR_INIT("id"),      STR_INIT("object"), STR_INIT("model"), STR_INIT("system_fingerprint"),
                                        STR_INIT("item_id"), STR_INIT("type"),   STR_INIT("service_tier"), STR_INIT("response_id") };
    return jsonx_string_is_any(j, key, names, ARRAY_LEN(names));
}

/* What a part is, as APIs say it: "type" may be anything in what a model calls its own. */
static bool is_part(const struct jsonx *j, uint32_t type)
{
    static const struct str parts[] = { STR_INIT("text"),           STR_INIT("output_text"), STR_INIT("summary_text"), STR_INIT("reasoning"),
                                        STR_INIT("reasoning_text"), STR_INIT("refusal"),     STR_INIT("thinking"),     STR_INIT("message") };
    return jsonx_string_is_any(j, type, parts, ARRAY_LEN(parts));
}

/* Beside the way: at the top what names the answer, below it what numbers its parts. What is told once (a role, the id of a tool
 * call) is not told again. */
static bool goes_along(const struct jsonx *j, uint32_t value, bool is_top, bool with_names)
{
    uint32_t key = jsonx_key_of(j, value);
    enum jsonx_kind kind = jsonx_kind(j, value);
    if (kind >= JSONX_ARRAY || jsonx_raw(j, value).len > NAME_MAX_BYTES || (kind == JSONX_STRING && !with_names))
        return false;
    if (kind == JSONX_STRING)
        return is_top ? names_answer(j, key) : jsonx_string_is(j, key, STR("type")) && is_part(j, value);
    return is_top || kind == JSONX_NULL || jsonx_string_is(j, key, STR("index"));
}

struct likeness {
    uint32_t node;
    bool with_names;
    struct buf *out;
    size_t *split;
    unsigned *steps;
};

static bool copy_way(const struct jsonx *j, uint32_t at, bool is_top, const struct likeness *l)
{
    struct buf *out = l->out;
    if (at == l->node) {
        bool ok = buf_add(out, STR("\""));
        *l->split = buf_len(out);
        return ok && buf_add(out, STR("\""));
    }
    bool is_object = jsonx_is(j, at, JSONX_OBJECT), ok = buf_add(out, is_object ? STR("{") : STR("["));
    bool is_first = true;
    for (uint32_t c = jsonx_first(j, at); ok && c != JSONX_NO_NODE; c = jsonx_next(j, at, c)) {
        bool on_way = holds(j, c, l->node);
        if (!*l->steps || !--*l->steps)
            return false;
        if (!on_way && !(is_object && goes_along(j, c, is_top, l->with_names)))
            continue;
        ok = is_first || buf_add(out, STR(","));
        if (is_object)
            ok = ok && buf_add(out, jsonx_whole(j, jsonx_key_of(j, c))) && buf_add(out, STR(":"));
        ok = ok && (on_way ? copy_way(j, c, false, l) : buf_add(out, jsonx_whole(j, c)));
        is_first = false;
    }
    return ok && buf_add(out, is_object ? STR("}") : STR("]"));
}

bool answer_event_like(const struct jsonx *json, uint32_t node, bool with_names, struct buf *out, size_t *split, unsigned *steps)
{
    struct likeness l = { node, with_names, out, split, steps };
    buf_clear(out);
    return copy_way(json, 0, true, &l);
}

static bool is_in(const uint32_t *list, size_t n, uint32_t node)
{
    for (size_t i = 0; i < n; i++)
        if (list[i] == node)
            return true;
    return false;
}

static bool tells(const struct jsonx *j, uint32_t at, const uint32_t *emptied, size_t n, bool is_top)
{
    for (uint32_t c = jsonx_first(j, at); c != JSONX_NO_NODE; c = jsonx_next(j, at, c)) {
        bool is_member = jsonx_is(j, at, JSONX_OBJECT);
        uint32_t key = is_member ? jsonx_key_of(j, c) : JSONX_NO_NODE;
        enum jsonx_kind kind = jsonx_kind(j, c);
        if (kind == JSONX_NULL || jsonx_string_is(j, key, STR("logprobs")) || is_in(emptied, n, c))
            continue;
        if (kind >= JSONX_ARRAY) {
            if (tells(j, c, emptied, n, false))
                return true;
        } else if (!is_top && !jsonx_string_is(j, key, STR("index")) &&
                   !(kind == JSONX_STRING && !jsonx_raw(j, c).len)) {
            return true;
        }
    }
    return false;
}

bool answer_event_tells(const struct jsonx *json, const uint32_t *emptied, size_t n)
{
    return tells(json, 0, emptied, n, true);
}
