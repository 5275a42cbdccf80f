/* timer.h - deadlines by the thousand: setting, moving and cancelling one costs a few instructions.
 *
 * A hierarchical wheel with a millisecond's resolution; a timer never fires early and rarely more than one late. */
#ifndef LOOP_TIMER_H
#define LOOP_TIMER_H

#include "proxy/loop/loop.h"

struct timer {
    struct list link;
    uint64_t due_ms; /* of loop_now_ms; 0 when not set */
    void (*fire)(struct timer *t);
};

void timer_init(struct timer *t, void (*fire)(struct timer *t));
/* Fires once, `in_ms` from now (0: in this turn or the next). Setting a set timer moves it. */
void timer_set(struct loop *loop, struct timer *t, uint64_t in_ms);
void timer_cancel(struct timer *t);
static inline bool timer_is_set(const struct timer *t)
{
    return t->due_ms != 0;
}

#endif
