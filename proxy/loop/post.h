/* post.h - blocking work beside the loop, on one helper thread with a bounded queue: name resolution, compilation.
 *
 * `work` runs on the helper thread and touches nothing but its job; `done` runs on the loop afterwards, unless the job was
 * cancelled, in which case nothing of the submitter is touched and `drop` (on the loop) frees the job. */
#ifndef LOOP_POST_H
#define LOOP_POST_H

#include "proxy/loop/loop.h"

struct post;

struct job {
    struct list link;
    void (*work)(struct job *job); /* on the helper thread */
    void (*done)(struct job *job); /* on the loop */
    void (*drop)(struct job *job); /* on the loop, instead of done, when cancelled */
    bool cancelled;                /* private */
};

/* Starts no thread before the first job. */
struct post *post_new(struct loop *loop, size_t queue_max);
/* Waits for the job that runs now, drops the others. */
void post_free(struct post *p);
/* False when the queue is full or no thread can be had. */
bool post_submit(struct post *p, struct job *job) MUST_USE;
void post_cancel(struct post *p, struct job *job);

#endif
