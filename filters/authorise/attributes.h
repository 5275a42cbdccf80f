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
    ATTRIBUTES,
};

/* Whom a rule means: a list of each attribute. */
struct people {
    struct texts of[ATTRIBUTES];
};
/* How many entries all lists have. */
size_t people_count(const struct people *p);
/* Has the caller one of each list that is not empty? NULL, nobody, has not. */
bool people_fit(const struct people *p, const struct caller *c);

/* The caller's list; `room` holds it when it is a single value, and must live as long. */
struct strs attribute_of(const struct caller *c, enum attribute attribute, struct str *room);
/* One of `any`, if there are some, and all of `all`. GUIDs are compared without case. */
bool attribute_fits(const struct strs *has, const struct texts *any, const struct texts *all);

#endif
