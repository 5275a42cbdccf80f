/* spot_scan.c - words that may be anchors, what the words near them say, and the spots that come of it. */
#include "filters/detect/spot_parts.h"

#include "filters/detect/rule_set.h"

#include <stdlib.h>

enum {
    APART_BYTES = 2 * SPOT_BLOCK,
    STEPS_AT_LEAST = 1024,
    PHRASE_MAX = SPOT_REACH_MAX / 2, /* bytes of a part: two of them are within what an anchor reaches */
};
static_assert(SPOT_REACH_MAX + PHRASE_MAX < SPOT_SIGNS - 2 * SPOT_BLOCK, "signs that wait for what comes behind them leave room for more");
static_assert(3 * SPOT_REACH_MAX + PHRASE_MAX < SPOT_WORDS - 2 * SPOT_BLOCK, "as do words, even one in each byte");

/* ---- spots ---- */

/* In order and apart; one that is near another joins it. */
static void add_spot(struct spots *s, struct spot new)
{
    size_t i = s->count, last;
    while (i && s->at[i - 1].from > new.to + APART_BYTES)
        i--;
    for (last = i; i && s->at[i - 1].to + APART_BYTES >= new.from; i--) {
        new.from = s->at[i - 1].from < new.from ? s->at[i - 1].from : new.from;
        new.to = s->at[i - 1].to > new.to ? s->at[i - 1].to : new.to;
    }
    if (i == last && s->count == SPOTS_MAX) { /* what lies between is looked at too */
        size_t k = i ? i - 1 : 0;
        s->at[k].from = s->at[k].from < new.from ? s->at[k].from : new.from;
        s->at[k].to = s->at[k].to > new.to ? s->at[k].to : new.to;
        return;
    }
    memmove(&s->at[i + 1], &s->at[last], (s->count - last) * sizeof *s->at);
    s->at[i] = new;
    s->count = s->count - last + i + 1;
}

static bool is_covered(const struct spots *s, uint32_t from, uint32_t to)
{
    return s->count && s->at[s->count - 1].from <= from && s->at[s->count - 1].to >= to;
}

/* Where a word begins, at `at` or before it; the first `n` words begin there or before. */
static uint32_t word_before(const struct spotting *g, size_t n, uint32_t at)
{
    while (n > 1 && g->s->begins[n - 1] > at)
        n--;
    assert(g->s->begins[n - 1] <= at);
    return g->s->begins[n - 1];
}

/* ---- the words near an anchor ---- */

/* Does a sign of the part stand in text[from, to)? */
static bool has_sign(struct spotting *g, const struct spot_near *near, uint32_t from, uint32_t to)
{
    const uint32_t *keys = g->table->keys + near->first_key;
    to = to < g->text.len ? to : (uint32_t)g->text.len;
    g->s->work += (to - from) / 4;
    for (const char *p = g->text.at + from, *end = g->text.at + to; p < end; p++) {
        if (*p <= ' ' || WORD_BYTES[(unsigned char)*p] != BYTE_OTHER)
            continue;
        for (size_t n = 1; n <= 4; n *= 2)
            if (spot_find_key(keys, near->mask, spot_sign_hash(p, n)))
                return true;
    }
    return false;
}

/* Is the word one of the part, or does it begin a phrase of it? */
static inline bool is_of(const struct spots *s, const uint32_t *keys, uint32_t mask, size_t i)
{
    uint32_t key = spot_find_key(keys, mask, s->hashes[i]);
    return key && (key & 1 || spot_find_key(keys, mask, s->pairs[i + 1]));
}

/* Does a word or sign of the part begin so near? The word `first` is the first that begins at `at` or behind it. */
static bool has_before(struct spotting *g, const struct spot_near *near, size_t first, uint32_t at)
{
    const struct spots *s = g->s;
    const uint32_t *keys = g->table->keys + near->first_key, mask = near->mask, limit = at > near->reach ? at - near->reach : 0;
    size_t i = first - 1;
    while (i > 0 && s->begins[i] >= limit && !is_of(s, keys, mask, i))
        i--;
    g->s->work += first - i;
    return (i > 0 && s->begins[i] >= limit) || (near->has_signs && has_sign(g, near, limit, at));
}

static bool has_behind(struct spotting *g, const struct spot_near *near, size_t first, uint32_t at)
{
    const struct spots *s = g->s;
    const uint32_t *keys = g->table->keys + near->first_key, mask = near->mask, limit = at + near->reach;
    size_t count = s->words_count, i = first + (first < count && s->begins[first] == at);
    while (i < count && s->begins[i] <= limit && !is_of(s, keys, mask, i))
        i++;
    g->s->work += i - first;
    return (i < count && s->begins[i] <= limit) || (near->has_signs && has_sign(g, near, at + 1, limit + 1));
}

/* Are the chain's other parts near its anchor, but for its herald? */
static bool has_all(struct spotting *g, const struct spot_anchor *a, size_t first, uint32_t at)
{
    bool all = true;
    for (const struct spot_near *n = a->near, *last = n + a->nears; all && n < last; n++)
        all = n->is_before ? has_before(g, n, first, at) : has_behind(g, n, first, at);
    return all;
}

/* Seldom enough to stand apart. */
static NOINLINE void look_round(struct spotting *g, const struct spot_anchor *a, size_t first, uint32_t at)
{
    uint32_t from = at > a->back ? at - a->back : 0, to = at + a->ahead;
    if (!is_covered(g->s, from, to) && has_all(g, a, first, at))
        add_spot(g->s, (struct spot){ word_before(g, first, from), to < g->text.len ? to : (uint32_t)g->text.len });
}

static inline bool stands_at(const struct spotting *g, const struct spot_piece *p, uint32_t at)
{
    return p->len <= g->text.len - at && (word_load(g->text.at + at + p->edge_at) & p->mask) == p->edge;
}

/* A word that is in an anchor and its herald is not its own herald: anchors come first. No guess is made for each of them: what
 * there is at once is asked at once. */
static inline void look_at_piece(struct spotting *g, const struct spot_piece *p, size_t first, uint32_t at)
{
    static_assert(SPOT_CHECKS_AT_ONCE == 4 && SPOT_HERALDS_AT_ONCE == 2, "as it is written here");
    uint64_t *seen = g->s->seen, now = g->s->base + at;
    const struct spot_link *c = g->table->links + p->first, *h = c + p->checks, *end = h + p->heralds;
    for (; c < h; c += 4) {
        unsigned near = (unsigned)(now <= seen[c[0].herald] + c[0].reach) | (unsigned)(now <= seen[c[1].herald] + c[1].reach) << 1 |
                        (unsigned)(now <= seen[c[2].herald] + c[2].reach) << 2 | (unsigned)(now <= seen[c[3].herald] + c[3].reach) << 3;
        for (; near; near &= near - 1)
            look_round(g, &g->table->anchors[c[__builtin_ctz(near)].anchor], first, at);
    }
    for (; h < end; h += 2)
        seen[h[0].herald] = seen[h[1].herald] = now;
    g->s->work += (p->checks + p->heralds) / 4;
}

static void look_up(struct spotting *g, uint32_t key, size_t first, uint32_t at)
{
    const struct spot_table *t = g->table;
    size_t i = key & t->mask;
    g->s->work++;
    while (t->slots[i].piece && t->slots[i].key != key)
        i = (i + 1) & t->mask;
    if (!t->slots[i].piece)
        return;
    for (const struct spot_piece *p = &t->pieces[t->slots[i].piece - 1];; p++) {
        if (stands_at(g, p, at))
            look_at_piece(g, p, first, at);
        if (p->is_last)
            return;
    }
}

static inline void look_at_word(struct spotting *g, uint32_t maybe)
{
    const struct spots *s = g->s;
    size_t i = maybe >> SPOT_MAYBE_SHIFT;
    if (maybe & SPOT_MAYBE_ALONE)
        look_up(g, s->hashes[i], i, s->begins[i]);
    if (maybe & SPOT_MAYBE_PAIR && i > 1 && s->begins[i] - s->begins[i - 1] <= SPOT_REACH_MAX)
        look_up(g, s->pairs[i], i - 1, s->begins[i - 1]);
}

static NOINLINE void look_at_sign(struct spotting *g, const struct spot_sign *sign)
{
    unsigned bytes = g->table->sign_bytes[(unsigned char)g->text.at[sign->at]];
    for (size_t n = 1; n <= 4; n *= 2)
        if (bytes & n)
            look_up(g, spot_sign_hash(g->text.at + sign->at, n), sign->nth, sign->at);
}

/* Has more been asked than is good? */
static bool is_dear(const struct spotting *g)
{
    return g->s->work > STEPS_AT_LEAST + (uint64_t)SPOT_STEPS * g->text.len;
}

/* Those that begin before `known`, since behind those enough is known. Where it becomes dear, the rest of the text is a spot. */
static void look_at_some(struct spotting *g, uint32_t known)
{
    struct spots *s = g->s;
    size_t i = 0, k = 0;
    for (;;) {
        uint32_t sign = k < s->signs_count && s->signs[k].at < known ? s->signs[k].at : known;
        for (; i < s->maybes_count && s->begins[s->maybes[i] >> SPOT_MAYBE_SHIFT] < sign && !is_dear(g); i++)
            look_at_word(g, s->maybes[i]);
        if (sign == known || is_dear(g))
            break;
        look_at_sign(g, &s->signs[k++]);
    }
    s->maybes_count -= i;
    s->signs_count -= k;
    memmove(s->maybes, s->maybes + i, s->maybes_count * sizeof *s->maybes);
    memmove(s->signs, s->signs + k, s->signs_count * sizeof *s->signs);
}

/* `came`: up to there the text was cut. */
static void take_rest(struct spotting *g, size_t came)
{
    const struct spots *s = g->s;
    uint32_t at = (uint32_t)came;
    uint32_t maybe = s->maybes_count ? s->begins[s->maybes[0] >> SPOT_MAYBE_SHIFT] : at;
    at = maybe < at ? maybe : at;
    at = s->signs_count && s->signs[0].at < at ? s->signs[0].at : at;
    at = at > 2 * SPOT_REACH_MAX ? at - 2 * SPOT_REACH_MAX : 0;
    add_spot(g->s, (struct spot){ word_before(g, s->words_count, at), (uint32_t)g->text.len });
}

/* All words but those that begin at `needed` or behind it, which may be near what comes. The one before those stays too. */
static void forget(struct spotting *g, uint32_t needed)
{
    struct spots *s = g->s;
    size_t n = 0;
    while (n + 1 < s->words_count && s->begins[n + 1] < needed)
        n++;
    s->words_count -= n;
    memmove(s->begins, s->begins + n, s->words_count * sizeof *s->begins);
    memmove(s->hashes, s->hashes + n, s->words_count * sizeof *s->hashes);
    memmove(s->pairs, s->pairs + n, s->words_count * sizeof *s->pairs);
    for (size_t i = 0; i < s->maybes_count; i++)
        s->maybes[i] -= (uint32_t)n << SPOT_MAYBE_SHIFT;
    for (size_t i = 0; i < s->signs_count; i++)
        s->signs[i].nth -= (uint32_t)n;
    s->hashed = s->words_count;
}

bool spots_open(struct spots *s, const struct rule_set *set)
{
    if (!(s->seen = calloc(set->parts_count + SPOT_PSEUDO_PARTS, sizeof *s->seen)))
        return false;
    s->seen[set->parts_count + SPOT_ALWAYS] = UINT64_MAX / 2;
    return true;
}

void spots_close(struct spots *s)
{
    free(s->seen);
    s->seen = NULL;
}

/* Of a text that was cut up to `i`: what begins before here has all behind it that a chain could use, and each word there the next
 * one, but where that is further away than two words of a phrase can be. So even a run of nothing but signs comes to be known. */
static uint32_t known_until(const struct spots *s, size_t i)
{
    uint32_t last = s->begins[s->words_count - 1], apart = i > PHRASE_MAX ? (uint32_t)i - PHRASE_MAX : 0;
    last = last > apart ? last : apart;
    return last > SPOT_REACH_MAX ? last - SPOT_REACH_MAX : 0;
}

void spots_find_in(const struct spot_table *t, struct str text, struct spots *s, bool fast)
{
    struct spotting g = { .table = t, .text = text, .s = s, .fast = fast };
    s->words_count = s->hashed = 1; /* before the first there is one of no bytes that is none */
    s->begins[0] = 0;
    s->hashes[0] = UINT32_MAX;
    s->count = s->maybes_count = s->signs_count = 0;
    s->work = 0;
    s->base += 2 * SPOT_REACH_MAX;
    size_t i = 0;
    while (i < text.len && spot_has_room(s) && !is_dear(&g)) {
        i = spot_cut(&g, i);
        if (i < text.len && spot_has_room(s))
            continue;
        spot_hash_words(&g);
        uint32_t known = known_until(s, i);
        s->pairs[s->words_count] = 0;
        look_at_some(&g, i < text.len ? known : UINT32_MAX);
        if (!is_dear(&g))
            forget(&g, known > 2 * SPOT_REACH_MAX ? known - 2 * SPOT_REACH_MAX : 0);
    }
    if (i < text.len || is_dear(&g))
        take_rest(&g, i);
    s->base += text.len;
}

void spots_find(const struct spot_table *t, struct str text, struct spots *s)
{
    spots_find_in(t, text, s, spot_is_fast());
}
