/* store.h - limits in shared memory: rates, quotas and concurrency of all workers, exact, with no locks on the way of a
 * known key.
 *
 * The supervisor makes the table once, before the first fork; it outlives reloads. A key is kept as a keyed 64-bit hash
 * and has its bucket in one of sixteen places. A bucket that is full again (nothing spent, nobody inside, its period over) is as good as
 * none and may be replaced; one that is not never is. When all sixteen places are taken by such, the question is
 * answered STORE_DOWN: a limit that cannot be kept is not passed.
 *
 * A limit is never exceeded. Two workers that ask for the last place of several limits at the same moment may both be
 * refused. What a worker holds of concurrency is also counted in its own row, so that the supervisor can give it back
 * when the worker has died. */
#ifndef EDGE_STORE_H
#define EDGE_STORE_H

#include "proxy/core/world.h"
#include "proxy/loop/loop.h"

enum { STORE_ROWS = 64 /* processes at a time */ };

struct store;

/* NULL without memory. Takes memory as it is filled. */
struct store *store_new(void);
void store_free(struct store *s); /* NULL is fine */

/* The two clocks of this machine: a monotonic one for rates, the calendar's for quotas. */
struct store_time {
    uint64_t us;
    uint64_t wall_ms;
};
struct store_time store_time_now(void);

/* Answers now: ask->result and the answers of its ops, but for a settle; the process has `row`. */
void store_decide(struct store *s, unsigned row, struct store_time now, struct ask_store *ask);
/* At least op->cost of the rate or quota are spent: never lowers it. */
void store_raise(struct store *s, unsigned row, struct store_time now, const struct limit_op *op);
/* When the process of `row` is gone: gives back what it held, and finishes what it was in the middle of. */
void store_forget_row(struct store *s, unsigned row, uint64_t now_us);

/* How the ask of a caller was answered, for the metrics. */
void store_count(const struct ask_store *ask);

/* What all processes of this gateway know of the others: its own number, drawn when the store was made, and how many gateways share
 * a store with it (0: not told yet). */
uint64_t store_id(const struct store *s);
uint64_t store_gateways(const struct store *s);
void store_tell_gateways(struct store *s, uint64_t count);

/* ---- a worker's side: asks are answered in the same turn of the loop, never inside the call ---- */

struct store_client {
    struct store *store;
    struct loop *loop;
    unsigned row;
    struct list asks;
    struct deferred answer;
};

void store_client_init(struct store_client *c, struct store *store, struct loop *loop, unsigned row);
void store_client_finish(struct store_client *c);
/* As world->store. Cancelled by ask.drop: nothing was charged. */
void store_client_ask(struct store_client *c, struct ask_store *ask);
/* As world->store_now. */
bool store_client_ask_now(struct store_client *c, struct ask_store *ask);

#endif
