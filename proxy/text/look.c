/* look.c - one fast pass that tells whether a text needs more than a look, why, and where.
 *
 * Sixty-four bytes at a time become six masks of 64 bits (letters, digits, the base64 alphabet, rare signs, controls,
 * not ASCII); shifts and carries over them find what a disguise cannot do without: a long run of one alphabet, letters
 * standing alone, digits between letters. A block begins with the last sixteen bytes of the one before, so that nothing
 * is carried over. Only where a bit is set does a scalar test with a bounded view of the neighbourhood decide. Prose
 * sets next to none, which is why it costs a fraction of the scan that follows. */
#include "proxy/base/utf8.h"
#include "proxy/text/look_classes.h"
#include "proxy/text/scrambled.h"

/* Notes a reason at [start, end). Reasons come nearly in order of place; one that is before the last stretch joins it.
 */
static void note(struct look *l, struct str text, enum reason why, size_t start, size_t end)
{
    l->reasons |= why;
    start = start > VIEW_AROUND ? start - VIEW_AROUND : 0;
    end = text.len - end > VIEW_AROUND ? end + VIEW_AROUND : text.len;
    /* no stretch begins or ends inside a character */
    start = utf8_until(text, start);
    end = utf8_from(text, end);
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

enum { WAITING_MAX = 32 };

/* What was learnt so far, so that nothing is looked at twice. */
struct known {
    struct closers closers;
    size_t judged; /* up to here words have been judged for leet */
    size_t encoded; /* up to here codes have been noted */
    size_t scrambled, scrambled_at; /* words so far; where the last one was */
    size_t waiting_count;
    size_t waiting_end[WAITING_MAX]; /* words that may tell a text, not looked at so far: where they end … */
    uint8_t waiting_len[WAITING_MAX]; /* … and how many letters they have */
};

static void look_at_leet(struct look *l, struct str text, size_t at, struct known *known, uint64_t *work)
{
    if (at < known->judged || is_told(l, REASON_LEET, at))
        return;
    bool leet = leet_word_at(text, at, &known->judged);
    *work += 8 + known->judged - at;
    if (leet)
        note(l, text, REASON_LEET, at, known->judged);
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

static void look_at_rare(struct look *l, struct str text, size_t at, struct known *known, uint64_t *work)
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
        if (!is_told(l, REASON_MARKUP, at) && (len = markup_splits(text, at, &known->closers)))
            note(l, text, REASON_MARKUP, at, at + len);
        return;
    case '@':
    case '$':
    case '!':
    case '|':
        if (char_is(before, IS_WORD) && rest.len > 1 && char_is(rest.at[1], IS_WORD))
            look_at_leet(l, text, at, known, work);
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

static size_t run_end(struct str text, size_t i)
{
    while (i < text.len && char_is(text.at[i], IS_RUN))
        i++;
    return i;
}

static void look_at_run(struct look *l, struct str text, size_t start, struct known *known, uint64_t *work)
{
    size_t skip;
    *work += RUN_MIN;
    if (run_coding(str_from(text, start), &skip) == CODING_NONE) {
        size_t len;
        if (!is_told(l, REASON_MARKUP, start) && memchr(text.at + start, '_', text.len - start < JOINED_MAX ? text.len - start : JOINED_MAX) &&
            words_are_joined(str_from(text, start), &len))
            note(l, text, REASON_MARKUP, start, start + len);
        char before = start ? text.at[start - 1] : ' ';
        if (before == '.' || before == '@' || is_told(l, REASON_JOINED, start) || !letters_are_joined(str_from(text, start), work))
            return;
        size_t end = run_end(text, start);
        *work += end - start;
        note(l, text, REASON_JOINED, start, end);
        return;
    }
    size_t end = start;
    if (start < known->encoded)
        return; /* codes one after the other, each with its padding: the end of them all is known */
    while (end < text.len && (char_is(text.at[end], IS_RUN) || text.at[end] == '='))
        end++;
    *work += end - start;
    known->encoded = end;
    note(l, text, REASON_ENCODED, start, end);
}

/* Four characters stand alone, `step` apart, the last at text[last]: letters, or digits that would be letters in leet?
 */
static void look_at_spaced(struct look *l, struct str text, size_t last, size_t step, uint64_t *work)
{
    unsigned letters = 0;
    *work += 4;
    for (size_t k = 0; k < 4; k++)
        letters += char_is(text.at[last - k * step], IS_ALPHA);
    if (letters >= 2)
        note(l, text, REASON_SPACED, last - 3 * step, last + 1);
}

/* Words that may tell a text. One that is scrambled may be a slip of the pen. */
static void look_at_words(struct look *l, struct str text, struct known *known, uint64_t *work)
{
    for (size_t i = 0; i < known->waiting_count; i++) {
        size_t end = known->waiting_end[i], len = known->waiting_len[i], start = end - len;
        struct str word = str_of(text.at + start, len);
        char edge[SCRAMBLED_BEFORE];
        const char *at = end < sizeof edge ? (char *)memcpy(edge + sizeof edge - len, word.at, len) + len : word.at + len;
        enum scrambled_kind kind = scrambled_kind(at, len);
        if (kind == SCRAMBLED_SPELT)
            continue;
        *work += 8;
        if (kind != SCRAMBLED_UNKNOWN)
            l->reasons |= kind == SCRAMBLED_TURNED ? REASON_TURNED : kind == SCRAMBLED_RADIO ? REASON_RADIO : REASON_ROT13;
        if (is_told(l, REASON_SCRAMBLED, end) || !scrambled_as(word))
            continue;
        if (known->scrambled++ || scrambled_are_near(text, start, end))
            note(l, text, REASON_SCRAMBLED, known->scrambled == 2 ? known->scrambled_at : start, end);
        known->scrambled_at = start;
    }
    known->waiting_count = 0;
}

/* Pairs of hexadecimal digits, of which some end before text[end), the first `bytes` before. */
static void look_at_hex(struct look *l, struct str text, size_t end, size_t bytes)
{
    struct spaced_hex form;
    if (!is_told(l, REASON_ENCODED, end) && run_is_spaced_hex(str_from(text, end - bytes), &form))
        note(l, text, REASON_ENCODED, end - bytes, end);
}

/* Could numbers of characters begin with these two digits? There are three at most before the gap, or eight bits. */
static bool may_be_numbers(struct str s)
{
    size_t i = 2, next;
    while (i < 8 && i < s.len && char_is(s.at[i], IS_DIGIT))
        i++;
    for (next = i; next < i + 2 && next < s.len && (s.at[next] == ' ' || s.at[next] == ',');)
        next++;
    return i == 8 || (i < 4 && next > i && next < s.len && char_is(s.at[next], IS_DIGIT));
}

/* The number whose second digit stands at text[at]; the first two of U+0049, and 20 of quoted-printable, are such too. */
static void look_at_number(struct look *l, struct str text, size_t at, uint64_t *work)
{
    struct numbers form;
    size_t start = at - 1, end = at + 1;
    if (is_rot13(text, at))
        l->reasons |= REASON_ROT13;
    *work += RUN_MIN;
    if (is_told(l, REASON_ENCODED, at))
        return;
    if (at > 2 && text.at[at - 2] == '+')
        start = at - 3;
    if (at > 1 && text.at[at - 2] == '=' && is_quoted(str_from(text, at - 2))) {
        note(l, text, REASON_ENCODED, at - 2, end);
        return;
    }
    if ((start == at - 1 && !may_be_numbers(str_from(text, start))) || !run_is_numbers(str_from(text, start), &form))
        return;
    while (!form.gap && end < text.len && char_is(text.at[end], IS_RUN))
        end++;
    *work += end - at;
    note(l, text, REASON_ENCODED, start, end);
}

#define EACH_BIT(mask, bit)                                                                                            \
    for (uint64_t rest_ = (mask), bit; rest_ && (bit = (uint64_t)__builtin_ctzll(rest_), true); rest_ &= rest_ - 1)

/* Of the 64 places of a block the first are known from the block before. */
enum { BLOCK = 64, KNOWN = 16, FRESH = BLOCK - KNOWN, WORDS_IN_BLOCK_MAX = 9 /* seven, looked at in threes */ };
static const uint64_t FRESH_BITS = ~(uint64_t)0 << KNOWN;

/* Where a closer look is worth it. */
struct finds {
    uint64_t rare, runs, spaced2, spaced3, pairs, fours, leet, numbers;
};

__attribute__((always_inline)) static inline struct finds find(const struct masks *m)
{
    /* Runs of the base64 alphabet: where the last 16 characters are of it, and of those the first. */
    uint64_t run2 = m->run & m->run << 1, run4 = run2 & run2 << 2, run8 = run4 & run4 << 4, run16 = run8 & run8 << 8;

    /* Characters that stand alone, each told at the place after it; then four of them with one or with two between.
     * Pairs that stand alone, and four of those, one apart: 69 67 6e 6f. */
    uint64_t word = m->letter | m->digit, after = word << 1 & ~word;
    uint64_t one = after & ~(word << 2), pair = after & word << 2 & ~(word << 3);
    uint64_t one2 = one & one << 2, one3 = one & one << 3, pair2 = pair & pair << 3;

    /* Fours that stand alone and begin as 0x does, and the one before it, with one or with two between. */
    uint64_t four = after & word << 2 & word << 3 & m->digit << 4 & m->letter << 3 & ~(word << 5);

    return (struct finds){
        .rare = m->rare & FRESH_BITS,
        .runs = run16 & ~(run16 << 1) & FRESH_BITS,
        .spaced2 = one2 & one2 << 4 & FRESH_BITS,
        .spaced3 = one3 & one3 << 6 & FRESH_BITS,
        .pairs = pair2 & pair2 << 6 & FRESH_BITS,
        .fours = four & (four << 5 | four << 6) & FRESH_BITS,
        /* A letter, digits, a letter: the carry of an addition runs through the digits and stays where they end. */
        .leet = (m->digit + (m->digit & m->letter << 1)) & ~m->digit & m->letter & FRESH_BITS,
        .numbers = m->digit & m->digit << 1 & ~(m->digit << 2) & FRESH_BITS,
    };
}

/* `base`: the place of the first fresh bit, so that bit b is at base + b - KNOWN. */
static void look_closer(struct look *l, struct str text, size_t base, const struct finds *f, struct known *known,
                        uint64_t *work)
{
    EACH_BIT(f->rare, bit)
    {
        *work += 1;
        look_at_rare(l, text, base + bit - KNOWN, known, work);
    }
    EACH_BIT(f->runs, bit)
    look_at_run(l, text, base + bit - KNOWN - (RUN_MIN - 1), known, work);
    EACH_BIT(f->spaced2, bit)
    look_at_spaced(l, text, base + bit - KNOWN - 1, 2, work);
    EACH_BIT(f->spaced3, bit)
    look_at_spaced(l, text, base + bit - KNOWN - 1, 3, work);
    EACH_BIT(f->pairs, bit)
    {
        *work += 4;
        look_at_hex(l, text, base + bit - KNOWN, 11);
    }
    EACH_BIT(f->fours, bit)
    {
        *work += 4;
        size_t end = base + bit - KNOWN;
        look_at_hex(l, text, end, end > 9 && text.at[end - 5] == ' ' && text.at[end - 6] == ',' ? 10 : 9);
    }
    EACH_BIT(f->leet, bit)
    look_at_leet(l, text, base + bit - KNOWN, known, work);
    EACH_BIT(f->numbers, bit)
    look_at_number(l, text, base + bit - KNOWN, work);
}

/* Words of six letters and more that end in the block at p, which is text[at], and may tell a text have to wait. Mostly there are three
 * or fewer; which of them may is not foreseen by a processor, so that nothing branches on it. */
__attribute__((always_inline)) static inline void let_wait(struct known *known, const char *p, uint64_t letter, size_t at)
{
    uint64_t letter2 = letter & letter << 1, letter4 = letter2 & letter2 << 2;
    uint64_t ends = (letter4 & letter2 << 4) << 1 & ~letter & FRESH_BITS; /* the places after them */
    size_t n = known->waiting_count;
    const uint64_t last = (uint64_t)1 << (BLOCK - 1), other = ~letter | 1;
    do
        for (unsigned i = 0; i < 3; i++, ends &= ends - 1) {
            unsigned bit = (unsigned)__builtin_ctzll(ends | last), len = (unsigned)__builtin_clzll(other << (BLOCK - bit));
            known->waiting_end[n] = at + bit;
            known->waiting_len[n] = (uint8_t)len;
            n += scrambled_may_tell(p + bit, len) & (ends != 0);
        }
    while (ends);
    known->waiting_count = n;
}

typedef void classify_fn(const char *p, struct masks *m);

/* The whole text with one way to classify, which is inlined: a call for each block would cost as much as its work. */
__attribute__((always_inline)) static inline void look_with(classify_fn *classify, struct str text, bool ascii_only,
                                                            struct look *l, uint64_t *work)
{
    struct known known;
    struct masks m;
    char edge[2][BLOCK] = { { 0 } };
    const char *before = edge[0];
    uint64_t letters_before = 0;
    memset(&known, 0, offsetof(struct known, waiting_end));
    for (size_t base = 0; base <= text.len; base += FRESH) {
        const char *p = base ? text.at + base - KNOWN : NULL;
        size_t left = text.len - base;
        if (!base || left < FRESH) { /* white space before the text, and after it: what the last word leaves open is told */
            char *to = memset(edge[base != 0], ' ', BLOCK);
            size_t known_bytes = base ? KNOWN : 0, bytes = known_bytes + (left < FRESH ? left : FRESH);
            if (bytes)
                memcpy(to + KNOWN - known_bytes, text.at + base - known_bytes, bytes);
            p = to;
        }
        classify(p, &m);
        if (m.odd && ascii_only) {
            l->reasons = REASON_FOREIGN;
            return;
        }
        /* the words of the block before, so that a processor need not wait for what this one is */
        let_wait(&known, before, letters_before, base - FRESH - KNOWN);
        before = p;
        letters_before = m.letter;
        if (known.waiting_count > WAITING_MAX - WORDS_IN_BLOCK_MAX)
            look_at_words(l, text, &known, work);
        struct finds f = find(&m);
        if (f.rare | f.runs | f.spaced2 | f.spaced3 | f.pairs | f.fours | f.leet | f.numbers) {
            const struct finds found = f; /* which is in memory only if it has to be */
            look_at_words(l, text, &known, work);
            look_closer(l, text, base, &found, &known, work);
        }
    }
    let_wait(&known, before, letters_before, text.len / FRESH * FRESH - KNOWN);
    look_at_words(l, text, &known, work);
    *work += text.len / 8;
}

#ifdef LOOK_X86
#define LOOK_WITH(way, isa)                                                                                            \
    TARGET(isa) static void look_##way(struct str text, bool ascii_only, struct look *l, uint64_t *work)               \
    {                                                                                                                  \
        look_with(classify_##way, text, ascii_only, l, work);                                                          \
    }
LOOK_WITH(ssse3, "ssse3")
LOOK_WITH(avx2, "avx2,bmi,bmi2")
LOOK_WITH(avx512, "avx512bw,bmi,bmi2")
#endif

bool look_at_in(enum look_way way, struct str text, bool ascii_only, struct look *l, uint64_t *work)
{
    l->reasons = 0;
    l->count = 0;
#ifdef LOOK_X86
    bool has_bits = __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
    if (way == LOOK_AVX512 && has_bits && __builtin_cpu_supports("avx512bw"))
        return look_avx512(text, ascii_only, l, work), true;
    if (way == LOOK_AVX2 && has_bits && __builtin_cpu_supports("avx2"))
        return look_avx2(text, ascii_only, l, work), true;
    if (way == LOOK_SSSE3 && __builtin_cpu_supports("ssse3"))
        return look_ssse3(text, ascii_only, l, work), true;
#endif
    return way == LOOK_PORTABLE ? look_with(classify_portable, text, ascii_only, l, work), true : false;
}

void look_at(struct str text, bool ascii_only, struct look *l, uint64_t *work)
{
    for (enum look_way way = LOOK_AVX512; !look_at_in(way, text, ascii_only, l, work); way++)
        assert(way != LOOK_PORTABLE);
}
