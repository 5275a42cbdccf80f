/* local.h - what the gateway answers by itself: the list of models that the caller may use. */
#ifndef CORE_LOCAL_H
#define CORE_LOCAL_H

#include "proxy/core/exchange.h"

/* Is this exchange answered here, without a model server? */
bool local_answers(const struct exchange *x);
/* Answers it, and ends with STOP. */
enum verdict local_models(struct exchange *x);

#endif
