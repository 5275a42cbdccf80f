/* networks.c - where a request may come from: networks, and Private Link connections. */
#include "proxy/core/exchange.h"

struct networks_policy {
    struct texts allow, deny;
    /* derived */
    struct cidr *allowed, *denied;
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

static struct cidr *parse_list(struct setup *s, const struct texts *list, bool *has_unix, struct problems *problems)
{
    struct cidr *nets =
        arena_array(&s->arena, struct cidr, list->count + 1); /* ends with one of no bits that is not used */
    bool ok = nets != NULL;
    for (size_t i = 0; ok && i < list->count; i++) {
        /* A place in the array for each text, so that they go by the same index; `unix` fits no address. */
        if (has_unix && str_eq(list->at[i], STR("unix"))) {
            *has_unix = true;
            nets[i].bits = 128;
        } else if (!cidr_parse(list->at[i], &nets[i])) {
            problem(problems, list->spans[i], "\"" STR_F "\" is no network such as 10.0.0.0/8", STR_A(list->at[i]));
            ok = false;
        }
    }
    return ok ? nets : NULL;
}

static bool networks_check(void *policy, struct setup *s, struct problems *problems)
{
    struct networks_policy *p = policy;
    if (!p->allow.count && !p->deny.count) {
        problem(problems, (struct span){ 0 }, "networks: neither allow nor deny names one");
        return false;
    }
    p->allowed = parse_list(s, &p->allow, &p->allows_unix, problems);
    p->denied = parse_list(s, &p->deny, NULL, problems);
    return p->allowed && p->denied;
}

static bool in_any(const struct cidr *nets, const struct texts *list, const struct ip_address *ip)
{
    for (size_t i = 0; i < list->count; i++)
        if (!str_eq(list->at[i], STR("unix")) && cidr_has(&nets[i], ip))
            return true;
    return false;
}

static enum verdict networks_step(struct exchange *x, const void *policy)
{
    const struct networks_policy *p = policy;
    const struct peer *peer = x->peer;
    bool allowed = peer->is_unix ? p->allows_unix || !p->allow.count
                                 : !in_any(p->denied, &p->deny, &peer->address) &&
                                       (!p->allow.count || in_any(p->allowed, &p->allow, &peer->address));
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
