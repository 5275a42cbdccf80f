/* strange.c - is a text written in what is no language: a cipher of letters, Morse, one long word of signs?
 *
 * Told from samples, thirty-two bytes of every half of a kilobyte, at least four; a short text is one. What counts are letters that are
 * rare everywhere, and signs amid letters. Only where a sample is strange its neighbourhood is counted, and only where that is strange too
 * letters are weighed. Prose pays for the samples alone. */
#include "proxy/text/strange.h"

enum { WINDOW = 32, SAMPLES = 4, STRIDE_MAX = 512, STRANGE_SCORE = 5, NEAR = 160, NEAR_MIN = 16, WEIGHED = 256, LETTERS_MIN = 24, LETTERS = 26 };

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

/* Signs count one, rare letters three. */
static bool is_strange(const char *p)
{
    lanes score = { 0 };
    for (unsigned i = 0; i < WINDOW; i += sizeof score) {
        lanes v = lanes_at(p + i), small = v | 0x20, rare = rare_letters(small);
        score -= ~(IN(small, 'a', 'z') | IN(v, 0, ' ')) | rare;
        score -= rare + rare;
    }
    return sum_of(score) >= STRANGE_SCORE;
}

struct counts {
    unsigned all, letters, rare, blanks, codes, dots, dashes, quotes; /* codes: : to @, letters in ROT47 */
};

static struct counts count(struct str s)
{
    lanes letters = { 0 }, rare = { 0 }, blanks = { 0 }, codes = { 0 }, dots = { 0 }, dashes = { 0 }, quotes = { 0 };
    for (size_t i = 0; i + sizeof letters <= s.len; i += sizeof letters) {
        lanes v = lanes_at(s.at + i), small = v | 0x20;
        letters -= IN(small, 'a', 'z');
        rare -= rare_letters(small);
        blanks -= IN(v, 0, ' ');
        codes -= IN(v, ':', '@');
        dots -= (lanes)(v == '.');
        dashes -= (lanes)(v == '-');
        quotes -= (lanes)(v == '"') | (lanes)(v == '\'') | (lanes)(v == '`');
    }
    return (struct counts){ (unsigned)(s.len & ~(sizeof letters - 1)), sum_of(letters), sum_of(rare), sum_of(blanks), sum_of(codes), sum_of(dots), sum_of(dashes), sum_of(quotes) };
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
    if (rest.len < NEAR)
        rest = str_from(text, text.len < NEAR ? 0 : text.len - NEAR);
    struct counts n = count(str_first(rest, NEAR));
    *work += 16;
    if (n.all < NEAR_MIN)
        return;
    if (!(to->reasons & STRANGE_MORSE) && n.letters * 8 <= n.all && n.dots * 8 >= n.all && n.dashes * 8 >= n.all)
        to->reasons |= STRANGE_MORSE;
    if (n.quotes * 10 >= n.all)
        to->reasons |= STRANGE_PIECES;
    if (!(to->reasons & STRANGE_DENSE) && n.blanks * 10 <= n.all)
        to->reasons |= STRANGE_DENSE;
    bool letters = n.letters * 2 >= n.all && n.rare * 22 >= n.letters, codes = n.codes * 8 >= n.all;
    if ((to->reasons & STRANGE_CIPHER) || !(letters || codes))
        return;
    *work += WEIGHED / 2;
    to->is_rot47 = codes && is_rot47(str_first(rest, WEIGHED));
    if (to->is_rot47 || is_rotated(str_first(rest, WEIGHED), to))
        to->reasons |= STRANGE_CIPHER;
}

void look_strange(struct str text, struct strange *to, uint64_t *work)
{
    size_t stride = text.len / SAMPLES > STRIDE_MAX ? STRIDE_MAX : text.len / SAMPLES;
    *to = (struct strange){ 0 };
    *work += 8 + text.len / 64;
    if (text.len <= NEAR)
        look_near(text, 0, to, work);
    else
        for (size_t at = 0; at + WINDOW <= text.len; at += stride)
            if (is_strange(text.at + at))
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
