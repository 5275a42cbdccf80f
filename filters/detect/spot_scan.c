/* spot_scan.c - words that may be anchors, what the words near them say, and the spots that come of it. */
#include "filters/detect/spot_parts.h"

#include "filters/detect/rule_set.h"
#include "proxy/base/search.h"

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

/* ---- what words ask ---- */

/* Seldom enough to stand apart. */
static NOINLINE void look_round(struct spotting *g, const struct spot_anchor *a, size_t first, uint32_t at)
{
    struct spots *s = g->s;
    uint32_t from = at > a->back ? at - a->back : 0, to = at + a->ahead;
    bool was_covered = is_covered(s, from, to);
    s->work++;
    if (!was_covered && !spot_has_all(g, a, first, at))
        return;
    for (size_t i = 0; i < RULE_PARTS_MAX; i++)
        s->parts[a->part[i] / 64] |= (uint64_t)1 << (a->part[i] & 63);
    if (!was_covered)
        add_spot(s, (struct spot){ word_before(g, first, from), to < g->text.len ? to : (uint32_t)g->text.len });
}

static inline bool stands_at(const struct spotting *g, const struct spot_shape *p, uint32_t at)
{
    return p->len <= g->text.len - at && (word_load(g->text.at + at + p->edge_at) & p->mask) == p->edge;
}

/* May one of those behind it? */
static inline bool may_go_on(const struct spotting *g, const struct spot_shape *p, uint32_t at)
{
    return p->rest && p->rest_at < g->text.len - at && p->rest & spot_rest_bit(g->text.at[at + p->rest_at]);
}

/* Bit by bit of what is checked: was its herald seen so near? No guess is made for each question: all are asked at once. */
static ALWAYS_INLINE unsigned ask_entry(const uint32_t *seen, const struct spot_entry *e, uint32_t now)
{
    static_assert(SPOT_CHECKS == 7, "as it is written here");
#define NEAR(k) (unsigned)(now <= seen[e->herald[k]] + e->reach[k]) << (k)
    return NEAR(0) | NEAR(1) | NEAR(2) | NEAR(3) | NEAR(4) | NEAR(5) | NEAR(6);
#undef NEAR
}

#ifdef SPOT_X86
TARGET static inline unsigned ask_entry_fast(const uint32_t *seen, const struct spot_entry *e, uint32_t now)
{
    __m128i herald = _mm_insert_epi16(_mm_loadu_si128((const __m128i *)(const void *)e->herald), SPOT_NEVER, SPOT_CHECKS);
    __m256i reach = _mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)(const void *)e->reach));
    __m256i until = _mm256_i32gather_epi32((const int *)(const void *)seen, _mm256_cvtepu16_epi32(herald), sizeof *seen);
    until = _mm256_add_epi32(until, reach);
    until = _mm256_cmpeq_epi32(_mm256_max_epu32(until, _mm256_set1_epi32((int)now)), until);
    return (unsigned)_mm256_movemask_ps(_mm256_castsi256_ps(until)) & ((1u << SPOT_CHECKS) - 1);
}
#endif

typedef unsigned ask_fn(const uint32_t *seen, const struct spot_entry *e, uint32_t now);

/* A word that is in an anchor and its herald is not its own herald: it asks before it tells. */
static ALWAYS_INLINE void look_at_entries(struct spotting *g, uint32_t entry, size_t first, uint32_t at, ask_fn ask)
{
    static_assert(SPOT_TELLS == 8, "as it is written here");
    const struct spot_entry *e = &g->table->entries[entry];
    uint32_t *seen = g->s->seen, now = g->s->base + at;
    for (bool goes_on = true; goes_on; goes_on = e++->goes_on) {
        g->s->work++;
        for (unsigned near = ask(seen, e, now); near; near &= near - 1)
            look_round(g, &g->table->anchors[e->anchor[__builtin_ctz(near)]], first, at);
        seen[e->tells[0]] = seen[e->tells[1]] = seen[e->tells[2]] = seen[e->tells[3]] = now;
        seen[e->tells[4]] = seen[e->tells[5]] = seen[e->tells[6]] = seen[e->tells[7]] = now;
    }
}

static ALWAYS_INLINE void look_at(struct spotting *g, uint32_t entry, size_t first, uint32_t at, ask_fn ask)
{
    if (!(entry & SPOT_SHAPES)) {
        look_at_entries(g, entry, first, at, ask);
        return;
    }
    const struct spot_shape *p = &g->table->shapes[entry - SPOT_SHAPES];
    for (bool goes_on = true; goes_on; goes_on = may_go_on(g, p++, at)) {
        g->s->work++;
        if (stands_at(g, p, at))
            look_at_entries(g, p->entry, first, at, ask);
    }
}

static inline void add_ask(const struct spotting *g, size_t nth, uint32_t key)
{
    struct spots *s = g->s;
    uint32_t entry = spot_slot_of(g->table, key)->entry; /* 0: nothing has this key */
    __builtin_prefetch(entry & SPOT_SHAPES ? (const void *)&g->table->shapes[entry - SPOT_SHAPES] : &g->table->entries[entry]);
    s->asks[s->asks_count] = (struct spot_ask){ (uint32_t)nth, entry };
    s->asks_count += entry != 0;
}

/* Of words that were hashed. What they ask comes later: by then it is near. */
static void find_entries(const struct spotting *g)
{
    const struct spots *s = g->s;
    for (size_t k = 0; k < s->maybes_count; k++) {
        size_t i = s->maybes[k] >> SPOT_MAYBE_SHIFT;
        if (s->maybes[k] & SPOT_MAYBE_ALONE)
            add_ask(g, i, s->hashes[i]);
        if (s->maybes[k] & SPOT_MAYBE_PAIR && i > 1 && s->begins[i] - s->begins[i - 1] <= SPOT_REACH_MAX)
            add_ask(g, i - 1, s->pairs[i]);
    }
}

static inline bool has_more(const struct spotting *g, uint32_t sign)
{
    unsigned char c = (unsigned char)g->text.at[sign], next = (unsigned char)g->text.at[sign + 1]; /* there is room behind the text */
    return g->table->signs[c][next / 64] >> (next & 63) & 1;
}

/* Of signs that were cut, those that may be anchors or heralds. */
static void find_signs(const struct spotting *g)
{
    struct spots *s = g->s;
    size_t n = s->signs_asked;
    for (size_t i = n; i < s->signs_count; i++) {
        uint32_t at = s->signs[i];
        s->signs[n] = at;
        n += has_more(g, at) || g->table->sign_alone[(unsigned char)g->text.at[at]];
    }
    s->signs_asked = s->signs_count = n;
}

/* The first that begins at `at` or behind it. */
static size_t word_at(const struct spots *s, uint32_t at)
{
    return first_not_below(s->begins, 1, s->words_count, at);
}

static ALWAYS_INLINE void look_at_sign(struct spotting *g, uint32_t at, ask_fn ask)
{
    const struct spot_table *t = g->table;
    uint32_t alone = t->sign_alone[(unsigned char)g->text.at[at]];
    if (alone)
        look_at(g, alone, word_at(g->s, at), at, ask);
    for (size_t n = 2; n <= SPOT_SIGN_BYTES && has_more(g, at); n++) {
        uint32_t key = spot_sign_hash(g->text.at + at, n), entry = spot_bit(t->may_be, key) ? spot_slot_of(t, key)->entry : 0;
        if (entry)
            look_at(g, entry, word_at(g->s, at), at, ask);
    }
}

/* Has more been asked than is good? */
static bool is_dear(const struct spotting *g)
{
    return g->s->work > g->dear;
}

/* Those that begin before `known`, since behind those enough is known. Where it becomes dear, the rest of the text is a spot. */
static ALWAYS_INLINE void look_at_some(struct spotting *g, uint32_t known, ask_fn ask)
{
    struct spots *s = g->s;
    size_t i = 0, k = 0;
    for (;;) {
        uint32_t sign = k < s->signs_count && s->signs[k] < known ? s->signs[k] : known;
        for (; i < s->asks_count && s->begins[s->asks[i].nth] < sign && !is_dear(g); i++)
            look_at(g, s->asks[i].entry, s->asks[i].nth, s->begins[s->asks[i].nth], ask);
        if (sign == known || is_dear(g))
            break;
        look_at_sign(g, s->signs[k++], ask);
    }
    s->asks_count -= i;
    s->signs_asked = s->signs_count -= k;
    memmove(s->asks, s->asks + i, s->asks_count * sizeof *s->asks);
    memmove(s->signs, s->signs + k, s->signs_count * sizeof *s->signs);
}

static void look_plainly(struct spotting *g, uint32_t known)
{
    look_at_some(g, known, ask_entry);
}

#ifdef SPOT_X86
TARGET static void look_fast(struct spotting *g, uint32_t known)
{
    look_at_some(g, known, ask_entry_fast);
}
#else
#define look_fast look_plainly
#endif

/* `came`: up to there the text was cut. */
static void take_rest(struct spotting *g, size_t came)
{
    const struct spots *s = g->s;
    uint32_t at = (uint32_t)came;
    uint32_t maybe = s->asks_count ? s->begins[s->asks[0].nth] : at;
    at = maybe < at ? maybe : at;
    at = s->signs_count && s->signs[0] < at ? s->signs[0] : at;
    at = at > 2 * SPOT_REACH_MAX ? at - 2 * SPOT_REACH_MAX : 0;
    add_spot(g->s, (struct spot){ word_before(g, s->words_count, at), (uint32_t)g->text.len });
    memset(s->parts, 0xff, s->parts_words * sizeof *s->parts);
}

/* All words but those that begin at `needed` or behind it, which may be near what comes. The one before those stays too. */
static void forget(struct spotting *g, uint32_t needed)
{
    struct spots *s = g->s;
    size_t n = word_at(s, needed) - 1;
    s->words_count -= n;
    memmove(s->begins, s->begins + n, s->words_count * sizeof *s->begins);
    memmove(s->hashes, s->hashes + n, s->words_count * sizeof *s->hashes);
    memmove(s->pairs, s->pairs + n, s->words_count * sizeof *s->pairs);
    for (size_t i = 0; i < s->asks_count; i++)
        s->asks[i].nth -= (uint32_t)n;
    s->hashed = s->words_count;
}

/* Nothing was seen yet. */
static void begin_seen(struct spots *s)
{
    memset(s->seen, 0, s->heralds * sizeof *s->seen);
    s->seen[SPOT_ALWAYS] = UINT32_MAX - SPOT_REACH_MAX;
    s->base = 0;
}

bool spots_open(struct spots *s, const struct rule_set *set)
{
    s->heralds = set->spots.heralds > SPOT_HERALDS ? set->spots.heralds : SPOT_HERALDS;
    s->parts_words = (set->parts_count + 63) / 64;
    s->seen = calloc(s->heralds, sizeof *s->seen);
    s->parts = calloc(s->parts_words, sizeof *s->parts);
    if (s->seen)
        begin_seen(s);
    return s->seen && s->parts;
}

void spots_close(struct spots *s)
{
    free(s->seen);
    free(s->parts);
    s->seen = NULL;
    s->parts = NULL;
}

/* Of a text that was cut up to `i`: what begins before here has all behind it that a chain could use, and each word there the next
 * one, but where that is further away than two words of a phrase can be. So even a run of nothing but signs comes to be known. */
static uint32_t known_until(const struct spots *s, size_t i)
{
    uint32_t last = s->begins[s->words_count - 1], apart = i > PHRASE_MAX ? (uint32_t)i - PHRASE_MAX : 0;
    last = last > apart ? last : apart;
    return last > SPOT_REACH_MAX ? last - SPOT_REACH_MAX : 0;
}

void spots_find_in(const struct spot_table *t, struct str text, struct spots *s, enum spot_way way)
{
    struct spotting g = { .table = t, .text = text, .s = s, .way = way, .dear = STEPS_AT_LEAST + (uint64_t)SPOT_STEPS * text.len };
    s->words_count = s->hashed = 1; /* before the first there is one of no bytes that is none */
    s->begins[0] = 0;
    s->hashes[0] = UINT32_MAX;
    s->count = s->asks_count = s->signs_count = s->signs_asked = 0;
    s->work = 0;
    memset(s->parts, 0, s->parts_words * sizeof *s->parts);
    if (s->base > UINT32_MAX / 2) /* texts have at most 1 GB */
        begin_seen(s);
    s->base += 2 * SPOT_REACH_MAX;
    size_t i = 0;
    while (i < text.len && spot_has_room(s) && !is_dear(&g)) {
        i = spot_cut(&g, i);
        if (i < text.len && spot_has_room(s))
            continue;
        spot_hash_words(&g);
        find_entries(&g);
        find_signs(&g);
        uint32_t known = known_until(s, i);
        s->pairs[s->words_count] = 0;
        known = i < text.len ? known : UINT32_MAX;
        if (way == SPOT_PLAIN)
            look_plainly(&g, known);
        else
            look_fast(&g, known);
        if (i < text.len && !is_dear(&g))
            forget(&g, known > 2 * SPOT_REACH_MAX ? known - 2 * SPOT_REACH_MAX : 0);
    }
    if (i < text.len || is_dear(&g))
        take_rest(&g, i);
    s->base += (uint32_t)text.len;
}

void spots_find(const struct spot_table *t, struct str text, struct spots *s)
{
    spots_find_in(t, text, s, spot_way());
}
