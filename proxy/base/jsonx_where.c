/* jsonx_where.c - where in the text a byte of a string's value is written. */
#include "proxy/base/jsonx_parts.h"
#include "proxy/base/utf8.h"

size_t jsonx_where(const struct jsonx *j, uint32_t node, size_t at)
{
    assert(jsonx_is(j, node, JSONX_STRING));
    const struct jsonx_node *n = &j->nodes[node];
    if (!n->has_escapes)
        return n->start + at;
    struct str left = jsonx_raw(j, node);
    while (left.len) {
        uint32_t code;
        char unit[4];
        size_t written = 1, means = 1;
        if (*left.at == '\\') {
            written = jsonx_escape_read(left, &code);
            means = utf8_encode(unit, code);
        }
        if (at < means)
            break;
        at -= means;
        left = str_from(left, written);
    }
    return n->end - left.len;
}
