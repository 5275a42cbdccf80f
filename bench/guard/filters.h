/* filters.h - the guard's filters as a loop can call them: one text in, the number of findings out. */
#ifndef GUARD_FILTERS_H
#define GUARD_FILTERS_H

#include "proxy/base/str.h"

struct measured {
    const char *word, *about;
    bool everywhere; /* measured on all kinds of texts, not on prose alone */
    bool by_event;   /* the text comes word by word, as a model streams it: the figure is nanoseconds a word */
    bool (*open)(struct measured *m);
    size_t (*run)(struct measured *m, struct str text);
    void *state; /* the filter's own */
    size_t number; /* of made-up rules */
    bool is_rare;  /* those */
    size_t pieces; /* told by run: words of the text, or tokens counted */
};

extern struct measured MEASURED[];
extern const size_t MEASURED_COUNT;

#endif
