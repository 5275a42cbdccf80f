/* sensitive_forms.h - all that is found in a text: as it stands there, and in its other forms: base64, hex, percent, entities and \u, full-width
 * digits, numbers with typographic spaces and hyphens or invisible characters in them.
 *
 * A text that shows no such form is scanned once. Else its views (proxy/text/views.h) are scanned too, and what is found in one of them is the
 * bytes that it was made from; of a run of base64 or hex all of it, since nothing else can stand in a part. */
#ifndef DETECT_SENSITIVE_FORMS_H
#define DETECT_SENSITIVE_FORMS_H

#include "filters/detect/pattern_set.h"
#include "proxy/text/views.h"

struct sensitive_find {
    size_t start, end;
    uint32_t pattern;
    bool in_form; /* text[start, end) says it in another form */
};

/* A worker's. */
struct sensitive_finder {
    struct pattern_scratch *scratch; /* owned, as all below */
    struct views views;
    struct sensitive_find *finds;
    size_t count, room;
};
bool sensitive_finder_init(struct sensitive_finder *f, const struct pattern_set *set) MUST_USE;
void sensitive_finder_finish(struct sensitive_finder *f);

/* Finds all in `text` (valid UTF-8), sorted, not overlapping: f->finds, until the next call. False without memory, or when the text was made to
 * cost too much: *is_spent; f->finds is then what was found until that was known, in no order. */
bool sensitive_find_all(struct sensitive_finder *f, const struct pattern_set *set, struct str text, bool *is_spent) MUST_USE;

/* May it say anything in another form? */
bool sensitive_has_forms(struct str text);

#endif
