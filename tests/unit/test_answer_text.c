/* Texts of answers through text filters: the same for every cut, whole or streamed, in every shape of answer. */
#include "filters/detect/pattern_set.h"
#include "proxy/core/answer_text.h"
#include "tests/harness/check.h"

#include <jansson.h>

/* ---- a filter that masks, and one that writes in capitals ---- */

static const struct pattern SECRET = { .id = "s", .category = "c", .expression = "\\bSECRET-(?:[0-9a-z]|€){4,12};", .caseless = true };
static const struct pattern EURO = { .id = "e", .category = "c", .expression = "€\\d{1,6}\\b" };

static struct pattern_set *set;
static struct pattern_scratch *scratch;
static unsigned memories_open;

struct mask_memory {
    struct pattern_stream stream;
    bool is_begun;
};

static bool add_text(void *owner, struct str text)
{
    return buf_add(owner, text);
}

static bool add_mask(void *owner, struct str text, uint32_t pattern)
{
    (void)text;
    return buf_add(owner, pattern ? STR("<\"€\">") : STR("[masked]"));
}

static enum verdict mask(struct exchange *x, const void *policy, struct answer_text *text)
{
    struct mask_memory *m = text->memory(text, sizeof *m);
    struct pattern_sink sink = { add_text, add_mask, text->out };
    (void)policy;
    if (!m)
        return exchange_refuse(x, WHY_OVERLOADED, "no room");
    memories_open += !m->is_begun;
    m->is_begun = true;
    if (str_find_str(text->fresh, STR("FORBIDDEN")) < text->fresh.len)
        return exchange_refuse(x, WHY_ANSWER_REFUSED, "forbidden");
    if (!pattern_stream_feed(&m->stream, set, scratch, text->fresh, text->is_last || text->must_release, &sink))
        return exchange_refuse(x, WHY_INTERNAL, "scanner");
    text->is_holding = pattern_stream_is_holding(&m->stream);
    return NEXT;
}

static void mask_finish(void *memory)
{
    struct mask_memory *m = memory;
    memories_open--;
    pattern_stream_finish(&m->stream);
}

static enum verdict upper(struct exchange *x, const void *policy, struct answer_text *text)
{
    (void)policy;
    for (size_t i = 0; i < text->fresh.len; i++) {
        char c = text->fresh.at[i] == 'q' ? 'Q' : text->fresh.at[i];
        if (!buf_add(text->out, str_of(&c, 1)))
            return exchange_refuse(x, WHY_INTERNAL, "no room");
    }
    return NEXT;
}

static const struct filter MASK = { .name = "mask", .seat = STAGE_RELAY, .text = mask, .text_finish = mask_finish };
static const struct filter UPPER = { .name = "upper", .seat = STAGE_RELAY, .text = upper };

/* ---- an exchange without a world around it ---- */

static uint64_t clock_ms = 1000;
static struct ask_timer *timer_asked;

static uint64_t now_ms(struct world *w)
{
    (void)w;
    return clock_ms;
}

static void set_timer(struct world *w, struct ask_timer *ask)
{
    (void)w;
    timer_asked = ask;
    ask->ask.is_open = true;
}

static struct step steps[2] = { { .filter = &UPPER, .stage = STAGE_RELAY, .has_text = true },
                                { .filter = &MASK, .stage = STAGE_RELAY, .has_text = true } };
static struct route route = { .plan = { .steps = steps, .count = 2, .has_text = true }, .hold_back_ms = 5000 };
static struct world world = { .now_ms = now_ms, .timer = set_timer };

static void begin(struct exchange *x, enum operation operation)
{
    if (!set) {
        const struct pattern *const list[] = { &SECRET, &EURO };
        struct problems problems;
        problems_init(&problems, STR("t"), STR_NONE);
        set = pattern_set_new(list, 2, &problems);
        scratch = pattern_scratch_new(set);
        problems_finish(&problems);
    }
    *x = (struct exchange){ .world = &world, .route = &route, .dialect = dialect_named(STR("openai")) };
    x->call.operation = operation;
    x->ask_hold.ask.exchange = x;
    arena_init(&x->arena, 1 << 20);
    buf_init(&x->out, 1 << 24);
}

static void finish(struct exchange *x)
{
    answer_texts_finish(x);
    CHECK_INT(memories_open, 0);
    buf_finish(&x->out);
    jsonx_finish(&x->answer_json);
    arena_finish(&x->arena);
}

static bool remembers = true; /* the last event, as the relay does */

/* One event through; what leaves is in x->out. */
static bool pass(struct exchange *x, struct str name, struct str event)
{
    struct jsonx_error error;
    char *copy = malloc(event.len + 1);
    memcpy(copy, event.at, event.len);
    struct str data = str_of(copy, event.len);
    bool dropped = false;
    struct sse_event came = { .name = name, .data = data };
    bool is_alike = remembers && x->texts && answer_texts_alike(x, &came);
    bool is_json = is_alike || (event.len && *event.at == '{' &&
                                jsonx_index(&x->answer_json, data, &JSONX_LIMITS_DEFAULT, &error));
    bool ok = answer_texts_event(x, is_json ? &x->answer_json : NULL, name, &data, &dropped);
    if (ok && remembers && is_json && !is_alike)
        answer_texts_remember(x, &came);
    struct sse_event out = { .name = name, .data = data };
    if (ok && !dropped)
        CHECK(sse_write(&x->out, &out));
    free(copy);
    return ok;
}

/* ---- what a caller puts together ---- */

struct heard {
    char text[16][4096]; /* by choice * 4 + what */
    unsigned events, after_finish;
    bool finished[4], done;
};

static void hear(struct heard *h, unsigned slot, const char *text)
{
    if (text)
        strncat(h->text[slot], text, sizeof h->text[slot] - strlen(h->text[slot]) - 1);
}

static void hear_chat(struct heard *h, json_t *event)
{
    json_t *choice;
    size_t i;
    json_array_foreach(json_object_get(event, "choices"), i, choice) {
        unsigned n = (unsigned)json_integer_value(json_object_get(choice, "index"));
        json_t *delta = json_object_get(choice, "delta"), *call = json_array_get(json_object_get(delta, "tool_calls"), 0);
        CHECK(n < 4);
        const char *texts[] = { json_string_value(json_object_get(delta, "content")),
                                json_string_value(json_object_get(delta, "reasoning_content")),
                                json_string_value(json_object_get(json_object_get(call, "function"), "arguments")) };
        for (unsigned k = 0; k < 3; k++) {
            h->after_finish += texts[k] && *texts[k] && h->finished[n];
            hear(h, n * 4 + k, texts[k]);
        }
        h->finished[n] |= json_is_string(json_object_get(choice, "finish_reason"));
    }
}

static void listen(struct heard *h, struct str bytes, void (*to)(struct heard *, json_t *))
{
    struct sse_reader reader;
    struct sse_event event;
    sse_reader_init(&reader, 1 << 20);
    while (sse_reader_next(&reader, &bytes, &event) == SSE_EVENT) {
        h->events++;
        if (str_eq(event.data, STR("[DONE]"))) {
            h->done = true;
            continue;
        }
        json_t *json = json_loadb(event.data.at, event.data.len, JSON_REJECT_DUPLICATES, NULL);
        CHECK(json != NULL);
        to(h, json);
        json_decref(json);
    }
    sse_reader_finish(&reader);
}

static struct str masked(struct str text, char *room, size_t size)
{
    const struct pattern_match *at;
    struct buf b;
    size_t n, done = 0;
    buf_init(&b, size);
    CHECK(pattern_set_find(set, scratch, text, &at, &n));
    for (size_t i = 0; i < n; i++) {
        CHECK(add_text(&b, str_of(text.at + done, at[i].start - done)) && add_mask(&b, STR(""), at[i].pattern));
        done = at[i].end;
    }
    CHECK(add_text(&b, str_from(text, done)));
    for (size_t i = b.start; i < b.end; i++)
        b.data[i] = b.data[i] == 'q' ? 'Q' : b.data[i];
    memcpy(room, buf_str(&b).at, buf_len(&b));
    struct str out = str_of(room, buf_len(&b));
    buf_finish(&b);
    return out;
}

static const char *const TEXTS[] = {
    "nothing here",
    "a \"SECRET-12ab;\" and secret-€€€€; end",
    "SECRET-abcdefghijklmnop; SECRET-1234",
    "€12 \xf0\x9f\x98\x80 €x €345678 \n\t\\ q",
    "SECRET-1234;",
    "xSECRET-1234; SECRET-12 SECRET-1234;SECRET-abcd;",
};

static size_t next_char(struct str text, size_t at)
{
    do
        at++;
    while (at < text.len && ((unsigned char)text.at[at] & 0xc0) == 0x80);
    return at;
}

/* The piece as a JSON string, escaped this way or that, in place of the `%s`. */
static void send_piece(struct exchange *x, const char *format, struct str piece)
{
    json_t *s = json_stringn(piece.at, piece.len);
    char *dumped = json_dumps(s, JSON_ENCODE_ANY | (random() % 2 ? JSON_ENSURE_ASCII : 0));
    struct str around = str_c(format);
    size_t at = str_find_str(around, STR("%s"));
    struct buf event;
    buf_init(&event, 1 << 20);
    CHECK(buf_add(&event, str_first(around, at)) && buf_add(&event, str_c(dumped)) &&
          buf_add(&event, str_from(around, at + 2)) && pass(x, STR_NONE, buf_str(&event)));
    buf_finish(&event);
    free(dumped);
    json_decref(s);
}

#define CHUNK(inside) "{\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":7,\"model\":\"m\",\"choices\":[" inside "],\"usage\":null}"
static const char FIRST[] = CHUNK("{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"logprobs\":null,\"finish_reason\":null}");
static const char STOP_EVENT[] = CHUNK("{\"index\":%u,\"delta\":{},\"logprobs\":null,\"finish_reason\":\"stop\"}");

static void stream_chat(struct heard *h, struct str text, size_t first, size_t second, bool in_chars)
{
    struct exchange x;
    begin(&x, OP_CHAT);
    CHECK(pass(&x, STR_NONE, str_c(FIRST)));
    static const char *const formats[] = {
        CHUNK("{\"index\":0,\"delta\":{\"content\":%s},\"logprobs\":null,\"finish_reason\":null}"),
        CHUNK("{\"index\":1,\"delta\":{\"reasoning_content\":%s},\"finish_reason\":null}"),
        CHUNK("{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":%s}}]},\"finish_reason\":null}"),
    };
    size_t cuts[] = { 0, first, second, text.len };
    for (size_t c = 0; c < 3; c++)
        for (size_t f = 0; f < ARRAY_LEN(formats); f++)
            for (size_t at = cuts[c], to; at < cuts[c + 1]; at = to) {
                to = in_chars ? next_char(text, at) : cuts[c + 1];
                send_piece(&x, formats[f], str_of(text.at + at, to - at));
            }
    char stop[400];
    for (unsigned n = 0; n < 2; n++) {
        snprintf(stop, sizeof stop, STOP_EVENT, n);
        CHECK(pass(&x, STR_NONE, str_c(stop)));
    }
    CHECK(pass(&x, STR_NONE, STR("[DONE]")));
    listen(h, buf_str(&x.out), hear_chat);
    finish(&x);
}

static void check_heard(const struct heard *h, struct str text)
{
    char room[4096];
    struct str wanted = masked(text, room, sizeof room);
    CHECK_STR(str_c(h->text[0]), wanted);
    CHECK_STR(str_c(h->text[1 * 4 + 1]), wanted);
    CHECK_STR(str_c(h->text[2]), wanted);
    CHECK(h->done && h->finished[0] && h->finished[1] && !h->after_finish);
}

TEST("a chat's texts are the same however they are cut, by choice and by channel")
{
    for (size_t i = 0; i < ARRAY_LEN(TEXTS); i++) {
        struct str text = str_c(TEXTS[i]);
        for (size_t a = 0; a <= text.len; a = next_char(text, a)) {
            struct heard h = { 0 };
            size_t b = a + (size_t)random() % (text.len - a + 1);
            while (b < text.len && ((unsigned char)text.at[b] & 0xc0) == 0x80)
                b++;
            stream_chat(&h, text, a, b, false);
            check_heard(&h, text);
        }
        struct heard h = { 0 };
        stream_chat(&h, text, 0, 0, true);
        check_heard(&h, text);
    }
}

TEST("an answer is the same wherever the bytes of its events are cut")
{
    static const char stream[] = "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a \\u0053ECRET-\"},\"finish_reason\":null}]}\n\n"
                                 "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"12€\\u20ac; \\ud83d\\ude00\"},\"finish_reason\":null}]}\n\n"
                                 "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\" €1\"},\"finish_reason\":\"stop\"}]}\n\n"
                                 "data: [DONE]\n\n";
    for (size_t at = 0; at < sizeof stream; at++) {
        struct exchange x;
        struct heard h = { 0 };
        struct str parts[] = { str_of(stream, at), str_of(stream + at, sizeof stream - 1 - at) };
        begin(&x, OP_CHAT);
        sse_reader_init(&x.events, 1 << 20);
        for (int i = 0; i < 2; i++)
            for (struct sse_event event; sse_reader_next(&x.events, &parts[i], &event) == SSE_EVENT;)
                CHECK(pass(&x, event.name, event.data));
        listen(&h, buf_str(&x.out), hear_chat);
        CHECK_STR(str_c(h.text[0]), STR("a [masked] \xf0\x9f\x98\x80 <\"€\">"));
        CHECK(h.done && h.finished[0]);
        sse_reader_finish(&x.events);
        finish(&x);
    }
}

TEST("a whole answer is filtered like a stream, and what belongs to no text by itself")
{
    for (size_t i = 0; i < ARRAY_LEN(TEXTS); i++) {
        struct exchange x;
        char room[4096];
        begin(&x, OP_CHAT);
        json_t *answer = json_pack("{s:s, s:[{s:i, s:{s:s, s:s, s:[{s:s, s:{s:s, s:s}}]}, s:{s:[{s:s}]}, s:s}]}", "id", "secret-1234;", "choices",
                                   "index", 0, "message", "role", "assistant", "content", TEXTS[i], "tool_calls", "id",
                                   "secret-1234;", "function", "name", "f", "arguments", TEXTS[i], "logprobs", "content",
                                   "token", TEXTS[i], "finish_reason", "stop");
        char *dumped = json_dumps(answer, 0);
        struct jsonx_error error;
        struct str data = str_c(dumped);
        CHECK(jsonx_index(&x.answer_json, data, &JSONX_LIMITS_DEFAULT, &error));
        CHECK(answer_texts_whole(&x, &x.answer_json, &data));
        json_t *out = json_loadb(data.at, data.len, 0, NULL);
        json_t *choice = json_array_get(json_object_get(out, "choices"), 0), *message = json_object_get(choice, "message");
        struct str wanted = masked(str_c(TEXTS[i]), room, sizeof room);
        CHECK_STR(str_c(json_string_value(json_object_get(message, "content"))), wanted);
        json_t *function = json_object_get(json_array_get(json_object_get(message, "tool_calls"), 0), "function");
        CHECK_STR(str_c(json_string_value(json_object_get(function, "arguments"))), wanted);
        CHECK_STR(str_c(json_string_value(json_object_get(out, "id"))), STR("[masked]"));
        CHECK(json_is_null(json_object_get(choice, "logprobs")) == !str_eq(wanted, str_c(TEXTS[i])));
        json_decref(out);
        json_decref(answer);
        free(dumped);
        finish(&x);
    }
}

#define RESPONSE(type, inside) "{\"type\":\"" type "\",\"sequence_number\":4,\"output_index\":0," inside "}"

static void hear_response(struct heard *h, json_t *event)
{
    const char *type = json_string_value(json_object_get(event, "type"));
    json_t *item = json_object_get(event, "item");
    if (strcmp(type, "response.output_text.delta") == 0) {
        CHECK(!h->finished[0]);
        hear(h, 0, json_string_value(json_object_get(event, "delta")));
    } else if (strcmp(type, "response.function_call_arguments.delta") == 0) {
        hear(h, 1, json_string_value(json_object_get(event, "delta")));
    } else if (strcmp(type, "response.output_text.done") == 0) {
        h->finished[0] = true;
        hear(h, 2, json_string_value(json_object_get(event, "text")));
    } else if (strcmp(type, "response.content_part.done") == 0) {
        hear(h, 3, json_string_value(json_object_get(json_object_get(event, "part"), "text")));
    } else if (strcmp(type, "response.output_item.done") == 0) {
        hear(h, 4, json_string_value(json_object_get(item, "arguments")));
    } else if (strcmp(type, "response.completed") == 0) {
        json_t *output = json_object_get(json_object_get(event, "response"), "output");
        json_t *part = json_array_get(json_object_get(json_array_get(output, 0), "content"), 0);
        hear(h, 5, json_string_value(json_object_get(part, "text")));
        hear(h, 6, json_string_value(json_object_get(json_array_get(output, 1), "arguments")));
    }
}

TEST("a response's pieces and what repeats them are the same text")
{
    for (size_t i = 0; i < ARRAY_LEN(TEXTS); i++) {
        struct str text = str_c(TEXTS[i]);
        for (size_t a = 0; a <= text.len; a = next_char(text, a)) {
            struct exchange x;
            struct heard h = { 0 };
            char room[4096];
            begin(&x, OP_RESPONSES);
            struct text said = { .value = STR("SECRET-1234;") };
            x.call.texts = &said;
            x.call.texts_count = 1;
            CHECK(pass(&x, STR("response.created"), STR("{\"type\":\"response.created\",\"response\":{\"id\":\"r\",\"instructions\":\"SECRET-1234;\",\"output\":[]}}")));
            CHECK(pass(&x, STR("response.content_part.added"), STR(RESPONSE("response.content_part.added", "\"content_index\":0,\"part\":{\"type\":\"output_text\",\"text\":\"\"}"))));
            CHECK(pass(&x, STR("response.output_item.added"), STR("{\"type\":\"response.output_item.added\",\"output_index\":1,\"item\":{\"type\":\"function_call\",\"name\":\"f\",\"arguments\":\"\"}}")));
            for (int k = 0; k < 2; k++) {
                struct str part = k ? str_from(text, a) : str_first(text, a);
                if (!part.len)
                    continue;
                send_piece(&x, RESPONSE("response.output_text.delta", "\"item_id\":\"i\",\"content_index\":0,\"delta\":%s,\"logprobs\":[]"), part);
                send_piece(&x, "{\"type\":\"response.function_call_arguments.delta\",\"output_index\":1,\"item_id\":\"j\",\"delta\":%s}", part);
            }
            send_piece(&x, RESPONSE("response.output_text.done", "\"item_id\":\"i\",\"content_index\":0,\"text\":%s,\"logprobs\":[{\"token\":\"a\"}]"), text);
            send_piece(&x, RESPONSE("response.content_part.done", "\"content_index\":0,\"part\":{\"type\":\"output_text\",\"text\":%s}"), text);
            send_piece(&x, "{\"type\":\"response.output_item.done\",\"output_index\":1,\"item\":{\"type\":\"function_call\",\"name\":\"f\",\"arguments\":%s}}", text);
            struct buf b;
            buf_init(&b, 1 << 16);
            CHECK(buf_add(&b, STR("{\"type\":\"response.completed\",\"response\":{\"instructions\":\"SECRET-1234;\",\"metadata\":{\"a\":\"SECRET-5678;\"},\"output\":[{\"type\":\"message\",\"content\":[{\"type\":\"output_text\",\"text\":\"")) &&
                  buf_add_json(&b, text) && buf_add(&b, STR("\"}]},{\"type\":\"function_call\",\"name\":\"f\",\"arguments\":\"")) &&
                  buf_add_json(&b, text) && buf_add(&b, STR("\"}]}}")));
            CHECK(pass(&x, STR("response.completed"), buf_str(&b)));
            buf_finish(&b);
            listen(&h, buf_str(&x.out), hear_response);
            struct str wanted = masked(text, room, sizeof room);
            for (int k = 0; k < 7; k++)
                CHECK_STR(str_c(h.text[k]), wanted);
            CHECK(str_find_str(buf_str(&x.out), STR("\"instructions\":\"SECRET-1234;\",\"metadata\":{\"a\":\"[masked]\"}")) < buf_len(&x.out));
            finish(&x);
        }
    }
}

TEST("an event leaves at once while nothing is in progress, and one that has nothing left to tell does not")
{
    struct exchange x;
    begin(&x, OP_CHAT);
    CHECK(pass(&x, STR_NONE, STR(CHUNK("{\"index\":0,\"delta\":{\"content\":\"Once \"},\"finish_reason\":null}"))));
    CHECK_STR(buf_str(&x.out), STR("data: " CHUNK("{\"index\":0,\"delta\":{\"content\":\"Once \"},\"finish_reason\":null}") "\n\n"));
    buf_clear(&x.out);
    CHECK(pass(&x, STR_NONE, STR(CHUNK("{\"index\":0,\"delta\":{\"content\":\"SECRET\"},\"finish_reason\":null}"))));
    CHECK_INT(buf_len(&x.out), 0);
    CHECK(pass(&x, STR_NONE, STR(CHUNK("{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"-\"},\"logprobs\":{\"content\":[]},\"finish_reason\":null}"))));
    CHECK_STR(buf_str(&x.out), STR("data: " CHUNK("{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"logprobs\":null,\"finish_reason\":null}") "\n\n"));
    buf_clear(&x.out);
    CHECK(pass(&x, STR_NONE, STR(CHUNK("{\"index\":0,\"delta\":{\"content\":\"no\"},\"finish_reason\":null}"))));
    CHECK_INT(buf_len(&x.out), 0);
    CHECK(pass(&x, STR_NONE, STR(CHUNK("{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}"))));
    CHECK_STR(buf_str(&x.out), STR("data: {\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":7,\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"SECRET-no\"},\"finish_reason\":null}],\"usage\":null}\n\n"
                                   "data: " CHUNK("{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}") "\n\n"));
    finish(&x);
}

/* The event goes in, and what leaves for it comes out, without what stands around it. */
static void check_event(struct exchange *x, struct str in, struct str wanted)
{
    buf_clear(&x->out);
    CHECK(pass(x, STR_NONE, in));
    CHECK(str_find_str(buf_str(&x->out), wanted) < buf_len(&x->out));
    CHECK(!wanted.len == !buf_len(&x->out));
}

TEST("log probabilities leave only with the text that they spell")
{
    struct exchange x;
    begin(&x, OP_CHAT);
#define TOKENS(...) ",\"logprobs\":{\"content\":[" __VA_ARGS__ "],\"refusal\":null},\"finish_reason\":null}"
#define SPELLED "{\"index\":0,\"delta\":{\"content\":\"On\\u0063e, \"}" TOKENS("{\"token\":\"Once\",\"logprob\":-1},{\"token\":\"\\u002c \"}")
    check_event(&x, STR(CHUNK(SPELLED)), STR(SPELLED));
    /* ahead of their text, which is masked when it comes; beside an empty one; beside none */
    check_event(&x, STR(CHUNK("{\"index\":0,\"delta\":{\"content\":\"a \"}" TOKENS("{\"token\":\"a SECRET-1234;\"}"))),
                STR("{\"content\":\"a \"},\"logprobs\":null"));
    check_event(&x, STR(CHUNK("{\"index\":0,\"delta\":{\"content\":\"\"}" TOKENS("{\"token\":\"SECRET-1234;\"}"))), STR("\"logprobs\":null"));
    check_event(&x, STR(CHUNK("{\"index\":0,\"delta\":{}" TOKENS("{\"token\":\"SECRET-1234;\"}"))), STR("\"logprobs\":null"));
    check_event(&x, STR(CHUNK("{\"index\":0,\"delta\":{},\"logprobs\":\"SECRET-1234;\",\"finish_reason\":null}")), STR("\"logprobs\":null"));
    check_event(&x, STR(CHUNK("{\"index\":0,\"delta\":{\"role\":\"assistant\"}" TOKENS(""))), STR("\"logprobs\":{\"content\":[],"));
    finish(&x);
    begin(&x, OP_COMPLETION);
#define LEGACY(text, tokens) "{\"choices\":[{\"text\":" text ",\"index\":0,\"logprobs\":{\"tokens\":" tokens ",\"token_logprobs\":[-1]}}]}"
    check_event(&x, STR(LEGACY("\"a b\"", "[\"a\",\" b\"]")), STR(LEGACY("\"a b\"", "[\"a\",\" b\"]")));
    check_event(&x, STR(LEGACY("\"a b\"", "[\"a\",\" b\",\" SECRET\"]")), STR("\"logprobs\":null"));
    finish(&x);
    begin(&x, OP_RESPONSES);
    check_event(&x, STR("{\"type\":\"response.output_text.delta\",\"output_index\":0,\"delta\":\"a\",\"logprobs\":[{\"token\":\"a\"}]}"),
                STR("[{\"token\":\"a\"}]"));
    check_event(&x, STR("{\"type\":\"response.output_text.delta\",\"output_index\":0,\"delta\":\"\",\"logprobs\":[{\"token\":\"SECRET\"}]}"),
                STR("\"logprobs\":[]"));
    finish(&x);
}

TEST("a text is the same however the names that lead to it are written")
{
    struct exchange x;
    begin(&x, OP_CHAT);
    check_event(&x, STR(CHUNK("{\"index\":0,\"d\\u0065lta\":{\"\\u0063ontent\":\"a SECRET-\"},\"finish_reason\":null}")), STR("\"a \""));
    check_event(&x, STR(CHUNK("{\"index\":0,\"delta\":{\"content\":\"1234; b\"},\"finish_reason\":null}")), STR("\"[masked] b\""));
    finish(&x);
    begin(&x, OP_RESPONSES);
    check_event(&x, STR("{\"type\":\"response.output_text.d\\u0065lta\",\"output_index\":0,\"delta\":\"a SECRET-\"}"), STR("\"a \""));
    check_event(&x, STR("{\"type\":\"response.output_text.delta\",\"output_index\":0,\"delta\":\"1234; b\"}"), STR("\"[masked] b\""));
    finish(&x);
}

TEST("what is held leaves in an event of its own when its time is up")
{
    struct exchange x;
    begin(&x, OP_COMPLETION);
    x.last_upstream_ms = clock_ms;
    CHECK(pass(&x, STR_NONE, STR("{\"id\":\"c\",\"choices\":[{\"text\":\"a SECRET-\",\"index\":0,\"logprobs\":null,\"finish_reason\":null}]}")));
    answer_texts_watch(&x);
    CHECK(timer_asked == &x.ask_hold && x.ask_hold.in_ms == 5000);
    finish(&x);
}

TEST("an answer that a filter refuses, or that nobody can read, ends")
{
    struct exchange x;
    begin(&x, OP_CHAT);
    CHECK(!pass(&x, STR_NONE, STR(CHUNK("{\"index\":0,\"delta\":{\"content\":\"FORBIDDEN\"},\"finish_reason\":null}"))));
    CHECK(x.why == WHY_ANSWER_REFUSED);
    CHECK(!pass(&x, STR_NONE, STR("{\"choices\":[],\"choices\":[]}")));
    CHECK(x.why == WHY_UPSTREAM_BROKEN);
    CHECK(!pass(&x, STR_NONE, STR("free text")));
    CHECK(x.why == WHY_UPSTREAM_BROKEN);
    finish(&x);
}

TEST("scores of any shape are read: every string of a whole one, and events that are no JSON")
{
    struct exchange x;
    struct jsonx_error error;
    begin(&x, OP_SCORE);
    struct str data = STR("[{\"id\":\"SECRET-1234;\",\"n\":[1,\"a SECRET-1234; b\"]},\"q\"]");
    CHECK(jsonx_index(&x.answer_json, data, &JSONX_LIMITS_DEFAULT, &error));
    CHECK(answer_texts_whole(&x, &x.answer_json, &data));
    CHECK_STR(data, STR("[{\"id\":\"[masked]\",\"n\":[1,\"a [masked] b\"]},\"Q\"]"));
    finish(&x);
    begin(&x, OP_SCORE);
    CHECK(pass(&x, STR_NONE, STR("free SEC")) && pass(&x, STR_NONE, STR("RET-1234")) && pass(&x, STR_NONE, STR("; te")) &&
          pass(&x, STR_NONE, STR("xt SECRET")) && answer_texts_over(&x));
    CHECK_STR(buf_str(&x.out), STR("data: free \n\ndata: [masked] te\n\ndata: xt \n\ndata: SECRET\n\n"));
    finish(&x);
}

TEST("members that would be named alike once they are masked are refused")
{
    static const struct {
        const char *data, *out; /* NULL: refused */
    } rows[] = {
        { "{\"SECRET-1234;\":1,\"b\":2}", "{\"[masked]\":1,\"b\":2}" },
        { "[{\"SECRET-1234;\":1},{\"SECRET-abcd;\":2}]", "[{\"[masked]\":1},{\"[masked]\":2}]" },
        { "{\"SECRET-1234;\":1,\"SECRET-abcd;\":2}", NULL },
        { "{\"[Masked]\":1,\"SECRET-abcd;\":2}", NULL },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct exchange x;
        struct jsonx_error error;
        struct str data = str_c(rows[i].data);
        begin(&x, OP_SCORE);
        CHECK(jsonx_index(&x.answer_json, data, &JSONX_LIMITS_DEFAULT, &error));
        CHECK_INT(answer_texts_whole(&x, &x.answer_json, &data), rows[i].out != NULL);
        if (rows[i].out)
            CHECK_STR(data, str_c(rows[i].out));
        else
            CHECK(x.why == WHY_ANSWER_REFUSED);
        finish(&x);
    }
}

/* For each text that begins in it the event is walked through once more. */
/* Whether events are passed on one after the other, in which only a piece of a text, a counter or a padding differs, or what stands there
 * makes them another kind of event: nothing depends on what was remembered. */
TEST("events are passed on alike whether the last one is remembered or not")
{
    static const char *const events[] = {
        "{\"created\":1,\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"},\"finish_reason\":null}],\"obfuscation\":\"x\"}",
        "{\"created\":22,\"choices\":[{\"index\":0,\"delta\":{\"content\":\" SEC\"},\"finish_reason\":null}],\"obfuscation\":\"\"}",
        "{\"created\":3,\"choices\":[{\"index\":0,\"delta\":{\"content\":\"R\\u0045T-1234;\\n\"},\"finish_reason\":null}],\"obfuscation\":\"\\\"q\"}",
        "{\"created\":3,\"choices\":[{\"index\":1,\"delta\":{\"content\":\"b \"},\"finish_reason\":null}],\"obfuscation\":\"\"}",
        "{\"created\":3,\"choices\":[{\"index\":1,\"delta\":{\"content\":\"SECRET-\"},\"finish_reason\":null}],\"obfuscation\":\"\"}",
        "{\"created\":3,\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\"},\"finish_reason\":null}],\"obfuscation\":\"\"}",
        "{\"created\":3,\"choices\":[{\"index\":0,\"delta\":{\"content\":\"{}€12\"},\"finish_reason\":null}],\"obfuscation\":\"\"}",
        "{\"created\":3,\"choices\":[{\"index\":0,\"delta\":{\"content\":\"c\",\"refusal\":\"d\"},\"finish_reason\":null}],\"obfuscation\":\"\"}",
        "{\"created\":3,\"choices\":[{\"index\":0,\"delta\":{\"content\":\"c\",\"refusal\":\"d\"},\"finish_reason\":null}],\"obfuscation\":\"\"}",
        "{\"created\":3,\"choices\":[{\"index\":0,\"delta\":{\"content\":\"€1\"},\"finish_reason\":null,\"logprobs\":{\"content\":[{\"token\":\"€1\"}]}}]}",
        "{\"created\":3,\"choices\":[{\"index\":0,\"delta\":{\"content\":\"e\"},\"finish_reason\":null,\"logprobs\":{\"content\":[{\"token\":\"€1\"}]}}]}",
        "{\"created\":3,\"choices\":[{\"index\":1,\"delta\":{\"content\":\"abcd;\"},\"finish_reason\":null}],\"obfuscation\":\"\"}",
        "{\"created\":3,\"choices\":[{\"index\":0,\"delta\":{\"content\":\"f\"},\"finish_reason\":\"stop\"}],\"obfuscation\":\"\"}",
        "{\"created\":3,\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\"},\"finish_reason\":\"stop\"}],\"obfuscation\":\"\"}",
        "[DONE]",
    };
    struct buf sent[2];
    for (unsigned n = 0; n < 2; n++) {
        struct exchange x;
        begin(&x, OP_CHAT);
        remembers = n;
        for (size_t i = 0; i < ARRAY_LEN(events); i++)
            CHECK(pass(&x, STR_NONE, str_c(events[i])));
        buf_init(&sent[n], 1 << 16);
        CHECK(buf_add(&sent[n], buf_str(&x.out)));
        finish(&x);
    }
    remembers = true;
    CHECK_STR(buf_str(&sent[1]), buf_str(&sent[0]));
    CHECK(str_find_str(buf_str(&sent[0]), STR("[masked]")) < buf_len(&sent[0]));
    CHECK(str_find_str(buf_str(&sent[0]), STR("SECRET")) == buf_len(&sent[0]));
    buf_finish(&sent[0]);
    buf_finish(&sent[1]);
}

/* What is sent of the event, twice, of it with another byte in one place, and of it again. */
static bool sent_of(enum operation operation, struct str event, struct str changed, struct buf *sent)
{
    struct exchange x;
    const struct str events[] = { event, event, changed, event };
    begin(&x, operation);
    bool ok = true;
    for (size_t i = 0; ok && i < ARRAY_LEN(events); i++)
        ok = pass(&x, STR_NONE, events[i]);
    buf_init(sent, 1 << 16);
    CHECK(buf_add(sent, buf_str(&x.out)));
    finish(&x);
    return ok;
}

TEST("whatever byte of an event differs, it is passed on as if no other had come before")
{
    static const struct {
        enum operation operation;
        const char *event;
    } rows[] = {
        { OP_CHAT, "{\"id\":\"1\",\"created\":17,\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a€1 \"},\"logprobs\":null,"
                   "\"finish_reason\":null}],\"obfuscation\":\"xyz\",\"system_fingerprint\":\"f\"}" },
        { OP_CHAT, "{\"created\":0,\"choices\":[{\"index\":0,\"delta\":{\"reasoning_content\":\"data:image/x\"}}]}" },
        { OP_CHAT, "{\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"{\\\"a\"}}]}}]}" },
        { OP_CHAT, "{\"choices\":[{\"delta\":{\"audio\":{\"data\":\"QUJD\"}}}],\"usage\":null}" },
        { OP_CHAT, "{\"choices\":[{\"delta\":{\"url\":\"a\",\"name\":\"b c\",\"content\":\"d\"}}]}" },
        { OP_COMPLETION, "{\"choices\":[{\"text\":\"SECRET-123\",\"index\":0,\"logprobs\":null}],\"created\":5}" },
        { OP_RESPONSES, "{\"type\":\"response.output_text.delta\",\"item_id\":\"i\",\"output_index\":0,\"content_index\":1,\"delta\":\"b \","
                        "\"sequence_number\":12,\"logprobs\":[],\"obfuscation\":\"q\"}" },
        { OP_RESPONSES, "{\"type\":\"response.function_call_arguments.delta\",\"output_index\":2,\"delta\":\"{}\",\"sequence_number\":3}" },
        { OP_RESPONSES, "{\"type\":\"response.x.delta\",\"output_index\":0,\"delta\":\"y\"}" },
        { OP_SCORE, "{\"output\":{\"text\":\"a\"},\"created\":3}" },
    };
    static const char bytes[] = "\"\\x0{ \n\x80";
    for (size_t row = 0; row < ARRAY_LEN(rows); row++) {
        struct str event = str_c(rows[row].event);
        char changed[512];
        for (size_t at = 0; at < event.len * (sizeof bytes - 1); at++) {
            struct buf plain, remembered;
            memcpy(changed, event.at, event.len);
            changed[at / (sizeof bytes - 1)] = bytes[at % (sizeof bytes - 1)];
            remembers = false;
            bool ok = sent_of(rows[row].operation, event, str_of(changed, event.len), &plain);
            remembers = true;
            CHECK(sent_of(rows[row].operation, event, str_of(changed, event.len), &remembered) == ok);
            CHECK_STR(buf_str(&remembered), buf_str(&plain));
            buf_finish(&plain);
            buf_finish(&remembered);
        }
    }
}

TEST("only what differs in a piece of a text and in what nobody reads is like the last event")
{
    static const struct {
        const char *event;
        bool is_like;
    } rows[] = {
        { "{\"id\":\"1\",\"created\":1,\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}],\"obfuscation\":\"x\"}", false },
        { "{\"id\":\"1\",\"created\":29,\"choices\":[{\"index\":0,\"delta\":{\"content\":\"bc\\n\"}}],\"obfuscation\":\"\"}", true },
        { "{\"id\":\"1\",\"created\":29,\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\"}}],\"obfuscation\":\"y\"}", true },
        { "{\"id\":\"1\",\"created\":29,\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\"}}],\"obfuscation\":\"AKIAIOSFODNN7EXAMPLE\"}", false },
        { "{\"id\":\"1\",\"created\":29,\"choices\":[{\"index\":1,\"delta\":{\"content\":\"d\"}}],\"obfuscation\":\"\"}", false },
        { "{\"id\":\"1\",\"created\":29,\"choices\":[{\"index\":1,\"delta\":{\"content\":\"e\"}}],\"obfuscation\":\"\"}", true },
        { "{\"id\":\"2\",\"created\":29,\"choices\":[{\"index\":1,\"delta\":{\"content\":\"e\"}}],\"obfuscation\":\"\"}", false },
        { "{\"id\":\"2\",\"created\":01,\"choices\":[{\"index\":1,\"delta\":{\"content\":\"e\"}}],\"obfuscation\":\"\"}", false },
    };
    struct exchange x;
    begin(&x, OP_CHAT);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct sse_event event = { .data = str_c(rows[i].event) };
        struct jsonx_error error;
        bool dropped = false, is_like = x.texts && answer_texts_alike(&x, &event);
        CHECK(is_like == rows[i].is_like);
        if (!is_like && !jsonx_index(&x.answer_json, event.data, &JSONX_LIMITS_DEFAULT, &error))
            continue;
        CHECK_STR(x.answer_json.text, event.data);
        struct str data = event.data;
        CHECK(answer_texts_event(&x, &x.answer_json, STR_NONE, &data, &dropped));
        if (!is_like)
            answer_texts_remember(&x, &event);
    }
    finish(&x);
}

TEST("an event of very many texts is refused, not worked on for seconds")
{
    static const unsigned counts[] = { 500, 3000 };
    for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
        struct exchange x;
        struct buf event;
        begin(&x, OP_CHAT);
        x.arena.ceiling_bytes = 1 << 26;
        buf_init(&event, 1 << 20);
        CHECK(buf_add(&event, STR("{\"choices\":[")));
        for (unsigned n = 0; n < counts[i]; n++)
            CHECK(buf_addf(&event, "%s{\"index\":%u,\"delta\":{\"content\":\"a\"}}", n ? "," : "", n));
        CHECK(buf_add(&event, STR("]}")));
        CHECK(pass(&x, STR_NONE, buf_str(&event)) == (counts[i] < 1000));
        CHECK(counts[i] < 1000 || x.why == WHY_ANSWER_TOO_LARGE);
        buf_finish(&event);
        finish(&x);
    }
}

/* A token by itself, and what a whole answer's list of tokens may say: NULL where it is taken out. */
TEST("log probabilities of a whole answer stay where they spell its text, and alternatives are tokens")
{
    static const struct {
        const char *content, *logprobs;
        bool stays;
    } rows[] = {
        { "Hello you", "{\"content\":[{\"token\":\"Hello\",\"bytes\":[72]},{\"token\":\" you\"}],\"refusal\":null}", true },
        { "Hello you", "{\"content\":[{\"token\":\" Hello\"},{\"token\":\" you\"},{\"token\":\"</s>\"}]}", true },
        { "Hello you", "{\"content\":[{\"token\":\"SECRET\"},{\"token\":\"-1234;\"}]}", false },
        { "Hello you", "{\"content\":[{\"token\":\"Hello\"},{\"token\":\" you\"},{\"token\":\" SECRET-\"},{\"token\":\"1234;\"}]}", false },
        { "Hello you", "{\"content\":[{\"token\":\"Hello\"}]}", false },
        { "hi", "{\"content\":[{\"token\":\"hi\",\"top_logprobs\":[{\"token\":\" internationalization\"},{\"token\":\"1234\"},{\"token\":\"----------------\"}]}]}", true },
        { "hi", "{\"content\":[{\"token\":\"hi\",\"top_logprobs\":[{\"token\":\"SECRET-1234;\"}]}]}", false },
        { "hi", "{\"content\":[{\"token\":\"hi\",\"top_logprobs\":[{\"token\":\"what it was told\"}]}]}", false },
        { "hi", "{\"content\":[{\"token\":\"hi\"}],\"note\":\"SECRET-1234;\"}", false },
        { "hi", "{\"tokens\":[\"hi\"],\"top_logprobs\":[{\"ho\":-1}],\"text_offset\":[0]}", true },
        { "hi", "{\"tokens\":[\"hi\"],\"top_logprobs\":[{\"SECRET-1234;\":-1}]}", false },
        { "\xf0\x9f\x98\x80!", "{\"content\":[{\"token\":\"\\\\xf0\\\\x9f\",\"bytes\":[240,159]},{\"token\":\"\\\\x98\\\\x80\",\"bytes\":[152,128]},{\"token\":\"!\"}]}", true },
        { "hi", "{\"content\":[{\"token\":\"SECRET-1234;\",\"bytes\":[104,105]}]}", false },
        { "", "{\"content\":[{\"token\":\"hi\"}]}", false },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct exchange x;
        struct jsonx_error error;
        char text[1024], wanted[1024];
        const char *head = "{\"choices\":[{\"index\":0,\"message\":{\"content\":\"", *middle = "\"},\"logprobs\":", *end = "}]}";
        snprintf(text, sizeof text, "%s%s%s%s%s", head, rows[i].content, middle, rows[i].logprobs, end);
        snprintf(wanted, sizeof wanted, "%s%s%s%s%s", head, rows[i].content, middle, rows[i].stays ? rows[i].logprobs : "null", end);
        struct str data = str_c(text);
        begin(&x, OP_CHAT);
        CHECK(jsonx_index(&x.answer_json, data, &JSONX_LIMITS_DEFAULT, &error));
        CHECK(answer_texts_whole(&x, &x.answer_json, &data));
        CHECK_STR(data, str_c(wanted));
        finish(&x);
    }
}

TEST("what belongs to no text of an event is read before the text, and is not told again unread")
{
    struct exchange x;
    begin(&x, OP_CHAT);
    check_event(&x, STR("{\"choices\":[{\"type\":\"t\",\"delta\":{\"content\":\"a SECRET-\"},\"index\":0}],\"id\":\"c SECRET-1234;\",\"object\":\"o\"}"),
                STR("\"id\":\"c [masked]\""));
    CHECK(answer_texts_over(&x));
    CHECK(str_find_str(buf_str(&x.out), STR("\"content\":\"SECRET-\"")) < buf_len(&x.out));
    CHECK(str_find_str(buf_str(&x.out), STR("1234")) == buf_len(&x.out));
    finish(&x);
    begin(&x, OP_CHAT); /* nor does an event that brings no more than a state leave for it */
    buf_clear(&x.out);
    CHECK(pass(&x, STR_NONE, STR("{\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"SECRET-\"}}]}")));
    CHECK_STR(buf_str(&x.out), STR(""));
    finish(&x);
    begin(&x, OP_SCORE);
    check_event(&x, STR("{\"id\":\"SECRET-1234;\",\"status\":\"SECRET-1234;\",\"output\":\"a \"}"), STR("{\"id\":\"[masked]\",\"status\":\"[masked]\",\"output\":\"a \"}"));
    check_event(&x, STR("{\"id\":\"SECRET-1234;\",\"status\":\"SECRET-1234;\",\"output\":\"b \"}"), STR("{\"id\":\"[masked]\",\"status\":\"[masked]\",\"output\":\"b \"}"));
    finish(&x);
}

/* Were each looked for among all that was changed before, this would take half a minute. */
TEST("log probabilities are taken out of very many choices")
{
    enum { CHOICES = 60000 };
    struct exchange x;
    struct buf answer;
    struct jsonx_error error;
    begin(&x, OP_CHAT);
    buf_init(&answer, 1 << 23);
    CHECK(buf_add(&answer, STR("{\"choices\":[0")));
    for (unsigned n = 0; n < CHOICES; n++)
        CHECK(buf_add(&answer, STR(",{\"logprobs\":{\"a\":[]},\"message\":{\"content\":\"SECRET-1234;\",\"refusal\":\"SECRET-abcd;\"}}")));
    CHECK(buf_add(&answer, STR("]}")));
    struct str data = buf_str(&answer);
    CHECK(jsonx_index(&x.answer_json, data, &JSONX_LIMITS_DEFAULT, &error));
    double before = check_cpu_seconds();
    CHECK(answer_texts_whole(&x, &x.answer_json, &data));
    CHECK(check_cpu_seconds() - before < 5);
    CHECK_STR(str_first(data, 85), STR("{\"choices\":[0,{\"logprobs\":null,\"message\":{\"content\":\"[masked]\",\"refusal\":\"[masked]\"}}"));
    CHECK(str_find_str(data, STR("SECRET")) == data.len && str_find_str(data, STR("\"a\"")) == data.len);
    buf_finish(&answer);
    finish(&x);
}
