/* finding_place.h - where something was found. Private to findings.c, and for its tests. */
#ifndef CORE_FINDING_PLACE_H
#define CORE_FINDING_PLACE_H

#include "proxy/base/jsonx.h"

/* Appends the way from the root to `node`: messages[0].content[1].text. A member whose name is the caller's own is told by its place
 * among the others: input_data.#3; what stands in such a name has " (name)" behind it. False without room. */
bool finding_path(const struct jsonx *j, uint32_t node, struct buf *out) MUST_USE;
/* `before` was rewritten to `after`: bytes [*start, *end) of that become those of `before`. Where they lie among what was rewritten it is
 * the only place there with the same bytes, else all of what was. */
void finding_origin(struct str before, struct str after, size_t *start, size_t *end);

#endif
