/* jsonx.c - the one pass over a JSON text that makes the index: RFC 8259, strictly, without recursion.
 *
 * While a container is open its node tells other things than the header promises, so that the pass needs no stack:
 * `next` is the container around it, `end` a set of bits, one for each key's hash, and `has_escapes` whether two keys
 * could be equal. Only then are the keys of an object compared when it closes (jsonx_keys.c). */
#include "proxy/base/jsonx.h"

#include "proxy/base/jsonx_parts.h"
#include "proxy/base/jsonx_plain_parts.h"
#include "proxy/base/utf8.h"

const struct jsonx_limits JSONX_LIMITS_DEFAULT = { .depth = 64, .nodes = 1024 * 1024 };

enum {
    FIRST_NODES = 64,
    KEPT_NODES = 16 * 1024, /* a larger array is not kept for the next text: 256 KiB at most for an idle index */
};

struct pass {
    struct jsonx *j;
    const unsigned char *begin, *end;
    uint32_t depth_max;
    const unsigned char *bad; /* where it went wrong */
    const char *why;
};

/* What every value needs; only inlined functions see where it lies, so that it is kept in registers. */
struct hand {
    struct jsonx_node *nodes; /* those of the index */
    uint32_t count, room;
    uint32_t open; /* the innermost open container, JSONX_NO_NODE outside */
    uint32_t depth;
};

void jsonx_init(struct jsonx *j)
{
    *j = (struct jsonx){ 0 };
}

void jsonx_finish(struct jsonx *j)
{
    free(j->nodes);
    jsonx_init(j);
}

static NOINLINE COLD const unsigned char *fail(struct pass *s, const unsigned char *at, const char *why)
{
    s->bad = at;
    s->why = why;
    return NULL;
}

/* More room for nodes than for `count`. */
static NOINLINE COLD bool grow(struct jsonx *j, uint32_t count)
{
    uint32_t room = j->room ? j->room * 2 : FIRST_NODES;
    if (room > j->nodes_max)
        room = j->nodes_max;
    if (room <= count)
        return false;
    struct jsonx_node *nodes = realloc(j->nodes, (size_t)room * sizeof *nodes);
    if (!nodes)
        return false;
    j->nodes = nodes;
    j->room = room;
    return true;
}

/* The next node, of the bytes from `start` to `end`; NULL when there are too many. */
static inline struct jsonx_node *push(struct pass *s, struct hand *h, const unsigned char *start,
                                      const unsigned char *end, enum jsonx_kind kind, bool is_key)
{
    if (h->count >= h->room) {
        if (!grow(s->j, h->count)) {
            (void)fail(s, start, "too many values");
            return NULL;
        }
        h->nodes = s->j->nodes;
        h->room = s->j->room;
    }
    struct jsonx_node *node = &h->nodes[h->count++];
    node->start = (uint32_t)(start - s->begin);
    node->end = (uint32_t)(end - s->begin);
    node->next = h->count;
    node->kind = (uint8_t)kind;
    node->is_key = is_key;
    node->has_escapes = false;
    node->hash = 0;
    return node;
}

static NOINLINE const unsigned char *skip_some_space(const unsigned char *p, const unsigned char *end)
{
    while (p < end && (*p == ' ' || *p == '\n' || *p == '\t' || *p == '\r'))
        p++;
    return p;
}

static inline const unsigned char *skip_space(const unsigned char *p, const unsigned char *end)
{
    return p < end && *p <= ' ' ? skip_some_space(p, end) : p; /* most servers and callers write none */
}

/* Behind some characters, looked at one by one. */
static const unsigned char *skip_utf8(struct pass *s, const unsigned char *p)
{
    enum { AT_ONCE = 16 }; /* then the wide loop may try again */
    for (unsigned n = 0; n < AT_ONCE && p < s->end && *p >= 0x20 && *p != '"' && *p != '\\'; n++) {
        size_t width = *p < 0x80 ? 1 : utf8_valid_one(str_of((const char *)p, (size_t)(s->end - p)));
        if (!width)
            return fail(s, p, "invalid UTF-8");
        p += width;
    }
    return p;
}

/* Behind the escape whose backslash `p` is at. */
static const unsigned char *skip_escape(struct pass *s, const unsigned char *p, bool is_key)
{
    struct str left = str_of((const char *)p, (size_t)(s->end - p));
    uint32_t code;
    size_t len = jsonx_escape_read(left, &code);
    if (!len)
        return fail(s, p, left.len > 1 && p[1] == 'u' ? "invalid or lone surrogate escape" : "invalid escape");
    if (is_key && code == 0)
        return fail(s, p, "NUL in a key");
    return p + len;
}

struct inside { /* of a string */
    const unsigned char *end; /* at the closing quote; NULL: it is wrong */
    bool has_escapes;
};

/* From `p` in any string on. */
static NOINLINE struct inside skip_string(struct pass *s, const unsigned char *p, bool is_key)
{
    struct inside in = { p, false };
    while ((in.end = jsonx_skip_plain(in.end, s->end)) < s->end && *in.end != '"') {
        if (*in.end == '\\') {
            in.has_escapes = true;
            in.end = skip_escape(s, in.end, is_key);
        } else if (*in.end >= 0x20) { /* above ASCII, or something behind it is wrong */
            in.end = skip_utf8(s, in.end);
        } else {
            in.end = fail(s, in.end, "control byte in a string");
        }
        if (!in.end)
            return in;
    }
    if (in.end == s->end)
        in.end = fail(s, in.end, "string without an end");
    return in;
}

const char *jsonx_string_end(const char *at, const char *end, bool *has_escapes)
{
    struct pass s = { .end = (const unsigned char *)end };
    struct inside in = skip_string(&s, (const unsigned char *)at, false);
    *has_escapes = in.has_escapes;
    return (const char *)in.end;
}

/* Reads the string whose opening quote `p` is at; behind its closing one. Most are keys and words, over within a few
 * bytes. */
static inline const unsigned char *read_string(struct pass *s, struct hand *h, const unsigned char *p, bool is_key)
{
    struct inside in = { ++p, false };
#if defined(__SSE2__)
    unsigned uneven = s->end - p >= 16 ? jsonx_uneven_bits(p) : 1;
    in.end += uneven ? (unsigned)__builtin_ctz(uneven) : 16;
    if (s->end - in.end < 1 || *in.end != '"')
#endif
        in = skip_string(s, in.end, is_key);
    struct jsonx_node *node = in.end ? push(s, h, p, in.end, JSONX_STRING, is_key) : NULL;
    if (!node)
        return NULL;
    node->has_escapes = in.has_escapes;
    return in.end + 1;
}

static inline const unsigned char *skip_digits(const unsigned char *p, const unsigned char *end)
{
    while (p < end && ascii_is_digit((char)*p))
        p++;
    return p;
}

/* RFC 8259 §6. Any size: what a number means is its reader's business. */
static inline const unsigned char *read_number(struct pass *s, struct hand *h, const unsigned char *p)
{
    const unsigned char *start = p;
    p += *p == '-';
    const unsigned char *digits = p;
    p = skip_digits(p, s->end);
    if (p == digits || (*digits == '0' && p - digits > 1))
        return fail(s, digits, "invalid number");
    if (p < s->end && *p == '.') {
        digits = ++p;
        p = skip_digits(p, s->end);
        if (p == digits)
            return fail(s, p, "invalid number");
    }
    if (p < s->end && (*p | 0x20) == 'e') {
        p++;
        if (p < s->end && (*p == '+' || *p == '-'))
            p++;
        digits = p;
        p = skip_digits(p, s->end);
        if (p == digits)
            return fail(s, p, "invalid number");
    }
    return push(s, h, start, p, JSONX_NUMBER, false) ? p : NULL;
}

static inline const unsigned char *read_word(struct pass *s, struct hand *h, const unsigned char *p)
{
    size_t left = (size_t)(s->end - p);
    if (left >= 4 && memcmp(p, "true", 4) == 0)
        return push(s, h, p, p + 4, JSONX_TRUE, false) ? p + 4 : NULL;
    if (left >= 4 && memcmp(p, "null", 4) == 0)
        return push(s, h, p, p + 4, JSONX_NULL, false) ? p + 4 : NULL;
    if (left >= 5 && memcmp(p, "false", 5) == 0)
        return push(s, h, p, p + 5, JSONX_FALSE, false) ? p + 5 : NULL;
    return fail(s, p, "not a value");
}

static inline bool open_container(struct pass *s, struct hand *h, const unsigned char *p, enum jsonx_kind kind)
{
    if (++h->depth > s->depth_max)
        return fail(s, p, "nested too deep");
    struct jsonx_node *node = push(s, h, p, s->begin, kind, false);
    if (!node)
        return false;
    node->next = h->open;
    h->open = h->count - 1;
    return true;
}

static NOINLINE bool keys_differ(struct pass *s, const unsigned char *p, uint32_t object)
{
    uint32_t twice;
    switch (jsonx_keys_compare(s->j, object, &twice)) {
    case JSONX_KEYS_DIFFER:
        return true;
    case JSONX_KEYS_TWICE:
        return fail(s, s->begin + s->j->nodes[twice].start, "duplicate key");
    case JSONX_KEYS_NO_MEMORY:
        break;
    }
    return fail(s, p, "no memory");
}

static inline bool close_container(struct pass *s, struct hand *h, const unsigned char *p)
{
    uint32_t closing = h->open;
    struct jsonx_node *node = &h->nodes[closing];
    bool must_compare = node->has_escapes;
    h->open = node->next;
    h->depth--;
    node->end = (uint32_t)(p + 1 - s->begin);
    node->next = h->count;
    node->has_escapes = false;
    return !must_compare || keys_differ(s, p, closing);
}

/* Is that byte the next one that is no space? Then `*p` is at it. */
static inline bool is_next(const unsigned char **p, const unsigned char *end, unsigned char byte)
{
    if (*p < end && **p == byte)
        return true; /* most servers and callers write no space */
    *p = skip_space(*p, end);
    return *p < end && **p == byte;
}

/* Has the open object another key of that hash before its newest? Many are not looked through: perhaps. */
static inline bool may_be_twice(const struct hand *h, uint8_t hash)
{
    uint32_t left = JSONX_FEW_KEYS, key = h->open + 1;
    while (key + 1 < h->count && h->nodes[key].hash != hash && left) {
        key = h->nodes[key + 1].next;
        left--;
    }
    return key + 1 < h->count;
}

/* Reads `"key" :`, with space around, of the open object. */
static inline const unsigned char *read_key(struct pass *s, struct hand *h, const unsigned char *p)
{
    if (!is_next(&p, s->end, '"'))
        return fail(s, p, "a key is expected");
    const unsigned char *start = p + 1;
    if (!(p = read_string(s, h, p, true)))
        return NULL;
    struct jsonx_node *key = &h->nodes[h->count - 1], *object = &h->nodes[h->open];
    uint32_t hash = jsonx_key_hash(str_of((const char *)start, (size_t)(p - 1 - start)));
    uint32_t bit = (uint32_t)1 << (hash & 31);
    key->hash = (uint8_t)(hash >> 5);
    if (!object->has_escapes && (object->end & bit))
        object->has_escapes = may_be_twice(h, key->hash);
    object->has_escapes |= key->has_escapes;
    object->end |= bit;
    return is_next(&p, s->end, ':') ? p + 1 : fail(s, p, "a colon is expected");
}

/* Reads one whole value with everything in it; returns behind it, or NULL with the reason in `s`. */
static const unsigned char *read_all(struct pass *s, const unsigned char *p, uint32_t *count)
{
    struct hand hand = { .nodes = s->j->nodes, .room = s->j->room, .open = JSONX_NO_NODE }, *h = &hand;
    bool in_object = false; /* is the open container one? */
    for (;;) {
        if (in_object && !(p = read_key(s, h, p)))
            return NULL;
        /* At the start of a value. */
        p = skip_space(p, s->end);
        if (p == s->end)
            return fail(s, p, "a value is expected");
        if (*p == '"') {
            p = read_string(s, h, p, false);
        } else if (*p == '{' || *p == '[') {
            in_object = *p == '{';
            if (!open_container(s, h, p, in_object ? JSONX_OBJECT : JSONX_ARRAY))
                return NULL;
            p++;
            if (!is_next(&p, s->end, in_object ? '}' : ']'))
                continue;
        } else {
            p = *p == '-' || ascii_is_digit((char)*p) ? read_number(s, h, p) : read_word(s, h, p);
        }
        if (!p)
            return NULL;
        /* Behind a value, or at the bracket of an empty container. */
        while (h->open != JSONX_NO_NODE && !is_next(&p, s->end, ',')) {
            if (p == s->end || *p != (in_object ? '}' : ']'))
                return fail(s, p, "a comma or the closing bracket is expected");
            if (!close_container(s, h, p++))
                return NULL;
            in_object = h->open != JSONX_NO_NODE && h->nodes[h->open].kind == JSONX_OBJECT;
        }
        if (h->open == JSONX_NO_NODE) {
            *count = h->count;
            return p;
        }
        p++; /* the comma */
    }
}

bool jsonx_index(struct jsonx *j, struct str text, const struct jsonx_limits *limits, struct jsonx_error *error)
{
    if (j->room > KEPT_NODES)
        jsonx_finish(j);
    j->text = text;
    j->count = 0;
    j->nodes_max = limits->nodes;
    const unsigned char *begin = (const unsigned char *)text.at;
    struct pass s = { .j = j, .begin = begin, .depth_max = limits->depth };
    if (!text.len || text.len > JSONX_TEXT_MAX) {
        s.bad = begin;
        s.why = text.len ? "text too long" : "empty text";
    } else {
        s.end = begin + text.len;
        uint32_t count = 0;
        const unsigned char *p = read_all(&s, begin, &count);
        if (p && (p = skip_space(p, s.end)) == s.end) {
            j->count = count;
            return true;
        }
        if (p)
            fail(&s, p, "something follows the value");
    }
    j->count = 0;
    j->text = STR_NONE;
    if (error)
        *error = (struct jsonx_error){ .offset = (size_t)(s.bad - begin), .why = s.why };
    return false;
}
