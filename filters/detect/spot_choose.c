/* spot_choose.c - of each chain the two parts that it is looked for by. */
#include "filters/detect/spot_making.h"

#include "filters/detect/rule_set.h"

#include <stdlib.h>

/* A herald is told each time that it is seen, which is worth it if its words that are in no anchor or herald yet are not so much more
 * often than the anchor. */
enum { HERALD_OFTEN = 4 };

static bool has_ends(struct str word)
{
    bool has = false;
    for (size_t i = 0; i < word.len; i++)
        has = has || word_ends_sentence(word.at[i]);
    return has;
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
    if (!m->parts || !m->pieces_of || !m->often)
        return false;
    for (size_t i = 0; i < set->pieces_count; i++) {
        if (!set->pieces[i].in_table)
            continue;
        double often = m->often[i] = rarity_of(&m->rarity, set->pieces[i].word);
        for (size_t k = 0; k < set->seats[i].parts; k++) {
            struct spot_part *p = &m->parts[set->parts_of[set->seats[i].first_part + k]];
            p->links++;
            p->often += often;
            p->bytes = p->bytes > set->pieces[i].bytes ? p->bytes : set->pieces[i].bytes;
            p->has_signs = p->has_signs || word_table_is_sign(set->pieces[i].word);
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
    return true;
}

/* The part that ordinary texts have least often, of all but one. */
static size_t rarest_part(const struct spot_making *m, const struct set_chain *c, size_t but)
{
    size_t best = but == 0;
    for (size_t i = best + 1; i < c->count; i++)
        if (i != but && m->parts[c->part[i]].often < m->parts[c->part[best]].often)
            best = i;
    return best;
}

/* What it costs to ask the part's words; then they are asked. */
static double cost_of(const struct spot_making *m, const struct spot_part *p)
{
    double often = 0;
    for (uint32_t i = 0; i < p->links; i++)
        often += m->often[m->pieces_of[p->first_link + i]];
    return often;
}

static void ask_for(struct spot_making *m, const struct spot_part *p)
{
    for (uint32_t i = 0; i < p->links; i++)
        m->often[m->pieces_of[p->first_link + i]] = 0;
}

bool spot_choose(struct spot_making *m)
{
    const struct set_chain *c = m->set->chains;
    struct spot_choice *choice = m->choices = calloc(m->set->chains_count, sizeof *m->choices);
    m->t->heralds = SPOT_HERALDS;
    if (!choice || !look_at_parts(m))
        return false;
    for (size_t i = 0; i < m->set->chains_count; i++) {
        choice[i].anchor = choice[i].herald = (uint8_t)rarest_part(m, &c[i], c[i].count);
        ask_for(m, &m->parts[c[i].part[choice[i].anchor]]);
    }
    for (size_t i = 0; i < m->set->chains_count; i++) {
        size_t anchor = choice[i].anchor, other = c[i].count > 1 ? rarest_part(m, &c[i], anchor) : anchor;
        struct spot_part *p = &m->parts[c[i].part[other]];
        if (other == anchor || cost_of(m, p) > HERALD_OFTEN * m->parts[c[i].part[anchor]].often)
            continue;
        ask_for(m, p);
        choice[i].anchor = (uint8_t)(anchor > other ? anchor : other);
        choice[i].herald = (uint8_t)(anchor > other ? other : anchor);
        p = &m->parts[c[i].part[choice[i].herald]];
        p->herald = p->herald ? p->herald : (uint16_t)m->t->heralds++;
    }
    return true;
}
