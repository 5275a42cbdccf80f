/* What one exchange leaves behind is nothing to the next one on its desk. */
#include "proxy/core/pipeline.h"
#include "tests/unit/desk.h"

#include <zlib.h>

#define LABEL "MSIP_Label_3096f6a2-d2f7-48be-b329-b73aaa526e5d_Name"

static const char CONFIG[] = "listen: [ { address: 127.0.0.1:8080 } ]\n"
                             "pools: { m: { endpoints: [ { url: http://127.0.0.1:9001 } ] } }\n"
                             "routes:\n"
                             "  chat:\n"
                             "    match: { path: /v1/* }\n"
                             "    insecure_anonymous: true\n"
                             "    inspect:\n"
                             "      - labels:\n"
                             "          order: [Public, Secret]\n"
                             "          ids: { 3096f6a2-d2f7-48be-b329-b73aaa526e5d: Secret }\n"
                             "          refuse: Secret\n"
                             "    select: m\n";

TEST("a request without a body is not judged by the body of the one before")
{
    for (size_t filler = 0; filler <= 200000; filler += 200000) { /* kept, and given back for its size */
        struct desk *d = desk_open(CONFIG);
        desk_send(d, "/v1/chat/completions");
        CHECK(d->passed);
        exchange_body_bytes(&d->x, STR("{\"model\":\"m\",\"metadata\":{\"" LABEL "\":\"Secret\"},"
                                       "\"messages\":[{\"role\":\"user\",\"content\":\""));
        for (size_t i = 0; i < filler; i += 10)
            exchange_body_bytes(&d->x, STR("aaaaaaaaa "));
        exchange_body_bytes(&d->x, STR("\"}]}"));
        exchange_body_end(&d->x);
        CHECK_INT(d->x.why, WHY_PROMPT_REFUSED);
        desk_field(d, NULL, NULL);
        d->passed = d->ended = d->head.has_length = false;
        d->head.method = METHOD_GET;
        d->head.method_word = STR("GET");
        d->head.path = d->head.target = STR("/v1/models");
        exchange_begin(&d->x, &d->world, d->setup, d, &d->peer, &d->head);
        CHECK_INT(desk_why(d), WHY_SERVED);
        CHECK_INT(d->x.status, 200);
        desk_close(d);
    }
}

TEST("a packed body is unpacked, by both names of its coding and by no other")
{
    static const char body[] = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}";
    static const struct {
        const char *coding;
        bool is_packed, passes;
    } ROWS[] = {
        { "gzip", true, true },
        { "x-gzip", true, true },
        { "GZip", true, true },
        { "identity", false, true },
        { "", false, true },
        { "gzip", false, false },
        { "br", true, false },
        { "deflate", true, false },
        { "gzip, gzip", true, false },
        { "zstd", true, false },
        { "xgzip", true, false },
        { "identity", true, false },
        { "gzip, identity", true, false },
    };
    char packed[200];
    z_stream z = { .next_in = (Bytef *)(uintptr_t)body,
                   .avail_in = sizeof body - 1,
                   .next_out = (Bytef *)packed,
                   .avail_out = sizeof packed };
    CHECK(deflateInit2(&z, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY) == Z_OK && deflate(&z, Z_FINISH) == Z_STREAM_END);
    for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
        struct desk *d = desk_open(CONFIG);
        desk_field(d, "content-encoding", ROWS[i].coding);
        desk_send(d, "/v1/chat/completions");
        exchange_body_bytes(&d->x, ROWS[i].is_packed ? str_of(packed, z.total_out) : STR(body));
        exchange_body_end(&d->x);
        if (!CHECK_INT(d->forwarded, ROWS[i].passes))
            printf("  %s: %s\n", ROWS[i].coding, REASONS[d->x.why].word);
        if (d->forwarded)
            CHECK_STR(d->x.ask_forward.body[0], STR(body));
        desk_close(d);
    }
    deflateEnd(&z);
}
