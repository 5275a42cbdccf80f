/* shared_dues.c - what is to be brought home to the shared store: summed up by bucket, in numbered batches, one at a
 * time. */
#include "proxy/base/metric.h"
#include "proxy/edge/store/quota.h"
#include "proxy/edge/store/shared_parts.h"

#define OWED_MAX ((int64_t)1 << 50)

static void again(struct timer *t)
{
    struct shared_store *s = CONTAINER_OF(t, struct shared_store, again);
    loop_defer(s->loop, &s->pump);
}

void shared_batch_init(struct shared_store *s)
{
    timer_init(&s->again, again);
    list_init(&s->batch.leaving);
    buf_init(&s->batch.names, SHARED_BATCH_BYTES);
    buf_init(&s->batch.bytes, 2 * SHARED_BATCH_BYTES);
}

static void free_leaving(struct shared_store *s)
{
    LIST_EACH_SAFE (node, &s->batch.leaving)
        member_free(&s->spots, LIST_ENTRY(node, struct member, link));
}

void shared_batch_finish(struct shared_store *s)
{
    resp_cancel(&s->batch.ask);
    timer_cancel(&s->again);
    free_leaving(s);
    buf_finish(&s->batch.names);
    buf_finish(&s->batch.bytes);
}

uint64_t shared_batches_due(const struct shared_store *s)
{
    /* a bucket takes up to three places */
    return (s->spots.due_count + SHARED_BATCH_KEYS / 3 - 1) / (SHARED_BATCH_KEYS / 3);
}

/* ---- what is owed ---- */

void shared_owe(struct shared_store *s, struct spot *spot, int64_t cost, uint64_t end_ms)
{
    bool is_quota = spot->op.kind == LIMIT_QUOTA;
    if (is_quota && spot->owed && end_ms != spot->owed_end_ms) {
        if (end_ms < spot->owed_end_ms)
            return; /* of a period that is over */
        spot->owed = 0;
    }
    if (!spot->owed)
        spot->owed_since_us = loop_now_exact_us();
    int64_t sum = spot->owed + cost;
    spot->owed = sum > OWED_MAX ? OWED_MAX : sum < -OWED_MAX ? -OWED_MAX : sum;
    spot->owed_end_ms = is_quota ? end_ms : 0;
    if (cost < 0)
        spot->shut_until_ms = 0;
    spot_is_due(&s->spots, spot, false);
    loop_defer(s->loop, &s->pump);
}

void shared_return_lease(struct shared_store *s, struct spot *spot)
{
    if (spot->hand)
        shared_owe(s, spot, -(int64_t)spot->hand, spot->hand_end_ms);
    spot->hand = 0;
    list_remove(&spot->leased);
}

/* ---- settles ---- */

static void leave(struct shared_store *s, struct spot *spot, const struct limit_op *op)
{
    struct limit_op inside = *op;
    struct ask_store ask = { .ops = &inside, .ops_count = 1, .settle = true };
    store_decide(s->memory, s->row, shared_time(s), &ask);
    for (int64_t n = 0; n > op->cost && spot->members_count; n--) {
        struct member *k = LIST_ENTRY(spot->members.prev, struct member, link);
        spot->members_count--;
        if (!k->is_sent) {
            member_free(&s->spots, k);
            continue;
        }
        list_remove(&k->link);
        list_push_back(&spot->leaving, &k->link);
        spot->leaving_count++;
    }
    spot->shut_until_ms = 0;
    if (!spot->leaving_count)
        return;
    spot_is_due(&s->spots, spot, false);
    loop_defer(s->loop, &s->pump);
}

/* False: it is lost. */
static bool settle_op(struct shared_store *s, const struct limit_op *op)
{
    struct spot *spot = shared_spot(s, op);
    if (!spot)
        return false;
    if (op->kind == LIMIT_CONCURRENCY) {
        leave(s, spot, op);
        return op->cost <= 0; /* nobody enters without asking */
    }
    uint64_t at_ms = op->period_start_ms ? op->period_start_ms : shared_clock_us(s) / 1000;
    if (op->cost)
        shared_owe(s, spot, op->cost, quota_end_ms(op, at_ms));
    if (!shared_serves(s))
        shared_settle_alone(s, op);
    return true;
}

void shared_settle(struct shared_store *s, const struct ask_store *ask)
{
    for (size_t i = 0; i < ask->ops_count; i++)
        if (!settle_op(s, &ask->ops[i]))
            COUNT(METRIC_STORE_LOST);
}

/* ---- batches ---- */

static struct batch_item *item_new(struct shared_store *s, struct spot *spot)
{
    struct batch_item *item = &s->batch.items[s->batch.count++];
    *item = (struct batch_item){ .spot = spot, .op = spot->op };
    spot->pins++;
    return item;
}

static bool add_name(struct shared_store *s, struct member *k)
{
    char name[MEMBER_BYTES + 1];
    snprintf(name, sizeof name, "%08x%08x", s->instance, k->number);
    k->is_sent = true;
    return buf_add(&s->batch.names, str_of(name, MEMBER_BYTES));
}

/* Those who leave, and of those who stay the ones that would expire. */
static void take_members(struct shared_store *s, struct spot *spot)
{
    struct batch *b = &s->batch;
    struct batch_item *item = item_new(s, spot);
    item->what = ITEM_MEMBERS;
    item->names_at = buf_len(&b->names);
    bool fits = true;
    while (spot->leaving_count && item->leave < SHARED_MEMBERS_MAX && fits) {
        struct member *k = LIST_ENTRY(spot->leaving.next, struct member, link);
        fits = add_name(s, k);
        list_remove(&k->link);
        list_push_back(&b->leaving, &k->link);
        spot->leaving_count--;
        item->leave += fits;
    }
    spot->refresh = spot->refresh < spot->members_count ? spot->refresh : spot->members_count;
    while (spot->refresh && item->stay < SHARED_MEMBERS_MAX && fits) {
        struct member *k = LIST_ENTRY(spot->members.next, struct member, link);
        fits = add_name(s, k);
        list_remove(&k->link);
        list_push_back(&spot->members, &k->link);
        spot->refresh--;
        item->stay += fits;
    }
}

static void take(struct shared_store *s, struct spot *spot)
{
    if (spot->wants_seed) {
        struct batch_item *item = item_new(s, spot);
        item->what = ITEM_KNOWN;
        item->level = spot->level;
        spot->wants_seed = false;
    }
    if (spot->owed) {
        struct batch_item *item = item_new(s, spot);
        item->what = ITEM_CHARGE;
        item->cost = spot->owed;
        item->since_us = spot->owed_since_us;
        item->end_ms = spot->owed_end_ms;
        spot->owed = 0;
    }
    if (spot->leaving_count || spot->refresh)
        take_members(s, spot);
}

static void form(struct shared_store *s)
{
    struct batch *b = &s->batch;
    size_t room = SHARED_BATCH_BYTES - 2 * SHARED_MEMBERS_MAX * MEMBER_BYTES, left = s->spots.due_count;
    b->count = 0;
    b->refusals = 0;
    buf_clear(&b->names);
    while (left-- && b->count + 3 <= SHARED_BATCH_KEYS && buf_len(&b->names) < room) {
        struct spot *spot = spot_next_due(&s->spots);
        take(s, spot);
        if (spot->leaving_count || spot->refresh)
            spot_is_due(&s->spots, spot, false);
    }
    b->is_formed = b->count > 0;
    b->is_known = false;
    if (b->is_formed)
        b->number = (double)++s->formed;
}

static void write_item(const struct batch_item *item, char words[LEVEL_BYTES])
{
    uint64_t now_us = loop_now_exact_us();
    if (item->what == ITEM_MEMBERS)
        level_write_members(words, item->leave, item->stay, SHARED_HOLD_MS);
    else if (item->what == ITEM_KNOWN)
        level_write_known(words, &item->op, item->level);
    else
        level_write_charge(words, &item->op, item->cost, now_us - item->since_us, item->end_ms);
}

static void batch_answered(struct resp_ask *ask);

static bool send(struct shared_store *s)
{
    struct batch *b = &s->batch;
    size_t at[SHARED_BATCH_KEYS + 2];
    buf_clear(&b->bytes);
    bool ok = buf_add(&b->bytes, str_of((const char *)&b->number, sizeof b->number)) &&
              buf_add(&b->bytes, str_c(s->mark));
    at[0] = 0;
    for (size_t i = 0; ok && i < b->count; i++) {
        const struct batch_item *item = &b->items[i];
        char words[LEVEL_BYTES];
        write_item(item, words);
        at[i + 1] = buf_len(&b->bytes);
        struct str names =
            str_first(str_from(buf_str(&b->names), item->names_at), (item->leave + item->stay) * MEMBER_BYTES);
        ok = buf_add(&b->bytes, str_of(words, sizeof words)) &&
             (item->what != ITEM_MEMBERS || buf_add(&b->bytes, names));
    }
    if (!ok)
        return false;
    size_t keys = b->count + 2, texts = b->count + 1;
    at[texts] = buf_len(&b->bytes);
    b->args[0] = str_c(s->seen_key);
    b->args[1] = str_c(s->mark_key);
    for (size_t i = 0; i < b->count; i++)
        b->args[2 + i] = b->items[i].spot->name;
    for (size_t i = 0; i < texts; i++)
        b->args[keys + i] = str_first(str_from(buf_str(&b->bytes), at[i]), at[i + 1] - at[i]);
    b->ask.answered = batch_answered;
    resp_call(s->client, &b->ask, &s->settle_script, b->args, keys + texts, keys);
    return true;
}

static void batch_is_home(struct shared_store *s)
{
    struct batch *b = &s->batch;
    for (size_t i = 0; i < b->count; i++)
        b->items[i].spot->pins--;
    free_leaving(s);
    b->is_formed = false;
    b->count = 0;
    s->home = s->formed;
    loop_defer(s->loop, &s->pump);
}

void shared_pump(struct deferred *d)
{
    struct shared_store *s = CONTAINER_OF(d, struct shared_store, pump);
    if (s->batch.ask.is_open || !s->is_greeted || !resp_is_up(s->client, s->spots.tag))
        return;
    if (!s->batch.is_formed)
        form(s);
    if (!s->batch.is_formed)
        s->serves_after = s->home; /* nothing is due any more, in however few batches it went */
    if (s->batch.is_formed && !send(s))
        timer_set(s->loop, &s->again, SHARED_AGAIN_LONG_MS);
}

void shared_batch_is_known(struct shared_store *s)
{
    struct batch *b = &s->batch;
    for (size_t i = 0; b->is_formed && !b->is_known && i < b->count; i++) {
        const struct batch_item *item = &b->items[i];
        if (item->what == ITEM_CHARGE && item->spot->is_told)
            level_charge(&item->spot->level, &item->op, item->cost, item->end_ms, shared_clock_us(s));
    }
    b->is_known = true;
}

static void batch_answered(struct resp_ask *ask)
{
    struct shared_store *s = CONTAINER_OF(ask, struct shared_store, batch.ask);
    struct batch *b = &s->batch;
    if (shared_says_strange(ask)) {
        shared_is_strange(s);
        return; /* the greeting sends it again */
    }
    /* the states of the buckets, or nothing when the batch was here before */
    if (shared_is_answer(ask) && (ask->value->count == 2 || ask->value->count == 2 + 3 * b->count)) {
        const struct resp_value *v = ask->value->list;
        uint64_t clock_us = (uint64_t)v[1].integer;
        shared_tell_clock(s, clock_us);
        for (size_t i = 0; ask->value->count > 2 && i < b->count; i++) {
            const struct batch_item *item = &b->items[i];
            struct spot *spot = item->spot;
            uint64_t x = (uint64_t)v[2 + 3 * i].integer, y = (uint64_t)v[3 + 3 * i].integer;
            bool is_charge = item->what == ITEM_CHARGE, is_new = is_charge && v[4 + 3 * i].integer;
            if (!shared_knows_more(s, spot, is_new, is_charge && !b->is_known ? item->cost : 0, item->end_ms))
                shared_learn(s, spot, (struct level){ spot->op.kind == LIMIT_RATE ? x + clock_us : x, y });
        }
        batch_is_home(s);
        return;
    }
    shared_complain(s, "a settlement", ask);
    if (ask->answer == RESP_REFUSED && ++b->refusals == SHARED_REFUSALS_MAX) {
        COUNT_N(b->count, METRIC_STORE_LOST);
        batch_is_home(s);
        return;
    }
    timer_set(s->loop, &s->again, ask->answer == RESP_REFUSED ? SHARED_AGAIN_LONG_MS : SHARED_AGAIN_MS);
}
