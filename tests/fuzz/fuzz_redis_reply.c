/* fuzz_redis_reply.c - replies are the same however their bytes come, stay under their ceilings, and what is no reply ends it for
 * good. */
#include "proxy/edge/redis/reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { DUMP_BYTES = 16 * 1024 * 1024 };

static void dump(struct buf *out, const struct resp_value *v, unsigned depth)
{
    assert(depth <= RESP_REPLY_DEPTH && v->text.len <= RESP_REPLY_BYTES && v->count <= RESP_REPLY_VALUES);
    bool ok = buf_addf(out, "%d %lld %zu[", (int)v->kind, (long long)v->integer, v->count) && buf_add(out, v->text) &&
              buf_add(out, STR("]"));
    assert(ok);
    for (size_t i = 0; i < v->count; i++)
        dump(out, &v->list[i], depth + 1);
}

/* In pieces of `step` bytes. What was read before the bytes were found to be bad may differ: hiredis drops what it has. */
static bool read_all(struct str bytes, size_t step, struct buf *out)
{
    struct resp_reader r;
    const struct resp_value *v;
    enum resp_event event = RESP_MORE;
    bool ok = resp_reader_open(&r);
    assert(ok);
    while (bytes.len && event != RESP_BAD) {
        struct str piece = str_first(bytes, step);
        char *copy = malloc(piece.len);
        assert(copy);
        memcpy(copy, piece.at, piece.len);
        resp_reader_feed(&r, str_of(copy, piece.len));
        bytes = str_from(bytes, piece.len);
        while ((event = resp_reader_next(&r, &v)) == RESP_REPLY)
            dump(out, v, 0);
        assert(event != RESP_BAD || (r.why && resp_reader_next(&r, &v) == RESP_BAD));
        free(copy);
    }
    resp_reader_close(&r);
    resp_reader_close(&r);
    return event != RESP_BAD;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str bytes = str_of((const char *)data, size > 65536 ? 65536 : size);
    struct buf whole, pieces;
    buf_init(&whole, DUMP_BYTES);
    bool is_good = read_all(bytes, bytes.len, &whole);
    for (size_t step = 1; step < bytes.len; step = step * 7 + 1) {
        if (bytes.len / step > 4096)
            continue;
        buf_init(&pieces, DUMP_BYTES);
        bool same = read_all(bytes, step, &pieces) == is_good && str_eq(buf_str(&whole), buf_str(&pieces));
        assert(same);
        buf_finish(&pieces);
    }
    buf_finish(&whole);
    return 0;
}
