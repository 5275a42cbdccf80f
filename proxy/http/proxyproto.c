/* proxyproto.c - the two forms of the PROXY protocol (HAProxy, doc/proxy-protocol.txt). */
#include "proxy/http/proxyproto.h"

enum {
    V1_MAX = 107, /* §2.1, with CRLF */
    V2_HEAD = 16,
    V2_REST_MAX = 2048,
    TLV_CRC32C = 0x03,
    TLV_SSL = 0x20,
    TLV_SSL_HEAD = 5,    /* client flags and the result of the verification, before its own TLVs */
    TLV_AZURE = 0xee,    /* azure: PP2_TYPE_AZURE */
    AZURE_LINK_ID = 0x01 /* PP2_SUBTYPE_AZURE_PRIVATEENDPOINT_LINKID */
};

static const struct str V1_START = STR_INIT("PROXY ");
static const struct str V2_START = STR_INIT("\r\n\r\n\0\r\nQUIT\n");

/* ---- version 1: a line of text ---- */

static bool read_port(struct str text, uint16_t *out)
{
    uint64_t port;
    if (text.len > 5 || (text.len > 1 && text.at[0] == '0') || !str_to_u64(text, &port) || port > UINT16_MAX)
        return false;
    *out = (uint16_t)port;
    return true;
}

static bool read_line(struct str line, struct proxy_info *info)
{
    struct str rest = str_from(line, V1_START.len), family = str_cut(&rest, ' ');
    if (str_eq(family, STR("UNKNOWN"))) { /* what follows is not looked at (§2.1) */
        info->is_local = true;
        return true;
    }
    bool is_v4 = str_eq(family, STR("TCP4"));
    if (!is_v4 && !str_eq(family, STR("TCP6")))
        return false;
    struct str source = str_cut(&rest, ' '), destination = str_cut(&rest, ' '), port = str_cut(&rest, ' ');
    return ip_parse(source, &info->source) && info->source.is_v4 == is_v4 &&
           ip_parse(destination, &info->destination) && info->destination.is_v4 == is_v4 &&
           read_port(port, &info->source_port) && read_port(rest, &info->destination_port);
}

static enum proxy_answer read_v1(struct str in, size_t *used, struct proxy_info *info)
{
    struct str most = str_first(in, V1_MAX);
    size_t lf = str_find(most, '\n');
    if (lf == most.len)
        return in.len < V1_MAX ? PROXY_MORE : PROXY_BAD;
    if (most.at[lf - 1] != '\r' || !read_line(str_first(most, lf - 1), info))
        return PROXY_BAD;
    *used = lf + 1;
    return PROXY_DONE;
}

/* ---- version 2: bytes ---- */

static size_t be16(const char *at)
{
    return (size_t)(unsigned char)at[0] << 8 | (unsigned char)at[1];
}

static uint32_t crc32c_add(uint32_t crc, struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        crc ^= (unsigned char)s.at[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? UINT32_C(0x82f63b78) : 0);
    }
    return crc;
}

/* The checksum of the whole header, its own four bytes at `at` taken as zero (§2.2.3). */
static bool crc_is_right(struct str header, const char *at)
{
    size_t before = (size_t)(at - header.at);
    uint32_t crc = crc32c_add(UINT32_MAX, str_first(header, before));
    crc = ~crc32c_add(crc32c_add(crc, STR("\0\0\0\0")), str_from(header, before + 4));
    const unsigned char *told = (const unsigned char *)at;
    return crc == ((uint32_t)told[0] << 24 | (uint32_t)told[1] << 16 | (uint32_t)told[2] << 8 | told[3]);
}

/* Takes the next TLV off the front; false when it does not fit. */
static bool take_tlv(struct str *rest, unsigned *type, struct str *value)
{
    if (rest->len < 3 || rest->len - 3 < be16(rest->at + 1))
        return false;
    *type = (unsigned char)rest->at[0];
    *value = str_first(str_from(*rest, 3), be16(rest->at + 1));
    *rest = str_from(*rest, 3 + value->len);
    return true;
}

static bool are_whole(struct str tlvs)
{
    unsigned type;
    struct str value;
    while (tlvs.len)
        if (!take_tlv(&tlvs, &type, &value))
            return false;
    return true;
}

static bool read_link_id(struct str value, struct proxy_info *info)
{
    if (!value.len || value.at[0] != AZURE_LINK_ID)
        return true; /* another of Azure's sub-types */
    if (value.len != 5 || info->has_link_id)
        return false;
    for (size_t i = 4; i > 0; i--)
        info->link_id = info->link_id << 8 | (unsigned char)value.at[i];
    info->has_link_id = true;
    return true;
}

static bool read_tlvs(struct str header, struct str rest, struct proxy_info *info)
{
    bool has_crc = false;
    unsigned type;
    struct str value;
    while (rest.len) {
        if (!take_tlv(&rest, &type, &value))
            return false;
        if (type == TLV_CRC32C) {
            if (has_crc || value.len != 4 || !crc_is_right(header, value.at))
                return false;
            has_crc = true;
        } else if (type == TLV_AZURE) {
            if (!read_link_id(value, info))
                return false;
        } else if (type == TLV_SSL) {
            if (value.len < TLV_SSL_HEAD || !are_whole(str_from(value, TLV_SSL_HEAD)))
                return false;
        }
    }
    return true;
}

/* Which there are, and the length of their addresses. Those that are not taken here count as unspecified (§2.2). */
enum { TCP_V4 = 0x11, TCP_V6 = 0x21 };
static const struct family {
    unsigned word;
    size_t bytes;
} FAMILIES[] = {
    { 0x00, 0 }, { TCP_V4, 12 }, { 0x12, 12 }, { TCP_V6, 36 }, { 0x22, 36 }, { 0x31, 216 }, { 0x32, 216 },
};

static bool read_header(struct str header, struct proxy_info *info)
{
    unsigned command = (unsigned char)header.at[12], family = (unsigned char)header.at[13];
    struct str rest = str_from(header, V2_HEAD);
    if (command == 0x20) { /* LOCAL: whatever comes with it is skipped (§2.2) */
        info->is_local = true;
        return true;
    }
    if (command != 0x21)
        return false;
    const struct family *f = FAMILIES;
    while (f < FAMILIES + ARRAY_LEN(FAMILIES) && f->word != family)
        f++;
    if (f == FAMILIES + ARRAY_LEN(FAMILIES) || rest.len < f->bytes)
        return false;
    info->is_local = family != TCP_V4 && family != TCP_V6;
    if (!info->is_local) {
        bool is_v4 = family == TCP_V4;
        size_t one = is_v4 ? 4 : 16;
        info->source = ip_of_bytes(rest.at, is_v4);
        info->destination = ip_of_bytes(rest.at + one, is_v4);
        info->source_port = (uint16_t)be16(rest.at + 2 * one);
        info->destination_port = (uint16_t)be16(rest.at + 2 * one + 2);
    }
    return read_tlvs(header, str_from(rest, f->bytes), info);
}

static enum proxy_answer read_v2(struct str in, size_t *used, struct proxy_info *info)
{
    if (in.len < V2_HEAD)
        return PROXY_MORE;
    size_t rest = be16(in.at + 14);
    if (rest > V2_REST_MAX)
        return PROXY_BAD;
    if (in.len < V2_HEAD + rest)
        return PROXY_MORE;
    if (!read_header(str_first(in, V2_HEAD + rest), info))
        return PROXY_BAD;
    *used = V2_HEAD + rest;
    return PROXY_DONE;
}

enum proxy_answer proxy_read(struct str in, size_t *used, struct proxy_info *info)
{
    struct proxy_info read = { .is_local = false };
    size_t taken = 0;
    enum proxy_answer answer;
    if (!in.len)
        return PROXY_MORE;
    struct str start = in.at[0] == 'P' ? V1_START : V2_START;
    if (!str_starts(start, str_first(in, start.len)))
        return PROXY_BAD;
    if (in.len < start.len)
        return PROXY_MORE;
    answer = in.at[0] == 'P' ? read_v1(in, &taken, &read) : read_v2(in, &taken, &read);
    if (answer == PROXY_DONE) {
        /* a proxy whose socket takes both families writes the mapped form (RFC 4291 §2.5.5.2) of an IPv4 address */
        read.source.is_v4 = ip_is_mapped(&read.source);
        read.destination.is_v4 = ip_is_mapped(&read.destination);
        *used = taken;
        *info = read;
    }
    return answer;
}
