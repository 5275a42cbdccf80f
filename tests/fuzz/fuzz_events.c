/* fuzz_events.c - event streams in any cut give the same events, and what comes out can be written and read again.
 *
 * The first byte seeds the cuts, the second is the ceiling. */
#include "proxy/http/events.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool add(struct buf *out, struct str s)
{
    return buf_addf(out, "%d %zu ", s.at != NULL, s.len) && buf_add(out, s);
}

static void check_written(const struct sse_event *event)
{
    struct buf out;
    struct sse_reader r;
    struct sse_event again;
    buf_init(&out, 1 << 24);
    if (sse_write(&out, event)) {
        struct str in = buf_str(&out);
        sse_reader_init(&r, 1 << 24);
        enum sse_answer answer = sse_reader_next(&r, &in, &again);
        assert(answer == SSE_EVENT && !in.len);
        assert(event->name.at ? str_eq(again.name, event->name) : !again.name.at);
        assert(str_eq(again.data, event->data)); /* read data has no CR */
        sse_reader_finish(&r);
    }
    buf_finish(&out);
}

static void read_all(struct str text, size_t ceiling, uint32_t seed, struct buf *out)
{
    struct sse_reader r;
    bool ok = true, is_over = false;
    sse_reader_init(&r, ceiling);
    for (size_t at = 0, end; at < text.len && !is_over; at = end) {
        end = text.len;
        if (seed) {
            seed = seed * 1664525 + 1013904223;
            end = at + 1 + (seed >> 16) % 9;
            end = end < text.len ? end : text.len;
        }
        char *copy = malloc(end - at);
        assert(copy);
        memcpy(copy, text.at + at, end - at);
        struct str in = str_of(copy, end - at);
        struct sse_event event;
        enum sse_answer answer;
        while ((answer = sse_reader_next(&r, &in, &event)) == SSE_EVENT) {
            ok = ok && add(out, event.name) && add(out, event.data) && add(out, event.id) && buf_add(out, STR("\n"));
            assert(!str_has(event.data, '\r'));
            check_written(&event);
        }
        is_over = answer == SSE_TOO_LARGE;
        assert(is_over || !in.len);
        free(copy);
    }
    ok = ok && (!is_over || buf_add(out, STR("too large")));
    assert(ok);
    sse_reader_finish(&r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf whole, cut;
    if (size < 2)
        return 0;
    struct str text = str_of((const char *)data + 2, size - 2);
    buf_init(&whole, 1 << 24);
    buf_init(&cut, 1 << 24);
    read_all(text, 16 + data[1] * 4u, 0, &whole);
    read_all(text, 16 + data[1] * 4u, 1u + data[0], &cut);
    assert(str_eq(buf_str(&whole), buf_str(&cut)));
    buf_finish(&whole);
    buf_finish(&cut);
    return 0;
}
