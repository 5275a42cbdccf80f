/* shared_hand.c - what this worker has of buckets of the shared store: units that it leased, and who is inside. */
#include "proxy/edge/store/quota.h"
#include "proxy/edge/store/shared_parts.h"

/* ---- who is inside ---- */

bool shared_name_members(struct shared_store *s, struct list *members, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        struct member *k = member_new(&s->spots, s->members++);
        if (!k) {
            LIST_EACH_SAFE (node, members)
                member_free(&s->spots, LIST_ENTRY(node, struct member, link));
            return false;
        }
        list_push_back(members, &k->link);
    }
    return true;
}

void shared_enter(struct shared_store *s, struct spot *spot, struct list *members, bool counted)
{
    int64_t n = 0;
    LIST_EACH_SAFE (node, members) {
        list_remove(node);
        list_push_back(&spot->members, node);
        n++;
    }
    spot->members_count += (size_t)n;
    if (counted || !n)
        return;
    struct limit_op op = spot->op;
    op.cost = n;
    struct ask_store ask = { .ops = &op, .ops_count = 1, .settle = true };
    store_decide(s->memory, s->row, shared_time(s), &ask);
}

void shared_turn_away(struct shared_store *s, struct spot *spot, struct list *members, bool may_be_inside)
{
    LIST_EACH_SAFE (node, members) {
        struct member *k = LIST_ENTRY(node, struct member, link);
        if (!may_be_inside && !k->was_inside) {
            member_free(&s->spots, k);
            continue;
        }
        list_remove(node);
        list_push_back(&spot->leaving, node);
        spot->leaving_count++;
    }
    if (spot->leaving_count) {
        spot_is_due(&s->spots, spot, false);
        loop_defer(s->loop, &s->pump);
    }
}

/* ---- leases ---- */

void shared_take_lease(struct shared_store *s, struct spot *spot, uint64_t units)
{
    uint64_t end = spot->op.kind == LIMIT_QUOTA ? spot->level.y : 0;
    if (spot->hand_end_ms != end)
        spot->hand = 0; /* of a period that is over */
    spot->hand += units;
    spot->hand_end_ms = end;
    spot->hand_used_ms = loop_now_ms(s->loop);
    if (list_is_empty(&spot->leased))
        list_push_back(&s->spots.leased, &spot->leased);
}

void shared_tell_local(struct shared_store *s, struct spot *spot, struct limit_op *op)
{
    op->is_local = true;
    level_tell(op, spot->level, shared_clock_us(s));
    op->remaining += spot->hand;
    if (op->kind == LIMIT_QUOTA && op->allowed && spot->hand_end_ms)
        op->period_start_ms = quota_moment_ms(op, spot->hand_end_ms);
}

bool shared_from_hand(struct shared_store *s, struct spot *spot, struct limit_op *op)
{
    if (!spot->hand)
        return false;
    if (op->kind == LIMIT_QUOTA && shared_clock_us(s) / 1000 >= spot->hand_end_ms)
        spot->hand = 0;
    if (op->cost < 0 || (uint64_t)op->cost > spot->hand)
        return false;
    spot->hand -= (uint64_t)op->cost;
    spot->hand_used_ms = loop_now_ms(s->loop);
    op->allowed = true;
    shared_tell_local(s, spot, op);
    return true;
}

uint64_t shared_lease_wanted(struct shared_store *s, const struct spot *spot, uint64_t lease)
{
    bool may = lease > spot->hand && !spot->lease_asked && loop_now_ms(s->loop) >= spot->no_lease_until_ms;
    return may ? lease - spot->hand : 0;
}
