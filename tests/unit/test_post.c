/* test_post.c - work beside the loop. */
#include <sys/epoll.h>
#include <unistd.h>

#include "proxy/loop/post.h"
#include "tests/harness/check.h"

struct sum {
    struct job job;
    int gate[2]; /* the work begins when a byte can be read; -1 without */
    int worked, done, dropped;
};

static void sum_work(struct job *job)
{
    struct sum *s = CONTAINER_OF(job, struct sum, job);
    char c;
    if (s->gate[0] >= 0 && read(s->gate[0], &c, 1) != 1)
        return;
    s->worked++;
}

static void sum_done(struct job *job)
{
    CONTAINER_OF(job, struct sum, job)->done++;
}

static void sum_drop(struct job *job)
{
    CONTAINER_OF(job, struct sum, job)->dropped++;
}

static struct sum sum_new(bool gated)
{
    struct sum s = { .job = { .work = sum_work, .done = sum_done, .drop = sum_drop }, .gate = { -1, -1 } };
    if (gated)
        CHECK(pipe(s.gate) == 0);
    return s;
}

static void open_gate(struct sum *s)
{
    CHECK(write(s->gate[1], "x", 1) == 1);
}

static void close_gate(struct sum *s)
{
    close(s->gate[0]);
    close(s->gate[1]);
}

TEST("a job is worked beside the loop and done on it; the queue is bounded; a cancelled one is dropped")
{
    struct loop *loop = loop_new();
    struct post *p = post_new(loop, 2);
    struct sum first = sum_new(true), second = sum_new(false), third = sum_new(false), fourth = sum_new(false);
    CHECK(post_submit(p, &first.job));
    CHECK(post_submit(p, &second.job));
    bool accepted = false; /* as soon as the thread has taken the first */
    for (int i = 0; i < 1000 && !(accepted = post_submit(p, &third.job)); i++)
        usleep(1000);
    CHECK(accepted);
    CHECK(!post_submit(p, &fourth.job));
    post_cancel(p, &second.job);
    CHECK(post_submit(p, &fourth.job));
    open_gate(&first);
    for (int i = 0; i < 100 && fourth.done == 0; i++)
        loop_turn(loop, 100);
    CHECK(first.worked == 1 && first.done == 1 && first.dropped == 0);
    CHECK(second.worked == 0 && second.done == 0 && second.dropped == 1);
    CHECK(third.done == 1 && fourth.done == 1);
    close_gate(&first);
    post_free(p);
    loop_free(loop);
}

TEST("a job cancelled while it runs is dropped when it is through")
{
    struct loop *loop = loop_new();
    struct post *p = post_new(loop, 10);
    struct sum s = sum_new(true);
    CHECK(post_submit(p, &s.job));
    usleep(10000);
    post_cancel(p, &s.job);
    open_gate(&s);
    for (int i = 0; i < 100 && s.dropped == 0; i++)
        loop_turn(loop, 100);
    CHECK(s.done == 0 && s.dropped == 1);
    close_gate(&s);
    post_free(p);
    loop_free(loop);
}

TEST("freeing waits for what runs and drops the rest")
{
    struct loop *loop = loop_new();
    struct post *p = post_new(loop, 10);
    struct sum a = sum_new(true), b = sum_new(false);
    CHECK(post_submit(p, &a.job) && post_submit(p, &b.job));
    open_gate(&a);
    post_free(p);
    CHECK(a.dropped == 1 && b.dropped == 1 && a.done == 0);
    close_gate(&a);
    loop_free(loop);
}
