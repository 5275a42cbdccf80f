/* identity.h - how a pool's model servers learn who we are: a managed identity's token, a key from a file, or nothing.
 */
#ifndef STAMP_IDENTITY_H
#define STAMP_IDENTITY_H

#include "proxy/core/exchange.h"

enum managed { MANAGED_NONE, MANAGED_AUTO, MANAGED_IMDS, MANAGED_APP_SERVICE, MANAGED_WORKLOAD };
enum key_field { KEY_API_KEY, KEY_BEARER };

struct identity_policy {
    int managed; /* enum managed */
    struct str scope;
    struct str client_id, object_id, resource_id; /* of a user-assigned identity; one at most */
    struct secret_source key;
    int key_field;                            /* enum key_field */
    struct str tenant, authority, token_file; /* of workload identity; the environment's where empty */
    struct str ca_file;
    struct str endpoint; /* of the metadata service; the usual one where empty */
    /* derived by the check, from this and from the environment */
    enum managed source;
    struct str url, headers, body; /* of the token request; body without the assertion */
    unsigned shelf;
};

/* Finds out where tokens come from and writes the request, but for what changes each time. False after a complaint. */
bool identity_source(struct identity_policy *p, struct setup *s, struct problems *problems, struct span span);

extern const struct filter filter_identity;
extern const struct setting IDENTITY_SETTINGS[]; /* its rows, for others who prove who they are */

#endif
