/* call.h - what is asked for, in words that all API families share. Filled by a dialect. */
#ifndef CORE_CALL_H
#define CORE_CALL_H

#include "proxy/base/jsonx.h"

enum operation {
    OP_NONE,
    OP_CHAT,
    OP_COMPLETION,
    OP_EMBEDDINGS,
    OP_RESPONSES,      /* create */
    OP_RESPONSE_OTHER, /* GET, DELETE, cancel, input_items of a stored response */
    OP_MODELS,         /* list */
    OP_MODEL,          /* one */
    OP_SCORE,          /* Azure ML */
    OP_OTHER,          /* only through `pass_through` routes */
    OP_COUNT,
};
extern const char *const OPERATIONS[OP_COUNT]; /* gen_ai.operation.name where one exists: chat, text_completion, embeddings */

/* Who wrote a text that the model will read; a filter trusts some more than others. */
enum text_source { TEXT_SYSTEM, TEXT_USER, TEXT_ASSISTANT, TEXT_TOOL, TEXT_DEFINITION /* tool and schema descriptions, names */ };
extern const char *const TEXT_SOURCES[];

/* What a text of an answer is for. */
enum text_channel {
    CHANNEL_CONTENT,
    CHANNEL_REFUSAL,
    CHANNEL_REASONING,
    CHANNEL_ARGUMENTS, /* of a tool call */
    CHANNEL_ERROR,     /* what the model server says went wrong, or tells of the answer */
    CHANNEL_COUNT
};
extern const char *const TEXT_CHANNELS[CHANNEL_COUNT + 1];

struct text {
    struct str value; /* unescaped; a view into the body where it has no escapes */
    uint32_t node;    /* of the body's index: the string that it came from */
    enum text_source source;
    uint16_t message; /* index in the list of messages or inputs, for reports */
    bool is_beside;   /* the model server reads it and the model does not: stop words, the caller's user, metadata */
    bool is_aside;    /* in a message, but not where what is said stands: another member, or the name of one */
};

struct usage {
    bool known;
    uint64_t input_tokens, output_tokens, cached_tokens, reasoning_tokens;
};

/* A URL or address in the body that the model server would open. */
struct body_url {
    struct str value;
    uint32_t node;
    bool is_judged;   /* an admit filter has found it allowed */
    const char *what; /* "image_url", "data_sources", "server_url", "file_url" */
};

struct call {
    struct str deployment; /* of the path: percent-decoded, lower case; empty without */
    struct str model;      /* of the body, as written; where the path names a deployment, that */
    struct str model_key;  /* lower case: what is compared and counted */
    struct str object_id;  /* of a path that names one, decoded */
    struct str api_version;
    bool is_stream;
    bool wants_usage;      /* the caller asked for the usage chunk itself */
    bool has_output_limit;
    uint64_t output_limit; /* max_tokens, max_completion_tokens or max_output_tokens */
    uint64_t n;            /* answers asked for (n or best_of); 1 by default */
    uint64_t images;
    uint64_t tools;
    bool is_background;    /* Responses: accepted now, made later, also for nobody */
    bool model_differs;    /* the body names another model than the path's deployment */
    const char *refers;    /* the member that names something kept there before; NULL without */
    bool has_tokens;       /* some input comes as token numbers, which no filter can read */
    struct text *texts;    /* every text that the model would read, and those beside */
    size_t texts_count;
    struct body_url *urls;
    size_t urls_count;
    struct str *tool_names; /* function names, and the `type` of built-in tools */
    size_t tool_names_count;
    uint32_t output_limit_node; /* where the limit stands, for lowering it; JSONX_NO_NODE without */
    uint32_t model_node;        /* where the body names the model, for renaming it; JSONX_NO_NODE without */
    enum operation operation; /* last: with what follows in struct exchange, see there */
};

#endif
