/* json_schema.h - whether a JSON text conforms to a schema: the part of JSON Schema that bounds what tools are called with.
 *
 * Known are type, enum, const, properties, patternProperties, propertyNames, required, dependentRequired, dependentSchemas,
 * additionalProperties, minProperties, maxProperties, items, prefixItems, contains, minContains, maxContains, uniqueItems, minItems,
 * maxItems, minLength, maxLength (in characters), pattern (without \X), format (date-time, date, time, email, hostname, ipv4, ipv6, uri, uuid),
 * minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf, anyOf, allOf, oneOf, not, if, then, else, $ref within the file,
 * $defs, definitions, and true or false for a schema. What describes (title, description, default, examples, $schema, $id, $comment, deprecated,
 * readOnly, writeOnly) is overlooked; any other word is refused, since a bound that is not kept would be taken for one. */
#ifndef RELAY_JSON_SCHEMA_H
#define RELAY_JSON_SCHEMA_H

#include "config/setting.h"
#include "proxy/base/jsonx.h"

struct json_schema;

/* NULL with a problem told at `span`. */
struct json_schema *json_schema_read(struct str path, struct span span, struct problems *problems) MUST_USE;
void json_schema_free(struct json_schema *s); /* NULL is fine */
/* Does the whole of `value` conform? It is not known when that costs too much to tell, in expressions above all. `arena` for what
 * must be unescaped; `searched` grows by what expressions have cost, and bounds all judgements that share it together. */
enum json_schema_answer { SCHEMA_CONFORMS, SCHEMA_DIFFERS, SCHEMA_TOO_COSTLY };
enum json_schema_answer json_schema_judge(const struct json_schema *s, const struct jsonx *value, struct arena *arena, size_t *searched);

#endif
