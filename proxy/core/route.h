/* route.h - which route a request takes. */
#ifndef CORE_ROUTE_H
#define CORE_ROUTE_H

#include "proxy/core/setup.h"

/* The most specific route whose path pattern, method and host fit; NULL when none does. *path_known tells whether a route fits
 * but for the method. */
const struct route *route_find(const struct setup *s, struct str method, struct str host, struct str path,
                               bool *path_known);
/* Does the pattern fit the path? `{name}` stands for one non-empty segment, a last `*` for any rest. Literal segments are compared
 * decoded and without case, and a trailing slash is overlooked, as is what a segment has behind a `;`: servers behind us may
 * be as lenient, and another spelling of a path must not take a wider route than the path itself. */
bool route_pattern_fits(struct str pattern, struct str path);
/* More specific first: longer literal prefix, no star, more segments, fewer variables. Negative when a comes first. A pattern that
 * another one contains always comes before it. */
int route_pattern_cmp(struct str a, struct str b);

#endif
