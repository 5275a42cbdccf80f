/* spot_table.c - what words that are in anchors and heralds ask and tell, and what the words near them are asked. */
#include "filters/detect/spot_making.h"

#include "filters/detect/rule_set.h"
#include "filters/detect/word_list.h"

#include <stdlib.h>

static uint32_t hash_of(struct str word)
{
    char bytes[16] = { 0 };
    if (word.len > 8)
        return spot_hash(word.at, word.len);
    memcpy(bytes, word.at, word.len);
    return spot_hash(bytes, word.len);
}

struct spot_name spot_name_of(const struct spot_table *t, struct str word)
{
    struct str first, second;
    if (word_table_is_sign(word))
        return (struct spot_name){ .key = ~hash_of(str_first(word, word.len < SPOT_SIGN_BYTES ? word.len : SPOT_SIGN_BYTES)), .kind = SPOT_SIGN };
    word_first_two(t->letters, word, &first, &second);
    struct spot_name name = { .key = hash_of(first), .kind = SPOT_WORD, .is_word = first.len == word.len };
    name.begin = name.key;
    if (second.len) {
        name.key = word_pair(name.begin, hash_of(second));
        name.kind = SPOT_PAIR;
    }
    return name;
}

/* ---- what is asked of words ---- */

static size_t slots_for(size_t n)
{
    size_t slots = 8;
    while (slots < 4 * n)
        slots *= 2;
    return slots;
}

static void add_key(struct spot_making *m, const struct spot_part *p, uint32_t hash, bool is_all)
{
    uint32_t *keys = m->t->keys + p->first_key, key = hash > 1 ? (hash & ~1u) | is_all : 1;
    keys[spot_key_at(keys, p->mask, hash)] |= key;
}

static void make_keys(struct spot_making *m, struct spot_part *p)
{
    p->first_key = (uint32_t)m->keys_count + SPOT_FILTER;
    p->mask = (uint32_t)slots_for(2 * p->links) - 1;
    m->keys_count += SPOT_FILTER + p->mask + 1;
    for (uint32_t i = 0; i < p->links; i++) {
        const struct spot_name *name = &m->names[m->pieces_of[p->first_link + i]];
        add_key(m, p, name->key, true);
        if (name->kind == SPOT_PAIR)
            add_key(m, p, name->begin, false);
        if (name->kind != SPOT_SIGN)
            m->t->keys[p->first_key - SPOT_FILTER + (name->begin >> SPOT_FILTER_WORD)] |= spot_filter_bit(name->begin);
    }
}

/* ---- chains ---- */

/* From the beginning of one part to the beginning of a later one, at most. */
static uint32_t distance(const struct spot_making *m, const struct set_chain *c, size_t from, size_t to)
{
    uint32_t bytes = 0;
    for (size_t i = from; i < to; i++)
        bytes += m->parts[c->part[i]].bytes + c->gap[i + 1];
    return bytes;
}

/* May no sentence end from the beginning of one part to the beginning of a later one? */
static bool in_sentence(const struct spot_making *m, const struct set_chain *c, size_t from, size_t to)
{
    bool in = true;
    for (size_t i = from; i < to; i++)
        in = in && !c->across[i + 1] && !m->parts[c->part[i]].has_ends;
    return in;
}

static void add_near(struct spot_making *m, struct spot_anchor *a, const struct set_chain *c, size_t anchor, size_t i)
{
    struct spot_part *p = &m->parts[c->part[i]];
    if (!p->mask)
        make_keys(m, p);
    a->near[a->nears++] = (struct spot_near){
        .is_before = i < anchor,
        .herald = i < anchor ? p->herald : SPOT_ALWAYS,
        .has_signs = p->has_signs,
        .in_sentence = i < anchor ? in_sentence(m, c, i, anchor) : in_sentence(m, c, anchor, i),
        .reach = (uint16_t)(i < anchor ? distance(m, c, i, anchor) : distance(m, c, anchor, i)),
        .first_key = p->first_key,
        .mask = p->mask,
    };
}

static void set_bit(uint32_t *bits, uint32_t hash)
{
    bits[hash >> (32 + 5 - SPOT_BITS)] |= 1u << (hash & 31) | 1u << (hash >> 5 & 31);
}

static void set_bits(struct spot_making *m, uint32_t piece)
{
    struct spot_table *t = m->t;
    struct str word = m->set->pieces[piece].word;
    struct spot_name *name = &m->names[piece];
    if (name->has_bits)
        return;
    name->has_bits = true;
    set_bit(name->kind == SPOT_PAIR ? t->may_pair : t->may_be, name->key);
    if (name->kind != SPOT_SIGN)
        return;
    unsigned char c = (unsigned char)*word.at, next = word.len > 1 ? (unsigned char)word.at[1] : 0;
    if (word.len > 1)
        t->signs[c][next / 64] |= (uint64_t)1 << (next & 63);
    t->sign_rows[c & 15] |= (uint8_t)(1u << (c >> 4));
}

static void add_links(struct spot_making *m, const struct spot_part *p, struct spot_link link)
{
    for (uint32_t i = 0; i < p->links; i++) {
        uint32_t piece = m->pieces_of[p->first_link + i];
        link.key = m->names[piece].key;
        link.phrase = m->names[piece].is_word ? 0 : piece + 1;
        link.bytes = link.phrase ? (uint16_t)m->set->pieces[piece].word.len : 0;
        m->links[m->links_count++] = link;
        set_bits(m, piece);
    }
}

/* All other parts are asked for among the words around, the rarest first. */
static void add_nears(struct spot_making *m, struct spot_anchor *a, const struct set_chain *c, size_t anchor, unsigned done)
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
static bool add_anchor(struct spot_making *m, size_t chain)
{
    const struct set_chain *c = &m->set->chains[chain];
    const struct spot_choice *choice = &m->choices[chain];
    struct spot_anchor *a = &m->t->anchors[chain];
    uint32_t longest = 0, last = c->count - 1u;
    for (size_t i = 0; i < c->count; i++)
        longest = longest > m->parts[c->part[i]].bytes ? longest : m->parts[c->part[i]].bytes;
    for (size_t i = 0; i < RULE_PARTS_MAX; i++)
        a->part[i] = c->part[i < last ? i : last];
    uint32_t back = distance(m, c, 0, last) + 2 * longest, ahead = distance(m, c, choice->anchor, last) + 2 * longest;
    if (back > SPOT_REACH_MAX || ahead > SPOT_REACH_MAX)
        return false;
    a->back = (uint16_t)back;
    a->ahead = (uint16_t)ahead;
    struct spot_link check = { .herald = SPOT_ALWAYS, .anchor = (uint16_t)chain };
    if (choice->herald != choice->anchor) {
        check.herald = m->parts[c->part[choice->herald]].herald;
        check.reach = (uint16_t)distance(m, c, choice->herald, choice->anchor);
        a->herald = check.herald;
        a->in_sentence = in_sentence(m, c, choice->herald, choice->anchor);
    }
    add_nears(m, a, c, choice->anchor, 1u << choice->anchor | 1u << choice->herald);
    add_links(m, &m->parts[c->part[choice->anchor]], check);
    return true;
}

static void add_heralds(struct spot_making *m)
{
    for (size_t i = 0; i < m->set->parts_count; i++)
        if (m->parts[i].herald)
            add_links(m, &m->parts[i], (struct spot_link){ .herald = m->parts[i].herald, .is_herald = true });
}

/* ---- anchors ---- */

enum { REST_MAX = 256 }; /* links; of more than these it is not told which bytes they have */

static int by_key(const void *a, const void *b)
{
    const struct spot_link *x = a, *y = b;
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    if (x->bytes != y->bytes)
        return x->bytes < y->bytes ? -1 : 1;
    return x->phrase != y->phrase ? (x->phrase < y->phrase ? -1 : 1) : x->is_herald - y->is_herald;
}

static struct str word_of(const struct spot_making *m, const struct spot_link *l)
{
    return l->phrase ? m->set->pieces[l->phrase - 1].word : STR("");
}

/* The links from `rest` to `end` are of other shapes with its key. */
static struct spot_shape shape_of(const struct spot_making *m, struct str word, size_t entry, const struct spot_link *rest, const struct spot_link *end)
{
    struct str edge = word.len > 8 ? str_from(word, word.len - 8) : word;
    struct spot_shape p = {
        .len = (uint16_t)word.len,
        .edge_at = (uint16_t)(word.len - edge.len),
        .mask = WORD_MASKS[edge.len],
        .entry = (uint32_t)entry,
    };
    memcpy(&p.edge, edge.at, edge.len);
    p.rest_at = rest < end ? (uint16_t)(rest->bytes - 1) : 0;
    for (p.rest = end - rest > REST_MAX ? UINT32_MAX : 0; rest < end && p.rest != UINT32_MAX; rest++)
        p.rest |= spot_rest_bit(word_of(m, rest).at[p.rest_at]);
    return p;
}

/* What a word, phrase or sign checks, then what it tells. */
static size_t add_entries(struct spot_entry *to, const struct spot_link *checks, size_t n, const struct spot_link *tells, size_t told)
{
    size_t asking = (n + SPOT_CHECKS - 1) / SPOT_CHECKS, telling = (told + SPOT_TELLS - 1) / SPOT_TELLS;
    size_t count = asking > telling ? asking : telling;
    for (size_t e = 0; e < count; e++) {
        to[e] = (struct spot_entry){ .goes_on = e + 1 < count };
        for (size_t k = 0; k < SPOT_CHECKS; k++) {
            size_t i = e * SPOT_CHECKS + k;
            to[e].herald[k] = i < n ? checks[i].herald : SPOT_NEVER;
            to[e].reach[k] = i < n ? checks[i].reach : 0;
            to[e].anchor[k] = i < n ? checks[i].anchor : 0;
        }
        for (size_t k = 0; k < SPOT_TELLS; k++) {
            size_t i = (count - 1 - e) * SPOT_TELLS + k;
            to[e].tells[k] = i < told ? tells[i].herald : SPOT_SINK;
        }
    }
    return count;
}

/* Of links with the same key; where some are of phrases or signs, a word is a shape of no bytes, which stands everywhere. Two words with
 * the same key are told apart when they stand in a spot. */
static void add_group(struct spot_making *m, const struct spot_link *l, size_t links, size_t *entries, size_t *shapes)
{
    struct spot_table *t = m->t;
    bool has_shapes = l[links - 1].phrase;
    *spot_slot_of(t, l->key) = (struct spot_slot){ l->key, (uint32_t)(has_shapes ? *shapes | SPOT_SHAPES : *entries) };
    for (size_t i = 0, checks, n; i < links; i += n) {
        struct str word = word_of(m, &l[i]);
        for (n = checks = 0; i + n < links && l[i + n].phrase == l[i].phrase; n++)
            checks += !l[i + n].is_herald;
        if (has_shapes)
            t->shapes[(*shapes)++] = shape_of(m, word, *entries, l + i + n, l + links);
        if (word.len == 1)
            t->sign_alone[(unsigned char)*word.at] = (uint32_t)*entries;
        *entries += add_entries(&t->entries[*entries], l + i, checks, l + i + checks, n - checks);
    }
}

static bool fill_slots(struct spot_making *m)
{
    struct spot_table *t = m->t;
    size_t slots = slots_for(m->links_count), shapes = 0, entries = 1;
    t->mask = slots - 1;
    t->slots = arena_array(&m->set->arena, struct spot_slot, slots);
    t->shapes = arena_array(&m->set->arena, struct spot_shape, m->links_count);
    t->entries = arena_array(&m->set->arena, struct spot_entry, m->links_count + 2);
    if (!t->slots || !t->shapes || !t->entries)
        return false;
    t->entries = (struct spot_entry *)(((uintptr_t)t->entries + sizeof *t->entries - 1) & ~(sizeof *t->entries - 1));
    qsort(m->links, m->links_count, sizeof *m->links, by_key);
    for (size_t i = 0, n; i < m->links_count; i += n) {
        for (n = 1; i + n < m->links_count && m->links[i + n].key == m->links[i].key; n++)
            ;
        add_group(m, &m->links[i], n, &entries, &shapes);
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

static bool make_table(struct spot_making *m)
{
    struct rule_set *set = m->set;
    struct spot_table *t = m->t;
    size_t links = 0, keys = 0;
    t->letters = set->words.letters;
    t->may_be = arena_array(&set->arena, uint32_t, (1u << SPOT_BITS) / 32);
    t->may_pair = arena_array(&set->arena, uint32_t, (1u << SPOT_BITS) / 32);
    t->anchors = arena_array(&set->arena, struct spot_anchor, set->chains_count);
    if (!t->may_be || !t->may_pair || !t->anchors || !rarity_init(&m->rarity, &set->arena) || !spot_choose(m))
        return false;
    t->is_everywhere = t->heralds > UINT16_MAX + 1;
    for (size_t i = 0; i < set->parts_count; i++) {
        keys += SPOT_FILTER + slots_for(2 * (size_t)m->parts[i].links);
        links += (size_t)m->parts[i].links * (set->parts[i].uses + 1);
    }
    t->keys = arena_array(&set->arena, uint32_t, keys);
    if (!t->keys || !(m->links = calloc(links, sizeof *m->links)))
        return false;
    for (size_t i = 0; !t->is_everywhere && i < set->chains_count; i++)
        t->is_everywhere = !add_anchor(m, i);
    add_heralds(m);
    return fill_slots(m);
}

bool spot_table_init(struct spot_table *t, struct rule_set *set)
{
    struct spot_making m = { .t = t, .set = set };
    *t = (struct spot_table){ .is_everywhere = !is_usable(set) };
    bool ok = t->is_everywhere || make_table(&m);
    free(m.names);
    free(m.parts);
    free(m.choices);
    free(m.often);
    free(m.same);
    free(m.counted);
    free(m.pieces_of);
    free(m.links);
    return ok;
}
