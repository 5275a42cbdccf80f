/* look.c - one fast pass that tells whether a text needs more than a look, why, and where.
 *
 * Sixty-four bytes at a time become six masks of 64 bits (letters, digits, the base64 alphabet, rare signs, controls,
 * not ASCII); shifts and carries over them find what a disguise cannot do without: a long run of one alphabet, letters
 * standing alone, digits between letters. Only where such a bit is set does a scalar test with a bounded view of the
 * neighbourhood decide. Prose sets next to none, which is why it costs a fraction of the scan that follows. */
#include "proxy/text/view_parts.h"

#if defined(__x86_64__) && defined(__GNUC__)
#define LOOK_X86 1
#include <immintrin.h>
#endif

struct masks {
    uint64_t letter, digit, run, rare, low, high;
};

/* A byte's classes are LOW[byte & 15] & HIGH[byte >> 4]: two shuffles for a whole register. The bits: letters of two
 * kinds, a digit, [+-/], '_', then the rare: [!$%&*], [@`], [<>\^|~]. */
enum { BIT_LETTER = 3, BIT_DIGIT = 4, BIT_RUN = 31, BIT_RARE = 224 };
static const uint8_t LOW[16] = { 70, 39, 7, 7, 39, 39, 39, 7, 7, 7, 35, 9, 129, 9, 129, 25 };
static const uint8_t HIGH[16] = { 0, 0, 40, 132, 65, 146, 65, 130, 0, 0, 0, 0, 0, 0, 0, 0 };

typedef void classify_fn(const char *p, struct masks *m);

static void classify_portable(const char *p, struct masks *m)
{
    *m = (struct masks){ 0 };
    for (unsigned i = 0; i < 64; i++) {
        unsigned char c = (unsigned char)p[i];
        unsigned k = LOW[c & 15] & HIGH[c >> 4];
        m->letter |= (uint64_t)((k & BIT_LETTER) != 0) << i;
        m->digit |= (uint64_t)((k & BIT_DIGIT) != 0) << i;
        m->run |= (uint64_t)((k & BIT_RUN) != 0) << i;
        m->rare |= (uint64_t)((k & BIT_RARE) != 0) << i;
        m->low |= (uint64_t)(c < 0x20 || c == 0x7f) << i;
        m->high |= (uint64_t)(c >> 7) << i;
    }
}

#ifdef LOOK_X86
/* `any` classes out of `k`: what is not zero after the mask. */
#define ANY16(k, bits)                                                                                                 \
    (~(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_and_si128(k, _mm_set1_epi8((char)(bits))), zero)) & 0xffffu)
#define ANY32(k, bits)                                                                                                 \
    (~(unsigned)_mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_and_si256(k, _mm256_set1_epi8((char)(bits))), zero)))

__attribute__((target("ssse3"))) static void classify_ssse3(const char *p, struct masks *m)
{
    const __m128i low = _mm_loadu_si128((const __m128i *)(const void *)LOW);
    const __m128i high = _mm_loadu_si128((const __m128i *)(const void *)HIGH);
    const __m128i nibble = _mm_set1_epi8(15), zero = _mm_setzero_si128();
    *m = (struct masks){ 0 };
    for (unsigned i = 0; i < 64; i += 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(p + i));
        __m128i k = _mm_and_si128(_mm_shuffle_epi8(low, _mm_and_si128(v, nibble)),
                                  _mm_shuffle_epi8(high, _mm_and_si128(_mm_srli_epi16(v, 4), nibble)));
        unsigned above = (unsigned)_mm_movemask_epi8(v);
        unsigned below = (unsigned)_mm_movemask_epi8(
            _mm_or_si128(_mm_cmplt_epi8(v, _mm_set1_epi8(0x20)), _mm_cmpeq_epi8(v, _mm_set1_epi8(0x7f))));
        m->letter |= (uint64_t)ANY16(k, BIT_LETTER) << i;
        m->digit |= (uint64_t)ANY16(k, BIT_DIGIT) << i;
        m->run |= (uint64_t)ANY16(k, BIT_RUN) << i;
        m->rare |= (uint64_t)ANY16(k, BIT_RARE) << i;
        m->low |= (uint64_t)(below & ~above) << i;
        m->high |= (uint64_t)above << i;
    }
}

__attribute__((target("avx2"))) static void classify_avx2(const char *p, struct masks *m)
{
    const __m256i low = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)LOW));
    const __m256i high = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)HIGH));
    const __m256i nibble = _mm256_set1_epi8(15), zero = _mm256_setzero_si256();
    *m = (struct masks){ 0 };
    for (unsigned i = 0; i < 64; i += 32) {
        __m256i v = _mm256_loadu_si256((const __m256i *)(const void *)(p + i));
        __m256i k = _mm256_and_si256(_mm256_shuffle_epi8(low, _mm256_and_si256(v, nibble)),
                                     _mm256_shuffle_epi8(high, _mm256_and_si256(_mm256_srli_epi16(v, 4), nibble)));
        unsigned above = (unsigned)_mm256_movemask_epi8(v);
        unsigned below = (unsigned)_mm256_movemask_epi8(_mm256_or_si256(_mm256_cmpgt_epi8(_mm256_set1_epi8(0x20), v),
                                                                        _mm256_cmpeq_epi8(v, _mm256_set1_epi8(0x7f))));
        m->letter |= (uint64_t)ANY32(k, BIT_LETTER) << i;
        m->digit |= (uint64_t)ANY32(k, BIT_DIGIT) << i;
        m->run |= (uint64_t)ANY32(k, BIT_RUN) << i;
        m->rare |= (uint64_t)ANY32(k, BIT_RARE) << i;
        m->low |= (uint64_t)(below & ~above) << i;
        m->high |= (uint64_t)above << i;
    }
}
#endif

static classify_fn *best_classify(void)
{
#ifdef LOOK_X86
    if (__builtin_cpu_supports("avx2"))
        return classify_avx2;
    if (__builtin_cpu_supports("ssse3"))
        return classify_ssse3;
#endif
    return classify_portable;
}

/* Notes a reason at [start, end). Reasons come nearly in order of place; one that is before the last stretch joins it.
 */
static void note(struct look *l, struct str text, enum reason why, size_t start, size_t end)
{
    l->reasons |= why;
    start = start > VIEW_AROUND ? start - VIEW_AROUND : 0;
    end = text.len - end > VIEW_AROUND ? end + VIEW_AROUND : text.len;
    /* no stretch begins or ends inside a character */
    while (start && ((unsigned char)text.at[start] & 0xc0) == 0x80)
        start--;
    while (end < text.len && ((unsigned char)text.at[end] & 0xc0) == 0x80)
        end++;
    if (!l->count || (start > l->at[l->count - 1].end && l->count < LOOK_STRETCHES_MAX)) {
        l->at[l->count].start = start;
        l->at[l->count++].end = end;
        return;
    }
    while (l->count > 1 && start < l->at[l->count - 2].end)
        l->count--;
    if (l->at[l->count - 1].start > start)
        l->at[l->count - 1].start = start;
    if (l->at[l->count - 1].end < end)
        l->at[l->count - 1].end = end;
}

/* Nothing new would be learnt at `at`: the reason is known and the place is well inside of a stretch. */
static inline bool is_told(const struct look *l, enum reason why, size_t at)
{
    return (l->reasons & why) && at + VIEW_AROUND / 2 < l->at[l->count - 1].end;
}

/* What the block before left for the next one. */
struct carried {
    uint64_t letter, digit, word, run1, run2, run4, run8, run16, one, one2, one3, pair, pair3, leet;
    struct closers closers;
    size_t judged; /* up to here words have been judged for leet */
};

static void look_at_leet(struct look *l, struct str text, size_t at, struct carried *c, uint64_t *work)
{
    if (at < c->judged || is_told(l, REASON_LEET, at))
        return;
    bool leet = leet_word_at(text, at, &c->judged);
    *work += 8 + c->judged - at;
    if (leet)
        note(l, text, REASON_LEET, at, c->judged);
}

/* Mark-up that a reader does not see but a matcher stumbles over: inside of a word, or from one marked word to the
 * next. Its length, or 0. A word that is bold from end to end, and a list with stars, are none. */
static size_t markup_splits(struct str s, size_t at, struct closers *closers)
{
    bool space;
    size_t len = markup_at(s, at, closers, &space);
    if (!len || s.at[at] == '<')
        return len;
    char before = at ? s.at[at - 1] : ' ', after = at + len < s.len ? s.at[at + len] : ' ';
    if (!char_is(before, IS_WORD | IS_HIGH))
        return 0;
    if (char_is(after, IS_WORD | IS_HIGH))
        return len;
    return char_is(after, IS_SPACE) && at + len + 1 < s.len && s.at[at + len + 1] == s.at[at] ? len : 0;
}

static void look_at_rare(struct look *l, struct str text, size_t at, struct carried *c, uint64_t *work)
{
    struct str rest = str_from(text, at);
    char before = at ? text.at[at - 1] : ' ', out[4];
    size_t n, len = 0;
    switch (text.at[at]) {
    case '%':
        if (!is_told(l, REASON_ENCODED, at) && (len = escape_url(rest, out, &n)))
            note(l, text, REASON_ENCODED, at, at + len);
        return;
    case '&':
        if (!is_told(l, REASON_ENCODED, at) && (len = escape_entity(rest, out, &n)))
            note(l, text, REASON_ENCODED, at, at + len);
        return;
    case '\\':
        if (!is_told(l, REASON_ENCODED, at) && (len = escape_backslash(rest, out, &n)))
            note(l, text, REASON_ENCODED, at, at + len);
        return;
    case '*':
    case '`':
    case '~':
    case '<':
        if (!is_told(l, REASON_MARKUP, at) && (len = markup_splits(text, at, &c->closers)))
            note(l, text, REASON_MARKUP, at, at + len);
        return;
    case '@':
    case '$':
    case '!':
    case '|':
        if (char_is(before, IS_WORD) && rest.len > 1 && char_is(rest.at[1], IS_WORD))
            look_at_leet(l, text, at, c, work);
        return;
    default:
        return;
    }
}

/* "rot13", "rot-13", "ROT 13": text[at] is the 3. */
static bool is_rot13(struct str text, size_t at)
{
    if (at < 4 || text.at[at] != '3' || text.at[at - 1] != '1')
        return false;
    size_t end = at - 1;
    if (!char_is(text.at[end - 1], IS_ALPHA))
        end--;
    return end >= 3 && str_eq_nocase(str_of(text.at + end - 3, 3), STR("rot"));
}

static void look_at_run(struct look *l, struct str text, size_t start, uint64_t *work)
{
    size_t skip;
    *work += RUN_MIN;
    if (run_coding(str_from(text, start), &skip) == CODING_NONE)
        return;
    size_t end = start;
    while (end < text.len && (char_is(text.at[end], IS_RUN) || text.at[end] == '='))
        end++;
    *work += end - start;
    note(l, text, REASON_ENCODED, start, end);
}

/* Four characters stand alone, `step` apart, the last at text[last]: letters, or digits that would be letters in leet?
 */
static void look_at_spaced(struct look *l, struct str text, size_t last, size_t step)
{
    unsigned letters = 0;
    for (size_t k = 0; k < 4; k++)
        letters += char_is(text.at[last - k * step], IS_ALPHA);
    if (letters >= 2)
        note(l, text, REASON_SPACED, last - 3 * step, last + 1);
}

/* Shifted by n towards later places, filled up with the end of the block before. */
#define SHIFT(x, before, n) ((x) << (n) | (before) >> (64 - (n)))
#define EACH_BIT(mask, bit)                                                                                            \
    for (uint64_t rest_ = (mask), bit; rest_ && (bit = (uint64_t)__builtin_ctzll(rest_), true); rest_ &= rest_ - 1)

static void look_at_block(struct look *l, struct str text, size_t base, const struct masks *m, struct carried *c,
                          uint64_t *work)
{
    uint64_t word = m->letter | m->digit;

    /* Runs of the base64 alphabet: where the last 16 characters are of it, and of those the first. */
    uint64_t run2 = m->run & SHIFT(m->run, c->run1, 1), run4 = run2 & SHIFT(run2, c->run2, 2);
    uint64_t run8 = run4 & SHIFT(run4, c->run4, 4), run16 = run8 & SHIFT(run8, c->run8, 8);
    uint64_t runs = run16 & ~SHIFT(run16, c->run16, 1);

    /* Characters that stand alone, each told at the place after it; then four of them with one or with two between. */
    uint64_t word1 = SHIFT(word, c->word, 1), word2 = SHIFT(word, c->word, 2), word3 = SHIFT(word, c->word, 3);
    uint64_t one = word1 & ~word & ~word2;
    uint64_t one2 = one & SHIFT(one, c->one, 2), spaced2 = one2 & SHIFT(one2, c->one2, 4);
    uint64_t one3 = one & SHIFT(one, c->one, 3), spaced3 = one3 & SHIFT(one3, c->one3, 6);
    /* Pairs that stand alone, and four of those, one apart: 69 67 6e 6f. */
    uint64_t pair = word1 & word2 & ~word & ~word3;
    uint64_t pair3 = pair & SHIFT(pair, c->pair, 3), pairs = pair3 & SHIFT(pair3, c->pair3, 6);

    /* A letter, digits, a letter: the carry of an addition runs through the digits and stays where they end. */
    uint64_t past;
    bool over = __builtin_add_overflow(m->digit, m->digit & SHIFT(m->letter, c->letter, 1), &past);
    over |= __builtin_add_overflow(past, c->leet, &past);
    uint64_t leet = past & ~m->digit & m->letter;

    if (m->rare)
        EACH_BIT(m->rare, bit)
    look_at_rare(l, text, base + bit, c, work);
    if (runs)
        EACH_BIT(runs, bit)
    look_at_run(l, text, base + bit - (RUN_MIN - 1), work);
    if (spaced2 | spaced3) {
        EACH_BIT(spaced2, bit)
        look_at_spaced(l, text, base + bit - 1, 2);
        EACH_BIT(spaced3, bit)
        look_at_spaced(l, text, base + bit - 1, 3);
    }
    if (pairs)
        EACH_BIT(pairs, bit)
    if (!is_told(l, REASON_ENCODED, base + bit) && run_is_spaced_hex(str_from(text, base + bit - 11)))
        note(l, text, REASON_ENCODED, base + bit - 11, base + bit);
    if (leet)
        EACH_BIT(leet, bit)
    look_at_leet(l, text, base + bit, c, work);
    if (m->digit)
        EACH_BIT(m->digit & SHIFT(m->digit, c->digit, 1), bit)
    if (is_rot13(text, base + bit))
        l->reasons |= REASON_ROT13;

    *work +=
        (unsigned)__builtin_popcountll(m->rare) + (unsigned)__builtin_popcountll(spaced2 | spaced3 | pairs | leet) * 8;
    *c = (struct carried){ m->letter, m->digit, word, m->run, run2,  run4, run8,       run16,
                           one,       one2,     one3, pair,   pair3, over, c->closers, c->judged };
}

void look_at(struct str text, bool ascii_only, struct look *l, uint64_t *work)
{
    classify_fn *classify = best_classify();
    struct carried c = { 0 };
    struct masks m;
    char last[64];
    *l = (struct look){ .reasons = 0 };
    for (size_t base = 0; base <= text.len; base += 64) {
        const char *p = text.at + base;
        if (text.len - base <
            sizeof last) { /* the last block, maybe empty, ends in white space: what it leaves open is told */
            memset(last, ' ', sizeof last);
            if (text.len > base)
                memcpy(last, text.at + base, text.len - base);
            p = last;
        }
        classify(p, &m);
        if (ascii_only && (m.high | m.low)) {
            bool foreign = m.high != 0;
            EACH_BIT(m.low, bit)
            foreign |= !char_is(p[bit], IS_SPACE);
            if (foreign) {
                l->reasons = REASON_FOREIGN;
                return;
            }
        }
        look_at_block(l, text, base, &m, &c, work);
        *work += 8;
    }
}
