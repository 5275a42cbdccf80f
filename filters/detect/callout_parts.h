/* callout_parts.h - between callout_job.c, which has the jobs, and callout.c, which has the requests. */
#ifndef DETECT_CALLOUT_PARTS_H
#define DETECT_CALLOUT_PARTS_H

#include "filters/detect/callout.h"

/* A request that is out, or the room for one. */
struct callout_slot {
    struct callout *callout;
    struct ask_fetch fetch;
    struct callout_job *job; /* NULL: free */
    size_t piece;
    uint64_t began_ms;
    struct buf head, body; /* wiped; owned */
};

struct callout {
    const struct callout_policy *policy;
    struct world *world;
    struct token *token;       /* owned; NULL: none needed */
    struct secret key_line;    /* a whole field line; owned */
    struct callout_memory *memory;
    struct callout_slot *slots; /* policy->concurrency of them; owned */
    struct list line;           /* of jobs that have something to ask */
    size_t in_line;
    bool is_serving;
    unsigned begins;            /* jobs that begin, up the stack: nobody is told of another's end inside that */
    /* the circuit */
    uint64_t failures;          /* in a row */
    uint64_t rest_until_ms;     /* not asked before; 0: closed */
    struct callout_job *probe;  /* let through to see */
};

/* callout.c: sends what the jobs in line have to ask, as far as there is room. */
void callout_serve(struct callout *c);
/* The service has failed this job: the circuit is told. It asked to be left alone for so long; 0: it did not. */
void callout_failed(struct callout *c, const struct callout_job *job, uint64_t rest_ms);
/* May a job begin? Else why not. */
bool callout_may_begin(struct callout *c, struct callout_job *job, const char **why);
/* Takes back what is out for the job; it is not in line any more. */
void callout_withdraw(struct callout_job *job);
/* Has the service had a fair part of the deadline to answer it? */
bool callout_has_waited(const struct callout_job *job);
void callout_enter_line(struct callout_job *job);

/* callout_job.c */
void callout_fail(struct callout_job *job, const char *why); /* over, and nothing can be said */
/* The same while the line is served: perhaps inside a filter of the very exchange, which then is told a little later. */
void callout_fail_in_line(struct callout_job *job, const char *why);
void callout_judged(struct callout_job *job, size_t piece, const struct callout_verdict *verdicts);

#endif
