/* fold_hidden.c - text that is sent but not seen: ASCII in tag characters, bytes in variation selectors, bits in two characters of no
 * width.
 *
 * A model reads them all. They are read here where they stand; a single one between visible letters says nothing by itself
 * and is dropped, so that it does not part the word. */
#include "proxy/text/fold_parts.h"

#include "proxy/base/utf8.h"

enum { FLAG_TAGS_MAX = 7, RUN_MIN_HIDDEN = 2, BITS_MIN = 32 };

/* The hidden text is a word of its own, whatever stands beside it. */
static void part(struct fold *f, size_t i, size_t j)
{
    if (f->out->len && char_is(f->out->text[f->out->len - 1], IS_WORD | IS_HIGH))
        fold_ascii(f, ' ', i, j);
    else
        fold_end_word(f, j);
}

static void part_after(struct fold *f, size_t i, size_t j)
{
    if (j < f->in->text.len && char_is(f->in->text.at[j], IS_WORD | IS_HIGH))
        part(f, i, j);
}

size_t fold_tags(struct fold *f, size_t i)
{
    struct str s = f->in->text;
    size_t end = i, n = 0, width;
    uint32_t code = 0, last = 0;
    for (; end < s.len && is_tag(code = char_at(s, end, &width)); end += width, last = code)
        n += code >= 0xe0020 && code < 0xe007f;
    /* the flags of England, Scotland, Wales, …: a black flag, a region in tags, an end */
    if (i >= 4 && memcmp(s.at + i - 4, "\xf0\x9f\x8f\xb4", 4) == 0 && last == 0xe007f && n <= FLAG_TAGS_MAX)
        return end;
    f->facts->oddities |= ODD_TAGS;
    f->m->work += end - i;
    if (n < RUN_MIN_HIDDEN)
        return end;
    part(f, i, i + 4);
    for (size_t k = i; k < end; k += width) {
        code = char_at(s, k, &width);
        if (code >= 0xe0020 && code < 0xe007f)
            fold_ascii(f, (char)(code - 0xe0000), k, k + width);
    }
    part_after(f, end - 4, end);
    return end;
}

static unsigned selector_byte(uint32_t code)
{
    return code >= 0xe0100 ? code - 0xe0100 + 16 : code - 0xfe00;
}

size_t fold_selectors(struct fold *f, size_t i)
{
    struct str s = f->in->text;
    size_t end = i, n = 0, width, have = 0, start = i;
    char bytes[4];
    for (; end < s.len && is_selector(char_at(s, end, &width)); end += width)
        n++;
    f->m->work += 2 * (end - i);
    if (n < RUN_MIN_HIDDEN) { /* how an emoji or an ideograph is drawn; a letter is not drawn in several ways */
        f->selectors += i && char_is(s.at[i - 1], IS_ALPHA);
        return end;
    }
    f->selectors += (unsigned)(n < 256 ? n : 256);
    part(f, i, i + 1);
    for (size_t k = i; k < end; k += width) {
        uint32_t code = char_at(s, k, &width);
        unsigned byte = selector_byte(code);
        if (have && (byte & 0xc0) != 0x80)
            have = 0; /* what came before was no character */
        if (!have && (byte > 0xf4 || (byte >= 0x80 && byte < 0xc2)))
            continue;
        if (!have)
            start = k;
        bytes[have++] = (char)byte;
        size_t valid = utf8_valid_one(str_of(bytes, have));
        if (!valid && have < 4)
            continue;
        have = 0;
        if (!valid)
            continue;
        size_t ignored;
        uint32_t hidden = char_at(str_of(bytes, valid), 0, &ignored);
        if (hidden < 0x80)
            fold_ascii(f, (char)hidden, start, k + width);
        else
            fold_char(f, hidden, start, k + width);
    }
    part_after(f, start, end);
    return end;
}

/* ---- bits ---- */

/* As many of them, of these two, as follow one another: what is a 1, and how many make a character, is tried. */
struct bits {
    struct str s;
    size_t at;
    uint32_t one;
    unsigned size;
};

static bool next_char(struct bits *b, unsigned *c)
{
    *c = 0;
    for (unsigned k = 0; k < b->size; k++) {
        size_t width;
        if (b->at == b->s.len)
            return false;
        *c = *c << 1 | (char_at(b->s, b->at, &width) == b->one);
        b->at += width;
    }
    return true;
}

/* Is it all ASCII that one reads, but for a few bits at the end? */
static bool bits_spell(struct bits b)
{
    unsigned c;
    while (next_char(&b, &c))
        if (c >= 0x7f || char_is((char)c, IS_CONTROL))
            return false;
    return true;
}

size_t fold_bits(struct fold *f, size_t i)
{
    static const unsigned SIZES[] = { 8, 7, 16 };
    struct str s = f->in->text;
    uint32_t kinds[2] = { 0 }, last = 0;
    size_t end = i, n = 0, known = 0, width;
    if (i < f->bits_from)
        return i;
    for (; end < s.len; end += width, n++) {
        uint32_t code = char_at(s, end, &width);
        if (!is_bit(code) || (known == 2 && code != kinds[0] && code != kinds[1]))
            break;
        if (!known || (known == 1 && code != kinds[0]))
            kinds[known++] = code;
        if (code != last)
            f->bits_from = end; /* with a third one, two may go on from here */
        last = code;
    }
    f->m->work += 2 * (end - i);
    if (n < BITS_MIN)
        return i;
    f->facts->oddities |= ODD_INVISIBLE;
    for (size_t k = 0; known == 2 && k < 2 * ARRAY_LEN(SIZES); k++) {
        struct bits b = { str_of(s.at + i, end - i), 0, kinds[k % 2], SIZES[k / 2] };
        unsigned c;
        if (!bits_spell(b))
            continue;
        f->facts->oddities |= ODD_SELECTORS;
        f->m->work += 2 * (end - i);
        part(f, i, i + 1);
        for (size_t from = 0; from < end - i; from = b.at)
            if (next_char(&b, &c))
                fold_ascii(f, (char)c, i + from, i + b.at);
        part_after(f, end - 3, end);
        return end;
    }
    f->bits_from = end;
    return i;
}
