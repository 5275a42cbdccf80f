/* rewrite.c - texts that the model reads in other words than the caller sent, and the body that says them. */
#include "proxy/core/rewrite.h"

#include <stdlib.h>

#include "proxy/base/ascii.h"

/* ---- what may be rewritten ---- */

enum { LOOK_BACK_MAX = 4096 };

static bool is_word(struct str s)
{
    return s.len > 0 && s.len <= 64 && ascii_is_made_of(s, STR("_-"));
}

/* What other members, the caller's code or the model server compare with. */
static bool is_compared(const struct jsonx *j, uint32_t key)
{
    static const struct str KEYS[] = {
        STR_INIT("type"),   STR_INIT("role"),      STR_INIT("id"),         STR_INIT("call_id"), STR_INIT("tool_call_id"),
        STR_INIT("status"), STR_INIT("format"),    STR_INIT("detail"),     STR_INIT("item_id"), STR_INIT("file_id"),
        STR_INIT("model"),  STR_INIT("mime_type"), STR_INIT("media_type"), STR_INIT("pattern"), STR_INIT("required"),
        STR_INIT("$ref"),   STR_INIT("$schema"),   STR_INIT("$id"),        STR_INIT("$defs"),   STR_INIT("encrypted_content"),
    };
    return jsonx_string_is_any(j, key, KEYS, ARRAY_LEN(KEYS));
}

/* The object that the value lies in, also when it is in a list there, and in *key the member's name. JSONX_NO_NODE for both at
 * the root, or when it is too far up to look for. */
static uint32_t object_of(const struct jsonx *j, uint32_t node, uint32_t *key)
{
    uint32_t child = node;
    *key = JSONX_NO_NODE;
    for (uint32_t up = node, steps = 0; up-- > 0 && steps < LOOK_BACK_MAX; steps++) {
        if (j->nodes[up].next <= node)
            continue;
        if (j->nodes[up].kind == JSONX_OBJECT) {
            *key = jsonx_key_of(j, child);
            return up;
        }
        child = up;
    }
    return JSONX_NO_NODE;
}

/* May `with` stand in the place of that text, or would the call break? Names of members, ids and words that something
 * else is compared with are not rewritten. In a document of no known shape only the names of members mean something. */
static bool may_rewrite(const struct jsonx *j, const struct text *text, bool is_free, struct str with)
{
    if (j->nodes[text->node].is_key)
        return false;
    uint32_t key = jsonx_key_of(j, text->node), object = JSONX_NO_NODE;
    if (is_free)
        return true;
    if (key == JSONX_NO_NODE && text->source == TEXT_DEFINITION) {
        object = object_of(j, text->node, &key);
        if (object == JSONX_NO_NODE)
            return false;
    }
    if (key == JSONX_NO_NODE)
        return true;
    if (is_compared(j, key))
        return false;
    if (!jsonx_string_is(j, key, STR("name")))
        return true;
    /* a tool's is compared; of one who speaks another word will do */
    object = object_of(j, text->node, &key);
    return jsonx_member(j, object, STR("role")) != JSONX_NO_NODE && is_word(with);
}

bool exchange_rewrite_text(struct exchange *x, size_t i, struct str with)
{
    struct call *call = &x->call;
    assert(i < call->texts_count);
    if (!may_rewrite(&x->json, &call->texts[i], call->operation == OP_SCORE, with))
        return false;
    if (!x->rewritten && !(x->rewritten = arena_array(&x->arena, bool, call->texts_count)))
        return false;
    x->rewritten_count += !x->rewritten[i];
    x->rewritten[i] = true;
    call->texts[i].value = with;
    return true;
}

/* ---- the body ---- */

struct place {
    uint32_t start, text;
};

static int by_start(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    return (x->start > y->start) - (x->start < y->start);
}

/* Texts are gathered in the order of the body but for a few: they are sorted when they are not. */
static struct place *places_of(struct exchange *x)
{
    struct place *places = arena_array(&x->arena, struct place, x->rewritten_count);
    bool is_sorted = true;
    for (size_t i = 0, n = 0; places && i < x->call.texts_count; i++) {
        if (!x->rewritten[i])
            continue;
        places[n] = (struct place){ x->json.nodes[x->call.texts[i].node].start, (uint32_t)i };
        is_sorted = is_sorted && (n == 0 || places[n - 1].start < places[n].start);
        n++;
    }
    if (places && !is_sorted)
        qsort(places, x->rewritten_count, sizeof *places, by_start);
    return places;
}

/* Copies what lies before `start`, skips to `end`. False where the two changes want the same bytes. */
static bool copy_up_to(struct str body, size_t *at, size_t start, size_t end, struct buf *out)
{
    if (start < *at || !buf_add(out, str_of(body.at + *at, start - *at)))
        return false;
    *at = end;
    return true;
}

bool rewrite_body(struct exchange *x, struct buf *out)
{
    struct str body = buf_str(&x->body);
    if (!x->places && !(x->places = places_of(x)))
        return false;
    const struct place *places = x->places;
    size_t at = 0, k = 0;
    bool ok = buf_reserve(out, body.len) != NULL;
    for (size_t i = 0; ok && i < x->rewritten_count; i++) {
        const struct jsonx_node *n = &x->json.nodes[x->call.texts[places[i].text].node];
        for (; ok && k < x->edits_count && x->edits[k].start <= n->start; k++)
            ok = copy_up_to(body, &at, x->edits[k].start, x->edits[k].end, out) && buf_add(out, x->edits[k].with);
        ok = ok && copy_up_to(body, &at, n->start, n->end, out) && buf_add_json(out, x->call.texts[places[i].text].value);
    }
    for (; ok && k < x->edits_count; k++)
        ok = copy_up_to(body, &at, x->edits[k].start, x->edits[k].end, out) && buf_add(out, x->edits[k].with);
    return ok && buf_add(out, str_from(body, at));
}
