/* answer_alike.c - nearly all events of a stream say the same but for one piece of one text: what was found in the last one is found
 * in the next without looking, if its bytes are the same but there and where nobody reads.
 *
 * What events tell depends on their bytes alone. So those that may differ are few and known to be read by nobody
 * (dialect/answer.c, dialect/answer_way.c): paddings, stamps, counters. */
#include "proxy/core/answer_text_parts.h"

/* Members at the top of an event that no reader looks at. */
static bool is_read_by_nobody(const struct jsonx *j, uint32_t value)
{
    static const struct str numbers[] = { STR_INIT("created"), STR_INIT("sequence_number") };
    uint32_t key = jsonx_key_of(j, value);
    return (jsonx_is(j, value, JSONX_STRING) && jsonx_string_is(j, key, STR("obfuscation")) && answer_is_padding(jsonx_raw(j, value))) ||
           (jsonx_is(j, value, JSONX_NUMBER) && jsonx_string_is_any(j, key, numbers, ARRAY_LEN(numbers)));
}

/* A member that is a text whatever it says: of others an address or base64 may be none. */
static bool is_always_text(const struct jsonx *j, uint32_t value)
{
    static const struct str names[] = { STR_INIT("content"), STR_INIT("delta"), STR_INIT("text"), STR_INIT("reasoning_content"),
                                        STR_INIT("reasoning"), STR_INIT("refusal"), STR_INIT("arguments") };
    return jsonx_string_is_any(j, jsonx_key_of(j, value), names, ARRAY_LEN(names));
}

/* Did the event bring a piece of a text, and nothing else? An empty one may be told in another way (dialect/answer_way.c). */
static bool is_plain(const struct answer_texts *t, const struct jsonx *j)
{
    const struct answer_place *p = &t->last_place;
    return t->places == 1 && !t->tells_more && p->kind == PLACE_PIECE && !p->is_last && p->node != JSONX_NO_NODE && !j->nodes[p->node].is_key &&
           p->tool_name == JSONX_NO_NODE && jsonx_first(j, p->logprobs) == JSONX_NO_NODE && jsonx_kind(j, p->logprobs) != JSONX_STRING &&
           jsonx_raw(j, p->node).len > 0 && is_always_text(j, p->node);
}

/* In order. False when there are too many. */
static bool add_changing(struct alike *a, uint32_t node)
{
    if (a->changing_count == JSONX_CHANGING_MAX)
        return false;
    size_t i = a->changing_count++;
    for (; i && a->changing[i - 1] > node; i--)
        a->changing[i] = a->changing[i - 1];
    a->changing[i] = node;
    return true;
}

static bool keep(struct alike *a, struct str name, struct str data)
{
    buf_clear(&a->event);
    a->name_len = name.len;
    return buf_add(&a->event, name) && buf_add(&a->event, data);
}

void answer_texts_remember(struct exchange *x, const struct sse_event *event)
{
    struct answer_texts *t = x->texts;
    const struct jsonx *j = &x->answer_json;
    struct alike *a = &t->alike;
    if (!is_plain(t, j))
        return;
    a->place = t->last_place;
    a->changing_count = 0;
    bool ok = add_changing(a, a->place.node);
    for (uint32_t c = jsonx_first(j, 0); ok && c != JSONX_NO_NODE; c = jsonx_next(j, 0, c))
        if (c != a->place.node && is_read_by_nobody(j, c))
            ok = add_changing(a, c);
    a->is_known = ok && keep(a, event->name, event->data);
}

bool answer_texts_alike(struct exchange *x, const struct sse_event *event)
{
    struct alike *a = &x->texts->alike;
    struct str was = buf_str(&a->event);
    a->is_now = a->is_known && str_eq(event->name, str_first(was, a->name_len)) &&
                jsonx_index_again(&x->answer_json, str_from(was, a->name_len), event->data, a->changing, a->changing_count);
    for (size_t i = 0; a->is_now && i < a->changing_count; i++)
        a->is_now = a->changing[i] == a->place.node || is_read_by_nobody(&x->answer_json, a->changing[i]);
    a->is_known = a->is_now && keep(a, event->name, event->data);
    return a->is_now;
}
