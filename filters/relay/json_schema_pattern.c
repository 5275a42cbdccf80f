/* json_schema_pattern.c - expressions, formats and references in a schema. */
#define PCRE2_CODE_UNIT_WIDTH 8

#include "filters/relay/json_schema_parts.h"

#include <pcre2.h>

/* The engine counts the steps of each beginning by itself, and none of those through what repeats one character. */
enum { STEPS_MAX = 20000, STEPS_ALL_MAX = 1000 * 1000, BYTES_ALL_MAX = 32 * 1024 * 1024, DEPTH_MAX = 500, NAME_MAX_BYTES = 200 };

#define LABEL "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
#define DAY   "[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
#define TIME  "(?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60)(?:\\.[0-9]+)?(?:[Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])"
#define BYTE  "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
#define HEX   "[0-9A-Fa-f]{1,4}"

static const struct {
    struct str name;
    const char *expression;
} FORMATS[] = {
    { STR_INIT("date-time"), "^" DAY "[Tt ]" TIME "$" },
    { STR_INIT("date"), "^" DAY "$" },
    { STR_INIT("time"), "^" TIME "$" },
    { STR_INIT("email"), "^[^\\s@\"<>]{1,64}@" LABEL "(?:\\." LABEL ")*$" },
    { STR_INIT("hostname"), "^(?=.{1,253}$)" LABEL "(?:\\." LABEL ")*$" },
    { STR_INIT("ipv4"), "^" BYTE "(?:\\." BYTE "){3}$" },
    { STR_INIT("ipv6"), "^(?:(?:" HEX ":){7}" HEX "|(?=(?:[0-9A-Fa-f]*:){2,7}[0-9A-Fa-f]*$)(?:" HEX "(?::" HEX ")*)?::(?:" HEX "(?::" HEX ")*)?)$" },
    { STR_INIT("uri"), "^[A-Za-z][A-Za-z0-9+.-]*:[^\\s<>\"{}|\\\\^`]*$" },
    { STR_INIT("uuid"), "^[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$" },
};

static bool add(struct json_schema *s, uint32_t node, struct str expression)
{
    int error = 0;
    uint32_t options = 0;
    size_t place = 0;
    struct schema_pattern *more = realloc(s->patterns, (s->patterns_count + 1) * sizeof *more);
    if (!more)
        return false;
    s->patterns = more;
    /* as ECMA-262 reads it: $ is the end, and \u0041 a character */
    void *code = pcre2_compile((PCRE2_SPTR)expression.at, expression.len,
                               PCRE2_UTF | PCRE2_DOLLAR_ENDONLY | PCRE2_ALT_BSUX | PCRE2_NEVER_BACKSLASH_C | PCRE2_USE_OFFSET_LIMIT,
                               &error, &place, NULL);
    if (!code)
        return false;
    pcre2_pattern_info(code, PCRE2_INFO_ALLOPTIONS, &options);
    s->patterns[s->patterns_count++] = (struct schema_pattern){ node, (options & PCRE2_ANCHORED) != 0, code };
    return true;
}

bool schema_pattern_add(struct json_schema *s, uint32_t node)
{
    struct arena a;
    arena_init(&a, (size_t)1 << 20);
    struct str expression = jsonx_is(&s->index, node, JSONX_STRING) ? jsonx_string(&s->index, node, &a) : STR_NONE;
    bool ok = expression.at && add(s, node, expression);
    arena_finish(&a);
    return ok;
}

bool schema_format_add(struct json_schema *s, uint32_t node)
{
    for (size_t i = 0; i < ARRAY_LEN(FORMATS); i++)
        if (jsonx_string_is(&s->index, node, FORMATS[i].name))
            return add(s, node, str_c(FORMATS[i].expression));
    return false;
}

enum schema_found schema_pattern_finds(const struct json_schema *s, uint32_t node, struct str text)
{
    size_t i = 0, end = s->patterns_count; /* they were added as they stand in the file */
    while (end - i > 1) {
        size_t middle = i + (end - i) / 2;
        *(s->patterns[middle].node <= node ? &i : &end) = middle;
    }
    assert(i < s->patterns_count && s->patterns[i].node == node);
    const struct schema_pattern *p = &s->patterns[i];
    size_t begins = p->is_anchored ? 1 : text.len + 1, may_begin = BYTES_ALL_MAX / (text.len + 1) + 1;
    size_t steps = STEPS_ALL_MAX / begins + 1;
    pcre2_match_data *found = pcre2_match_data_create(1, NULL);
    pcre2_match_context *bounds = found ? pcre2_match_context_create(NULL) : NULL;
    int answer = PCRE2_ERROR_NOMEMORY;
    if (bounds) {
        pcre2_set_match_limit(bounds, steps > STEPS_MAX ? STEPS_MAX : (uint32_t)steps);
        pcre2_set_depth_limit(bounds, DEPTH_MAX);
        pcre2_set_offset_limit(bounds, may_begin);
        answer = pcre2_match(p->code, (PCRE2_SPTR)text.at, text.len, 0, PCRE2_NO_UTF_CHECK, found, bounds);
    }
    pcre2_match_context_free(bounds);
    pcre2_match_data_free(found);
    return answer >= 0                                                 ? SCHEMA_FOUND
           : answer == PCRE2_ERROR_NOMATCH && begins <= may_begin + 1 ? SCHEMA_NOT_FOUND
                                                                      : SCHEMA_UNKNOWN;
}

void schema_patterns_finish(struct json_schema *s)
{
    for (size_t i = 0; i < s->patterns_count; i++)
        pcre2_code_free(s->patterns[i].code);
    free(s->patterns);
}

/* A step of a JSON pointer (RFC 6901): ~1 is a slash, ~0 a tilde. */
static struct str unescape(struct str step, char room[NAME_MAX_BYTES])
{
    size_t n = 0;
    for (size_t i = 0; i < step.len && n < NAME_MAX_BYTES; i++) {
        bool is_escape = step.at[i] == '~' && i + 1 < step.len;
        room[n++] = !is_escape ? step.at[i] : step.at[++i] == '1' ? '/' : '~';
    }
    return str_of(room, n);
}

uint32_t schema_target(const struct jsonx *schema, uint32_t node)
{
    struct str way = jsonx_raw(schema, node);
    char room[NAME_MAX_BYTES];
    uint32_t at = 0;
    if (!jsonx_is(schema, node, JSONX_STRING) || !str_starts(way, STR("#")) || str_has(way, '%') || str_has(way, '\\'))
        return JSONX_NO_NODE;
    way = str_from(way, 1);
    if (way.len && *way.at != '/')
        return JSONX_NO_NODE;
    str_cut(&way, '/');
    while (way.at && at != JSONX_NO_NODE) {
        struct str name = unescape(str_cut(&way, '/'), room);
        uint64_t place;
        if (!jsonx_is(schema, at, JSONX_ARRAY)) {
            at = jsonx_member(schema, at, name);
            continue;
        }
        uint32_t list = at, e = str_to_u64(name, &place) ? jsonx_first(schema, list) : JSONX_NO_NODE;
        while (e != JSONX_NO_NODE && place--)
            e = jsonx_next(schema, list, e);
        at = e;
    }
    enum jsonx_kind kind = jsonx_kind(schema, at);
    return at != JSONX_NO_NODE && (kind == JSONX_OBJECT || kind == JSONX_TRUE || kind == JSONX_FALSE) ? at : JSONX_NO_NODE;
}
