/* word_scan.c - a text cut into words, sixty-four bytes at a time, and those looked up that may be in the table.
 *
 * What a processor waits for is a guess that went wrong. So words are cut, hashed and put into a queue without asking anything; one
 * that is in no entry is overwritten by the next. Questions are asked of what stays in the queue. */
#include "filters/detect/word_parts.h"

#include "filters/detect/word_list.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

enum { QUEUE = 256, BLOCK = 64 };
enum { NTH_SIGN = 0 };

struct scan {
    const struct word_table *table;
    struct str text;
    const struct word_filter *only;
    word_found_fn *found;
    void *owner;
    size_t before_at;     /* where the last word began that phrases begin with */
    uint32_t before;      /* its hash */
    uint32_t before_nth;  /* which word of the text it was */
    uint32_t nth;         /* words so far, counted from 2 */
    size_t queued;
    struct queued {
        uint32_t at, end, hash;
        uint32_t nth; /* NTH_SIGN: a sign */
    } queue[QUEUE + BLOCK];
};

/* ---- what is in the queue ---- */

static inline bool stands_at(const struct scan *s, const struct word_entry *e, size_t at)
{
    const char *p = s->text.at + at;
    size_t n = e->len;
    if (n > s->text.len - at)
        return false;
    if (n <= 8)
        return (word_load(p) & WORD_MASKS[n]) == e->edge;
    return word_load(p + n - 8) == e->edge && memcmp(p, e->at, n) == 0;
}

/* Nothing of the word that text[to - 1] may belong to comes after it. */
static inline bool ends_word(const struct scan *s, size_t at, size_t to)
{
    if (to >= s->text.len || WORD_BYTES[(unsigned char)s->text.at[to]] == BYTE_OTHER)
        return true;
    return word_has_borders(s->text, at, to, false, true);
}

/* Of the entries in the slot, those that stand at text[at) whole; a word of them was seen to end at `end`. */
static inline void tell(const struct scan *s, const struct word_slot *slot, size_t at, size_t end)
{
    for (const struct word_entry *e = &s->table->entries[slot->first], *last = e + slot->count; e < last; e++) {
        size_t to = at + e->len;
        if (stands_at(s, e, at) && (to == end || ends_word(s, at, to)))
            s->found(s->owner, e->id, (uint32_t)to);
    }
}

static void tell_signs(const struct scan *s, const struct word_slot *slot, size_t i)
{
    for (size_t k = 0; k < slot->count; k++) {
        const struct word_entry *e = &s->table->entries[slot->first + k];
        if (stands_at(s, e, i) && (!e->is_whole || ends_word(s, i, i + e->len)))
            s->found(s->owner, e->id, (uint32_t)(i + e->len));
    }
}

static void tell_sign(const struct scan *s, size_t i)
{
    const struct word_table *t = s->table;
    unsigned char c = (unsigned char)s->text.at[i], next = i + 1 < s->text.len ? (unsigned char)s->text.at[i + 1] : 0;
    if (t->sign[c])
        s->found(s->owner, t->entries[t->sign[c] - 1].id, (uint32_t)i + 1);
    if (!(t->signs_with[c][next / 64] >> (next & 63) & 1))
        return;
    const struct word_slot *slot = word_look_up(&t->signs, word_hash(s->text.at + i, WORD_SIGNS_SHORT));
    if (!slot)
        return;
    tell_signs(s, slot, i);
    if (slot->begins && (slot = word_look_up(&t->signs, word_hash(s->text.at + i, WORD_SIGNS_LONG))))
        tell_signs(s, slot, i);
}

static void drain(struct scan *s)
{
    const struct word_table *t = s->table;
    for (const struct queued *q = s->queue, *last = q + s->queued; q < last; q++) {
        if (q->nth == NTH_SIGN) {
            tell_sign(s, q->at);
            continue;
        }
        const struct word_slot *slot = word_bit(t->may_begin, q->hash) ? word_look_up(&t->words, q->hash) : NULL;
        if (slot && slot->count)
            tell(s, slot, q->at, q->end);
        if (s->before_nth + 1 == q->nth) {
            uint32_t pair = word_pair(s->before, q->hash);
            const struct word_slot *phrases = word_bit(t->may_pair, pair) ? word_look_up(&t->pairs, pair) : NULL;
            if (phrases)
                tell(s, phrases, s->before_at, q->end);
        }
        if (slot && slot->begins) {
            s->before = q->hash;
            s->before_at = q->at;
            s->before_nth = q->nth;
        }
    }
    s->queued = 0;
}

/* ---- what comes into it ---- */

/* Where the next one goes; kept apart from the scan while a text is cut, so that it stays in registers. */
struct tail {
    struct queued *at;
    uint32_t nth;
};

static inline struct tail tail_of(struct scan *s)
{
    return (struct tail){ s->queue + s->queued, s->nth };
}

static inline void put_back(struct scan *s, struct tail t)
{
    s->queued = (size_t)(t.at - s->queue);
    s->nth = t.nth;
    if (s->queued >= QUEUE)
        drain(s);
}

static inline void add_token(const struct scan *s, struct tail *t, size_t at, size_t end, bool is_sign)
{
    uint32_t hash = word_hash(s->text.at + at, end - at);
    t->at->at = (uint32_t)at;
    t->at->end = (uint32_t)end;
    t->at->hash = hash;
    t->at->nth = is_sign ? NTH_SIGN : t->nth;
    t->nth += !is_sign;
    t->at += (unsigned)word_filter_bit(s->only, hash) & (unsigned)word_bit(s->table->may_be, hash);
}

/* Text that is not all ASCII, or a long word: as far as `until`, and the word there to its end. */
static size_t take_slowly(struct scan *s, size_t i, size_t until)
{
    while (i < s->text.len && i < until) {
        size_t end = word_token_end(s->table->letters, s->text, i);
        bool is_sign = end == i;
        end += is_sign;
        if (!is_sign || (unsigned char)s->text.at[i] < 0x80) {
            struct tail tail = tail_of(s);
            add_token(s, &tail, i, end, is_sign);
            put_back(s, tail);
        }
        i = end;
    }
    return i;
}

#if defined(__SSE2__)
/* Bit by bit of 64 bytes: is it a small letter or digit, is it something else than those and a space? False where there is more than
 * ASCII. */
static inline bool classify(const char *at, uint64_t *words, uint64_t *signs)
{
    const __m128i before_a = _mm_set1_epi8('a' - 1), after_z = _mm_set1_epi8('z' + 1), under = _mm_set1_epi8('_');
    const __m128i before_0 = _mm_set1_epi8('0' - 1), after_9 = _mm_set1_epi8('9' + 1), space = _mm_set1_epi8(' ');
    uint64_t w = 0, blank = 0;
    unsigned more = 0;
    for (int k = 0; k < 4; k++) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(at + 16 * k));
        __m128i letter = _mm_and_si128(_mm_cmpgt_epi8(v, before_a), _mm_cmplt_epi8(v, after_z));
        __m128i digit = _mm_and_si128(_mm_cmpgt_epi8(v, before_0), _mm_cmplt_epi8(v, after_9));
        __m128i word = _mm_or_si128(_mm_or_si128(letter, digit), _mm_cmpeq_epi8(v, under));
        w |= (uint64_t)(unsigned)_mm_movemask_epi8(word) << (16 * k);
        blank |= (uint64_t)(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v, space)) << (16 * k);
        more |= (unsigned)_mm_movemask_epi8(v);
    }
    *words = w;
    *signs = ~(w | blank);
    return !more;
}

/* From a place that no word crosses, as long as there are 64 bytes of ASCII; returns how far it came, which no word crosses
 * either. */
static size_t take_ascii(struct scan *s, size_t i, size_t until)
{
    uint64_t words, signs;
    while (i < until && i + BLOCK <= s->text.len && classify(s->text.at + i, &words, &signs)) {
        size_t limit = BLOCK;
        if (words >> 63) { /* a word that goes on: it is taken from its beginning next time */
            limit = ~words ? BLOCK - (size_t)__builtin_clzll(~words) : 0;
            if (!limit)
                return i;
            words &= UINT64_MAX >> (BLOCK - limit);
        }
        struct tail tail = tail_of(s);
        uint64_t todo = (words & ~(words << 1)) | signs;
        for (todo &= until - i < BLOCK ? ((uint64_t)1 << (until - i)) - 1 : UINT64_MAX; todo; todo &= todo - 1) {
            size_t at = (size_t)__builtin_ctzll(todo);
            bool is_sign = signs >> at & 1;
            add_token(s, &tail, i + at, i + at + is_sign + (size_t)__builtin_ctzll(~(words >> at)), is_sign);
        }
        put_back(s, tail);
        i += limit;
    }
    return i;
}
#else
static size_t take_ascii(struct scan *s, size_t i, size_t until)
{
    (void)s;
    (void)until;
    return i;
}
#endif

static const struct word_filter ALL = { { UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX } };

void word_table_scan(const struct word_table *t, const struct word_scan *how)
{
    struct scan s;
    s.table = t;
    s.text = how->text;
    s.only = how->only ? how->only : &ALL;
    s.found = how->found;
    s.owner = how->owner;
    s.before_at = 0;
    s.before = s.before_nth = 0;
    s.nth = 2;
    s.queued = 0;
    for (size_t i = how->from; i < how->until;) {
        size_t came = take_ascii(&s, i, how->until);
        i = take_slowly(&s, came, came + (came == i ? BLOCK : 1));
    }
    drain(&s);
}
