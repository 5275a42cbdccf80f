/* test_even.c - what a text is made even into, and where its lines end. */
#include "filters/detect/even.h"

#include "proxy/base/buf.h"

#include "tests/harness/check.h"

TEST("the end of a line is told up to the last byte there is room for")
{
    enum { BYTES = 4130, ROOM = BYTES + BYTES / 4 };
    struct even even = { .size = 0 };
    struct buf text;
    buf_init(&text, 1 << 20);
    for (size_t k = 1; k < 64; k++) {
        buf_clear(&text);
        for (size_t i = 0; i < BYTES; i++)
            CHECK(buf_addf(&text, "x"));
        CHECK(even_make(&even, buf_str(&text)));
        for (size_t i = BYTES; i < ROOM - k - 4; i++)
            CHECK(buf_addf(&text, "x"));
        CHECK(buf_addf(&text, "  "));
        for (size_t i = 0; i < k; i++)
            CHECK(buf_addf(&text, "y"));
        CHECK(buf_addf(&text, "\nz"));
        CHECK_INT(buf_len(&text), ROOM);
        CHECK(even_make(&even, buf_str(&text)));
        CHECK_INT(even.text.len, ROOM - 1);
        CHECK(even_begins_line(&even, ROOM - 2) && !even_begins_line(&even, ROOM - 2 - k));
        even_finish(&even);
    }
    buf_finish(&text);
}
