/* pattern_ways.c - from the nodes of a pattern to the ways in which it can begin. */
#include "filters/detect/pattern_ways.h"

#include <stdlib.h>
#include <string.h>

#define RARE 2e-5 /* of the places of a text: what is not more often is not told apart any further */
/* Is the byte before a match of another kind (word or not) than its first, as \b asks, or of the same, as \B does? */
enum { NEIGHBOURS_DIFFER = 1, NEIGHBOURS_ALIKE = 2, NEIGHBOURS_ANY = 3 };

/* ---- sets of bytes ---- */

static const struct byte_set NO_BYTES = { { 0 } };
static const struct byte_set ALL_BYTES = { { UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX } };

static struct byte_set both(const struct byte_set *a, const struct byte_set *b)
{
    struct byte_set s;
    for (int i = 0; i < 4; i++)
        s.bits[i] = a->bits[i] | b->bits[i];
    return s;
}

static struct byte_set common(const struct byte_set *a, const struct byte_set *b)
{
    struct byte_set s;
    for (int i = 0; i < 4; i++)
        s.bits[i] = a->bits[i] & b->bits[i];
    return s;
}

static bool is_empty(const struct byte_set *s)
{
    return !(s->bits[0] | s->bits[1] | s->bits[2] | s->bits[3]);
}

/* How many of a text's bytes are in it, about: of a hundred some seventy are small letters and fifteen are spaces. What follows a digit
 * is in lists most often another one. */
static double share_of(const struct byte_set *s, bool of_digits)
{
    static const uint64_t SMALL = 0x07fffffe00000000u, SPACE = (uint64_t)1 << ' ', DIGITS = (uint64_t)0x3ff << '0';
    unsigned often = bits_in(of_digits ? s->bits[0] & DIGITS : s->bits[1] & SMALL), spaces = (s->bits[0] & SPACE) != 0;
    unsigned rest = bits_in(s->bits[0]) + bits_in(s->bits[1]) + bits_in(s->bits[2]) + bits_in(s->bits[3]) - often - spaces;
    double weight = of_digits ? 7.8 : 3, all = of_digits ? 245 : 229;
    return (weight * often + 16 * spaces + 0.06 * rest) / (3 * 26 + 16 + 0.06 * all);
}

void pattern_way_share(struct pattern_way *way)
{
    way->share = 1;
    for (unsigned i = 0; i < BEGIN_BYTES; i++)
        way->share *= way->shares[i] = share_of(&way->at[i], way->of_digits);
}

static bool are_same(const struct byte_set *a, const struct byte_set *b)
{
    return !((a->bits[0] ^ b->bits[0]) | (a->bits[1] ^ b->bits[1]) | (a->bits[2] ^ b->bits[2]) | (a->bits[3] ^ b->bits[3]));
}

/* Of the bytes that either may have at place `i`. */
static double share_at(const struct pattern_way *a, const struct pattern_way *b, unsigned i)
{
    struct byte_set s = both(&a->at[i], &b->at[i]);
    return are_same(&s, &a->at[i]) ? a->shares[i] : are_same(&s, &b->at[i]) ? b->shares[i] : share_of(&s, a->of_digits);
}

double pattern_way_shared(const struct pattern_way *a, const struct pattern_way *b)
{
    double share = 1;
    for (unsigned i = 0; i < BEGIN_BYTES; i++)
        share *= share_at(a, b, i);
    return share;
}

void pattern_way_join(struct pattern_way *way, const struct pattern_way *other)
{
    way->first[0] = both(&way->first[0], &other->first[0]);
    way->first[1] = both(&way->first[1], &other->first[1]);
    way->groups |= other->groups;
    way->share = 1;
    for (unsigned i = 0; i < BEGIN_BYTES; i++) {
        way->share *= way->shares[i] = share_at(way, other, i);
        way->at[i] = both(&way->at[i], &other->at[i]);
    }
}

/* ---- along the nodes ---- */

void pattern_ways_turn(struct pattern_ways *w)
{
    if (++w->turn == 0) {
        memset(w->mark, 0, w->set->nodes_count * sizeof *w->mark);
        w->turn = 1;
    }
}

/* \b and \B are taken to hold. */
bool pattern_ways_spread(struct pattern_ways *w, uint32_t node, uint32_t *list, uint32_t *count)
{
    bool goes_on = true;
    uint32_t open = 0;
    w->stack[open++] = node;
    while (open) {
        node = w->stack[--open];
        const struct pattern_node *n = &w->set->nodes[node];
        if (w->mark[node] == w->turn)
            continue;
        w->mark[node] = w->turn;
        if (n->kind == NODE_BYTE) {
            list[(*count)++] = node;
        } else if (n->kind == NODE_FOUND) {
            goes_on = false;
        } else {
            w->stack[open++] = n->next;
            if (n->kind == NODE_FORK)
                w->stack[open++] = n->other;
        }
    }
    return goes_on;
}

/* The rest of a row from `depth` on, where `nodes` come: of each place all that can stand there. */
static void fill_way(struct pattern_ways *w, struct pattern_way *way, unsigned depth, const uint32_t *nodes, uint32_t count)
{
    uint32_t *now = w->list, *then = w->fresh;
    bool goes_on = true;
    memcpy(now, nodes, count * sizeof *now);
    for (; depth < BEGIN_BYTES; depth++) {
        way->at[depth] = goes_on ? NO_BYTES : ALL_BYTES;
        uint32_t fresh = 0;
        pattern_ways_turn(w);
        for (uint32_t k = 0; goes_on && k < count; k++)
            way->at[depth] = both(&way->at[depth], &w->set->sets[w->set->nodes[now[k]].set]);
        for (uint32_t k = 0; goes_on && k < count; k++)
            goes_on = pattern_ways_spread(w, w->set->nodes[now[k]].next, then, &fresh);
        uint32_t *used = now;
        now = then;
        then = used;
        count = fresh;
    }
    pattern_way_share(way);
}

/* Of a way that is known to its end. */
static void add(struct pattern_ways *w, struct pattern_way *way)
{
    way->at[0] = common(&way->at[0], &w->only);
    pattern_way_share(way);
    w->take(w->owner, way);
}

/* Adds the ways on from `depth`, where `nodes` come. What would say yes to too much in one row is told apart by the set of bytes
 * that comes next: "a letter, then a digit" and "two letters, then a digit" are in few texts where "a letter, then letters and
 * digits" is in all. */
void pattern_ways_add(struct pattern_ways *w, const struct pattern_way *so_far, unsigned depth, uint32_t *nodes, uint32_t count,
                      unsigned *left)
{
    struct pattern_way way = *so_far;
    fill_way(w, &way, depth, nodes, count);
    if (way.share <= RARE || depth + 1 == BEGIN_BYTES || !*left) {
        add(w, &way);
        return;
    }
    uint32_t *then = w->ways[depth];
    for (uint32_t done = 0; done < count;) {
        uint32_t set = w->set->nodes[nodes[done]].set, fresh = 0;
        bool goes_on = true;
        pattern_ways_turn(w);
        for (uint32_t k = done; k < count; k++) { /* all of the same bytes come to the front */
            uint32_t node = nodes[k];
            if (w->set->nodes[node].set != set)
                continue;
            goes_on = pattern_ways_spread(w, w->set->nodes[node].next, then, &fresh) && goes_on;
            nodes[k] = nodes[done];
            nodes[done++] = node;
        }
        way.at[depth] = w->set->sets[set];
        *left -= done < count && *left;
        if (goes_on) {
            pattern_ways_add(w, &way, depth + 1, then, fresh, left);
            continue;
        }
        for (unsigned i = depth + 1; i < BEGIN_BYTES; i++)
            way.at[i] = ALL_BYTES;
        add(w, &way);
    }
}

/* All bytes that a pattern may begin with, each with the neighbours that its \b and \B ask for. A node that is met again with
 * others is followed again. */
uint32_t pattern_ways_starts(struct pattern_ways *w, const struct pattern_group *g, uint32_t pattern)
{
    uint32_t first = w->set->firsts[pattern];
    uint32_t open = 0, starts = 0;
    memset(w->neighbours + g->first_node, 0, g->nodes);
    w->neighbours[first] = NEIGHBOURS_ANY;
    w->stack[open++] = first;
    while (open) {
        uint32_t node = w->stack[--open];
        const struct pattern_node *n = &w->set->nodes[node];
        unsigned to_count = n->kind == NODE_BYTE || n->kind == NODE_FOUND ? 0 : n->kind == NODE_FORK ? 2 : 1;
        unsigned holds = w->neighbours[node];
        holds &= n->kind == NODE_AT_WORD_END ? NEIGHBOURS_DIFFER : n->kind == NODE_INSIDE ? NEIGHBOURS_ALIKE : NEIGHBOURS_ANY;
        if (n->kind == NODE_BYTE)
            w->starts[starts++] = node;
        for (unsigned i = 0; i < to_count; i++) {
            uint8_t *to = &w->neighbours[i ? n->other : n->next];
            if ((*to | holds) == *to)
                continue;
            *to |= (uint8_t)holds;
            w->stack[open++] = i ? n->other : n->next;
        }
    }
    return starts;
}

bool pattern_ways_first(const struct pattern_ways *w, uint32_t start, struct pattern_way *way)
{
    struct byte_set begins = common(&w->set->sets[w->set->nodes[start].set], &w->only);
    way->first[0] = way->first[1] = NO_BYTES;
    for (unsigned byte = 0; byte < 256; byte++) {
        unsigned char c = (unsigned char)byte;
        for (unsigned word = 0; word < 2 && byte_set_has(&begins, c); word++)
            if (w->neighbours[start] & (ascii_is_word(c) != word ? NEIGHBOURS_DIFFER : NEIGHBOURS_ALIKE))
                byte_set_add(&way->first[word], c);
    }
    return !is_empty(&begins);
}

bool pattern_ways_init(struct pattern_ways *w, const struct pattern_set *set, pattern_way_fn *take, void *owner)
{
    size_t room = set->nodes_count + 1;
    *w = (struct pattern_ways){ .set = set, .only = ALL_BYTES, .take = take, .owner = owner };
    bool ok = (w->list = calloc(room, sizeof *w->list)) && (w->fresh = calloc(room, sizeof *w->fresh)) &&
              (w->starts = calloc(2 * room, sizeof *w->starts)) && (w->stack = calloc(3 * room, sizeof *w->stack)) &&
              (w->mark = calloc(room, sizeof *w->mark)) && (w->neighbours = calloc(room, 1));
    for (unsigned i = 0; ok && i < BEGIN_BYTES; i++)
        ok = (w->ways[i] = calloc(room, sizeof *w->ways[i])) != NULL;
    return ok;
}

void pattern_ways_finish(struct pattern_ways *w)
{
    for (unsigned i = 0; i < BEGIN_BYTES; i++)
        free(w->ways[i]);
    free(w->list);
    free(w->fresh);
    free(w->starts);
    free(w->stack);
    free(w->mark);
    free(w->neighbours);
}
