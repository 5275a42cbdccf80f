/* gate.h - how many connections there are, in all and from one address, and whether one more may come in.
 *
 * Counts are exact, in a table made once for the ceiling. An IPv6 caller counts by its /64, since one customer has that
 * many addresses. Each worker has its own gate: the ceilings are one worker's. */
#ifndef EDGE_GATE_H
#define EDGE_GATE_H

#include "proxy/http/url.h"

struct gate;

/* 0 for per_address: no such ceiling. NULL without memory. */
struct gate *gate_new(size_t connections_max, size_t per_address_max);
void gate_free(struct gate *g); /* NULL is fine */

/* One more connection; false at the ceiling. gate_leave gives it back. */
bool gate_enter(struct gate *g) MUST_USE;
void gate_leave(struct gate *g);
/* One more from that address, for a connection that has entered; false at the ceiling. */
bool gate_enter_from(struct gate *g, const struct ip_address *from) MUST_USE;
void gate_leave_from(struct gate *g, const struct ip_address *from);

size_t gate_count(const struct gate *g);
size_t gate_count_from(const struct gate *g, const struct ip_address *from);

#endif
