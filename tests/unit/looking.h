/* looking.h - rows of secrets or personal data, all of them in all countries, ready to be looked for. */
#ifndef UNIT_LOOKING_H
#define UNIT_LOOKING_H

#include <stdlib.h>

#include "filters/detect/sensitive.h"

struct looking {
    struct pattern_set *set;
    struct pattern_scratch *scratch;
};

static struct looking look_for(const struct sensitive *rows, const char *const *kinds)
{
    const struct pattern *list[SENSITIVE_ROWS_MAX];
    struct problems problems;
    struct looking l;
    problems_init(&problems, STR("test"), STR_NONE);
    l.set = pattern_set_new(list, sensitive_select(rows, kinds, UINT64_MAX, PERSONAL_COUNTRIES, UINT64_MAX, list), &problems);
    problems_finish(&problems);
    if (!l.set || !(l.scratch = pattern_scratch_new(l.set)))
        abort();
    return l;
}

static void end(struct looking *l)
{
    pattern_scratch_free(l->scratch);
    pattern_set_free(l->set);
}

#endif
