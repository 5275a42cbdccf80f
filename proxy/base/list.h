/* list.h - an intrusive, circular, doubly linked list. A node is a member of what it links. */
#ifndef BASE_LIST_H
#define BASE_LIST_H

#include "proxy/base/attr.h"

#include <stdbool.h>

struct list {
    struct list *next, *prev;
};

static inline void list_init(struct list *l)
{
    l->next = l->prev = l;
}

static inline bool list_is_empty(const struct list *l)
{
    return l->next == l;
}

static inline void list_add_before(struct list *where, struct list *node)
{
    node->next = where;
    node->prev = where->prev;
    where->prev->next = node;
    where->prev = node;
}

static inline void list_push_back(struct list *l, struct list *node)
{
    list_add_before(l, node);
}

static inline void list_push_front(struct list *l, struct list *node)
{
    list_add_before(l->next, node);
}

/* Takes the node out and leaves it linked to itself, so that taking it out again does no harm. */
static inline void list_remove(struct list *node)
{
    node->prev->next = node->next;
    node->next->prev = node->prev;
    list_init(node);
}

/* Moves all of `from` to `to`, whatever that was: what comes to `from` meanwhile waits for the next round. */
static inline void list_take_all(struct list *from, struct list *to)
{
    list_add_before(from->next, to);
    list_remove(from);
}

#define LIST_ENTRY(node, type, member) CONTAINER_OF(node, type, member)
/* LIST_EACH_SAFE allows the body to remove `node` from the list. */
#define LIST_EACH(node, l) for (struct list *node = (l)->next; node != (l); node = node->next)
#define LIST_EACH_SAFE(node, l)                                                                                        \
    for (struct list *node = (l)->next, *node##_next = node->next; node != (l);                                        \
         node = node##_next, node##_next = node->next)

#endif
