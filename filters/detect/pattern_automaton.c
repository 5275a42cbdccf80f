/* pattern_automaton.c - states are made when a text first leads to them, and all are forgotten when there are too many. */
#include "filters/detect/pattern_parts.h"

enum { STATES_MAX = 4096, STATES_LEAST = 3 /* dead, and the starts */, POOL_MIN = 1 << 10, POOL_MAX = 1 << 18, BUCKETS = 4 * STATES_MAX };
#define STATE_NO_ROOM (STATE_UNKNOWN - 1)

static bool grow_pool(struct pattern_automaton *a, uint32_t room);

bool pattern_automaton_init(struct pattern_automaton *a, const struct pattern_set *set, const struct pattern_group *g)
{
    uint32_t nodes = g->nodes;
    *a = (struct pattern_automaton){ .set = set, .group = g };
    a->buckets = malloc(BUCKETS * sizeof *a->buckets);
    a->work = calloc(nodes + 1, sizeof *a->work);
    a->stack = calloc(nodes + 1, sizeof *a->stack);
    a->mark = calloc(nodes + 1, sizeof *a->mark);
    a->fresh = calloc(nodes + 1, sizeof *a->fresh);
    a->found = calloc(g->end - g->first + 1, sizeof *a->found);
    return a->buckets && a->work && a->stack && a->mark && a->fresh && a->found && grow_pool(a, POOL_MIN) &&
           pattern_automaton_forget(a);
}

void pattern_automaton_finish(struct pattern_automaton *a)
{
    free(a->states);
    free(a->is_special);
    free(a->next);
    free(a->pool);
    free(a->buckets);
    free(a->work);
    free(a->stack);
    free(a->mark);
    free(a->fresh);
    free(a->found);
    *a = (struct pattern_automaton){ 0 };
}

/* ---- memory ---- */

static bool grow_pool(struct pattern_automaton *a, uint32_t room)
{
    while (room < POOL_MIN || room < a->pool_count)
        room = room ? room * 2 : POOL_MIN;
    uint32_t *pool = realloc(a->pool, room * sizeof *pool);
    if (!pool)
        return false;
    a->pool = pool;
    a->pool_room = room;
    return true;
}

static bool grow_states(struct pattern_automaton *a)
{
    uint32_t room = a->states_room ? a->states_room * 2 : 64;
    size_t width = (size_t)1 << a->group->width_log2;
    struct pattern_state *states = realloc(a->states, room * sizeof *states);
    if (states)
        a->states = states;
    bool *special = realloc(a->is_special, room * sizeof *special);
    if (special)
        a->is_special = special;
    uint32_t *next = realloc(a->next, room * width * sizeof *next);
    if (next)
        a->next = next;
    if (!states || !special || !next)
        return false;
    a->states_room = room;
    return true;
}

/* ---- one state ---- */

static int by_value(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static uint32_t hash_of(const uint32_t *nodes, uint32_t count, const uint32_t *found, uint32_t found_count, bool word)
{
    uint64_t h = 0x9e3779b97f4a7c15u + word;
    for (uint32_t i = 0; i < count; i++)
        h = (h ^ nodes[i]) * 0xff51afd7ed558ccdu;
    h ^= h >> 29;
    for (uint32_t i = 0; i < found_count; i++)
        h = (h ^ (found[i] + 0x10000u)) * 0xc4ceb9fe1a85ec53u;
    return (uint32_t)(h >> 32);
}

static bool is_same(const struct pattern_automaton *a, const struct pattern_state *s, uint32_t count,
                    uint32_t found_count, bool word)
{
    return s->count == count && s->found_count == found_count && s->after_word == word &&
           memcmp(a->pool + s->at, a->fresh, count * sizeof *a->fresh) == 0 &&
           memcmp(a->pool + s->at + count, a->found, found_count * sizeof *a->found) == 0;
}

/* A new state of what is in `fresh` and `found`; STATE_UNKNOWN without memory. */
static uint32_t add_state(struct pattern_automaton *a, uint32_t bucket, uint32_t count, uint32_t found_count, bool word)
{
    uint32_t more = count + found_count, id = a->states_count;
    if (id == a->states_room && !grow_states(a))
        return STATE_UNKNOWN;
    if (a->pool_count + more > a->pool_room && !grow_pool(a, (a->pool_count + more) * 2))
        return STATE_UNKNOWN;
    a->states[id] = (struct pattern_state){ a->pool_count, count, found_count, word };
    if (more) {
        memcpy(a->pool + a->pool_count, a->fresh, count * sizeof *a->fresh);
        memcpy(a->pool + a->pool_count + count, a->found, found_count * sizeof *a->found);
    }
    a->pool_count += more;
    a->is_special[id] = !count || found_count;
    size_t width = (size_t)1 << a->group->width_log2;
    for (size_t i = 0; i < width; i++)
        a->next[id * width + i] = STATE_UNKNOWN;
    a->buckets[bucket] = id;
    return a->states_count++;
}

/* STATE_NO_ROOM: the others are to be forgotten first. */
static uint32_t state_of(struct pattern_automaton *a, uint32_t count, uint32_t found_count, bool word)
{
    word = word && count; /* the dead are all alike */
    qsort(a->fresh, count, sizeof *a->fresh, by_value);
    uint32_t bucket = hash_of(a->fresh, count, a->found, found_count, word) % BUCKETS;
    for (; a->buckets[bucket] != STATE_UNKNOWN; bucket = (bucket + 1) % BUCKETS)
        if (is_same(a, &a->states[a->buckets[bucket]], count, found_count, word))
            return a->buckets[bucket];
    /* Only what does not fit is a reason to forget, so that a text whose states all fit never is one. */
    bool is_full = a->states_count == STATES_MAX || a->pool_count + count + found_count > POOL_MAX;
    if (is_full && a->states_count > STATES_LEAST)
        return STATE_NO_ROOM;
    return add_state(a, bucket, count, found_count, word);
}

/* ---- where states lead ---- */

static void begin_turn(struct pattern_automaton *a)
{
    if (++a->turn == 0) {
        memset(a->mark, 0, (a->group->nodes + 1) * sizeof *a->mark);
        a->turn = 1;
    }
}

/* In this turn; it is no more then. */
static bool is_new(struct pattern_automaton *a, uint32_t node)
{
    uint32_t *mark = &a->mark[node - a->group->first_node];
    bool is = *mark != a->turn;
    *mark = a->turn;
    return is;
}

/* Adds what `node` is or leads to without a byte to list[count…]; returns the new count. */
static uint32_t spread(struct pattern_automaton *a, uint32_t *list, uint32_t count, uint32_t node)
{
    const struct pattern_node *nodes = a->set->nodes;
    uint32_t open = 0, *stack = a->stack;
    if (!is_new(a, node))
        return count;
    stack[open++] = node;
    while (open) {
        const struct pattern_node *n = &nodes[node = stack[--open]];
        if (n->kind != NODE_FORK) {
            list[count++] = node;
            continue;
        }
        if (is_new(a, n->other))
            stack[open++] = n->other;
        if (is_new(a, n->next))
            stack[open++] = n->next;
    }
    return count;
}

static bool make_starts(struct pattern_automaton *a)
{
    const struct pattern_set *set = a->set;
    for (int word = 0; word < 2; word++) {
        uint32_t count = 0;
        begin_turn(a);
        for (size_t i = a->group->first; i < a->group->end; i++)
            count = spread(a, a->fresh, count, set->firsts[set->order[i]]);
        if ((a->starts[word] = state_of(a, count, 0, word)) == STATE_UNKNOWN)
            return false;
    }
    return true;
}

bool pattern_automaton_forget(struct pattern_automaton *a)
{
    for (size_t i = 0; i < BUCKETS; i++)
        a->buckets[i] = STATE_UNKNOWN;
    a->states_count = a->pool_count = 0;
    a->generation++;
    return state_of(a, 0, 0, false) == STATE_DEAD && make_starts(a);
}

/* The nodes of `state` and what its \b and \B lead to between its last byte and `class`: in `work`; returns their count. */
static uint32_t settle_neighbours(struct pattern_automaton *a, const struct pattern_state *s, uint32_t class)
{
    const struct pattern_set *set = a->set;
    bool is_end = class + 1 == a->group->classes;
    bool at_word_end = s->after_word != (!is_end && ascii_is_word(a->group->of_class[class]));
    uint32_t count = 0;
    begin_turn(a);
    for (uint32_t i = 0; i < s->count; i++)
        count = spread(a, a->work, count, a->pool[s->at + i]);
    for (uint32_t i = 0; i < count; i++) {
        const struct pattern_node *n = &set->nodes[a->work[i]];
        if ((n->kind == NODE_AT_WORD_END && at_word_end) || (n->kind == NODE_INSIDE && !at_word_end))
            count = spread(a, a->work, count, n->next);
    }
    return count;
}

/* The state of what stands behind a byte of `class`, out of the nodes in `work`. */
static uint32_t step_over(struct pattern_automaton *a, uint32_t work_count, uint32_t class)
{
    const struct pattern_set *set = a->set;
    bool is_end = class + 1 == a->group->classes;
    unsigned char byte = is_end ? 0 : a->group->of_class[class];
    bool inside_char = !is_end && (byte & 0xc0) == 0x80; /* no match ends within a character */
    uint32_t count = 0, found_count = 0;
    begin_turn(a);
    for (uint32_t i = 0; i < work_count; i++) {
        const struct pattern_node *n = &set->nodes[a->work[i]];
        if (n->kind == NODE_FOUND && !inside_char)
            a->found[found_count++] = n->next;
        else if (n->kind == NODE_BYTE && !is_end && byte_set_has(&set->sets[n->set], byte))
            count = spread(a, a->fresh, count, n->next);
    }
    qsort(a->found, found_count, sizeof *a->found, by_value);
    return state_of(a, count, found_count, !is_end && ascii_is_word(byte));
}

uint32_t pattern_automaton_next(struct pattern_automaton *a, uint32_t state, uint32_t class)
{
    uint32_t work_count = settle_neighbours(a, &a->states[state], class);
    uint32_t to = step_over(a, work_count, class);
    bool had_room = to != STATE_NO_ROOM;
    if (!had_room)
        to = pattern_automaton_forget(a) ? step_over(a, work_count, class) : STATE_UNKNOWN;
    if (to != STATE_UNKNOWN && had_room)
        a->next[((size_t)state << a->group->width_log2) + class] =
            to << a->group->width_log2 | (a->is_special[to] ? STATE_SPECIAL : 0);
    return to;
}
