/* exchange.h - one request and its response: the struct that travels through the stages.
 *
 * The story: the front has read a head and calls exchange_begin. The pipeline walks the route's plan stage by stage. In `read`
 * the front is asked for the body and delivers it; in `forward` the world writes our request and tells the answer's head and
 * pieces; `relay` passes them on through the flow filters. Whatever happens (a refusal, the caller leaving, a broken upstream)
 * the tail runs exactly once: settle in reverse, one journal line, `ended`. Nothing but pipeline.c moves an exchange. */
#ifndef CORE_EXCHANGE_H
#define CORE_EXCHANGE_H

#include "proxy/core/budget.h"
#include "proxy/core/call.h"
#include "proxy/core/caller.h"
#include "proxy/core/dialect.h"
#include "proxy/core/filter.h"
#include "proxy/core/setup.h"
#include "proxy/core/world.h"
#include "proxy/http/events.h"

enum { EXCHANGE_EDITS_MAX = 16, EXCHANGE_LIMITS_MAX = 16 };

/* What the connection knows about its other end; lives as long as the connection. */
struct peer {
    struct ip_address address; /* of the caller: the socket's, or what a trusted PROXY header said */
    uint16_t port;
    bool is_unix, is_tls, has_link_id;
    uint32_t link_id;
    bool has_certificate;      /* presented and verified against the listener's client_ca */
    int64_t certificate_ends_s;
    unsigned char certificate_sha256[32];
    struct str certificate_subject; /* RFC 2253 text */
    struct str certificate_san;     /* first DNS or URI name; at == NULL without */
};

typedef enum verdict continue_fn(struct exchange *x);

struct exchange {
    struct setup *setup;
    struct peer *peer;
    struct arena arena;

    /* the request */
    struct http_head *head; /* views into bytes that stay until `ended` */
    struct str path;        /* plain (url_path_is_plain) */
    char request_id[37];    /* UUID text, ours */
    char traceparent[56];   /* passed on; ours when the caller sent none or a bad one */
    bool trace_goes_on;     /* the caller's, under a span of ours */
    struct caller *caller;  /* counted */

    /* where it stands */
    enum stage stage;
    size_t at;              /* index of the step that runs, in route->plan.steps */
    size_t reached;         /* steps begun: settle visits those below */
    continue_fn *then;      /* who continues after WAIT */
    void **states;          /* per step, see exchange_state */
    struct ask *waits_for;  /* the ask of a filter that waits: cancelled when the exchange ends first; may be NULL */
    enum reason left;       /* the caller left while the store was asked: ends with this as soon as it answers; 0: no */
    bool is_moving;         /* inside the pipeline */
    bool is_end_held;       /* the answer is all there, and waits for that */
    bool is_whole_ready;    /* a gathered answer went through its filters, and is in whole_answer */
    struct str whole_answer;

    /* limits gathered by filters of `limit` and `reserve`, asked together at the end of the stage */
    struct limit_op *limits;        /* room for one of each step there, at most EXCHANGE_LIMITS_MAX */
    struct limit_rule *limit_rules; /* same index */
    size_t limits_room, limits_count, limits_asked;
    struct ask_store ask_store;

    /* what the caller may use, told by `admit`: for the list of models */
    struct strs models;
    bool models_limited;

    /* towards the model server */
    size_t edits_count;
    bool *rewritten;           /* of call.texts, same index; NULL: none */
    size_t rewritten_count;
    void *places;              /* of rewrite.c */
    struct pool *pool;
    struct endpoint *endpoint;
    uint64_t tried;            /* bit set over endpoints of the pool */
    unsigned attempts, reused_failures;
    bool identity_renewed;     /* after a 401 once already */
    void *identity_state;      /* exchange_state of the identity filter */
    struct ask_timer ask_deadline, ask_beat, ask_hold;

    /* the answer */
    unsigned status;           /* as sent to the caller; 0: nothing yet */
    bool answer_begun;         /* the head was given to the world */
    struct str answer_fields;  /* field lines for the caller */
    struct str content_type;   /* of the answer */
    bool answer_has_length, answer_has_body, answer_is_json;
    uint64_t answer_length;
    unsigned upstream_status;
    uint64_t bytes_in;

    /* how it ended */
    enum reason why;
    enum stage why_stage;
    struct str detail;   /* for the journal only */
    struct str rule;     /* which rule refused or reported; for the journal */
    unsigned score;      /* the highest of filters that weigh what they find; each in its own measure */
    struct str findings; /* of reporting filters: JSON array's inside; for the journal */
    bool findings_full;  /* there were more than a line has room for */
    bool is_rehearsed;   /* nobody's request: what counted and did not come to a threshold is found too, with the action "count" */
    struct str param;    /* told to the caller in the error's `param` */
    const char *allow;   /* methods, for 405 */
    struct str challenge; /* WWW-Authenticate for 401; for a token where there is none */
    uint64_t retry_ms;   /* for retry-after */
    struct str limit_text; /* which limit was reached, told to the caller */
    bool is_final;       /* the same request will not pass soon: x-should-retry is false whatever the reason says */

    /* when, by world->now_ms; 0: not yet */
    uint64_t began_ms, forwarded_ms, first_byte_ms, ended_ms;
    int64_t wall_ms; /* when it began */

    /* From here to `answer_json` lies what a piece of the answer needs: of thousands of streams none is in the processor's
     * caches when its next event comes, and each line of memory is waited for. */
    struct ask_forward ask_forward;
    struct budget budget;
    const struct dialect *dialect;
    struct call call;
    struct world *world;
    void *front;               /* the world's: the connection */
    const struct route *route;
    bool is_over;              /* the tail has run or runs */
    bool is_event_stream;      /* the answer is text/event-stream and the dialect reads events */
    bool wants_texts;          /* there is a text filter that has to do with the answer */
    bool is_whole;             /* the answer is gathered and read whole before it is passed on */
    unsigned holds;            /* verdicts that are out while it goes on: nothing of the answer is sent before the last one is in */
    struct answer_texts *texts; /* for text filters; see answer_text.h; NULL before the first */
    uint64_t kept_bytes; /* of the answer's texts, by filters; see exchange_keep */
    uint64_t last_upstream_ms, last_sent_ms;
    uint64_t bytes_out;
    struct answer_facts facts; /* gathered over the answer; strings in the arena */

    /* An exchange is used again and again. Everything above begins as zero; these keep the memory that they own, and
     * what is in them counts from when something was put there. */
    struct sse_reader events;
    struct buf out;            /* events on their way to the caller, given to the world once per piece */
    struct jsonx answer_json;  /* index of the answer or the event */
    struct buf body;           /* as it arrived, unpacked when it was gzip */
    struct jsonx json;         /* index of body for dialects that read JSON */
    struct buf identity;       /* whole field lines that prove who we are, written by the identity filter; wiped */
    struct buf out_head;       /* our request's head; wiped */
    struct buf out_body;       /* the body when it was edited */
    struct buf answer;         /* of a gathered answer */
    struct jsonx_edit edits[EXCHANGE_EDITS_MAX]; /* of the body, sorted by start */
};

/* ---- for the front (the world's caller side) ---- */

/* Prepares a zeroed or recycled exchange and runs it until it waits. `head` and its bytes stay until `ended`. */
void exchange_begin(struct exchange *x, struct world *world, struct setup *setup, void *front, struct peer *peer,
                    struct http_head *head);
/* A request that could not even be read: the tail runs with that reason, the answer is written in the family of `path`
 * when one is known. `head` may be NULL. */
void exchange_begin_bad(struct exchange *x, struct world *world, struct setup *setup, void *front, struct peer *peer,
                        struct http_head *head, enum reason why, unsigned status, const char *detail);
void exchange_body_bytes(struct exchange *x, struct str bytes); /* only after world->read_body */
void exchange_body_end(struct exchange *x);
void exchange_body_failed(struct exchange *x, enum reason why, const char *detail);
/* WHY_CALLER_LEFT, WHY_CALLER_SLOW, WHY_DRAINED. The upstream request is cut at once. `ended` follows inside the call, or a little
 * later when the store of limits was asked and has not answered yet (what it took must be given back): the world keeps the
 * exchange until `ended`, and its answer_* do nothing for a connection that is gone. */
void exchange_caller_left(struct exchange *x, enum reason why);
/* Frees what the exchange owns; after `ended`. The struct may be used again by exchange_begin. */
void exchange_finish(struct exchange *x);
/* Frees also what exchange_finish keeps for the next one. */
void exchange_free(struct exchange *x);

/* ---- for the world's upstream side ---- */

/* `head` is valid during the call. */
void exchange_upstream_head(struct exchange *x, const struct http_head *head);
void exchange_upstream_bytes(struct exchange *x, struct str bytes);
void exchange_upstream_end(struct exchange *x);
void exchange_upstream_failed(struct exchange *x, enum forward_failure failure, const char *detail);

/* ---- for filters ---- */

/* The step's own memory for this exchange: zeroed when first asked for, the same afterwards. NULL at the ceiling. */
void *exchange_state(struct exchange *x, size_t size);
/* The worker's instance of the step that runs. */
void *exchange_instance(struct exchange *x);

/* return exchange_wait(x, &s->ask.ask, keys_arrived); — after the world was asked. The ask's `answered` must be exchange_answered
 * (or call exchange_continue). The ask is cancelled when the exchange ends first. NULL when the wait is for something that the
 * filter cancels itself in `settle`. */
enum verdict exchange_wait(struct exchange *x, struct ask *ask, continue_fn *then);
void exchange_continue(struct exchange *x);
void exchange_answered(struct ask *ask); /* continues ask->exchange */

/* Is a caller without a credential to bring a token or a key, and not a certificate? */
static inline bool exchange_wants_token(const struct exchange *x)
{
    return !x->challenge.len || str_starts(x->challenge, STR("Bearer "));
}

/* return exchange_refuse(x, WHY_EXPIRED, "exp was %llds ago", late); — the detail goes to the journal only. */
enum verdict exchange_refuse(struct exchange *x, enum reason why, const char *format, ...) PRINTF(3, 4) COLD;
/* ---- verdicts that come later ----
 * A step that has asked somebody may go on all the same: it holds the exchange, which goes to the model server, but nothing of the
 * answer reaches the caller before each hold was released. Relay filters may hold it too, with the text let go. */
void exchange_hold(struct exchange *x);
void exchange_release(struct exchange *x); /* not within a step or a filter */
/* After exchange_refuse, when that was not said in a step or a filter but later: ends the exchange as soon as it can. The refusal is
 * of `stage`. The exchange may be gone afterwards. */
void exchange_stop(struct exchange *x, enum stage stage);

/* What a filter that reports, masks or refuses has found: bytes [start, end) of a text, of the request or of the answer, or something
 * elsewhere. No text of the prompt in rule, category, action or place. Of `matched`, which may be empty, only a keyed hash is kept, so
 * that the same find can be recognised. */
struct finding {
    struct str rule, category, action;
    struct str place;             /* empty where a text is named: then it tells whose that is */
    struct str matched;
    const struct text *text;      /* one of the call's, as it is now; NULL: none */
    const struct answer_text *of; /* of the answer; start and end count from its beginning, as the filter was given it */
    size_t start, end;            /* both 0: the whole of it */
};
void exchange_find(struct exchange *x, const struct finding *finding);
/* A filter that keeps texts of a stream for long keeps so many bytes more. False when all that were ever kept are more than a whole
 * answer may have (the pool's answer_bytes): however many texts a stream has, they share that. */
bool exchange_keep(struct exchange *x, size_t bytes) MUST_USE;
/* The same for what is in no text. */
void exchange_report(struct exchange *x, struct str rule, struct str category, struct str place, struct str action,
                     struct str matched);
/* The model is to read `with` in place of text `i` of the call (memory of the exchange's arena). Later filters see it as
 * call.texts[i].value; the body is spliced when it is forwarded. False when there is no room, or when the call would break
 * since it stands where something else is compared with it: names of members and tools, ids. Refuse then. */
bool exchange_rewrite_text(struct exchange *x, size_t i, struct str with) MUST_USE;
/* Adds a limit to ask for at the end of the running stage. False when there are too many. */
bool exchange_limit(struct exchange *x, const struct limit_op *op, const char *what, bool give_back, bool report_only) MUST_USE;
/* Replaces body bytes [start, end) on the way to the model server. False when there are too many or they overlap. */
bool exchange_edit(struct exchange *x, size_t start, size_t end, struct str with) MUST_USE;

#endif
