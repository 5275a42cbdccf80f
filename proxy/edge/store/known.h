/* known.h - how the buckets of the shared store stood when this gateway last heard of them, for all its workers: in the gateway's
 * memory (store.h), so that who comes after a reload or a crash knows what those before had heard.
 *
 * Rates and quotas only. What was heard is kept together with which server told it: one that was emptied, or is another
 * one, is another server. What finds no room is not known. */
#ifndef EDGE_STORE_KNOWN_H
#define EDGE_STORE_KNOWN_H

#include "proxy/edge/store.h"
#include "proxy/edge/store/level.h"

/* Who asks, of which bucket, and on which clock. */
struct known {
    struct store *memory;
    unsigned row;
    struct store_time now;
    int64_t ahead_us; /* of the store's clock before this machine's monotonic one */
    const struct limit_op *op;
    uint64_t hash; /* of the bucket's name, the same in all workers */
    uint64_t server;
};

/* It stands so now, as the server tells. `at` is where it was kept the last time: the caller's to keep, 0 at first. */
void known_tell(const struct known *k, struct level level, uint32_t *at);
/* How it stood, as `server` told last (*is_old is false then), or else the last of those before it that told. False
 * when nobody told, or that nothing is spent. */
bool known_find(const struct known *k, struct level *level, bool *is_old);

/* The server that answers now; any number but 0 that tells it from others. */
void known_meet(struct store *memory, uint64_t server, int64_t ahead_us);
/* The last one that was met, 0 when none was; and its clock, if there was one. */
uint64_t known_server(const struct store *memory, int64_t *ahead_us);

#endif
