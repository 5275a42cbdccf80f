/* waiter.c - exchanges that wait for the same document. */
#include "proxy/core/waiter.h"

#include "proxy/core/exchange.h"

void waiter_begin(struct waiter *w, struct list *waiters, struct exchange *x)
{
    assert(!w->is_waiting);
    w->exchange = x;
    w->is_waiting = true;
    list_push_back(waiters, &w->link);
}

void waiter_cancel(struct waiter *w)
{
    if (w->is_waiting)
        list_remove(&w->link);
    w->is_waiting = false;
}

void waiters_wake(struct list *waiters)
{
    struct list round;
    list_take_all(waiters, &round);
    while (!list_is_empty(&round)) {
        struct waiter *w = LIST_ENTRY(round.next, struct waiter, link);
        waiter_cancel(w);
        if (w->woken)
            w->woken(w);
        else
            exchange_continue(w->exchange);
    }
}
