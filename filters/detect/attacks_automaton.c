/* attacks_automaton.c - states are made when a text first leads to them, and all are forgotten when there are too many. */
#include "filters/detect/attacks_automaton.h"

#include <stdlib.h>
#include <string.h>

enum { STATES_MAX = 4096, POOL_MAX = 1 << 18, BUCKETS = 4 * STATES_MAX, BEYOND_ASCII = 0x01 /* what those bytes are read as */ };

/* ---- classes ---- */

static bool are_alike(const struct pattern_set *p, unsigned char x, unsigned char y)
{
    bool alike = pattern_is_word(x) == pattern_is_word(y);
    for (uint32_t i = 0; alike && i < p->sets_count; i++)
        alike = byte_set_has(&p->sets[i], x) == byte_set_has(&p->sets[i], y);
    return alike;
}

void attack_classes_make(struct attack_classes *c, const struct pattern_set *patterns)
{
    c->count = 0;
    for (unsigned byte = 0; byte < 0x80; byte++) {
        uint32_t class = 0;
        while (class < c->count && !are_alike(patterns, c->of_class[class], (unsigned char)byte))
            class++;
        if (class == c->count)
            c->of_class[c->count++] = (unsigned char)byte;
        c->class_of[byte] = (uint8_t)class;
    }
    for (unsigned byte = 0x80; byte < 0x100; byte++)
        c->class_of[byte] = c->class_of[BEYOND_ASCII];
    c->count++;
}

/* ---- one state ---- */

static int by_value(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static uint32_t bucket_of(const struct attack_automaton *a, uint32_t count, uint32_t found_count, bool word)
{
    uint64_t h = 0x9e3779b97f4a7c15u + word;
    for (uint32_t i = 0; i < count; i++)
        h = (h ^ a->fresh[i]) * 0xff51afd7ed558ccdu;
    h ^= h >> 29;
    for (uint32_t i = 0; i < found_count; i++)
        h = (h ^ (a->found[i] + 0x10000u)) * 0xc4ceb9fe1a85ec53u;
    return (uint32_t)(h >> 32) % BUCKETS;
}

static bool is_same(const struct attack_automaton *a, const struct attack_state *s, uint32_t count, uint32_t found_count, bool word)
{
    return s->count == count && s->found_count == found_count && s->after_word == word &&
           memcmp(a->pool + s->at, a->fresh, count * sizeof *a->fresh) == 0 &&
           memcmp(a->pool + s->at + count, a->found, found_count * sizeof *a->found) == 0;
}

static bool make_room(struct attack_automaton *a, uint32_t more)
{
    if (a->states_count == a->states_room) {
        uint32_t room = a->states_room ? a->states_room * 2 : 64;
        struct attack_state *states = realloc(a->states, room * sizeof *states);
        a->states = states ? states : a->states;
        uint32_t *next = states ? realloc(a->next, (size_t)room * a->classes->count * sizeof *next) : NULL;
        if (!next)
            return false;
        a->next = next;
        a->states_room = room;
    }
    if (a->pool_count + more <= a->pool_room)
        return true;
    uint32_t room = (a->pool_count + more) * 2;
    uint32_t *pool = realloc(a->pool, room * sizeof *pool);
    a->pool = pool ? pool : a->pool;
    a->pool_room = pool ? room : a->pool_room;
    return pool;
}

/* That of what is in `fresh` and `found`; ATTACK_UNKNOWN without memory. */
static uint32_t state_of(struct attack_automaton *a, uint32_t count, uint32_t found_count, bool word)
{
    word = word && count; /* the dead are all alike */
    qsort(a->fresh, count, sizeof *a->fresh, by_value);
    uint32_t bucket = bucket_of(a, count, found_count, word), width = a->classes->count, id;
    for (; (id = a->buckets[bucket]) != ATTACK_UNKNOWN; bucket = (bucket + 1) % BUCKETS)
        if (is_same(a, &a->states[id], count, found_count, word))
            return id;
    if (!make_room(a, count + found_count))
        return ATTACK_UNKNOWN;
    id = a->buckets[bucket] = a->states_count++;
    a->states[id] = (struct attack_state){ a->pool_count, count, found_count, word };
    for (uint32_t i = 0; i < count; i++)
        a->pool[a->pool_count++] = a->fresh[i];
    for (uint32_t i = 0; i < found_count; i++)
        a->pool[a->pool_count++] = a->found[i];
    for (uint32_t i = 0; i < width; i++)
        a->next[(size_t)id * width + i] = ATTACK_UNKNOWN;
    return id;
}

/* ---- where states lead ---- */

static void begin_turn(struct attack_automaton *a)
{
    if (++a->turn)
        return;
    memset(a->mark, 0, (a->patterns->nodes_count + 1) * sizeof *a->mark);
    a->turn = 1;
}

/* Adds what `node` is or leads to without a byte to list[count…]; returns the new count. */
static uint32_t spread(struct attack_automaton *a, uint32_t *list, uint32_t count, uint32_t node)
{
    uint32_t open = 0;
    a->stack[open++] = node;
    while (open) {
        node = a->stack[--open];
        const struct pattern_node *n = &a->patterns->nodes[node];
        if (a->mark[node] == a->turn)
            continue;
        a->mark[node] = a->turn;
        if (n->kind != NODE_FORK) {
            list[count++] = node;
            continue;
        }
        a->stack[open++] = n->other;
        a->stack[open++] = n->next;
    }
    return count;
}

/* Everything but the dead state and the two starts is forgotten. */
static bool forget(struct attack_automaton *a)
{
    for (size_t i = 0; i < BUCKETS; i++)
        a->buckets[i] = ATTACK_UNKNOWN;
    a->states_count = a->pool_count = 0;
    a->generation++;
    bool ok = state_of(a, 0, 0, false) == ATTACK_DEAD;
    for (int word = 0; ok && word < 2; word++) {
        uint32_t count = 0;
        begin_turn(a);
        for (size_t i = 0; i < a->patterns->count; i++)
            count = spread(a, a->fresh, count, a->patterns->firsts[i]);
        a->starts[word] = state_of(a, count, 0, word);
        ok = a->starts[word] != ATTACK_UNKNOWN;
    }
    return ok;
}

bool attack_automaton_init(struct attack_automaton *a, const struct pattern_set *patterns, const struct attack_classes *classes)
{
    size_t room = patterns->nodes_count + 1;
    *a = (struct attack_automaton){ .patterns = patterns, .classes = classes };
    a->buckets = malloc(BUCKETS * sizeof *a->buckets);
    a->work = calloc(room, sizeof *a->work);
    a->stack = calloc(2 * room, sizeof *a->stack);
    a->mark = calloc(room, sizeof *a->mark);
    a->fresh = calloc(room, sizeof *a->fresh);
    a->found = calloc(patterns->count + 1, sizeof *a->found);
    return a->buckets && a->work && a->stack && a->mark && a->fresh && a->found && forget(a);
}

void attack_automaton_finish(struct attack_automaton *a)
{
    free(a->states);
    free(a->next);
    free(a->pool);
    free(a->buckets);
    free(a->work);
    free(a->stack);
    free(a->mark);
    free(a->fresh);
    free(a->found);
    *a = (struct attack_automaton){ 0 };
}

/* The nodes of `state` and what its \b and \B lead to before `class`: in `work`; returns their count. */
static uint32_t settle_neighbours(struct attack_automaton *a, const struct attack_state *s, bool is_word)
{
    uint32_t count = 0;
    begin_turn(a);
    for (uint32_t i = 0; i < s->count; i++)
        count = spread(a, a->work, count, a->pool[s->at + i]);
    for (uint32_t i = 0; i < count; i++) {
        const struct pattern_node *n = &a->patterns->nodes[a->work[i]];
        if (n->kind == (s->after_word != is_word ? NODE_AT_WORD_END : NODE_INSIDE))
            count = spread(a, a->work, count, n->next);
    }
    return count;
}

uint32_t attack_automaton_next(struct attack_automaton *a, uint32_t state, uint32_t class)
{
    bool is_end = class + 1 == a->classes->count;
    unsigned char byte = is_end ? 0 : a->classes->of_class[class];
    bool is_word = !is_end && pattern_is_word(byte);
    uint32_t work_count = settle_neighbours(a, &a->states[state], is_word), count = 0, found_count = 0;
    bool is_full = a->states_count >= STATES_MAX || a->pool_count >= POOL_MAX;
    if (is_full && !forget(a))
        return ATTACK_UNKNOWN;
    begin_turn(a);
    for (uint32_t i = 0; i < work_count; i++) {
        const struct pattern_node *n = &a->patterns->nodes[a->work[i]];
        if (n->kind == NODE_FOUND)
            a->found[found_count++] = n->next;
        else if (n->kind == NODE_BYTE && !is_end && byte_set_has(&a->patterns->sets[n->set], byte))
            count = spread(a, a->fresh, count, n->next);
    }
    qsort(a->found, found_count, sizeof *a->found, by_value);
    uint32_t to = state_of(a, count, found_count, is_word);
    if (to != ATTACK_UNKNOWN && !is_full)
        a->next[(size_t)state * a->classes->count + class] = to * a->classes->count | (!count || found_count ? ATTACK_SPECIAL : 0);
    return to;
}
