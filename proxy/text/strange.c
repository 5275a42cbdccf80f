/* strange.c - is a text written in what is no language: a cipher of letters, Morse, one long word of signs?
 *
 * Told from samples, thirty-two bytes of every kilobyte, at least three; a short text is one. What counts are letters that are
 * rare everywhere, and signs amid letters. Only where a sample is strange its neighbourhood is counted, and only where that is strange too
 * letters are weighed. Prose pays for the samples alone. */
#include "proxy/text/strange.h"

#include "proxy/text/misspelt.h"

/* A sample and its neighbourhood; what is strange in the one (a score of letters and signs, …) and where letters are weighed. */
enum { WINDOW = 32, SAMPLES = 3, STRIDE_MAX = 1024, NEAR = 160, NEAR_MIN = 16, WEIGHED = 256, LETTERS = 26 };
enum { STRANGE_SCORE = 5, REPEATS_MIN = 6, FOURTHS_MAX = 4, BLANKS_MIN = 8, HALVES_BLANKS = 20 /* in a hundred */, SHORT_BLANKS_MIN = 6, SHORT_BLANKS = 17, SHORT_BYTES = 32, HALVES_NEAR = 320 };
enum { LETTERS_MIN = 24, VOWELLESS_MIN = 16 };

typedef uint8_t lanes __attribute__((vector_size(16)));

static inline lanes lanes_at(const char *p)
{
    lanes v;
    memcpy(&v, p, sizeof v);
    return v;
}

/* The sum of small numbers, less than 256. */
static inline unsigned sum_of(lanes v)
{
    uint64_t half[2];
    memcpy(half, &v, sizeof half);
    return (unsigned)((half[0] + half[1]) * 0x0101010101010101u >> 56);
}

#define IN(v, first, last) ((lanes)((v) - (uint8_t)(first) <= (uint8_t)((last) - (first))))
static inline lanes rare_letters(lanes small)
{
    return (lanes)(small == 'j') | (lanes)(small == 'q') | (lanes)(small == 'x') | (lanes)(small == 'z');
}

static inline lanes is_small(lanes v, char c)
{
    return (lanes)(v == (uint8_t)c);
}

/* Signs count one and rare letters three; apart from that letters that follow themselves one and ay three. Of the alphabet every fourth
 * letter, from a on, has all vowels but o among it. */
static bool is_strange(const char *p, unsigned blanks_min)
{
    lanes score = { 0 }, repeats = { 0 }, fourths = { 0 }, blanks = { 0 };
    for (unsigned i = 0; i < WINDOW; i += sizeof score) {
        lanes v = lanes_at(p + i), small = v | 0x20, next = lanes_at(p + i + 1) | 0x20, blank = IN(v, 0, ' ');
        lanes rare = rare_letters(small), ay = is_small(small, 'a') & is_small(next, 'y');
        score -= ~(IN(small, 'a', 'z') | blank) | rare;
        score -= rare + rare;
        repeats -= ((lanes)(small == next) & ~blank) + ay + ay + ay;
        fourths -= (lanes)((v & 3) == 1) & ~blank;
        blanks -= blank;
    }
    return sum_of(score) >= STRANGE_SCORE || sum_of(repeats) >= REPEATS_MIN || sum_of(fourths) <= FOURTHS_MAX ||
           sum_of(blanks) >= blanks_min;
}

struct counts {
    unsigned all, letters, rare, blanks, codes, dots, dashes, quotes, ends, doubles, vowels; /* codes: : to @, letters in ROT47; ends: in ay */
};

/* Of `len` bytes; those up to the next sixteen, and one more, are there too and spaces. */
static struct counts count(const char *at, size_t len)
{
    lanes letters = { 0 }, rare = letters, blanks = letters, codes = letters, dots = letters, dashes = letters, quotes = letters, ends = letters,
          doubles = letters, vowels = letters;
    size_t i = 0;
    for (; i < len; i += sizeof letters) {
        lanes v = lanes_at(at + i), next = lanes_at(at + i + 1), small = v | 0x20, letter = IN(small, 'a', 'z'), a = is_small(small, 'a');
        letters -= letter;
        rare -= rare_letters(small);
        blanks -= IN(v, 0, ' ');
        codes -= IN(v, ':', '@');
        dots -= is_small(v, '.');
        dashes -= is_small(v, '-');
        quotes -= is_small(v, '"') | is_small(v, '\'') | is_small(v, '`');
        ends -= a & is_small(next, 'y');
        doubles -= letter & (lanes)(small == (next | 0x20));
        vowels -= a | is_small(small, 'e') | is_small(small, 'i') | is_small(small, 'o') | is_small(small, 'u');
    }
    unsigned behind = (unsigned)(i - len);
    return (struct counts){ (unsigned)len, sum_of(letters), sum_of(rare), sum_of(blanks) - behind, sum_of(codes), sum_of(dots), sum_of(dashes),
                            sum_of(quotes), sum_of(ends), sum_of(doubles), sum_of(vowels) };
}

/* Eight times the bits that a letter is worth in English: 33 on the average, of letters by chance 43. The alphabet stands there twice. */
#define ALPHABET 29, 48, 41, 36, 24, 44, 45, 32, 31, 75, 56, 37, 43, 31, 30, 46, 80, 32, 32, 28, 41, 53, 43, 75, 45, 84
static const uint8_t WORTH[2 * LETTERS] = { ALPHABET, ALPHABET };
enum { WORTH_ENGLISH = 37, WORTH_MIN = 29, WORTH_LESS = 6 }; /* better than English: a few letters again and again */

static unsigned worth_of(const unsigned seen[LETTERS], unsigned shift)
{
    unsigned worth = 0;
    for (unsigned i = 0; i < LETTERS; i++)
        worth += seen[i] * WORTH[i + shift];
    return worth;
}

/* By which rotation, of the alphabet or of the alphabet backwards, its letters are those of English. */
static bool is_rotated(struct str s, struct strange *to)
{
    unsigned seen[LETTERS] = { 0 }, mirrored[LETTERS], letters = 0, best = UINT32_MAX;
    for (size_t i = 0; i < s.len; i++)
        if (char_is(s.at[i], IS_ALPHA))
            seen[(s.at[i] | 32) - 'a']++, letters++;
    if (letters < LETTERS_MIN)
        return false;
    for (unsigned i = 0; i < LETTERS; i++)
        mirrored[i] = seen[LETTERS - 1 - i];
    unsigned as_it_is = worth_of(seen, 0);
    for (unsigned k = 0; k < 2 * LETTERS; k++) {
        unsigned shift = k % LETTERS, worth = worth_of(k < LETTERS ? seen : mirrored, shift);
        if (worth >= best)
            continue;
        best = worth;
        to->shift = shift;
        to->mirrored = k >= LETTERS;
    }
    return best <= WORTH_ENGLISH * letters && best >= WORTH_MIN * letters && best + WORTH_LESS * letters <= as_it_is;
}

static char rot47(char c)
{
    return c > ' ' && c < 0x7f ? (char)(33 + (c - 33 + 47) % 94) : c;
}

static bool is_rot47(struct str s)
{
    unsigned seen[LETTERS] = { 0 }, letters = 0, others = 0;
    for (size_t i = 0; i < s.len; i++) {
        char c = rot47(s.at[i]);
        if (char_is(c, IS_ALPHA))
            seen[(c | 32) - 'a']++, letters++;
        else
            others += !char_is(c, IS_SPACE);
    }
    return letters >= LETTERS_MIN && others * 5 <= letters && worth_of(seen, 0) <= WORTH_ENGLISH * letters;
}

static void look_near(struct str text, size_t at, struct strange *to, uint64_t *work)
{
    struct str rest = str_from(text, at);
    char edge[NEAR + 1];
    if (rest.len <= NEAR)
        rest = str_from(text, text.len <= NEAR ? 0 : text.len - NEAR - 1);
    bool whole = rest.len <= NEAR;
    if (whole) { /* what is counted in sixteens has spaces behind it */
        memset(edge, ' ', sizeof edge);
        memcpy(edge, rest.at, rest.len);
    }
    struct counts n = count(whole ? edge : rest.at, whole ? rest.len : NEAR);
    *work += 16;
    if (!(to->reasons & REASON_MORSE) && n.letters * 8 <= n.all && n.dots * 8 >= n.all && n.dashes * 8 >= n.all)
        to->reasons |= REASON_MORSE;
    bool letters = n.letters * 2 >= n.all, language = letters && n.blanks * 24 > n.all;
    to->reasons |= (n.ends * 16 >= n.all ? REASON_PIG : 0) | (language && n.doubles * 8 >= n.letters ? REASON_DOUBLES : 0) |
                   (language && n.letters >= VOWELLESS_MIN && n.vowels * 5 <= n.letters ? REASON_VOWELLESS : 0) |
                   (letters && !(to->reasons & REASON_HALVES) && (n.blanks + n.dashes) * 100 >= n.all * (to->is_short ? SHORT_BLANKS : HALVES_BLANKS) &&
                            has_halves(str_first(rest, HALVES_NEAR), to->is_short, work)
                        ? REASON_HALVES
                        : 0);
    if (n.quotes * 10 >= n.all)
        to->reasons |= REASON_PIECES;
    if (!(to->reasons & REASON_DENSE) && n.blanks * 10 <= n.all)
        to->reasons |= REASON_DENSE;
    bool codes = n.codes * 8 >= n.all;
    letters &= n.rare * 22 >= n.letters;
    if ((to->reasons & REASON_CIPHER) || !(letters || codes))
        return;
    *work += WEIGHED / 2;
    to->is_rot47 = codes && is_rot47(str_first(rest, WEIGHED));
    if (to->is_rot47 || is_rotated(str_first(rest, WEIGHED), to))
        to->reasons |= REASON_CIPHER;
}

void look_strange(struct str text, size_t long_words, struct strange *to, uint64_t *work)
{
    size_t stride = text.len / SAMPLES > STRIDE_MAX ? STRIDE_MAX : text.len / SAMPLES;
    *to = (struct strange){ .is_short = long_words * SHORT_BYTES <= text.len + SHORT_BYTES / 2 };
    *work += 8 + text.len / 64;
    if (text.len < NEAR_MIN)
        return;
    if (text.len <= NEAR)
        look_near(text, 0, to, work);
    else
        for (size_t at = 0; at + WINDOW < text.len; at += stride)
            if (is_strange(text.at + at, to->is_short ? SHORT_BLANKS_MIN : BLANKS_MIN))
                look_near(text, at, to, work);
}

bool decipher_text(struct view_memory *m, struct reading in, struct form *out, const struct strange *how)
{
    if (!form_copy(m, out, &in, 0, in.text.len))
        return false;
    for (size_t i = 0; i < out->len; i++) {
        char c = out->text[i];
        unsigned letter = (unsigned)(c | 32) - 'a', is = how->mirrored ? 25 + how->shift - letter : letter + how->shift;
        if (how->is_rot47)
            out->text[i] = rot47(c);
        else if (char_is(c, IS_ALPHA))
            out->text[i] = (char)((c & ~31) | (int)(is % 26 + 1));
    }
    m->work += out->len;
    return true;
}
