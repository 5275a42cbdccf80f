/* ip.c - addresses as text, strictly and as the C library reads them, and what kind of place they are. */
#include "proxy/http/url.h"

#include <arpa/inet.h>

static const uint8_t MAPPED[12] = { [10] = 0xff, [11] = 0xff }; /* ::ffff:0:0/96 */

bool ip_is_mapped(const struct ip_address *ip)
{
    return memcmp(ip->bytes, MAPPED, sizeof MAPPED) == 0;
}

struct ip_address ip_of_bytes(const void *bytes, bool is_v4)
{
    struct ip_address ip = { .is_v4 = is_v4 };
    if (is_v4)
        memcpy(ip.bytes, MAPPED, sizeof MAPPED);
    memcpy(ip.bytes + (is_v4 ? 12 : 0), bytes, is_v4 ? 4 : 16);
    ip.is_v4 = ip_is_mapped(&ip);
    return ip;
}

bool ip_parse(struct str text, struct ip_address *out)
{
    char copy[INET6_ADDRSTRLEN];
    struct ip_address ip = { .is_v4 = true };
    if (!text.len || text.len >= sizeof copy || str_has(text, '\0'))
        return false;
    memcpy(copy, text.at, text.len);
    copy[text.len] = '\0';
    memcpy(ip.bytes, MAPPED, sizeof MAPPED);
    if (inet_pton(AF_INET, copy, ip.bytes + 12) != 1) {
        if (inet_pton(AF_INET6, copy, ip.bytes) != 1)
            return false;
        ip.is_v4 = false;
    }
    *out = ip;
    return true;
}

/* One number of inet_aton: 0x… hexadecimal, 0… octal, else decimal. */
static bool read_part(struct str part, uint64_t *out)
{
    unsigned base = 10;
    if (part.len > 1 && part.at[0] == '0' && (part.at[1] | 0x20) == 'x') {
        base = 16;
        part = str_from(part, 2); /* "0x" alone is 0, as browsers have it */
    } else if (part.len > 1 && part.at[0] == '0') {
        base = 8;
        part = str_from(part, 1);
    } else if (!part.len) {
        return false;
    }
    uint64_t value = 0;
    for (size_t i = 0; i < part.len; i++) {
        int digit = hex_value(part.at[i]);
        if (digit < 0 || (unsigned)digit >= base || value > UINT32_MAX)
            return false;
        value = value * base + (unsigned)digit;
    }
    *out = value;
    return true;
}

bool ip_parse_lenient(struct str host, struct ip_address *out)
{
    if (host.len > 2 && host.at[0] == '[' && host.at[host.len - 1] == ']')
        host = str_first(str_from(host, 1), host.len - 2);
    if (str_has(host, ':'))
        return ip_parse(str_first(host, str_find(host, '%')), out); /* without the zone */
    if (host.len && host.at[host.len - 1] == '.')
        host.len--;
    uint64_t address = 0, part = 0;
    size_t parts = 0;
    while (host.at) {
        struct str word = str_cut(&host, '.');
        if (++parts > 4 || !read_part(word, &part))
            return false;
        if (host.at) {
            if (part > 255)
                return false;
            address = address << 8 | part;
        }
    }
    if (!parts || part >= UINT64_C(1) << (8 * (5 - parts))) /* the last fills what is left */
        return false;
    uint32_t v4 = htonl((uint32_t)(address << (8 * (5 - parts)) | part));
    *out = ip_of_bytes(&v4, true);
    return true;
}

bool ip_print(const struct ip_address *ip, char *out, size_t size)
{
    if (!ip->is_v4 || size < INET_ADDRSTRLEN)
        return inet_ntop(ip->is_v4 ? AF_INET : AF_INET6, ip->is_v4 ? ip->bytes + 12 : ip->bytes, out, (socklen_t)size);
    for (size_t i = 12; i < 16; i++) { /* what nearly all are, and each is printed for the journal */
        unsigned n = ip->bytes[i];
        if (n > 99)
            *out++ = (char)('0' + n / 100);
        if (n > 9)
            *out++ = (char)('0' + n / 10 % 10);
        *out++ = (char)('0' + n % 10);
        *out++ = '.';
    }
    out[-1] = '\0';
    return true;
}

struct place {
    uint8_t bytes[16];
    unsigned bits;
};

/* clang-format off */
#define V4(a, b, c, d, bits) { { [10] = 0xff, [11] = 0xff, [12] = (a), [13] = (b), [14] = (c), [15] = (d) }, 96 + (bits) }
static const struct place LOOPBACK[] = {
    V4(127, 0, 0, 0, 8),
    V4(0, 0, 0, 0, 8),                                                  /* "this host": connects to itself */
    { { [15] = 1 }, 128 },                                          /* ::1 */
    { { 0 }, 128 },                                                 /* :: */
};
static const struct place METADATA[] = {
    V4(169, 254, 0, 0, 16),                                             /* link-local, and every cloud's metadata */
    V4(168, 63, 129, 16, 32),                                           /* Azure's host */
    V4(100, 100, 100, 200, 32),                                         /* Alibaba */
    V4(192, 0, 0, 192, 32),                                             /* Oracle */
    { { 0xfe, 0x80 }, 10 },                                         /* fe80:: */
    { { 0xfd, 0x00, 0x0e, 0xc2, [14] = 0x02, [15] = 0x54 }, 128 },   /* fd00:ec2::254 */
    { { 0xfd, 0x20, 0x00, 0xce, [14] = 0x02, [15] = 0x54 }, 128 },   /* fd20:ce::254 */
};
static const struct place PRIVATE[] = {
    V4(10, 0, 0, 0, 8),
    V4(172, 16, 0, 0, 12),
    V4(192, 168, 0, 0, 16),
    V4(100, 64, 0, 0, 10),                                              /* carrier NAT */
    { { 0xfc }, 7 },                                                /* fc00:: */
    { { 0xfe, 0xc0 }, 10 },                                         /* fec0:: */
};
#undef V4
/* clang-format on */

static bool same_bits(const uint8_t *a, const uint8_t *b, unsigned bits)
{
    unsigned whole = bits / 8, rest = bits % 8;
    return memcmp(a, b, whole) == 0 && (!rest || ((a[whole] ^ b[whole]) >> (8 - rest)) == 0);
}

static bool is_in(const struct ip_address *ip, const struct place *places, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (same_bits(ip->bytes, places[i].bytes, places[i].bits))
            return true;
    return false;
}
#define IS_IN(ip, places) is_in(ip, places, ARRAY_LEN(places))

bool ip_is_loopback(const struct ip_address *ip)
{
    return IS_IN(ip, LOOPBACK);
}

bool ip_is_metadata(const struct ip_address *ip)
{
    return IS_IN(ip, METADATA);
}

static const uint8_t NAT64[12] = { 0x00, 0x64, 0xff, 0x9b }; /* the well-known prefix of RFC 6052 */

bool ip_is_private(const struct ip_address *ip)
{
    struct ip_address real = *ip;
    if (memcmp(ip->bytes, NAT64, sizeof NAT64) == 0)
        real = ip_of_bytes(ip->bytes + 12, true);
    return IS_IN(&real, PRIVATE);
}

/* ---- where an address leads when somebody on the way unpacks it ---- */

/* The IPv4 address inside of a compatible, translated (RFC 7915), NAT64 or 6to4 one. */
static bool unpack_v4(const struct ip_address *ip, struct ip_address *out)
{
    static const uint8_t none[15], translated[12] = { [8] = 0xff, [9] = 0xff };
    const uint8_t *b = ip->bytes;
    bool is_6to4 = b[0] == 0x20 && b[1] == 0x02;
    bool is_compatible = memcmp(b, none, 12) == 0 && (memcmp(b, none, 15) != 0 || b[15] > 1); /* :: and ::1 are none */
    if (!is_6to4 && !is_compatible && memcmp(b, NAT64, sizeof NAT64) != 0 && memcmp(b, translated, sizeof translated) != 0)
        return false;
    *out = ip_of_bytes(b + (is_6to4 ? 2 : 12), true);
    return true;
}

static const uint8_t OWN_NAT64[6] = { 0x00, 0x64, 0xff, 0x9b, 0x00, 0x01 }; /* a network's own (RFC 8215) */

/* It has the IPv4 address where the length of its prefix puts it (RFC 6052 §2.2), which nobody tells here. */
static bool own_nat64_hides_metadata(const struct ip_address *ip)
{
    static const uint8_t WHERE[][4] = { { 6, 7, 9, 10 }, { 7, 9, 10, 11 }, { 9, 10, 11, 12 }, { 12, 13, 14, 15 } };
    const uint8_t *b = ip->bytes;
    for (size_t i = 0; i < ARRAY_LEN(WHERE) && memcmp(b, OWN_NAT64, sizeof OWN_NAT64) == 0; i++) {
        const uint8_t v4[4] = { b[WHERE[i][0]], b[WHERE[i][1]], b[WHERE[i][2]], b[WHERE[i][3]] };
        struct ip_address real = ip_of_bytes(v4, true);
        if (ip_is_metadata(&real))
            return true;
    }
    return false;
}

bool ip_leads_to_metadata(const struct ip_address *ip)
{
    struct ip_address real;
    return ip_is_metadata(ip) || (unpack_v4(ip, &real) && ip_is_metadata(&real)) || own_nat64_hides_metadata(ip);
}

bool ip_leads_inside(const struct ip_address *ip)
{
    struct ip_address real;
    if (!unpack_v4(ip, &real))
        real = *ip;
    return ip_is_loopback(&real) || ip_is_metadata(&real) || ip_is_private(&real) ||
           memcmp(ip->bytes, OWN_NAT64, sizeof OWN_NAT64) == 0;
}

bool cidr_parse(struct str text, struct cidr *out)
{
    struct str rest = text, address = str_cut(&rest, '/');
    struct cidr net;
    uint64_t bits;
    if (!ip_parse(address, &net.base))
        return false;
    unsigned most = net.base.is_v4 ? 32 : 128;
    bits = most;
    if (rest.at && (rest.len > 3 || !str_to_u64(rest, &bits) || bits > most))
        return false;
    net.bits = (unsigned)bits + 128 - most;
    /* what is beyond the mask does not count, and is not kept */
    for (unsigned i = net.bits; i < 128; i++)
        net.base.bytes[i / 8] &= (uint8_t) ~(0x80u >> (i % 8));
    *out = net;
    return true;
}

/* A network of IPv6 has no IPv4 address in it, ::/0 neither: the mapped form is only how we write them. */
bool cidr_has(const struct cidr *net, const struct ip_address *ip)
{
    bool net_is_v4 = net->bits >= 96 && ip_is_mapped(&net->base);
    return net_is_v4 == ip_is_mapped(ip) && same_bits(net->base.bytes, ip->bytes, net->bits);
}
