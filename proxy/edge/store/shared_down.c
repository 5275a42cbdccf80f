/* shared_down.c - what is decided while the store cannot be asked: each op as its limit says. */
#include "proxy/edge/store/quota.h"
#include "proxy/edge/store/share.h"
#include "proxy/edge/store/shared_parts.h"

/* One op, and how it is decided. */
struct alone {
    struct spot *spot;
    enum { BY_HAND, BY_SHARE, BY_NOBODY } how;
    size_t share; /* which of the shares */
    struct list members;
};

static void take_share_answer(struct limit_op *op, const struct limit_op *share)
{
    op->allowed = share->allowed;
    op->remaining = share->remaining;
    op->retry_ms = share->retry_ms;
    op->reset_ms = share->reset_ms;
    op->period_start_ms = share->period_start_ms;
}

/* In this outage the share begins with what was left of the limit when the store was last heard. */
static struct limit_op share_now(struct shared_store *s, struct spot *spot, const struct limit_op *op)
{
    struct limit_op share = share_of(op, shared_gateways(s));
    if (spot && spot->is_told && spot->planted != s->outage + 1) {
        spot->planted = s->outage + 1;
        share_plant(s->memory, s->row, shared_time(s), op, &share, spot->level, shared_clock_us(s));
    }
    return share;
}

static void undo(struct shared_store *s, struct ask_store *ask, struct alone *alone)
{
    for (size_t i = 0; i < ask->ops_count; i++) {
        if (alone[i].how == BY_HAND)
            shared_take_lease(s, alone[i].spot, (uint64_t)ask->ops[i].cost);
        LIST_EACH_SAFE (node, &alone[i].members)
            member_free(&s->spots, LIST_ENTRY(node, struct member, link));
    }
}

/* What was let in is inside, and what was spent is charged when the store is there again. */
static void charge(struct shared_store *s, struct limit_op *op, struct alone *a)
{
    if (a->how == BY_HAND)
        return;
    if (op->kind == LIMIT_CONCURRENCY)
        shared_enter(s, a->spot, &a->members, a->how == BY_SHARE);
    else if (op->allowed)
        shared_owe(s, a->spot, op->cost, quota_end_ms(op, op->period_start_ms));
}

static enum {
    ALONE_PASSED,
    ALONE_REFUSED,
    ALONE_DOWN
} decide(struct shared_store *s, struct ask_store *ask, struct alone *alone)
{
    struct limit_op shares[SHARED_OPS_MAX];
    size_t n = 0;
    for (size_t i = 0; i < ask->ops_count; i++) {
        struct limit_op *op = &ask->ops[i];
        struct alone *a = &alone[i];
        if (!(a->spot = shared_spot(s, op)) ||
            (op->kind == LIMIT_CONCURRENCY && !shared_name_members(s, &a->members, op->cost)))
            return ALONE_DOWN;
        if (op->lease && op->kind != LIMIT_CONCURRENCY && shared_from_hand(s, a->spot, op)) {
            a->how = BY_HAND;
        } else if (op->on_down == DOWN_LOCAL_SHARE) {
            a->how = BY_SHARE;
            a->share = n;
            shares[n++] = share_now(s, a->spot, op);
        } else {
            uint64_t wall_ms = shared_clock_us(s) / 1000;
            op->allowed = true;
            op->remaining = op->count;
            op->retry_ms = op->reset_ms = 0;
            op->period_start_ms = op->kind == LIMIT_QUOTA ? quota_moment_ms(op, quota_end_ms(op, wall_ms)) : 0;
        }
        op->is_local = true;
    }
    struct ask_store ask_shares = { .ops = shares, .ops_count = n };
    if (n)
        store_decide(s->memory, s->row, shared_time(s), &ask_shares);
    for (size_t i = 0; i < ask->ops_count; i++)
        if (alone[i].how == BY_SHARE)
            take_share_answer(&ask->ops[i], &shares[alone[i].share]);
    return n == 0 || ask_shares.result == STORE_PASSED ? ALONE_PASSED
           : ask_shares.result == STORE_REFUSED        ? ALONE_REFUSED
                                                       : ALONE_DOWN;
}

void shared_decide_alone(struct shared_store *s, struct ask_store *ask)
{
    struct alone alone[SHARED_OPS_MAX];
    bool may = ask->ops_count <= SHARED_OPS_MAX;
    for (size_t i = 0; may && i < ask->ops_count; i++) {
        const struct limit_op *op = &ask->ops[i];
        alone[i] = (struct alone){ .how = BY_NOBODY };
        list_init(&alone[i].members);
        may = op->cost >= 0 && (op->on_down != DOWN_REFUSE || op->soft) &&
              (op->kind != LIMIT_CONCURRENCY || op->cost <= SHARED_COST_MAX);
    }
    ask->result = STORE_DOWN;
    if (!may)
        return;
    int result = decide(s, ask, alone);
    if (result != ALONE_PASSED) {
        undo(s, ask, alone);
        ask->result = result == ALONE_REFUSED ? STORE_REFUSED : STORE_DOWN;
        return;
    }
    for (size_t i = 0; i < ask->ops_count; i++)
        charge(s, &ask->ops[i], &alone[i]);
    ask->result = STORE_PASSED;
}

void shared_settle_alone(struct shared_store *s, const struct limit_op *op)
{
    struct limit_op share = share_now(s, shared_spot(s, op), op);
    struct ask_store ask = { .ops = &share, .ops_count = 1, .settle = true };
    store_decide(s->memory, s->row, shared_time(s), &ask);
}
