/* waiter.h - exchanges that wait for the same document: a key, a token. */
#ifndef CORE_WAITER_H
#define CORE_WAITER_H

#include "proxy/base/list.h"

struct exchange;

/* One that waits; zeroed at first. It lies in what is the exchange's own. */
struct waiter {
    struct list link;
    struct exchange *exchange;
    void (*woken)(struct waiter *w); /* called in place of going on with the exchange, when set */
    bool is_waiting;
};

void waiter_begin(struct waiter *w, struct list *waiters, struct exchange *x);
void waiter_cancel(struct waiter *w); /* harmless when it does not wait */

/* Each that waits now goes on; who begins to wait meanwhile is of the next round. */
void waiters_wake(struct list *waiters);

#endif
