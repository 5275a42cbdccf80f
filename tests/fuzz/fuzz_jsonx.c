/* fuzz_jsonx.c - what the index accepts, jansson accepts and understands alike; what the index says about it, holds. */
#include "proxy/base/jsonx.h"
#include "proxy/base/utf8.h"

#include <jansson.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void compare(const struct jsonx *j, uint32_t node, const json_t *theirs, struct arena *a);

static void compare_string(const struct jsonx *j, uint32_t node, const json_t *theirs, struct arena *a)
{
    struct str mine = jsonx_string(j, node, a);
    assert(mine.at && json_is_string(theirs));
    struct str other = str_of(json_string_value(theirs), json_string_length(theirs));
    assert(str_eq(mine, other) && jsonx_string_is(j, node, other));
}

static void compare_container(const struct jsonx *j, uint32_t node, const json_t *theirs, struct arena *a)
{
    bool object = jsonx_is(j, node, JSONX_OBJECT);
    assert(object ? json_is_object(theirs) : json_is_array(theirs));
    size_t n = 0;
    uint32_t last = node;
    for (uint32_t c = jsonx_first(j, node); c != JSONX_NO_NODE; c = jsonx_next(j, node, c), n++) {
        assert(c > last && c < j->nodes[node].next);
        last = c;
        uint32_t key = jsonx_key_of(j, c);
        assert((key != JSONX_NO_NODE) == object);
        if (!object) {
            compare(j, c, json_array_get(theirs, n), a);
            continue;
        }
        assert(j->nodes[key].next == c && key == c - 1);
        struct str name = jsonx_string(j, key, a);
        assert(name.at && jsonx_member(j, node, name) == c);
        compare(j, c, json_object_getn(theirs, name.at, name.len), a);
    }
    assert(n == (object ? json_object_size(theirs) : json_array_size(theirs)));
    assert(n ? j->nodes[last].next == j->nodes[node].next : j->nodes[node].next == node + 1);
}

static void compare(const struct jsonx *j, uint32_t node, const json_t *theirs, struct arena *a)
{
    const struct jsonx_node *n = &j->nodes[node];
    struct str whole = jsonx_whole(j, node);
    assert(theirs && n->start <= n->end && n->end <= j->text.len && node < n->next && n->next <= j->count);
    assert(whole.len && whole.at >= j->text.at && whole.at + whole.len <= j->text.at + j->text.len);
    switch (jsonx_kind(j, node)) {
    case JSONX_NULL:
        assert(json_is_null(theirs) && str_eq(whole, STR("null")));
        break;
    case JSONX_FALSE:
        assert(json_is_false(theirs) && str_eq(whole, STR("false")));
        break;
    case JSONX_TRUE:
        assert(json_is_true(theirs) && str_eq(whole, STR("true")));
        break;
    case JSONX_NUMBER: {
        uint64_t value;
        assert(json_is_number(theirs));
        if (jsonx_u64(j, node, &value) && json_is_integer(theirs))
            assert((uint64_t)json_integer_value(theirs) == value);
        break;
    }
    case JSONX_STRING:
        compare_string(j, node, theirs, a);
        break;
    case JSONX_ARRAY:
    case JSONX_OBJECT:
        assert(whole.at[0] == (jsonx_is(j, node, JSONX_ARRAY) ? '[' : '{'));
        assert(whole.at[whole.len - 1] == whole.at[0] + 2);
        compare_container(j, node, theirs, a);
        break;
    }
}

/* The only texts that we take and jansson does not: numbers beyond what a double or its integer can hold. */
static bool is_about_numbers(const json_error_t *e)
{
    return json_error_code(e) == json_error_numeric_overflow;
}

/* Two texts, between them a NUL: where the second can be indexed from the first, that is its index. */
static void compare_again(struct str first, struct str second)
{
    struct jsonx j, whole;
    struct jsonx_error error;
    uint32_t changing[JSONX_CHANGING_MAX];
    size_t n = 0;
    jsonx_init(&j);
    jsonx_init(&whole);
    if (jsonx_index(&j, first, &JSONX_LIMITS_DEFAULT, &error)) {
        for (uint32_t i = 0; i < j.count && n < JSONX_CHANGING_MAX; i++)
            if (!j.nodes[i].is_key && (j.nodes[i].kind == JSONX_STRING || j.nodes[i].kind == JSONX_NUMBER))
                changing[n++] = i;
        if (jsonx_index_again(&j, first, second, changing, n)) {
            assert(jsonx_index(&whole, second, &JSONX_LIMITS_DEFAULT, &error) && whole.count == j.count && str_eq(j.text, second));
            for (uint32_t i = 0; i < j.count; i++)
                assert(whole.nodes[i].start == j.nodes[i].start && whole.nodes[i].end == j.nodes[i].end &&
                       whole.nodes[i].next == j.nodes[i].next && whole.nodes[i].kind == j.nodes[i].kind &&
                       whole.nodes[i].is_key == j.nodes[i].is_key && whole.nodes[i].has_escapes == j.nodes[i].has_escapes);
        } else {
            assert(str_eq(j.text, first) && j.nodes[0].end <= first.len);
        }
    }
    jsonx_finish(&j);
    jsonx_finish(&whole);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *cut = size ? memchr(data, 0, size) : NULL;
    if (cut)
        compare_again(str_of((const char *)data, (size_t)(cut - data)),
                      str_of((const char *)cut + 1, size - 1 - (size_t)(cut - data)));
    struct str text = str_of((const char *)data, size);
    struct jsonx j;
    struct jsonx_error error = { .offset = SIZE_MAX };
    jsonx_init(&j);
    if (!jsonx_index(&j, text, &JSONX_LIMITS_DEFAULT, &error)) {
        assert(j.count == 0 && error.why && error.offset <= size);
        if (strcmp(error.why, "invalid UTF-8") == 0)
            assert(utf8_valid_prefix(text) == error.offset);
        jsonx_finish(&j);
        return 0;
    }
    assert(j.count && j.nodes[0].next == j.count);

    struct buf out;
    buf_init(&out, size + 1);
    assert(jsonx_splice(text, NULL, 0, &out) && str_eq(buf_str(&out), text));
    buf_clear(&out);
    struct jsonx_edit same = { j.nodes[j.count - 1].start, j.nodes[j.count - 1].end, jsonx_raw(&j, j.count - 1) };
    assert(jsonx_splice(text, &same, 1, &out) && str_eq(buf_str(&out), text));
    buf_finish(&out);

    json_error_t e;
    json_t *theirs = json_loadb(text.at, text.len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL, &e);
    if (theirs) {
        struct arena a;
        arena_init(&a, 16 * size + (1 << 20));
        compare(&j, 0, theirs, &a);
        arena_finish(&a);
        json_decref(theirs);
    } else {
        assert(is_about_numbers(&e));
    }
    jsonx_finish(&j);
    return 0;
}
