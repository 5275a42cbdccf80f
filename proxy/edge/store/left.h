/* left.h - what workers that have ended still owed the shared store, until another one of the gateway takes it over: in the
 * gateway's memory (store.h). Who dies over it takes it with him. */
#ifndef EDGE_STORE_LEFT_H
#define EDGE_STORE_LEFT_H

#include "proxy/edge/store.h"

enum { LEFT_MAX = 4096, LEFT_NAME_MAX = 320 };

struct left_due {
    struct str name;    /* of the bucket at the store */
    struct limit_op op; /* whose key is not kept */
    int64_t cost;
    uint64_t since_us, end_ms;
};

/* False when there is no room. */
bool left_put(struct store *memory, unsigned row, const struct left_due *due) MUST_USE;
bool left_any(const struct store *memory);
/* False when there is none. The name is copied to `name`. */
bool left_take(struct store *memory, unsigned row, char name[LEFT_NAME_MAX], struct left_due *due) MUST_USE;
/* The process of `row` is gone. */
void left_forget_row(struct store *memory, unsigned row);

#endif
