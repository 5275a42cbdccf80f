/* post.c - one helper thread, a queue under a lock, an event descriptor to come back by. */
#include "proxy/loop/post.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct post {
    struct loop *loop;
    struct watch woken; /* the event descriptor */
    pthread_t thread;
    bool has_thread;
    size_t queue_max;
    pthread_mutex_t lock; /* everything below */
    pthread_cond_t changed;
    struct list waiting, finished;
    size_t waiting_count;
    bool stopping;
};

static void deliver_finished(struct watch *w, uint32_t events);

struct post *post_new(struct loop *loop, size_t queue_max)
{
    struct post *p = calloc(1, sizeof *p);
    if (!p)
        return NULL;
    p->loop = loop;
    p->queue_max = queue_max;
    list_init(&p->waiting);
    list_init(&p->finished);
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->changed, NULL);
    p->woken = (struct watch){ .fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), .ready = deliver_finished };
    if (p->woken.fd < 0 || !loop_add(loop, &p->woken, true)) {
        post_free(p);
        return NULL;
    }
    return p;
}

static void wake_loop(const struct post *p)
{
    uint64_t one = 1;
    ssize_t n = write(p->woken.fd, &one, sizeof one); /* fails only when it is awake already */
    (void)n;
}

static void *work_on(void *argument)
{
    struct post *p = argument;
    pthread_mutex_lock(&p->lock);
    while (!p->stopping) {
        if (list_is_empty(&p->waiting)) {
            pthread_cond_wait(&p->changed, &p->lock);
            continue;
        }
        struct job *job = LIST_ENTRY(p->waiting.next, struct job, link);
        list_remove(&job->link);
        p->waiting_count--;
        pthread_mutex_unlock(&p->lock);
        job->work(job);
        pthread_mutex_lock(&p->lock);
        list_push_back(&p->finished, &job->link);
        wake_loop(p);
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

/* Signals stay with the loop's thread. */
static bool start_thread(struct post *p)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    p->has_thread = pthread_create(&p->thread, NULL, work_on, p) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return p->has_thread;
}

bool post_submit(struct post *p, struct job *job)
{
    if (!p->has_thread && !start_thread(p))
        return false;
    list_init(&job->link);
    job->cancelled = false;
    pthread_mutex_lock(&p->lock);
    bool has_room = p->waiting_count < p->queue_max;
    if (has_room) {
        list_push_back(&p->waiting, &job->link);
        p->waiting_count++;
        pthread_cond_signal(&p->changed);
    }
    pthread_mutex_unlock(&p->lock);
    return has_room;
}

/* A job that waits goes straight to the finished ones, so that its place in the queue is free. */
void post_cancel(struct post *p, struct job *job)
{
    job->cancelled = true; /* read on the loop only */
    pthread_mutex_lock(&p->lock);
    LIST_EACH (node, &p->waiting) {
        if (node != &job->link)
            continue;
        list_remove(node);
        p->waiting_count--;
        list_push_back(&p->finished, node);
        wake_loop(p);
        break;
    }
    pthread_mutex_unlock(&p->lock);
}

static struct job *take_first(struct post *p, struct list *from)
{
    struct job *job = NULL;
    pthread_mutex_lock(&p->lock);
    if (!list_is_empty(from)) {
        job = LIST_ENTRY(from->next, struct job, link);
        list_remove(&job->link);
    }
    pthread_mutex_unlock(&p->lock);
    return job;
}

static void deliver_finished(struct watch *w, uint32_t events)
{
    (void)events;
    struct post *p = CONTAINER_OF(w, struct post, woken);
    uint64_t count;
    ssize_t n = read(w->fd, &count, sizeof count);
    (void)n;
    struct job *job;
    while ((job = take_first(p, &p->finished))) {
        if (job->cancelled)
            job->drop(job);
        else
            job->done(job);
    }
}

void post_free(struct post *p)
{
    if (!p)
        return;
    pthread_mutex_lock(&p->lock);
    p->stopping = true;
    pthread_cond_signal(&p->changed);
    pthread_mutex_unlock(&p->lock);
    if (p->has_thread)
        pthread_join(p->thread, NULL);
    struct job *job;
    while ((job = take_first(p, &p->waiting)) || (job = take_first(p, &p->finished)))
        job->drop(job);
    loop_remove(&p->woken);
    if (p->woken.fd >= 0)
        close(p->woken.fd);
    pthread_mutex_destroy(&p->lock);
    pthread_cond_destroy(&p->changed);
    free(p);
}
