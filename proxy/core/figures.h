/* figures.h - what an exchange adds to the metrics. */
#ifndef CORE_FIGURES_H
#define CORE_FIGURES_H

#include "proxy/core/exchange.h"

/* Names of routes and endpoints and the words of the tables; once a process, harmless when repeated. */
void figures_register(struct setup *s);

void figures_began(const struct exchange *x);
void figures_attempt(const struct exchange *x);
void figures_answer(const struct exchange *x);
void figures_failure(const struct exchange *x, enum forward_failure failure);
/* Once x->is_event_stream is set. */
void figures_stream(const struct exchange *x);
/* In the tail, once. */
void figures_ended(const struct exchange *x);

#endif
