/* language_schema.c - rows into a schema; stages take filters, `select` takes pools. */
#include "proxy/app/language_schema.h"

#include "config/schema.h"

struct schema_writer {
    const struct language *language;
    json_t *definitions; /* what is referred to from several places */
};

/* Either one, or a list of them; what one is stands among the definitions. */
static json_t *one_or_list(const struct schema_writer *w, const char *name, json_t *one)
{
    char place[128];
    snprintf(place, sizeof place, "#/$defs/%s", name);
    json_object_set_new(w->definitions, name, one);
    return json_pack("{s:[{s:s}, {s:s, s:i, s:{s:s}}]}", "anyOf", "$ref", place, "type", "array", "minItems", 1,
                     "items", "$ref", place);
}

/* The filter's word alone, or the word with its settings. */
static json_t *filter_schema(const struct filter *f, json_t *names)
{
    json_t *settings = settings_schema(f->settings, f->scalar, NULL, NULL);
    json_t *policy = json_pack("{s:[{s:s}, o]}", "anyOf", "type", "null", settings);
    json_array_append_new(names, json_string(f->name));
    return json_pack("{s:s, s:s, s:b, s:[s], s:{s:o}}", "type", "object", "description", f->about,
                     "additionalProperties", 0, "required", f->name, "properties", f->name, policy);
}

static json_t *stage_schema(const struct schema_writer *w, enum stage stage)
{
    const struct language *language = w->language;
    json_t *forms = json_array(), *names = json_array();
    for (size_t i = 0; i < language->filters.count; i++)
        if (language->filters.at[i]->seat == stage)
            json_array_append_new(forms, filter_schema(language->filters.at[i], names));
    json_array_insert_new(forms, 0, json_pack("{s:o}", "enum", names));
    return one_or_list(w, STAGES[stage].word, json_pack("{s:o}", "anyOf", forms));
}

/* Rows of a route that are stages have the stage's own words. */
static json_t *custom_schema(const struct setting *row, void *data)
{
    enum stage stage = stage_named(str_c(row->name));
    if (stage == STAGE_SELECT)
        return one_or_list(data, row->name, settings_schema(SELECTION_SETTINGS, "pool", NULL, NULL));
    if (stage < STAGE_COUNT && row->about == STAGES[stage].about)
        return stage_schema(data, stage);
    return NULL;
}

json_t *language_schema(const struct language *language)
{
    struct arena arena;
    struct schema_writer w = { .language = language, .definitions = json_object() };
    arena_init(&arena, 4 * 1024 * 1024);
    const struct setting *rows = setup_rows(language, &arena);
    json_t *schema = rows ? settings_schema(rows, NULL, custom_schema, &w) : NULL;
    if (schema) {
        json_object_set_new(schema, "$schema", json_string("https://json-schema.org/draft/2020-12/schema"));
        json_object_set_new(schema, "title", json_string("bartizan.yaml"));
        json_object_set(schema, "$defs", w.definitions);
    }
    json_decref(w.definitions);
    arena_finish(&arena);
    return schema;
}
