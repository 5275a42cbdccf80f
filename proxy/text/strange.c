/* strange.c - is a text written in what is no language: a cipher of letters, Morse, one long word of signs?
 *
 * Told from samples, thirty-two bytes of every kilobyte, at least three; a short text is one. What counts are letters that are
 * rare everywhere, and signs amid letters. Only where a sample is strange its neighbourhood is counted, and only where that is strange too
 * letters are weighed. Prose pays for the samples alone. */
#include "proxy/text/strange.h"

#include "proxy/text/misspelt.h"
#include "proxy/text/scrambled.h"

/* A sample and its neighbourhood; what is strange in the one (a score of letters and signs, …) and where letters are weighed. */
enum { WINDOW = 32, NEXT = 2, SAMPLES = 3, STRIDE_MAX = 1024, NEAR = 160, NEAR_MIN = 16, WEIGHED = 256, LETTERS = 26, TOGETHER = 32 };
enum { STRANGE_SCORE = 5, REPEATS_MIN = 6, FOURTHS_MAX = 5, BLANKS_MIN = 8, INSIDE_MIN = 2, CUTS_NEAR = 320, CUTS = 20 /* in a hundred bytes */ };
/* … in a text that has fewer than one long word in so many bytes. */
enum { SHORT_BYTES = 32, SHORT_BLANKS_MIN = 6, SHORT_CUTS = 14, SIGN_CUTS = 24 };
enum { LETTERS_MIN = 12, NEAREST = 6, KNOWN_SHARE = 3, VOWELLESS_MIN = 16, HEADING_MAX = 96 };

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
static inline lanes is(lanes v, char c)
{
    return (lanes)(v == (uint8_t)c);
}

static inline lanes rare_letters(lanes small)
{
    return is(small, 'j') | is(small, 'q') | is(small, 'x') | is(small, 'z');
}

/* A sign, a digit or a new line behind a letter, and no blank behind that; the first two with the bit of small letters. */
static inline lanes is_inside(lanes small, lanes next, lanes after)
{
    return IN(small, 'a', 'z') & ~(IN(next, 'a', 'z') | is(next, ' ') | is(after, ' '));
}

/* Signs count one and rare letters three; apart from that letters that follow themselves one, ay three. Of the alphabet every fourth
 * letter, from a on, has all vowels but o among it. */
static bool is_strange(const char *p, unsigned blanks_min)
{
    lanes score = { 0 }, repeats = { 0 }, fourths = { 0 }, blanks = { 0 }, inside = { 0 };
    for (unsigned i = 0; i < WINDOW; i += sizeof score) {
        lanes v = lanes_at(p + i), small = v | 0x20, next = lanes_at(p + i + 1) | 0x20, blank = IN(v, 0, ' ');
        lanes rare = rare_letters(small), ay = is(small, 'a') & is(next, 'y');
        score -= ~(IN(small, 'a', 'z') | blank) | rare;
        score -= rare + rare;
        repeats -= ((lanes)(small == next) & ~blank) + ay + ay + ay;
        fourths -= (lanes)((v & 3) == 1) & ~blank;
        blanks -= blank;
        inside -= is_inside(small, next, lanes_at(p + i + 2));
    }
    return sum_of(inside) >= INSIDE_MIN || sum_of(score) >= STRANGE_SCORE || sum_of(repeats) >= REPEATS_MIN || sum_of(fourths) <= FOURTHS_MAX ||
           sum_of(blanks) >= blanks_min;
}

struct counts {
    unsigned all, letters, rare, blanks, codes, dots, dashes, quotes, ends, doubles, vowels, digits, inside; /* codes: : to @, letters in ROT47; ends: in ay */
};

/* Of `len` bytes; those up to the next sixteen, and two more, are there too and spaces. */
static struct counts count(const char *at, size_t len)
{
    lanes letters = { 0 }, rare = letters, blanks = letters, codes = letters, dots = letters, dashes = letters, quotes = letters, ends = letters,
          doubles = letters, vowels = letters, digits = letters, inside = letters;
    size_t i = 0;
    for (; i < len; i += sizeof letters) {
        lanes v = lanes_at(at + i), next = lanes_at(at + i + 1), small = v | 0x20, letter = IN(small, 'a', 'z'), a = is(small, 'a');
        letters -= letter;
        rare -= rare_letters(small);
        blanks -= IN(v, 0, ' ');
        codes -= IN(v, ':', '@');
        dots -= is(v, '.') | (lanes)(v == 0xb7); /* the second byte of a dot in the middle */
        dashes -= is(v, '-') | is(v, '_');
        digits -= IN(v, '0', '9');
        quotes -= is(v, '"') | is(v, '\'') | is(v, '`');
        ends -= a & is(next, 'y');
        inside -= is_inside(small, next | 0x20, lanes_at(at + i + 2));
        doubles -= letter & (lanes)(small == (next | 0x20));
        vowels -= a | is(small, 'e') | is(small, 'i') | is(small, 'o') | is(small, 'u');
    }
    unsigned behind = (unsigned)(i - len);
    return (struct counts){ (unsigned)len, sum_of(letters), sum_of(rare), sum_of(blanks) - behind, sum_of(codes), sum_of(dots), sum_of(dashes),
                            sum_of(quotes), sum_of(ends), sum_of(doubles), sum_of(vowels), sum_of(digits), sum_of(inside) };
}

/* Eight times the bits that a letter is worth in English: 33 on the average, of letters by chance 43. The alphabet stands there twice, and
 * behind it nothing: thirty-two at once are weighed. */
#define ALPHABET 29, 48, 41, 36, 24, 44, 45, 32, 31, 75, 56, 37, 43, 31, 30, 46, 80, 32, 32, 28, 41, 53, 43, 75, 45, 84
static const int16_t WORTH[TOGETHER + LETTERS] = { ALPHABET, ALPHABET };
enum { WORTH_ENGLISH = 37, NO_ENGLISH = 37 /* hardly an English text is worth less */ };

static unsigned worth_of(const int16_t seen[TOGETHER], unsigned shift)
{
    int worth = 0;
    for (unsigned i = 0; i < TOGETHER; i++)
        worth += seen[i] * WORTH[i + shift];
    return (unsigned)worth;
}

/* What stands to the left of each key, and to the right; where there is none, the other end of the row. */
static const char *const KEYBOARDS[] = { "lvxswdfguhjknbiopearycqztm", "snvfrghjoklazmpqwtdyibecux" };

/* Alphabets that a letter is multiplied into: as it is, backwards, and the rest. */
static const uint8_t FACTORS[] = { 1, 25, 3, 5, 7, 9, 11, 15, 17, 19, 21, 23 };

static char letter_for(const struct strange *how, char c)
{
    unsigned letter = (unsigned)(c | 32) - 'a', factor = how->factor ? how->factor : 1;
    if (letter >= LETTERS) /* what is to the right of P and of L */
        return how->keys != KEYBOARDS[0] ? c : c == '[' ? 'p' : c == ';' ? 'l' : c;
    if (how->keys)
        return (char)((c & 32) | (how->keys[letter] & ~32));
    return (char)((c & ~31) | (int)((letter * factor + how->shift) % LETTERS + 1));
}

/* Letters that belong to known words, when they are read so. */
static unsigned known_letters(struct str s, const struct strange *how)
{
    char word[SCRAMBLED_LETTERS_MAX];
    unsigned known = 0;
    for (size_t i = 0, end; i < s.len; i = end + 1) {
        end = letters_end(s, i);
        size_t len = end - i;
        if (len < 2 || len > sizeof word)
            continue;
        word[0] = letter_for(how, s.at[i]);
        word[len - 1] = letter_for(how, s.at[end - 1]);
        if (!scrambled_may_be(SCRAMBLED_ALL_ENDS, word, len))
            continue;
        for (size_t k = 1; k + 1 < len; k++)
            word[k] = letter_for(how, s.at[i + k]);
        known += scrambled_is_word(str_of(word, len)) ? (unsigned)len : 0;
    }
    return known;
}

/* By which alphabet it reads as words that are known: of those in which its letters are nearest to English the one that tells most. */
static bool is_rotated(struct str s, struct strange *to)
{
    struct {
        unsigned worth;
        struct strange how;
    } near[NEAREST + 1];
    int16_t seen[TOGETHER] = { 0 };
    unsigned letters = 0, count = 0, most;
    for (size_t i = 0; i < s.len; i++)
        if (char_is(s.at[i], IS_ALPHA))
            seen[(s.at[i] | 32) - 'a']++, letters++;
    if (letters < LETTERS_MIN || worth_of(seen, 0) < NO_ENGLISH * letters ||
        (most = known_letters(s, &(struct strange){ 0 })) * KNOWN_SHARE >= letters)
        return false;
    most = most * 2 > letters / KNOWN_SHARE ? most * 2 : letters / KNOWN_SHARE;
    for (unsigned f = 0; f < ARRAY_LEN(FACTORS) + ARRAY_LEN(KEYBOARDS); f++) {
        const char *keys = f < ARRAY_LEN(FACTORS) ? NULL : KEYBOARDS[f - ARRAY_LEN(FACTORS)];
        int16_t turned[TOGETHER] = { 0 };
        for (unsigned i = 0; i < LETTERS; i++)
            turned[keys ? (unsigned)(keys[i] - 'a') : i * FACTORS[f] % LETTERS] = seen[i];
        for (unsigned shift = 0; shift < (keys ? 1 : LETTERS); shift++) {
            unsigned worth = worth_of(turned, shift), at = count < NEAREST ? count++ : NEAREST;
            for (; at && near[at - 1].worth > worth; at--)
                near[at] = near[at - 1];
            near[at].worth = worth;
            near[at].how = (struct strange){ .factor = keys ? 1 : FACTORS[f], .shift = shift, .keys = keys };
        }
    }
    bool found = false;
    for (unsigned i = 0, known; i < count; i++) {
        const struct strange *how = &near[i].how;
        if ((known = known_letters(s, how)) <= most)
            continue;
        found = true;
        most = known;
        to->factor = how->factor;
        to->shift = how->shift;
        to->keys = how->keys;
    }
    return found;
}

static char rot47(char c)
{
    return c > ' ' && c < 0x7f ? (char)(33 + (c - 33 + 47) % 94) : c;
}

static bool is_rot47(struct str s)
{
    int16_t seen[TOGETHER] = { 0 };
    unsigned letters = 0, others = 0;
    for (size_t i = 0; i < s.len; i++) {
        char c = rot47(s.at[i]);
        if (char_is(c, IS_ALPHA))
            seen[(c | 32) - 'a']++, letters++;
        else
            others += !char_is(c, IS_SPACE);
    }
    return letters >= LETTERS_MIN && others * 5 <= letters && worth_of(seen, 0) <= WORTH_ENGLISH * letters;
}

/* What follows a first "…:", which may tell of a cipher and is none. */
static struct str behind_heading(struct str s)
{
    const char *colon = memchr(s.at, ':', s.len < HEADING_MAX ? s.len : HEADING_MAX);
    return colon ? str_from(s, (size_t)(colon - s.at)) : STR_NONE;
}

static void look_near(struct str text, size_t at, struct strange *to, uint64_t *work)
{
    struct str rest = str_from(text, at);
    char edge[NEAR + NEXT];
    if (rest.len < NEAR + NEXT)
        rest = str_from(text, text.len < NEAR + NEXT ? 0 : text.len - NEAR - NEXT);
    bool whole = rest.len < NEAR + NEXT;
    if (whole) { /* what is counted in sixteens has spaces behind it */
        memset(edge, ' ', sizeof edge);
        memcpy(edge, rest.at, rest.len);
    }
    struct counts n = count(whole ? edge : rest.at, rest.len < NEAR ? rest.len : NEAR);
    *work += 16;
    if (!(to->hints & HINT_MORSE) && n.letters * 8 <= n.all && n.dots * 8 >= n.all && n.dashes * 8 >= n.all)
        to->hints |= HINT_MORSE;
    bool letters = n.letters * 2 >= n.all, language = letters && n.blanks * 24 > n.all;
    to->hints |= (n.ends * 16 >= n.all ? HINT_PIG : 0) | (language && n.doubles * 8 >= n.letters ? HINT_DOUBLES : 0) |
                   (language && n.letters >= VOWELLESS_MIN && n.vowels * 5 <= n.letters ? HINT_VOWELLESS : 0);
    bool is_cut = (n.blanks + n.dashes) * 100 >= n.all * (to->is_short || whole ? SHORT_CUTS : CUTS) ||
                  (to->is_short && (n.all - n.letters) * 100 >= n.all * SIGN_CUTS);
    if (letters && (is_cut || n.inside >= (whole ? 1 : INSIDE_MIN)) && !(to->hints & HINT_CUTS) &&
        has_cuts(str_first(rest, CUTS_NEAR), !is_cut ? CUTS_BY_SIGNS : to->is_short ? CUTS_ANY : CUTS_IN_LONG, work))
        to->hints |= HINT_CUTS;
    bool signs = (n.all - n.letters - n.blanks) * 4 >= n.blanks * 3 && n.blanks * 24 > n.all;
    if (n.letters * 4 >= n.all && (signs || is_cut) && !(to->hints & HINT_FILLER) && has_filler(rest, work))
        to->hints |= HINT_FILLER;
    if (n.quotes * 16 >= n.all)
        to->hints |= HINT_PIECES | (n.letters >= LETTERS_MIN && n.letters * 3 <= n.all ? HINT_SPACED : 0);
    bool mixed = n.digits * 24 >= n.all || n.rare * 16 >= n.all; /* as codes are */
    if (mixed && !(to->hints & HINT_GROUPS) && has_groups(str_first(rest, NEAR), work))
        to->hints |= HINT_GROUPS;
    if (n.blanks * 10 <= n.all) {
        bool joined = !(to->hints & HINT_JOINED) && n.letters * 4 >= 3 * n.all && has_joined(str_first(rest, NEAR), work);
        to->hints |= HINT_DENSE | (joined ? HINT_JOINED : 0);
    }
    bool calls = n.digits * 5 >= n.all && n.letters * 2 <= n.all && n.letters * 4 >= n.all && n.blanks * 5 <= n.all; /* chr(73)+chr(103) */
    if (calls || (n.digits * 2 >= n.all && n.letters * 8 <= n.all))
        to->hints |= HINT_NUMBERS;
    bool codes = n.codes * 8 >= n.all;
    letters &= n.rare * 22 >= n.letters || n.vowels * 10 <= 3 * n.letters;
    if ((to->hints & HINT_CIPHER) || !(letters || codes))
        return;
    *work += WEIGHED / 2;
    rest = str_first(rest, WEIGHED);
    to->is_rot47 = codes && is_rot47(rest);
    if (to->is_rot47 || is_rotated(rest, to) || is_rotated(behind_heading(rest), to))
        to->hints |= HINT_CIPHER;
}

void look_strange(struct str text, size_t long_words, struct strange *to, uint64_t *work)
{
    size_t stride = text.len / SAMPLES > STRIDE_MAX ? STRIDE_MAX : text.len / SAMPLES;
    *to = (struct strange){ .is_short = long_words * SHORT_BYTES <= text.len + SHORT_BYTES / 2 };
    *work += 8 + text.len / 64;
    if (text.len < NEAR_MIN)
        return;
    if (text.len < NEAR + NEXT)
        look_near(text, 0, to, work);
    else
        for (size_t at = 0; at + WINDOW + NEXT <= text.len; at += stride)
            if (is_strange(text.at + at, to->is_short ? SHORT_BLANKS_MIN : BLANKS_MIN))
                look_near(text, at, to, work);
}

bool decipher_text(struct view_memory *m, struct reading in, struct form *out, const struct strange *how)
{
    if (!form_copy(m, out, &in, 0, in.text.len))
        return false;
    for (size_t i = 0; i < out->len; i++)
        out->text[i] = how->is_rot47 ? rot47(out->text[i]) : letter_for(how, out->text[i]);
    m->work += out->len;
    return true;
}

const struct strange ROT13 = { .shift = 13 };

bool rot13_text(struct view_memory *m, struct reading in, struct form *out, bool *changed)
{
    *changed = true;
    return decipher_text(m, in, out, &ROT13);
}
