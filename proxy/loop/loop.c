/* loop.c - epoll, edge-triggered; turns of ready, timers, deferred, flush. */
#include "proxy/loop/loop.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "proxy/loop/wheel.h"

enum { EVENTS_MAX = 256, SLOTS_FIRST = 64 };

/* epoll gives back slot and generation, never a pointer: what was removed since is told by its generation. */
struct slot {
    struct watch *watch; /* NULL when free */
    uint32_t generation;
    uint32_t next_free;
    bool is_level_triggered;
};

struct loop {
    int epoll_fd;
    bool stopping;
    uint64_t now_us, now_ms;
    struct slot *slots; /* owned */
    uint32_t slots_count, first_free;
    struct list deferred, at_flush;
    struct wheel wheel;
    bool is_turning;
    struct epoll_event events[EVENTS_MAX];
};

#define NO_SLOT UINT32_MAX

static void read_clock(struct loop *loop)
{
    loop->now_us = loop_now_exact_us();
    loop->now_ms = loop->now_us / 1000;
}

struct loop *loop_new(void)
{
    struct loop *loop = calloc(1, sizeof *loop);
    if (!loop)
        return NULL;
    loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (loop->epoll_fd < 0) {
        free(loop);
        return NULL;
    }
    loop->first_free = NO_SLOT;
    read_clock(loop);
    list_init(&loop->deferred);
    list_init(&loop->at_flush);
    wheel_init(&loop->wheel, loop->now_ms);
    return loop;
}

void loop_free(struct loop *loop)
{
    if (!loop)
        return;
    close(loop->epoll_fd);
    free(loop->slots);
    free(loop);
}

static bool slots_grow(struct loop *loop)
{
    uint32_t count = loop->slots_count ? loop->slots_count * 2 : SLOTS_FIRST;
    struct slot *slots = realloc(loop->slots, count * sizeof *slots);
    if (!slots)
        return false;
    for (uint32_t i = count; i-- > loop->slots_count;) {
        slots[i] = (struct slot){ .next_free = loop->first_free };
        loop->first_free = i;
    }
    loop->slots = slots;
    loop->slots_count = count;
    return true;
}

bool loop_add(struct loop *loop, struct watch *w, bool level_triggered_in)
{
    assert(!w->loop);
    if (loop->first_free == NO_SLOT && !slots_grow(loop))
        return false;
    uint32_t number = loop->first_free;
    struct slot *slot = &loop->slots[number];
    struct epoll_event event = { .events = level_triggered_in ? (uint32_t)EPOLLIN
                                                              : (uint32_t)(EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET),
                                 .data.u64 = (uint64_t)slot->generation << 32 | number };
    if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, w->fd, &event) != 0 &&
        (errno != EEXIST || epoll_ctl(loop->epoll_fd, EPOLL_CTL_MOD, w->fd, &event) != 0))
        return false;
    loop->first_free = slot->next_free;
    slot->watch = w;
    slot->is_level_triggered = level_triggered_in;
    w->loop = loop;
    w->slot = number;
    return true;
}

/* Closing takes a connection out of the epoll, so it costs one epoll_ctl in its life; should an edge still come from
 * it, its generation is stale. A listener is also open in other processes, closing does not end its events: they would
 * spin. */
void loop_remove(struct watch *w)
{
    struct loop *loop = w->loop;
    if (!loop)
        return;
    struct slot *slot = &loop->slots[w->slot];
    assert(slot->watch == w);
    if (slot->is_level_triggered) {
        struct epoll_event none = { 0 };
        epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, w->fd, &none);
    }
    slot->watch = NULL;
    slot->generation++;
    slot->next_free = loop->first_free;
    loop->first_free = w->slot;
    w->loop = NULL;
}

void deferred_init(struct deferred *d, void (*run)(struct deferred *d))
{
    list_init(&d->link);
    d->run = run;
}

void loop_defer(struct loop *loop, struct deferred *d)
{
    if (list_is_empty(&d->link))
        list_push_back(&loop->deferred, &d->link);
}

void loop_at_flush(struct loop *loop, struct deferred *d)
{
    if (list_is_empty(&d->link))
        list_push_back(&loop->at_flush, &d->link);
}

void deferred_cancel(struct deferred *d)
{
    list_remove(&d->link);
}

static void run_first(struct list *list)
{
    struct deferred *d = LIST_ENTRY(list->next, struct deferred, link);
    list_remove(&d->link);
    d->run(d);
}

/* Only what is in the list now: what a flush asks for again waits for the next turn. */
static void run_flushes(struct loop *loop)
{
    struct list now;
    list_take_all(&loop->at_flush, &now);
    while (!list_is_empty(&now))
        run_first(&now);
}

static int wait_at_most(struct loop *loop, int wait_ms)
{
    if (!list_is_empty(&loop->deferred) || !list_is_empty(&loop->at_flush))
        return 0;
    uint64_t next_ms = wheel_next_ms(&loop->wheel);
    if (next_ms == UINT64_MAX)
        return wait_ms;
    uint64_t now_ms = loop_now_exact_us() / 1000;
    uint64_t until_ms = next_ms > now_ms ? next_ms - now_ms : 0;
    return wait_ms >= 0 && (uint64_t)wait_ms < until_ms ? wait_ms : until_ms > 3600000 ? 3600000 : (int)until_ms;
}

void loop_turn(struct loop *loop, int wait_ms)
{
    const struct epoll_event *events = loop->events;
    assert(!loop->is_turning);
    loop->is_turning = true;
    int count = epoll_wait(loop->epoll_fd, loop->events, EVENTS_MAX, wait_at_most(loop, wait_ms)); /* -1 when interrupted */
    read_clock(loop);
    for (int i = 0; i < count; i++) {
        uint32_t number = (uint32_t)events[i].data.u64;
        const struct slot *slot = &loop->slots[number];
        if (slot->watch && slot->generation == (uint32_t)(events[i].data.u64 >> 32))
            slot->watch->ready(slot->watch, events[i].events);
    }
    wheel_advance(&loop->wheel, loop->now_ms);
    while (!list_is_empty(&loop->deferred))
        run_first(&loop->deferred);
    run_flushes(loop);
    loop->is_turning = false;
}

void loop_run(struct loop *loop)
{
    while (!loop->stopping)
        loop_turn(loop, -1);
    loop->stopping = false;
}

void loop_stop(struct loop *loop)
{
    loop->stopping = true;
}

void loop_catch_up(struct loop *loop)
{
    read_clock(loop);
}

uint64_t loop_now_ms(const struct loop *loop)
{
    return loop->now_ms;
}

uint64_t loop_now_us(const struct loop *loop)
{
    return loop->now_us;
}

uint64_t loop_now_exact_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000u + (uint64_t)t.tv_nsec / 1000u;
}

struct wheel *loop_wheel(struct loop *loop)
{
    return &loop->wheel;
}
