/* world.h - the outside of one worker, as the core asks for it: clocks, timers, limits, documents, model servers, the
 * journal.
 *
 * Made in a worker after the fork, before its fronts, and freed after them. It owns what it is made of; loop, setup,
 * store and shelves are borrowed. */
#ifndef EDGE_WORLD_H
#define EDGE_WORLD_H

#include "proxy/edge/fetch.h"
#include "proxy/edge/journal.h"
#include "proxy/edge/origin.h"
#include "proxy/edge/store.h"

struct outside;

struct outside_options {
    struct loop *loop;
    const struct setup *setup;
    struct store *store;     /* shared by all workers; beside a Redis that the setup may name */
    unsigned row;            /* this worker's, in the store */
    struct shelves *shelves; /* shared by the workers of this setup; NULL: nothing is shared */
    struct journal *journal; /* owned from now on, also when outside_new fails */
};

/* NULL with an error among the complaints when something that the setup names cannot be used. */
struct outside *outside_new(const struct outside_options *options, struct problems *problems);
/* Before it is freed, when no exchange is left: what the shared store does not know yet is brought home, turning the loop for so
 * long at most. NULL is fine. */
void outside_flush(struct outside *o, uint64_t within_ms);
/* No exchange may be left. NULL is fine. */
void outside_free(struct outside *o);

struct world *outside_world(struct outside *o);
struct journal *outside_journal(const struct outside *o);
/* For metrics. */
struct origin_counts outside_counts(const struct outside *o, const struct endpoint *endpoint);

#endif
