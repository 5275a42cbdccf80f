/* route.h - which route a request takes. */
#ifndef CORE_ROUTE_H
#define CORE_ROUTE_H

#include "proxy/core/setup.h"

/* The most specific route whose path pattern, method and host fit; NULL when none does. *path_known tells whether a route fits
 * but for the method. */
const struct route *route_find(const struct setup *s, enum http_method method, struct str method_word, struct str host,
                               struct str path, bool *path_known);
/* Does the pattern fit the path? `{name}` stands for one non-empty segment, a last `*` for any rest. */
bool route_pattern_fits(struct str pattern, struct str path);
/* More specific first: longer literal prefix, fewer variables, no star. Negative when a comes first. */
int route_pattern_cmp(struct str a, struct str b);

#endif
