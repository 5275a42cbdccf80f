/* gzip.c - zlib's inflate, stopped at a ceiling and at a ratio. */
#include "proxy/http/gzip.h"

#define ZLIB_CONST /* next_in points to const */
#include <zlib.h>

enum {
    WINDOW_BITS = 15 + 32, /* gzip or zlib, by the first bytes */
    RATIO_MAX = 200,
    STEP_BYTES = 16 * 1024,
};

/* Unpacks up to `most` bytes; one byte more, into nowhere, tells "just full" from "too large". */
static enum gzip_answer unpack(z_stream *z, struct buf *out, size_t most)
{
    for (;;) {
        Bytef beyond;
        size_t room = most < STEP_BYTES ? most : STEP_BYTES;
        char *at = room ? buf_reserve(out, room) : NULL;
        if (room && !at)
            return GZIP_TOO_LARGE;
        z->next_out = room ? (Bytef *)at : &beyond;
        z->avail_out = room ? (uInt)room : 1;
        int status = inflate(z, Z_NO_FLUSH);
        size_t made = (room ? room : 1) - z->avail_out;
        if (made && !room)
            return GZIP_TOO_LARGE;
        buf_grew(out, made);
        most -= made;
        if (status == Z_STREAM_END)
            return z->avail_in ? GZIP_BAD : GZIP_OK; /* bytes behind, or a second member */
        if (status != Z_OK || (!made && !z->avail_in))
            return GZIP_BAD; /* broken, cut off, or asking for a dictionary */
    }
}

enum gzip_answer gzip_unpack(struct str in, struct buf *out)
{
    z_stream z = { .next_in = (const Bytef *)in.at, .avail_in = (uInt)in.len };
    size_t most = out->ceiling_bytes > buf_len(out) ? out->ceiling_bytes - buf_len(out) : 0;
    if (!in.len || in.len > UINT32_MAX)
        return GZIP_BAD;
    if (most / RATIO_MAX > in.len)
        most = in.len * RATIO_MAX;
    if (inflateInit2(&z, WINDOW_BITS) != Z_OK)
        return GZIP_BAD;
    enum gzip_answer answer = unpack(&z, out, most);
    inflateEnd(&z);
    return answer;
}
