/* filter.h - what a filter is: one file, one row in filters/list.def.
 *
 * A filter sits in one stage. Routes name it there and give it a policy; the plan holds one step for each such mention.
 *
 *   step    runs once per exchange, in its seat. NEXT goes on, WAIT after exchange_wait, STOP after exchange_refuse.
 *           In `authenticate`, NEXT without a caller set means "not mine": the next filter of the stage is asked.
 *   flow    runs for each piece of the answer (relay filters, and any filter that wants to see the answer).
 *   text    runs for each stretch of text in the answer, whole or streamed, whatever its shape (struct answer_text). Of filters in
 *           stages before `relay` only when the step has kept a state (exchange_state) in this exchange, after those of `relay`,
 *           the last step first: for putting back what was taken out.
 *   settle  runs in the tail, in reverse order, when `step` was reached; gives back what was reserved. Must not wait.
 *   open    once per worker after fork, before traffic; close at its end. The instance is the step's own memory: token
 *           caches, scratch space, learned figures. Workers are processes with one thread: no locks. */
#ifndef CORE_FILTER_H
#define CORE_FILTER_H

#include "config/setting.h"
#include "proxy/core/call.h"
#include "proxy/core/stage.h"

struct answer_piece;
struct answer_text;
struct exchange;
struct setup;
struct world;

typedef enum verdict step_fn(struct exchange *x, const void *policy);
typedef enum verdict flow_fn(struct exchange *x, const void *policy, struct answer_piece *piece);
typedef enum verdict text_fn(struct exchange *x, const void *policy, struct answer_text *text);
typedef void settle_fn(struct exchange *x, const void *policy);
typedef void text_finish_fn(void *memory);
typedef void rejected_fn(struct exchange *x, const void *policy);

struct filter {
    const char *name;  /* the word in the configuration */
    const char *about; /* one or two sentences, for help and reference */
    enum stage seat;
    const struct setting *settings;
    size_t policy_size;
    /* Looks at the whole policy once the setup is complete: resolves names (setup_find_*), reads files, compiles patterns
     * into the policy (which lives in the setup's arena; what must be freed is freed in `finish`). */
    bool (*check)(void *policy, struct setup *setup, struct problems *problems);
    void (*finish)(void *policy); /* also of a policy that was never checked, zeroed where nothing was read */
    step_fn *step;
    flow_fn *flow;
    text_fn *text;
    text_finish_fn *text_finish; /* frees what `text` owns in the memory of one text, when that has ended; may be NULL */
    settle_fn *settle;
    bool (*open)(void *policy, struct world *world, void **instance);
    void (*close)(void *policy, void *instance);
    /* Of the identity filter: what it needs to stamp anything is not there (yet), so the gateway is not ready. */
    bool (*is_lacking)(const void *instance);
    rejected_fn *rejected; /* of the identity filter: the model server answered 401; forget the cached proof */
    /* A bare scalar in a route sets this setting (`models: [gpt-4o]` is { models: { any: [gpt-4o] } }); also a bare list for a
     * SET_TEXTS or SET_NAMES one; NULL without. */
    const char *scalar;
};

/* All filters; filters/list.c builds it from list.def. The core knows no filter by name. */
struct filter_list {
    const struct filter *const *at;
    size_t count;
};

/* One piece of an answer, as flow filters see it. A filter may replace `data` (memory of the exchange's arena), or drop it. At the
 * end of an answer that is passed on piece by piece `data` is empty; what a filter puts there is sent last. Flow filters see what
 * the model server sent, before text filters. */
struct answer_piece {
    enum { PIECE_WHOLE, PIECE_EVENT, PIECE_BYTES, PIECE_END } kind;
    struct str name;          /* of an event */
    struct str data;          /* the whole body, the event's data, the bytes; empty at the end */
    const struct jsonx *json;  /* the index of data when it is JSON; NULL otherwise or after data was replaced */
    bool dropped, replaced;
};

/* A stretch of one text of the answer. The core finds it in whole answers and in events, undoes the escapes, never splits a
 * code point, and writes what the filters let go into the original's place; a whole answer is one stretch that is the last.
 * A filter is a transducer: it appends to `out` what may leave now, and keeps the rest in its `memory` until it comes back with
 * more, at the latest with `is_last` (then `fresh` may be empty, and everything must go). One filter's `out` is the next one's
 * `fresh`. It must give the same result however the text is cut. STOP after exchange_refuse ends the answer.
 *
 * Streams of the Responses API tell every text again when it is done: that comes as a text of its own with `is_repeat`, and must
 * become the same; where it differs from its pieces it is a text like any other. A tool call is told also while there are no arguments
 * yet, or none at all, as soon as it has a name. */
struct answer_text {
    enum text_channel channel;
    uint32_t choice; /* index of the choice, or of the output item */
    uint32_t tool;   /* index of the tool call, for ARGUMENTS */
    struct str tool_name; /* for ARGUMENTS, as far as known */
    bool is_json;         /* ARGUMENTS that are JSON, without needless escapes (json_plain.h): what is put in is escaped for it */
    struct str fresh;     /* valid during the call */
    bool is_last;
    bool is_whole;        /* nothing of this text came before, and nothing will follow */
    bool is_beside;       /* of ERROR: an id, a state, a cost: a secret may stand there, but nothing that is worth another's verdict */
    bool is_repeat;       /* a whole text that the filter was given in pieces before, byte by byte the same: nothing of it is news */
    size_t offset;            /* of `fresh` in all that this filter was given of the text */
    const struct jsonx *json; /* where a whole text stands, and in which string of it; NULL for one in pieces */
    uint32_t node;
    struct buf *out;
    /* Of this filter for this text, zeroed at first; lives until the text ends (text_finish). NULL at the ceiling. */
    void *(*memory)(struct answer_text *text, size_t size);
    bool is_holding;      /* told: something is kept back, so that the core watches the time that it may be */
    bool keeps_whole;     /* told: the operator wants such a text kept until its end: no time is watched */
    bool must_release;    /* the time is up: what is kept back must go now, as if the text ended here, or be refused */
};

#endif
