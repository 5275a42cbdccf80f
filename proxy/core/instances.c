/* instances.c - a worker's own memory behind each step: opened after the fork, closed at its end. */
#include "proxy/core/figures.h"

static bool open_step(const struct filter *f, void *policy, struct world *world, void **instance)
{
    return !f->open || *instance || f->open(policy, world, instance);
}

bool setup_open(struct setup *s, struct world *world)
{
    struct route *routes = s->routes.at;
    struct pool *pools = s->pools.at;
    figures_register(s);
    for (size_t r = 0; r < s->routes.count; r++)
        for (size_t i = 0; i < routes[r].plan.count; i++) {
            struct step *step = &routes[r].plan.steps[i];
            if (!open_step(step->filter, step->policy, world, &step->instance))
                return false;
        }
    for (size_t p = 0; p < s->pools.count; p++)
        if (pools[p].identity && !open_step(s->language->identity, pools[p].identity, world, &pools[p].identity_instance))
            return false;
    return true;
}

unsigned setup_lacking(const struct setup *s)
{
    const struct pool *pools = s->pools.at;
    const struct filter *identity = s->language->identity;
    unsigned lacking = 0;
    for (size_t p = 0; p < s->pools.count; p++)
        lacking += pools[p].identity_instance && identity->is_lacking && identity->is_lacking(pools[p].identity_instance);
    return lacking;
}

static void close_step(const struct filter *f, void *policy, void **instance)
{
    if (f->close && *instance)
        f->close(policy, *instance);
    *instance = NULL;
}

void setup_close(struct setup *s)
{
    struct route *routes = s->routes.at;
    struct pool *pools = s->pools.at;
    for (size_t r = 0; r < s->routes.count; r++)
        for (size_t i = 0; i < routes[r].plan.count; i++) {
            struct step *step = &routes[r].plan.steps[i];
            close_step(step->filter, step->policy, &step->instance);
        }
    for (size_t p = 0; p < s->pools.count; p++)
        if (pools[p].identity)
            close_step(s->language->identity, pools[p].identity, &pools[p].identity_instance);
}
