/* wheel.h - the timer wheel under timer.h, with time given from outside; only loop.c and tests include it.
 *
 * Seven levels of 64 slots. A timer lies on the level of the highest bit in which its due time differs from `now_ms`,
 * so that whatever lies on a lower level is due earlier, no level ever wraps, and the earliest slot is the lowest bit
 * of the first level that has one. A slot above level 0 is spread over the levels below when its time has come: at most
 * six moves in a timer's life, and none for a timer that is moved or cancelled before. */
#ifndef LOOP_WHEEL_H
#define LOOP_WHEEL_H

#include "proxy/loop/timer.h"

enum { WHEEL_LEVELS = 7, WHEEL_BITS = 6, WHEEL_SLOTS = 1 << WHEEL_BITS };

struct wheel {
    uint64_t now_ms;                 /* everything due until here has fired */
    uint64_t occupied[WHEEL_LEVELS]; /* a bit for each slot that may have timers; cleared when it is looked at */
    struct list slots[WHEEL_LEVELS][WHEEL_SLOTS];
    struct list overdue; /* due at or before now_ms when set: fires with the next wheel_advance */
};

void wheel_init(struct wheel *w, uint64_t now_ms);
void wheel_set(struct wheel *w, struct timer *t, uint64_t due_ms);
/* When wheel_advance has something to do: never later than the first timer. UINT64_MAX when no timer is set. */
uint64_t wheel_next_ms(struct wheel *w);
/* Fires what is due until `to_ms`, in the order of the due times. A timer set by a callback for the past waits for the
 * next call. */
void wheel_advance(struct wheel *w, uint64_t to_ms);

struct wheel *loop_wheel(struct loop *loop);

#endif
