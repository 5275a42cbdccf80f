/* labels.h - tells the metrics what their labels mean, as far as core/figures.h does not: the supervisor is the one who
 * shows them. */
#ifndef APP_LABELS_H
#define APP_LABELS_H

#include "proxy/core/setup.h"

/* For each new configuration, in the supervisor and before its workers are forked: words of the tables, numbers for
 * routes, endpoints and models. */
void labels_register(struct setup *setup);

#endif
