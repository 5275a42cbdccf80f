/* nets.h - a list of networks, as listeners, rules and exemptions name them. */
#ifndef CORE_NETS_H
#define CORE_NETS_H

#include "config/setting.h"
#include "proxy/http/url.h"

struct nets {
    struct cidr *at; /* the arena's */
    size_t count;
};

/* Each text that is no network, and an arena that is full, is complained about at its place, and then false. Where
 * `has_unix` is given, the word `unix` is taken too, and only noted there. */
bool nets_read(struct arena *a, const struct texts *texts, bool *has_unix, struct problems *problems, struct nets *out);
bool nets_have(const struct nets *nets, const struct ip_address *ip);

#endif
