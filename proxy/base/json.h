/* json.h - the strict index of a JSON text: one pass, no allocation per value, offsets kept.
 *
 * Bodies are read by this and forwarded as the bytes that were read, so it refuses whatever two honest parsers could
 * read differently (RFC 8259, and design.md principle 1): duplicate keys (also keys equal but for ASCII case, after
 * unescaping), NUL in a key, lone surrogates, invalid UTF-8, a byte order mark, trailing data, numbers beyond the grammar,
 * control bytes in strings, depth above the limit. The text is borrowed and must outlive the index. */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "proxy/base/arena.h"
#include "proxy/base/buf.h"

enum json_kind { JSON_NULL, JSON_FALSE, JSON_TRUE, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

/* One value or one key. Nodes lie in the order of the text; the children of a container follow it, keys and values in
 * turn for an object; `next` is the node behind the whole value. 16 bytes, so that an index stays in the cache. */
struct json_node {
    uint32_t start; /* of the value's first byte in the text; inside the quotes for strings and keys */
    uint32_t end;   /* behind its last byte; before the closing quote for strings and keys */
    uint32_t next;  /* index of the node after this value and all that it contains */
    uint8_t kind;   /* enum json_kind */
    uint8_t is_key;
    uint8_t has_escapes; /* a string or key whose bytes are not its value */
    uint8_t spare;
};

struct json {
    struct str text;
    struct json_node *nodes; /* owned, kept from one text to the next */
    uint32_t count, room;
    uint32_t nodes_max;
};

struct json_limits {
    uint32_t depth; /* of nested containers */
    uint32_t nodes; /* values and keys */
};
extern const struct json_limits JSON_LIMITS_DEFAULT; /* depth 64, 1 M nodes */

struct json_error {
    size_t offset;
    const char *why; /* a constant sentence part: "duplicate key" */
};

void json_init(struct json *j);
void json_finish(struct json *j);
/* Texts above 1 GiB are refused. On failure the index is empty. */
bool json_index(struct json *j, struct str text, const struct json_limits *limits, struct json_error *error) MUST_USE;

/* Node numbers: the root is 0. JSON_NO_NODE is what look-ups answer for "not there"; every function below takes it and
 * answers as for null, so that look-ups chain. */
#define JSON_NO_NODE UINT32_MAX

enum json_kind json_kind(const struct json *j, uint32_t node);
/* Value of the member `key` of an object. */
uint32_t json_member(const struct json *j, uint32_t object, struct str key);
/* json_path(j, 0, "usage", "prompt_tokens", NULL) */
uint32_t json_path(const struct json *j, uint32_t node, ...);

/* for (uint32_t c = json_first(j, n); c != JSON_NO_NODE; c = json_next(j, n, c)) visits the elements of an array, or the
 * values of an object; json_key_of gives the key node of such a value. */
uint32_t json_first(const struct json *j, uint32_t container);
uint32_t json_next(const struct json *j, uint32_t container, uint32_t child);
uint32_t json_key_of(const struct json *j, uint32_t value);

/* The bytes of a value as written (strings without their quotes, still escaped). */
struct str json_raw(const struct json *j, uint32_t node);
/* The bytes of a value as written, strings with their quotes: for splicing. */
struct str json_whole(const struct json *j, uint32_t node);
/* The value of a string or key: a view into the text when it has no escapes, else unescaped into the arena. at == NULL
 * when the node is no string or the arena is full. */
struct str json_string(const struct json *j, uint32_t node, struct arena *a);
bool json_string_is(const struct json *j, uint32_t node, struct str s); /* without an arena */
/* Non-negative integers written without fraction or exponent. */
bool json_u64(const struct json *j, uint32_t node, uint64_t *out) MUST_USE;
static inline bool json_is(const struct json *j, uint32_t node, enum json_kind kind)
{
    return node != JSON_NO_NODE && json_kind(j, node) == kind;
}

/* Splices: replacements of byte ranges of the original text, applied in one copy. */
struct json_edit {
    size_t start, end; /* replaces text[start, end) */
    struct str with;
};
/* Edits sorted by start, not overlapping. */
bool json_splice(struct str text, const struct json_edit *edits, size_t n, struct buf *out) MUST_USE;

#endif
