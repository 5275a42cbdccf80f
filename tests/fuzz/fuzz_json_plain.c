/* fuzz_json_plain.c - a text cut in two anywhere has the same plain text as a whole one; a JSON text means the same
 * plain, and the same again when it is written. The first byte says where it is cut. */
#include "proxy/base/json_plain.h"
#include "proxy/base/jsonx.h"

enum { ROOM = 1 << 22 };

static void through(struct str text, size_t cut, struct buf *plain, struct buf *written)
{
    struct json_plain p = { 0 };
    struct arena joined;
    struct buf work, out;
    arena_init(&joined, ROOM);
    buf_init(&work, ROOM);
    buf_init(&out, ROOM);
    for (unsigned i = 0; i < 2; i++) {
        struct str piece = i ? str_from(text, cut) : str_first(text, cut);
        bool ok = json_plain_read(&p, &piece, i, &joined, &work) && buf_add(plain, piece) && json_plain_write(&p, &piece, &out) &&
                  buf_add(written, piece);
        assert(ok);
    }
    assert(p.read == buf_len(plain) && p.written == p.read && !p.open_len);
    buf_finish(&work);
    buf_finish(&out);
    arena_finish(&joined);
}

static void same_meaning(struct str a, struct str b)
{
    struct jsonx x, y;
    struct jsonx_error error;
    struct arena plain;
    arena_init(&plain, ROOM);
    jsonx_init(&x);
    jsonx_init(&y);
    bool is_json = jsonx_index(&x, a, &JSONX_LIMITS_DEFAULT, &error);
    assert(!is_json || (jsonx_index(&y, b, &JSONX_LIMITS_DEFAULT, &error) && x.count == y.count));
    for (uint32_t i = 0; is_json && i < x.count; i++)
        assert(x.nodes[i].kind == y.nodes[i].kind && str_eq(jsonx_string(&x, i, &plain), jsonx_string(&y, i, &plain)));
    jsonx_finish(&x);
    jsonx_finish(&y);
    arena_finish(&plain);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf whole, cut, written, written_too;
    struct str text = str_of((const char *)data + 1, size - 1);
    if (!size || size > 1 << 16)
        return 0;
    buf_init(&whole, ROOM);
    buf_init(&cut, ROOM);
    buf_init(&written, ROOM);
    buf_init(&written_too, ROOM);
    through(text, text.len, &whole, &written);
    through(text, text.len ? data[0] % text.len : 0, &cut, &written_too);
    assert(str_eq(buf_str(&whole), buf_str(&cut)));
    same_meaning(text, buf_str(&whole));
    same_meaning(text, buf_str(&written));
    same_meaning(text, buf_str(&written_too));
    buf_finish(&whole);
    buf_finish(&cut);
    buf_finish(&written);
    buf_finish(&written_too);
    return 0;
}
