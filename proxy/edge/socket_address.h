/* socket_address.h - addresses as the kernel wants and tells them, and as the house knows them. */
#ifndef EDGE_SOCKET_ADDRESS_H
#define EDGE_SOCKET_ADDRESS_H

#include <sys/socket.h>

#include "proxy/http/url.h"

/* How many bytes of *out are the address. */
socklen_t socket_address_of(const struct ip_address *ip, uint16_t port, struct sockaddr_storage *out);
/* False when it is neither IPv4 nor IPv6: then *ip is all zero and *port 0. */
bool socket_address_read(const struct sockaddr *at, struct ip_address *ip, uint16_t *port);

#endif
