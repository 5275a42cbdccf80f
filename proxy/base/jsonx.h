/* jsonx.h - the strict index of a JSON text: one pass, no allocation per value, offsets kept.
 *
 * Bodies are read by this and forwarded as the bytes that were read, so it refuses whatever two honest parsers could
 * read differently (RFC 8259, and design.md principle 1): duplicate keys (also keys equal but for ASCII case, after
 * unescaping), NUL in a key, lone surrogates, invalid UTF-8, a byte order mark, trailing data, numbers beyond the
 * grammar, control bytes in strings, depth above the limit. The text is borrowed and must outlive the index. Numbers
 * may have any size and precision that the grammar allows. The prefix is jsonx_ because json_ is jansson's, and both
 * are linked. */
#ifndef BASE_JSONX_H
#define BASE_JSONX_H

#include "proxy/base/arena.h"
#include "proxy/base/buf.h"

enum jsonx_kind { JSONX_NULL, JSONX_FALSE, JSONX_TRUE, JSONX_NUMBER, JSONX_STRING, JSONX_ARRAY, JSONX_OBJECT };

/* One value or one key. Nodes lie in the order of the text; the children of a container follow it, keys and values in
 * turn for an object; `next` is the node behind the whole value. 16 bytes, so that an index stays in the cache. */
struct jsonx_node {
    uint32_t start; /* of the value's first byte in the text; inside the quotes for strings and keys */
    uint32_t end;   /* behind its last byte; before the closing quote for strings and keys */
    uint32_t next;  /* index of the node after this value and all that it contains */
    uint8_t kind;   /* enum jsonx_kind */
    uint8_t is_key;
    uint8_t has_escapes; /* a string or key whose bytes are not its value */
    uint8_t hash;        /* of a key, while the index is made */
};

struct jsonx {
    struct str text;
    struct jsonx_node *nodes; /* owned, kept from one text to the next */
    uint32_t count, room;
    uint32_t nodes_max; /* of the limits in force */
};

struct jsonx_limits {
    uint32_t depth; /* of nested containers */
    uint32_t nodes; /* values and keys */
};
extern const struct jsonx_limits JSONX_LIMITS_DEFAULT; /* depth 64, 1 M nodes */

struct jsonx_error {
    size_t offset;
    const char *why; /* a constant sentence part: "duplicate key" */
};

void jsonx_init(struct jsonx *j);
void jsonx_finish(struct jsonx *j);
/* Texts above 1 GiB are refused. On failure the index is empty. */
bool jsonx_index(struct jsonx *j, struct str text, const struct jsonx_limits *limits,
                 struct jsonx_error *error) MUST_USE;

/* Makes the index of `old` that of `text`, where they differ in nothing but the insides of the strings and the digits of the numbers
 * `changing`: nodes, in order, no keys. False where they differ in more; the index is then still that of `old`. */
enum { JSONX_CHANGING_MAX = 8 };
bool jsonx_index_again(struct jsonx *j, struct str old, struct str text, const uint32_t *changing, size_t n) MUST_USE;

/* Node numbers: the root is 0. JSONX_NO_NODE is what look-ups answer for "not there"; every function below takes it and
 * answers as for null, so that look-ups chain. */
#define JSONX_NO_NODE UINT32_MAX

static inline enum jsonx_kind jsonx_kind(const struct jsonx *j, uint32_t node)
{
    assert(node == JSONX_NO_NODE || node < j->count);
    return node == JSONX_NO_NODE ? JSONX_NULL : (enum jsonx_kind)j->nodes[node].kind;
}
/* Value of the member `key` of an object. */
uint32_t jsonx_member(const struct jsonx *j, uint32_t object, struct str key);
/* jsonx_path(j, 0, "usage", "prompt_tokens", NULL) */
uint32_t jsonx_path(const struct jsonx *j, uint32_t node, ...);

/* for (uint32_t c = jsonx_first(j, n); c != JSONX_NO_NODE; c = jsonx_next(j, n, c)) visits the elements of an array, or
 * the values of an object; jsonx_key_of gives the key node of such a value. */
uint32_t jsonx_first(const struct jsonx *j, uint32_t container);
uint32_t jsonx_next(const struct jsonx *j, uint32_t container, uint32_t child);
uint32_t jsonx_key_of(const struct jsonx *j, uint32_t value);

/* The bytes of a value as written (strings without their quotes, still escaped). */
struct str jsonx_raw(const struct jsonx *j, uint32_t node);
/* The bytes of a value as written, strings with their quotes: for splicing. */
struct str jsonx_whole(const struct jsonx *j, uint32_t node);
/* The value of a string or key: a view into the text when it has no escapes, else unescaped into the arena. at == NULL
 * when the node is no string or the arena is full. */
struct str jsonx_string(const struct jsonx *j, uint32_t node, struct arena *a);
/* The same for a word that something is compared with, unescaped into `room`: as it is written where it is longer than `size`. */
struct str jsonx_word(const struct jsonx *j, uint32_t node, char *room, size_t size);
/* Non-negative integers written without fraction or exponent. */
bool jsonx_u64(const struct jsonx *j, uint32_t node, uint64_t *out) MUST_USE;
/* Where in the text byte `at` of that string's value is written; an escape is where it begins. */
size_t jsonx_where(const struct jsonx *j, uint32_t node, size_t at);
bool jsonx_escaped_is(const struct jsonx *j, uint32_t node, struct str s);
/* Is it a string or key of that value? Needs no arena; inline, since readers ask it of every key. */
static inline bool jsonx_string_is(const struct jsonx *j, uint32_t node, struct str s)
{
    if (node == JSONX_NO_NODE)
        return false;
    assert(node < j->count);
    const struct jsonx_node *n = &j->nodes[node];
    if (n->kind != JSONX_STRING || n->has_escapes)
        return n->kind == JSONX_STRING && jsonx_escaped_is(j, node, s);
    return n->end - n->start == s.len && (s.len == 0 || memcmp(j->text.at + n->start, s.at, s.len) == 0);
}
/* Any of those `n`? */
static inline bool jsonx_string_is_any(const struct jsonx *j, uint32_t node, const struct str *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (jsonx_string_is(j, node, list[i]))
            return true;
    return false;
}
static inline bool jsonx_is(const struct jsonx *j, uint32_t node, enum jsonx_kind kind)
{
    return node != JSONX_NO_NODE && jsonx_kind(j, node) == kind;
}

/* Splices: replacements of byte ranges of the original text, applied in one copy. */
struct jsonx_edit {
    size_t start, end; /* replaces text[start, end) */
    struct str with;
};
/* Edits sorted by start, not overlapping. */
bool jsonx_splice(struct str text, const struct jsonx_edit *edits, size_t n, struct buf *out) MUST_USE;

#endif
