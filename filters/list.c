/* list.c - the rows of list.def as tables. */
#include "filters/list.h"

#define FILTER(stage, symbol) extern const struct filter symbol;
#define SECTION(symbol)       extern const struct section_kind symbol;
#include "filters/list.def"
#undef FILTER
#undef SECTION

/* Both end with NULL, so that an empty list is still an array. */
static const struct filter *const FILTERS[] = {
#define FILTER(stage, symbol) &symbol,
#define SECTION(symbol)
#include "filters/list.def"
#undef FILTER
#undef SECTION
    NULL,
};

static const struct section_kind *const SECTIONS[] = {
#define FILTER(stage, symbol)
#define SECTION(symbol) &symbol,
#include "filters/list.def"
#undef FILTER
#undef SECTION
    NULL,
};

const struct language LANGUAGE = {
    .filters = { .at = FILTERS, .count = ARRAY_LEN(FILTERS) - 1 },
    .sections = SECTIONS,
    .sections_count = ARRAY_LEN(SECTIONS) - 1,
};
