/* front_time.c - how long a connection may stay as it is, and what happens then. */
#include "proxy/edge/front_parts.h"

static enum front_wait wait_for(const struct front *f)
{
    switch (f->phase) {
    case FRONT_PROXY:
    case FRONT_TLS:
        return FRONT_WAIT_HANDSHAKE;
    case FRONT_HEAD:
        if (front_unsent(f))
            return FRONT_WAIT_STALL;
        return f->is_first || front_unread(f) ? FRONT_WAIT_HEAD : FRONT_WAIT_IDLE;
    case FRONT_EXCHANGE:
        if (f->exchange == EXCHANGE_RUNS && f->body_wanted && !f->body_done)
            return FRONT_WAIT_BODY;
        return front_unsent(f) ? FRONT_WAIT_STALL : FRONT_WAIT_NONE;
    case FRONT_PASS_OVER:
        return front_unsent(f) ? FRONT_WAIT_STALL : FRONT_WAIT_PASS_OVER;
    case FRONT_CLOSING:
        return FRONT_WAIT_STALL;
    case FRONT_LINGER:
        return FRONT_WAIT_LINGER;
    case FRONT_GONE:
        break;
    }
    return FRONT_WAIT_NONE;
}

static uint64_t at_most(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t length_of(const struct front *f, enum front_wait wait)
{
    const struct limits_settings *l = &f->house->setup->limits;
    switch (wait) {
    case FRONT_WAIT_HANDSHAKE:
        return l->handshake_ms;
    case FRONT_WAIT_HEAD:
        return l->head_ms;
    case FRONT_WAIT_IDLE:
        return f->house->draining ? at_most(l->idle_ms, f->house->drain_idle_ms) : l->idle_ms;
    case FRONT_WAIT_BODY:
        return f->in_grace ? l->body_grace_ms : FRONT_BODY_WINDOW_MS;
    case FRONT_WAIT_PASS_OVER:
        return FRONT_PASS_OVER_MS;
    case FRONT_WAIT_STALL:
        return l->send_stall_ms;
    case FRONT_WAIT_LINGER:
        return FRONT_LINGER_MS;
    case FRONT_WAIT_NONE:
        break;
    }
    NOTREACHED("a deadline without length");
}

/* A deadline begins when its wait begins and does not move with every byte: dripping does not help. */
void front_set_deadline(struct front *f)
{
    enum front_wait wait = wait_for(f);
    if (wait == f->wait)
        return;
    f->wait = wait;
    if (wait == FRONT_WAIT_NONE)
        timer_cancel(&f->timer);
    else
        timer_set(f->house->loop, &f->timer, length_of(f, wait));
}

void front_hurry(struct front *f)
{
    assert(f->is_idle);
    if (f->house->drain_idle_ms)
        timer_set(f->house->loop, &f->timer, at_most(length_of(f, f->wait), f->house->drain_idle_ms));
    else
        front_close(f, WHY_DRAINED);
}

static void head_is_late(struct front *f)
{
    if (!front_unread(f)) {
        front_close(f, WHY_HEAD_TIMEOUT); /* nothing was asked */
        return;
    }
    front_refuse_head(f, NULL, WHY_HEAD_TIMEOUT, 408, "the head did not arrive in time");
    front_settle(f);
}

/* After the grace every window of some seconds must bring its share. */
static void look_at_body(struct front *f)
{
    uint64_t wanted = f->house->setup->limits.body_min_rate * FRONT_BODY_WINDOW_MS / 1000;
    if (!f->in_grace && f->window_bytes < (wanted ? wanted : 1)) {
        f->keep = false;
        exchange_body_failed(&f->desk->x, WHY_BODY_TIMEOUT, "the body came too slowly");
    }
    f->in_grace = false;
    f->window_bytes = 0;
    front_settle(f);
}

void front_time_passed(struct timer *t)
{
    struct front *f = CONTAINER_OF(t, struct front, timer);
    enum front_wait wait = f->wait;
    f->wait = FRONT_WAIT_NONE;
    switch (wait) {
    case FRONT_WAIT_HEAD:
        head_is_late(f);
        break;
    case FRONT_WAIT_BODY:
        look_at_body(f);
        break;
    case FRONT_WAIT_STALL:
        front_abort(f, WHY_CALLER_SLOW);
        break;
    default:
        front_close(f, WHY_CALLER_LEFT);
        break;
    }
}
