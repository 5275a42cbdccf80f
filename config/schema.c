/* schema.c - a JSON Schema for each kind of setting. YAML is read first, so a text may look like a number. */
#include "config/schema.h"

#define NAME_PATTERN "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"

struct writer {
    custom_schema_fn *custom;
    void *data;
};

static json_t *row_schema(const struct writer *w, const struct setting *row);

static json_t *one_or_many(json_t *one, const struct setting *row)
{
    json_t *many = json_pack("{s:s, s:O}", "type", "array", "items", one);
    if (many && row->min)
        json_object_set_new(many, "minItems", json_integer((json_int_t)row->min));
    if (many && row->kind != SET_WORDS && row->max)
        json_object_set_new(many, "maxItems", json_integer((json_int_t)row->max));
    return json_pack("{s:[o,o]}", "anyOf", one, many);
}

static json_t *pattern(const char *text)
{
    return json_pack("{s:s, s:s}", "type", "string", "pattern", text);
}

static json_t *text(void)
{
    return json_pack("{s:[s,s,s], s:i}", "type", "string", "number", "boolean", "minLength", 1);
}

static json_t *integer(const struct setting *row)
{
    json_t *schema = json_pack("{s:s, s:I}", "type", "integer", "minimum", (json_int_t)row->min);
    if (schema && row->max)
        json_object_set_new(schema, "maximum", json_integer((json_int_t)row->max));
    return schema;
}

static json_t *words(const struct setting *row)
{
    json_t *list = json_array();
    for (size_t i = 0; row->words && row->words[i]; i++)
        json_array_append_new(list, json_string(row->words[i]));
    return json_pack("{s:o}", "enum", list);
}

static json_t *object(const struct writer *w, const struct setting *rows)
{
    json_t *properties = json_object(), *required = json_array();
    for (; rows && rows->name; rows++) {
        json_object_set_new(properties, rows->name, row_schema(w, rows));
        if (rows->required)
            json_array_append_new(required, json_string(rows->name));
    }
    json_t *schema =
        json_pack("{s:s, s:b, s:o}", "type", "object", "additionalProperties", 0, "properties", properties);
    if (schema && json_array_size(required))
        json_object_set(schema, "required", required);
    json_decref(required);
    return schema;
}

static json_t *block(const struct writer *w, const struct setting *rows, const char *scalar)
{
    json_t *schema = object(w, rows);
    const struct setting *row = scalar ? setting_named(rows, str_c(scalar)) : NULL;
    return row ? json_pack("{s:[o,o]}", "anyOf", schema, row_schema(w, row)) : schema;
}

static json_t *kind_schema(const struct writer *w, const struct setting *row)
{
    switch (row->kind) {
    case SET_BOOL:
        return json_pack("{s:s}", "type", "boolean");
    case SET_UINT:
        return integer(row);
    case SET_BYTES:
        return json_pack("{s:[o,o]}", "anyOf", integer(row), pattern("^[0-9]+(KiB|MiB|GiB)?$"));
    case SET_DURATION:
        return pattern("^[0-9]+(ms|s|m|h|d)$");
    case SET_RATE:
        return pattern("^[0-9]+/(s|second|m|min|minute|h|hour|d|day)$");
    case SET_TEXT:
    case SET_NAME:
        return text();
    case SET_TEXTS:
    case SET_NAMES:
        return one_or_many(text(), row);
    case SET_WORD:
        return words(row);
    case SET_WORDS:
        return one_or_many(words(row), row);
    case SET_FILE:
        return json_pack("{s:s, s:i}", "type", "string", "minLength", 1);
    case SET_SECRET:
        return pattern("^(file|env):.+$");
    case SET_GROUP:
    case SET_BLOCK:
        return block(w, row->block, row->scalar);
    case SET_BLOCKS:
        return one_or_many(block(w, row->block, row->scalar), row);
    case SET_MAP:
        return json_pack("{s:s, s:o, s:o}", "type", "object", "propertyNames", pattern(NAME_PATTERN),
                         "additionalProperties", block(w, row->block, row->scalar));
    case SET_TEXT_MAP:
        return json_pack("{s:s, s:o}", "type", "object", "additionalProperties", text());
    case SET_CUSTOM:
        break;
    }
    json_t *schema = w->custom ? w->custom(row, w->data) : NULL;
    return schema ? schema : json_object();
}

static json_t *row_schema(const struct writer *w, const struct setting *row)
{
    json_t *schema = kind_schema(w, row);
    if (schema && row->about)
        json_object_set_new(schema, "description", json_string(row->about));
    if (schema && row->dflt)
        json_object_set_new(schema, "default", json_string(row->dflt));
    return schema;
}

json_t *settings_schema(const struct setting *rows, const char *scalar, custom_schema_fn *custom, void *data)
{
    const struct writer w = { custom, data };
    return block(&w, rows, scalar);
}
