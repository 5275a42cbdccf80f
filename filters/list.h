/* list.h - the language of the configuration: all filters, and what they add to the file. */
#ifndef FILTERS_LIST_H
#define FILTERS_LIST_H

#include "proxy/core/setup.h"

/* For setup_read, `settings`, `schema` and `explain`. */
extern const struct language LANGUAGE;

#endif
