/* stamps.h - has one of the files changed that a configuration was made of?
 *
 * Looked at by path, through symbolic links, since Kubernetes swaps a link and leaves the files alone. What counts is
 * which file it is, its size and its times. */
#ifndef APP_STAMPS_H
#define APP_STAMPS_H

#include "proxy/core/setup.h"

struct stamps;

/* The files of `setup` as they are now, and the configuration file itself. `read_after_ns`: wall time just before
 * reading began; a file that was changed after it counts as changed. NULL without memory. */
struct stamps *stamps_new(struct str file, const struct setup *setup, int64_t read_after_ns);
void stamps_free(struct stamps *s); /* NULL is fine */

/* Changed since the last call or since stamps_new. */
bool stamps_look(struct stamps *s);

#endif
