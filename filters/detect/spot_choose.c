/* spot_choose.c - of each chain the two parts that it is looked for by. */
#include "filters/detect/spot_making.h"

#include "filters/detect/rule_set.h"

#include <math.h>
#include <stdlib.h>

/* A herald is told each time that it is seen, which is worth it if its words that are in no anchor or herald yet are not so much more
 * often than the anchor. */
enum { HERALD_OFTEN = 4, HERALD_ROUNDS = 4 };

static bool has_ends(struct str word)
{
    bool has = false;
    for (size_t i = 0; i < word.len; i++)
        has = has || word_ends_sentence(word.at[i]);
    return has;
}

struct keyed {
    uint32_t key, piece;
};

static int by_key(const void *a, const void *b)
{
    const struct keyed *x = a, *y = b;
    return x->key != y->key ? (x->key < y->key ? -1 : 1) : x->piece < y->piece ? -1 : x->piece > y->piece;
}

/* Phrases that begin with the same two words are found together: the first of them stands for all. */
static bool find_same(struct spot_making *m)
{
    const struct rule_set *set = m->set;
    struct keyed *k = calloc(set->pieces_count, sizeof *k);
    size_t n = 0;
    m->same = calloc(set->pieces_count, sizeof *m->same);
    m->names = calloc(set->pieces_count, sizeof *m->names);
    bool ok = k && m->same && m->names;
    for (size_t i = 0; ok && i < set->pieces_count; i++) {
        if (!set->pieces[i].in_table)
            continue;
        m->names[i] = spot_name_of(m->t, set->pieces[i].word);
        k[n++] = (struct keyed){ m->names[i].key, (uint32_t)i };
    }
    if (n)
        qsort(k, n, sizeof *k, by_key);
    for (size_t i = 0; i < n; i++)
        m->same[k[i].piece] = i && k[i].key == k[i - 1].key ? m->same[k[i - 1].piece] : k[i].piece;
    free(k);
    return ok;
}

/* How often ordinary texts have what the part is found by, but for what is asked anyhow. */
static double often_of(struct spot_making *m, const struct spot_part *p)
{
    double often = 0;
    m->counts++;
    for (uint32_t i = 0; i < p->links; i++) {
        uint32_t piece = m->same[m->pieces_of[p->first_link + i]];
        often += m->counted[piece] == m->counts ? 0 : m->often[piece];
        m->counted[piece] = m->counts;
    }
    return often;
}

static bool look_at_parts(struct spot_making *m)
{
    const struct rule_set *set = m->set;
    size_t links = 0;
    m->parts = calloc(set->parts_count, sizeof *m->parts);
    for (size_t i = 0; i < set->pieces_count; i++)
        links += set->pieces[i].in_table ? set->seats[i].parts : 0;
    m->pieces_of = calloc(links, sizeof *m->pieces_of);
    m->often = calloc(set->pieces_count, sizeof *m->often);
    m->counted = calloc(set->pieces_count, sizeof *m->counted);
    if (!m->parts || !m->pieces_of || !m->often || !m->counted || !find_same(m))
        return false;
    for (size_t i = 0; i < set->pieces_count; i++) {
        if (!set->pieces[i].in_table)
            continue;
        m->often[i] = rarity_of(&m->rarity, set->pieces[i].word);
        for (size_t k = 0; k < set->seats[i].parts; k++) {
            struct spot_part *p = &m->parts[set->parts_of[set->seats[i].first_part + k]];
            p->links++;
            p->bytes = p->bytes > set->pieces[i].bytes ? p->bytes : set->pieces[i].bytes;
            p->has_signs = p->has_signs || m->names[i].kind == SPOT_SIGN;
            p->has_ends = p->has_ends || has_ends(set->pieces[i].word);
        }
    }
    links = 0;
    for (size_t i = 0; i < set->parts_count; i++) {
        m->parts[i].first_link = (uint32_t)links;
        links += m->parts[i].links;
        m->parts[i].links = 0;
    }
    for (size_t i = 0; i < set->pieces_count; i++) {
        for (size_t k = 0; set->pieces[i].in_table && k < set->seats[i].parts; k++) {
            struct spot_part *p = &m->parts[set->parts_of[set->seats[i].first_part + k]];
            m->pieces_of[p->first_link + p->links++] = (uint32_t)i;
        }
    }
    for (size_t i = 0; i < set->parts_count; i++)
        m->parts[i].often = often_of(m, &m->parts[i]);
    return true;
}

/* The part that ordinary texts have least often, of all but one, where asking its words as well costs no more; `but` if there is none. */
static size_t rarest_part(struct spot_making *m, const struct set_chain *c, size_t but, double most)
{
    size_t best = but;
    for (size_t i = 0; i < c->count; i++)
        if (i != but && (best == but || m->parts[c->part[i]].often < m->parts[c->part[best]].often) &&
            often_of(m, &m->parts[c->part[i]]) <= most)
            best = i;
    return best;
}

static void ask_for(struct spot_making *m, const struct spot_part *p)
{
    for (uint32_t i = 0; i < p->links; i++)
        m->often[m->same[m->pieces_of[p->first_link + i]]] = 0;
}

/* None where no part may be one yet. */
static void choose_herald(struct spot_making *m, const struct set_chain *c, struct spot_choice *choice)
{
    size_t anchor = choice->anchor, other = rarest_part(m, c, anchor, HERALD_OFTEN * m->parts[c->part[anchor]].often);
    if (other == anchor)
        return;
    ask_for(m, &m->parts[c->part[other]]);
    choice->anchor = (uint8_t)(anchor > other ? anchor : other);
    choice->herald = (uint8_t)(anchor > other ? other : anchor);
    struct spot_part *herald = &m->parts[c->part[choice->herald]];
    herald->herald = herald->herald ? herald->herald : (uint16_t)m->t->heralds++;
}

bool spot_choose(struct spot_making *m)
{
    const struct set_chain *c = m->set->chains;
    struct spot_choice *choice = m->choices = calloc(m->set->chains_count, sizeof *m->choices);
    m->t->heralds = SPOT_HERALDS;
    if (!choice || !look_at_parts(m))
        return false;
    for (size_t i = 0; i < m->set->chains_count; i++) {
        choice[i].anchor = choice[i].herald = (uint8_t)rarest_part(m, &c[i], c[i].count, HUGE_VAL);
        ask_for(m, &m->parts[c[i].part[choice[i].anchor]]);
    }
    for (unsigned round = 0; round < HERALD_ROUNDS; round++) /* what one asks another need not pay for */
        for (size_t i = 0; i < m->set->chains_count; i++)
            if (choice[i].herald == choice[i].anchor)
                choose_herald(m, &c[i], &choice[i]);
    return true;
}
