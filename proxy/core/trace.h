/* trace.h - the request's own names: its id, and the W3C trace context that it travels under. */
#ifndef CORE_TRACE_H
#define CORE_TRACE_H

#include "proxy/base/str.h"

/* A random version 4 UUID. */
void trace_request_id(char out[37]);
/* Our own traceparent (https://www.w3.org/TR/trace-context/ §3.2): the caller's trace id and known flags when `given` is valid, of
 * a later version too; a new span id in any case. Does the caller's trace go on? */
bool trace_parent(struct str given, char out[56]);

/* Of what vendors add to a trace (§3.3): this much is passed on, more nothing at all. */
enum { TRACE_STATE_BYTES = 512, TRACE_STATE_MEMBERS = 32 };
/* Adds the members of one tracestate field to *members. False for a field that is none. */
bool trace_state_count(struct str given, size_t *members) MUST_USE;

#endif
