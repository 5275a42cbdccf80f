/* shared.h - limits in a Redis that all gateways share: one worker's side of it.
 *
 * In health each ask is one call of ask.lua, which decides all its ops on the server's clock; settles are summed up by
 * bucket and go in numbered batches (settle.lua), one at a time, again and again until one is answered, each carried
 * out once. So a settle survives an outage as long as there is room for its bucket.
 *
 * What needs no asking is not asked: a key that cannot pass yet is refused from memory; an op with a lease takes from a
 * slice that was charged ahead, which is filled up when half is gone and given back when it lies idle for
 * LEASE_IDLE_MS.
 *
 * When the store cannot be asked, each op says what holds (limit_op.on_down). With a share, this gateway admits what
 * its part of the limit allows: 1/n of the rate and of the burst, quota or places (at least one request), n being the
 * gateways that were there when the store was last heard. It is kept in the gateway's own memory (store.h) for all its
 * workers, and begins with what was known to be left. What is admitted so is charged at the store afterwards, for the
 * time when it happened.
 *
 * When a store comes back as another one (restarted empty, failed over), every worker brings home how the buckets stood
 * when it last heard of them, before it asks again; each question carries the mark of the store that it is meant for, so
 * that one emptied in the meantime is noticed by it. What was heard is kept for all workers of the gateway, those to
 * come included (known.h). A member of a concurrency expires HOLD_MS after its worker was last
 * heard of; workers see to theirs every HOLD_MS / 3.
 *
 * What holds, for what all gateways admit in any window (of length w), where L(w) is what the limit lets pass in it,
 * burst and flow:
 *   - in health L(w): not one above it
 *   - with leases L(w) and the sum of the leases: of each worker at most op.lease
 *   - with outages of any kind, of all gateways or some, L(w) and the shares of those who were cut off: of each at most
 * L(w) / n, or one request where that is less; so twice L(w) at most, and then only when the store is lost while
 * nothing of the limit is spent, or for some of the gateways only. In an outage of all that begins while the limit is
 * used up it is L(w) and what others took after a gateway last asked.
 *   - a store that comes back empty: what those had heard who are left is not lost; what nobody has heard of who is
 * left is, which is at most once what the limit lets pass at once. n is what was told last, at most SHARED_HELLO_MS
 * old: gateways that came later make it as many times more as there are.
 */
#ifndef EDGE_STORE_SHARED_H
#define EDGE_STORE_SHARED_H

#include "proxy/edge/redis/redis.h"
#include "proxy/edge/store.h"

enum {
    SHARED_HOLD_MS = 30000,
    SHARED_LEASE_IDLE_MS = 1000,
    SHARED_GATEWAY_MS = 30000, /* a gateway counts as long after it was last heard of */
    SHARED_HELLO_MS = 2000,    /* it is heard of so often */
};

struct shared_store;

struct shared_options {
    struct loop *loop;
    struct store *memory; /* the gateway's own */
    unsigned row;         /* this worker's, in it */
    struct resp_client *client;
    struct str name;   /* of the deployment: gateways of the same name share their limits */
    unsigned replicas; /* how many gateways there may be, as long as the store has not told */
};

/* Watches the client from now on. All are borrowed. NULL without memory. */
struct shared_store *shared_new(const struct shared_options *options);
/* As world->store. */
void shared_ask(struct shared_store *s, struct ask_store *ask);
/* As world->store_now: from a lease, from what is known, without the store; what needs it is sent with this turn's others. */
bool shared_ask_now(struct shared_store *s, struct ask_store *ask);
/* Gives leases back and waits, turning the loop, until everything is brought home, or for so long. */
void shared_flush(struct shared_store *s, uint64_t within_ms);
/* Before the client goes. Open asks are not answered any more. NULL is fine. */
void shared_free(struct shared_store *s);

#endif
