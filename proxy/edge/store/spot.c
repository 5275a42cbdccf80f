/* spot.c - what one worker knows of the buckets that it uses. */
#include "proxy/edge/store/spot.h"

#include <stdlib.h>

#include "proxy/base/hash.h"

enum { SLOTS = SPOTS_MAX, EVICT_TRIES = 16 };

static const char KINDS[] = { [LIMIT_RATE] = 'r', [LIMIT_CONCURRENCY] = 'c', [LIMIT_QUOTA] = 'q' };

bool spots_init(struct spots *t, struct str tag)
{
    *t = (struct spots){ .slots = calloc(SLOTS, sizeof(struct spot *)), .tag = tag };
    list_init(&t->used);
    list_init(&t->due);
    list_init(&t->leased);
    list_init(&t->spare);
    return t->slots != NULL;
}

static void members_free(struct list *members)
{
    LIST_EACH_SAFE (node, members)
        free(LIST_ENTRY(node, struct member, link));
    list_init(members);
}

static void spot_free(struct spots *t, struct spot *s)
{
    struct spot **at = &t->slots[s->hash % SLOTS];
    while (*at != s)
        at = &(*at)->next;
    *at = s->next;
    list_remove(&s->use);
    list_remove(&s->due);
    list_remove(&s->leased);
    members_free(&s->members);
    members_free(&s->leaving);
    t->count--;
    free(s);
}

void spots_finish(struct spots *t)
{
    if (!t->slots)
        return;
    while (!list_is_empty(&t->used))
        spot_free(t, LIST_ENTRY(t->used.next, struct spot, use));
    members_free(&t->spare);
    free(t->slots);
}

static uint64_t hash_of(const struct limit_op *op)
{
    return hash_str(op->key) + (uint64_t)op->kind * 0x9e3779b97f4a7c15u;
}

static struct spot *find(struct spots *t, const struct limit_op *op, uint64_t hash)
{
    for (struct spot *s = t->slots[hash % SLOTS]; s; s = s->next)
        if (s->hash == hash && s->op.kind == op->kind && str_eq(s->op.key, op->key))
            return s;
    return NULL;
}

struct spot *spot_find(struct spots *t, const struct limit_op *op)
{
    return find(t, op, hash_of(op));
}

static bool may_be_forgotten(const struct spot *s)
{
    return !s->pins && !s->owed && !s->hand && !s->lease_asked && !s->members_count && !s->leaving_count &&
           list_is_empty(&s->due);
}

static bool make_room(struct spots *t)
{
    for (unsigned i = 0; t->count >= SPOTS_MAX && i < EVICT_TRIES; i++) {
        struct spot *oldest = LIST_ENTRY(t->used.next, struct spot, use);
        if (may_be_forgotten(oldest)) {
            spot_free(t, oldest);
        } else {
            list_remove(&oldest->use);
            list_push_back(&t->used, &oldest->use);
        }
    }
    return t->count < SPOTS_MAX;
}

static struct spot *insert(struct spots *t, const struct limit_op *op, uint64_t hash)
{
    size_t name_len = t->tag.len + 2 + op->key.len;
    struct spot *s = make_room(t) ? calloc(1, sizeof *s + 2 * name_len + RESP_BULK_MORE) : NULL;
    if (!s)
        return NULL;
    char *name = (char *)(s + 1);
    memcpy(name, t->tag.at, t->tag.len);
    name[t->tag.len] = KINDS[op->kind];
    name[t->tag.len + 1] = ':';
    if (op->key.len)
        memcpy(name + t->tag.len + 2, op->key.at, op->key.len);
    s->name = str_of(name, name_len);
    s->bulk = resp_bulk(name + name_len, s->name);
    s->op.key = str_from(s->name, t->tag.len + 2);
    s->op.kind = op->kind;
    s->hash = hash;
    list_init(&s->use);
    list_init(&s->due);
    list_init(&s->leased);
    list_init(&s->members);
    list_init(&s->leaving);
    s->next = t->slots[hash % SLOTS];
    t->slots[hash % SLOTS] = s;
    t->count++;
    return s;
}

struct spot *spot_get(struct spots *t, const struct limit_op *op)
{
    uint64_t hash = hash_of(op);
    struct spot *s = find(t, op, hash);
    if (!s && !(s = insert(t, op, hash)))
        return NULL;
    struct str key = s->op.key;
    s->op = *op;
    s->op.key = key;
    list_remove(&s->use);
    list_push_back(&t->used, &s->use);
    return s;
}

void spot_is_due(struct spots *t, struct spot *s, bool first)
{
    if (!list_is_empty(&s->due) && !first)
        return;
    t->due_count += list_is_empty(&s->due);
    list_remove(&s->due);
    if (first)
        list_push_front(&t->due, &s->due);
    else
        list_push_back(&t->due, &s->due);
}

struct spot *spot_next_due(struct spots *t)
{
    if (list_is_empty(&t->due))
        return NULL;
    struct spot *s = LIST_ENTRY(t->due.next, struct spot, due);
    list_remove(&s->due);
    t->due_count--;
    return s;
}

struct member *member_new(struct spots *t, uint32_t number)
{
    struct member *k = NULL;
    if (!list_is_empty(&t->spare)) {
        k = LIST_ENTRY(t->spare.next, struct member, link);
        list_remove(&k->link);
    } else if (t->members >= SPOT_MEMBERS_MAX || !(k = malloc(sizeof *k))) {
        return NULL;
    } else {
        t->members++;
    }
    *k = (struct member){ .number = number };
    list_init(&k->link);
    return k;
}

void member_free(struct spots *t, struct member *k)
{
    list_remove(&k->link);
    list_push_back(&t->spare, &k->link);
}
