/* plan.c - the steps of a route, one after the other, and where each stage's begin. */
#include "proxy/core/setup_parts.h"

bool plan_add(struct arena *a, struct plan *plan, const struct step *step)
{
    /* room for 1, 2, 4, 8… : a full one doubles */
    if ((plan->count & (plan->count - 1)) == 0) {
        struct step *steps = arena_array(a, struct step, plan->count ? plan->count * 2 : 1);
        if (!steps)
            return false;
        if (plan->count)
            memcpy(steps, plan->steps, plan->count * sizeof *steps);
        plan->steps = steps;
    }
    plan->steps[plan->count++] = *step;
    return true;
}

void plan_finish(struct plan *plan)
{
    size_t at = 0;
    plan->has_flow = plan->has_text = false;
    for (enum stage stage = 0; stage < STAGE_COUNT; stage++) {
        plan->first[stage] = at;
        for (; at < plan->count && plan->steps[at].stage == stage; at++) {
            plan->has_flow |= plan->steps[at].has_flow;
            plan->has_text |= plan->steps[at].has_text;
        }
    }
    plan->first[STAGE_COUNT] = at;
    assert(at == plan->count); /* rows are read in the order of the journey */
}
