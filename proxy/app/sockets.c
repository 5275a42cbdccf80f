/* sockets.c - listening sockets by the address that the configuration gives. */
#include "proxy/app/sockets.h"

#include <unistd.h>

#include "proxy/base/list.h"
#include "proxy/base/log.h"
#include "proxy/edge/listen.h"

struct place {
    struct list link;
    char *address; /* owned, as written */
    bool is_unix;  /* one socket for all slots */
    unsigned count;
    uint16_t port;
    int fds[SLOTS_MAX];
};

struct sockets {
    unsigned slots;
    struct list places;
};

struct sockets *sockets_new(unsigned slots)
{
    assert(slots > 0 && slots <= SLOTS_MAX);
    struct sockets *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->slots = slots;
    list_init(&s->places);
    return s;
}

static void place_close(struct place *p)
{
    list_remove(&p->link);
    for (unsigned i = 0; i < p->count; i++)
        close(p->fds[i]);
    if (p->is_unix && p->count)
        unlink(p->address + sizeof "unix:" - 1);
    free(p->address);
    free(p);
}

static struct place *place_of(const struct sockets *s, const struct listener *l)
{
    LIST_EACH (node, &s->places) {
        struct place *p = LIST_ENTRY(node, struct place, link);
        if (str_eq(str_c(p->address), l->address))
            return p;
    }
    return NULL;
}

static bool place_open(struct sockets *s, const struct listener *l)
{
    struct place *p = calloc(1, sizeof *p);
    if (!p || !(p->address = strndup(l->address.at, l->address.len))) {
        free(p);
        return false;
    }
    list_push_back(&s->places, &p->link);
    p->is_unix = l->unix_path.at != NULL;
    p->port = l->port;
    while (p->count < (p->is_unix ? 1 : s->slots)) {
        const char *why = "";
        int fd = p->is_unix ? listen_open_unix(l->unix_path, (unsigned)l->unix_mode, &why)
                            : listen_open_tcp(&l->ip, p->port, true, &why);
        if (fd < 0) {
            log_error("listener " STR_F ": cannot be opened: %s", STR_A(l->address), why);
            place_close(p);
            return false;
        }
        p->fds[p->count++] = fd;
        if (!p->is_unix && !p->port)
            p->port = listen_port(fd); /* any for the first, the same for the others */
    }
    return true;
}

bool sockets_open(struct sockets *s, const struct setup *setup)
{
    const struct listener *listeners = setup->listeners.at;
    for (size_t i = 0; i < setup->listeners.count; i++)
        if (!place_of(s, &listeners[i]) && !place_open(s, &listeners[i]))
            return false;
    return true;
}

static bool is_wanted(const struct place *p, const struct setup *setup)
{
    const struct listener *listeners = setup ? setup->listeners.at : NULL;
    for (size_t i = 0; setup && i < setup->listeners.count; i++)
        if (str_eq(str_c(p->address), listeners[i].address))
            return true;
    return false;
}

void sockets_keep(struct sockets *s, const struct setup *setup)
{
    LIST_EACH_SAFE (node, &s->places) {
        struct place *p = LIST_ENTRY(node, struct place, link);
        if (!is_wanted(p, setup))
            place_close(p);
    }
}

int sockets_at(const struct sockets *s, const struct listener *listener, unsigned slot)
{
    const struct place *p = place_of(s, listener);
    assert(p && slot < s->slots);
    return p->fds[p->is_unix ? 0 : slot];
}

uint16_t sockets_port(const struct sockets *s, const struct listener *listener)
{
    const struct place *p = place_of(s, listener);
    return p && !p->is_unix ? p->port : 0;
}

void sockets_free(struct sockets *s)
{
    if (!s)
        return;
    sockets_keep(s, NULL);
    free(s);
}
