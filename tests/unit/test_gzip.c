/* test_gzip.c - unpacking under a ceiling. */
#include "proxy/http/gzip.h"
#include "tests/harness/check.h"

#define ZLIB_CONST /* next_in points to const */
#include <zlib.h>

/* Packs into `out`: gzip with bits 31, zlib with 15. */
static struct str pack(struct str s, int bits, struct buf *out)
{
    z_stream z = { .next_in = (const Bytef *)s.at, .avail_in = (uInt)s.len };
    buf_clear(out);
    char *at = buf_reserve(out, s.len + 1000);
    z.next_out = (Bytef *)at;
    z.avail_out = (uInt)s.len + 1000;
    CHECK(deflateInit2(&z, 6, Z_DEFLATED, bits, 8, Z_DEFAULT_STRATEGY) == Z_OK &&
          deflate(&z, Z_FINISH) == Z_STREAM_END);
    buf_grew(out, z.total_out);
    deflateEnd(&z);
    return buf_str(out);
}

TEST("gzip and deflate are unpacked, up to the ceiling and not a byte more")
{
    struct buf packed, out;
    static char text[50000];
    uint32_t seed = 1;
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)('a' + (seed = seed * 1103515245 + 12345) / 65536 % 26);
    buf_init(&packed, 1 << 20);
    for (int bits = 15; bits <= 31; bits += 16) {
        struct str in = pack(str_of(text, sizeof text), bits, &packed);
        buf_init(&out, sizeof text + 4);
        CHECK(buf_add(&out, STR("kept")));
        CHECK_INT(gzip_unpack(in, &out), GZIP_OK);
        CHECK_INT(buf_len(&out), sizeof text + 4);
        CHECK(str_eq(str_from(buf_str(&out), 4), str_of(text, sizeof text)));
        buf_finish(&out);
        buf_init(&out, sizeof text - 1);
        CHECK_INT(gzip_unpack(in, &out), GZIP_TOO_LARGE);
        buf_finish(&out);
        buf_init(&out, sizeof text);
        CHECK_INT(gzip_unpack(str_first(in, in.len - 1), &out), GZIP_BAD);
        buf_clear(&out);
        CHECK(buf_add(&packed, STR("x")));
        CHECK_INT(gzip_unpack(buf_str(&packed), &out), GZIP_BAD);
        buf_finish(&out);
    }
    buf_init(&out, 100);
    CHECK_INT(gzip_unpack(pack(STR(""), 31, &packed), &out), GZIP_OK);
    CHECK_INT(buf_len(&out), 0);
    CHECK_INT(gzip_unpack(STR(""), &out), GZIP_BAD);
    CHECK_INT(gzip_unpack(STR("not packed at all"), &out), GZIP_BAD);
    buf_finish(&out);
    buf_finish(&packed);
}

TEST("a bomb is stopped by its ratio")
{
    struct buf packed, out;
    static char zeros[1 << 20];
    buf_init(&packed, 2 << 20);
    buf_init(&out, 16 << 20);
    struct str in = pack(str_of(zeros, sizeof zeros), 31, &packed);
    CHECK_INT(gzip_unpack(in, &out), GZIP_TOO_LARGE);
    CHECK(buf_len(&out) <= 200 * in.len);
    buf_finish(&packed);
    buf_finish(&out);
}
