/* loop.h - one epoll, one thread: descriptors that became ready, timers that ran out, things to do later.
 *
 * A turn is: wait, call what is ready, run due timers, run what was deferred (until nothing is left, in order), flush.
 * Descriptors are edge-triggered and added once in their life: whoever is called reads or writes until it would block. */
#ifndef LOOP_LOOP_H
#define LOOP_LOOP_H

#include "proxy/base/list.h"
#include "proxy/base/str.h"

struct loop;

struct watch {
    int fd;
    /* `events` are EPOLLIN, EPOLLOUT, EPOLLRDHUP, EPOLLHUP, EPOLLERR. May remove this watch or any other, also free it:
     * an event already fetched for a removed watch is dropped. */
    void (*ready)(struct watch *w, uint32_t events);
    /* private */
    struct loop *loop;
    uint32_t slot;
};

/* Something to do once, later in this turn (or the next, when deferred from a flush). Deferring twice is once. */
struct deferred {
    struct list link; /* loop's list; list_init by deferred_init */
    void (*run)(struct deferred *d);
};

struct loop *loop_new(void);
void loop_free(struct loop *loop);

/* EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET unless `level_triggered_in` (listeners, event descriptors: EPOLLIN only). */
bool loop_add(struct loop *loop, struct watch *w, bool level_triggered_in) MUST_USE;
void loop_remove(struct watch *w); /* before closing the descriptor; harmless when not added */

void deferred_init(struct deferred *d, void (*run)(struct deferred *d));
void loop_defer(struct loop *loop, struct deferred *d);
/* Runs after the deferred ones of this turn: the one place where connections write what the turn produced. */
void loop_at_flush(struct loop *loop, struct deferred *d);
void deferred_cancel(struct deferred *d);

/* Runs until loop_stop. loop_turn runs one turn, waiting at most `wait_ms` (for tests and for the supervisor). */
void loop_run(struct loop *loop);
void loop_turn(struct loop *loop, int wait_ms);
void loop_stop(struct loop *loop);

/* Monotonic, read once a turn. loop_now_exact_us reads the clock; who has kept the loop for long reads it anew with loop_catch_up, so
 * that timers which are set then do not ring early. */
uint64_t loop_now_ms(const struct loop *loop);
uint64_t loop_now_us(const struct loop *loop);
uint64_t loop_now_exact_us(void);
void loop_catch_up(struct loop *loop);

#endif
