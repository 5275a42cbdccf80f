/* pattern_begin.c - where a match can begin, told by its first bytes without a step of the automaton.
 *
 * Each way in which a pattern can begin (a byte that may come first, with all that may follow it) is a row of sets of bytes, one
 * for each of the first places. Ways that look alike share a row, so that there are no more rows than bits in a word; a table of
 * words for each place then tells all of them at once: what is left of and-ing one word for each byte are the rows that go on. It
 * may say yes to what the automaton then says no to, never the other way round. */
#include "filters/detect/pattern_ways.h"

#include <stdlib.h>

enum { WAYS_MAX = 128 /* that a pattern is told apart into */, MAKING_ROWS = 68 /* before the last of them are joined */ };

struct making {
    struct pattern_ways ways;
    struct pattern_way rows[MAKING_ROWS + 1];
    double grows[MAKING_ROWS + 1][MAKING_ROWS + 1]; /* what two of them would say yes to more as one; by the lower one first */
    size_t count;
};

/* ---- rows ---- */

/* Each group costs a run. */
static double cost_of(uint32_t groups, double share)
{
    return share * bits_in(groups);
}

static double *grows_by(struct making *m, size_t x, size_t y)
{
    return &m->grows[x < y ? x : y][x < y ? y : x];
}

static void compare_row(struct making *m, size_t row)
{
    for (size_t i = 0; i < m->count; i++) {
        if (i == row)
            continue;
        const struct pattern_way *a = &m->rows[i], *b = &m->rows[row];
        *grows_by(m, i, row) = cost_of(a->groups | b->groups, pattern_way_shared(a, b)) - cost_of(a->groups, a->share) - cost_of(b->groups, b->share);
    }
}

/* The two that lose least by it become one. */
static void join_two(struct making *m)
{
    size_t x = 0, y = 1;
    double least = m->grows[x][y];
    for (size_t i = 0; i < m->count; i++) {
        const double *grows = m->grows[i];
        for (size_t j = i + 1; j < m->count; j++)
            if (grows[j] < least)
                least = grows[j], x = i, y = j;
    }
    pattern_way_join(&m->rows[x], &m->rows[y]);
    size_t last = --m->count; /* takes the place that is free */
    m->rows[y] = m->rows[last];
    for (size_t i = 0; y != last && i < last; i++)
        if (i != y)
            *grows_by(m, i, y) = *grows_by(m, i, last);
    compare_row(m, x);
}

static void add_row(void *owner, struct pattern_way *way)
{
    struct making *m = owner;
    m->rows[m->count] = *way;
    compare_row(m, m->count++);
    if (m->count > MAKING_ROWS)
        join_two(m);
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
        for (unsigned i = 0; i < BEGIN_KINDS; i++)
            if (b->kinds[c] >> i & 1)
                b->halves[i][c >> 7][c & 15] |= (uint8_t)(1 << (c >> 4 & 7));
    }
}

/* Of all ways to begin with a byte of one table. */
static void make_table(struct making *m, struct pattern_begin *b, unsigned table)
{
    struct pattern_ways *w = &m->ways;
    m->count = 0;
    w->only = (struct byte_set){ { 0 } };
    for (unsigned c = 0; c < 256; c++)
        if ((b->table_of[c] = (uint8_t)table_of((unsigned char)c)) == table)
            byte_set_add(&w->only, (unsigned char)c);
    for (size_t g = 0; g < w->set->groups_count; g++)
        for (size_t i = w->set->groups[g].first; i < w->set->groups[g].end; i++) {
            uint32_t starts = pattern_ways_starts(w, &w->set->groups[g], w->set->order[i]);
            unsigned left = WAYS_MAX;
            for (uint32_t k = 0; k < starts; k++) {
                struct pattern_way way = { .groups = (uint32_t)1 << g, .of_digits = table == BEGIN_DIGIT };
                if (pattern_ways_first(w, w->starts[k], &way))
                    pattern_ways_add(w, &way, 0, &w->starts[k], 1, &left);
            }
        }
    while (m->count > BEGIN_ROWS)
        join_two(m);
    write_table(m, b, &b->tables[table]);
}

bool pattern_begin_make(const struct pattern_set *set, struct pattern_begin *b)
{
    struct making *m = calloc(1, sizeof *m);
    bool ok = m && pattern_ways_init(&m->ways, set, add_row, m) && pattern_heads_make(set, b);
    if (ok) {
        for (unsigned table = 0; table < BEGIN_TABLES; table++)
            make_table(m, b, table);
        write_halves(b);
    }
    if (m)
        pattern_ways_finish(&m->ways);
    free(m);
    return ok;
}
