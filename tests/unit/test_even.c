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

/* What even.h says, byte by byte. */
TEST("a text is even whatever stands where in it")
{
    static const char letters[] = "aZz@[`{Az09.,-\xc3\xa9 \t\n\r\v\f  \n b";
    struct even even = { .size = 0 };
    uint32_t seed = 1;
    for (unsigned round = 0; round < 3000; round++) {
        char text[300], want[301];
        bool breaks[301] = { false }, foreign = false;
        size_t len = round % sizeof text, n = 0, rare = 1 + round % 40;
        for (size_t i = 0; i < len; i++) {
            seed = seed * 1103515245 + 12345;
            text[i] = (seed >> 8) % rare ? 'x' : letters[(seed >> 16) % (sizeof letters - 1)];
            foreign = foreign || (unsigned char)text[i] >= 0x80;
        }
        for (size_t i = 0; i < len; i++) {
            bool white = memchr(" \t\n\v\f\r", text[i], 6) != NULL, ends = text[i] == '\n' || text[i] == '\r';
            if (!white)
                want[n++] = text[i] >= 'A' && text[i] <= 'Z' ? (char)(text[i] + 32) : text[i];
            else if (!n || want[n - 1] != ' ')
                breaks[n] = ends || !n, want[n++] = ' ';
            else
                breaks[n - 1] = breaks[n - 1] || ends;
        }
        if (n && want[n - 1] == ' ')
            breaks[n - 1] = true;
        CHECK(even_make(&even, str_of(text, len)));
        CHECK_STR(even.text, str_of(want, n));
        CHECK_INT(even.is_foreign, foreign);
        for (size_t i = 0; i < n; i++)
            CHECK(even_ends_line(&even, i) == breaks[i] && even_begins_line(&even, i + 1) == breaks[i]);
    }
    even_finish(&even);
}
