/* setting_value.h - one scalar or a list of scalars into one field. Private to config. */
#ifndef CONFIG_SETTING_VALUE_H
#define CONFIG_SETTING_VALUE_H

#include "config/setting.h"

/* For all kinds but groups, blocks, maps and custom ones. True when there was no complaint. */
bool setting_read_plain(struct reading *r, const struct setting *row, const struct yaml *at, void *field);

/* A scalar that says nothing: `key:` alone, `~` or `null`. */
bool yaml_is_null(const struct yaml *at);

#endif
