/* load.h - the load client: what is asked for, how it went. */
#ifndef LOAD_LOAD_H
#define LOAD_LOAD_H

#include "proxy/base/buf.h"
#include "proxy/edge/tls.h"
#include "proxy/http/url.h"
#include "proxy/loop/timer.h"

/* Times in microseconds, in buckets that are at most 1/64 wide. */
struct histogram {
    uint64_t buckets[64 * 40], count, max;
    long double sum;
};
void histogram_add(struct histogram *h, uint64_t us);
uint64_t histogram_quantile(const struct histogram *h, double q); /* 0 when empty */

struct options {
    struct url url;
    struct str path; /* and query */
    struct tls_client *tls; /* NULL: plain */
    uint64_t connections, parked, rate, seconds, warmup, ready, requests, body_bytes, events_seconds;
    bool stream, reconnect, is_open;
    struct str bearers; /* a token a line: each request takes the next one; at == NULL without */
    struct str bearer, api_key, model, parked_model, body; /* body at != NULL: sent as it is */
};

struct results {
    uint64_t sent, done, events, tokens, bytes, statuses[600], failed_connect, failed_broken, backlog;
    struct histogram latency, first_byte, first_token, event;
    bool counts; /* the warm-up is over */
    const char *last_failure;
};

extern struct options options;
extern struct results results;
extern struct loop *loop;

/* client.c */
/* Begins with a few; each that is connected, and whose stream has begun, lets the next one begin. */
bool clients_start(void);
/* Open loop: a request that should have left at `due_us`; queued when every connection is busy, so that its wait counts. */
void clients_arrive(uint64_t due_us);
void clients_stop(void);
/* All are connected, what is parked is sent, streams have begun? *open says how many. */
bool clients_are_open(size_t *open);

#endif
