/* events.c - streams in the shapes of Azure OpenAI (azure.md §3.5): the first empty chunk, the role, a token an event, usage. */
#include "model.h"

#include "proxy/http/writer.h"

static struct buf event; /* one at a time, one thread */

static bool send_event(struct connection *c)
{
    bool ok = http_write_chunk(&c->out, buf_str(&event));
    buf_clear(&event);
    return ok;
}

#define EVENT(...)                                                                                                     \
    do {                                                                                                               \
        if (!buf_addf(&event, __VA_ARGS__))                                                                            \
            abort();                                                                                                   \
    } while (0)

static const char *line_end(const struct connection *c)
{
    return c->mode == MODE_stream_crlf ? "\r\n\r\n" : "\n\n";
}

static const char WORDS_OF_PROSE[] =
#define ENGLISH(words) words
#include "bench/guard/words.def"
    ;

/* One word after the other, for all streams; never empty. */
static struct str next_word(void)
{
    static struct str rest;
    if (!rest.len)
        rest = STR(WORDS_OF_PROSE);
    return str_cut(&rest, ' ');
}

static void chat_chunk(const struct connection *c, uint64_t index, const char *delta, const char *finish)
{
    unsigned long long created = settings.prose && settings.stamp ? loop_now_exact_us() : 1760000000;
    EVENT("data: {\"id\":\"chatcmpl-mock\",\"object\":\"chat.completion.chunk\",\"created\":%llu,\"model\":\"" STR_F
          "-2024-11-20\",\"system_fingerprint\":\"fp_mock\",\"choices\":[{\"index\":%llu,\"delta\":%s,\"logprobs\":null,"
          "\"finish_reason\":%s,\"content_filter_results\":{}}]%s}%s",
          created, STR_A(c->asked.model), (unsigned long long)index, delta, finish, c->asked.wants_usage ? ",\"usage\":null" : "",
          line_end(c));
}

static const char *const TOOL_DELTAS[] = {
    ("{\"tool_calls\":[{\"index\":0,\"id\":\"call_1\",\"type\":\"function\",\"function\":{\"name\":\"get_weather\",\"arguments\":"
     "\"\"}}]}"),
    "{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"{\\\"city\\\":\"}}]}",
    "{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"\\\"Oslo\\\"}\"}}]}",
};

/* The events of a chat, by their number: opening, role, tokens, end, usage, [DONE]. */
static bool chat_event(struct connection *c)
{
    uint64_t tokens = c->mode == MODE_tool_call ? ARRAY_LEN(TOOL_DELTAS) : c->asked.tokens;
    uint64_t at = c->event++;
    if (at == 0) {
        if (c->mode == MODE_stream_crlf)
            EVENT(": a comment\r\n\r\n");
        EVENT("data: {\"choices\":[],\"created\":0,\"id\":\"\",\"model\":\"\",\"object\":\"\",\"prompt_filter_results\":[{"
              "\"prompt_index\":0,\"content_filter_results\":{}}]}%s", line_end(c));
        return true;
    }
    if (at == 1) {
        for (uint64_t i = 0; i < c->asked.n; i++)
            chat_chunk(c, i, "{\"role\":\"assistant\",\"content\":\"\",\"refusal\":null}", "null");
        return true;
    }
    if (at < 2 + tokens) {
        char delta[64];
        struct str word = settings.prose ? next_word() : STR_NONE;
        if (word.len)
            snprintf(delta, sizeof delta, "{\"content\":\" " STR_F "\"}", STR_A(word));
        else if (settings.stamp)
            snprintf(delta, sizeof delta, "{\"content\":\"t=%llu \"}", (unsigned long long)loop_now_exact_us());
        else
            snprintf(delta, sizeof delta, "{\"content\":\"word%llu \"}", (unsigned long long)(at - 2));
        for (uint64_t i = 0; i < c->asked.n; i++)
            chat_chunk(c, i, c->mode == MODE_tool_call ? TOOL_DELTAS[at - 2] : delta, "null");
        if (c->mode == MODE_stream_filter)
            EVENT("data: {\"id\":\"\",\"object\":\"\",\"created\":0,\"model\":\"\",\"choices\":[{\"index\":0,"
                  "\"finish_reason\":null,\"content_filter_results\":{},\"content_filter_offsets\":{\"check_offset\":1,"
                  "\"start_offset\":1,\"end_offset\":9}}]}\n\n");
        return true;
    }
    if (at == 2 + tokens) {
        const char *finish = c->mode == MODE_tool_call       ? "\"tool_calls\""
                             : c->mode == MODE_stream_filter ? "\"content_filter\""
                                                             : "\"stop\"";
        for (uint64_t i = 0; i < c->asked.n; i++)
            chat_chunk(c, i, "{}", finish);
        return true;
    }
    if (at == 3 + tokens && c->asked.wants_usage) {
        unsigned long long in = buf_len(&c->body) / 4;
        EVENT("data: {\"id\":\"chatcmpl-mock\",\"object\":\"chat.completion.chunk\",\"created\":1760000000,\"model\":\"" STR_F
              "\",\"choices\":[],\"usage\":{\"prompt_tokens\":%llu,\"completion_tokens\":%llu,\"total_tokens\":%llu}}%s",
              STR_A(c->asked.model), in, (unsigned long long)c->asked.tokens, in + c->asked.tokens, line_end(c));
        return true;
    }
    EVENT("data: [DONE]%s", line_end(c));
    return false;
}

static void response_object(const char *status, const struct connection *c, bool with_usage)
{
    EVENT("{\"id\":\"resp_mock\",\"object\":\"response\",\"created_at\":1760000000,\"status\":\"%s\",\"model\":\"" STR_F
          "\",\"output\":[],\"parallel_tool_calls\":true,\"tool_choice\":\"auto\",\"tools\":[]", status, STR_A(c->asked.model));
    if (with_usage)
        EVENT(",\"usage\":{\"input_tokens\":%llu,\"output_tokens\":%llu,\"total_tokens\":%llu,\"input_tokens_details\":{"
              "\"cached_tokens\":0},\"output_tokens_details\":{\"reasoning_tokens\":0}}",
              (unsigned long long)buf_len(&c->body) / 4, (unsigned long long)c->asked.tokens,
              (unsigned long long)(buf_len(&c->body) / 4 + c->asked.tokens));
    EVENT("}");
}

static bool response_event(struct connection *c)
{
    unsigned long long at = c->event++;
    if (at == 0) {
        EVENT("event: response.created\ndata: {\"type\":\"response.created\",\"sequence_number\":0,\"response\":");
        response_object("in_progress", c, false);
        EVENT("}\n\n");
        return true;
    }
    if (at <= c->asked.tokens) {
        EVENT("event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"sequence_number\":%llu,"
              "\"item_id\":\"msg_mock\",\"output_index\":0,\"content_index\":0,\"delta\":\"word%llu \",\"logprobs\":[]}\n\n",
              at, at - 1);
        return true;
    }
    EVENT("event: response.completed\ndata: {\"type\":\"response.completed\",\"sequence_number\":%llu,\"response\":", at);
    response_object("completed", c, true);
    EVENT("}\n\n");
    return false;
}

bool event_write(struct connection *c)
{
    event.ceiling_bytes = 1 << 20;
    buf_clear(&event);
    counts.events++;
    bool half = c->event == 2 + c->asked.tokens / 2;
    if (half && c->mode == MODE_stream_error) {
        EVENT("data: {\"error\":{\"message\":\"The server had an error while processing your request.\",\"type\":\"server_error\","
              "\"param\":null,\"code\":null}}\n\n");
        c->event = UINT64_MAX;
        return send_event(c) && http_write_last_chunk(&c->out) && false;
    }
    bool more = c->asked.kind == KIND_RESPONSES ? response_event(c) : chat_event(c);
    if (!send_event(c) || (!more && !http_write_last_chunk(&c->out)))
        abort();
    return more;
}
