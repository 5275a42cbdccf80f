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

/* Whom a rule means: a list of each attribute. GUIDs are compared without case. */
struct people {
    struct texts of[ATTRIBUTES];
};
/* How many entries all lists have. */
size_t people_count(const struct people *p);
/* Has the caller one of each list that is not empty? NULL, nobody, has not. */
bool people_fit(const struct people *p, const struct caller *c);
/* Has he one of any list? */
bool people_have(const struct people *p, const struct caller *c);

#endif
