/* json_schema_judge.c - a schema walked beside a value. */
#include "filters/relay/json_schema_parts.h"

#include <math.h>

#include "proxy/base/hash.h"
#include "proxy/base/utf8.h"

struct judging {
    const struct json_schema *of;
    const struct jsonx *schema, *value; /* the first is its index */
    struct arena *arena;
    unsigned steps; /* what anyOf in anyOf may cost */
    unsigned depth; /* of references that lead to themselves */
    size_t searching; /* steps that are left for all expressions together */
};
enum { STEPS_MAX = 100 * 1000, SEARCHING_MAX = 4 * 1000 * 1000, NESTED_MAX = 400, FIND_STEPS = 4, LOOKS_A_STEP = 32, COUNTS_A_STEP = 256 };

static bool allows(struct judging *g, uint32_t schema, uint32_t value);

/* What cannot be told makes everything refused, also under a "not". */
static bool give_up(struct judging *g)
{
    g->steps = STEPS_MAX + 1;
    return false;
}

static struct str string_at(struct judging *g, const struct jsonx *j, uint32_t node)
{
    struct str text = jsonx_string(j, node, g->arena);
    if (!text.at)
        give_up(g);
    return text;
}

static double number_at(struct judging *g, const struct jsonx *j, uint32_t node)
{
    char text[400];
    struct str raw = jsonx_raw(j, node);
    if (raw.len >= sizeof text)
        return give_up(g);
    memcpy(text, raw.at, raw.len);
    text[raw.len] = '\0';
    return strtod(text, NULL);
}

static bool is_whole_number(struct judging *g, const struct jsonx *j, uint32_t node)
{
    double d = number_at(g, j, node);
    struct str raw = jsonx_raw(j, node);
    bool is_plain = !str_has(raw, '.') && !str_has(raw, 'e') && !str_has(raw, 'E');
    return is_plain || (d > -9e15 && d < 9e15 && d == (double)(int64_t)d);
}

static bool is_type(struct judging *g, uint32_t type, uint32_t value)
{
    const struct jsonx *s = g->schema;
    if (jsonx_is(s, type, JSONX_ARRAY)) {
        for (uint32_t e = jsonx_first(s, type); e != JSONX_NO_NODE; e = jsonx_next(s, type, e))
            if (is_type(g, e, value))
                return true;
        return false;
    }
    for (size_t i = 0; i < SCHEMA_TYPES_COUNT; i++)
        if (jsonx_string_is(s, type, SCHEMA_TYPES[i].name))
            return (SCHEMA_TYPES[i].kinds >> jsonx_kind(g->value, value) & 1) &&
                   (!SCHEMA_TYPES[i].whole || is_whole_number(g, g->value, value));
    return false;
}

/* Two values of either index. */
static bool is_same(struct judging *g, const struct jsonx *a, uint32_t at, const struct jsonx *b, uint32_t bt)
{
    enum jsonx_kind kind = jsonx_kind(a, at);
    if (++g->steps > STEPS_MAX || kind != jsonx_kind(b, bt))
        return false;
    if (kind == JSONX_NUMBER)
        return number_at(g, a, at) == number_at(g, b, bt);
    if (kind == JSONX_STRING) {
        struct str text = string_at(g, a, at);
        return text.at && jsonx_string_is(b, bt, text);
    }
    if (kind < JSONX_ARRAY)
        return true;
    uint32_t other = jsonx_first(b, bt), n = 0;
    for (uint32_t e = jsonx_first(a, at); e != JSONX_NO_NODE; e = jsonx_next(a, at, e), n++) {
        if (kind == JSONX_OBJECT) {
            struct str name = string_at(g, a, jsonx_key_of(a, e));
            g->steps += (b->nodes[bt].next - bt) / LOOKS_A_STEP;
            other = name.at ? jsonx_member(b, bt, name) : JSONX_NO_NODE;
        }
        if (other == JSONX_NO_NODE || !is_same(g, a, e, b, other))
            return false;
        other = kind == JSONX_ARRAY ? jsonx_next(b, bt, other) : other;
    }
    for (uint32_t e = jsonx_first(b, bt); e != JSONX_NO_NODE; e = jsonx_next(b, bt, e))
        if (n-- == 0)
            return false;
    return true;
}

static bool is_one_of(struct judging *g, uint32_t list, uint32_t value)
{
    for (uint32_t e = jsonx_first(g->schema, list); e != JSONX_NO_NODE; e = jsonx_next(g->schema, list, e))
        if (is_same(g, g->schema, e, g->value, value))
            return true;
    return false;
}

static bool finds(struct judging *g, uint32_t pattern, struct str text)
{
    g->steps += FIND_STEPS;
    enum schema_found found = g->steps <= STEPS_MAX ? schema_pattern_finds(g->of, pattern, text, &g->searching) : SCHEMA_UNKNOWN;
    return found == SCHEMA_UNKNOWN ? give_up(g) : found == SCHEMA_FOUND;
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

/* One for all values that are the same. */
static uint64_t hash_of(struct judging *g, uint32_t value)
{
    const struct jsonx *j = g->value;
    enum jsonx_kind kind = jsonx_kind(j, value);
    uint64_t hash = kind;
    if (++g->steps > STEPS_MAX)
        return 0;
    if (kind == JSONX_NUMBER) {
        double d = number_at(g, j, value) + 0.0; /* of -0 and 0 the same */
        return hash_str(str_of((const char *)&d, sizeof d));
    }
    if (kind == JSONX_STRING) {
        struct str text = string_at(g, j, value);
        g->steps += (unsigned)(text.len / COUNTS_A_STEP);
        return hash_str(text);
    }
    for (uint32_t e = jsonx_first(j, value); e != JSONX_NO_NODE; e = jsonx_next(j, value, e)) {
        uint64_t pair[] = { kind == JSONX_OBJECT ? hash_of(g, jsonx_key_of(j, e)) : hash, hash_of(g, e) };
        uint64_t both = hash_str(str_of((const char *)pair, sizeof pair));
        hash = kind == JSONX_OBJECT ? hash + both : both; /* members in any order */
    }
    return hash;
}

struct item {
    uint64_t hash;
    uint32_t node;
};

static int by_hash(const void *a, const void *b)
{
    const struct item *x = a, *y = b;
    return (x->hash > y->hash) - (x->hash < y->hash);
}

static bool are_unique(struct judging *g, uint32_t array)
{
    size_t n = count_of(g->value, array), at = 0;
    struct item *items = n <= STEPS_MAX ? arena_array(g->arena, struct item, n) : NULL;
    if (!items)
        return give_up(g);
    for (uint32_t e = jsonx_first(g->value, array); e != JSONX_NO_NODE; e = jsonx_next(g->value, array, e))
        items[at++] = (struct item){ hash_of(g, e), e };
    qsort(items, n, sizeof *items, by_hash);
    for (size_t a = 0; a < n; a++)
        for (size_t b = a + 1; b < n && items[b].hash == items[a].hash; b++)
            if (is_same(g, g->value, items[a].node, g->value, items[b].node) || g->steps > STEPS_MAX)
                return false;
    return true;
}

/* `name` is a string of the schema. */
static bool has_name(struct judging *g, uint32_t name, uint32_t object)
{
    struct str text = string_at(g, g->schema, name);
    uint32_t v = jsonx_first(g->value, object), looks = 0;
    for (; text.at && v != JSONX_NO_NODE && !jsonx_string_is(g->value, jsonx_key_of(g->value, v), text); looks++)
        v = jsonx_next(g->value, object, v);
    g->steps += looks / LOOKS_A_STEP;
    return text.at && v != JSONX_NO_NODE && g->steps <= STEPS_MAX;
}

static bool has_members(struct judging *g, uint32_t names, uint32_t object)
{
    for (uint32_t e = jsonx_first(g->schema, names); e != JSONX_NO_NODE; e = jsonx_next(g->schema, names, e))
        if (!has_name(g, e, object))
            return false;
    return true;
}

/* By each schema that is for its name, and when there is none by that for all others. */
static bool member_allowed(struct judging *g, uint32_t schema, struct str name, uint32_t value)
{
    const struct jsonx *s = g->schema;
    uint32_t patterns = jsonx_member(s, schema, STR("patternProperties")), by = jsonx_member(s, jsonx_member(s, schema, STR("properties")), name);
    bool is_known = by != JSONX_NO_NODE;
    if (is_known && !allows(g, by, value))
        return false;
    for (uint32_t p = jsonx_first(s, patterns); p != JSONX_NO_NODE; p = jsonx_next(s, patterns, p)) {
        if (!finds(g, jsonx_key_of(s, p), name))
            continue;
        is_known = true;
        if (!allows(g, p, value))
            return false;
    }
    by = is_known ? JSONX_NO_NODE : jsonx_member(s, schema, STR("additionalProperties"));
    return by == JSONX_NO_NODE || allows(g, by, value);
}

static bool members_allowed(struct judging *g, uint32_t schema, uint32_t object)
{
    uint32_t names = jsonx_member(g->schema, schema, STR("propertyNames")), looks = 0;
    for (uint32_t v = jsonx_first(g->value, object); v != JSONX_NO_NODE; v = jsonx_next(g->value, object, v)) {
        struct str name = string_at(g, g->value, jsonx_key_of(g->value, v));
        g->steps += ++looks % LOOKS_A_STEP == 0;
        if (!name.at || g->steps > STEPS_MAX || !member_allowed(g, schema, name, v) ||
            (names != JSONX_NO_NODE && !allows(g, names, jsonx_key_of(g->value, v))))
            return false;
    }
    return true;
}

static bool count_fits(struct judging *g, uint32_t schema, uint32_t value, struct str least, struct str most)
{
    uint64_t low = 0, high = UINT64_MAX;
    bool has_low = jsonx_u64(g->schema, jsonx_member(g->schema, schema, least), &low);
    bool has_high = jsonx_u64(g->schema, jsonx_member(g->schema, schema, most), &high);
    if (!has_low && !has_high)
        return true;
    uint64_t n = count_of(g->value, value);
    g->steps += (unsigned)(n / COUNTS_A_STEP);
    return n >= low && n <= high && g->steps <= STEPS_MAX;
}

static bool number_fits(struct judging *g, uint32_t schema, uint32_t value)
{
    const struct jsonx *s = g->schema;
    uint32_t least = jsonx_member(s, schema, STR("minimum")), most = jsonx_member(s, schema, STR("maximum"));
    uint32_t above = jsonx_member(s, schema, STR("exclusiveMinimum")), below = jsonx_member(s, schema, STR("exclusiveMaximum"));
    uint32_t step = jsonx_member(s, schema, STR("multipleOf"));
    double d = number_at(g, g->value, value), steps = step == JSONX_NO_NODE ? 0 : d / number_at(g, s, step);
    return fabs(steps - round(steps)) <= 1e-9 * fmax(1, fabs(steps)) && (least == JSONX_NO_NODE || d >= number_at(g, s, least)) &&
           (most == JSONX_NO_NODE || d <= number_at(g, s, most)) && (above == JSONX_NO_NODE || d > number_at(g, s, above)) &&
           (below == JSONX_NO_NODE || d < number_at(g, s, below));
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
    uint32_t when = jsonx_member(s, schema, STR("if")), then = when;
    if (when != JSONX_NO_NODE)
        then = jsonx_member(s, schema, allows(g, when, value) ? STR("then") : STR("else"));
    return (then == JSONX_NO_NODE || allows(g, then, value)) && (any == JSONX_NO_NODE || allowed_by(g, any, value, 1) == 1) &&
           (all == JSONX_NO_NODE || allowed_by(g, all, value, UINT32_MAX) == count_of(s, all)) &&
           (one == JSONX_NO_NODE || allowed_by(g, one, value, 2) == 1) && (not == JSONX_NO_NODE || !allows(g, not, value));
}

/* The first by schemas of their own, where there are such. */
static bool items_allowed(struct judging *g, uint32_t schema, uint32_t array)
{
    uint32_t items = jsonx_member(g->schema, schema, STR("items")), first = jsonx_member(g->schema, schema, STR("prefixItems"));
    uint32_t own = jsonx_first(g->schema, first);
    for (uint32_t e = jsonx_first(g->value, array); e != JSONX_NO_NODE; e = jsonx_next(g->value, array, e)) {
        uint32_t by = own != JSONX_NO_NODE ? own : items;
        if (by == JSONX_NO_NODE)
            break;
        if (!allows(g, by, e))
            return false;
        own = own == JSONX_NO_NODE ? own : jsonx_next(g->schema, first, own);
    }
    return !jsonx_is(g->schema, jsonx_member(g->schema, schema, STR("uniqueItems")), JSONX_TRUE) || are_unique(g, array);
}

static bool contains_fit(struct judging *g, uint32_t schema, uint32_t array)
{
    uint32_t by = jsonx_member(g->schema, schema, STR("contains"));
    uint64_t n = 0, bound;
    for (uint32_t e = by == JSONX_NO_NODE ? by : jsonx_first(g->value, array); e != JSONX_NO_NODE; e = jsonx_next(g->value, array, e))
        n += allows(g, by, e);
    if (by == JSONX_NO_NODE || (jsonx_u64(g->schema, jsonx_member(g->schema, schema, STR("maxContains")), &bound) && n > bound))
        return by == JSONX_NO_NODE;
    return n >= (jsonx_u64(g->schema, jsonx_member(g->schema, schema, STR("minContains")), &bound) ? bound : 1);
}

/* What else is asked of an object that has a member. */
static bool dependents_allowed(struct judging *g, uint32_t schema, uint32_t object)
{
    uint32_t needs = jsonx_member(g->schema, schema, STR("dependentRequired"));
    uint32_t schemas = jsonx_member(g->schema, schema, STR("dependentSchemas"));
    for (uint32_t e = jsonx_first(g->schema, needs); e != JSONX_NO_NODE; e = jsonx_next(g->schema, needs, e))
        if (has_name(g, jsonx_key_of(g->schema, e), object) && !has_members(g, e, object))
            return false;
    for (uint32_t e = jsonx_first(g->schema, schemas); e != JSONX_NO_NODE; e = jsonx_next(g->schema, schemas, e))
        if (has_name(g, jsonx_key_of(g->schema, e), object) && !allows(g, e, object))
            return false;
    return true;
}

/* `pattern` and `format`. */
static bool text_fits(struct judging *g, uint32_t schema, uint32_t value)
{
    static const struct str words[] = { STR_INIT("pattern"), STR_INIT("format") };
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        uint32_t node = jsonx_member(g->schema, schema, words[i]);
        struct str text = node == JSONX_NO_NODE ? STR_NONE : string_at(g, g->value, value);
        if (node != JSONX_NO_NODE && (!text.at || !finds(g, node, text)))
            return false;
    }
    return true;
}

static bool allows_object(struct judging *g, uint32_t schema, uint32_t value)
{
    const struct jsonx *s = g->schema;
    uint32_t ref = jsonx_member(s, schema, STR("$ref"));
    if (ref != JSONX_NO_NODE && !allows(g, schema_target(s, ref), value))
        return false;
    uint32_t type = jsonx_member(s, schema, STR("type")), list = jsonx_member(s, schema, STR("enum"));
    uint32_t only = jsonx_member(s, schema, STR("const"));
    if ((type != JSONX_NO_NODE && !is_type(g, type, value)) || (list != JSONX_NO_NODE && !is_one_of(g, list, value)) ||
        (only != JSONX_NO_NODE && !is_same(g, s, only, g->value, value)) || !combined(g, schema, value))
        return false;
    switch (jsonx_kind(g->value, value)) {
    case JSONX_NUMBER:
        return number_fits(g, schema, value);
    case JSONX_STRING:
        return count_fits(g, schema, value, STR("minLength"), STR("maxLength")) && text_fits(g, schema, value);
    case JSONX_ARRAY:
        return count_fits(g, schema, value, STR("minItems"), STR("maxItems")) &&
               items_allowed(g, schema, value) && contains_fit(g, schema, value);
    case JSONX_OBJECT:
        return count_fits(g, schema, value, STR("minProperties"), STR("maxProperties")) &&
               has_members(g, jsonx_member(s, schema, STR("required")), value) && members_allowed(g, schema, value) &&
               dependents_allowed(g, schema, value);
    default:
        return true;
    }
}

static bool allows(struct judging *g, uint32_t schema, uint32_t value)
{
    if (g->depth > NESTED_MAX)
        give_up(g); /* what leads to itself allows nothing, nor does what is not that */
    if (++g->steps > STEPS_MAX || jsonx_is(g->schema, schema, JSONX_FALSE))
        return false;
    if (jsonx_is(g->schema, schema, JSONX_TRUE))
        return true;
    g->depth++;
    bool ok = allows_object(g, schema, value);
    g->depth--;
    return ok;
}

enum json_schema_answer json_schema_judge(const struct json_schema *s, const struct jsonx *value, struct arena *arena, size_t *searched)
{
    struct judging g = { .of = s, .schema = &s->index, .value = value, .arena = arena, .searching = SEARCHING_MAX - *searched };
    bool ok = allows(&g, 0, 0);
    *searched = SEARCHING_MAX - g.searching;
    return g.steps > STEPS_MAX ? SCHEMA_TOO_COSTLY : ok ? SCHEMA_CONFORMS : SCHEMA_DIFFERS;
}
