/* texts.h - made-up texts, the same for the same seed, and made-up rules: nothing in them is anybody's. */
#ifndef GUARD_TEXTS_H
#define GUARD_TEXTS_H

#include "proxy/base/buf.h"

enum text_kind {
#define TEXT(kind, group, about) MADE_##kind,
#include "texts.def"
#undef TEXT
    MADE_KINDS
};
enum text_group { GROUP_plain, GROUP_script, GROUP_disguised };

struct text_about {
    const char *word, *about;
    enum text_group group;
};
extern const struct text_about TEXTS_MADE[MADE_KINDS];

/* Appends at least `bytes` and at most a few words more, valid UTF-8. */
void text_make(enum text_kind kind, uint64_t seed, size_t bytes, struct buf *out);
/* Appends a rule file with so many rules: chains of two or three parts of four words, one word of each part as in the texts; of rare
 * ones the first part has none, as in rules whose key word ordinary texts do not have. */
void rules_make(size_t count, bool is_rare, struct buf *out);

#endif
