/* fold_parts.h - private to fold*.c: a text while it is made plain. */
#ifndef TEXT_FOLD_PARTS_H
#define TEXT_FOLD_PARTS_H

#include "proxy/text/view_parts.h"

/* What a character is to a word. */
enum kind {
    KIND_SLOW = 1,     /* decomposed, invisible, white space, a mark: fold_char sees to it */
    KIND_WORD = 2,     /* part of a word */
    KIND_LATIN = 4,    /* a letter of the Latin script */
    KIND_STRICT = 8,   /* of another, but it imitates a Latin one by UTS 39 */
    KIND_LOOSE = 16,   /* … or by habit only */
    KIND_HONEST = 32,  /* … or not at all */
    KIND_CAPITAL = 64, /* it has a small form */
    KIND_MARKED = 128, /* VIEW_BARE would read it as another */
};

struct fold {
    struct view_memory *m;
    const struct reading *in;
    struct form *out;
    struct fold_facts *facts;
    size_t literal;     /* in `in`: from here on nothing has been copied yet */
    size_t word;        /* in `out`, once all is copied: the first letter beyond ASCII of the word under way */
    bool is_foreign;    /* there is such a word */
    bool is_joined;     /* … and ASCII letters before it belong to it */
    unsigned kinds;     /* all that its letters are, but for ASCII ones */
    unsigned letters;   /* how many they are */
    bool failed;        /* without memory or at the ceiling */
    unsigned all;       /* kinds that the text has */
    unsigned alone;     /* words of one letter in a row */
    unsigned invisible; /* zero-width characters between letters */
    unsigned mixed;     /* words that mixed scripts */
    unsigned unsure;    /* words that may have, were there reason to think so */
    bool is_suspicious; /* there is: the second time over a text */
    bool is_imitated;   /* … and its foreign words are all of imitators alone, and several */
    bool is_parted;     /* zero-width characters are what parts its words: likewise */
    unsigned selectors; /* variation selectors where none belong */
    size_t bits_from;   /* before this, there is no run of bits */
    unsigned pictures;  /* between two letters, as if they were spaces */
    unsigned stacked;   /* letters under three marks or more */
};

/* fold.c: one character that stands for in[i, j); all before it has been copied. */
void fold_char(struct fold *f, uint32_t code, size_t i, size_t j);
void fold_ascii(struct fold *f, char c, size_t i, size_t j);
/* fold_word.c: what a character is; whether a word of such letters is to be looked at again when it has ended before
 * in[next], and that look. All of the word has been copied. */
uint8_t kind_of(uint32_t code);
void fold_end_word(struct fold *f, size_t next);
static inline void fold_open_word(struct fold *f, size_t at, char before)
{
    if (f->is_foreign)
        return;
    f->word = at;
    f->is_foreign = true;
    f->is_joined = char_is(before, IS_WORD);
    f->kinds = f->letters = 0;
}
static inline bool fold_word_is_plain(const struct fold *f)
{
    return !(f->kinds & KIND_CAPITAL) && ((f->kinds & KIND_HONEST) || !(f->kinds & (KIND_STRICT | KIND_LOOSE)));
}
/* The word that ends at `end` in `out`, once all is copied: is it a letter that stands alone, one of several? */
static inline void fold_count_alone(struct fold *f, size_t end)
{
    f->alone = f->letters == 1 && !f->is_joined && end - f->word <= 4 ? f->alone + 1 : 0;
}
/* fold_hidden.c: tag characters, variation selectors, and characters of no width that may be bits, from in[i] on. They return where
 * what they have taken ends: i where these are no bits. */
size_t fold_tags(struct fold *f, size_t i);
size_t fold_selectors(struct fold *f, size_t i);
size_t fold_bits(struct fold *f, size_t i);
static inline bool is_tag(uint32_t c)
{
    return c >= 0xe0000 && c < 0xe0080;
}
static inline bool is_selector(uint32_t c)
{
    return (c >= 0xfe00 && c < 0xfe10) || (c >= 0xe0100 && c < 0xe01f0);
}
static inline bool is_bit(uint32_t c)
{
    return (c >= 0x200b && c < 0x2010) || (c >= 0x2060 && c < 0x2066) || (c >= 0x206a && c < 0x2070) || c == 0x180e || c == 0xfeff;
}
/* fold_pictured.c: the letter that the character at in[i] draws; 0: none. */
char fold_enclosed(const struct fold *f, uint32_t c, size_t i);
char fold_braille(uint32_t c);
/* fold_marks.c: combining marks from in[i] on join the character before them, composed where Unicode has a composed
 * form. `code` is the first of them, which ends at in[j). Returns where they end. */
size_t fold_marks(struct fold *f, uint32_t code, size_t i, size_t j);

#endif
