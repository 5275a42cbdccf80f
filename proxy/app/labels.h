/* labels.h - tells the metrics what their labels mean: words of the tables, names of the configuration. */
#ifndef APP_LABELS_H
#define APP_LABELS_H

#include "proxy/core/setup.h"

/* Once. */
void labels_words(void);
/* For each new configuration, in the supervisor: its routes, endpoints and models have numbers before a worker counts.
 */
void labels_names(const struct setup *setup);

#endif
