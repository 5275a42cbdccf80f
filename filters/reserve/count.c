/* count.c - the tokens of a call's texts, by the encoding of its model. */
#include "filters/reserve/count.h"

#include "proxy/base/hash.h"
#include "proxy/base/utf8.h"

enum {
    EXACT_BYTES = 64 * 1024,
    BYTES_PER_TOKEN = 4,   /* where nothing better is known */
    PER_MESSAGE = 4,       /* role and separators: OpenAI's cookbook, "How to count tokens with tiktoken" */
    PER_ANSWER = 3,
    BYTES_PER_NUMBER = 4,  /* of token numbers in JSON, with their commas: rather too few */
    KEPT_BYTES_MIN = 128,  /* texts that are worth remembering */
    KEPT = 4096,           /* of them; a power of two */
};

/* Instructions and earlier turns come again with each request of a conversation, and hashing is fifty times as fast. */
static struct kept {
    uint64_t key; /* hash of the text and which encoding; 0: free */
    uint64_t tokens;
} kept[KEPT];

static struct encoding *encodings[ENCODINGS_COUNT]; /* never freed: as long as the process */

bool count_prepare(void)
{
    for (enum encoding_name i = 0; i < ENCODINGS_COUNT; i++)
        if (!encodings[i] && !(encodings[i] = encoding_new(i)))
            return false;
    return true;
}

const struct encoding *count_encoding(struct str model)
{
    return encodings[encoding_of_model(model)];
}

static uint64_t count_text(enum encoding_name name, struct str text)
{
    if (text.len < KEPT_BYTES_MIN)
        return encoding_count(encodings[name], text);
    uint64_t key = (hash_str(text) ^ text.len) * ENCODINGS_COUNT + name + 1;
    struct kept *k = &kept[(key >> 32) % KEPT];
    if (k->key != key)
        *k = (struct kept){ key, encoding_count(encodings[name], text) };
    return k->tokens;
}

static bool is_chat(const struct call *call)
{
    return call->operation == OP_CHAT || call->operation == OP_RESPONSES || call->operation == OP_SCORE;
}

uint64_t count_call(const struct call *call, size_t body_bytes, uint64_t image_tokens)
{
    enum encoding_name name = encoding_of_model(call->model_key);
    uint64_t tokens = 0, counted = 0, left_bytes = 0, per_message = is_chat(call) ? PER_MESSAGE : 0;
    uint64_t others = (is_chat(call) ? PER_ANSWER : 0) + call->images * image_tokens;
    unsigned message = UINT32_MAX;
    for (size_t i = 0; i < call->texts_count; i++) {
        const struct text *t = &call->texts[i];
        if (t->is_beside)
            continue;
        size_t room = counted < EXACT_BYTES ? EXACT_BYTES - (size_t)counted : 0;
        struct str exact = str_first(t->value, utf8_until(t->value, room));
        if (encodings[name] && exact.len) {
            tokens += count_text(name, exact);
            counted += exact.len;
            left_bytes += t->value.len - exact.len;
        } else {
            left_bytes += t->value.len;
        }
        others += t->message != message ? per_message : 0;
        message = t->message;
    }
    tokens += counted ? (left_bytes * tokens + counted - 1) / counted : (left_bytes + BYTES_PER_TOKEN - 1) / BYTES_PER_TOKEN;
    if (call->has_tokens)
        others += body_bytes / BYTES_PER_NUMBER;
    return tokens + others;
}
