/* answers.c - answers in the shapes of Azure OpenAI (azure.md §3.4, §3.6). */
#include "model.h"

#include <zlib.h>

static const char FILTERS[] = "{\"hate\":{\"filtered\":false,\"severity\":\"safe\"},\"self_harm\":{\"filtered\":false,"
                              "\"severity\":\"safe\"},\"sexual\":{\"filtered\":false,\"severity\":\"safe\"},\"violence\":{"
                              "\"filtered\":false,\"severity\":\"safe\"}}";
static const char LIMIT_FIELDS[] = "x-ratelimit-limit-requests: 1000\r\nx-ratelimit-remaining-requests: 999\r\n"
                                   "x-ratelimit-limit-tokens: 100000\r\nx-ratelimit-remaining-tokens: 99000\r\n"
                                   "x-ratelimit-renewalperiod-tokens: 60\r\n";
static const char AZURE_FIELDS[] = "apim-request-id: 7d6f1d1e-0000-4000-8000-00000000beef\r\nx-ms-region: Mock West\r\n"
                                   "x-ms-deployment-name: mock\r\nazureml-model-session: d001\r\n";

static void add(struct buf *b, struct str s)
{
    if (!buf_add(b, s))
        abort(); /* a mock that cannot answer is of no use */
}

#define ADDF(b, ...)                                                                                                   \
    do {                                                                                                               \
        if (!buf_addf((b), __VA_ARGS__))                                                                               \
            abort();                                                                                                   \
    } while (0)

static void add_text(struct buf *b, const struct asked *a)
{
    static const char WORDS[] = "The mock model answers with plain words. ";
    size_t start = buf_len(b);
    if (settings.echo && a->last_text.len)
        add(b, a->last_text);
    else
        add(b, str_of(WORDS, sizeof WORDS - 2));
    while (buf_len(b) - start + sizeof WORDS < settings.answer_bytes)
        add(b, str_of(WORDS, sizeof WORDS - 1));
}

static void add_message(struct buf *b, const struct connection *c)
{
    if (c->mode == MODE_tool_call) {
        add(b, STR("{\"role\":\"assistant\",\"content\":null,\"refusal\":null,\"tool_calls\":[{\"id\":\"call_1\",\"type\":"
                   "\"function\",\"function\":{\"name\":\"get_weather\",\"arguments\":\"{\\\"city\\\":\\\"Oslo\\\"}\"}}]}"));
        return;
    }
    add(b, STR("{\"role\":\"assistant\",\"content\":\""));
    add_text(b, &c->asked);
    add(b, STR("\",\"refusal\":null,\"annotations\":[]}"));
}

static void add_chat(struct buf *b, const struct connection *c)
{
    ADDF(b,
         "{\"id\":\"chatcmpl-mock\",\"object\":\"chat.completion\",\"created\":1760000000,\"model\":\"" STR_F
         "-2024-11-20\",\"system_fingerprint\":\"fp_mock\",\"prompt_filter_results\":[{\"prompt_index\":0,"
         "\"content_filter_results\":%s}],\"choices\":[",
         STR_A(c->asked.model), FILTERS);
    for (uint64_t i = 0; i < c->asked.n; i++) {
        ADDF(b, "%s{\"index\":%llu,\"finish_reason\":\"%s\",\"logprobs\":null,\"message\":", i ? "," : "",
             (unsigned long long)i, c->mode == MODE_tool_call ? "tool_calls" : "stop");
        add_message(b, c);
        ADDF(b, ",\"content_filter_results\":%s}", FILTERS);
    }
    ADDF(b,
         "],\"usage\":{\"prompt_tokens\":%llu,\"completion_tokens\":%llu,\"total_tokens\":%llu,"
         "\"prompt_tokens_details\":{\"cached_tokens\":0},\"completion_tokens_details\":{\"reasoning_tokens\":0}}}",
         (unsigned long long)buf_len(&c->body) / 4, (unsigned long long)c->asked.tokens,
         (unsigned long long)(buf_len(&c->body) / 4 + c->asked.tokens));
}

static void add_completion(struct buf *b, const struct connection *c)
{
    ADDF(b, "{\"id\":\"cmpl-mock\",\"object\":\"text_completion\",\"created\":1760000000,\"model\":\"" STR_F
            "\",\"choices\":[{\"index\":0,\"finish_reason\":\"stop\",\"logprobs\":null,\"text\":\"", STR_A(c->asked.model));
    add_text(b, &c->asked);
    ADDF(b, "\"}],\"usage\":{\"prompt_tokens\":%llu,\"completion_tokens\":%llu,\"total_tokens\":%llu}}",
         (unsigned long long)buf_len(&c->body) / 4, (unsigned long long)c->asked.tokens,
         (unsigned long long)(buf_len(&c->body) / 4 + c->asked.tokens));
}

static void add_embeddings(struct buf *b, const struct connection *c)
{
    ADDF(b, "{\"object\":\"list\",\"model\":\"" STR_F "\",\"data\":[{\"object\":\"embedding\",\"index\":0,\"embedding\":[",
         STR_A(c->asked.model));
    for (int i = 0; i < 16; i++)
        ADDF(b, "%s0.%d", i ? "," : "", i + 1);
    ADDF(b, "]}],\"usage\":{\"prompt_tokens\":%llu,\"total_tokens\":%llu}}", (unsigned long long)buf_len(&c->body) / 4,
         (unsigned long long)buf_len(&c->body) / 4);
}

static void add_response(struct buf *b, const struct connection *c)
{
    ADDF(b, "{\"id\":\"resp_mock\",\"object\":\"response\",\"created_at\":1760000000,\"status\":\"completed\",\"model\":\"" STR_F
            "\",\"error\":null,\"incomplete_details\":null,\"instructions\":null,\"metadata\":{},\"parallel_tool_calls\":true,"
            "\"temperature\":1.0,\"tool_choice\":\"auto\",\"tools\":[],\"top_p\":1.0,\"output\":[{\"type\":\"message\",\"id\":"
            "\"msg_mock\",\"status\":\"completed\",\"role\":\"assistant\",\"content\":[{\"type\":\"output_text\",\"annotations\":"
            "[],\"text\":\"", STR_A(c->asked.model));
    add_text(b, &c->asked);
    ADDF(b, "\"}]}],\"usage\":{\"input_tokens\":%llu,\"output_tokens\":%llu,\"total_tokens\":%llu,\"input_tokens_details\":"
            "{\"cached_tokens\":0},\"output_tokens_details\":{\"reasoning_tokens\":0}}}",
         (unsigned long long)buf_len(&c->body) / 4, (unsigned long long)c->asked.tokens,
         (unsigned long long)(buf_len(&c->body) / 4 + c->asked.tokens));
}

static void add_models(struct buf *b, const struct connection *c)
{
    (void)c;
    add(b, STR("{\"object\":\"list\",\"data\":[{\"id\":\"gpt-4o\",\"object\":\"model\",\"created\":1760000000,\"owned_by\":"
               "\"mock\"},{\"id\":\"secret-model\",\"object\":\"model\",\"created\":1760000000,\"owned_by\":\"mock\"}]}"));
}

static void add_score(struct buf *b, const struct connection *c)
{
    (void)c;
    add(b, STR("{\"predictions\":[0.25,0.75]}"));
}

static void (*const BODIES[])(struct buf *b, const struct connection *c) = {
    [KIND_CHAT] = add_chat,           [KIND_COMPLETION] = add_completion, [KIND_EMBEDDINGS] = add_embeddings,
    [KIND_RESPONSES] = add_response,  [KIND_MODELS] = add_models,         [KIND_SCORE] = add_score,
};

static void write_json(struct connection *c, unsigned status, const char *fields, struct str body)
{
    ADDF(&c->out, "HTTP/1.1 %u %s\r\ncontent-type: application/json\r\n%s%scontent-length: %zu\r\n\r\n", status,
         http_status_phrase(status), AZURE_FIELDS, fields, body.len);
    add(&c->out, body);
}

void answer_error(struct connection *c, unsigned status, const char *fields, const char *body)
{
    write_json(c, status, fields, str_c(body));
}

/* The modes that are no more than a status, fields and a body. */
static const struct {
    enum mode mode;
    unsigned status;
    const char *fields, *body;
} FIXED[] = {
    { MODE_status_429_lie, 429,
      "retry-after: 1\r\nretry-after-ms: 0\r\nx-ratelimit-type: Tokens\r\nx-ratelimit-remaining-tokens: 0\r\n"
      "x-ratelimit-reset-tokens: 0\r\nx-ratelimit-renewalperiod-tokens: 60\r\n",
      "{\"error\":{\"code\":\"429\",\"message\":\"Your requests to mock have exceeded the token rate limit.\"}}" },
    { MODE_status_401, 401, "",
      "{\"statusCode\":401,\"message\":\"Unauthorized. Access token is missing, invalid, audience is incorrect "
      "(https://cognitiveservices.azure.com), or have expired.\"}" },
    { MODE_status_401_key, 401, "",
      "{\"error\":{\"code\":\"401\",\"message\":\"Access denied due to invalid subscription key or wrong API endpoint.\"}}" },
    { MODE_status_401_rbac, 401, "",
      "{\"error\":{\"code\":\"PermissionDenied\",\"message\":\"Principal does not have access to API/Operation.\"}}" },
    { MODE_status_403, 403, "",
      "{\"error\":{\"code\":\"403\",\"message\":\"Access denied due to Virtual Network/Firewall rules.\"}}" },
    { MODE_status_404, 404, "",
      "{\"error\":{\"code\":\"DeploymentNotFound\",\"message\":\"The API deployment for this resource does not exist. If you "
      "created the deployment within the last 5 minutes, please wait a moment and try again.\"}}" },
    { MODE_status_400_filter, 400, "",
      "{\"error\":{\"message\":\"The response was filtered due to the prompt triggering Azure OpenAI's content management "
      "policy.\",\"type\":null,\"param\":\"prompt\",\"code\":\"content_filter\",\"status\":400,\"innererror\":{\"code\":"
      "\"ResponsibleAIPolicyViolation\",\"content_filter_result\":{\"jailbreak\":{\"filtered\":true,\"detected\":true}}}}}" },
    { MODE_status_500, 500, "", "{\"error\":{\"code\":\"InternalServerError\",\"message\":\"mock failure\"}}" },
    { MODE_status_424, 424, "ms-azureml-model-error-statuscode: 500\r\nms-azureml-model-error-reason: model_error\r\n",
      "{\"error\":{\"code\":\"424\",\"message\":\"the container failed\"}}" },
    { MODE_not_json, 200, "", "{\"choices\":[" },
    { MODE_duplicate_keys, 200, "", "{\"id\":\"a\",\"ID\":\"b\",\"choices\":[]}" },
};

static bool write_fixed(struct connection *c)
{
    for (size_t i = 0; i < ARRAY_LEN(FIXED); i++)
        if (FIXED[i].mode == c->mode) {
            write_json(c, FIXED[i].status, FIXED[i].fields, str_c(FIXED[i].body));
            return true;
        }
    return false;
}

static void write_gzip(struct connection *c, struct str body)
{
    z_stream z = { 0 };
    struct buf packed;
    buf_init(&packed, 1 << 22);
    if (deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        abort();
    size_t bound = deflateBound(&z, body.len);
    char *at = buf_reserve(&packed, bound);
    z.next_in = (Bytef *)(uintptr_t)body.at;
    z.avail_in = (uInt)body.len;
    z.next_out = (Bytef *)at;
    z.avail_out = (uInt)bound;
    deflate(&z, Z_FINISH);
    buf_grew(&packed, bound - z.avail_out);
    deflateEnd(&z);
    write_json(c, 200, "content-encoding: gzip\r\n", buf_str(&packed));
    buf_finish(&packed);
}

static void write_body(struct connection *c)
{
    static struct buf body;
    body.ceiling_bytes = 1 << 24;
    buf_clear(&body);
    BODIES[c->asked.kind](&body, c);
    if (c->mode == MODE_gzip)
        write_gzip(c, buf_str(&body));
    else
        write_json(c, 200, LIMIT_FIELDS, buf_str(&body));
}

void answer_write(struct connection *c)
{
    unsigned long long ms = settings.retry_after_ms, s = (ms + 999) / 1000;
    char fields[256];
    if (write_fixed(c))
        return;
    switch (c->mode) {
    case MODE_status_429:
        snprintf(fields, sizeof fields,
                 "retry-after: %llu\r\nretry-after-ms: %llu\r\nx-ratelimit-reset-requests: %llu\r\n"
                 "x-ratelimit-remaining-requests: 0\r\npolicy-id: DeploymentRatelimit-Token\r\n", s, ms, s);
        answer_error(c, 429, fields, "{\"error\":{\"code\":\"429\",\"message\":\"Requests to the ChatCompletions_Create Operation have "
                                     "exceeded call rate limit. Please retry later.\"}}");
        return;
    case MODE_status_503:
        snprintf(fields, sizeof fields, "retry-after: %llu\r\n", s);
        answer_error(c, 503, fields, "{\"error\":{\"code\":\"ServiceUnavailable\",\"message\":\"mock\"}}");
        return;
    case MODE_status_503_html:
        add(&c->out, STR("HTTP/1.1 503 Service Unavailable\r\ncontent-type: text/html\r\ncontent-length: 38\r\n\r\n"
                         "<html>front door 10.1.2.3 down</html>\n"));
        return;
    case MODE_bad_status:
        add(&c->out, STR("HTTP/1.1 2OO fine\r\ncontent-length: 0\r\n\r\n"));
        return;
    case MODE_bad_chunk:
        add(&c->out, STR("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n0x2\r\n{}\r\n0\r\n\r\n"));
        return;
    case MODE_two_lengths:
        add(&c->out, STR("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}\n"));
        return;
    case MODE_huge_head:
        add(&c->out, STR("HTTP/1.1 200 OK\r\n"));
        for (int i = 0; i < 4000; i++)
            ADDF(&c->out, "x-filler-%d: 0123456789012345678901234567890123456789\r\n", i);
        return;
    case MODE_informed:
        for (int i = 0; i < 10; i++)
            add(&c->out, STR("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: <x>\r\n\r\n"));
        break;
    default:
        break;
    }
    if (!c->asked.is_stream) {
        write_body(c);
        return;
    }
    ADDF(&c->out, "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\n%s%stransfer-encoding: chunked\r\n\r\n",
         AZURE_FIELDS, LIMIT_FIELDS);
}
