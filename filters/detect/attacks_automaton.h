/* attacks_automaton.h - the expressions of attacks as one deterministic automaton, of which a worker makes the states that texts lead
 * to. Private to attacks*.c.
 *
 * What ended where is known one byte later, since \b looks at both neighbours; the end of a text counts as one more byte. Bytes that no
 * expression tells apart are one class; those beyond ASCII are all alike, whatever encoding they are of: no letters. */
#ifndef DETECT_ATTACKS_AUTOMATON_H
#define DETECT_ATTACKS_AUTOMATON_H

#include "filters/detect/pattern_parts.h"

enum { ATTACK_CLASSES_MAX = 129 };

struct attack_classes {
    uint8_t class_of[256];
    unsigned char of_class[ATTACK_CLASSES_MAX]; /* one of its bytes */
    uint32_t count;                             /* with the end of the text, which is the last */
};
void attack_classes_make(struct attack_classes *c, const struct pattern_set *patterns);

#define ATTACK_UNKNOWN UINT32_MAX
enum { ATTACK_DEAD = 0 };
#define ATTACK_SPECIAL 0x80000000u /* in `next`: more is to be done than to go on; ATTACK_UNKNOWN has the bit too */

struct attack_state {
    uint32_t at, count;   /* its nodes in the pool, sorted */
    uint32_t found_count; /* patterns that ended before the last byte: in the pool behind the nodes */
    bool after_word;      /* the last byte was a letter, a digit or `_` */
};

struct attack_automaton {
    const struct pattern_set *patterns; /* whose nodes they are */
    const struct attack_classes *classes;
    struct attack_state *states; /* owned, as all below */
    uint32_t *next;              /* states x classes: where a state's row begins, with ATTACK_SPECIAL */
    uint32_t states_count, states_room;
    uint32_t *pool, pool_count, pool_room;
    uint32_t *buckets;                   /* of states by what they hold; ATTACK_UNKNOWN is empty */
    uint32_t *work, *stack, *mark, turn; /* for making: nodes, and in which turn each was added */
    uint32_t *fresh, *found;             /* the nodes and patterns of the state that is made */
    uint32_t starts[2];                  /* after something else, after a word */
    uint32_t generation;                 /* counts how often everything was forgotten, since there is a ceiling */
};

bool attack_automaton_init(struct attack_automaton *a, const struct pattern_set *patterns, const struct attack_classes *classes) MUST_USE;
void attack_automaton_finish(struct attack_automaton *a);
/* Where `state` leads; ATTACK_UNKNOWN without memory. May forget all other states. */
uint32_t attack_automaton_next(struct attack_automaton *a, uint32_t state, uint32_t class) MUST_USE;

#endif
