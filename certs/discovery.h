/* discovery.h - an OpenID Connect discovery document: does it speak for the issuer, and where are its keys? */
#ifndef CERTS_DISCOVERY_H
#define CERTS_DISCOVERY_H

#include "proxy/base/str.h"

struct discovery_rules {
    struct str issuer; /* must be the document's, byte by byte ("{tenantid}" in any case) */
    struct str discovery_url;
    const struct str *hosts; /* allowed for jwks_uri beside the hosts of the two above */
    size_t hosts_count;
};

/* Writes the key URL into `url` (NUL-terminated). False with a constant sentence part in *why. */
bool discovery_read(struct str document, const struct discovery_rules *rules, char *url, size_t room,
                    const char **why) MUST_USE;
/* https, or http to the loopback; nothing else is ever fetched for keys. */
bool discovery_url_is_safe(struct str url);

#endif
