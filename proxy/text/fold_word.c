/* fold_word.c - a word with letters beyond ASCII, when it has ended: whose script is it, really?
 *
 * A word that mixes Latin letters with others that all imitate Latin ones is a Latin word in disguise. So is a word of
 * nothing but imitators that stands beside a Latin word: "а" and "со" are Russian among Russians. Everything else keeps
 * its letters, which become small. Imitators are told by how they look, so this comes before capitals are made small (Н
 * looks like H, н does not). A letter never becomes longer, so a word is rewritten where it stands. */
#include "proxy/text/fold_parts.h"

#include <utf8proc.h>

#include "proxy/base/utf8.h"
#include "proxy/text/confusable.h"

enum { WORD_BYTES_MAX = 128, BETWEEN_MAX = 8, TELLING_LETTERS = 4 };

void fold_open_word(struct fold *f)
{
    if (f->is_foreign) {
        if (f->out->len - f->word < WORD_BYTES_MAX)
            return;
        fold_end_word(f, SIZE_MAX); /* scripts without spaces: in pieces */
    }
    size_t start = f->out->len;
    while (start && f->out->len - start < WORD_BYTES_MAX / 2 && char_is(f->out->text[start - 1], IS_WORD))
        start--;
    f->word = start;
    f->is_foreign = true;
}

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

/* What a word is made of: Latin letters, imitators by the standard, imitators by habit, letters that imitate nothing.
 */
struct makeup {
    unsigned letters, latin, strict, loose, honest;
    bool capitals;
    bool interleaved; /* Latin goes on after something else: not just a foreign ending on an acronym */
};

static struct makeup makeup_of(struct str word)
{
    struct makeup m = { .letters = 0 };
    size_t width;
    for (size_t i = 0; i < word.len; i += width) {
        uint32_t c = char_at(word, i, &width);
        if (c < 0x80) {
            bool letter = char_is((char)c, IS_ALPHA);
            m.interleaved |= letter && m.latin < m.letters;
            m.latin += letter;
            m.letters += letter;
            continue;
        }
        bool cyrillic = c >= 0x400 && c < 0x482;
        if (!cyrillic && !is_letter(c))
            continue;
        m.letters++;
        m.capitals |= cyrillic ? c < 0x430 || c >= 0x460 : utf8proc_tolower((utf8proc_int32_t)c) != (utf8proc_int32_t)c;
        if (is_latin(c))
            m.latin++;
        else if (confusable_of(c))
            m.strict++;
        else if (lookalike_of(c))
            m.loose++;
        else
            m.honest++;
    }
    return m;
}

/* Is the word before out[word], or the one after in[next], Latin? */
static bool has_latin_neighbour(const struct fold *f, size_t next)
{
    struct str out = form_reading(f->out).text, in = f->in->text;
    size_t i = f->word, between = 0;
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
        uint16_t span = out->span[i];
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
    struct str word = str_of(f->out->text + f->word, f->out->len - f->word);
    struct makeup m = makeup_of(word);
    bool mixed =
        m.latin && !m.honest && (m.strict || m.loose) && (!m.loose || (m.interleaved && m.letters >= TELLING_LETTERS));
    bool beside =
        !mixed && m.strict && !m.latin && !m.loose && !m.honest && next != SIZE_MAX && has_latin_neighbour(f, next);
    f->m->work += 2 * word.len;
    f->alone = m.letters == 1 ? f->alone + 1 : 0;
    f->mixed += mixed && m.letters >= TELLING_LETTERS;
    if (mixed || beside || m.capitals)
        f->out->len = rewrite(f->out, f->word, mixed || beside);
}
