/* jsonx.c - the one pass over a JSON text that makes the index: RFC 8259, strictly, without recursion.
 *
 * While a container is open its `next` holds the container around it, so that the way back needs no stack; when it
 * closes, `next` becomes what the header promises. The `next` of a key, which is always the node behind it, holds the
 * key's hash until its object closes and the keys have been compared (jsonx_keys.c). */
#include "proxy/base/jsonx.h"

#include "proxy/base/jsonx_parts.h"
#include "proxy/base/utf8.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

const struct jsonx_limits JSONX_LIMITS_DEFAULT = { .depth = 64, .nodes = 1024 * 1024 };

enum {
    TEXT_MAX = 1 << 30,
    FIRST_NODES = 64,
    KEPT_NODES = 16 * 1024, /* a larger array is not kept for the next text: 256 KiB at most for an idle index */
};

struct pass {
    struct jsonx *j;
    const unsigned char *begin, *end;
    uint32_t open; /* the innermost open container, JSONX_NO_NODE outside */
    uint32_t depth, depth_max;
    const unsigned char *bad; /* where it went wrong */
    const char *why;
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

static const unsigned char *fail(struct pass *s, const unsigned char *at, const char *why)
{
    s->bad = at;
    s->why = why;
    return NULL;
}

static bool grow(struct jsonx *j)
{
    uint32_t room = j->room ? j->room * 2 : FIRST_NODES;
    if (room > j->nodes_max)
        room = j->nodes_max;
    if (room <= j->count)
        return false;
    struct jsonx_node *nodes = realloc(j->nodes, (size_t)room * sizeof *nodes);
    if (!nodes)
        return false;
    j->nodes = nodes;
    j->room = room;
    return true;
}

/* The next free node, or NULL when there are too many. */
static inline struct jsonx_node *push(struct pass *s, const unsigned char *start, enum jsonx_kind kind)
{
    struct jsonx *j = s->j;
    if (j->count >= j->room && !grow(j)) {
        (void)fail(s, start, "too many values");
        return NULL;
    }
    struct jsonx_node *node = &j->nodes[j->count++];
    *node = (struct jsonx_node){ .start = (uint32_t)(start - s->begin), .next = j->count, .kind = (uint8_t)kind };
    return node;
}

static inline const unsigned char *skip_space(const unsigned char *p, const unsigned char *end)
{
    while (p < end && *p <= ' ' && (*p == ' ' || *p == '\n' || *p == '\t' || *p == '\r'))
        p++;
    return p;
}

#if defined(__SSE2__)
static inline unsigned bits(__m128i v)
{
    return (unsigned)_mm_movemask_epi8(v);
}

static inline __m128i masked_are(__m128i v, int mask, int byte)
{
    return _mm_cmpeq_epi8(_mm_and_si128(v, _mm_set1_epi8((char)mask)), _mm_set1_epi8((char)byte));
}

/* Of 16 bytes that begin with a character: how many are whole characters, before the first of `stops`. Without an odd
 * lead byte (C0, C1; E0, ED, F0 and above, whose second byte has rules of its own) UTF-8 is valid when exactly those
 * bytes are continuations that lead bytes ask for, which is arithmetic on bit sets. */
static inline unsigned whole_characters(__m128i v, unsigned stops)
{
    unsigned odd = bits(masked_are(v, 0xfe, 0xc0)) | bits(masked_are(v, 0xff, 0xe0)) | bits(masked_are(v, 0xff, 0xed)) |
                   bits(masked_are(v, 0xf0, 0xf0));
    unsigned of_two = bits(masked_are(v, 0xe0, 0xc0)), of_three = bits(masked_are(v, 0xf0, 0xe0));
    unsigned asked = (of_two | of_three) << 1 | of_three << 2;
    unsigned n = (unsigned)__builtin_ctz(stops | odd | 1u << 16);
    if ((asked ^ bits(masked_are(v, 0xc0, 0x80))) & ((2u << n) - 1) & 0xffff)
        return 0; /* something is wrong among them: looked at one by one */
    if (n < 16)
        return n;
    return (of_two | of_three) >> 15 & 1 ? 15 : of_three >> 14 & 1 ? 14 : 16;
}
#endif

/* Behind the bytes that a string may hold as they are, as far as they are quickly seen to be such; what stops it, the
 * caller looks at. */
static inline const unsigned char *skip_plain(const unsigned char *p, const unsigned char *end)
{
#if defined(__SSE2__)
    while (end - p >= 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
        __m128i stop = _mm_or_si128(_mm_or_si128(masked_are(v, 0xff, '"'), masked_are(v, 0xff, '\\')),
                                    _mm_cmpeq_epi8(_mm_min_epu8(v, _mm_set1_epi8(0x1f)), v));
        unsigned mask = bits(_mm_or_si128(stop, v)); /* v itself: its sign bits are the bytes above ASCII */
        if (!mask) {
            p += 16;
            continue;
        }
        unsigned stops = bits(stop), first = (unsigned)__builtin_ctz(mask);
        if (stops >> first & 1)
            return p + first;
        unsigned n = whole_characters(v, stops);
        p += n;
        if (n < 14)
            return p;
    }
#else
    const uint64_t ones = 0x0101010101010101u, highs = 0x8080808080808080u;
    for (; end - p >= 8; p += 8) {
        uint64_t v;
        memcpy(&v, p, sizeof v);
        uint64_t quote = v ^ (ones * '"'), backslash = v ^ (ones * '\\');
        if (((quote - ones) | (backslash - ones) | (v - ones * 0x20) | v) & highs)
            break; /* perhaps: a borrow may say so too early, never too late; the loop below looks closely */
    }
#endif
    while (p < end && *p >= 0x20 && *p < 0x80 && *p != '"' && *p != '\\')
        p++;
    return p;
}

/* Behind some characters, the first of which is above ASCII. */
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

/* Reads the string whose opening quote `p` is at; returns behind its closing quote. */
static inline const unsigned char *read_string(struct pass *s, const unsigned char *p, bool is_key)
{
    struct jsonx_node *node = push(s, p + 1, JSONX_STRING);
    if (!node)
        return NULL;
    bool has_escapes = false;
    p = skip_plain(p + 1, s->end);
    while (p < s->end && *p != '"') {
        if (*p == '\\') {
            has_escapes = true;
            p = skip_escape(s, p, is_key);
        } else if (*p >= 0x80) {
            p = skip_utf8(s, p);
        } else {
            return fail(s, p, "control byte in a string");
        }
        if (!p)
            return NULL;
        p = skip_plain(p, s->end);
    }
    if (p == s->end)
        return fail(s, p, "string without an end");
    node->end = (uint32_t)(p - s->begin);
    node->has_escapes = has_escapes;
    node->is_key = is_key;
    return p + 1;
}

static inline const unsigned char *skip_digits(const unsigned char *p, const unsigned char *end)
{
    while (p < end && ascii_is_digit((char)*p))
        p++;
    return p;
}

/* RFC 8259 §6. Any size: what a number means is its reader's business. */
static const unsigned char *read_number(struct pass *s, const unsigned char *p)
{
    struct jsonx_node *node = push(s, p, JSONX_NUMBER);
    if (!node)
        return NULL;
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
    node->end = (uint32_t)(p - s->begin);
    return p;
}

static const unsigned char *read_word(struct pass *s, const unsigned char *p)
{
    static const struct {
        struct str word;
        enum jsonx_kind kind;
    } words[] = { { STR_INIT("true"), JSONX_TRUE },
                  { STR_INIT("false"), JSONX_FALSE },
                  { STR_INIT("null"), JSONX_NULL } };
    struct str left = str_of((const char *)p, (size_t)(s->end - p));
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (!str_starts(left, words[i].word))
            continue;
        struct jsonx_node *node = push(s, p, words[i].kind);
        if (!node)
            return NULL;
        p += words[i].word.len;
        node->end = (uint32_t)(p - s->begin);
        return p;
    }
    return fail(s, p, "not a value");
}

static bool open_container(struct pass *s, const unsigned char *p, enum jsonx_kind kind)
{
    if (++s->depth > s->depth_max)
        return fail(s, p, "nested too deep");
    struct jsonx_node *node = push(s, p, kind);
    if (!node)
        return false;
    node->next = s->open;
    s->open = s->j->count - 1;
    return true;
}

static bool close_container(struct pass *s, const unsigned char *p)
{
    struct jsonx *j = s->j;
    uint32_t closing = s->open;
    struct jsonx_node *node = &j->nodes[closing];
    s->open = node->next;
    s->depth--;
    node->end = (uint32_t)(p + 1 - s->begin);
    node->next = j->count;
    if (node->kind != JSONX_OBJECT)
        return true;
    uint32_t twice;
    switch (jsonx_keys_compare(j, closing, &twice)) {
    case JSONX_KEYS_DIFFER:
        return true;
    case JSONX_KEYS_TWICE:
        return fail(s, s->begin + j->nodes[twice].start, "duplicate key");
    case JSONX_KEYS_NO_MEMORY:
        break;
    }
    return fail(s, p, "no memory");
}

/* Reads `"key" :`, with space around, of the open object. */
static inline const unsigned char *read_key(struct pass *s, const unsigned char *p)
{
    p = skip_space(p, s->end);
    if (p == s->end || *p != '"')
        return fail(s, p, "a key is expected");
    p = read_string(s, p, true);
    if (!p)
        return NULL;
    struct jsonx_node *key = &s->j->nodes[s->j->count - 1];
    key->next = jsonx_key_hash(str_of((const char *)s->begin + key->start, key->end - key->start));
    p = skip_space(p, s->end);
    return p < s->end && *p == ':' ? p + 1 : fail(s, p, "a colon is expected");
}

static inline const unsigned char *read_scalar(struct pass *s, const unsigned char *p)
{
    if (*p == '"')
        return read_string(s, p, false);
    return *p == '-' || ascii_is_digit((char)*p) ? read_number(s, p) : read_word(s, p);
}

/* Reads one whole value with everything in it; returns behind it, or NULL with the reason in `s`. */
static const unsigned char *read_all(struct pass *s, const unsigned char *p)
{
    for (;;) {
        /* At the start of a value. */
        p = skip_space(p, s->end);
        if (p == s->end)
            return fail(s, p, "a value is expected");
        if (*p == '{' || *p == '[') {
            bool object = *p == '{';
            if (!open_container(s, p, object ? JSONX_OBJECT : JSONX_ARRAY))
                return NULL;
            p = skip_space(p + 1, s->end);
            if (p == s->end || *p != (object ? '}' : ']')) {
                if (object && !(p = read_key(s, p)))
                    return NULL;
                continue;
            }
        } else if (!(p = read_scalar(s, p))) {
            return NULL;
        }
        /* Behind a value, or at the bracket of an empty container. */
        for (;;) {
            if (s->open == JSONX_NO_NODE)
                return p;
            bool object = s->j->nodes[s->open].kind == JSONX_OBJECT;
            p = skip_space(p, s->end);
            if (p < s->end && *p == ',') {
                p++;
                if (object && !(p = read_key(s, p)))
                    return NULL;
                break;
            }
            if (p == s->end || *p != (object ? '}' : ']'))
                return fail(s, p, "a comma or the closing bracket is expected");
            if (!close_container(s, p))
                return NULL;
            p++;
        }
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
    struct pass s = { .j = j, .begin = begin, .open = JSONX_NO_NODE, .depth_max = limits->depth };
    if (!text.len || text.len > TEXT_MAX) {
        s.bad = begin;
        s.why = text.len ? "text too long" : "empty text";
    } else {
        s.end = begin + text.len;
        const unsigned char *p = read_all(&s, begin);
        if (p && (p = skip_space(p, s.end)) == s.end)
            return true;
        if (p)
            fail(&s, p, "something follows the value");
    }
    j->count = 0;
    j->text = STR_NONE;
    if (error)
        *error = (struct jsonx_error){ .offset = (size_t)(s.bad - begin), .why = s.why };
    return false;
}
