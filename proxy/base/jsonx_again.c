/* jsonx_again.c - the index of a text that differs from the last one in a few strings and numbers alone, as the events of a stream do:
 * what is the same is compared, not read. */
#include "proxy/base/jsonx_parts.h"

/* A string or number that differs, or may. */
struct change {
    uint32_t node, start, end; /* in the new text */
    uint32_t shift;            /* of what follows it, to the old text; modulo 2^32 */
    bool has_escapes;
};

/* Whole numbers alone: `digits` of RFC 8259 §6. */
static const char *number_end(const char *at, const char *end)
{
    const char *start = at;
    while (at < end && ascii_is_digit(*at))
        at++;
    return at == start || (*start == '0' && at - start > 1) ? NULL : at;
}

/* Reads what stands at `c->start` instead of the old value. */
static bool read_change(const struct jsonx *j, struct str text, struct change *c)
{
    const struct jsonx_node *was = &j->nodes[c->node];
    const char *at = text.at + c->start, *end = text.at + text.len;
    c->has_escapes = false;
    at = was->kind == JSONX_STRING ? jsonx_string_end(at, end, &c->has_escapes) : number_end(at, end);
    if (!at)
        return false;
    c->end = (uint32_t)(at - text.at);
    c->shift = c->end - was->end;
    return true;
}

/* Each node moves by what changed before it, and its end by what changed within it too. */
static void move_nodes(struct jsonx *j, const struct change *changes, size_t n)
{
    size_t before = 0, within;
    uint32_t shift = 0;
    for (uint32_t i = 0; i < j->count; i++) {
        struct jsonx_node *node = &j->nodes[i];
        if (before < n && changes[before].node == i) {
            node->start = changes[before].start;
            node->end = changes[before].end;
            node->has_escapes = changes[before].has_escapes;
            shift = changes[before++].shift;
            continue;
        }
        for (within = before; node->kind >= JSONX_ARRAY && within < n && changes[within].node < node->next; within++)
            ;
        node->start += shift;
        node->end += within ? changes[within - 1].shift : 0;
    }
}

bool jsonx_index_again(struct jsonx *j, struct str old, struct str text, const uint32_t *changing, size_t n)
{
    struct change changes[JSONX_CHANGING_MAX];
    size_t done = 0, at = 0; /* so far they are known, in the old text and in the new */
    assert(j->count && n <= JSONX_CHANGING_MAX);
    if (text.len > JSONX_TEXT_MAX)
        return false;
    for (size_t i = 0; i < n; i++) {
        const struct jsonx_node *was = &j->nodes[changing[i]];
        assert((i == 0 || changing[i] > changing[i - 1]) && (was->kind == JSONX_STRING || was->kind == JSONX_NUMBER) && !was->is_key);
        size_t same = was->start - done;
        if (text.len - at < same || memcmp(old.at + done, text.at + at, same) != 0)
            return false;
        changes[i] = (struct change){ .node = changing[i], .start = (uint32_t)(at + same) };
        if (!read_change(j, text, &changes[i]))
            return false;
        done = was->end;
        at = changes[i].end;
    }
    if (!str_eq(str_from(old, done), str_from(text, at)))
        return false;
    move_nodes(j, changes, n);
    j->text = text;
    return true;
}
