/* language_schema.c - rows into a schema; stages take filters, `select` takes pools. */
#include "proxy/app/language_schema.h"

#include "config/schema.h"

/* Either one, or a list of them. */
static json_t *one_or_list(json_t *one)
{
    json_t *list = json_pack("{s:s, s:i, s:O}", "type", "array", "minItems", 1, "items", one);
    return json_pack("{s:[o,o]}", "anyOf", one, list);
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

static json_t *stage_schema(const struct language *language, enum stage stage)
{
    json_t *forms = json_array(), *names = json_array();
    for (size_t i = 0; i < language->filters.count; i++)
        if (language->filters.at[i]->seat == stage)
            json_array_append_new(forms, filter_schema(language->filters.at[i], names));
    json_array_insert_new(forms, 0, json_pack("{s:o}", "enum", names));
    return one_or_list(json_pack("{s:o}", "anyOf", forms));
}

/* Rows of a route that are stages have the stage's own words. */
static json_t *custom_schema(const struct setting *row, void *data)
{
    enum stage stage = stage_named(str_c(row->name));
    if (stage == STAGE_SELECT)
        return one_or_list(settings_schema(SELECTION_SETTINGS, "pool", NULL, NULL));
    if (stage < STAGE_COUNT && row->about == STAGES[stage].about)
        return stage_schema(data, stage);
    return NULL;
}

json_t *language_schema(const struct language *language)
{
    struct arena arena;
    arena_init(&arena, 4 * 1024 * 1024);
    const struct setting *rows = setup_rows(language, &arena);
    json_t *schema = rows ? settings_schema(rows, NULL, custom_schema, (void *)language) : NULL;
    if (schema) {
        json_object_set_new(schema, "$schema", json_string("https://json-schema.org/draft/2020-12/schema"));
        json_object_set_new(schema, "title", json_string("bartizan.yaml"));
    }
    arena_finish(&arena);
    return schema;
}
