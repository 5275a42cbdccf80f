/* What one exchange leaves behind is nothing to the next one on its desk. */
#include "proxy/core/pipeline.h"
#include "tests/unit/desk.h"

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
