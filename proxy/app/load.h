/* load.h - a configuration file on disk into a setup. */
#ifndef APP_LOAD_H
#define APP_LOAD_H

#include "proxy/core/setup.h"

/* Reads and checks the file with the whole language. `problems` is begun here in any case and holds the complaints,
 * warnings also on success; finish it. NULL when there was an error. */
struct setup *load_setup(const char *path, struct problems *problems);

/* The same, with all complaints printed to standard error. */
struct setup *load_setup_aloud(const char *path);

/* Prints the complaints to standard error. */
void load_print(const struct problems *problems);

#endif
