/* Events of any shape through a text filter that changes letters and one that keeps the last ones back: nothing breaks, and what
 * leaves is JSON wherever what came was, and the same whether the last event is remembered or not. The first byte is the operation; events are told apart by line feeds. */
#include "proxy/core/answer_text.h"

struct tail {
    char kept[4];
    size_t len;
};

/* Keeps back the last character of each stretch. */
static enum verdict hold(struct exchange *x, const void *policy, struct answer_text *text)
{
    struct tail *m = text->memory(text, sizeof *m);
    size_t keep = 0;
    (void)policy;
    if (!m)
        return exchange_refuse(x, WHY_OVERLOADED, "no room");
    bool ends = text->is_last || text->must_release, ok = true;
    if (text->fresh.len || ends) {
        ok = buf_add(text->out, str_of(m->kept, m->len));
        m->len = 0;
    }
    while (!ends && keep < 4 && keep < text->fresh.len && (keep == 0 || ((unsigned char)text->fresh.at[text->fresh.len - keep] & 0xc0) == 0x80))
        keep++;
    ok = ok && buf_add(text->out, str_first(text->fresh, text->fresh.len - keep));
    if (keep) {
        memcpy(m->kept, text->fresh.at + text->fresh.len - keep, keep);
        m->len = keep;
    }
    text->is_holding = m->len > 0;
    return ok ? NEXT : exchange_refuse(x, WHY_INTERNAL, "no room");
}

static enum verdict change(struct exchange *x, const void *policy, struct answer_text *text)
{
    (void)policy;
    for (size_t i = 0; i < text->fresh.len; i++) {
        struct str c = text->fresh.at[i] == 'a' ? STR("\"\n") : str_of(text->fresh.at + i, 1);
        if (text->fresh.at[i] != 'x' && !buf_add(text->out, c))
            return exchange_refuse(x, WHY_INTERNAL, "no room");
    }
    return NEXT;
}

static const struct filter HOLD = { .name = "hold", .seat = STAGE_RELAY, .text = hold };
static const struct filter CHANGE = { .name = "change", .seat = STAGE_RELAY, .text = change };
static struct step steps[2] = { { .filter = &HOLD, .stage = STAGE_RELAY, .has_text = true },
                                { .filter = &CHANGE, .stage = STAGE_RELAY, .has_text = true } };
static struct route route = { .plan = { .steps = steps, .count = 2, .has_text = true }, .hold_back_ms = 1000 };

static uint64_t now_ms(struct world *w)
{
    (void)w;
    return 1;
}

static bool index_it(struct jsonx *j, struct str text)
{
    struct jsonx_error error;
    return text.len && *text.at == '{' && jsonx_index(j, text, &JSONX_LIMITS_DEFAULT, &error);
}

/* What was sent reads as what came did. */
static void check_sent(struct buf *out)
{
    struct sse_reader reader;
    struct sse_event event;
    struct str bytes = buf_str(out);
    struct jsonx j;
    jsonx_init(&j);
    sse_reader_init(&reader, 1 << 24);
    while (sse_reader_next(&reader, &bytes, &event) == SSE_EVENT)
        assert(event.data.len == 0 || *event.data.at != '{' || index_it(&j, event.data));
    sse_reader_finish(&reader);
    jsonx_finish(&j);
}

/* What is sent of the events; *is_fine: nothing was refused. With what is remembered of the last event as the relay does it, or without. */
static void send_all(const uint8_t *data, size_t size, bool remembers, struct buf *sent, bool *is_fine)
{
    static const enum operation operations[] = { OP_CHAT, OP_COMPLETION, OP_RESPONSES, OP_SCORE };
    struct world world = { .now_ms = now_ms };
    struct exchange x = { .world = &world, .route = &route, .dialect = dialect_named(STR("openai")) };
    struct str rest = str_of((const char *)data + 1, size - 1);
    x.call.operation = operations[data[0] % 4];
    bool is_whole = data[0] & 4, ok = true;
    arena_init(&x.arena, 1 << 22);
    buf_init(&x.out, 1 << 24);
    while (ok && rest.at) {
        struct str event = is_whole ? rest : str_cut(&rest, '\n');
        struct sse_event out = { .data = event };
        bool is_alike = remembers && x.texts && answer_texts_alike(&x, &out);
        bool is_json = is_alike || index_it(&x.answer_json, event), dropped = false;
        if (is_whole) {
            ok = is_json && answer_texts_whole(&x, &x.answer_json, &out.data);
            assert(!ok || index_it(&x.answer_json, out.data));
            break;
        }
        ok = answer_texts_event(&x, is_json ? &x.answer_json : NULL, STR_NONE, &out.data, &dropped);
        if (ok && remembers && is_json && !is_alike)
            answer_texts_remember(&x, &(struct sse_event){ .data = event });
        ok = ok && (dropped || str_has(out.data, '\r') || sse_write(&x.out, &out));
    }
    *is_fine = ok && (is_whole || answer_texts_over(&x));
    if (*is_fine && !is_whole && x.call.operation != OP_SCORE)
        check_sent(&x.out);
    answer_texts_finish(&x);
    jsonx_finish(&x.answer_json);
    *sent = x.out;
    arena_finish(&x.arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf plain, remembered;
    bool is_fine, is_fine_too;
    if (!size)
        return 0;
    send_all(data, size, false, &plain, &is_fine);
    send_all(data, size, true, &remembered, &is_fine_too);
    assert(is_fine == is_fine_too && str_eq(buf_str(&plain), buf_str(&remembered)));
    buf_finish(&plain);
    buf_finish(&remembered);
    return 0;
}
