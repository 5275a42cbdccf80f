/* pattern_begin.c - where a match can begin, told by its first bytes without a step of the automaton.
 *
 * Each way in which a pattern can begin (a byte that may come first, with all that may follow it) is a row of sets of bytes, one
 * for each of the first places. Ways that look alike share a row, so that there are no more rows than bits in a word; a table of
 * words for each place then tells all of them at once: what is left of and-ing one word for each byte are the rows that go on. It
 * may say yes to what the automaton then says no to, never the other way round. */
#include "filters/detect/pattern_parts.h"

#include <stdlib.h>
#include <string.h>

enum { WAYS_MAX = 128 /* that a pattern is told apart into */, MAKING_ROWS = 128 /* before the last of them are joined */ };
#define RARE 2e-5 /* of the places of a text: no row needs to say yes to less */
/* Is the byte before a match of another kind (word or not) than its first, as \b asks, or of the same, as \B does? */
enum { NEIGHBOURS_DIFFER = 1, NEIGHBOURS_ALIKE = 2, NEIGHBOURS_ANY = 3 };

struct row {
    struct byte_set first[2]; /* behind something else, behind a word */
    struct byte_set at[BEGIN_BYTES];
    double shares[BEGIN_BYTES]; /* of each of them */
    uint32_t groups;
    double share;             /* of texts, about, that it says yes to */
    bool of_digits;           /* that begin with one */
};

struct making {
    const struct pattern_set *set;
    uint32_t *list, *fresh, *starts, *stack, *mark, turn; /* nodes, and in which turn each was met; owned */
    uint32_t *ways[BEGIN_BYTES]; /* nodes at each depth; owned */
    struct byte_set only; /* with these bytes the ways begin that are looked at */
    uint8_t *neighbours;                                  /* that a node on the way to a first byte is reached with; owned */
    struct row rows[MAKING_ROWS + 1];
    double grows[MAKING_ROWS + 1][MAKING_ROWS + 1]; /* what two of them would say yes to more as one; by the lower one first */
    size_t count;
};

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
    int often = __builtin_popcountll(of_digits ? s->bits[0] & DIGITS : s->bits[1] & SMALL), spaces = (s->bits[0] & SPACE) != 0;
    int rest = __builtin_popcountll(s->bits[0]) + __builtin_popcountll(s->bits[1]) + __builtin_popcountll(s->bits[2]) +
               __builtin_popcountll(s->bits[3]) - often - spaces;
    double weight = of_digits ? 7.8 : 3, all = of_digits ? 245 : 229;
    return (weight * often + 16 * spaces + 0.06 * rest) / (3 * 26 + 16 + 0.06 * all);
}

static void share_row(struct row *row)
{
    row->share = 1;
    for (unsigned i = 0; i < BEGIN_BYTES; i++)
        row->share *= row->shares[i] = share_of(&row->at[i], row->of_digits);
}

static bool are_same(const struct byte_set *a, const struct byte_set *b)
{
    return !((a->bits[0] ^ b->bits[0]) | (a->bits[1] ^ b->bits[1]) | (a->bits[2] ^ b->bits[2]) | (a->bits[3] ^ b->bits[3]));
}

static struct row joined(const struct row *a, const struct row *b)
{
    struct row r;
    r.first[0] = both(&a->first[0], &b->first[0]);
    r.first[1] = both(&a->first[1], &b->first[1]);
    r.groups = a->groups | b->groups;
    r.of_digits = a->of_digits;
    r.share = 1;
    for (unsigned i = 0; i < BEGIN_BYTES; i++) {
        r.at[i] = both(&a->at[i], &b->at[i]);
        r.shares[i] = are_same(&r.at[i], &a->at[i]) ? a->shares[i] : are_same(&r.at[i], &b->at[i]) ? b->shares[i] : share_of(&r.at[i], r.of_digits);
        r.share *= r.shares[i];
    }
    return r;
}

/* ---- rows ---- */

/* Each group costs a run. */
static double cost_of(const struct row *row)
{
    return row->share * __builtin_popcount(row->groups);
}

static void compare_row(struct making *m, size_t row)
{
    for (size_t i = 0; i < m->count; i++) {
        if (i == row)
            continue;
        struct row one = joined(&m->rows[i], &m->rows[row]);
        double grows = cost_of(&one) - cost_of(&m->rows[i]) - cost_of(&m->rows[row]);
        m->grows[i < row ? i : row][i < row ? row : i] = grows;
    }
}

/* The two that lose least by it become one. */
static void join_two(struct making *m)
{
    size_t x = 0, y = 1;
    for (size_t i = 0; i < m->count; i++)
        for (size_t j = i + 1; j < m->count; j++)
            if (m->grows[i][j] < m->grows[x][y])
                x = i, y = j;
    m->rows[x] = joined(&m->rows[x], &m->rows[y]);
    compare_row(m, x);
    if (y != --m->count) {
        m->rows[y] = m->rows[m->count];
        compare_row(m, y);
    }
}

static void add_row(struct making *m, const struct row *row)
{
    m->rows[m->count] = *row;
    m->rows[m->count].at[0] = common(&row->at[0], &m->only);
    share_row(&m->rows[m->count]);
    compare_row(m, m->count++);
    if (m->count > MAKING_ROWS)
        join_two(m);
}

/* ---- from nodes to rows ---- */

static void begin_turn(struct making *m)
{
    if (++m->turn == 0) {
        memset(m->mark, 0, m->set->nodes_count * sizeof *m->mark);
        m->turn = 1;
    }
}

/* Adds the bytes that `node` is or leads to; false when a match can end there. \b and \B are taken to hold. */
static bool spread(struct making *m, uint32_t node, uint32_t *list, uint32_t *count)
{
    bool goes_on = true;
    uint32_t open = 0;
    m->stack[open++] = node;
    while (open) {
        node = m->stack[--open];
        const struct pattern_node *n = &m->set->nodes[node];
        if (m->mark[node] == m->turn)
            continue;
        m->mark[node] = m->turn;
        if (n->kind == NODE_BYTE) {
            list[(*count)++] = node;
        } else if (n->kind == NODE_FOUND) {
            goes_on = false;
        } else {
            m->stack[open++] = n->next;
            if (n->kind == NODE_FORK)
                m->stack[open++] = n->other;
        }
    }
    return goes_on;
}

/* The rest of a row from `depth` on, where `nodes` come: of each place all that can stand there. */
static void fill_row(struct making *m, struct row *row, unsigned depth, const uint32_t *nodes, uint32_t count)
{
    uint32_t *now = m->list, *then = m->fresh;
    bool goes_on = true;
    memcpy(now, nodes, count * sizeof *now);
    for (; depth < BEGIN_BYTES; depth++) {
        row->at[depth] = goes_on ? NO_BYTES : ALL_BYTES;
        uint32_t fresh = 0;
        begin_turn(m);
        for (uint32_t k = 0; goes_on && k < count; k++)
            row->at[depth] = both(&row->at[depth], &m->set->sets[m->set->nodes[now[k]].set]);
        for (uint32_t k = 0; goes_on && k < count; k++)
            goes_on = spread(m, m->set->nodes[now[k]].next, then, &fresh);
        uint32_t *used = now;
        now = then;
        then = used;
        count = fresh;
    }
    share_row(row);
}

/* Adds the ways on from `depth`, where `nodes` come. What would say yes to too much in one row is told apart by the set of bytes
 * that comes next: "a letter, then a digit" and "two letters, then a digit" are in few texts where "a letter, then letters and
 * digits" is in all. */
static void add_ways(struct making *m, const struct row *so_far, unsigned depth, uint32_t *nodes, uint32_t count, unsigned *left)
{
    struct row row = *so_far;
    fill_row(m, &row, depth, nodes, count);
    if (row.share <= RARE || depth + 1 == BEGIN_BYTES || !*left) {
        add_row(m, &row);
        return;
    }
    uint32_t *then = m->ways[depth];
    for (uint32_t done = 0; done < count;) {
        uint32_t set = m->set->nodes[nodes[done]].set, fresh = 0;
        bool goes_on = true;
        begin_turn(m);
        for (uint32_t k = done; k < count; k++) { /* all of the same bytes come to the front */
            uint32_t node = nodes[k];
            if (m->set->nodes[node].set != set)
                continue;
            goes_on = spread(m, m->set->nodes[node].next, then, &fresh) && goes_on;
            nodes[k] = nodes[done];
            nodes[done++] = node;
        }
        row.at[depth] = m->set->sets[set];
        *left -= done < count && *left;
        if (goes_on) {
            add_ways(m, &row, depth + 1, then, fresh, left);
            continue;
        }
        for (unsigned i = depth + 1; i < BEGIN_BYTES; i++)
            row.at[i] = ALL_BYTES;
        share_row(&row);
        add_row(m, &row);
    }
}

static void add_start(struct making *m, uint32_t node, size_t group, unsigned *left)
{
    const struct byte_set begins = common(&m->set->sets[m->set->nodes[node].set], &m->only), *set = &begins;
    struct row row = { .groups = (uint32_t)1 << group, .of_digits = byte_set_has(&m->only, '0') };
    if (is_empty(set))
        return;
    for (unsigned byte = 0; byte < 256; byte++) {
        unsigned char c = (unsigned char)byte;
        for (unsigned word = 0; word < 2 && byte_set_has(set, c); word++)
            if (m->neighbours[node] & (pattern_is_word(c) != word ? NEIGHBOURS_DIFFER : NEIGHBOURS_ALIKE))
                byte_set_add(&row.first[word], c);
    }
    add_ways(m, &row, 0, &node, 1, left);
}

/* All bytes that a pattern may begin with, each with the neighbours that its \b and \B ask for. A node that is met again with
 * others is followed again. */
static uint32_t find_starts(struct making *m, const struct pattern_group *g, uint32_t first)
{
    uint32_t open = 0, starts = 0;
    memset(m->neighbours + g->first_node, 0, g->nodes);
    m->neighbours[first] = NEIGHBOURS_ANY;
    m->stack[open++] = first;
    while (open) {
        uint32_t node = m->stack[--open];
        const struct pattern_node *n = &m->set->nodes[node];
        unsigned to_count = n->kind == NODE_BYTE || n->kind == NODE_FOUND ? 0 : n->kind == NODE_FORK ? 2 : 1;
        unsigned holds = m->neighbours[node];
        holds &= n->kind == NODE_AT_WORD_END ? NEIGHBOURS_DIFFER : n->kind == NODE_INSIDE ? NEIGHBOURS_ALIKE : NEIGHBOURS_ANY;
        if (n->kind == NODE_BYTE)
            m->starts[starts++] = node;
        for (unsigned i = 0; i < to_count; i++) {
            uint8_t *to = &m->neighbours[i ? n->other : n->next];
            if ((*to | holds) == *to)
                continue;
            *to |= (uint8_t)holds;
            m->stack[open++] = i ? n->other : n->next;
        }
    }
    return starts;
}

/* ---- the tables ---- */

static unsigned table_of(unsigned char c)
{
    return c >= '0' && c <= '9'   ? BEGIN_DIGIT
           : c >= 'a' && c <= 'z' ? BEGIN_SMALL
           : c >= 'A' && c <= 'Z' ? BEGIN_CAPITAL
                                  : BEGIN_OTHER;
}

static void write_table(const struct making *m, struct pattern_begin *b, struct pattern_begin_table *t)
{
    for (size_t i = 0; i < m->count; i++)
        t->groups[i] = m->rows[i].groups;
    for (unsigned byte = 0; byte < 256; byte++) {
        unsigned char c = (unsigned char)byte;
        for (size_t i = 0; i < m->count; i++) {
            uint64_t bit = (uint64_t)1 << i;
            b->kinds[c] |= byte_set_has(&m->rows[i].first[0], c) ? BEGIN_BEHIND_OTHER : 0;
            b->kinds[c] |= byte_set_has(&m->rows[i].first[1], c) ? BEGIN_BEHIND_WORD : 0;
            for (unsigned word = 0; word < 2; word++)
                t->first[word][c] |= byte_set_has(&m->rows[i].first[word], c) ? bit : 0;
            for (unsigned k = 1; k < BEGIN_BYTES; k++)
                t->rows[k][c] |= byte_set_has(&m->rows[i].at[k], c) ? bit : 0;
        }
    }
}

static void write_halves(struct pattern_begin *b)
{
    for (unsigned byte = 0; byte < 256; byte++) {
        unsigned char c = (unsigned char)byte;
        b->kinds[c] |= pattern_is_word(c) ? BEGIN_IS_WORD : 0;
        for (unsigned i = 0; i < BEGIN_KINDS; i++)
            if (b->kinds[c] >> i & 1)
                b->halves[i][c >> 7][c & 15] |= (uint8_t)(1 << (c >> 4 & 7));
    }
}

/* Of all ways to begin with a byte of one table. */
static void make_table(struct making *m, struct pattern_begin *b, unsigned table)
{
    const struct pattern_set *set = m->set;
    m->count = 0;
    m->only = NO_BYTES;
    for (unsigned c = 0; c < 256; c++)
        if ((b->table_of[c] = (uint8_t)table_of((unsigned char)c)) == table)
            byte_set_add(&m->only, (unsigned char)c);
    for (size_t g = 0; g < set->groups_count; g++)
        for (size_t i = set->groups[g].first; i < set->groups[g].end; i++) {
            uint32_t starts = find_starts(m, &set->groups[g], set->firsts[set->order[i]]);
            unsigned left = WAYS_MAX;
            for (uint32_t k = 0; k < starts; k++)
                add_start(m, m->starts[k], g, &left);
        }
    while (m->count > BEGIN_ROWS)
        join_two(m);
    write_table(m, b, &b->tables[table]);
}

bool pattern_begin_make(const struct pattern_set *set, struct pattern_begin *b)
{
    struct making *m = calloc(1, sizeof *m);
    size_t room = set->nodes_count + 1;
    bool ok = m && (m->list = calloc(room, sizeof *m->list)) && (m->fresh = calloc(room, sizeof *m->fresh)) &&
              (m->starts = calloc(2 * room, sizeof *m->starts)) && (m->stack = calloc(3 * room, sizeof *m->stack)) &&
              (m->mark = calloc(room, sizeof *m->mark)) && (m->neighbours = calloc(room, 1));
    for (unsigned i = 0; ok && i < BEGIN_BYTES; i++)
        ok = (m->ways[i] = calloc(room, sizeof *m->ways[i])) != NULL;
    if (ok) {
        m->set = set;
        for (unsigned table = 0; table < BEGIN_TABLES; table++)
            make_table(m, b, table);
        write_halves(b);
    }
    if (m) {
        for (unsigned i = 0; i < BEGIN_BYTES; i++)
            free(m->ways[i]);
        free(m->list);
        free(m->fresh);
        free(m->starts);
        free(m->stack);
        free(m->mark);
        free(m->neighbours);
    }
    free(m);
    return ok;
}
