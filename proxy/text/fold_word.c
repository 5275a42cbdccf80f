/* fold_word.c - a word with letters beyond ASCII, when it has ended: whose script is it, really?
 *
 * A word that mixes Latin letters with others that all imitate Latin ones is a Latin word in disguise. A word of
 * nothing but imitators ("а", "со", "ρετ") is one only where there is reason to think so: beside a Latin word, in a
 * text that has been found to mix, or that has no letter which imitates nothing. The same goes for letters that imitate
 * by habit, unless they stand amid Latin ones. Everything else keeps its letters, which become small. Imitators are
 * told by how they look, so this comes before capitals are made small (Н looks like H, н does not). A letter never
 * becomes longer, so a word is rewritten where it stands. */
#include "proxy/text/fold_parts.h"

#include <utf8proc.h>

#include "proxy/base/utf8.h"
#include "proxy/text/confusable.h"

enum { WORD_BYTES_MAX = 128, BETWEEN_MAX = 8, TELLING_LETTERS = 4 };

static bool is_latin(uint32_t c)
{
    return c < 0x80 ? char_is((char)c, IS_ALPHA)
                    : (c >= 0xc0 && c < 0x2b0) || (c >= 0x1d00 && c < 0x1dc0) || (c >= 0x1e00 && c < 0x1f00) ||
                          (c >= 0x2c60 && c < 0x2c80) || (c >= 0xa720 && c < 0xa800) || (c >= 0xab30 && c < 0xab70);
}

static bool is_letter(uint32_t c)
{
    utf8proc_category_t k = utf8proc_category((utf8proc_int32_t)c);
    return k >= UTF8PROC_CATEGORY_LU && k <= UTF8PROC_CATEGORY_LO;
}

uint8_t kind_of(uint32_t c)
{
    utf8proc_category_t k = utf8proc_category((utf8proc_int32_t)c);
    unsigned kind = is_bearing_marks(c) ? KIND_MARKED : 0;
    if (k < UTF8PROC_CATEGORY_LU || k > UTF8PROC_CATEGORY_NO)
        return (uint8_t)kind;
    kind |= KIND_WORD;
    if (!is_letter(c))
        return (uint8_t)kind;
    if (utf8proc_tolower((utf8proc_int32_t)c) != (utf8proc_int32_t)c)
        kind |= KIND_CAPITAL;
    if (is_latin(c))
        return (uint8_t)(kind | KIND_LATIN);
    return (uint8_t)(kind | (confusable_of(c) ? KIND_STRICT : lookalike_of(c) ? KIND_LOOSE : KIND_HONEST));
}

/* The Latin letters of a word whose other letters all imitate Latin ones: how many, and whether some come after others.
 * A foreign ending on an acronym is no disguise. */
static unsigned latin_letters(struct str word, bool *interleaved)
{
    unsigned latin = 0;
    bool others = false;
    for (size_t i = 0, width; i < word.len; i += width) {
        uint32_t c = char_at(word, i, &width);
        if (is_latin(c)) {
            latin++;
            *interleaved |= others;
        }
        others |= c >= 0x80 && !is_latin(c);
    }
    return latin;
}

/* Is the word before out[word], or the one after in[next], Latin? */
static bool has_latin_neighbour(const struct fold *f, size_t word, size_t next)
{
    struct str out = form_reading(f->out).text, in = f->in->text;
    size_t i = word, between = 0;
    while (i && between++ < BETWEEN_MAX && !char_is(out.at[i - 1], IS_WORD | IS_HIGH))
        i--;
    if (i && char_is(out.at[i - 1], IS_ALPHA))
        return true;
    for (between = 0; next < in.len && between < BETWEEN_MAX && !char_is(in.at[next], IS_WORD | IS_HIGH); between++)
        next++;
    for (size_t k = next; k < in.len && k < next + WORD_BYTES_MAX / 4 && char_is(in.at[k], IS_WORD | IS_HIGH); k++)
        if (char_is(in.at[k], IS_ALPHA))
            return true;
    return false;
}

static char imitated_by(uint32_t c)
{
    uint8_t like = confusable_of(c);
    return like ? (like & CONFUSABLE_LATIN ? 0 : (char)like) : lookalike_of(c);
}

static size_t rewrite(struct form *out, size_t word, bool as_latin)
{
    struct str s = str_of(out->text, out->len);
    size_t to = word, width;
    for (size_t i = word; i < s.len; i += width) {
        uint32_t c = char_at(s, i, &width);
        char bytes[4], like = c >= 0x80 && as_latin ? imitated_by(c) : 0;
        size_t n = width;
        if (like) {
            bytes[0] = like;
            n = 1;
        } else if (c >= 0x80) {
            n = utf8_encode(bytes, (uint32_t)utf8proc_tolower((utf8proc_int32_t)c));
        } else {
            bytes[0] = (char)c;
        }
        if (n > width) /* two letters are longer when small; they stay */
            memcpy(bytes, s.at + i, n = width);
        uint32_t from = out->from[i];
        uint16_t span = (uint16_t)(out->from[i + width - 1] + out->span[i + width - 1] - from); /* of all its bytes */
        for (size_t k = 0; k < n; k++, to++) {
            out->text[to] = bytes[k];
            out->from[to] = from;
            out->span[to] = span;
        }
    }
    return to;
}

void fold_end_word(struct fold *f, size_t next)
{
    if (!f->is_foreign)
        return;
    f->is_foreign = false;
    size_t start = f->word;
    fold_count_alone(f, f->out->len);
    if (fold_word_is_plain(f))
        return;
    for (unsigned n = 0; start && n < WORD_BYTES_MAX && char_is(f->out->text[start - 1], IS_WORD); n++)
        start--;
    f->m->work += 2 * (f->out->len - start);
    bool as_latin = false, interleaved = false;
    if (!(f->kinds & KIND_HONEST) && (f->kinds & (KIND_STRICT | KIND_LOOSE))) {
        unsigned latin = latin_letters(str_of(f->out->text + start, f->out->len - start), &interleaved);
        unsigned letters = f->letters + latin;
        bool loose = (f->kinds & KIND_LOOSE) != 0, mixed = latin || (f->kinds & KIND_LATIN);
        bool sure = mixed && (!loose || (interleaved && letters >= TELLING_LETTERS));
        as_latin = sure || (f->is_suspicious && (mixed || f->is_imitated || has_latin_neighbour(f, start, next)));
        f->unsure += !sure;
        f->mixed += mixed && as_latin && letters >= TELLING_LETTERS;
    }
    if (as_latin || (f->kinds & KIND_CAPITAL))
        f->out->len = rewrite(f->out, start, as_latin);
}
