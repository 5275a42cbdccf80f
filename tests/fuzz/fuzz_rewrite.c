/* fuzz_rewrite.c - any request, with any of its texts in other words: read again as the model server reads it, it has the texts that the
 * filters saw, each at its place, and all else as it was. The first byte chooses the operation, the second which texts. */
#include "proxy/core/rewrite.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const PATHS[] = {
    "/v1/chat/completions", "/v1/responses", "/v1/embeddings", "/v1/completions", "/openai/deployments/gpt-4o/chat/completions", "/score",
};

static bool read_body(struct exchange *x, struct str path)
{
    struct jsonx_error error;
    const char *why = NULL, *allow = NULL;
    jsonx_init(&x->json);
    arena_init(&x->arena, 64 * buf_len(&x->body) + (1 << 20));
    if (!jsonx_index(&x->json, buf_str(&x->body), &JSONX_LIMITS_DEFAULT, &error))
        return false;
    x->dialect = dialect_recognise(METHOD_POST, path, STR_NONE, &x->arena, &x->call, &allow);
    return x->dialect && x->dialect->read_request(&x->json, &x->arena, &x->call, &why);
}

static void finish(struct exchange *x)
{
    buf_finish(&x->body);
    jsonx_finish(&x->json);
    arena_finish(&x->arena);
}

/* A member that could name an address: with a backslash in it, it is one that cannot be read for sure. */
static bool may_be_address(const struct exchange *x, uint32_t node)
{
    for (size_t i = 0; i < x->call.urls_count; i++)
        if (x->call.urls[i].node == node)
            return true;
    return false;
}

/* The same nodes, of the same kinds, and texts, but for what was made a word of the API and is none any more; strings other than texts that were rewritten have the same bytes. */
static void compare(const struct exchange *sent, const struct exchange *got)
{
    assert(sent->json.count == got->json.count);
    size_t k = 0;
    for (size_t i = 0; i < sent->call.texts_count; i++) {
        const struct text *a = &sent->call.texts[i], *b = k < got->call.texts_count ? &got->call.texts[k] : NULL;
        if (!b || a->node != b->node) {
            assert(sent->rewritten[i]);
            continue;
        }
        assert(a->source == b->source && a->message == b->message && str_eq(a->value, b->value));
        k++;
    }
    assert(k == got->call.texts_count);
    size_t same = 0;
    for (uint32_t i = 0; i < sent->json.count; i++) {
        assert(sent->json.nodes[i].kind == got->json.nodes[i].kind && sent->json.nodes[i].next == got->json.nodes[i].next);
        same += sent->json.nodes[i].kind < JSONX_ARRAY && str_eq(jsonx_raw(&sent->json, i), jsonx_raw(&got->json, i));
    }
    size_t leaves = 0;
    for (uint32_t i = 0; i < sent->json.count; i++)
        leaves += sent->json.nodes[i].kind < JSONX_ARRAY;
    assert(same + sent->rewritten_count >= leaves);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct str WORDS[] = { STR_INIT("[EMAIL_1]"), STR_INIT("\"\\\n\x01 größer"), STR_INIT("Mia"), STR_INIT("x") };
    if (size < 2)
        return 0;
    struct str path = str_c(PATHS[data[0] % ARRAY_LEN(PATHS)]);
    struct exchange sent = { 0 }, got = { 0 };
    buf_init(&sent.body, size + 1);
    buf_init(&got.body, 64 * size + 65536);
    bool ok = buf_add(&sent.body, str_of((const char *)data + 2, size - 2)) && read_body(&sent, path);
    for (size_t i = 0; ok && i < sent.call.texts_count; i++) {
        struct str word = may_be_address(&sent, sent.call.texts[i].node) ? WORDS[0] : WORDS[(data[1] + i) % ARRAY_LEN(WORDS)];
        if (data[1] >> (i % 8) & 1 && exchange_rewrite_text(&sent, i, word))
            assert(sent.rewritten[i]);
    }
    if (ok && sent.rewritten_count) {
        bool spliced = rewrite_body(&sent, &got.body), read = spliced && read_body(&got, path);
        assert(spliced && read);
        compare(&sent, &got);
        finish(&got);
    } else {
        buf_finish(&got.body);
    }
    finish(&sent);
    return 0;
}
