/* hop.h - which fields belong to one hop and never travel on (RFC 9110 §7.6.1). */
#ifndef HTTP_HOP_H
#define HTTP_HOP_H

#include "proxy/http/message.h"

/* connection, keep-alive, proxy-*, te, trailer, transfer-encoding, upgrade, and what Connection names in `h`. */
bool http_field_is_hop(const struct http_head *h, const struct http_field *f);

#endif
