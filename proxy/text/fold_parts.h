/* fold_parts.h - private to fold*.c: a text while it is made plain. */
#ifndef TEXT_FOLD_PARTS_H
#define TEXT_FOLD_PARTS_H

#include "proxy/text/view_parts.h"

struct fold {
    struct view_memory *m;
    const struct reading *in;
    struct form *out;
    struct fold_facts *facts;
    size_t word;        /* in `out`: where the word begins that is under way, if `is_foreign` */
    bool is_foreign;    /* it has letters beyond ASCII, so it is to be settled when it ends */
    bool failed;        /* without memory or at the ceiling */
    unsigned alone;     /* words of one letter in a row */
    unsigned invisible; /* zero-width characters between letters */
    unsigned mixed;     /* words that mixed scripts */
    unsigned selectors; /* variation selectors where none belong */
    unsigned stacked;   /* letters under three marks or more */
};

/* fold.c: one character that stands for in[i, j). */
void fold_char(struct fold *f, uint32_t code, size_t i, size_t j);
void fold_ascii(struct fold *f, char c, size_t i, size_t j);
/* fold_word.c: a character joins the word under way (there may be none yet); the word ends before in[next]. */
void fold_open_word(struct fold *f);
void fold_end_word(struct fold *f, size_t next);
/* fold_hidden.c: tag characters and variation selectors from in[i] on; both return where they end. */
size_t fold_tags(struct fold *f, size_t i);
size_t fold_selectors(struct fold *f, size_t i);
static inline bool is_tag(uint32_t c)
{
    return c >= 0xe0000 && c < 0xe0080;
}
static inline bool is_selector(uint32_t c)
{
    return (c >= 0xfe00 && c < 0xfe10) || (c >= 0xe0100 && c < 0xe01f0);
}
/* fold_marks.c: combining marks from in[i] on join the character before them, composed where Unicode has a composed
 * form. `code` is the first of them, which ends at in[j). Returns where they end. */
size_t fold_marks(struct fold *f, uint32_t code, size_t i, size_t j);

#endif
