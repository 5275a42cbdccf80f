/* pattern_heads.c - what a match must begin with, told by so little that most places of a text need not be looked at by themselves.
 *
 * Each way in which a pattern can begin has a byte that is rare in prose among its first ones ("five letters, then a digit"), or is a long
 * run without a space (keys), or begins with one of a few words: a bit for each, by a hash of four bytes. Of what is none of these its
 * first byte is always looked at. All that says yes to more than begins, never to less. */
#include "filters/detect/pattern_ways.h"

#include <stdlib.h>
#include <string.h>

enum { WAYS_MAX = 1024, WORDS_MAX = 32 /* that a way is written out as */, STEPS_MAX = 4096 /* from node to node, of a pattern */ };

/* Digits and the signs #$%&*+/:<=>@[\]^_`{|}~ */
static const struct byte_set RARE = { { UINT64_C(0x77ff8c7800000000), UINT64_C(0x78000001f8000001), 0, 0 } };
static const struct byte_set VISIBLE = { { UINT64_C(0xfffffffe00000000), UINT64_MAX, UINT64_MAX, UINT64_MAX } };

struct making {
    struct pattern_ways ways;
    struct pattern_begin *begin;
    uint32_t *then[HEAD_WORD]; /* nodes at each depth; owned */
    unsigned left, steps;      /* of the pattern */
    size_t group;              /* that it is of */
};

static bool is_within(const struct byte_set *s, const struct byte_set *all)
{
    return !((s->bits[0] & ~all->bits[0]) | (s->bits[1] & ~all->bits[1]) | (s->bits[2] & ~all->bits[2]) | (s->bits[3] & ~all->bits[3]));
}

/* Is there a place among the first that only rare bytes may have? */
static bool has_rare(const struct pattern_way *way, unsigned bytes)
{
    bool has = false;
    for (unsigned i = 0; i < bytes; i++)
        has = has || is_within(&way->at[i], &RARE);
    return has;
}

static void add_way(void *owner, struct pattern_way *way)
{
    struct making *m = owner;
    bool is_run = true;
    for (unsigned i = 0; i < HEAD_RUN; i++)
        is_run = is_run && is_within(&way->at[i], &VISIBLE);
    for (unsigned c = 0; !is_run && !has_rare(way, HEAD_RARE) && c < 256; c++)
        if (byte_set_has(&way->at[0], (unsigned char)c))
            m->begin->kinds[c] |= BEGIN_IS_HEAD, m->begin->headless |= (uint32_t)1 << m->group;
}

/* A quarter of the bytes, of which those that differ in case alone are one: the lowest bit is 32 in it. */
static uint64_t folded(const struct byte_set *s, unsigned quarter)
{
    return (s->bits[quarter] | s->bits[quarter] >> 32) & UINT32_MAX;
}

/* Every way to write the first bytes of `way` but for case, from `depth` on. */
static void write_words(struct making *m, const struct pattern_way *way, unsigned depth, char *word)
{
    for (unsigned i = 0; depth < HEAD_WORD && i < 4; i++)
        for (uint64_t left = folded(&way->at[depth], i); left; left &= left - 1) {
            word[depth] = (char)(64 * i + 32 + (unsigned)__builtin_ctzll(left));
            write_words(m, way, depth + 1, word);
        }
    if (depth == HEAD_WORD) {
        unsigned slot = head_slot(word);
        m->begin->words[slot / 64] |= (uint64_t)1 << slot % 64;
        for (unsigned i = 0; i < 2; i++)
            m->begin->thirds[i][head_pair(word + i)] |= (uint8_t)(1 << (word[i + 2] & 7));
    }
}

static unsigned width_of(const struct byte_set *s)
{
    unsigned n = 0;
    for (unsigned i = 0; i < 4; i++)
        n += bits_in(folded(s, i));
    return n;
}

/* What begins with `node` at `depth`, behind the places of `way`, of which there are so many words. */
static void follow(struct making *m, struct pattern_way *way, unsigned depth, uint32_t node, unsigned words)
{
    struct pattern_ways *w = &m->ways;
    const struct pattern_node *n = &w->set->nodes[node];
    uint32_t count = 0, *then = m->then[depth];
    way->at[depth] = w->set->sets[n->set];
    words *= width_of(&way->at[depth]);
    bool goes_on = words <= WORDS_MAX && m->steps++ < STEPS_MAX;
    if (goes_on && has_rare(way, depth + 1))
        return;
    if (goes_on && depth + 1 == HEAD_WORD) {
        write_words(m, way, 0, (char[HEAD_WORD]){ 0 });
        return;
    }
    pattern_ways_turn(w);
    if (!goes_on || !pattern_ways_spread(w, n->next, then, &count)) {
        pattern_ways_add(w, way, depth, &node, 1, &m->left);
        return;
    }
    for (uint32_t i = 0; i < count; i++)
        follow(m, way, depth + 1, then[i], words);
}

bool pattern_heads_make(const struct pattern_set *set, struct pattern_begin *b)
{
    struct making *m = calloc(1, sizeof *m);
    bool ok = m && pattern_ways_init(&m->ways, set, add_way, m);
    for (unsigned i = 0; ok && i < HEAD_WORD; i++)
        ok = (m->then[i] = calloc(set->nodes_count + 1, sizeof *m->then[i])) != NULL;
    for (size_t g = 0; ok && g < set->groups_count; g++)
        for (size_t i = set->groups[g].first; i < set->groups[g].end; i++) {
            uint32_t starts = pattern_ways_starts(&m->ways, &set->groups[g], set->order[i]);
            m->begin = b;
            m->left = WAYS_MAX;
            m->steps = 0;
            m->group = g;
            for (uint32_t k = 0; k < starts; k++)
                follow(m, &(struct pattern_way){ .share = 0 }, 0, m->ways.starts[k], 1);
        }
    for (unsigned byte = 0; byte < 256; byte++) {
        unsigned char c = (unsigned char)byte;
        b->kinds[c] |= ascii_is_word(c) ? BEGIN_IS_WORD : 0;
        b->kinds[c] |= byte_set_has(&RARE, c) ? BEGIN_IS_RARE : 0;
        b->kinds[c] |= byte_set_has(&VISIBLE, c) ? BEGIN_IS_VISIBLE : 0;
    }
    for (unsigned i = 0; m && i < HEAD_WORD; i++)
        free(m->then[i]);
    if (m)
        pattern_ways_finish(&m->ways);
    free(m);
    return ok;
}
