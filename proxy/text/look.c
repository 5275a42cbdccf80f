/* look.c - one fast pass that tells whether a text needs more than a look, why, and where.
 *
 * Sixty-four bytes at a time become four masks of 64 bits (letters, digits, the base64 alphabet, rare signs); shifts and
 * carries over seven such blocks at once, and the one before them, find what a disguise cannot do without: a long run of
 * one alphabet, letters standing alone, digits between letters. Only where a bit is set does a scalar test with a bounded
 * view of the neighbourhood decide (look_closer.c). Prose sets next to none, which is why it costs a fraction of the scan
 * that follows. */
#include "proxy/text/look_classes.h"
#include "proxy/text/look_parts.h"
#include "proxy/text/order.h"
#include "proxy/text/scrambled.h"

/* A lane for each block of a group, behind that of the block before. */
enum { BLOCK = 64, GROUP_BLOCKS = 7, GROUP = GROUP_BLOCKS * BLOCK, LANES = 1 + GROUP_BLOCKS };
typedef uint64_t lanes __attribute__((vector_size(LANES * sizeof(uint64_t))));

/* What the bytes of a group are. */
struct group {
    uint64_t letter[LANES], digit[LANES], run[LANES], rare[LANES];
};

/* Where a closer look is worth it: struct finds for each block, and whether there is any; and where words of six letters and
 * more have their sixth, and the places after them. */
struct found {
    uint64_t rare[LANES], runs[LANES], spaced2[LANES], spaced3[LANES], pairs[LANES], fours[LANES], leet[LANES], numbers[LANES];
    uint64_t any[LANES], sixths[LANES], ends[LANES];
};

/* Those words, counted from where the group begins. One whose end is in the next group waits for it. Sixteen at once are written. */
enum { WORDS_MAX = GROUP / 7 + 1 + 16 };
struct words {
    size_t starts, all;
    int16_t start[WORDS_MAX], end[WORDS_MAX];
};

/* Of them those that may tell a text; the ones before the first have been looked at. */
struct waiting {
    size_t first, count;
    int32_t end[WORDS_MAX], len[WORDS_MAX];
};

#define LOAD(from) (*(const lanes *)(const void *)(from))
#define KEEP(to, what) (*(lanes *)(void *)(to) = (what))
/* All blocks a block later; all bits of the text n places later. */
#define LATER(v) __builtin_shufflevector((v), (lanes){ 0 }, 8, 0, 1, 2, 3, 4, 5, 6)
#define SHIFT(v, n) ((v) << (n) | LATER(v) >> (BLOCK - (n)))

__attribute__((always_inline)) static inline void find(const struct group *g, struct found *f)
{
    lanes letter = LOAD(g->letter), digit = LOAD(g->digit), run = LOAD(g->run), rare = LOAD(g->rare);

    /* Runs of the base64 alphabet: where the last 16 characters are of it, and of those the first. */
    lanes run2 = run & SHIFT(run, 1), run4 = run2 & SHIFT(run2, 2), run8 = run4 & SHIFT(run4, 4), run16 = run8 & SHIFT(run8, 8);
    lanes runs = run16 & ~SHIFT(run16, 1);

    /* Characters that stand alone, each told at the place after it; then four of them with one or with two between.
     * Pairs that stand alone, and four of those, one apart: 69 67 6e 6f. */
    lanes word = letter | digit, word1 = SHIFT(word, 1), word2 = SHIFT(word, 2), word3 = SHIFT(word, 3), after = word1 & ~word;
    lanes one = after & ~word2, pair = after & word2 & ~word3;
    lanes one2 = one & SHIFT(one, 2), one3 = one & SHIFT(one, 3), pair2 = pair & SHIFT(pair, 3);
    lanes spaced2 = one2 & SHIFT(one2, 4), spaced3 = one3 & SHIFT(one3, 6), pairs = pair2 & SHIFT(pair2, 6);

    /* Fours that stand alone and begin as 0x does, and the one before it, with one or with two between. */
    lanes four = after & word2 & word3 & SHIFT(digit, 4) & SHIFT(letter, 3) & ~SHIFT(word, 5);
    lanes fours = four & (SHIFT(four, 5) | SHIFT(four, 6));

    /* A letter, digits, a letter: the carry of an addition runs through the digits and stays where they end. */
    lanes digit1 = SHIFT(digit, 1), sum = digit + (digit & SHIFT(letter, 1)), over = (lanes)(sum < digit);
    lanes leet = (sum - LATER(over)) & ~digit & letter;
    lanes numbers = digit & digit1 & ~SHIFT(digit, 2);

    lanes letter2 = letter & SHIFT(letter, 1), letter6 = letter2 & SHIFT(letter2, 2) & SHIFT(letter2, 4), later6 = SHIFT(letter6, 1);

    KEEP(f->rare, rare);
    KEEP(f->runs, runs);
    KEEP(f->spaced2, spaced2);
    KEEP(f->spaced3, spaced3);
    KEEP(f->pairs, pairs);
    KEEP(f->fours, fours);
    KEEP(f->leet, leet);
    KEEP(f->numbers, numbers);
    KEEP(f->any, rare | runs | spaced2 | spaced3 | pairs | fours | leet | numbers);
    KEEP(f->sixths, letter6 & ~later6);
    KEEP(f->ends, later6 & ~letter);
}

/* Which words of the group may tell a text is not foreseen by a processor, so that nothing branches on it. */
typedef void pick_fn(const struct found *f, unsigned blocks, const char *text, struct words *w, struct waiting *to);

/* How many words of this group have begun and not ended: one at most. */
static inline void words_go_on(struct words *w, size_t ends)
{
    bool one = w->starts > ends;
    int start = one ? w->start[ends] - GROUP : 0;
    w->start[0] = (int16_t)(start < -BLOCK ? -BLOCK : start);
    w->starts = one;
    w->all += ends;
}

__attribute__((always_inline)) static inline void pick_each(const struct found *f, unsigned blocks, const char *text, struct words *w,
                                                            struct waiting *to)
{
    size_t starts = w->starts, ends = 0, n = 0;
    for (unsigned i = 1; i <= blocks; i++) {
        int base = ((int)i - 1) * BLOCK;
        for (uint64_t rest = f->sixths[i]; rest; rest &= rest - 1)
            w->start[starts++] = (int16_t)(base - 5 + __builtin_ctzll(rest));
        for (uint64_t rest = f->ends[i]; rest; rest &= rest - 1)
            w->end[ends++] = (int16_t)(base + __builtin_ctzll(rest));
    }
    for (size_t i = 0; i < ends; i++) {
        int len = w->end[i] - w->start[i];
        to->end[n] = w->end[i];
        to->len[n] = len;
        n += (len <= SCRAMBLED_LETTERS_MAX) & scrambled_may_tell(text + w->end[i], (size_t)(len <= SCRAMBLED_LETTERS_MAX ? len : 1));
    }
    to->first = 0;
    to->count = n;
    w->starts = starts;
    words_go_on(w, ends);
}

#ifdef LOOK_X86
/* Sixteen words at a time. */
TARGET("avx512bw,avx512vl,avx512vbmi2,bmi,bmi2,popcnt") static inline void pick_avx512(const struct found *f, unsigned blocks, const char *text,
                                                                         struct words *w, struct waiting *to)
{
    static const uint8_t PLACES[BLOCK] = { 0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
                                           22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43,
                                           44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63 };
    const __m512i places = _mm512_loadu_si512(PLACES), zero = _mm512_setzero_si512(), letter = _mm512_set1_epi32(31);
    size_t starts = w->starts, ends = 0, n = 0;
    __m256i base = _mm256_setzero_si256();
    for (unsigned i = 1; i <= blocks; i++, base = _mm256_add_epi16(base, _mm256_set1_epi16(BLOCK))) {
        __m256i sixths = _mm256_cvtepu8_epi16(_mm512_castsi512_si128(_mm512_maskz_compress_epi8(f->sixths[i], places)));
        __m256i after = _mm256_cvtepu8_epi16(_mm512_castsi512_si128(_mm512_maskz_compress_epi8(f->ends[i], places)));
        _mm256_storeu_si256((__m256i *)(void *)(w->start + starts), _mm256_add_epi16(sixths, _mm256_sub_epi16(base, _mm256_set1_epi16(5))));
        _mm256_storeu_si256((__m256i *)(void *)(w->end + ends), _mm256_add_epi16(after, base));
        starts += (size_t)__builtin_popcountll(f->sixths[i]);
        ends += (size_t)__builtin_popcountll(f->ends[i]);
    }
    for (size_t i = 0; i < ends; i += 16) {
        __m512i start = _mm512_cvtepi16_epi32(_mm256_loadu_si256((const __m256i *)(const void *)(w->start + i)));
        __m512i end = _mm512_cvtepi16_epi32(_mm256_loadu_si256((const __m256i *)(const void *)(w->end + i)));
        __m512i len = _mm512_sub_epi32(end, start);
        __mmask16 may = (__mmask16)_bzhi_u32(0xffff, (unsigned)(ends - i));
        may = _mm512_mask_cmple_epu32_mask(may, len, _mm512_set1_epi32(SCRAMBLED_LETTERS_MAX));
        /* the first letter, and of the last four the last */
        __m512i first = _mm512_mask_i32gather_epi32(zero, may, start, text, 1);
        __m512i last = _mm512_mask_i32gather_epi32(zero, may, _mm512_sub_epi32(end, _mm512_set1_epi32(4)), text, 1);
        __m512i row = _mm512_slli_epi32(_mm512_and_si512(first, letter), 5), column = _mm512_and_si512(_mm512_srli_epi32(last, 24), letter);
        __m512i lengths = _mm512_mask_i32gather_epi32(zero, may, _mm512_or_si512(row, column), SCRAMBLED_ENDS, 2);
        may = _mm512_mask_test_epi32_mask(may, _mm512_srlv_epi32(lengths, len), _mm512_set1_epi32(1));
        _mm512_storeu_si512(to->end + n, _mm512_maskz_compress_epi32(may, end));
        _mm512_storeu_si512(to->len + n, _mm512_maskz_compress_epi32(may, len));
        n += (size_t)__builtin_popcount(may);
    }
    to->first = 0;
    to->count = n;
    w->starts = starts;
    words_go_on(w, ends);
}
#endif

static inline bool words_wait(const struct waiting *w, size_t group, size_t until)
{
    return w->first < w->count && group + (size_t)w->end[w->first] < until;
}

/* Words that may tell a text, those that end before text[until). One that is scrambled may be a slip of the pen. */
static void look_at_words(struct look *l, struct str text, size_t group, size_t until, struct waiting *w, struct known *known, uint64_t *work)
{
    for (; words_wait(w, group, until); w->first++) {
        size_t end = group + (size_t)w->end[w->first], len = (size_t)w->len[w->first], start = end - len;
        struct str word = str_of(text.at + start, len);
        char edge[SCRAMBLED_BEFORE];
        const char *at = end < sizeof edge ? (char *)memcpy(edge + sizeof edge - len, word.at, len) + len : word.at + len;
        enum scrambled_kind kind = scrambled_kind(at, len);
        if (kind == SCRAMBLED_SPELT)
            continue;
        *work += 8;
        if (kind == SCRAMBLED_ORDER) {
            if (!look_is_told(l, HINT_ORDER, end) && order_is_turned_at(text, start, end, &known->ordered, work))
                look_note(l, text, HINT_ORDER, start, end);
            continue;
        }
        if (kind != SCRAMBLED_UNKNOWN)
            l->hints |= kind == SCRAMBLED_TURNED ? HINT_TURNED : kind == SCRAMBLED_RADIO ? HINT_RADIO : HINT_ROT13;
        if (look_is_told(l, HINT_SCRAMBLED, end) || !slip_tells(word))
            continue;
        if (known->scrambled++ || slips_are_near(text, start, end))
            look_note(l, text, HINT_SCRAMBLED, known->scrambled == 2 ? known->scrambled_at : start, end);
        known->scrambled_at = start;
    }
}

typedef void classify_fn(const char *p, struct masks *m);

/* The whole text with one way to classify and to pick, which are inlined: a call for each block would cost as much as its work. */
__attribute__((always_inline)) static inline void look_with(classify_fn *classify, pick_fn *pick, struct str text, bool ascii_only,
                                                            struct look *l, uint64_t *work)
{
    NOT_ZEROED struct group g __attribute__((aligned(sizeof(lanes))));
    NOT_ZEROED struct found f __attribute__((aligned(sizeof(lanes))));
    struct known known = { .judged = 0 };
    NOT_ZEROED struct words words;
    NOT_ZEROED struct waiting waiting;
    struct masks m;
    char edge[BLOCK];
    words.starts = words.all = 0;
    g.letter[0] = g.digit[0] = g.run[0] = g.rare[0] = 0; /* white space before the text, … */
    for (size_t base = 0; base <= text.len; base += GROUP) {
        size_t left = text.len - base;
        unsigned blocks = left >= GROUP ? GROUP_BLOCKS : (unsigned)(left / BLOCK) + 1;
        for (unsigned i = 0; i < blocks; i++, left -= BLOCK) {
            const char *p = edge;
            if (left >= BLOCK) {
                p = text.at + base + i * BLOCK;
            } else { /* … and after it: what the last word leaves open is told */
                memset(edge, ' ', sizeof edge);
                if (left)
                    memcpy(edge, text.at + base + i * BLOCK, left);
            }
            classify(p, &m);
            if (m.odd && ascii_only) {
                l->hints = HINT_FOREIGN;
                return;
            }
            g.letter[1 + i] = m.letter;
            g.digit[1 + i] = m.digit;
            g.run[1 + i] = m.run;
            g.rare[1 + i] = m.rare;
        }
        for (unsigned i = blocks; i < GROUP_BLOCKS; i++)
            g.letter[1 + i] = g.digit[1 + i] = g.run[1 + i] = g.rare[1 + i] = 0;
        find(&g, &f);
        pick(&f, blocks, text.at + base, &words, &waiting);
        for (unsigned i = 1; i <= blocks; i++) {
            if (!f.any[i])
                continue;
            size_t block = base + (i - 1) * BLOCK;
            const struct finds finds = { f.rare[i], f.runs[i], f.spaced2[i], f.spaced3[i], f.pairs[i], f.fours[i], f.leet[i], f.numbers[i] };
            if (words_wait(&waiting, base, block))
                look_at_words(l, text, base, block, &waiting, &known, work);
            look_closer(l, text, block, &finds, &known, work);
        }
        if (words_wait(&waiting, base, SIZE_MAX))
            look_at_words(l, text, base, SIZE_MAX, &waiting, &known, work);
        g.letter[0] = g.letter[GROUP_BLOCKS];
        g.digit[0] = g.digit[GROUP_BLOCKS];
        g.run[0] = g.run[GROUP_BLOCKS];
    }
    l->long_words = words.all;
    *work += text.len / 8;
}

#ifdef LOOK_X86
#define LOOK_WITH(way, isa, pick)                                                                                      \
    TARGET(isa) static void look_##way(struct str text, bool ascii_only, struct look *l, uint64_t *work)               \
    {                                                                                                                  \
        look_with(classify_##way, pick, text, ascii_only, l, work);                                                    \
    }
LOOK_WITH(ssse3, "ssse3", pick_each)
LOOK_WITH(avx2, "avx2,bmi,bmi2", pick_each)
LOOK_WITH(avx512, "avx512bw,avx512vl,avx512vbmi2,bmi,bmi2,popcnt", pick_avx512)
#endif

bool look_at_in(enum look_way way, struct str text, bool ascii_only, struct look *l, uint64_t *work)
{
    l->hints = 0;
    l->long_words = l->count = 0;
#ifdef LOOK_X86
    bool has_bits = __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
    if (way == LOOK_AVX512 && has_bits && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512vbmi2"))
        return look_avx512(text, ascii_only, l, work), true;
    if (way == LOOK_AVX2 && has_bits && __builtin_cpu_supports("avx2"))
        return look_avx2(text, ascii_only, l, work), true;
    if (way == LOOK_SSSE3 && __builtin_cpu_supports("ssse3"))
        return look_ssse3(text, ascii_only, l, work), true;
#endif
    return way == LOOK_PORTABLE ? look_with(classify_portable, pick_each, text, ascii_only, l, work), true : false;
}

void look_at(struct str text, bool ascii_only, struct look *l, uint64_t *work)
{
    for (enum look_way way = LOOK_AVX512; !look_at_in(way, text, ascii_only, l, work); way++)
        assert(way != LOOK_PORTABLE);
}
