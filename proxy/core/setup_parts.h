/* setup_parts.h - what the files of the setup share. Private to the core. */
#ifndef CORE_SETUP_PARTS_H
#define CORE_SETUP_PARTS_H

#include "proxy/core/setup.h"

/* Readers of settings that are more than one field; `custom_data` of the reading is the setup. */
typedef void read_fn(struct reading *r, const struct yaml *at, void *field);
read_fn read_listen_address, read_admin_address,
    read_endpoint_url;                                     /* setup_address.c: the whole listener, setup, endpoint */
read_fn read_unix_mode;                                    /* setup_address.c: the whole listener */
read_fn read_journal;                                      /* setup_address.c: struct str */
read_fn read_path, read_methods, read_hosts, read_dialect; /* setup_route.c: the whole route */
read_fn read_filters, read_select;                         /* setup_route.c: the whole route */

/* The rows of the core alone. */
extern const struct setting SETUP_SETTINGS[], ROUTE_SETTINGS[], POOL_SETTINGS[]; /* setup_words.c */
extern const struct setting STORE_SETTINGS[];                                    /* setup_store.c */

/* Where a file is named first in the text. */
struct span setup_place_of(const struct setup *s, struct str path, struct span otherwise);

/* setup_check.c: what only the whole shows. Complaints go on; nothing is changed but what is derived (ids, order). */
void setup_check_listeners(struct setup *s, struct problems *problems);
void setup_check_store(struct setup *s, struct problems *problems); /* setup_store.c; memory becomes no store */
void setup_check_pools(struct setup *s, struct problems *problems);
void setup_check_routes(struct setup *s, struct problems *problems);

/* The keys that the core itself needs, read now. */
void setup_check_keys(struct setup *s, struct problems *problems);

/* plan.c: fills first[], has_flow and has_text from the steps, which stand in the order of the stages. */
void plan_finish(struct plan *plan);
/* Appends; false at the arena's ceiling. */
bool plan_add(struct arena *a, struct plan *plan, const struct step *step) MUST_USE;

#endif
