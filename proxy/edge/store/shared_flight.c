/* shared_flight.c - asks at the shared store, each one call of the script, and what their answers mean. */
#include <stdlib.h>

#include "proxy/base/metric.h"
#include "proxy/edge/store/quota.h"
#include "proxy/edge/store/shared_parts.h"

struct flight_op {
    struct spot *spot;
    int64_t cost;
    bool from_hand; /* taken already, given back when the others refuse */
    uint64_t lease; /* asked for on top */
    bool told;      /* the store is told with it what it may have lost */
    struct list members;
};

/* An ask at the store. It outlives its ask when that is cancelled: what it took must be given back. */
struct flight {
    struct resp_ask resp;
    struct list link;
    struct shared_store *s;
    struct ask_store *ask; /* NULL: cancelled, or nobody but the lease wants it */
    struct limit_op own;   /* of a lease */
    size_t count, sent;
    struct flight_op ops[SHARED_OPS_MAX];
    struct str args[2 * SHARED_OPS_MAX + 3];
    size_t known_count;
    double known[SHARED_OPS_MAX][3]; /* what the store may not know: which, and how it stood */
    char known_room[sizeof(double[SHARED_OPS_MAX][3]) + RESP_BULK_MORE];
    char words[SHARED_OPS_MAX][LEVEL_BYTES + SHARED_COST_MAX * MEMBER_BYTES + RESP_BULK_MORE];
};

/* ---- flights ---- */

static void flight_answered(struct resp_ask *resp);

static struct flight *flight_new(struct shared_store *s)
{
    struct flight *f;
    if (!list_is_empty(&s->spare)) {
        f = LIST_ENTRY(s->spare.next, struct flight, link);
        list_remove(&f->link);
        s->spare_count--;
    } else if (!(f = malloc(sizeof *f))) {
        return NULL;
    }
    f->resp = (struct resp_ask){ .answered = flight_answered };
    f->s = s;
    f->ask = NULL;
    f->count = f->sent = f->known_count = 0;
    list_init(&f->link);
    list_push_back(&s->flights, &f->link);
    return f;
}

static void flight_free(struct flight *f)
{
    struct shared_store *s = f->s;
    for (size_t i = 0; i < f->count; i++)
        f->ops[i].spot->pins--;
    list_remove(&f->link);
    if (s->spare_count >= SHARED_FLIGHTS_MAX) {
        free(f);
        return;
    }
    list_push_front(&s->spare, &f->link);
    s->spare_count++;
}

void shared_cancel_flights(struct shared_store *s)
{
    LIST_EACH_SAFE (node, &s->flights) {
        struct flight *f = LIST_ENTRY(node, struct flight, link);
        resp_cancel(&f->resp);
        for (size_t i = 0; i < f->count; i++)
            shared_turn_away(s, f->ops[i].spot, &f->ops[i].members, false);
        list_remove(&f->link);
        free(f);
    }
    LIST_EACH_SAFE (spare, &s->spare)
        free(LIST_ENTRY(spare, struct flight, link));
}

static void drop_flight(struct ask *ask)
{
    struct flight *f = ask->op;
    f->ask = NULL;
    ask->op = NULL;
    ask->is_open = false;
}

static bool is_same(const struct limit_op *a, const struct limit_op *b)
{
    return a->cost == b->cost && a->count == b->count && a->period_ms == b->period_ms && a->burst == b->burst &&
           a->soft == b->soft && memcmp(a->periods_ms, b->periods_ms, sizeof a->periods_ms) == 0;
}

/* What the script reads of the op; of the same spot it is mostly the same. */
static struct str words_of(const struct flight *f, const struct limit_op *op, const struct flight_op *mine, char *words)
{
    struct spot *spot = mine->spot;
    if (mine->lease != spot->words_lease || !is_same(op, &spot->words_op)) {
        level_write_ask(spot->words, op, mine->lease, SHARED_HOLD_MS);
        spot->words_op = *op;
        spot->words_lease = mine->lease;
    }
    if (list_is_empty(&mine->members))
        return str_of(spot->words, LEVEL_BYTES);
    size_t len = LEVEL_BYTES;
    memcpy(words, spot->words, LEVEL_BYTES);
    LIST_EACH (node, &mine->members) {
        struct member *k = LIST_ENTRY(node, struct member, link);
        char name[MEMBER_BYTES + 1];
        snprintf(name, sizeof name, "%08x%08x", f->s->instance, k->number);
        memcpy(words + len, name, MEMBER_BYTES);
        len += MEMBER_BYTES;
        k->is_sent = true;
    }
    return str_of(words, len);
}

/* A place in the flight for what the store is asked. */
static void flight_add(struct flight *f, const struct limit_op *op, struct flight_op *mine)
{
    struct spot *spot = mine->spot;
    char words[LEVEL_BYTES + SHARED_COST_MAX * MEMBER_BYTES];
    f->args[f->sent] = spot->bulk;
    f->args[SHARED_OPS_MAX + f->sent] = resp_bulk(f->words[f->sent], words_of(f, op, mine, words));
    f->sent++;
    if (!spot->wants_seed)
        return;
    double *known = f->known[f->known_count++];
    known[0] = (double)f->sent;
    known[1] = (double)spot->level.x;
    known[2] = (double)spot->level.y;
    mine->told = true;
    spot->wants_seed = false; /* what is sent after this comes after it */
}

static void flight_send(struct flight *f)
{
    size_t n = f->sent;
    memmove(&f->args[n + 1], &f->args[SHARED_OPS_MAX], n * sizeof f->args[0]);
    f->args[n] = f->s->mark_key_bulk;
    f->args[2 * n + 1] = f->s->mark_bulk;
    if (f->known_count)
        f->args[2 * n + 2] = resp_bulk(f->known_room, str_of((const char *)f->known, f->known_count * sizeof f->known[0]));
    resp_call_bulks(f->s->client, &f->resp, &f->s->ask_script, f->args, 2 * n + 2 + (f->known_count > 0), n + 1);
}

static void flight_pin(struct flight *f, struct spot *spot, int64_t cost)
{
    struct flight_op *mine = &f->ops[f->count++];
    *mine = (struct flight_op){ .spot = spot, .cost = cost };
    list_init(&mine->members);
    spot->pins++;
}

void shared_ask_for_lease(struct shared_store *s, struct spot *spot, const struct limit_op *op)
{
    uint64_t units = shared_lease_wanted(s, spot, op->lease);
    struct flight *f = units && spot->hand <= op->lease / 2 && shared_serves(s) ? flight_new(s) : NULL;
    if (!f)
        return;
    f->own = *op;
    f->own.key = spot->op.key;
    f->own.cost = (int64_t)units;
    f->own.soft = false;
    flight_pin(f, spot, f->own.cost);
    flight_add(f, &f->own, &f->ops[0]);
    spot->lease_asked = true;
    flight_send(f);
}

/* ---- answers ---- */

/* As ask.lua has them. */
enum { ANSWER_LEASED = 3, ANSWER_NEW = 4 };

/* So that a flood costs the store nothing. What others may give back, or leave, is looked for again before long. */
static void remember_shut(struct shared_store *s, struct spot *spot, const struct limit_op *op)
{
    bool is_request = op->kind == LIMIT_RATE && op->cost == 1;
    uint64_t most_ms = op->kind == LIMIT_CONCURRENCY ? SHARED_SHUT_HOLD_MS
                       : is_request                  ? SHARED_SHUT_LONG_MS
                                                     : SHARED_SHUT_MS;
    spot->shut_until_ms = loop_now_ms(s->loop) + (op->retry_ms < most_ms ? op->retry_ms : most_ms);
    spot->shut_cost = op->cost;
}

/* The bucket took it, and nobody wants it any more. */
static void give_back(struct shared_store *s, struct flight_op *mine)
{
    if (mine->from_hand)
        shared_take_lease(s, mine->spot, (uint64_t)mine->cost);
    else if (mine->spot->op.kind == LIMIT_CONCURRENCY)
        shared_turn_away(s, mine->spot, &mine->members, true);
    else
        shared_owe(s, mine->spot, -mine->cost, mine->spot->level.y);
}

/* How it stands, as the three values say; charged: what of ours is in it. */
static void learn(struct flight *f, struct flight_op *mine, const struct resp_value *v, uint64_t charged, uint64_t clock_us)
{
    struct spot *spot = mine->spot;
    if (!shared_knows_more(f->s, spot, (v[0].integer & ANSWER_NEW) && !mine->told, (int64_t)charged, spot->level.y))
        shared_learn(f->s, spot, (struct level){ (uint64_t)v[1].integer + (spot->op.kind == LIMIT_RATE ? clock_us : 0), (uint64_t)v[2].integer });
    if (charged)
        spot->kept_until_ms = loop_now_ms(f->s->loop) + SHARED_KEPT_MS;
}

static void take_answer(struct flight *f, const struct resp_value *values)
{
    struct shared_store *s = f->s;
    bool passed = values[0].integer != 0;
    uint64_t clock_us = (uint64_t)values[1].integer;
    shared_tell_clock(s, clock_us);
    for (size_t i = 0, n = 0; i < f->count; i++) {
        struct flight_op *mine = &f->ops[i];
        struct limit_op *op = f->ask ? &f->ask->ops[i] : NULL;
        if (mine->from_hand) {
            if (!passed || !op)
                give_back(s, mine);
            continue;
        }
        const struct resp_value *v = &values[2 + 3 * n++];
        struct spot *spot = mine->spot;
        bool is_hold = spot->op.kind == LIMIT_CONCURRENCY;
        int answer = (int)v[0].integer & ANSWER_LEASED;
        learn(f, mine, v, passed && answer ? (uint64_t)mine->cost + (answer == ANSWER_LEASED ? mine->lease : 0) : 0, clock_us);
        spot->lease_asked &= mine->lease == 0;
        if (op) {
            op->allowed = answer != 0;
            op->is_local = false;
            level_tell(op, spot->level, clock_us);
        }
        if (!passed) {
            shared_turn_away(s, spot, &mine->members, false);
            if (op && !op->allowed && !op->soft)
                remember_shut(s, spot, op);
            continue;
        }
        if (answer == ANSWER_LEASED)
            shared_take_lease(s, spot, mine->lease);
        else if (mine->lease)
            spot->no_lease_until_ms = loop_now_ms(s->loop) + SHARED_NO_LEASE_MS;
        if (op && is_hold)
            shared_enter(s, spot, &mine->members, false);
        else if (!op && (is_hold || answer))
            give_back(s, mine);
    }
    if (f->ask)
        f->ask->result = passed ? STORE_PASSED : STORE_REFUSED;
}

static void take_lease_answer(struct flight *f, const struct resp_value *values)
{
    struct spot *spot = f->ops[0].spot;
    uint64_t clock_us = (uint64_t)values[1].integer;
    shared_tell_clock(f->s, clock_us);
    learn(f, &f->ops[0], &values[2], values[0].integer ? (uint64_t)f->ops[0].cost : 0, clock_us);
    if (values[0].integer)
        shared_take_lease(f->s, spot, (uint64_t)f->ops[0].cost);
    else
        spot->no_lease_until_ms = loop_now_ms(f->s->loop) + SHARED_NO_LEASE_MS;
}

static void flight_answered(struct resp_ask *resp)
{
    struct flight *f = CONTAINER_OF(resp, struct flight, resp);
    struct shared_store *s = f->s;
    struct ask_store *ask = f->ask;
    bool is_given = shared_is_answer(resp) && resp->value->count == 2 + 3 * f->sent, is_lease = f->own.cost > 0;
    bool lost_it = shared_says_strange(resp);
    for (size_t i = 0; !is_given && i < f->count; i++)
        f->ops[i].spot->wants_seed |= f->ops[i].told;
    if (lost_it)
        shared_is_strange(s);
    if (is_lease) {
        f->ops[0].spot->lease_asked = false;
        if (is_given)
            take_lease_answer(f, resp->value->list);
    } else if (is_given) {
        take_answer(f, resp->value->list);
    } else {
        if (!lost_it)
            shared_complain(s, "a question", resp);
        for (size_t i = 0; i < f->count; i++) {
            struct flight_op *mine = &f->ops[i];
            mine->spot->lease_asked &= mine->lease == 0;
            if (mine->from_hand)
                give_back(s, mine);
            shared_turn_away(s, mine->spot, &mine->members, resp->answer == RESP_LATE || resp->answer == RESP_LOST);
        }
        if (ask)
            shared_decide_alone(s, ask);
    }
    flight_free(f);
    if (ask)
        shared_give(ask);
}

/* ---- sending ---- */

/* The names of those who would enter. Whom this worker let out, and the store has not heard of it, hands his name on: it
 * is counted once, so who asks when another has left does not find him still inside. */
static bool name_members(struct shared_store *s, struct spot *spot, struct list *members, int64_t cost)
{
    int64_t handed_on = cost < (int64_t)spot->leaving_count ? cost : (int64_t)spot->leaving_count;
    if (!shared_name_members(s, members, cost - handed_on))
        return false;
    for (; handed_on > 0; handed_on--) {
        struct member *k = LIST_ENTRY(spot->leaving.next, struct member, link);
        k->was_inside = true;
        list_remove(&k->link);
        list_push_back(members, &k->link);
        spot->leaving_count--;
    }
    return true;
}

static bool load_op(struct flight *f, struct spot *spot, struct limit_op *op)
{
    struct shared_store *s = f->s;
    flight_pin(f, spot, op->cost);
    struct flight_op *mine = &f->ops[f->count - 1];
    bool is_hold = op->kind == LIMIT_CONCURRENCY;
    if (op->cost < 0 || (is_hold && (op->cost > SHARED_COST_MAX || !name_members(s, spot, &mine->members, op->cost))))
        return false;
    mine->from_hand = op->lease && !is_hold && shared_from_hand(s, spot, op);
    if (mine->from_hand)
        return true;
    mine->lease = is_hold ? 0 : shared_lease_wanted(s, spot, op->lease);
    spot->lease_asked |= mine->lease > 0;
    flight_add(f, op, mine);
    return true;
}

/* Nothing of it was sent. */
static void unload(struct flight *f)
{
    for (size_t i = 0; i < f->count; i++) {
        struct flight_op *mine = &f->ops[i];
        mine->spot->lease_asked &= mine->lease == 0;
        mine->spot->wants_seed |= mine->told;
        if (mine->from_hand)
            give_back(f->s, mine);
        shared_turn_away(f->s, mine->spot, &mine->members, false);
    }
    flight_free(f);
}

bool shared_send(struct shared_store *s, struct ask_store *ask, struct spot *const *spots)
{
    struct flight *f = flight_new(s);
    if (!f)
        return false;
    f->own.cost = 0;
    bool fits = true;
    for (size_t i = 0; fits && i < ask->ops_count; i++)
        fits = load_op(f, spots[i], &ask->ops[i]);
    if (!fits ||
        !f->sent) { /* the same bucket twice, with just enough in hand for each by itself, is not worth a story */
        unload(f);
        return false;
    }
    list_remove(&ask->ask.link);
    f->ask = ask;
    ask->ask.is_open = true;
    ask->ask.op = f;
    ask->ask.drop = drop_flight;
    flight_send(f);
    return true;
}
