/* dialect.h - one API family: how its paths, requests, answers, events and errors are written. One file each in dialect/,
 * one row in DIALECTS. Dialects keep no state and do no I/O. */
#ifndef CORE_DIALECT_H
#define CORE_DIALECT_H

#include "proxy/core/call.h"
#include "proxy/core/stage.h"
#include "proxy/http/message.h"

struct exchange;

struct answer_facts { /* read from an answer or from one event of a stream */
    struct str model;         /* at == NULL when not told */
    struct usage usage;
    struct str id;            /* of the answer; at == NULL when not told */
    struct str finish_reason; /* at == NULL when not told */
    bool is_error;            /* an error object in place of an answer */
    bool is_usage_only;       /* the extra chunk that include_usage brings: no choices, only usage */
};

/* What texts are found in: an answer, one event of a stream, or what came with an error's status. */
enum answer_form { ANSWER_WHOLE, ANSWER_EVENT, ANSWER_ERROR };

/* One text in an answer or an event of it. */
struct answer_place {
    uint32_t node;      /* the string that it stands in; JSONX_NO_NODE: a tool call of which only the name is told */
    enum text_channel channel;
    uint32_t choice, tool;
    uint32_t tool_name; /* the string that names the tool; JSONX_NO_NODE when it is not told here */
    uint32_t logprobs;  /* what tells the same text token by token; JSONX_NO_NODE without */
    uint64_t id;        /* the same for all pieces of one text, and for what repeats it */
    enum { PLACE_WHOLE, PLACE_PIECE, PLACE_REPEAT } kind;
    bool is_last;       /* of the pieces */
    bool is_beside;     /* a whole one of CHANNEL_ERROR that belongs to no text: an id, a state, a cost; told before the texts beside it */
    bool is_json;       /* the text is JSON in a string: a tool's arguments, but not a tool's plain input or code */
};
/* Whom the places are told to, in any order. `spelled` tells the log probabilities of a piece, after the texts that they stand beside,
 * also where there are none. `over` ends all texts of a choice (ANSWER_ALL: of the answer) that are still open,
 * after the places of the same event. False from either stops, and is answered. */
#define ANSWER_ALL UINT32_MAX
struct answer_reader {
    bool (*place)(struct answer_reader *r, const struct answer_place *place);
    bool (*spelled)(struct answer_reader *r, uint32_t logprobs);
    bool (*over)(struct answer_reader *r, uint32_t choice);
};

struct dialect {
    const char *name;   /* the word in the configuration: openai, azure, azure_v1, azure_ml, pass_through */
    const char *about;
    const char *prefix; /* of its paths: what an endpoint's base path replaces: "/v1", "/openai/v1", "/openai", "" */
    bool reads_json;    /* the request body is JSON and is indexed before read_request */
    bool streams_events; /* streams are server-sent events that read_event understands */

    /* Is `path` (plain, see url_path_is_plain) with this method one of its operations? Fills operation, deployment, model,
     * object_id. A known path with a wrong method answers true with *allow set to the methods it takes. */
    bool (*recognise)(enum http_method method, struct str path, struct str query, struct arena *a, struct call *call,
                      const char **allow);
    /* Reads the indexed body `body` into `call`. False: *why says what is wrong, for the journal and the caller's `param`;
     * then the request is refused with WHY_BAD_JSON. */
    bool (*read_request)(const struct jsonx *body, struct arena *a, struct call *call, const char **why);
    /* Adds to a streaming request what makes the model server report usage (stream_options.include_usage); at most one
     * edit. False when nothing is to be added. */
    bool (*ask_usage)(const struct jsonx *body, const struct call *call, struct arena *a, struct jsonx_edit *edit);
    /* Reads a whole answer; strings are views into the text or the arena. */
    void (*read_answer)(const struct jsonx *answer, const struct call *call, struct arena *a, struct answer_facts *facts);
    /* Reads one event of a stream. `name` as in struct sse_event. `data` is indexed as `json` when it is JSON, else NULL
     * ("[DONE]"). */
    void (*read_event)(struct str name, struct str data, const struct jsonx *json, const struct call *call, struct arena *a,
                       struct answer_facts *facts);
    /* Every text of a whole answer, or of an event, for text filters; NULL where an answer has none that are known. */
    bool (*find_texts)(const struct jsonx *answer, const struct call *call, enum answer_form form, struct answer_reader *reader);
    /* Can such an event not tell more than is `known`? Then it need not be indexed and read, if no filter wants to. Quick, and
     * false when in doubt; NULL: never. */
    bool (*event_is_plain)(struct str name, struct str data, const struct call *call, const struct answer_facts *known);
    /* The body of a refusal. `message` is the reason's sentence and what may be added to it; `param` may be empty. */
    bool (*write_error)(struct buf *out, enum reason why, struct str message, struct str param, struct str request_id);
    /* The same as a server-sent event that the SDKs raise, for an answer that has begun. */
    bool (*write_event_error)(struct buf *out, enum reason why, struct str message, struct str param, struct str request_id);
    /* Events that end a stream as if the model had come to the limit of its answer: finish_reason "length". `facts` is what was
     * read so far, `events` how many events came before. False where the operation has no such end; NULL: none has. */
    bool (*write_event_stop)(struct buf *out, const struct call *call, const struct answer_facts *facts,
                             const struct usage *so_far, uint64_t events);
    /* The list of models (OP_MODELS) or one of them (OP_MODEL), answered by the gateway itself; NULL where there is none. */
    bool (*write_models)(struct buf *out, const struct call *call, const struct str *models, size_t n);
};

extern const struct dialect *const DIALECTS[];
extern const size_t DIALECTS_COUNT;

/* The dialect of that name; NULL without. */
const struct dialect *dialect_named(struct str name);
/* The first of DIALECTS that recognises the path; NULL when none does. pass_through never does by itself. */
const struct dialect *dialect_recognise(enum http_method method, struct str path, struct str query, struct arena *a,
                                        struct call *call, const char **allow);
/* In which family's shape a request for an unknown path is refused: by its prefix. Never NULL. */
const struct dialect *dialect_of_refusal(struct str path);

/* Is it as model servers write it beside the pieces of a text, so that their lengths do not show: letters and digits, too few for a key
 * and for a number of anybody's? */
bool answer_is_padding(struct str s);

/* Lower case, percent-decoded deployment or model names compare and count as one. False for what a name may not hold:
 * anything but letters, digits, `-`, `_`, `.`, `:`, `/` (not in a path), at most 128 bytes. */
bool model_normalise(struct arena *a, struct str raw, bool from_path, struct str *out) MUST_USE;

#endif
