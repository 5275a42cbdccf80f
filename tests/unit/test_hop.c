/* test_hop.c - what ends at this hop and what travels on. */
#include "proxy/http/hop.h"
#include "proxy/http/reader.h"
#include "tests/harness/check.h"

TEST("hop-by-hop fields, and those that Connection names, do not travel")
{
    static const char raw[] =
        "GET / HTTP/1.1\r\nHost: a\r\nConnection: x-one, keep-alive\r\nKeep-Alive: 5\r\nProxy-Authorization: b\r\n"
        "Proxy-Connection: c\r\nTE: trailers\r\nTrailer: x\r\nUpgrade: h2c\r\nX-One: 1\r\nX-Two: 2\r\n"
        "Authorization: z\r\nProxyish: y\r\nTransfer-Encoding: chunked\r\n\r\n";
    static const bool hop[] = { false, true, true, true, true, true, true, true, true, false, false, false, true };
    struct http_reader r;
    size_t used;
    struct str piece;
    http_reader_init(&r, HTTP_REQUESTS, &HTTP_LIMITS_DEFAULT);
    CHECK_INT(http_reader_next(&r, STR(raw), &used, &piece), HTTP_HEAD);
    CHECK_INT(r.head.fields_count, ARRAY_LEN(hop));
    for (size_t i = 0; i < r.head.fields_count && i < ARRAY_LEN(hop); i++)
        if (!CHECK_INT(http_field_is_hop(&r.head, &r.head.fields[i]), hop[i]))
            printf("  " STR_F "\n", STR_A(r.head.fields[i].name));
    http_reader_finish(&r);
}
