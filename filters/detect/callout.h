/* callout.h - asking another service what it thinks of texts: Azure AI Content Safety, or any HTTP service by a small contract.
 *
 * A job is what one exchange wants judged. In time order: callout_add for each text; callout_begin, which answers at once from what is
 * remembered, or asks and answers later; `done`; or callout_cancel when nobody waits any more. Texts are cut into chunks as the
 * service wants them, chunks are gathered into requests, and these go out side by side, as many as the worker may have open at
 * once; other jobs wait in line. A job ends with the first refusal, with its deadline, or when everything was judged.
 *
 * A service that fails again and again is left alone for a while, then one job is let through to see (the circuit). */
#ifndef DETECT_CALLOUT_H
#define DETECT_CALLOUT_H

#include "filters/stamp/identity.h"
#include "filters/stamp/token.h"

enum callout_service { SERVICE_CONTENT_SAFETY, SERVICE_CONTRACT };
enum callout_check { CHECK_PROMPT_SHIELD, CHECK_HARM };
enum { CALLOUT_CATEGORIES = 4, CALLOUT_RULE_MAX = 96, CALLOUT_FOUND_MAX = 8, CALLOUT_HASH_BYTES = 16 };
extern const char *const CALLOUT_CATEGORY_WORDS[CALLOUT_CATEGORIES + 1]; /* as configured */

#define CALLOUT_API_VERSION "2024-09-01"

/* What the operator wrote; the rows of both seats begin with these. */
struct callout_policy {
    int service;
    struct str url;
    uint64_t checks;
    uint64_t severity;
    struct text_map severities;
    uint64_t report_severity;
    struct texts blocklists;
    struct str api_version;
    struct identity_policy *identity; /* NULL: none */
    struct secret_source key;
    int key_field;
    struct str ca_file;
    int action, on_down;
    uint64_t of, channels; /* of requests; of answers */
    bool parallel;
    uint64_t window;       /* of answers, in characters */
    uint64_t deadline_ms, concurrency, requests_max;
    uint64_t circuit_failures, circuit_rest_ms;
    uint64_t remember, remember_ms;
    bool insecure_tokens;
    /* made by check */
    unsigned severity_of[CALLOUT_CATEGORIES]; /* that refuses */
    struct str shield_url, harm_url;          /* of the contract: the first alone */
    struct str harm_tail;                     /* of each body for text:analyze, behind the text */
};
enum { ACTION_CALLOUT_REFUSE, ACTION_CALLOUT_REPORT };
enum { DOWN_CALLOUT_REFUSE, DOWN_CALLOUT_ALLOW };

bool callout_check(void *policy, struct setup *setup, struct problems *problems); /* as a filter's `check` */
extern const char *const CALLOUT_SERVICES[], *const CALLOUT_CHECKS[], *const CALLOUT_KEY_FIELDS[], *const CALLOUT_ACTIONS[],
    *const CALLOUT_DOWN[];

/* ---- verdicts ---- */

enum callout_what { CALLOUT_PASS, CALLOUT_REPORT, CALLOUT_REFUSE };
struct callout_verdict {
    enum callout_what what;
    unsigned score;
    char category[32]; /* may be told to the caller */
    char rule[CALLOUT_RULE_MAX];
};

/* ---- in a worker ---- */

struct callout;
struct callout *callout_new(const struct callout_policy *p, struct world *world);
void callout_free(struct callout *c); /* NULL is fine; no job may be open */
/* The same as a filter's `open` and `close`. */
bool callout_open(void *policy, struct world *world, void **instance);
void callout_close(void *policy, void *instance);

/* ---- one job ---- */

enum callout_op { OP_SHIELD_PROMPT, OP_SHIELD_DOCUMENT, OP_HARM, OP_CONTRACT };

struct callout_item { /* one chunk of a text, for one question */
    enum callout_op op;
    struct str text;
    const char *source;  /* user, tool, …; answer */
    uint32_t of;         /* as it was given to callout_add */
    bool is_judged;
    unsigned char hash[CALLOUT_HASH_BYTES]; /* keyed; of an item of the contract: unused */
};

struct callout_piece { /* one request: items order[first … first + count) */
    uint32_t first, count;
    enum { PIECE_TO_ASK, PIECE_ASKED, PIECE_JUDGED } state;
    unsigned char hash[CALLOUT_HASH_BYTES]; /* of the contract */
};

struct callout_job {
    struct callout *callout;
    struct exchange *x;
    void (*done)(struct callout_job *job); /* never inside callout_begin */
    /* told */
    bool is_over;
    bool is_too_much;     /* so much text that it would not be judged next time either; is_down as well */
    bool is_down;         /* it could not be judged, for this reason: */
    const char *trouble;
    enum callout_what what;
    struct {
        struct callout_verdict verdict;
        uint32_t of;
        struct str text;
    } found[CALLOUT_FOUND_MAX];
    size_t found_count;
    /* private */
    struct callout_item *items;
    uint32_t *order;
    size_t items_count, items_room;
    struct callout_piece *pieces;
    size_t pieces_count, pieces_judged;
    struct list link; /* in line */
    bool is_begun, is_beginning, is_in_line, is_renewed;
    const char *doom; /* it ends with this as soon as its timer rings */
    struct ask_timer deadline;
    struct token_asker asker;
};

/* Zeroed memory, or that of a job that is over; it stays until the job is over or cancelled, and so do the texts. */
void callout_job_init(struct callout_job *job, struct callout *c, struct exchange *x, void (*done)(struct callout_job *job));
/* Memory is taken from the exchange's arena. False when there is no room: the job is over, with too much text. */
bool callout_add(struct callout_job *job, struct str text, const char *source, bool is_user, uint32_t of) MUST_USE;
/* True: `done` will be called. False: it is over. */
bool callout_begin(struct callout_job *job) MUST_USE;
void callout_cancel(struct callout_job *job); /* also one that was never begun, or is over */
/* Counts what became of it. */
enum callout_result { CALLOUT_PASSED, CALLOUT_REPORTED, CALLOUT_REFUSED, CALLOUT_DOWN_REFUSED, CALLOUT_TOO_MUCH, CALLOUT_UNJUDGED, CALLOUT_RESULTS };
const char *callout_result_word(unsigned i);

/* What the end of a job means: NEXT, or STOP after exchange_refuse with `why`. Told to the journal and counted. */
typedef void place_fn(struct exchange *x, uint32_t of, struct finding *finding); /* tells where it was found */
enum verdict callout_conclude(struct exchange *x, const struct callout_policy *p, const struct callout_job *job, enum reason why,
                              place_fn *place_of);
/* There is no verdict and there will be none: by the operator's word. */
enum verdict callout_missing(struct exchange *x, const struct callout_policy *p, enum reason why, const char *trouble);
enum verdict callout_refuse(struct exchange *x, enum reason why, const char *category, const char *rule);

/* ---- between the files of this room ---- */

/* Writes the body of the request for a piece. False when it does not fit. */
bool callout_write(const struct callout_policy *p, const struct callout_job *job, const struct callout_piece *piece, struct str route,
                   struct buf *out) MUST_USE;
/* Reads the answer: a verdict for each item of the piece, or one alone for the contract. False with `why` when it is none. */
bool callout_read(const struct callout_policy *p, const struct callout_job *job, const struct callout_piece *piece, struct str answer,
                  struct callout_verdict *out, const char **why) MUST_USE;
enum { CALLOUT_PIECE_ITEMS = 64 };

/* What was judged lately, by keyed hashes. */
struct callout_memory;
struct callout_memory *callout_memory_new(size_t entries, uint64_t keep_ms);
void callout_memory_free(struct callout_memory *m); /* NULL is fine */
const struct callout_verdict *callout_memory_find(struct callout_memory *m, const unsigned char *hash, uint64_t now_ms);
void callout_memory_add(struct callout_memory *m, const unsigned char *hash, const struct callout_verdict *v, uint64_t now_ms);

#endif
