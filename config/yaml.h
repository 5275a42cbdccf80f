/* yaml.h - a configuration text as a tree that knows where everything was written. */
#ifndef CONFIG_YAML_H
#define CONFIG_YAML_H

#include "proxy/base/arena.h"
#include "proxy/base/problems.h"

enum yaml_kind { YAML_SCALAR, YAML_LIST, YAML_MAP };

struct yaml {
    enum yaml_kind kind;
    struct span span;
    struct str text;    /* of a scalar */
    bool is_plain;      /* a scalar without quotes: may be a number, a boolean or null */
    struct yaml *first; /* child of a list or map */
    struct yaml *next;  /* sibling */
    struct str key;     /* of a child of a map */
    struct span key_span;
};

/* Reads one document. Anchors and aliases, tags, several documents, duplicate keys, depth above 32 and more than
 * 100,000 nodes are problems. NULL when the text cannot be read at all; other problems may be noted and a tree still be
 * given. */
struct yaml *yaml_read(struct arena *a, struct str text, struct problems *problems);

/* Child of a map; NULL without one. */
struct yaml *yaml_member(const struct yaml *map, struct str key);

#endif
