/* rule_layout.c - tables of a set: what is written twice is looked for once. */
#include "filters/detect/rule_making.h"

#include "proxy/base/hash.h"

#include <stdlib.h>

enum { PIECES_MAX = 200000 };

static uint32_t piece_index(struct rule_making *m, const struct rule_piece *p, const struct rule *owner)
{
    struct rule_set *set = m->set;
    struct str key = str_c(p->expression);
    size_t at = (size_t)hash_str(key) & (m->slots_count - 1);
    for (; m->slots[at].index_plus_1; at = (at + 1) & (m->slots_count - 1)) {
        const struct set_piece *there = &set->pieces[m->slots[at].index_plus_1 - 1];
        if (str_eq(str_c(there->expression), key) && there->is_word == (p->word_bytes != 0) && there->left == p->left &&
            there->right == p->right && there->lines == p->lines)
            return m->slots[at].index_plus_1 - 1;
    }
    set->pieces[set->pieces_count] = (struct set_piece){
        .expression = p->expression,
        .bytes = p->word_bytes,
        .word = p->word,
        .is_word = p->word_bytes != 0,
        .left = p->left,
        .right = p->right,
        .lines = p->lines,
    };
    m->owners[set->pieces_count] = owner;
    m->slots[at].index_plus_1 = (uint32_t)++set->pieces_count;
    return (uint32_t)set->pieces_count - 1;
}

/* The part of exactly these pieces, known already or new. */
static uint32_t part_index(struct rule_making *m, const uint32_t *pieces, size_t count)
{
    size_t at = (size_t)hash_str(str_of((const char *)pieces, count * sizeof *pieces)) & (m->slots_count - 1);
    for (; m->part_slots[at].index_plus_1; at = (at + 1) & (m->slots_count - 1)) {
        uint32_t part = m->part_slots[at].index_plus_1 - 1;
        size_t first = m->first_links[part], n = 0;
        while (n < count && first + n < m->links_count && m->links[first + n].part == part && m->links[first + n].piece == pieces[n])
            n++;
        if (n == count && (first + n == m->links_count || m->links[first + n].part != part))
            return part;
    }
    uint32_t part = (uint32_t)m->set->parts_count++;
    m->first_links[part] = (uint32_t)m->links_count;
    for (size_t i = 0; i < count; i++)
        m->links[m->links_count++] = (struct rule_link){ pieces[i], part };
    m->part_slots[at].index_plus_1 = part + 1;
    return part;
}

static bool add_chain(struct rule_making *m, size_t rule, const struct rule_chain *from)
{
    struct set_chain *c = &m->set->chains[m->set->chains_count++];
    *c = (struct set_chain){ .rule = (uint16_t)rule, .count = (uint8_t)from->count };
    for (size_t i = 0; i < from->count; i++) {
        const struct rule_part *p = &from->parts[i];
        uint32_t *pieces = calloc(p->count, sizeof *pieces);
        if (!pieces)
            return false;
        for (size_t k = 0; k < p->count; k++)
            pieces[k] = piece_index(m, &p->pieces[k], &m->set->rules.at[rule]);
        c->part[i] = part_index(m, pieces, p->count);
        c->gap[i] = from->gap[i];
        c->across[i] = from->across[i];
        free(pieces);
    }
    return true;
}

/* 0: only behind other parts, 1: both, 2: only at the beginning of chains. */
static int place_of(const struct set_part *p)
{
    return !p->begins ? 0 : p->begins < p->uses ? 1 : 2;
}

static void sort_parts(struct rule_set *set, struct set_seat *p)
{
    uint32_t *at = set->parts_of + p->first_part;
    for (size_t i = 1; i < p->parts; i++)
        for (size_t k = i; k > 0 && place_of(&set->parts[at[k - 1]]) > place_of(&set->parts[at[k]]); k--) {
            uint32_t other = at[k - 1];
            at[k - 1] = at[k];
            at[k] = other;
        }
    p->wanted = p->starts = 0;
    for (size_t i = 0; i < p->parts; i++) {
        int place = place_of(&set->parts[at[i]]);
        p->wanted = (uint16_t)(p->wanted + (place < 2));
        p->starts = (uint16_t)(p->starts + (place < 1));
    }
}

static void add_arm(struct rule_set *set, struct set_part *p, uint32_t next, uint32_t gap)
{
    for (uint32_t i = 0; i < p->arms; i++) {
        struct set_arm *arm = &set->arms[p->first_arm + i];
        if (arm->part == next) {
            arm->gap = gap > arm->gap ? gap : arm->gap;
            return;
        }
    }
    set->arms[p->first_arm + p->arms++] = (struct set_arm){ next, gap };
}

static bool make_arms(struct rule_set *set)
{
    uint32_t at = 0;
    if (!(set->arms = arena_array(&set->arena, struct set_arm, set->chains_count)))
        return false;
    for (size_t i = 0; i < set->parts_count; i++) {
        struct set_part *p = &set->parts[i];
        p->first_arm = at;
        for (uint32_t k = 0; k < p->begins; k++) {
            const struct set_chain *c = &set->chains[set->uses[p->first_use + k].chain];
            if (c->count > 1)
                add_arm(set, p, c->part[1], c->gap[1]);
        }
        at += p->arms;
    }
    return true;
}

/* Parts of each piece, uses of each part: counted, then laid out one after the other. */
static bool lay_out(struct rule_making *m)
{
    struct rule_set *set = m->set;
    size_t uses = 0, at = 0;
    set->parts = arena_array(&set->arena, struct set_part, set->parts_count);
    set->parts_of = arena_array(&set->arena, uint32_t, m->links_count);
    set->seats = arena_array(&set->arena, struct set_seat, set->pieces_count);
    if (!set->parts || !set->parts_of || !set->seats)
        return false;
    for (size_t i = 0; i < set->pieces_count; i++)
        set->seats[i].lines = set->pieces[i].lines;
    for (size_t i = 0; i < m->links_count; i++)
        set->seats[m->links[i].piece].parts++;
    for (size_t i = 0; i < set->pieces_count; i++) {
        set->seats[i].first_part = (uint32_t)at;
        at += set->seats[i].parts;
        set->seats[i].parts = 0;
    }
    for (size_t i = 0; i < m->links_count; i++) {
        struct set_seat *p = &set->seats[m->links[i].piece];
        set->parts_of[p->first_part + p->parts++] = m->links[i].part;
    }
    for (size_t c = 0; c < set->chains_count; c++)
        for (size_t i = 0; i < set->chains[c].count; i++, uses++)
            set->parts[set->chains[c].part[i]].uses++;
    if (!(set->uses = arena_array(&set->arena, struct set_use, uses)))
        return false;
    at = 0;
    for (size_t i = 0; i < set->parts_count; i++) {
        set->parts[i].first_use = (uint32_t)at;
        at += set->parts[i].uses;
        set->parts[i].uses = 0;
    }
    for (int later = 0; later < 2; later++) {
        for (size_t c = 0; c < set->chains_count; c++) {
            for (size_t i = later ? 1 : 0; i < (later ? set->chains[c].count : 1u); i++) {
                struct set_part *p = &set->parts[set->chains[c].part[i]];
                set->uses[p->first_use + p->uses++] = (struct set_use){ (uint16_t)c, (uint8_t)i };
                p->begins += !later;
                p->is_whole = p->is_whole || set->chains[c].count == 1;
            }
        }
    }
    for (size_t i = 0; i < set->pieces_count; i++)
        sort_parts(set, &set->seats[i]);
    return make_arms(set);
}

bool rule_layout(struct rule_making *m)
{
    struct rule_set *set = m->set;
    size_t pieces = 0, chains = 0;
    for (size_t r = 0; r < set->rules.count; r++) {
        const struct rule *rule = &set->rules.at[r];
        chains += rule->patterns.count;
        set->counts = set->counts || rule->at_least > 1;
        for (size_t k = 0; k < rule->patterns.count; k++)
            for (size_t i = 0; i < rule->chains[k].count; i++)
                pieces += rule->chains[k].parts[i].count;
    }
    if (!pieces || pieces > PIECES_MAX || chains > UINT16_MAX)
        return false;
    for (m->slots_count = 64; m->slots_count < 2 * pieces;)
        m->slots_count *= 2;
    set->pieces = arena_array(&set->arena, struct set_piece, pieces);
    set->chains = arena_array(&set->arena, struct set_chain, chains);
    m->slots = calloc(m->slots_count, sizeof *m->slots);
    m->part_slots = calloc(m->slots_count, sizeof *m->part_slots);
    m->links = calloc(pieces, sizeof *m->links);
    m->first_links = calloc(pieces, sizeof *m->first_links);
    m->owners = calloc(pieces, sizeof *m->owners);
    bool ok = set->pieces && set->chains && m->slots && m->part_slots && m->links && m->first_links && m->owners;
    for (size_t r = 0; ok && r < set->rules.count; r++)
        for (size_t k = 0; ok && k < set->rules.at[r].patterns.count; k++)
            ok = add_chain(m, r, &set->rules.at[r].chains[k]);
    return ok && lay_out(m);
}
