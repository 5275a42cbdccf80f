/* timer.c - the hierarchical timer wheel. */
#include "proxy/loop/wheel.h"

/* 2^40 ms are 34 years; with a clock below 2^41 every due time differs from now in the lowest 42 bits only. */
#define FARTHEST_MS ((uint64_t)1 << 40)

void timer_init(struct timer *t, void (*fire)(struct timer *t))
{
    list_init(&t->link);
    t->due_ms = 0;
    t->fire = fire;
}

void timer_set(struct loop *loop, struct timer *t, uint64_t in_ms)
{
    if (in_ms > FARTHEST_MS)
        in_ms = FARTHEST_MS;
    wheel_set(loop_wheel(loop), t, loop_now_ms(loop) + in_ms);
}

void timer_cancel(struct timer *t)
{
    list_remove(&t->link);
    t->due_ms = 0;
}

void wheel_init(struct wheel *w, uint64_t now_ms)
{
    *w = (struct wheel){ .now_ms = now_ms };
    for (size_t level = 0; level < WHEEL_LEVELS; level++)
        for (size_t slot = 0; slot < WHEEL_SLOTS; slot++)
            list_init(&w->slots[level][slot]);
    list_init(&w->overdue);
}

void wheel_set(struct wheel *w, struct timer *t, uint64_t due_ms)
{
    list_remove(&t->link);
    t->due_ms = due_ms ? due_ms : 1;
    if (due_ms <= w->now_ms) {
        list_push_back(&w->overdue, &t->link);
        return;
    }
    unsigned level = (63u - (unsigned)__builtin_clzll(due_ms ^ w->now_ms)) / WHEEL_BITS;
    assert(level < WHEEL_LEVELS);
    unsigned slot = (unsigned)(due_ms >> (level * WHEEL_BITS)) & (WHEEL_SLOTS - 1);
    list_push_back(&w->slots[level][slot], &t->link);
    w->occupied[level] |= (uint64_t)1 << slot;
}

/* The earliest slot that has timers, and when it begins. Forgets slots that cancelling has emptied. */
static struct list *earliest_slot(struct wheel *w, uint64_t *begins_ms)
{
    for (unsigned level = 0; level < WHEEL_LEVELS; level++) {
        while (w->occupied[level]) {
            unsigned slot = (unsigned)__builtin_ctzll(w->occupied[level]);
            if (!list_is_empty(&w->slots[level][slot])) {
                unsigned shift = level * WHEEL_BITS;
                uint64_t above = w->now_ms >> (shift + WHEEL_BITS) << (shift + WHEEL_BITS);
                *begins_ms = above | (uint64_t)slot << shift;
                return &w->slots[level][slot];
            }
            w->occupied[level] &= w->occupied[level] - 1;
        }
    }
    return NULL;
}

uint64_t wheel_next_ms(struct wheel *w)
{
    uint64_t begins_ms;
    if (!list_is_empty(&w->overdue))
        return w->now_ms;
    return earliest_slot(w, &begins_ms) ? begins_ms : UINT64_MAX;
}

static void fire_all(struct list *due)
{
    while (!list_is_empty(due)) { /* a callback may cancel or move any of them */
        struct timer *t = LIST_ENTRY(due->next, struct timer, link);
        timer_cancel(t);
        t->fire(t);
    }
}

void wheel_advance(struct wheel *w, uint64_t to_ms)
{
    struct list taken, *slot;
    uint64_t begins_ms;
    list_take_all(&w->overdue, &taken);
    fire_all(&taken);
    while ((slot = earliest_slot(w, &begins_ms)) && begins_ms <= to_ms) {
        w->now_ms = begins_ms;
        list_take_all(slot, &taken);
        struct list due;
        list_init(&due);
        LIST_EACH_SAFE (node, &taken) {
            struct timer *t = LIST_ENTRY(node, struct timer, link);
            if (t->due_ms > begins_ms) {
                wheel_set(w, t, t->due_ms);
            } else {
                list_remove(node);
                list_push_back(&due, node);
            }
        }
        fire_all(&due);
    }
    if (to_ms > w->now_ms)
        w->now_ms = to_ms;
}
