/* spot_table.c - of each chain the two parts that it is looked for by, and what the words near them are asked. */
#include "filters/detect/spot_parts.h"

#include "filters/detect/rarity.h"
#include "filters/detect/rule_set.h"
#include "filters/detect/word_list.h"

#include <stdlib.h>

/* A herald is remembered each time that it is seen, which is worth it if that is not much more often than the anchor. */
enum { HERALD_OFTEN = 4 };

/* While the table is made: of each part. */
struct about_part {
    double often; /* times in a million words */
    uint32_t first_link, links;
    uint32_t first_key, mask; /* mask 0: its keys are not there yet */
    uint16_t bytes;           /* of its longest piece */
    bool has_signs, is_herald;
};

struct making_link { /* the key is that of a piece of an anchor or a herald */
    uint32_t key, piece;
    bool is_herald;
    struct spot_link link; /* of a herald only that */
};

struct making {
    struct spot_table *t;
    struct rule_set *set;
    struct rarity rarity;
    struct about_part *parts;
    uint32_t *pieces_of; /* of each part, one after the other */
    struct making_link *links;
    size_t links_count, keys_count;
};

enum key_kind { KEY_WORD, KEY_PAIR, KEY_SIGN };

static uint32_t hash_of(struct str word)
{
    char bytes[16] = { 0 };
    if (word.len > 8)
        return spot_hash(word.at, word.len);
    memcpy(bytes, word.at, word.len);
    return spot_hash(bytes, word.len);
}

/* What the piece is found by; of a phrase the first word by itself too. */
static uint32_t key_of(const struct making *m, uint32_t piece, enum key_kind *kind, uint32_t *begin)
{
    struct str word = m->set->pieces[piece].word, first, second;
    *kind = KEY_SIGN;
    if (word_table_is_sign(word))
        return ~hash_of(str_first(word, word.len < 2 ? 1 : word.len < 4 ? 2 : 4));
    word_first_two(m->t->letters, word, &first, &second);
    *kind = second.len ? KEY_PAIR : KEY_WORD;
    *begin = hash_of(first);
    return second.len ? word_pair(*begin, hash_of(second)) : *begin;
}

/* ---- parts ---- */

static bool look_at_parts(struct making *m)
{
    const struct rule_set *set = m->set;
    size_t links = 0;
    m->parts = calloc(set->parts_count, sizeof *m->parts);
    for (size_t i = 0; i < set->pieces_count; i++)
        links += set->pieces[i].in_table ? set->seats[i].parts : 0;
    m->pieces_of = calloc(links, sizeof *m->pieces_of);
    if (!m->parts || !m->pieces_of)
        return false;
    for (size_t i = 0; i < set->pieces_count; i++) {
        if (!set->pieces[i].in_table)
            continue;
        double often = rarity_of(&m->rarity, set->pieces[i].word);
        for (size_t k = 0; k < set->seats[i].parts; k++) {
            struct about_part *p = &m->parts[set->parts_of[set->seats[i].first_part + k]];
            p->links++;
            p->often += often;
            p->bytes = p->bytes > set->pieces[i].bytes ? p->bytes : set->pieces[i].bytes;
            p->has_signs = p->has_signs || word_table_is_sign(set->pieces[i].word);
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
            struct about_part *p = &m->parts[set->parts_of[set->seats[i].first_part + k]];
            m->pieces_of[p->first_link + p->links++] = (uint32_t)i;
        }
    }
    return true;
}

static size_t slots_for(size_t n)
{
    size_t slots = 8;
    while (slots < 4 * n)
        slots *= 2;
    return slots;
}

static void add_key(struct making *m, const struct about_part *p, uint32_t hash, bool is_all)
{
    uint32_t *keys = m->t->keys + p->first_key, at = hash & p->mask, key = hash > 1 ? (hash & ~1u) | is_all : 1;
    while (keys[at] && (keys[at] ^ key) > 1)
        at = (at + 1) & p->mask;
    keys[at] |= key;
}

static void make_keys(struct making *m, struct about_part *p)
{
    enum key_kind kind;
    uint32_t begin;
    p->first_key = (uint32_t)m->keys_count;
    p->mask = (uint32_t)slots_for(2 * p->links) - 1;
    m->keys_count += p->mask + 1;
    for (uint32_t i = 0; i < p->links; i++) {
        add_key(m, p, key_of(m, m->pieces_of[p->first_link + i], &kind, &begin), true);
        if (kind == KEY_PAIR)
            add_key(m, p, begin, false);
    }
}

/* ---- chains ---- */

/* From the beginning of one part to the beginning of a later one, at most. */
static uint32_t distance(const struct making *m, const struct set_chain *c, size_t from, size_t to)
{
    uint32_t bytes = 0;
    for (size_t i = from; i < to; i++)
        bytes += m->parts[c->part[i]].bytes + c->gap[i + 1];
    return bytes;
}

/* The part that ordinary texts have least often, of all but one. */
static size_t rarest_part(const struct making *m, const struct set_chain *c, size_t but)
{
    size_t best = but == 0;
    for (size_t i = best + 1; i < c->count; i++)
        if (i != but && m->parts[c->part[i]].often < m->parts[c->part[best]].often)
            best = i;
    return best;
}

static void add_near(struct making *m, struct spot_anchor *a, const struct set_chain *c, size_t anchor, size_t i)
{
    struct about_part *p = &m->parts[c->part[i]];
    if (!p->mask)
        make_keys(m, p);
    a->near[a->nears++] = (struct spot_near){
        .is_before = i < anchor,
        .has_signs = p->has_signs,
        .reach = (uint16_t)(i < anchor ? distance(m, c, i, anchor) : distance(m, c, anchor, i)),
        .first_key = p->first_key,
        .mask = p->mask,
    };
}

static void set_bit(uint32_t *bits, uint32_t hash)
{
    bits[hash >> (32 + 5 - SPOT_BITS)] |= 1u << (hash & 31) | 1u << (hash >> 5 & 31);
}

static void set_bits(struct making *m, uint32_t piece)
{
    struct spot_table *t = m->t;
    struct str word = m->set->pieces[piece].word;
    unsigned char c = (unsigned char)*word.at, next = word.len > 1 ? (unsigned char)word.at[1] : 0;
    enum key_kind kind;
    uint32_t begin, key = key_of(m, piece, &kind, &begin);
    if (kind == KEY_WORD)
        set_bit(t->may_be, key);
    else if (kind == KEY_PAIR)
        set_bit(t->may_pair, key);
    else if (word.len == 1)
        memset(t->signs[c], 0xff, sizeof t->signs[c]);
    else
        t->signs[c][next / 64] |= (uint64_t)1 << (next & 63);
    if (kind == KEY_SIGN)
        t->sign_bytes[c] |= word.len < 2 ? 1 : word.len < 4 ? 2 : 4;
}

static void add_links(struct making *m, const struct about_part *p, bool is_herald, struct spot_link link)
{
    enum key_kind kind;
    uint32_t begin;
    for (uint32_t i = 0; i < p->links; i++) {
        uint32_t piece = m->pieces_of[p->first_link + i], key = key_of(m, piece, &kind, &begin);
        m->links[m->links_count++] = (struct making_link){ key, piece, is_herald, link };
        set_bits(m, piece);
    }
}

static void add_herald(struct making *m, uint32_t part)
{
    struct about_part *p = &m->parts[part];
    if (!p->is_herald)
        add_links(m, p, true, (struct spot_link){ .herald = part });
    p->is_herald = true;
}

/* All other parts are asked for among the words around, the rarest first. */
static void add_nears(struct making *m, struct spot_anchor *a, const struct set_chain *c, size_t anchor, unsigned done)
{
    while (done != (1u << c->count) - 1) {
        size_t best = RULE_PARTS_MAX;
        for (size_t i = 0; i < c->count; i++)
            if (!(done >> i & 1) && (best == RULE_PARTS_MAX || m->parts[c->part[i]].often < m->parts[c->part[best]].often))
                best = i;
        done |= 1u << best;
        add_near(m, a, c, anchor, best);
    }
}

/* False where it may go too far. What a spot has before the anchor is all that a chain could have used that ends in it: else
 * what was seen last could be another place there than in the whole text. */
static bool add_anchor(struct making *m, size_t chain)
{
    const struct set_chain *c = &m->set->chains[chain];
    size_t anchor = rarest_part(m, c, c->count), other = c->count > 1 ? rarest_part(m, c, anchor) : anchor, last = c->count - 1u;
    bool has_herald = c->count > 1 && m->parts[c->part[other]].often <= HERALD_OFTEN * m->parts[c->part[anchor]].often;
    struct spot_anchor *a = &m->t->anchors[chain];
    uint32_t longest = 0;
    if (has_herald && anchor < other) {
        size_t first = anchor;
        anchor = other;
        other = first;
    }
    for (size_t i = 0; i < c->count; i++)
        longest = longest > m->parts[c->part[i]].bytes ? longest : m->parts[c->part[i]].bytes;
    uint32_t back = distance(m, c, 0, last) + 2 * longest, ahead = distance(m, c, anchor, last) + 2 * longest;
    if (back > SPOT_REACH_MAX || ahead > SPOT_REACH_MAX)
        return false;
    a->back = (uint16_t)back;
    a->ahead = (uint16_t)ahead;
    struct spot_link check = { .herald = (uint32_t)m->set->parts_count + SPOT_ALWAYS, .anchor = (uint16_t)chain };
    if (has_herald) {
        check.herald = c->part[other];
        check.reach = (uint16_t)distance(m, c, other, anchor);
        add_herald(m, check.herald);
    }
    add_nears(m, a, c, anchor, 1u << anchor | (unsigned)has_herald << other);
    add_links(m, &m->parts[c->part[anchor]], false, check);
    return true;
}

/* ---- anchors ---- */

static int by_key(const void *a, const void *b)
{
    const struct making_link *x = a, *y = b;
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    return x->piece != y->piece ? (x->piece < y->piece ? -1 : 1) : x->is_herald - y->is_herald;
}

/* What is one word is known by its key: two words with the same are told apart when they stand in a spot. */
static struct spot_piece piece_of(const struct making *m, uint32_t piece)
{
    struct str word = m->set->pieces[piece].word, edge = word.len > 8 ? str_from(word, word.len - 8) : word;
    struct spot_piece p = { .len = (uint16_t)word.len, .edge_at = (uint16_t)(word.len - edge.len) };
    if (word_token_end(m->t->letters, word, 0) == word.len)
        return p;
    p.mask = WORD_MASKS[edge.len];
    memcpy(&p.edge, edge.at, edge.len);
    return p;
}

static struct spot_slot *slot_for(struct spot_table *t, uint32_t key)
{
    size_t at = key & t->mask;
    while (t->slots[at].piece && t->slots[at].key != key)
        at = (at + 1) & t->mask;
    return &t->slots[at];
}

/* Adds what links of one piece and kind say, filled up with what says nothing; returns how many there are then. */
static size_t add_filled(struct making *m, const struct making_link *from, size_t n, size_t at_once, size_t filler, size_t *count)
{
    size_t begin = *count;
    for (size_t i = 0; i < n; i++)
        m->t->links[(*count)++] = from[i].link;
    while ((*count - begin) % at_once)
        m->t->links[(*count)++] = (struct spot_link){ .herald = (uint32_t)(m->set->parts_count + filler) };
    return *count - begin;
}

static bool fill_slots(struct making *m)
{
    struct spot_table *t = m->t;
    size_t slots = slots_for(m->links_count), pieces = 0, count = 0;
    t->mask = slots - 1;
    t->slots = arena_array(&m->set->arena, struct spot_slot, slots);
    t->pieces = arena_array(&m->set->arena, struct spot_piece, m->links_count);
    t->links = arena_array(&m->set->arena, struct spot_link, SPOT_CHECKS_AT_ONCE * m->links_count);
    if (!t->slots || !t->pieces || !t->links)
        return false;
    qsort(m->links, m->links_count, sizeof *m->links, by_key);
    for (size_t i = 0, checks, n; i < m->links_count; i += n) {
        const struct making_link *l = &m->links[i];
        struct spot_piece *p = &t->pieces[pieces++];
        for (n = checks = 0; i + n < m->links_count && l[n].key == l->key && l[n].piece == l->piece; n++)
            checks += !l[n].is_herald;
        *p = piece_of(m, l->piece);
        p->first = (uint32_t)count;
        p->checks = (uint32_t)add_filled(m, l, checks, SPOT_CHECKS_AT_ONCE, SPOT_NEVER, &count);
        p->heralds = add_filled(m, l + checks, n - checks, SPOT_HERALDS_AT_ONCE, SPOT_SINK, &count) & INT32_MAX;
        p->is_last = i + n == m->links_count || l[n].key != l->key;
        if (!i || l[-1].key != l->key)
            *slot_for(t, l->key) = (struct spot_slot){ l->key, (uint32_t)pieces };
    }
    return true;
}

/* Expressions are left out: where one is looked for, all of the text is (judge_scan.c), and elsewhere none of them can be. */
static bool is_usable(const struct rule_set *set)
{
    for (size_t i = 0; i < set->pieces_count; i++)
        if (set->pieces[i].in_table)
            return true;
    return false;
}

static bool make_table(struct making *m)
{
    struct rule_set *set = m->set;
    struct spot_table *t = m->t;
    size_t links = 0, keys = 0;
    t->letters = set->words.letters;
    t->may_be = arena_array(&set->arena, uint32_t, (1u << SPOT_BITS) / 32);
    t->may_pair = arena_array(&set->arena, uint32_t, (1u << SPOT_BITS) / 32);
    t->anchors = arena_array(&set->arena, struct spot_anchor, set->chains_count);
    if (!t->may_be || !t->may_pair || !t->anchors || !rarity_init(&m->rarity, &set->arena) || !look_at_parts(m))
        return false;
    for (size_t i = 0; i < set->parts_count; i++) {
        keys += slots_for(2 * (size_t)m->parts[i].links);
        links += (size_t)m->parts[i].links * (set->parts[i].uses + 1);
    }
    t->keys = arena_array(&set->arena, uint32_t, keys);
    if (!t->keys || !(m->links = calloc(links, sizeof *m->links)))
        return false;
    for (size_t i = 0; !t->is_everywhere && i < set->chains_count; i++)
        t->is_everywhere = !add_anchor(m, i);
    return fill_slots(m);
}

bool spot_table_init(struct spot_table *t, struct rule_set *set)
{
    struct making m = { .t = t, .set = set };
    *t = (struct spot_table){ .is_everywhere = !is_usable(set) };
    bool ok = t->is_everywhere || make_table(&m);
    free(m.parts);
    free(m.pieces_of);
    free(m.links);
    return ok;
}
