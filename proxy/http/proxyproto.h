/* proxyproto.h - the PROXY protocol, versions 1 and 2 (HAProxy's specification), before TLS or HTTP begins. Sans-IO.
 *
 * Version 2 may carry Azure Private Link's LinkID (TLV 0xEE, sub-type 1, uint32 little-endian). A LOCAL command, as
 * health probes send it, and what is neither TCP over IPv4 nor over IPv6 have no addresses: the socket's own hold. */
#ifndef HTTP_PROXYPROTO_H
#define HTTP_PROXYPROTO_H

#include "proxy/http/url.h"

struct proxy_info {
    bool is_local;
    bool has_link_id;
    uint32_t link_id;
    struct ip_address source, destination;
    uint16_t source_port, destination_port;
};

enum proxy_answer { PROXY_MORE, PROXY_DONE, PROXY_BAD };

/* `used` is the header's length with PROXY_DONE. At most 107 bytes (v1) or 16 + 2048 bytes (v2) are waited for. */
enum proxy_answer proxy_read(struct str in, size_t *used, struct proxy_info *info);

#endif
