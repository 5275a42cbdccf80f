/* networks.c - where a request may come from: networks, and Private Link connections. */
#include "proxy/core/exchange.h"
#include "proxy/core/nets.h"

struct networks_policy {
    struct texts allow, deny;
    /* derived */
    struct nets allowed, denied;
    bool allows_unix;
};

static const struct setting NETWORK_SETTINGS[] = {
    SETTING(struct networks_policy, allow, SET_TEXTS, .max = 1000, .example = "[10.0.0.0/8, \"2001:db8::/32\", unix]",
            .about =
                "Networks whose callers may come; `unix` stands for UNIX sockets. Without any, all but those denied."),
    SETTING(struct networks_policy, deny, SET_TEXTS, .max = 1000, .example = "[10.1.0.0/16]",
            .about = "Networks whose callers may not, even if allowed."),
    SETTINGS_END,
};

static bool networks_check(void *policy, struct setup *s, struct problems *problems)
{
    struct networks_policy *p = policy;
    if (!p->allow.count && !p->deny.count) {
        problem(problems, (struct span){ 0 }, "networks: neither allow nor deny names one");
        return false;
    }
    bool ok = nets_read(&s->arena, &p->allow, &p->allows_unix, problems, &p->allowed);
    return nets_read(&s->arena, &p->deny, NULL, problems, &p->denied) && ok;
}

static enum verdict networks_step(struct exchange *x, const void *policy)
{
    const struct networks_policy *p = policy;
    const struct peer *peer = x->peer;
    bool allowed = peer->is_unix ? p->allows_unix || !p->allow.count
                                 : !nets_have(&p->denied, &peer->address) &&
                                       (!p->allow.count || nets_have(&p->allowed, &peer->address));
    return allowed ? NEXT : exchange_refuse(x, WHY_NOT_ALLOWED, "comes from a network that is not allowed");
}

const struct filter filter_networks = {
    .name = "networks",
    .about = "Requests from these networks, by the socket's address or what a trusted PROXY header says.",
    .seat = STAGE_AUTHORISE,
    .settings = NETWORK_SETTINGS,
    .policy_size = sizeof(struct networks_policy),
    .check = networks_check,
    .step = networks_step,
    .scalar = "allow",
};

/* ---- Private Link ---- */

struct links_policy {
    struct texts ids;
    uint32_t *numbers; /* derived */
};

static const struct setting LINK_SETTINGS[] = {
    SETTING(struct links_policy, ids, SET_TEXTS, .required = true, .min = 1, .max = 1000, .example = "[\"536870912\"]",
            .about = "LinkID of the private endpoint connections that may come."),
    SETTINGS_END,
};

static bool links_check(void *policy, struct setup *s, struct problems *problems)
{
    struct links_policy *p = policy;
    bool ok = (p->numbers = arena_array(&s->arena, uint32_t, p->ids.count)) != NULL;
    for (size_t i = 0; ok && i < p->ids.count; i++) {
        uint64_t number;
        if (!str_to_u64(p->ids.at[i], &number) || number > UINT32_MAX) {
            problem(problems, p->ids.spans[i], "a LinkID is a number below 4294967296");
            ok = false;
            break;
        }
        p->numbers[i] = (uint32_t)number;
    }
    return ok;
}

static enum verdict links_step(struct exchange *x, const void *policy)
{
    const struct links_policy *p = policy;
    for (size_t i = 0; x->peer->has_link_id && i < p->ids.count; i++)
        if (p->numbers[i] == x->peer->link_id)
            return NEXT;
    return exchange_refuse(x, WHY_NOT_ALLOWED,
                           x->peer->has_link_id ? "comes by a private link that is not allowed"
                                                : "does not come by a private link");
}

const struct filter filter_links = {
    .name = "links",
    .about = "Requests by these Private Link connections, as told by a PROXY header of version 2.",
    .seat = STAGE_AUTHORISE,
    .settings = LINK_SETTINGS,
    .policy_size = sizeof(struct links_policy),
    .check = links_check,
    .step = links_step,
    .scalar = "ids",
};
