/* fancy.c - 卂ㄥㄥ, ค๓, ፈለክ: whole alphabets of letters, signs and syllables that imitate Latin ones, as makers of "fancy text" offer them.
 *
 * One sign by itself says nothing: it imitates one letter here, another there, and is a word of its own where it comes from. What tells
 * is that nearly all of some signs that follow one another are of one of these alphabets, and of many of its letters. */
#include "proxy/base/utf8.h"
#include "proxy/text/view_parts.h"

#include <utf8proc.h>

enum { LETTERS = 26, SIGNS = 8, OTHERS_MAX = 1, DIFFERENT_MIN = 5, STRIDE = 256, SAMPLES = 4 };
enum { LEAST_CODE = 0x80, PUNCTUATION = 0x2000, PUNCTUATION_END = 0x2070, PICTURES = 0x1f000, MAY_WORDS = 16 };

/* From a to z, small; ASCII: the letter itself. */
static const char *const ALPHABETS[] = {
    "αв¢∂єƒgнιנкℓмησρqяѕтυνωχуz", "αßcdεfghιjklmηθρqrstμvωxψz", "ค๒ς๔єŧﻮђเןкl๓ภ๏קợгรtยשฬץאz",
    "ǟɮƈɖɛʄɢɦɨʝӄʟʍռօքզʀֆȶʊʋաӽʏʐ", "ąცƈɖɛʄɠɧıʝƙɩɱŋơ℘զཞʂɬų۷ῳҳყʑ", "卂乃匚ᗪ乇千ꮆ卄丨ﾌҝㄥ爪几ㄖ卩ɋ尺丂ㄒㄩᐯ山乂ㄚ乙",
    "ﾑ乃cd乇ｷgんﾉﾌズﾚﾶ刀oｱq尺丂ｲuvwﾒﾘ乙", "ልጌርዕቿቻኗዘጎጋጕረጠክዐየዒዪነፕሁሀሠሸሃጊ", "ꮧᏸፈꮄꮛꭶꮆꮒꭵꮰꮶꮭꮇꮑꭷꭾꭴꮢꮥꮦꮼꮙꮗጀꭹፚ",
    "ꍏꌃꉓꀸꍟꎇꁅꃅꀤꀭꀘ꒒ꂵꈤꂦꉣꆰꋪꌗ꓄ꀎꃴꅏꊼꌩꁴ", "ꁲꃳꏳꀷꑀꊯꁅꁝ꒐꒑ꈵ꒒ꂵꃔꊿꉣꋠꌅꈜꋖꌈ꒦ꅐꉤꐔꑒ", "ค๖¢໓ēfງhiวkl๓ຖ໐p๑rştนงຟxฯຊ",
    "ﾑ乃ᄃり乇ｷムんﾉﾌズﾚﾶ刀のｱゐ尺丂ｲひ√wﾒﾘz", "ⲁⲃⲥⲇⲉϥⳓⲏⲓⳗⲕⳑⲙⲛⲟⲣⲫꞅ⳽ⲧⲩⳳⲱⲭⲩⲍ",
    "ꪖ᥇ᥴᦔꫀᠻᧁꫝijkꪶꪑꪀꪮρq᥅stꪊꪜ᭙᥊ꪗɀ", "äßçðè£ghìjklmñöþqr§†úvw×¥z",
};
enum { ALPHABETS_COUNT = sizeof ALPHABETS / sizeof *ALPHABETS };

static uint32_t alphabets[ALPHABETS_COUNT][LETTERS];

/* Each sign, small and capital, by code, with a bit for each alphabet that has it. Most characters of a text are none, which a few
 * bits of their codes tell. */
static struct sign {
    uint32_t code, of;
} signs[2 * ALPHABETS_COUNT * LETTERS];
static size_t signs_count;
static uint64_t may_be[MAY_WORDS];

static int by_code(const void *a, const void *b)
{
    const struct sign *x = a, *y = b;
    return (x->code > y->code) - (x->code < y->code);
}

static void add_sign(uint32_t code, size_t alphabet)
{
    if (code < LEAST_CODE)
        return;
    signs[signs_count++] = (struct sign){ code, 1u << alphabet };
    may_be[code / 64 % MAY_WORDS] |= (uint64_t)1 << code % 64;
}

void fancy_init(void)
{
    signs_count = 0;
    for (size_t k = 0; k < ALPHABETS_COUNT; k++) {
        struct str s = str_c(ALPHABETS[k]);
        size_t n = 0;
        for (size_t i = 0, width; i < s.len; i += width, n++) {
            uint32_t code = char_at(s, i, &width);
            assert(n < LETTERS);
            alphabets[k][n] = code;
            add_sign(code, k);
            add_sign((uint32_t)utf8proc_toupper((utf8proc_int32_t)code), k);
        }
        assert(n == LETTERS);
    }
    qsort(signs, signs_count, sizeof *signs, by_code);
    size_t n = 0;
    for (size_t i = 0; i < signs_count; i++)
        if (n && signs[n - 1].code == signs[i].code)
            signs[n - 1].of |= signs[i].of;
        else
            signs[n++] = signs[i];
    signs_count = n;
}

static uint32_t alphabets_with(uint32_t code)
{
    size_t first = 0, n = signs_count;
    if (!(may_be[code / 64 % MAY_WORDS] >> code % 64 & 1))
        return 0;
    while (n > 1) {
        size_t half = n / 2;
        first += signs[first + half].code <= code ? half : 0;
        n -= half;
    }
    return signs[first].code == code ? signs[first].of : 0;
}

/* Of a sign that it has. The small letter of a capital need not be the one that the capital came from: of a final sigma it is not. */
static char letter_in(size_t alphabet, uint32_t code)
{
    uint32_t small = (uint32_t)utf8proc_tolower((utf8proc_int32_t)code);
    for (size_t n = 0; n < LETTERS; n++)
        if (alphabets[alphabet][n] == small || alphabets[alphabet][n] == code)
            return (char)('a' + n);
    for (size_t n = 0; n < LETTERS; n++)
        if ((uint32_t)utf8proc_toupper((utf8proc_int32_t)alphabets[alphabet][n]) == code)
            return (char)('a' + n);
    NOTREACHED("a sign of an alphabet that has no letter for it");
}

/* What was seen of an alphabet near some place. */
struct seen {
    unsigned count;
    uint32_t letters; /* a bit for each */
};

static size_t best_of(const struct seen seen[ALPHABETS_COUNT])
{
    size_t best = 0;
    for (size_t k = 1; k < ALPHABETS_COUNT; k++)
        best = seen[k].count > seen[best].count ? k : best;
    return best;
}

/* Bytes of ASCII at s[i], up to sixteen at a time. */
static size_t ascii_run(struct str s, size_t i)
{
    static const uint64_t HIGH = 0x8080808080808080;
    uint64_t two[2];
    if (s.len - i < sizeof two)
        return !char_is(s.at[i], IS_HIGH);
    memcpy(two, s.at + i, sizeof two);
    if (two[0] & HIGH)
        return (size_t)__builtin_ctzll(two[0] & HIGH) / 8;
    return two[1] & HIGH ? 8 + (size_t)__builtin_ctzll(two[1] & HIGH) / 8 : sizeof two;
}

/* What may stand in any text, or beside any sign: blanks, punctuation, what has no width, pictures. */
static bool tells_nothing(uint32_t code)
{
    return (code >= PUNCTUATION && code < PUNCTUATION_END) || (code >= 0x3000 && code < 0x3040) || (code >= 0xfe00 && code < 0xfe10) ||
           code == 0xa0 || code == 0xad || code >= PICTURES;
}

/* The alphabet, plus one, that some signs of `s` are of: the first, or those that follow others. 0: none. */
static size_t alphabet_of(struct str s)
{
    struct seen seen[ALPHABETS_COUNT] = { 0 };
    unsigned n = 0, others = 0;
    for (size_t i = 0, width; i < s.len; i += width) {
        if ((width = ascii_run(s, i)) > 0)
            continue;
        uint32_t code = char_at(s, i, &width), of = alphabets_with(code);
        if (!of && tells_nothing(code))
            continue;
        for (n++; of; of &= of - 1) {
            size_t k = (size_t)__builtin_ctz(of);
            seen[k].count++;
            seen[k].letters |= 1u << (letter_in(k, code) - 'a');
        }
        size_t best = best_of(seen);
        bool is_other = seen[best].count + OTHERS_MAX < n;
        if (n == SIGNS && !is_other && __builtin_popcount(seen[best].letters) >= DIFFERENT_MIN)
            return best + 1;
        if (!is_other && n < SIGNS)
            continue;
        if (++others == SAMPLES)
            return 0;
        memset(seen, 0, sizeof seen);
        n = 0;
    }
    return 0;
}

/* … that some signs of `s` are of. */
static size_t alphabet_in(struct str s)
{
    for (size_t at = 0, found; at < s.len; at += STRIDE)
        if ((found = alphabet_of(str_first(str_from(s, utf8_from(s, at)), STRIDE))) > 0)
            return found;
    return 0;
}

bool is_fancy(struct str s, uint64_t *work)
{
    *work += s.len / 8;
    return alphabet_in(s) > 0;
}

bool fancy_text(struct view_memory *m, struct reading in, struct form *out, bool *changed)
{
    *changed = true;
    struct str s = in.text;
    size_t alphabet = alphabet_in(s) - 1, literal = 0;
    if (!form_reserve(m, out, s.len))
        return false;
    m->work += 8 * s.len;
    for (size_t i = 0, width; i < s.len; i += width) {
        if ((width = ascii_run(s, i)) > 0)
            continue;
        uint32_t code = char_at(s, i, &width), of = alphabets_with(code);
        if (!of)
            continue;
        char letter = letter_in(of >> alphabet & 1 ? alphabet : (size_t)__builtin_ctz(of), code); /* others may follow */
        if (!form_copy(m, out, &in, literal, i) || !form_add(m, out, str_of(&letter, 1), &in, i, i + width))
            return false;
        literal = i + width;
    }
    return form_copy(m, out, &in, literal, s.len);
}
