/* pattern_tree.h - an expression between reading and writing. Private to pattern_parse.c and pattern_nodes.c. */
#ifndef DETECT_PATTERN_TREE_H
#define DETECT_PATTERN_TREE_H

#include "filters/detect/pattern_parts.h"

enum tree_kind { TREE_NOTHING, TREE_BYTES, TREE_THEN, TREE_OR, TREE_REPEAT, TREE_AT_WORD_END, TREE_INSIDE };

#define REPEAT_ENDLESS UINT32_MAX

struct tree {
    enum tree_kind kind;
    uint32_t a, b;        /* THEN, OR: both. REPEAT: a. */
    unsigned least, most; /* of REPEAT; REPEAT_ENDLESS */
    struct byte_set bytes;
};

/* Of a match of the tree, in bytes; what is beyond PATTERN_BYTES_MAX is all one. */
struct pattern_length {
    uint64_t least, most;
};
struct pattern_length pattern_tree_length(const struct tree *trees, uint32_t tree);

/* The first node of the pattern; STATE_UNKNOWN when there is no room. */
uint32_t pattern_tree_write(const struct tree *trees, struct pattern_set *set, uint32_t tree, uint32_t pattern);

#endif
