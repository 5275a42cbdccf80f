/* list.c - the rows of list.def as tables. */
#include "filters/list.h"

#define FILTER(stage, symbol) extern const struct filter symbol;
#define IDENTITY(symbol)      extern const struct filter symbol;
#define SECTION(symbol)       extern const struct section_kind symbol;
#include "filters/list.def"

/* Both end with NULL, so that an empty list is still an array. */
static const struct filter *const FILTERS[] = {
#define FILTER(stage, symbol) &symbol,
#include "filters/list.def"
    NULL,
};

static const struct section_kind *const SECTIONS[] = {
#define SECTION(symbol) &symbol,
#include "filters/list.def"
    NULL,
};

const struct language LANGUAGE = {
    .filters = { .at = FILTERS, .count = ARRAY_LEN(FILTERS) - 1 },
    .sections = SECTIONS,
    .sections_count = ARRAY_LEN(SECTIONS) - 1,
#define IDENTITY(symbol) .identity = &symbol,
#include "filters/list.def"
};
