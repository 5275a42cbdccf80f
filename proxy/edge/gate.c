/* gate.c - an open-addressed table of addresses that have connections, at most half full. */
#include "proxy/edge/gate.h"

#include <stdlib.h>

#include "proxy/base/hash.h"

struct place {
    uint64_t key;
    uint32_t count; /* 0: free */
};

struct gate {
    size_t count, max, per_address_max;
    size_t mask;
    struct place places[];
};

struct gate *gate_new(size_t connections_max, size_t per_address_max)
{
    size_t size = 16;
    while (size < connections_max * 2)
        size *= 2;
    struct gate *g = calloc(1, sizeof *g + size * sizeof g->places[0]);
    if (!g)
        return NULL;
    g->max = connections_max;
    g->per_address_max = per_address_max;
    g->mask = size - 1;
    return g;
}

void gate_free(struct gate *g)
{
    free(g);
}

bool gate_enter(struct gate *g)
{
    if (g->count >= g->max)
        return false;
    g->count++;
    return true;
}

void gate_leave(struct gate *g)
{
    assert(g->count);
    g->count--;
}

/* The whole of an IPv4 address, the first half of an IPv6 one. */
static uint64_t key_of(const struct ip_address *from)
{
    uint64_t key;
    memcpy(&key, from->is_v4 ? from->bytes + 8 : from->bytes, sizeof key);
    return key;
}

static size_t home_of(const struct gate *g, uint64_t key)
{
    return (size_t)hash_str(str_of((const char *)&key, sizeof key)) & g->mask;
}

/* Where the key is, or the free place where it would go. */
static size_t find(const struct gate *g, uint64_t key)
{
    size_t i = home_of(g, key);
    while (g->places[i].count && g->places[i].key != key)
        i = (i + 1) & g->mask;
    return i;
}

bool gate_enter_from(struct gate *g, const struct ip_address *from)
{
    uint64_t key = key_of(from);
    struct place *p = &g->places[find(g, key)];
    if (g->per_address_max && p->count >= g->per_address_max)
        return false;
    p->key = key;
    p->count++;
    return true;
}

/* Fills the hole, so that a search never stops before its key: whoever stands behind it and may, moves up. */
static void close_hole(struct gate *g, size_t hole)
{
    for (size_t i = (hole + 1) & g->mask; g->places[i].count; i = (i + 1) & g->mask) {
        size_t home = home_of(g, g->places[i].key);
        if (((i - home) & g->mask) < ((i - hole) & g->mask))
            continue; /* at home behind the hole */
        g->places[hole] = g->places[i];
        g->places[i].count = 0;
        hole = i;
    }
}

void gate_leave_from(struct gate *g, const struct ip_address *from)
{
    size_t i = find(g, key_of(from));
    assert(g->places[i].count);
    if (--g->places[i].count == 0)
        close_hole(g, i);
}

size_t gate_count(const struct gate *g)
{
    return g->count;
}

size_t gate_count_from(const struct gate *g, const struct ip_address *from)
{
    return g->places[find(g, key_of(from))].count;
}
