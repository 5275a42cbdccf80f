/* url.h - absolute URLs of configuration and bodies, percent-encoding, and paths that compare. */
#ifndef HTTP_URL_H
#define HTTP_URL_H

#include "proxy/base/arena.h"
#include "proxy/base/buf.h"

struct url {
    bool tls;        /* https, as against http */
    struct str host; /* without brackets for IPv6 */
    bool host_is_v6;
    uint16_t port;    /* explicit or of the scheme */
    bool has_port;    /* explicit */
    struct str path;  /* "" or begins with "/" */
    struct str query; /* at == NULL without one */
};

/* Only http and https, no user info, no fragment, no control bytes or spaces; false and *why otherwise. */
bool url_parse(struct str text, struct url *out, const char **why) MUST_USE;
/* "localhost", or an address of the loopback. */
bool host_is_loopback(struct str host);

/* Decodes %XX; false for a bad escape, NUL or (when `plain_path`) an encoded slash or backslash. Into the arena. */
bool url_decode(struct arena *a, struct str s, bool plain_path, struct str *out) MUST_USE;
/* Encodes everything but RFC 3986 unreserved characters. */
bool url_encode(struct buf *out, struct str s) MUST_USE;

/* Does the path mean one thing only? Begins with "/", no empty, "." or ".." segment (also encoded), no encoded slash,
 * backslash, NUL or control byte, no backslash, no "//"; a trailing "/" is allowed. */
bool url_path_is_plain(struct str path);

/* From 1 to 65535, in at most five digits. */
bool port_parse(struct str s, uint16_t *out) MUST_USE;

/* Is that what a name in a query string says, once it is decoded and whatever its case? `plain` is in small letters. */
bool url_is_named(struct str encoded, struct str plain);
/* The value of `name` in a query string, still encoded; at == NULL without one. `*count` is how often it appears. */
struct str url_query_value(struct str query, struct str name, size_t *count);

/* What an address in a body may point at: reads dotted, decimal, octal, hexadecimal and IPv6 (also v4-mapped) hosts as
 * the C library would, so that a metadata address cannot hide. False when the host is a name. */
struct ip_address {
    uint8_t bytes[16]; /* IPv4 as v4-mapped IPv6 */
    bool is_v4;
};
bool ip_parse_lenient(struct str host, struct ip_address *out);
/* Strict dotted quad or RFC 4291 text. */
bool ip_parse(struct str text, struct ip_address *out) MUST_USE;
/* Out of 4 or 16 bytes in network order; a v4-mapped one is IPv4. */
struct ip_address ip_of_bytes(const void *bytes, bool is_v4);
bool ip_is_mapped(const struct ip_address *ip); /* IPv4, however it was written */
bool ip_print(const struct ip_address *ip, char *out, size_t size);

/* What an address is, for what only such a one may have: loopback; link-local and cloud metadata (169.254/16, fe80::/10,
 * fd00:ec2::254, 168.63.129.16, 100.100.100.200); private (RFC 1918, ULA, carrier NAT 100.64/10, and these by the well-known NAT64).
 * A 6to4 address is none of them, nor is one of another translation: where its packets go is up to others. */
bool ip_is_loopback(const struct ip_address *ip);
bool ip_is_metadata(const struct ip_address *ip);
bool ip_is_private(const struct ip_address *ip);
/* Where it may lead, for what must not be reached: also inside of a mapped, compatible, translated, NAT64 or 6to4 address. */
bool ip_leads_to_metadata(const struct ip_address *ip);
bool ip_leads_inside(const struct ip_address *ip); /* to any of the three */

struct cidr {
    struct ip_address base;
    unsigned bits; /* 0 to 128, of the v4-mapped form for IPv4 */
};
bool cidr_parse(struct str text, struct cidr *out) MUST_USE;
bool cidr_has(const struct cidr *net, const struct ip_address *ip);

#endif
