/* test_writer.c - heads and chunks in their one shape, and what is never written. */
#include "proxy/http/writer.h"
#include "tests/harness/check.h"

TEST("fields and a head are written in the canonical shape")
{
    struct buf out;
    buf_init(&out, 1000);
    CHECK(http_write_field(&out, STR("Host"), STR("a")));
    CHECK(http_write_field(&out, STR("X-Empty"), STR("")));
    CHECK(http_write_field(&out, STR("X-None"), STR_NONE));
    CHECK(http_write_field_number(&out, STR("Content-Length"), 0));
    CHECK(http_write_field_number(&out, STR("X-Most"), UINT64_MAX));
    CHECK(http_write_head_end(&out));
    CHECK_STR(buf_str(&out), STR("Host: a\r\nX-Empty: \r\nX-None: \r\nContent-Length: 0\r\n"
                                 "X-Most: 18446744073709551615\r\n\r\n"));
    buf_clear(&out);
    CHECK(http_write_status_line(&out, 429));
    CHECK(http_write_date(&out, 784111777));
    CHECK(http_write_date(&out, 784111777));
    CHECK(http_write_date(&out, 0));
    CHECK_STR(buf_str(&out), STR("HTTP/1.1 429 Too Many Requests\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
                                 "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n"));
    buf_finish(&out);
}

TEST("chunks carry their length, an empty one is none")
{
    struct buf out;
    buf_init(&out, 1000);
    CHECK(http_write_chunk(&out, STR("hello")));
    CHECK(http_write_chunk(&out, STR("")));
    CHECK(http_write_chunk(&out, STR("0123456789abcdef")));
    CHECK(http_write_last_chunk(&out));
    CHECK_STR(buf_str(&out), STR("5\r\nhello\r\n10\r\n0123456789abcdef\r\n0\r\n\r\n"));
    buf_finish(&out);
}

TEST("nothing is written that could be read as something else")
{
    struct buf out;
    buf_init(&out, 1000);
    CHECK(!http_write_field(&out, STR("X Y"), STR("1")));
    CHECK(!http_write_field(&out, STR(""), STR("1")));
    CHECK(!http_write_field(&out, STR("X"), STR("1\r\nY: 2")));
    CHECK(!http_write_field(&out, STR("X"), STR("a\0b")));
    CHECK(!http_write_field(&out, STR("X"), STR("a\x7f")));
    CHECK_INT(buf_len(&out), 0);
    buf_finish(&out);
}

TEST("the ceiling of the buffer is told")
{
    struct buf out;
    buf_init(&out, 10);
    CHECK(!http_write_field(&out, STR("Content-Type"), STR("text/plain")));
    CHECK(!http_write_chunk(&out, STR("0123456789")));
    CHECK(!http_write_date(&out, 0));
    buf_finish(&out);
}
