/* fold.c - a text made plain: NFKC, small letters, white space of ASCII, and nothing invisible.
 *
 * Stretches of ASCII are copied whole. Everything else goes character by character, most of it by ranges that need no
 * table, the rest by utf8proc's properties. NFKC is done piecewise: a character is decomposed alone, and combining
 * marks join what stands before them (fold_marks.c). Words with letters beyond ASCII are looked at once more when they
 * end, when it is known which scripts they mix (fold_word.c). */
#include "proxy/text/fold_parts.h"

#include <utf8proc.h>

#include "proxy/base/utf8.h"

enum {
    EXPANSION_MAX = 12, /* bytes that one character may become: ligatures that are whole sentences stay as they are */
    DECOMPOSED_MAX = 20,
    INVISIBLE_TELLING = 3,
    PICTURES_TELLING = 2,
    SELECTORS_TELLING = 8,
    MIXED_TELLING = 2,
    IMITATED_TELLING = 4,
    STACKED_TELLING = 3,
    ALONE_TELLING = 4,
};

static void add(struct fold *f, struct str bytes, size_t i, size_t j)
{
    if (!form_add(f->m, f->out, bytes, f->in, i, j))
        f->failed = true;
}

static void add_code(struct fold *f, uint32_t code, size_t i, size_t j)
{
    char bytes[4];
    add(f, str_of(bytes, utf8_encode(bytes, code)), i, j);
}

void fold_ascii(struct fold *f, char c, size_t i, size_t j)
{
    if (char_is(c, IS_CONTROL))
        return;
    if (!char_is(c, IS_WORD))
        fold_end_word(f, j);
    add(f, str_of(&c, 1), i, j);
}

/* A character that is what it is: part of a word, or not. */
static void add_itself(struct fold *f, uint32_t code, size_t i, size_t j)
{
    unsigned kind = code < NARROW_CODES ? f->m->narrow[code] : kind_of(code);
    f->all |= kind;
    if (kind & KIND_WORD) {
        fold_open_word(f, f->out->len, f->out->len ? f->out->text[f->out->len - 1] : ' ');
        f->kinds |= kind;
        f->letters++;
    } else {
        fold_end_word(f, j);
    }
    add_code(f, code, i, j);
}

/* Letters that are normal, neither decomposed nor compared: most of Latin-1 and Latin Extended, Greek, Cyrillic,
 * Arabic. */
static bool is_normal_letter(uint32_t c)
{
    if (c >= 0xc0 && c < 0x250)
        return c != 0xd7 && c != 0xf7 && c != 0x132 && c != 0x133 && c != 0x13f && c != 0x140 && c != 0x149 &&
               c != 0x17f && !(c >= 0x1c4 && c <= 0x1cc) && !(c >= 0x1f1 && c <= 0x1f3);
    return (c >= 0x388 && c < 0x3cf) || (c >= 0x400 && c < 0x482) || (c >= 0x48a && c < 0x530) ||
           (c >= 0x620 && c < 0x64b) || (c >= 0x1ea0 && c < 0x1f00);
}

/* Signs that are words by themselves: Han, kana, Hangul, and squares and circles made of these, which NFKC would take
 * apart at some cost. Nothing among them imitates Latin in earnest. */
static bool is_normal_sign(uint32_t c)
{
    return (c >= 0x3041 && c < 0x3097) || (c >= 0x30a1 && c < 0x30fb) || (c >= 0x3400 && c < 0x4dc0) ||
           (c >= 0x4e00 && c < 0xa000) || (c >= 0xac00 && c < 0xd7a4) || (c >= 0x20000 && c < 0x2f800) ||
           c == 0x3001 || c == 0x3003 || (c >= 0x3260 && c < 0x32c0) || (c >= 0x32d0 && c < 0x3371) ||
           (c >= 0x1f300 && c < 0x1fb00) || c == 0x30fc;
}

/* Quotes, dashes and slashes of typography as the ASCII ones that people type, and what ends a sentence; 0 for all others. */
static char typewriter(uint32_t c)
{
    if ((c >= 0x2010 && c < 0x2016) || c == 0x2212 || c == 0x2043 || c == 0xfe58 || c == 0x2e3a || c == 0x2e3b)
        return '-';
    if ((c >= 0x2018 && c < 0x201c) || c == 0x2032 || c == 0x2bc || c == 0x2b9 || c == 0x2bb || c == 0x55a)
        return '\'';
    if ((c >= 0x201c && c < 0x2020) || c == 0x2033)
        return '"';
    if (c == 0x3002 || c == 0xff61 || c == 0x964 || c == 0x6d4)
        return '.';
    if (c == 0x61f)
        return '?';
    return c == 0x2044 || c == 0x2215 ? '/' : 0;
}

/* Drops a character that nobody sees. Between two Latin letters it is there for a reason. */
static void drop_invisible(struct fold *f, uint32_t code, size_t i, size_t j)
{
    struct str s = f->in->text;
    if (code == 0x202d || code == 0x202e)
        f->facts->oddities |= ODD_BIDI;
    if (code == 0x202e)
        f->facts->hints |= HINT_OVERRIDE;
    bool between = code != 0xad && f->out->len && char_is(f->out->text[f->out->len - 1], IS_ALPHA) && j < s.len &&
                   char_is(s.at[j], IS_ALPHA);
    f->invisible += between;
    if (between && f->is_parted)
        fold_ascii(f, ' ', i, j);
}

static bool has_marks(const utf8proc_int32_t *codes, utf8proc_ssize_t n)
{
    for (utf8proc_ssize_t i = 1; i < n; i++)
        if (codes[i] >= 0x300 &&
            (utf8proc_get_property(codes[i])->combining_class || (codes[i] >= 0x1161 && codes[i] < 0x11c3)))
            return true;
    return false;
}

/* NFKC of one character that stands alone; marks after it come by themselves. */
static void decompose(struct fold *f, uint32_t code, size_t i, size_t j)
{
    utf8proc_int32_t codes[DECOMPOSED_MAX];
    int last = 0;
    char bytes[4];
    utf8proc_ssize_t n = utf8proc_decompose_char((utf8proc_int32_t)code, codes, DECOMPOSED_MAX,
                                                 UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE, &last);
    size_t len = 0;
    if (n > 1 && n <= DECOMPOSED_MAX && has_marks(codes, n))
        n = utf8proc_normalize_utf32(codes, n, UTF8PROC_COMPOSE | UTF8PROC_STABLE);
    for (utf8proc_ssize_t k = 0; k < n && k < DECOMPOSED_MAX; k++)
        len += utf8_encode(bytes, (uint32_t)codes[k]);
    f->m->work += 16;
    if (n <= 0 || n > DECOMPOSED_MAX || len > EXPANSION_MAX || (n > 1 && codes[0] == ' ')) {
        add_itself(f, code, i, j);
        return;
    }
    for (utf8proc_ssize_t k = 0; k < n; k++) {
        uint32_t c = (uint32_t)codes[k];
        const utf8proc_property_t *p = utf8proc_get_property(codes[k]);
        char plain = typewriter(c);
        if (c < 0x80 || plain)
            fold_ascii(f, plain ? plain : (char)c, i, j);
        else if (k == 0 && p->combining_class)
            (void)fold_marks(f, c, i, j);
        else if (!p->ignorable)
            add_itself(f, c, i, j);
    }
}

/* The letters on both sides stand alone: the blank parts the letters of one word, and words are parted by others. */
static bool is_amid_single_letters(struct str s, size_t i, size_t j)
{
    return is_between_letters(s, i, j) && !(i > 1 && char_is(s.at[i - 2], IS_ALPHA)) &&
           !(j + 1 < s.len && char_is(s.at[j + 1], IS_ALPHA));
}

void fold_char(struct fold *f, uint32_t code, size_t i, size_t j)
{
    char plain;
    if (is_normal_letter(code) || is_normal_sign(code)) {
        add_itself(f, code, i, j);
        return;
    }
    f->m->work += 4;
    if ((code == 0x3164 || code == 0xffa0 || code == 0x2800) && is_amid_single_letters(f->in->text, i, j)) {
        f->invisible++;
        return;
    }
    if ((plain = typewriter(code)) || (plain = fold_enclosed(f, code, i)) || (plain = fold_braille(code))) {
        fold_ascii(f, plain, i, j);
        return;
    }
    if (code >= 0xff01 && code < 0xff5f) {
        fold_ascii(f, (char)(code - 0xfee0), i, j);
        return;
    }
    if (code == 0x3164 || code == 0xffa0) { /* fillers of Hangul, as wide as a letter: a blank to whoever reads */
        f->invisible++;
        fold_ascii(f, ' ', i, j);
        return;
    }
    const utf8proc_property_t *p = utf8proc_get_property((utf8proc_int32_t)code);
    if (p->ignorable || is_tag(code) || is_selector(code) || (code >= 0xfff9 && code < 0xfffc) ||
        (code >= 0x80 && code < 0xa0)) {
        if (code == 0x85)
            fold_ascii(f, '\n', i, j);
        else
            drop_invisible(f, code, i, j);
    } else if (p->category == UTF8PROC_CATEGORY_ZS || code == 0x2800) {
        fold_ascii(f, ' ', i, j);
    } else if (p->category == UTF8PROC_CATEGORY_ZL || p->category == UTF8PROC_CATEGORY_ZP) {
        fold_ascii(f, '\n', i, j);
    } else if (p->decomp_seqindex != UINT16_MAX) {
        decompose(f, code, i, j);
    } else {
        f->pictures += (is_picture(code) || is_no_character(code)) && is_between_letters(f->in->text, i, j);
        add_itself(f, code, i, j);
    }
}

/* Jamo that complete a syllable come after it in NFD; everything else with a combining class is a mark. */
static bool is_joining(uint32_t code)
{
    if (code < 0x300)
        return false;
    if (code >= 0x1161 && code < 0x11c3)
        return true;
    return !is_normal_letter(code) && !is_normal_sign(code) &&
           utf8proc_get_property((utf8proc_int32_t)code)->combining_class;
}

/* The character needs nothing but its own properties, which tell that it is to be seen to. */
static bool is_slow(uint32_t c)
{
    const utf8proc_property_t *p = utf8proc_get_property((utf8proc_int32_t)c);
    if (is_normal_letter(c))
        return false;
    return p->ignorable || p->combining_class || p->decomp_seqindex != UINT16_MAX || typewriter(c) || is_joining(c) ||
           p->category < UTF8PROC_CATEGORY_LU ||
           (p->category >= UTF8PROC_CATEGORY_ZS && p->category <= UTF8PROC_CATEGORY_CO);
}

void fold_init(struct view_memory *m)
{
    for (uint32_t c = 0x80; c < NARROW_CODES; c++)
        m->narrow[c] = (uint8_t)(kind_of(c) | (is_slow(c) ? KIND_SLOW : 0));
}

/* Copies what has been passed over. */
static void catch_up(struct fold *f, size_t i)
{
    if (i > f->literal && !form_copy(f->m, f->out, f->in, f->literal, i))
        f->failed = true;
    f->literal = i;
}

/* The word under way, if there is one, ends before in[i]. */
static inline void leave_word(struct fold *f, size_t i)
{
    if (!f->is_foreign)
        return;
    if (fold_word_is_plain(f)) {
        f->is_foreign = false;
        fold_count_alone(f, f->out->len + (i - f->literal));
        return;
    }
    catch_up(f, i);
    fold_end_word(f, i);
}

enum { SEQUENCE_MAX = 24 };

/* Where the control character at s[i] ends, with what it has a terminal do: colours and so on (ECMA-48, 5.4). */
static size_t control_end(struct str s, size_t i)
{
    size_t end = i + 2;
    if (s.at[i] != 0x1b || end >= s.len || s.at[i + 1] != '[')
        return i + 1;
    while (end < s.len && end - i < SEQUENCE_MAX && s.at[end] >= ' ' && s.at[end] < '@')
        end++;
    return end < s.len && s.at[end] >= '@' && s.at[end] < 0x7f ? end + 1 : i + 1;
}

/* Passes over ASCII from in[i] on. A control character is left out. */
static size_t pass_ascii(struct fold *f, size_t i)
{
    struct str s = f->in->text;
    size_t start = i;
    if (f->is_foreign) {
        while (i < s.len && char_is(s.at[i], IS_WORD))
            i++;
        if (i < s.len && char_is(s.at[i], IS_HIGH))
            return i;
        if (i == s.len || !char_is(s.at[i], IS_CONTROL))
            leave_word(f, i);
    }
    while (i < s.len && !char_is(s.at[i], IS_HIGH | IS_CONTROL))
        i++;
    if (i - start > 3)
        f->alone = 0;
    if (i < s.len && char_is(s.at[i], IS_CONTROL)) {
        catch_up(f, i);
        size_t end = control_end(s, i);
        drop_invisible(f, 0, i, end);
        f->literal = i = end;
    }
    f->m->work += (i - start) / 4 + 1;
    return i;
}

/* Passes over characters beyond ASCII that stay as they are, for as long as they come. */
static size_t pass_itself(struct fold *f, size_t i)
{
    struct str s = f->in->text;
    size_t start = i;
    while (i < s.len && char_is(s.at[i], IS_HIGH)) {
        size_t width;
        uint32_t code = char_at(s, i, &width);
        if (code < NARROW_CODES) {
            unsigned kind = f->m->narrow[code];
            if (kind & KIND_SLOW)
                break;
            f->all |= kind;
            if (kind & KIND_WORD) {
                fold_open_word(f, f->out->len + (i - f->literal), i ? s.at[i - 1] : ' ');
                f->kinds |= kind;
                f->letters++;
            } else {
                leave_word(f, i);
            }
        } else if (is_normal_sign(code)) {
            leave_word(f, i);
            f->pictures += is_picture(code) && is_between_letters(s, i, i + width);
        } else {
            break;
        }
        i += width;
    }
    f->m->work += i - start;
    return i;
}

/* One character, or one run of hidden ones or of marks, that does not stay as it is. */
static size_t take_char(struct fold *f, size_t i)
{
    size_t width;
    uint32_t code = char_at(f->in->text, i, &width);
    catch_up(f, i);
    f->m->work += 4;
    size_t bits_end = is_bit(code) ? fold_bits(f, i) : i;
    if (bits_end > i)
        i = bits_end;
    else if (is_tag(code))
        i = fold_tags(f, i);
    else if (is_selector(code))
        i = fold_selectors(f, i);
    else if (is_joining(code))
        i = fold_marks(f, code, i, i + width);
    else
        fold_char(f, code, i, i + width), i += width;
    f->literal = i;
    return i;
}

static bool fold_once(struct fold *f)
{
    size_t len = f->in->text.len;
    f->out->len = 0;
    if (!form_reserve(f->m, f->out, len))
        return false;
    for (size_t i = 0; i < len && !f->failed;) {
        size_t start = i;
        i = char_is(f->in->text.at[i], IS_HIGH) ? pass_itself(f, i) : pass_ascii(f, i);
        if (i == start)
            i = take_char(f, i);
    }
    catch_up(f, len);
    fold_end_word(f, len);
    return !f->failed;
}

/* Invisible characters where white space should be: few spaces, and words between them. */
static bool is_parted(const struct fold *f)
{
    size_t spaces = 0;
    if (f->invisible < INVISIBLE_TELLING || f->out->len < (size_t)3 * f->invisible)
        return false;
    for (size_t i = 0; i < f->out->len; i++)
        spaces += char_is(f->out->text[i], IS_SPACE);
    f->m->work += f->out->len / 2;
    return spaces * 4 <= f->invisible;
}

bool fold_text(struct view_memory *m, struct reading in, struct form *out, struct fold_facts *facts)
{
    struct fold f = { .m = m, .in = &in, .out = out, .facts = facts };
    if (!fold_once(&f))
        return false;
    /* Words of imitators alone are taken for what they are in a text of their script, and in no other. */
    bool suspicious = f.unsure && (f.mixed >= MIXED_TELLING || !(f.all & (KIND_HONEST | KIND_LOOSE)));
    bool imitated = f.unsure >= IMITATED_TELLING && !(f.all & (KIND_HONEST | KIND_LOOSE));
    bool parted = is_parted(&f);
    if (suspicious || parted) {
        f = (struct fold){ .m = m, .in = &in, .out = out, .facts = facts };
        f.is_suspicious = suspicious;
        f.is_imitated = imitated;
        f.is_parted = parted;
        if (!fold_once(&f))
            return false;
    }
    facts->oddities |= (f.invisible >= INVISIBLE_TELLING ? ODD_INVISIBLE : 0) |
                       (f.selectors >= SELECTORS_TELLING ? ODD_SELECTORS : 0) |
                       (f.mixed >= MIXED_TELLING ? ODD_CONFUSABLE : 0) | (f.stacked >= STACKED_TELLING ? ODD_MARKS : 0);
    facts->hints |= f.pictures >= PICTURES_TELLING ? HINT_MARKS : 0;
    facts->hints |= (f.alone >= ALONE_TELLING ? HINT_SPACED : 0) | ((f.all & KIND_MARKED) ? HINT_MARKS : 0);
    return true;
}
