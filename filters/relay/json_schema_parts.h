/* json_schema_parts.h - what the files of json_schema share. */
#ifndef RELAY_JSON_SCHEMA_PARTS_H
#define RELAY_JSON_SCHEMA_PARTS_H

#include "filters/relay/json_schema.h"

struct schema_pattern {
    uint32_t node;   /* of the expression, or of the format's name */
    size_t step;     /* what one of its steps costs */
    bool looks_back; /* for what it has found before, in each step perhaps */
    void *code;      /* owned */
};

struct json_schema {
    struct buf text;                 /* owned */
    struct jsonx index;              /* owned; of it */
    struct schema_pattern *patterns; /* owned */
    size_t patterns_count;
};

struct schema_type {
    struct str name;
    unsigned kinds; /* bit set over enum jsonx_kind */
    bool whole;
};
enum { SCHEMA_TYPES_COUNT = 7 };
extern const struct schema_type SCHEMA_TYPES[SCHEMA_TYPES_COUNT];

/* ---- json_schema_pattern.c ---- */

/* The expression, or the format, that the string `node` is or names; false when it is none. */
bool schema_pattern_add(struct json_schema *s, uint32_t node) MUST_USE;
bool schema_format_add(struct json_schema *s, uint32_t node) MUST_USE;
/* Is it in the text? Neither yes nor no when looking costs more than the steps that are left, which become fewer. */
enum schema_found { SCHEMA_FOUND, SCHEMA_NOT_FOUND, SCHEMA_UNKNOWN };
enum schema_found schema_pattern_finds(const struct json_schema *s, uint32_t node, struct str text, size_t *steps);
void schema_patterns_finish(struct json_schema *s);

/* What the reference `node` ("#", "#/$defs/name") leads to, a schema; JSONX_NO_NODE: to none. */
uint32_t schema_target(const struct jsonx *schema, uint32_t node);

#endif
