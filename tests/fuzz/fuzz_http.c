/* fuzz_http.c - requests and responses in any cut: the same events as whole, and what is served is written back
 * canonical.
 *
 * The first byte says how (bit 0: responses, bit 1: they answer HEAD, bit 2: small limits), the second seeds the cuts.
 */
#include "proxy/http/hop.h"
#include "proxy/http/writer.h"
#include "tests/unit/http_transcript.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t random_cut(void *with, size_t at)
{
    uint32_t *seed = with;
    (void)at;
    *seed = *seed * 1664525 + 1013904223;
    return 1 + (*seed >> 16) % ((*seed >> 28) ? 7 : 60);
}

/* A head that was read can be written, and reads the same. */
static void check_written(struct str raw)
{
    struct http_reader r, again;
    struct buf out;
    size_t used;
    struct str piece;
    http_reader_init(&r, HTTP_REQUESTS, &HTTP_LIMITS_DEFAULT);
    if (http_reader_next(&r, raw, &used, &piece) != HTTP_HEAD) {
        http_reader_finish(&r);
        return;
    }
    buf_init(&out, 1 << 20);
    bool ok = buf_addf(&out, STR_F " " STR_F " HTTP/1.1\r\n", STR_A(r.head.method_word), STR_A(r.head.target));
    for (size_t i = 0; i < r.head.fields_count; i++) {
        ok = ok && http_write_field(&out, r.head.fields[i].name, r.head.fields[i].value);
        (void)http_field_is_hop(&r.head, &r.head.fields[i]);
    }
    ok = ok && (r.head.minor || r.head.first_known[HTTP_FIELD_HOST] || http_write_field(&out, STR("Host"), STR("a"))) &&
         http_write_head_end(&out);
    assert(ok);
    http_reader_init(&again, HTTP_REQUESTS, &HTTP_LIMITS_DEFAULT);
    again.limits.head_bytes *= 2; /* white space that was none may be more now */
    again.limits.field_bytes += 2;
    again.limits.line_bytes += 2;
    enum http_event event = http_reader_next(&again, buf_str(&out), &used, &piece);
    assert(event == HTTP_HEAD || (event == HTTP_BAD && (again.bad.status == 431 || r.head.minor == 0)));
    assert(event != HTTP_HEAD || (str_eq(again.head.path, r.head.path) && again.head.method == r.head.method &&
                                  again.head.content_length == r.head.content_length));
    buf_finish(&out);
    http_reader_finish(&r);
    http_reader_finish(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct http_limits small = {
        .line_bytes = 64, .field_bytes = 48, .head_bytes = 160, .fields = 4, .body_bytes = 24
    };
    struct buf whole, cut;
    struct http_reader r;
    if (size < 2)
        return 0;
    enum http_kind kind = data[0] & 1 ? HTTP_RESPONSES : HTTP_REQUESTS;
    const struct http_limits *limits = data[0] & 4 ? &small : &HTTP_LIMITS_DEFAULT;
    struct str raw = str_of((const char *)data + 2, size - 2);
    uint32_t seed = data[1];
    buf_init(&whole, 1 << 26);
    buf_init(&cut, 1 << 26);
    for (int way = 0; way < 2; way++) {
        http_reader_init(&r, kind, limits);
        if (kind == HTTP_RESPONSES)
            http_reader_expect(&r, data[0] & 2);
        transcript(way ? &cut : &whole, &r, raw, way ? random_cut : NULL, &seed);
        http_reader_finish(&r);
    }
    assert(str_eq(buf_str(&whole), buf_str(&cut)));
    buf_finish(&whole);
    buf_finish(&cut);
    if (kind == HTTP_REQUESTS)
        check_written(raw);
    return 0;
}
