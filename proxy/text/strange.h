/* strange.h - private to the room: texts in what is no language. */
#ifndef TEXT_STRANGE_H
#define TEXT_STRANGE_H

#include "proxy/text/view_parts.h"

struct strange {
    unsigned hints;
    unsigned factor, shift; /* of a cipher: (factor * letter + shift) % 26, factor 0 is 1 */
    const char *keys;       /* … or what each letter is, when the hands were on the wrong keys */
    bool is_rot47;
    bool is_short; /* most words are */
};

/* What is strange about a plain text with so many words of six letters and more: a bounded number of steps each sample, told from some of them. */
void look_strange(struct str text, size_t long_words, struct strange *to, uint64_t *work);

/* The text with its letters put back. */
bool decipher_text(struct view_memory *m, struct reading in, struct form *out, const struct strange *how) MUST_USE;
extern const struct strange ROT13;
bool rot13_text(struct view_memory *m, struct reading in, struct form *out, bool *changed) MUST_USE;
/* numbers.c: letters by their numbers, in other ways than decode_numbers.c knows. */
bool numbers_text(struct view_memory *m, struct reading in, struct form *out, bool *changed) MUST_USE;
/* decode_groups.c: do codes in groups, or words each in a code, begin near; and what they say. */
bool has_groups(struct str s, uint64_t *work);
bool groups_text(struct view_memory *m, struct reading in, struct form *out, bool *changed) MUST_USE;
/* decode_dense.c: Morse; base85 and uuencode. */
bool morse_text(struct view_memory *m, struct reading in, struct form *out, bool *changed) MUST_USE;
bool dense_text(struct view_memory *m, struct reading in, struct form *out, bool *changed) MUST_USE;

#endif
