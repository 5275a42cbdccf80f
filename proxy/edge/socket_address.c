/* socket_address.c - between struct sockaddr and struct ip_address. */
#include "proxy/edge/socket_address.h"

#include <netinet/in.h>
#include <string.h>

socklen_t socket_address_of(const struct ip_address *ip, uint16_t port, struct sockaddr_storage *out)
{
    memset(out, 0, sizeof *out);
    if (ip->is_v4) {
        struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(port) };
        memcpy(&v4.sin_addr, ip->bytes + 12, 4);
        memcpy(out, &v4, sizeof v4);
        return sizeof v4;
    }
    struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
    memcpy(&v6.sin6_addr, ip->bytes, 16);
    memcpy(out, &v6, sizeof v6);
    return sizeof v6;
}

bool socket_address_read(const struct sockaddr *at, struct ip_address *ip, uint16_t *port)
{
    *ip = (struct ip_address){ .is_v4 = false };
    *port = 0;
    if (at->sa_family == AF_INET) {
        struct sockaddr_in v4;
        memcpy(&v4, at, sizeof v4);
        *ip = ip_of_bytes(&v4.sin_addr, true);
        *port = ntohs(v4.sin_port);
        return true;
    }
    if (at->sa_family == AF_INET6) {
        struct sockaddr_in6 v6;
        memcpy(&v6, at, sizeof v6);
        *ip = ip_of_bytes(&v6.sin6_addr, false);
        *port = ntohs(v6.sin6_port);
        return true;
    }
    return false;
}
