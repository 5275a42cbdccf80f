/* test_events.c - server-sent events, whole and in every cut. */
#include "proxy/http/events.h"
#include "tests/harness/check.h"

enum { CEILING = 64 };

/* Feeds `text` in two pieces (or byte by byte when cut is SIZE_MAX) and writes down what came out. */
static struct str events_of(struct str text, size_t cut, struct buf *out)
{
    struct sse_reader r;
    sse_reader_init(&r, CEILING);
    buf_clear(out);
    bool ok = true;
    for (size_t at = 0, end; ok && at < text.len; at = end) {
        end = cut == SIZE_MAX ? at + 1 : at < cut && cut < text.len ? cut : text.len;
        char *copy = malloc(end - at);
        memcpy(copy, text.at + at, end - at);
        struct str in = str_of(copy, end - at);
        struct sse_event event;
        enum sse_answer answer;
        while (ok && (answer = sse_reader_next(&r, &in, &event)) != SSE_MORE) {
            if (answer == SSE_EVENT)
                CHECK(event.is_line == (!str_has(event.data, '\n') && !str_has(event.data, '\r')));
            if (answer == SSE_TOO_LARGE)
                ok = !buf_add(out, STR("too large"));
            else
                ok = buf_add(out, STR("{")) && buf_add(out, event.name) &&
                     buf_add(out, event.name.at ? STR("|") : STR("")) && buf_add(out, event.data) &&
                     buf_add(out, event.id.at ? STR("#") : STR("")) && buf_add(out, event.id) && buf_add(out, STR("}"));
        }
        CHECK(!ok || !in.len);
        free(copy);
    }
    sse_reader_finish(&r);
    return buf_str(out);
}

static const struct {
    const char *text, *events;
} STREAMS[] = {
    { "data: a\n\n", "{a}" },
    { "data:a\r\n\r\ndata:  b\r\n\r\n", "{a}{ b}" },
    { "data: a\r\rdata: b\r\r\rdata: c\r", "{a}{b}" },
    { "data: a\r\r\ndata: b\n\r\n", "{a}{b}" },
    { "data: a\r\r\n\ndata: b\n\n", "{a}{b}" },
    { "\xef\xbb\xbf"
      "data: a\n\n\xef\xbb\xbf"
      "data: b\n\n",
      "{a}" },
    { "\xef\xbb"
      "data: a\n\ndata: b\n\n",
      "{b}" },
    { ": ping\n\ndata: a\n:x\ndata\ndata: b\n\n", "{a\n\nb}" },
    { "event: x\ndata: 1\nid: 7\n\n", "{x|1#7}" },
    { "data: 1\nevent: name\ndata: 234567890\nid: 8\n\n", "{name|1\n234567890#8}" },
    { "event: x\n\nid: 1\n\nretry: 5\n\n\n\ndata\n\n", "{}" },
    { "data: [DONE]\n\ndata: left", "{[DONE]}" },
    { "data: a:b: c\n\n data: x\n\nDATA: y\n\n", "{a:b: c}" },
    { "data: 01234567890123456789012345678901234567890123456789012345\n\n",
      "{01234567890123456789012345678901234567890123456789012345}" },
    { "data: 012345678901234567890123456789012345678901234567890123456\n\n", "too large" },
    { "data: ok\n\ndata: 0123456789012345678901234567890123456789012345678901234567890123", "{ok}too large" },
    { "data: 01234567890123456789012345\ndata: 34567890123456789012345\n\n",
      "{01234567890123456789012345\n34567890123456789012345}" },
};

TEST("events come out the same in every cut")
{
    struct buf out;
    buf_init(&out, 10000);
    for (size_t i = 0; i < ARRAY_LEN(STREAMS); i++) {
        struct str text = str_c(STREAMS[i].text);
        for (size_t cut = 0; cut <= text.len; cut++)
            if (!CHECK_STR(events_of(text, cut, &out), str_c(STREAMS[i].events)))
                printf("  %zu cut at %zu\n", i, cut);
        CHECK_STR(events_of(text, SIZE_MAX, &out), str_c(STREAMS[i].events));
    }
    buf_finish(&out);
}

TEST("a whole event is not copied")
{
    struct sse_reader r;
    struct sse_event event;
    struct str text = STR("event: e\ndata: abc\n\nrest"), in = text;
    sse_reader_init(&r, 100);
    CHECK_INT(sse_reader_next(&r, &in, &event), SSE_EVENT);
    CHECK(event.data.at == text.at + 15 && r.held.data == NULL);
    CHECK_STR(in, STR("rest"));
    CHECK_INT(sse_reader_next(&r, &in, &event), SSE_MORE);
    CHECK_STR(buf_str(&r.held), STR("rest"));
    sse_reader_finish(&r);
}

TEST("an event that does not fit leaves nothing of itself")
{
    static const char data[] = "line\nline\nline\nline\nline\nline";
    for (size_t room = 18; room < 64; room++) {
        struct buf out;
        buf_init(&out, room);
        CHECK(sse_write(&out, &(struct sse_event){ .data = STR("0123456789") }));
        if (!sse_write(&out, &(struct sse_event){ .name = STR("n"), .id = STR("1"), .data = STR(data) }))
            CHECK_STR(buf_str(&out), STR("data: 0123456789\n\n"));
        buf_finish(&out);
    }
}

TEST("an event is written so that it reads the same")
{
    struct buf out, again;
    buf_init(&out, 1000);
    buf_init(&again, 1000);
    CHECK(sse_write(&out, &(struct sse_event){ .name = STR("n"), .data = STR("a\nb\r\nc\rd") }));
    CHECK(sse_write(&out, &(struct sse_event){ .data = STR("") }));
    CHECK(sse_write(&out, &(struct sse_event){ .data = STR("x\n"), .id = STR("1") }));
    CHECK_STR(buf_str(&out),
              STR("event: n\ndata: a\ndata: b\ndata: c\ndata: d\n\ndata: \n\nid: 1\ndata: x\ndata: \n\n"));
    CHECK_STR(events_of(buf_str(&out), 20, &again), STR("{n|a\nb\nc\nd}{}{x\n#1}"));
    CHECK(!sse_write(&out, &(struct sse_event){ .name = STR("a\ndata: b"), .data = STR("") }));
    CHECK(!sse_write(&out, &(struct sse_event){ .id = STR("a\rb"), .data = STR("") }));
    buf_finish(&out);
    buf_finish(&again);
}

/* Were each line to look for an LF through all that follows, this would walk over 10^12 bytes. */
TEST("what an event costs does not grow with the number of its lines that end with CR")
{
    enum { LINES = 700 * 1000, PIECE = 64 * 1024 };
    struct buf text, out;
    buf_init(&text, 5 * LINES + 1);
    buf_init(&out, 8 * LINES);
    for (size_t i = 0; i < LINES; i++)
        CHECK(buf_add(&text, STR("data\r")));
    CHECK(buf_add(&text, STR("\r")));
    struct sse_reader r;
    sse_reader_init(&r, 4 * 1024 * 1024);
    struct sse_event event = { .data = STR_NONE };
    double before = check_cpu_seconds();
    for (struct str rest = buf_str(&text); rest.len; rest = str_from(rest, PIECE)) {
        struct str in = str_first(rest, PIECE);
        CHECK_INT(sse_reader_next(&r, &in, &event), rest.len > PIECE ? SSE_MORE : SSE_EVENT);
    }
    CHECK_INT(event.data.len, LINES - 1);
    CHECK(sse_write(&out, &event));
    CHECK(check_cpu_seconds() - before < 5);
    sse_reader_finish(&r);
    buf_finish(&text);
    buf_finish(&out);
}
