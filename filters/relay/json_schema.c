/* json_schema.c - a schema is kept as its own index, checked once for words that are not known, and walked beside a value. */
#include "filters/relay/json_schema_parts.h"

#include "proxy/base/file.h"

enum { FILE_MAX_BYTES = 1024 * 1024, DEPTH_MAX = 64 };

/* ---- reading ---- */

enum word_kind {
    WORD_NOTE, WORD_VALUE, WORD_VALUES, WORD_NAMES, WORD_NEEDS, WORD_COUNT, WORD_NUMBER, WORD_FLAG, WORD_SCHEMA, WORD_SCHEMAS, WORD_MEMBERS,
    WORD_TYPE, WORD_PATTERN, WORD_PATTERNS, WORD_FORMAT, WORD_REF,
};

static const struct {
    struct str word;
    enum word_kind kind;
} WORDS[] = {
    { STR_INIT("type"), WORD_TYPE },
    { STR_INIT("enum"), WORD_VALUES },
    { STR_INIT("const"), WORD_VALUE },
    { STR_INIT("properties"), WORD_MEMBERS },
    { STR_INIT("required"), WORD_NAMES },
    { STR_INIT("additionalProperties"), WORD_SCHEMA },
    { STR_INIT("items"), WORD_SCHEMA },
    { STR_INIT("minItems"), WORD_COUNT },
    { STR_INIT("maxItems"), WORD_COUNT },
    { STR_INIT("minLength"), WORD_COUNT },
    { STR_INIT("maxLength"), WORD_COUNT },
    { STR_INIT("minimum"), WORD_NUMBER },
    { STR_INIT("maximum"), WORD_NUMBER },
    { STR_INIT("exclusiveMinimum"), WORD_NUMBER },
    { STR_INIT("exclusiveMaximum"), WORD_NUMBER },
    { STR_INIT("anyOf"), WORD_SCHEMAS },
    { STR_INIT("allOf"), WORD_SCHEMAS },
    { STR_INIT("oneOf"), WORD_SCHEMAS },
    { STR_INIT("not"), WORD_SCHEMA },
    { STR_INIT("if"), WORD_SCHEMA },
    { STR_INIT("then"), WORD_SCHEMA },
    { STR_INIT("else"), WORD_SCHEMA },
    { STR_INIT("$ref"), WORD_REF },
    { STR_INIT("$defs"), WORD_MEMBERS },
    { STR_INIT("definitions"), WORD_MEMBERS },
    { STR_INIT("pattern"), WORD_PATTERN },
    { STR_INIT("format"), WORD_FORMAT },
    { STR_INIT("patternProperties"), WORD_PATTERNS },
    { STR_INIT("propertyNames"), WORD_SCHEMA },
    { STR_INIT("minProperties"), WORD_COUNT },
    { STR_INIT("maxProperties"), WORD_COUNT },
    { STR_INIT("prefixItems"), WORD_SCHEMAS },
    { STR_INIT("uniqueItems"), WORD_FLAG },
    { STR_INIT("contains"), WORD_SCHEMA },
    { STR_INIT("minContains"), WORD_COUNT },
    { STR_INIT("maxContains"), WORD_COUNT },
    { STR_INIT("dependentRequired"), WORD_NEEDS },
    { STR_INIT("dependentSchemas"), WORD_MEMBERS },
    { STR_INIT("multipleOf"), WORD_NUMBER },
    { STR_INIT("title"), WORD_NOTE },
    { STR_INIT("description"), WORD_NOTE },
    { STR_INIT("default"), WORD_NOTE },
    { STR_INIT("examples"), WORD_NOTE },
    { STR_INIT("$schema"), WORD_NOTE },
    { STR_INIT("$id"), WORD_NOTE },
    { STR_INIT("$comment"), WORD_NOTE },
    { STR_INIT("deprecated"), WORD_NOTE },
    { STR_INIT("readOnly"), WORD_NOTE },
    { STR_INIT("writeOnly"), WORD_NOTE },
};

const struct schema_type SCHEMA_TYPES[SCHEMA_TYPES_COUNT] = {
    { STR_INIT("null"), 1u << JSONX_NULL, false },
    { STR_INIT("boolean"), 1u << JSONX_FALSE | 1u << JSONX_TRUE, false },
    { STR_INIT("number"), 1u << JSONX_NUMBER, false },
    { STR_INIT("integer"), 1u << JSONX_NUMBER, true },
    { STR_INIT("string"), 1u << JSONX_STRING, false },
    { STR_INIT("array"), 1u << JSONX_ARRAY, false },
    { STR_INIT("object"), 1u << JSONX_OBJECT, false },
};

struct check {
    struct json_schema *schema;
    const struct jsonx *json; /* of it */
    bool *is_schema;          /* of each node, whether it was checked as one */
    char why[160];
};

static bool fault(struct check *c, uint32_t node, const char *what)
{
    struct str word = str_first(jsonx_raw(c->json, node), 60);
    if (!c->why[0])
        snprintf(c->why, sizeof c->why, "\"" STR_F "\" %s", STR_A(word), what);
    return false;
}

static bool check_schema(struct check *c, uint32_t node, unsigned depth);

static bool check_each(struct check *c, uint32_t key, uint32_t list, enum word_kind kind, unsigned depth)
{
    const struct jsonx *j = c->json;
    bool is_object = kind == WORD_MEMBERS || kind == WORD_PATTERNS || kind == WORD_NEEDS;
    if (jsonx_kind(j, list) != (is_object ? JSONX_OBJECT : JSONX_ARRAY))
        return fault(c, key, is_object ? "must be an object" : "must be a list");
    for (uint32_t e = jsonx_first(j, list); e != JSONX_NO_NODE; e = jsonx_next(j, list, e)) {
        if (kind == WORD_PATTERNS && !schema_pattern_add(c->schema, jsonx_key_of(j, e)))
            return fault(c, jsonx_key_of(j, e), "is no expression, or has \\X, which costs too much");
        if (kind == WORD_NEEDS && !check_each(c, key, e, WORD_NAMES, depth))
            return false;
        if (kind == WORD_VALUES || kind == WORD_NEEDS ||
            (kind == WORD_NAMES ? jsonx_is(j, e, JSONX_STRING) : check_schema(c, e, depth + 1)))
            continue;
        return fault(c, key, kind == WORD_NAMES ? "must be of texts" : "must be of schemas");
    }
    return true;
}

static bool check_type(struct check *c, uint32_t key, uint32_t value)
{
    for (size_t i = 0; i < SCHEMA_TYPES_COUNT; i++)
        if (jsonx_string_is(c->json, value, SCHEMA_TYPES[i].name))
            return true;
    if (!jsonx_is(c->json, value, JSONX_ARRAY))
        return fault(c, key, "names no type");
    for (uint32_t e = jsonx_first(c->json, value); e != JSONX_NO_NODE; e = jsonx_next(c->json, value, e))
        if (!jsonx_is(c->json, e, JSONX_STRING) || !check_type(c, key, e))
            return fault(c, key, "names no type");
    return true;
}

static bool check_word(struct check *c, uint32_t key, uint32_t value, unsigned depth)
{
    uint64_t count;
    for (size_t i = 0; i < ARRAY_LEN(WORDS); i++) {
        if (!jsonx_string_is(c->json, key, WORDS[i].word))
            continue;
        switch (WORDS[i].kind) {
        case WORD_NOTE:
        case WORD_VALUE:
            return true;
        case WORD_TYPE:
            return check_type(c, key, value);
        case WORD_COUNT:
            return jsonx_u64(c->json, value, &count) || fault(c, key, "must be a count");
        case WORD_NUMBER:
            return jsonx_is(c->json, value, JSONX_NUMBER) || fault(c, key, "must be a number");
        case WORD_FLAG:
            return jsonx_kind(c->json, value) == JSONX_TRUE || jsonx_kind(c->json, value) == JSONX_FALSE || fault(c, key, "must be true or false");
        case WORD_PATTERN:
            return schema_pattern_add(c->schema, value) || fault(c, value, "is no expression, or has \\X, which costs too much");
        case WORD_FORMAT:
            return schema_format_add(c->schema, value) || fault(c, value, "is no format that is kept here");
        case WORD_REF:
            return schema_target(c->json, value) != JSONX_NO_NODE || fault(c, value, "leads to no schema in this file");
        case WORD_SCHEMA:
            return check_schema(c, value, depth + 1) || fault(c, key, "must be a schema");
        default:
            return check_each(c, key, value, WORDS[i].kind, depth);
        }
    }
    return fault(c, key, "is no word of a schema that is kept here");
}

static bool check_schema(struct check *c, uint32_t node, unsigned depth)
{
    const struct jsonx *j = c->json;
    enum jsonx_kind kind = jsonx_kind(j, node);
    c->is_schema[node] = kind == JSONX_OBJECT || kind == JSONX_TRUE || kind == JSONX_FALSE;
    if (kind == JSONX_TRUE || kind == JSONX_FALSE)
        return true;
    if (kind != JSONX_OBJECT || depth > DEPTH_MAX)
        return false;
    for (uint32_t v = jsonx_first(j, node); v != JSONX_NO_NODE; v = jsonx_next(j, node, v))
        if (!check_word(c, jsonx_key_of(j, v), v, depth))
            return false;
    return true;
}

/* What stands as a default, an example or a list of members is no schema, and was not checked as one. */
static bool check_targets(struct check *c)
{
    for (uint32_t node = 0; node < c->json->count; node++) {
        uint32_t ref = c->is_schema[node] ? jsonx_member(c->json, node, STR("$ref")) : JSONX_NO_NODE;
        if (ref != JSONX_NO_NODE && !c->is_schema[schema_target(c->json, ref)])
            return fault(c, ref, "leads to no schema in this file");
    }
    return true;
}

struct json_schema *json_schema_read(struct str path, struct span span, struct problems *problems)
{
    struct json_schema *s = calloc(1, sizeof *s);
    struct jsonx_error error = { 0 };
    struct check c = { 0 };
    if (!s)
        return NULL;
    buf_init(&s->text, FILE_MAX_BYTES);
    jsonx_init(&s->index);
    char trouble[FILE_WHY_BYTES];
    const char *why = file_read(path.at, &s->text, trouble) ? NULL : trouble;
    if (!why && !jsonx_index(&s->index, buf_str(&s->text), &JSONX_LIMITS_DEFAULT, &error))
        why = error.why;
    c.schema = s;
    c.json = &s->index;
    if (!why && !(c.is_schema = calloc(s->index.count, sizeof *c.is_schema)))
        why = "no memory for it";
    if (!why && (!check_schema(&c, 0, 0) || !check_targets(&c)))
        why = c.why[0] ? c.why : "it must be an object";
    free(c.is_schema);
    if (!why)
        return s;
    problem(problems, span, "schema " STR_F ": %s", STR_A(path), why);
    json_schema_free(s);
    return NULL;
}

void json_schema_free(struct json_schema *s)
{
    if (!s)
        return;
    schema_patterns_finish(s);
    buf_finish(&s->text);
    jsonx_finish(&s->index);
    free(s);
}
