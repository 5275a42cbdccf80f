/* rule_making.h - private to rule_set.c and its neighbours: a set of rules while it is made. */
#ifndef DETECT_RULE_MAKING_H
#define DETECT_RULE_MAKING_H

#include "filters/detect/rule_set.h"

struct rule_making {
    struct rule_set *set;
    struct rule_slot { /* of an open hash table; 0: free */
        uint32_t index_plus_1;
    } *slots, *part_slots; /* of pieces, of parts */
    size_t slots_count; /* a power of two */
    struct rule_link {  /* piece belongs to part */
        uint32_t piece, part;
    } *links;
    size_t links_count;
    uint32_t *first_links; /* of each part */
    const struct rule **owners; /* of each piece: for complaints */
};

/* rule_layout.c: pieces, parts and chains of all rules. False without any, with too many, and without memory. */
bool rule_layout(struct rule_making *m) MUST_USE;
/* rule_compile.c: the table of words, and databases of what is none. */
bool rule_compile(struct rule_making *m, struct problems *problems) MUST_USE;

#endif
