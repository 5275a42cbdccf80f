/* fetch_parts.h - what the files of a fetch share; nobody else includes it. */
#ifndef EDGE_FETCH_PARTS_H
#define EDGE_FETCH_PARTS_H

#include "proxy/base/buf.h"
#include "proxy/core/world.h"
#include "proxy/http/url.h"

/* What the ask wants is checked here once more, whatever its maker has checked. False with the reason in *why; then
 * `out` must not be sent. `url` has parts of the ask's own. */
bool fetch_write_request(const struct ask_fetch *ask, struct buf *out, struct url *url, const char **why) MUST_USE;

#endif
