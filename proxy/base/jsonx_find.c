/* jsonx_find.c - look-ups in an index. */
#include "proxy/base/jsonx.h"

#include <stdarg.h>

static bool is_there(const struct jsonx *j, uint32_t node)
{
    assert(node == JSONX_NO_NODE || node < j->count);
    return node != JSONX_NO_NODE;
}

uint32_t jsonx_member(const struct jsonx *j, uint32_t object, struct str key)
{
    if (!jsonx_is(j, object, JSONX_OBJECT))
        return JSONX_NO_NODE;
    uint32_t end = j->nodes[object].next;
    for (uint32_t k = object + 1; k < end; k = j->nodes[k + 1].next)
        if (jsonx_string_is(j, k, key))
            return k + 1;
    return JSONX_NO_NODE;
}

uint32_t jsonx_path(const struct jsonx *j, uint32_t node, ...)
{
    va_list keys;
    va_start(keys, node);
    for (const char *key; node != JSONX_NO_NODE && (key = va_arg(keys, const char *));)
        node = jsonx_member(j, node, str_c(key));
    va_end(keys);
    return node;
}

/* Of a container: the value that the node `at` is, or is the key of; none behind the container's end. */
static uint32_t value_at(const struct jsonx *j, uint32_t container, uint32_t at)
{
    if (at >= j->nodes[container].next)
        return JSONX_NO_NODE;
    return j->nodes[container].kind == JSONX_OBJECT ? at + 1 : at;
}

uint32_t jsonx_first(const struct jsonx *j, uint32_t container)
{
    if (jsonx_kind(j, container) < JSONX_ARRAY)
        return JSONX_NO_NODE;
    return value_at(j, container, container + 1);
}

uint32_t jsonx_next(const struct jsonx *j, uint32_t container, uint32_t child)
{
    if (jsonx_kind(j, container) < JSONX_ARRAY || !is_there(j, child))
        return JSONX_NO_NODE;
    return value_at(j, container, j->nodes[child].next);
}

uint32_t jsonx_key_of(const struct jsonx *j, uint32_t value)
{
    return is_there(j, value) && value > 0 && j->nodes[value - 1].is_key ? value - 1 : JSONX_NO_NODE;
}

struct str jsonx_raw(const struct jsonx *j, uint32_t node)
{
    if (!is_there(j, node))
        return STR_NONE;
    const struct jsonx_node *n = &j->nodes[node];
    return str_of(j->text.at + n->start, n->end - n->start);
}

struct str jsonx_whole(const struct jsonx *j, uint32_t node)
{
    struct str raw = jsonx_raw(j, node);
    return jsonx_is(j, node, JSONX_STRING) ? str_of(raw.at - 1, raw.len + 2) : raw;
}

bool jsonx_u64(const struct jsonx *j, uint32_t node, uint64_t *out)
{
    return jsonx_is(j, node, JSONX_NUMBER) && str_to_u64(jsonx_raw(j, node), out);
}
