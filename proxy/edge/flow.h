/* flow.h - back-pressure between the two sides of an exchange: what forward.c and front.c say to one another.
 *
 * The answer is read only while the caller's side has room for it. When it has none, forward.c stops reading in the
 * middle of whatever it was at; once there is room again the front calls forward_resume, and reading goes on in the
 * same turn. */
#ifndef EDGE_FLOW_H
#define EDGE_FLOW_H

#include <stdbool.h>

struct exchange;

/* front.c: may more of the answer be given to the exchange now? */
bool front_has_room(const struct exchange *x);
/* forward.c: there is room again. Never calls back within the call; harmless when nothing was held up or is open. */
void forward_resume(struct exchange *x);

#endif
