/* json_schema_pattern.c - expressions, formats and references in a schema. */
#define PCRE2_CODE_UNIT_WIDTH 8

#include "filters/relay/json_schema_parts.h"

#include <pcre2.h>

#include "proxy/base/ascii.h"

enum { BYTES_A_STEP = 16, HEAP_MAX_KIB = 16 * 1024, NAME_MAX_BYTES = 200 };

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

/* The largest number of repetitions that something must have. */
static size_t most_repeated(struct str expression)
{
    size_t most = 0, number = 0;
    bool is_count = false;
    for (size_t i = 0; i < expression.len; i++) {
        char c = expression.at[i];
        bool is_digit = is_count && ascii_is_digit(c);
        number = is_digit && number < UINT16_MAX ? number * 10 + (size_t)(c - '0') : is_digit ? number : 0;
        most = number > most ? number : most;
        is_count = c == '{' || is_digit;
    }
    return most;
}

/* \X, a letter with all its marks: one step that is as long as the text, and tried anew from each place. */
static bool has_long_step(struct str expression)
{
    for (size_t i = 0; i + 1 < expression.len; i++)
        if (expression.at[i] == '\\' && expression.at[++i] == 'X')
            return true;
    return false;
}

static bool add(struct json_schema *s, uint32_t node, struct str expression)
{
    int error = 0;
    uint32_t backward = 0, behind = 0;
    size_t place = 0, frame = 0;
    struct schema_pattern *more = realloc(s->patterns, (s->patterns_count + 1) * sizeof *more);
    if (!more)
        return false;
    s->patterns = more;
    /* as ECMA-262 reads it: $ is the end, and \u0041 a character */
    void *code = pcre2_compile((PCRE2_SPTR)expression.at, expression.len,
                               PCRE2_UTF | PCRE2_DOLLAR_ENDONLY | PCRE2_ALT_BSUX | PCRE2_NEVER_BACKSLASH_C | PCRE2_AUTO_CALLOUT,
                               &error, &place, NULL);
    if (!code)
        return false;
    pcre2_pattern_info(code, PCRE2_INFO_BACKREFMAX, &backward);
    pcre2_pattern_info(code, PCRE2_INFO_FRAMESIZE, &frame);
    pcre2_pattern_info(code, PCRE2_INFO_MAXLOOKBEHIND, &behind);
    /* within one step it may repeat a thing in vain, goes back to look behind, and copies what its groups hold */
    size_t step = 1 + (most_repeated(expression) + behind + frame / BYTES_A_STEP) / BYTES_A_STEP;
    s->patterns[s->patterns_count++] = (struct schema_pattern){ node, step, backward != 0, code };
    return true;
}

bool schema_pattern_add(struct json_schema *s, uint32_t node)
{
    struct arena a;
    arena_init(&a, (size_t)1 << 20);
    struct str expression = jsonx_is(&s->index, node, JSONX_STRING) ? jsonx_string(&s->index, node, &a) : STR_NONE;
    bool ok = expression.at && !has_long_step(expression) && add(s, node, expression);
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

struct counting {
    size_t at, each; /* each: what a step costs */
    size_t *left;
};

static bool pay(size_t *left, size_t steps)
{
    bool is_enough = *left >= steps;
    *left = is_enough ? *left - steps : 0;
    return is_enough;
}

/* The engine says before each item of the expression where in the text it is. */
static int count_step(pcre2_callout_block *block, void *owner)
{
    struct counting *c = owner;
    size_t to = block->current_position, way = to > c->at ? to - c->at : c->at - to;
    c->at = to;
    return pay(c->left, c->each + way / BYTES_A_STEP) ? 0 : PCRE2_ERROR_CALLOUT;
}

enum schema_found schema_pattern_finds(const struct json_schema *s, uint32_t node, struct str text, size_t *steps)
{
    size_t i = 0, end = s->patterns_count; /* they were added as they stand in the file */
    while (end - i > 1) {
        size_t middle = i + (end - i) / 2;
        *(s->patterns[middle].node <= node ? &i : &end) = middle;
    }
    assert(i < s->patterns_count && s->patterns[i].node == node);
    const struct schema_pattern *p = &s->patterns[i];
    struct counting counting = { 0, p->step + (p->looks_back ? text.len / BYTES_A_STEP : 0), steps };
    pcre2_match_data *found = pcre2_match_data_create(1, NULL);
    pcre2_match_context *bounds = found ? pcre2_match_context_create(NULL) : NULL;
    int answer = PCRE2_ERROR_NOMEMORY;
    if (bounds && pay(steps, 1 + text.len / BYTES_A_STEP)) {
        pcre2_set_callout(bounds, count_step, &counting);
        pcre2_set_match_limit(bounds, UINT32_MAX);
        pcre2_set_heap_limit(bounds, HEAP_MAX_KIB);
        answer = pcre2_match(p->code, (PCRE2_SPTR)text.at, text.len, 0, PCRE2_NO_UTF_CHECK, found, bounds);
    }
    pcre2_match_context_free(bounds);
    pcre2_match_data_free(found);
    return answer >= 0 ? SCHEMA_FOUND : answer == PCRE2_ERROR_NOMATCH ? SCHEMA_NOT_FOUND : SCHEMA_UNKNOWN;
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
