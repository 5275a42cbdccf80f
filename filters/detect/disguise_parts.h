/* disguise_parts.h - what the files of the disguise share. Private to this folder. */
#ifndef DETECT_DISGUISE_PARTS_H
#define DETECT_DISGUISE_PARTS_H

#include "filters/detect/disguise.h"

enum { DISGUISE_VALUES_MAX = 8000, DISGUISE_NAME_WORDS_MAX = 6 };

struct disguise_value {
    struct str original, stand_in;
    const struct sensitive *row;
    unsigned attempt, number; /* of the placeholder */
    bool inside;              /* was found within a word */
    bool is_word;             /* of a name: a part of others */
    bool is_family;
    bool is_silent;                                       /* a part that is too common to be looked for by itself */
    uint32_t parts[DISGUISE_NAME_WORDS_MAX], parts_count; /* of a name: values that are words */
};

/* A find: its place in the text that begins at `text`. */
struct disguise_find {
    const char *text;
    size_t start, end;
    uint32_t value;
};

struct disguise {
    struct arena *arena;
    struct disguise_options options;
    struct disguise_value *values;
    size_t count, room;
    uint32_t *slots, slots_count; /* by original; value + 1 */
    struct disguise_find *finds;  /* in the order of texts */
    size_t finds_count, finds_room, finds_at;
    struct replacer there, back;
    struct replacement *there_words, *back_words;
    size_t back_room;
};

/* ---- disguise_values.c ---- */

/* Where the value of that original is, or would be: its index + 1, or 0. Only once there are values. */
uint32_t *disguise_slot(const struct disguise *d, struct str original);
/* `de`, `van`: a word of a name that stays as it is. */
bool disguise_is_particle(struct str word);

/* ---- disguise_forms.c ---- */

enum { DISGUISE_FORMS_MAX = 4 };
struct disguise_form {
    struct str from, to;
};
/* Other forms of its stand-in, and what they stand for; at == NULL at the ceiling. */
size_t disguise_forms(struct disguise *d, const struct disguise_value *v, struct disguise_form forms[DISGUISE_FORMS_MAX]);

/* ---- disguise.c ---- */

/* Goes through the text: finds, and values between them. Each is told to `each`. */
struct disguise_walk {
    bool (*each)(void *owner, struct str between, uint32_t value);
    void *owner;
};
/* At the end `each` is given what is left, and DISGUISE_VALUES_MAX. */
bool disguise_walk_text(struct disguise *d, struct str text, const struct disguise_walk *walk);

struct disguise_writing {
    struct disguise *d;
    struct buf out;
    struct disguise_find *places; /* where stand-ins lie in `out`; NULL: nobody asks */
    size_t places_count, places_room;
};
/* For disguise_walk_text; its owner is a struct disguise_writing, whose `out` has room for disguise_room bytes. */
bool disguise_write_each(void *owner, struct str between, uint32_t value);
static inline size_t disguise_room(struct str text)
{
    return 4 * text.len + 4096;
}

#endif
