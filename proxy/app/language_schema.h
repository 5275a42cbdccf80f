/* language_schema.h - the JSON Schema (2020-12) of the configuration. */
#ifndef APP_LANGUAGE_SCHEMA_H
#define APP_LANGUAGE_SCHEMA_H

#include <jansson.h>

#include "proxy/core/setup.h"

/* A new reference; NULL without memory. */
json_t *language_schema(const struct language *language);

#endif
