/* schema.h - JSON Schema (2020-12) out of rows, for editors and for whoever writes configurations by program. */
#ifndef CONFIG_SCHEMA_H
#define CONFIG_SCHEMA_H

#include <jansson.h>

#include "config/setting.h"

/* The schema of a value that a custom reader takes; NULL: of anything. A new reference. */
typedef json_t *custom_schema_fn(const struct setting *row, void *data);

/* Of a block; where another form sets the row named `scalar`, of both. A new reference; NULL without memory. */
json_t *settings_schema(const struct setting *rows, const char *scalar, custom_schema_fn *custom, void *data);

#endif
