/* json_schema.c - a schema is kept as its own index, checked once for words that are not known, and walked beside a value. */
#include "filters/relay/json_schema.h"

#include "proxy/base/file.h"
#include "proxy/base/utf8.h"

enum { FILE_MAX_BYTES = 1024 * 1024, DEPTH_MAX = 64 };

struct json_schema {
    struct buf text;     /* owned */
    struct jsonx index;  /* owned; of it */
};

/* ---- reading ---- */

enum word_kind { WORD_NOTE, WORD_SCALAR, WORD_SCALARS, WORD_NAMES, WORD_COUNT, WORD_NUMBER, WORD_SCHEMA, WORD_SCHEMAS, WORD_MEMBERS, WORD_TYPE };

static const struct {
    struct str word;
    enum word_kind kind;
} WORDS[] = {
    { STR_INIT("type"), WORD_TYPE },
    { STR_INIT("enum"), WORD_SCALARS },
    { STR_INIT("const"), WORD_SCALAR },
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

static const struct {
    struct str name;
    unsigned kinds; /* bit set over enum jsonx_kind */
    bool whole;
} TYPES[] = {
    { STR_INIT("null"), 1u << JSONX_NULL, false },
    { STR_INIT("boolean"), 1u << JSONX_FALSE | 1u << JSONX_TRUE, false },
    { STR_INIT("number"), 1u << JSONX_NUMBER, false },
    { STR_INIT("integer"), 1u << JSONX_NUMBER, true },
    { STR_INIT("string"), 1u << JSONX_STRING, false },
    { STR_INIT("array"), 1u << JSONX_ARRAY, false },
    { STR_INIT("object"), 1u << JSONX_OBJECT, false },
};

struct check {
    const struct jsonx *json;
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
    if (jsonx_kind(j, list) != (kind == WORD_MEMBERS ? JSONX_OBJECT : JSONX_ARRAY))
        return fault(c, key, kind == WORD_MEMBERS ? "must be an object" : "must be a list");
    for (uint32_t e = jsonx_first(j, list); e != JSONX_NO_NODE; e = jsonx_next(j, list, e)) {
        bool ok = kind == WORD_NAMES     ? jsonx_is(j, e, JSONX_STRING)
                  : kind == WORD_SCALARS ? jsonx_kind(j, e) < JSONX_ARRAY
                                         : check_schema(c, e, depth + 1);
        if (!ok)
            return fault(c, key, kind == WORD_NAMES ? "must be of texts" : "must be of scalars");
    }
    return true;
}

static bool check_type(struct check *c, uint32_t key, uint32_t value)
{
    for (size_t i = 0; i < ARRAY_LEN(TYPES); i++)
        if (jsonx_string_is(c->json, value, TYPES[i].name))
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
            return true;
        case WORD_TYPE:
            return check_type(c, key, value);
        case WORD_SCALAR:
            return jsonx_kind(c->json, value) < JSONX_ARRAY || fault(c, key, "must be a scalar");
        case WORD_COUNT:
            return jsonx_u64(c->json, value, &count) || fault(c, key, "must be a count");
        case WORD_NUMBER:
            return jsonx_is(c->json, value, JSONX_NUMBER) || fault(c, key, "must be a number");
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
    if (kind == JSONX_TRUE || kind == JSONX_FALSE)
        return true;
    if (kind != JSONX_OBJECT || depth > DEPTH_MAX)
        return false;
    for (uint32_t v = jsonx_first(j, node); v != JSONX_NO_NODE; v = jsonx_next(j, node, v))
        if (!check_word(c, jsonx_key_of(j, v), v, depth))
            return false;
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
    c.json = &s->index;
    if (!why && !check_schema(&c, 0, 0))
        why = c.why[0] ? c.why : "it must be an object";
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
    buf_finish(&s->text);
    jsonx_finish(&s->index);
    free(s);
}

/* ---- judging ---- */

struct judging {
    const struct jsonx *schema, *value;
    struct arena *arena;
    unsigned steps; /* what anyOf in anyOf may cost */
};
enum { STEPS_MAX = 100 * 1000 };

static bool allows(struct judging *g, uint32_t schema, uint32_t value);

static double number_at(const struct jsonx *j, uint32_t node)
{
    char text[400];
    struct str raw = jsonx_raw(j, node);
    if (raw.len >= sizeof text)
        return raw.len && *raw.at == '-' ? -1e308 : 1e308;
    memcpy(text, raw.at, raw.len);
    text[raw.len] = '\0';
    return strtod(text, NULL);
}

static bool is_whole_number(const struct jsonx *j, uint32_t node)
{
    double d = number_at(j, node);
    struct str raw = jsonx_raw(j, node);
    bool is_plain = !str_has(raw, '.') && !str_has(raw, 'e') && !str_has(raw, 'E');
    return is_plain || (d > -9e15 && d < 9e15 && d == (double)(int64_t)d);
}

static bool is_type(const struct judging *g, uint32_t type, uint32_t value)
{
    const struct jsonx *s = g->schema;
    if (jsonx_is(s, type, JSONX_ARRAY)) {
        for (uint32_t e = jsonx_first(s, type); e != JSONX_NO_NODE; e = jsonx_next(s, type, e))
            if (is_type(g, e, value))
                return true;
        return false;
    }
    for (size_t i = 0; i < ARRAY_LEN(TYPES); i++)
        if (jsonx_string_is(s, type, TYPES[i].name))
            return (TYPES[i].kinds >> jsonx_kind(g->value, value) & 1) &&
                   (!TYPES[i].whole || is_whole_number(g->value, value));
    return false;
}

static bool is_same(const struct judging *g, uint32_t wanted, uint32_t value)
{
    enum jsonx_kind kind = jsonx_kind(g->schema, wanted);
    if (kind != jsonx_kind(g->value, value))
        return false;
    if (kind == JSONX_NUMBER)
        return number_at(g->schema, wanted) == number_at(g->value, value);
    if (kind != JSONX_STRING)
        return kind < JSONX_NUMBER;
    struct str text = jsonx_string(g->schema, wanted, g->arena);
    return text.at && jsonx_string_is(g->value, value, text);
}

static bool is_one_of(const struct judging *g, uint32_t list, uint32_t value)
{
    for (uint32_t e = jsonx_first(g->schema, list); e != JSONX_NO_NODE; e = jsonx_next(g->schema, list, e))
        if (is_same(g, e, value))
            return true;
    return false;
}

static bool has_members(const struct judging *g, uint32_t names, uint32_t object)
{
    for (uint32_t e = jsonx_first(g->schema, names); e != JSONX_NO_NODE; e = jsonx_next(g->schema, names, e)) {
        struct str name = jsonx_string(g->schema, e, g->arena);
        if (!name.at || jsonx_member(g->value, object, name) == JSONX_NO_NODE)
            return false;
    }
    return true;
}

static bool members_allowed(struct judging *g, uint32_t schema, uint32_t object)
{
    uint32_t properties = jsonx_member(g->schema, schema, STR("properties"));
    uint32_t others = jsonx_member(g->schema, schema, STR("additionalProperties"));
    for (uint32_t v = jsonx_first(g->value, object); v != JSONX_NO_NODE; v = jsonx_next(g->value, object, v)) {
        struct str name = jsonx_string(g->value, jsonx_key_of(g->value, v), g->arena);
        if (!name.at)
            return false;
        uint32_t known = jsonx_member(g->schema, properties, name);
        uint32_t by = known != JSONX_NO_NODE ? known : others;
        if (by != JSONX_NO_NODE && !allows(g, by, v))
            return false;
    }
    return true;
}

static uint64_t count_of(const struct jsonx *j, uint32_t node)
{
    uint64_t n = 0;
    if (jsonx_is(j, node, JSONX_STRING)) {
        struct str raw = jsonx_raw(j, node);
        for (size_t i = 0; i < raw.len; n++) {
            bool is_escape = raw.at[i] == '\\', is_unicode = is_escape && raw.at[i + 1] == 'u';
            bool is_pair = is_unicode && raw.len - i >= 12 && ascii_lower(raw.at[i + 2]) == 'd' && hex_value(raw.at[i + 3]) >= 8;
            size_t width = utf8_valid_one(str_from(raw, i));
            i += is_pair ? 12 : is_unicode ? 6 : is_escape ? 2 : width ? width : 1;
        }
        return n;
    }
    for (uint32_t e = jsonx_first(j, node); e != JSONX_NO_NODE; e = jsonx_next(j, node, e))
        n++;
    return n;
}

static bool count_fits(const struct judging *g, uint32_t schema, uint32_t value, struct str least, struct str most)
{
    uint64_t n = count_of(g->value, value), bound;
    if (jsonx_u64(g->schema, jsonx_member(g->schema, schema, least), &bound) && n < bound)
        return false;
    return !jsonx_u64(g->schema, jsonx_member(g->schema, schema, most), &bound) || n <= bound;
}

static bool number_fits(const struct judging *g, uint32_t schema, uint32_t value)
{
    const struct jsonx *s = g->schema;
    uint32_t least = jsonx_member(s, schema, STR("minimum")), most = jsonx_member(s, schema, STR("maximum"));
    uint32_t above = jsonx_member(s, schema, STR("exclusiveMinimum")), below = jsonx_member(s, schema, STR("exclusiveMaximum"));
    double d = number_at(g->value, value);
    return (least == JSONX_NO_NODE || d >= number_at(s, least)) && (most == JSONX_NO_NODE || d <= number_at(s, most)) &&
           (above == JSONX_NO_NODE || d > number_at(s, above)) && (below == JSONX_NO_NODE || d < number_at(s, below));
}

/* How many of the list allow it, up to `enough`. */
static unsigned allowed_by(struct judging *g, uint32_t list, uint32_t value, unsigned enough)
{
    unsigned n = 0;
    for (uint32_t e = jsonx_first(g->schema, list); e != JSONX_NO_NODE && n < enough; e = jsonx_next(g->schema, list, e))
        n += allows(g, e, value);
    return n;
}

static bool combined(struct judging *g, uint32_t schema, uint32_t value)
{
    const struct jsonx *s = g->schema;
    uint32_t any = jsonx_member(s, schema, STR("anyOf")), all = jsonx_member(s, schema, STR("allOf"));
    uint32_t one = jsonx_member(s, schema, STR("oneOf")), not = jsonx_member(s, schema, STR("not"));
    return (any == JSONX_NO_NODE || allowed_by(g, any, value, 1) == 1) &&
           (all == JSONX_NO_NODE || allowed_by(g, all, value, UINT32_MAX) == count_of(s, all)) &&
           (one == JSONX_NO_NODE || allowed_by(g, one, value, 2) == 1) && (not == JSONX_NO_NODE || !allows(g, not, value));
}

static bool items_allowed(struct judging *g, uint32_t items, uint32_t array)
{
    for (uint32_t e = jsonx_first(g->value, array); items != JSONX_NO_NODE && e != JSONX_NO_NODE;
         e = jsonx_next(g->value, array, e))
        if (!allows(g, items, e))
            return false;
    return true;
}

static bool allows(struct judging *g, uint32_t schema, uint32_t value)
{
    const struct jsonx *s = g->schema;
    if (++g->steps > STEPS_MAX || jsonx_is(s, schema, JSONX_FALSE))
        return false;
    if (jsonx_is(s, schema, JSONX_TRUE))
        return true;
    uint32_t type = jsonx_member(s, schema, STR("type")), list = jsonx_member(s, schema, STR("enum"));
    uint32_t only = jsonx_member(s, schema, STR("const"));
    if ((type != JSONX_NO_NODE && !is_type(g, type, value)) || (list != JSONX_NO_NODE && !is_one_of(g, list, value)) ||
        (only != JSONX_NO_NODE && !is_same(g, only, value)) || !combined(g, schema, value))
        return false;
    switch (jsonx_kind(g->value, value)) {
    case JSONX_NUMBER:
        return number_fits(g, schema, value);
    case JSONX_STRING:
        return count_fits(g, schema, value, STR("minLength"), STR("maxLength"));
    case JSONX_ARRAY:
        return count_fits(g, schema, value, STR("minItems"), STR("maxItems")) &&
               items_allowed(g, jsonx_member(s, schema, STR("items")), value);
    case JSONX_OBJECT:
        return has_members(g, jsonx_member(s, schema, STR("required")), value) && members_allowed(g, schema, value);
    default:
        return true;
    }
}

bool json_schema_allows(const struct json_schema *s, const struct jsonx *value, struct arena *arena)
{
    struct judging g = { .schema = &s->index, .value = value, .arena = arena };
    return allows(&g, 0, 0) && g.steps <= STEPS_MAX;
}
