/* test_proxyproto.c - the PROXY protocol in both versions, at every cut. */
#include "proxy/http/proxyproto.h"
#include "tests/harness/check.h"

#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"

/* The answer to all bytes, after checking that every shorter run asks for more (or is refused as early). */
static enum proxy_answer read_all(struct str in, size_t *used, struct proxy_info *info)
{
    enum proxy_answer answer = proxy_read(in, used, info);
    for (size_t len = 0; len < (answer == PROXY_DONE ? *used : in.len); len++) {
        size_t less_used = 0;
        struct proxy_info less;
        char *copy = malloc(len + 1);
        memcpy(copy + 1, in.at, len);
        enum proxy_answer early = proxy_read(str_of(copy + 1, len), &less_used, &less);
        CHECK(early == PROXY_MORE || (answer == PROXY_BAD && early == PROXY_BAD));
        free(copy);
    }
    return answer;
}

static void check_info(const struct proxy_info *info, const char *source, unsigned from, const char *destination,
                       unsigned to)
{
    char text[64];
    CHECK(!info->is_local && ip_print(&info->source, text, sizeof text));
    CHECK_STR(str_c(text), str_c(source));
    CHECK(ip_print(&info->destination, text, sizeof text));
    CHECK_STR(str_c(text), str_c(destination));
    CHECK_INT(info->source_port, from);
    CHECK_INT(info->destination_port, to);
}

TEST("version 1 is a line")
{
    size_t used;
    struct proxy_info info;
    CHECK_INT(read_all(STR("PROXY TCP4 1.2.3.4 5.6.7.8 65535 443\r\nGET"), &used, &info), PROXY_DONE);
    CHECK_INT(used, 38);
    check_info(&info, "1.2.3.4", 65535, "5.6.7.8", 443);
    CHECK_INT(read_all(STR("PROXY TCP6 2001:db8::1 ::1 0 443\r\n"), &used, &info), PROXY_DONE);
    check_info(&info, "2001:db8::1", 0, "::1", 443);
    CHECK_INT(read_all(STR("PROXY TCP6 ::ffff:1.2.3.4 ::ffff:5.6.7.8 1 443\r\n"), &used, &info), PROXY_DONE);
    check_info(&info, "1.2.3.4", 1, "5.6.7.8", 443); /* as a proxy writes whose socket takes both */
    CHECK(info.source.is_v4 && info.destination.is_v4);
    CHECK_INT(read_all(STR("PROXY UNKNOWN\r\n"), &used, &info), PROXY_DONE);
    CHECK(info.is_local && !info.has_link_id);
    CHECK_INT(read_all(STR("PROXY UNKNOWN ff ff 1 2\r\n"), &used, &info), PROXY_DONE);
    CHECK(info.is_local);
}

TEST("a bad line is refused, and so is anything else")
{
    static const char *const bad[] = {
        "GET / HTTP/1.1\r\n\r\n",
        "PROXYTCP4",
        "PROXY TCP4 1.2.3.4 5.6.7.8 1 2\n",
        "PROXY TCP4 1.2.3.4 5.6.7.8 1\r\n",
        "PROXY TCP4 1.2.3.4 5.6.7.8 1 2 3\r\n",
        "PROXY TCP4  1.2.3.4 5.6.7.8 1 2\r\n",
        "PROXY TCP4 1.2.3.4 5.6.7.8 01 2\r\n",
        "PROXY TCP4 1.2.3.4 5.6.7.8 1 65536\r\n",
        "PROXY TCP4 ::1 ::1 1 2\r\n",
        "PROXY TCP6 1.2.3.4 ::1 1 2\r\n",
        "PROXY UDP4 1.2.3.4 5.6.7.8 1 2\r\n",
        "PROXY tcp4 1.2.3.4 5.6.7.8 1 2\r\n",
        "PROXY \r\n",
        "proxy TCP4",
        "PROXY UNKNOWN 999990123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890\r\n",
        "\r\n\r\nX",
    };
    size_t used = 0;
    struct proxy_info info;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        if (!CHECK_INT(read_all(str_c(bad[i]), &used, &info), PROXY_BAD))
            printf("  [%s]\n", bad[i]);
}

TEST("version 2 carries addresses and Private Link's LinkID")
{
    size_t used;
    struct proxy_info info;
    CHECK_INT(read_all(STR(SIGNATURE "\x21\x11\0\x14"
                                     "\x01\x02\x03\x04\x05\x06\x07\x08\x12\x34\x01\xbb"
                                     "\xee\0\x05\x01\x04\x03\x02\x01GET"),
                       &used, &info),
              PROXY_DONE);
    CHECK_INT(used, 16 + 20);
    check_info(&info, "1.2.3.4", 0x1234, "5.6.7.8", 443);
    CHECK(info.has_link_id && info.link_id == 0x01020304);
    CHECK_INT(read_all(STR(SIGNATURE "\x21\x21\0\x24"
                                     "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01"
                                     "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01"
                                     "\0\x01\0\x02"),
                       &used, &info),
              PROXY_DONE);
    check_info(&info, "2001:db8::1", 1, "::1", 2);
    CHECK(!info.has_link_id);
    CHECK_INT(read_all(STR(SIGNATURE "\x21\x21\0\x24"
                                     "\0\0\0\0\0\0\0\0\0\0\xff\xff\x01\x02\x03\x04"
                                     "\0\0\0\0\0\0\0\0\0\0\xff\xff\x05\x06\x07\x08"
                                     "\0\x01\0\x02"),
                       &used, &info),
              PROXY_DONE);
    check_info(&info, "1.2.3.4", 1, "5.6.7.8", 2);
    CHECK(info.source.is_v4 && info.destination.is_v4);
    /* a probe: LOCAL, whatever it carries */
    CHECK_INT(read_all(STR(SIGNATURE "\x20\0\0\0"), &used, &info), PROXY_DONE);
    CHECK(info.is_local && used == 16);
    CHECK_INT(read_all(STR(SIGNATURE "\x20\x11\0\x02xx"), &used, &info), PROXY_DONE);
    CHECK(info.is_local && used == 18);
    CHECK_INT(read_all(STR(SIGNATURE "\x21\0\0\x08\xee\0\x05\x01\x01\0\0\0"), &used, &info), PROXY_DONE);
    CHECK(info.is_local && info.link_id == 1);
    /* TLVs that nobody here reads, an SSL one with a TLV inside among them */
    CHECK_INT(read_all(STR(SIGNATURE "\x21\0\0\x10\x04\0\x01x\x20\0\x09\x01\0\0\0\0\x21\0\x01"
                                     "1"),
                       &used, &info),
              PROXY_DONE);
}

TEST("families and transports that are none of ours are taken as unspecified, and their addresses passed over")
{
    static const struct {
        unsigned char word;
        size_t bytes;
    } OTHERS[] = { { 0x12, 12 }, { 0x22, 36 }, { 0x31, 216 }, { 0x32, 216 } };
    for (size_t i = 0; i < ARRAY_LEN(OTHERS); i++) {
        char header[16 + 216 + 8] = SIGNATURE "\x21";
        struct proxy_info info;
        size_t used = 0, len = 16 + OTHERS[i].bytes + 8;
        header[13] = (char)OTHERS[i].word;
        header[15] = (char)(OTHERS[i].bytes + 8);
        memset(header + 16, '\xee', OTHERS[i].bytes);
        memcpy(header + 16 + OTHERS[i].bytes, "\xee\0\x05\x01\x07\0\0\0", 8);
        CHECK_INT(read_all(str_of(header, len), &used, &info), PROXY_DONE);
        CHECK(used == len && info.is_local && info.has_link_id && info.link_id == 7);
        header[15] = (char)(OTHERS[i].bytes - 1);
        CHECK_INT(read_all(str_of(header, len), &used, &info), PROXY_BAD);
    }
}

#define V4_OF(n) SIGNATURE "\x21\x11\0" n "\x01\x02\x03\x04\x05\x06\x07\x08\x12\x34\x01\xbb"

TEST("a header that is no header is refused, byte for byte")
{
    static const struct str bad[] = {
        STR_INIT(SIGNATURE "\x31\x11\0\0"), /* version 3 */
        STR_INIT(SIGNATURE "\x22\x11\0\0"), /* no such command */
        STR_INIT(SIGNATURE "\x21\x13\0\x0c"
                           "aaaabbbbccdd"), /* no such transport */
        STR_INIT(SIGNATURE "\x21\x41\0\0"), /* no such family */
        STR_INIT(SIGNATURE "\x21\x12\0\x0b"
                           "aaaabbbbccd"),
        STR_INIT(SIGNATURE "\x21\x31\0\0"), /* UNIX without its address */
        STR_INIT(SIGNATURE "\x21\x11\0\x0b"
                           "aaaabbbbccd"), /* too short for its family */
        STR_INIT(SIGNATURE "\x21\x21\0\x0c"
                           "aaaabbbbccdd"),
        STR_INIT(SIGNATURE "\x21\x11\x08\x01"),                                     /* longer than we wait for */
        STR_INIT(V4_OF("\x0e") "\x04\0"),                                           /* half a TLV */
        STR_INIT(V4_OF("\x0f") "\x04\0\x01"),                                       /* a TLV beyond the end */
        STR_INIT(V4_OF("\x13") "\xee\0\x04\x01\x04\x03\x02"),                       /* a LinkID that is too short */
        STR_INIT(V4_OF("\x1c") "\xee\0\x05\x01\x01\0\0\0\xee\0\x05\x01\x02\0\0\0"), /* two of them */
        STR_INIT(V4_OF("\x13") "\x03\0\x04"
                               "abcd"), /* a wrong checksum */
        STR_INIT(V4_OF("\x11") "\x03\0\x02"
                               "ab"), /* and half of one */
        STR_INIT(V4_OF("\x12") "\x20\0\x03"
                               "abc"),                          /* SSL without its head */
        STR_INIT(V4_OF("\x16") "\x20\0\x07\x01\0\0\0\0\x21\0"), /* SSL with half a TLV inside */
        STR_INIT("\r\n\r\n\0\r\nQUIX\n\x21\x11\0\0"),
    };
    size_t used = 0;
    struct proxy_info info;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        if (!CHECK_INT(read_all(bad[i], &used, &info), PROXY_BAD))
            printf("  row %zu\n", i);
}

/* The checksum by the book, bit by bit from the polynomial, to put into a header. */
static uint32_t crc32c(struct str s)
{
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < s.len * 8; i++) {
        uint32_t bit = ((unsigned char)s.at[i / 8] >> i % 8 & 1u) ^ (crc & 1u);
        crc = crc >> 1 ^ (bit ? UINT32_C(0x82f63b78) : 0);
    }
    return ~crc;
}

TEST("a checksum is verified where it comes")
{
    CHECK_INT(crc32c(STR("123456789")), 0xe3069283);
    char header[] = V4_OF("\x1b") "\x03\0\x04\0\0\0\0\xee\0\x05\x01\x09\0\0\0";
    struct str in = str_of(header, sizeof header - 1);
    uint32_t crc = crc32c(in);
    for (int i = 0; i < 4; i++)
        header[16 + 12 + 3 + i] = (char)(crc >> (24 - 8 * i));
    size_t used;
    struct proxy_info info;
    CHECK_INT(read_all(in, &used, &info), PROXY_DONE);
    CHECK_INT(info.link_id, 9);
    for (size_t i = 16; i < in.len; i++) {
        header[i] ^= 1;
        CHECK(proxy_read(in, &used, &info) == PROXY_BAD ||
              (i >= 28 && i < 30)); /* the CRC's own type: then it is another TLV */
        header[i] ^= 1;
    }
}
