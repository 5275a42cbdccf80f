/* attributes.h - what a caller is and has, as rules ask for it. */
#ifndef AUTHORISE_ATTRIBUTES_H
#define AUTHORISE_ATTRIBUTES_H

#include "proxy/core/exchange.h"

enum attribute {
    ATTRIBUTE_ROLES,
    ATTRIBUTE_SCOPES,
    ATTRIBUTE_GROUPS,
    ATTRIBUTE_APPS,
    ATTRIBUTE_SUBJECTS,
    ATTRIBUTE_TENANTS,
};

/* The caller's list; `room` holds it when it is a single value, and must live as long. */
struct strs attribute_of(const struct caller *c, enum attribute attribute, struct str *room);
/* One of `any`, if there are some, and all of `all`. GUIDs are compared without case. */
bool attribute_fits(const struct strs *has, const struct texts *any, const struct texts *all);

#endif
