/* dialects.c - the table of API families, and names that compare. */
#include "proxy/core/dialect/parts.h"

#include "proxy/http/url.h"

/* Recognised from the top: a longer prefix stands before the shorter one that it begins with. */
const struct dialect *const DIALECTS[] = {
    &DIALECT_OPENAI, &DIALECT_AZURE_V1, &DIALECT_AZURE, &DIALECT_AZURE_ML, &DIALECT_PASS_THROUGH,
};
const size_t DIALECTS_COUNT = ARRAY_LEN(DIALECTS);

const char *const OPERATIONS[OP_COUNT] = {
    [OP_NONE] = "none",
    [OP_CHAT] = "chat",
    [OP_COMPLETION] = "text_completion",
    [OP_EMBEDDINGS] = "embeddings",
    [OP_RESPONSES] = "responses",
    [OP_RESPONSE_OTHER] = "stored_response",
    [OP_MODELS] = "models",
    [OP_MODEL] = "model",
    [OP_SCORE] = "score",
    [OP_OTHER] = "other",
};

const char *const TEXT_SOURCES[] = {
    [TEXT_SYSTEM] = "system",         [TEXT_USER] = "user",
    [TEXT_ASSISTANT] = "assistant",   [TEXT_TOOL] = "tool",
    [TEXT_DEFINITION] = "definition", NULL,
};

const char *const TEXT_CHANNELS[CHANNEL_COUNT + 1] = {
    [CHANNEL_CONTENT] = "content",
    [CHANNEL_REFUSAL] = "refusal",
    [CHANNEL_REASONING] = "reasoning",
    [CHANNEL_ARGUMENTS] = "arguments",
    [CHANNEL_ERROR] = "error",
};

const struct dialect *dialect_named(struct str name)
{
    for (size_t i = 0; i < DIALECTS_COUNT; i++)
        if (str_eq(str_c(DIALECTS[i]->name), name))
            return DIALECTS[i];
    return NULL;
}

const struct dialect *dialect_recognise(enum http_method method, struct str path, struct str query, struct arena *a,
                                        struct call *call, const char **allow)
{
    for (size_t i = 0; i < DIALECTS_COUNT; i++)
        if (DIALECTS[i] != &DIALECT_PASS_THROUGH && DIALECTS[i]->recognise(method, path, query, a, call, allow))
            return DIALECTS[i];
    return NULL;
}

const struct dialect *dialect_of_refusal(struct str path)
{
    static const struct {
        struct str prefix;
        const struct dialect *dialect;
    } rows[] = {
        { STR_INIT("/openai/v1"), &DIALECT_AZURE_V1 },
        { STR_INIT("/openai"), &DIALECT_AZURE },
        { STR_INIT("/score"), &DIALECT_AZURE_ML },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct str rest = str_from(path, rows[i].prefix.len);
        if (str_starts(path, rows[i].prefix) && (!rest.len || *rest.at == '/'))
            return rows[i].dialect;
    }
    return &DIALECT_OPENAI;
}

bool model_normalise(struct arena *a, struct str raw, bool from_path, struct str *out)
{
    enum { NAME_MAX_BYTES = 128 };
    static const struct str others = STR_INIT("-_.:");
    struct str name = raw;
    if (from_path && str_has(raw, '%') && !url_decode(a, raw, true, &name))
        return false;
    if (!name.len || name.len > NAME_MAX_BYTES)
        return false;
    char *lower = arena_bytes(a, name.len);
    if (!lower)
        return false;
    for (size_t i = 0; i < name.len; i++) {
        lower[i] = ascii_lower(name.at[i]);
        bool fits = (lower[i] >= 'a' && lower[i] <= 'z') || ascii_is_digit(lower[i]) || str_has(others, lower[i]) ||
                    (lower[i] == '/' && !from_path);
        if (!fits)
            return false;
    }
    *out = str_of(lower, name.len);
    return true;
}
