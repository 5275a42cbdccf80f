/* test_schema.c - the language is sound, the reference page says what the tables say, the schema takes what the reader
 * takes. */
#include "proxy/app/language_schema.h"
#include "filters/list.h"
#include "proxy/app/words.h"
#include "tests/harness/check.h"

#include <dirent.h>
#include <regex.h>
#include <unistd.h>

#define CONFIG_DIR TESTS_DATA "/../../config"

static bool read_file(const char *path, struct buf *out)
{
    FILE *f = fopen(path, "rb");
    bool ok = f != NULL;
    buf_init(out, 4 * 1024 * 1024);
    for (size_t got = 1; ok && got;) {
        char *at = buf_reserve(out, 65536);
        got = at ? fread(at, 1, 65536, f) : 0;
        ok = at != NULL;
        buf_grew(out, got);
    }
    if (f)
        fclose(f);
    return ok;
}

/* ---- the language ---- */

#define FILTER(stage, symbol) extern const struct filter symbol;
#include "filters/list.def"

static bool is_known_row(const struct setting *rows, const char *name)
{
    return setting_named(rows, str_c(name)) != NULL;
}

static bool check_chapter(void *data, const struct chapter *c)
{
    (void)data;
    struct arena arena;
    struct problems problems;
    arena_init(&arena, 1024 * 1024);
    problems_init(&problems, STR("defaults"), STR_NONE);
    struct reading r = { .arena = &arena, .problems = &problems };
    if (!CHECK(c->about && *c->about) || !CHECK(!c->scalar || is_known_row(c->rows, c->scalar)))
        printf("    " STR_F "\n", STR_A(c->path));
    for (const struct setting *row = c->rows; row && row->name; row++) {
        _Alignas(16) char field[4096] = { 0 };
        bool ok = CHECK(row->about && *row->about) && CHECK(!is_known_row(row + 1, row->name)) &&
                  CHECK(!row->required || !row->dflt);
        if (row->dflt && row->kind != SET_CUSTOM) {
            struct yaml at = { .kind = YAML_SCALAR, .text = str_c(row->dflt), .is_plain = true };
            struct yaml *tree = strchr("[{", row->dflt[0]) ? yaml_read(&arena, at.text, &problems) : &at;
            ok = CHECK(tree && setting_read_value(&r, row, tree, field)) && ok;
        }
        if (!ok)
            printf("    " STR_F ".%s\n", STR_A(c->path), row->name);
    }
    problems_finish(&problems);
    arena_finish(&arena);
    return true;
}

TEST("every word says what it is for, is there once, and has a default that it takes itself")
{
    CHECK(words_each(&LANGUAGE, check_chapter, NULL));
}

static bool check_looks(void *data, const struct chapter *c)
{
    size_t *lists = data;
    const struct setting *row = setting_named(c->rows, STR("of"));
    struct arena arena;
    struct problems problems;
    uint64_t bits = 0;
    if (!row || row->kind != SET_WORDS || str_ends(c->path, STR("labels"))) /* which looks at headers as well */
        return true;
    arena_init(&arena, 1024 * 1024);
    problems_init(&problems, STR("empty"), STR_NONE);
    struct reading r = { .arena = &arena, .problems = &problems };
    if (!CHECK(!setting_read_value(&r, row, yaml_read(&arena, STR("[]"), &problems), &bits) && problems.errors == 1))
        printf("    " STR_F "\n", STR_A(c->path));
    ++*lists;
    problems_finish(&problems);
    arena_finish(&arena);
    return true;
}

TEST("a filter that would look at nothing is a mistake")
{
    size_t lists = 0;
    CHECK(words_each(&LANGUAGE, check_looks, &lists) && lists >= 6);
}

TEST("every filter sits where its row says")
{
    static const struct {
        enum stage stage;
        const struct filter *filter;
    } ROWS[] = {
#define FILTER(stage, symbol) { STAGE_##stage, &symbol },
#include "filters/list.def"
    };
    CHECK_INT(ARRAY_LEN(ROWS), LANGUAGE.filters.count);
    for (size_t i = 0; i < ARRAY_LEN(ROWS); i++)
        if (!CHECK_INT(ROWS[i].filter->seat, ROWS[i].stage))
            printf("    %s\n", ROWS[i].filter->name);
}

TEST("the reference page is what the tables print")
{
    struct buf page, committed;
    buf_init(&page, 4 * 1024 * 1024);
    CHECK(words_print_markdown(&page, &LANGUAGE));
    if (!CHECK(read_file(CONFIG_DIR "/REFERENCE.md", &committed)) ||
        !CHECK(str_eq(buf_str(&page), buf_str(&committed))))
        printf("    run: bartizan settings --markdown > config/REFERENCE.md\n");
    buf_finish(&page);
    buf_finish(&committed);
}

TEST("words are found by name, by dotted name, and by the nearest")
{
    struct buf out;
    bool found;
    buf_init(&out, 4 * 1024 * 1024);
    CHECK(words_print(&out, &LANGUAGE, STR("first_byte"), &found) && found);
    CHECK(str_find_str(buf_str(&out), STR("pools.first_byte")) < buf_len(&out));
    CHECK(str_find_str(buf_str(&out), STR("default 5m")) < buf_len(&out));
    CHECK(str_find_str(buf_str(&out), STR("retries")) == buf_len(&out));
    buf_clear(&out);
    CHECK(words_print(&out, &LANGUAGE, STR("pools.endpoints"), &found) && found);
    CHECK(str_find_str(buf_str(&out), STR("pools.endpoints.weight")) < buf_len(&out));
    buf_clear(&out);
    CHECK(words_print(&out, &LANGUAGE, STR("limits"), &found) && found);
    CHECK(str_find_str(buf_str(&out), STR("limits.handshake")) < buf_len(&out));
    buf_clear(&out);
    CHECK(words_print(&out, &LANGUAGE, STR("nonsense"), &found) && !found);
    CHECK(strcmp(words_nearest(&LANGUAGE, STR("first_bite")), "first_byte") == 0);
    CHECK(words_nearest(&LANGUAGE, STR("qqqqqqqqqq")) == NULL);
    buf_finish(&out);
}

/* ---- a small validator: the keywords that our schema uses ---- */

static const json_t *definitions;
static bool is_valid(const json_t *schema, const json_t *value);

static bool has_type(const char *type, const json_t *value)
{
    static const struct {
        const char *word;
        json_type a, b;
    } TYPES[] = {
        { "object", JSON_OBJECT, JSON_OBJECT }, { "array", JSON_ARRAY, JSON_ARRAY },
        { "string", JSON_STRING, JSON_STRING }, { "integer", JSON_INTEGER, JSON_INTEGER },
        { "number", JSON_INTEGER, JSON_REAL },  { "boolean", JSON_TRUE, JSON_FALSE },
        { "null", JSON_NULL, JSON_NULL },
    };
    for (size_t i = 0; i < ARRAY_LEN(TYPES); i++)
        if (strcmp(type, TYPES[i].word) == 0)
            return json_typeof(value) == TYPES[i].a || json_typeof(value) == TYPES[i].b;
    return false;
}

static bool type_fits(const json_t *type, const json_t *value)
{
    if (!type || json_is_string(type))
        return !type || has_type(json_string_value(type), value);
    for (size_t i = 0; i < json_array_size(type); i++)
        if (has_type(json_string_value(json_array_get(type, i)), value))
            return true;
    return false;
}

static bool pattern_fits(const char *pattern, const char *text)
{
    regex_t regex;
    if (!CHECK(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB) == 0))
        return false;
    bool fits = regexec(&regex, text, 0, NULL, 0) == 0;
    regfree(&regex);
    return fits;
}

static bool object_fits(const json_t *schema, const json_t *value)
{
    const json_t *properties = json_object_get(schema, "properties"),
                 *more = json_object_get(schema, "additionalProperties");
    const json_t *required = json_object_get(schema, "required"), *names = json_object_get(schema, "propertyNames");
    const char *key;
    json_t *member;
    for (size_t i = 0; i < json_array_size(required); i++)
        if (!json_object_get(value, json_string_value(json_array_get(required, i))))
            return false;
    json_object_foreach((json_t *)value, key, member)
    {
        const json_t *known = json_object_get(properties, key);
        if (names && !pattern_fits(json_string_value(json_object_get(names, "pattern")), key))
            return false;
        if (known ? !is_valid(known, member) : json_is_false(more) || (more && !is_valid(more, member)))
            return false;
    }
    return true;
}

static bool number_fits(const json_t *schema, const char *word, json_int_t n, int sign)
{
    const json_t *bound = json_object_get(schema, word);
    return !bound || sign * n <= sign * json_integer_value(bound);
}

static bool is_valid(const json_t *schema, const json_t *value)
{
    const json_t *list = json_object_get(schema, "anyOf"), *words = json_object_get(schema, "enum");
    const char *pattern = json_string_value(json_object_get(schema, "pattern"));
    const char *place = json_string_value(json_object_get(schema, "$ref"));
    if (place) {
        const json_t *meant = json_object_get(definitions, place + strlen("#/$defs/"));
        return CHECK(meant) && is_valid(meant, value);
    }
    bool ok = !list && !words;
    for (size_t i = 0; !ok && i < json_array_size(list); i++)
        ok = is_valid(json_array_get(list, i), value);
    for (size_t i = 0; !ok && i < json_array_size(words); i++)
        ok = json_equal(json_array_get(words, i), value);
    if (!ok || !type_fits(json_object_get(schema, "type"), value))
        return false;
    if (json_is_string(value))
        return (!pattern || pattern_fits(pattern, json_string_value(value))) &&
               number_fits(schema, "minLength", (json_int_t)json_string_length(value), -1);
    if (json_is_integer(value))
        return number_fits(schema, "minimum", json_integer_value(value), -1) &&
               number_fits(schema, "maximum", json_integer_value(value), 1);
    if (json_is_object(value))
        return object_fits(schema, value);
    const json_t *items = json_object_get(schema, "items");
    for (size_t i = 0; items && i < json_array_size(value); i++)
        if (!is_valid(items, json_array_get(value, i)))
            return false;
    return !json_is_array(value) || (number_fits(schema, "minItems", (json_int_t)json_array_size(value), -1) &&
                                     number_fits(schema, "maxItems", (json_int_t)json_array_size(value), 1));
}

/* YAML as other readers see it: plain scalars may be numbers, booleans, null. */
static json_t *json_of(const struct yaml *at)
{
    uint64_t n;
    json_t *out;
    switch (at->kind) {
    case YAML_LIST:
        out = json_array();
        for (const struct yaml *i = at->first; i; i = i->next)
            json_array_append_new(out, json_of(i));
        return out;
    case YAML_MAP:
        out = json_object();
        for (const struct yaml *i = at->first; i; i = i->next)
            json_object_setn_new(out, i->key.at, i->key.len, json_of(i));
        return out;
    case YAML_SCALAR:
        break;
    }
    if (at->is_plain && str_to_u64(at->text, &n))
        return json_integer((json_int_t)n);
    if (at->is_plain && (str_eq(at->text, STR("true")) || str_eq(at->text, STR("false"))))
        return json_boolean(at->text.at[0] == 't');
    if (at->is_plain && !at->text.len)
        return json_null();
    return json_stringn(at->text.at, at->text.len);
}

static bool schema_takes(struct str text)
{
    struct arena arena;
    struct problems problems;
    arena_init(&arena, 8 * 1024 * 1024);
    problems_init(&problems, STR("t.yaml"), text);
    const struct yaml *tree = yaml_read(&arena, text, &problems);
    json_t *schema = language_schema(&LANGUAGE), *value = tree ? json_of(tree) : NULL;
    definitions = json_object_get(schema, "$defs");
    bool ok = CHECK(schema && value) && is_valid(schema, value);
    json_decref(schema);
    json_decref(value);
    problems_finish(&problems);
    arena_finish(&arena);
    return ok;
}

TEST("the schema takes every example and the annotated file")
{
    static const char *const FILES[] = { CONFIG_DIR, CONFIG_DIR "/examples" };
    size_t files = 0;
    for (size_t i = 0; i < ARRAY_LEN(FILES); i++) {
        DIR *dir = opendir(FILES[i]);
        for (struct dirent *entry; dir && (entry = readdir(dir));) {
            char path[1024];
            struct buf text;
            if (!str_ends(str_c(entry->d_name), STR(".yaml")))
                continue;
            snprintf(path, sizeof path, "%s/%s", FILES[i], entry->d_name);
            if (!CHECK(read_file(path, &text)) || !CHECK(schema_takes(buf_str(&text))))
                printf("    %s\n", path);
            buf_finish(&text);
            files++;
        }
        if (dir)
            closedir(dir);
    }
    CHECK(files >= 4);
}

TEST("the schema refuses what the reader refuses")
{
#define MINIMAL "listen: 127.0.0.1:1\npools: { p: { endpoints: http://127.0.0.1:2 } }\n"
#define ROUTE   "routes: { r: { match: /v1/*, select: p, insecure_anonymous: true"
    CHECK(schema_takes(STR(MINIMAL ROUTE " } }")));
    CHECK(schema_takes(STR(MINIMAL ROUTE ", limit: [ { requests: 60/min } ], max_body: 64KiB } }")));
    CHECK(schema_takes(STR(MINIMAL ROUTE ", limit: { requests: { rate: 60/min, by: [tenant, app] } } } }")));
    CHECK(!schema_takes(STR(MINIMAL)));
    CHECK(!schema_takes(STR(MINIMAL ROUTE " } }\nlimts: { head: 5s }")));
    CHECK(!schema_takes(STR(MINIMAL ROUTE " } }\nlimits: { head: 5 }")));
    CHECK(!schema_takes(STR(MINIMAL ROUTE " } }\nworkers: 1000")));
    CHECK(!schema_takes(STR(MINIMAL ROUTE ", limit: [ request ] } }")));
    CHECK(!schema_takes(STR(MINIMAL ROUTE ", inspect: [ { injection: { of: [] } } ] } }")));
    CHECK(!schema_takes(STR(MINIMAL ROUTE ", limit: [ { requests: { rate: 60 } } ] } }")));
    CHECK(!schema_takes(STR(MINIMAL ROUTE ", limit: [ { requests: 60/min, concurrency: 1 } ] } }")));
    CHECK(!schema_takes(STR(MINIMAL ROUTE ", pass_through: \"true\" } }")));
    CHECK(!schema_takes(STR(MINIMAL "routes: { \"a b\": { match: /v1/*, select: p } }")));
}
