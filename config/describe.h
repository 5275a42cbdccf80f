/* describe.h - rows and their values in words, for `settings`, `explain` and the reference page. */
#ifndef CONFIG_DESCRIBE_H
#define CONFIG_DESCRIBE_H

#include "config/setting.h"

/* "duration, 100ms to 2m, default 10s"; "one of a, b or c, required". */
bool setting_describe(struct buf *out, const struct setting *row) MUST_USE;

/* `text` as a sentence: with a capital and a full stop. */
bool sentence_print(struct buf *out, const char *text) MUST_USE;

/* The values of a struct that was read by these rows, as "rate 60/min, by tenant, app"; what is absent, zero or false
 * is left out, secrets are named by their source only. `*any` tells whether there was something to say. */
bool settings_print(struct buf *out, const struct setting *rows, const void *from, bool *any) MUST_USE;

#endif
