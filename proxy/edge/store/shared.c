/* shared.c - one worker and the store that all gateways share: who is there, is it still the same, what time is it. */
#include <stdlib.h>
#include <sys/random.h>

#include "proxy/base/hash.h"
#include "proxy/base/log.h"
#include "proxy/base/metric.h"
#include "proxy/edge/store/script.h"
#include "proxy/edge/store/shared_parts.h"

enum { COMPLAIN_MS = 10000, FLUSH_TURN_MS = 5 };

static void take_dues(struct shared_store *s);

/* ---- time ---- */

uint64_t shared_clock_us(const struct shared_store *s)
{
    return loop_now_us(s->loop) + (uint64_t)s->ahead_us;
}

struct store_time shared_time(const struct shared_store *s)
{
    uint64_t us = loop_now_exact_us();
    return (struct store_time){ us, (us + (uint64_t)s->ahead_us) / 1000 };
}

void shared_tell_clock(struct shared_store *s, uint64_t clock_us)
{
    s->ahead_us = (int64_t)(clock_us - loop_now_us(s->loop));
}

/* ---- who is there ---- */

bool shared_serves(const struct shared_store *s)
{
    return s->is_greeted && s->home >= s->serves_after && resp_is_up(s->client, s->spots.tag);
}

uint64_t shared_gateways(const struct shared_store *s)
{
    uint64_t n = store_gateways(s->memory);
    return n ? n : s->replicas;
}

void shared_complain(struct shared_store *s, const char *what, const struct resp_ask *ask)
{
    if (!log_is_due(&s->told_ms, loop_now_ms(s->loop), COMPLAIN_MS))
        return;
    if (ask->answer == RESP_REFUSED)
        log_error("store: %s was refused: " STR_F, what, STR_A(ask->value->text));
    else
        log_warning("store: %s was not answered: %s", what, ask->why ? ask->why : "");
}

/* ---- what is known ---- */

static struct known known_of(struct shared_store *s, const struct spot *spot)
{
    return (struct known){ .memory = s->memory,
                           .row = s->row,
                           .now = { loop_now_us(s->loop), shared_clock_us(s) / 1000 },
                           .ahead_us = s->ahead_us,
                           .op = &spot->op,
                           .hash = spot->hash,
                           .server = s->server };
}

struct spot *shared_spot(struct shared_store *s, const struct limit_op *op)
{
    struct spot *spot = spot_get(&s->spots, op);
    if (!spot || spot->is_sought)
        return spot;
    spot->is_sought = true;
    if (op->kind == LIMIT_CONCURRENCY)
        return spot;
    struct known k = known_of(s, spot);
    spot->is_told = known_find(&k, &spot->level, &spot->wants_seed);
    return spot;
}

void shared_learn(struct shared_store *s, struct spot *spot, struct level level)
{
    spot->level = level;
    spot->is_told = true;
    if (spot->op.kind == LIMIT_CONCURRENCY)
        return;
    struct known k = known_of(s, spot);
    known_tell(&k, level, &spot->known_at);
}

/* What is spent there matters, if the store does not know it. */
static bool matters(const struct shared_store *s, const struct spot *spot)
{
    uint64_t clock_us = shared_clock_us(s);
    return spot->is_told && (spot->op.kind == LIMIT_RATE    ? spot->level.x > clock_us
                             : spot->op.kind == LIMIT_QUOTA ? spot->level.y > clock_us / 1000 && spot->level.x
                                                            : false);
}

/* What the gateway's other workers heard may be more. */
static void drop(struct shared_store *s, struct spot *spot)
{
    struct known k = known_of(s, spot);
    struct level heard;
    bool is_old, is_quota = spot->op.kind == LIMIT_QUOTA;
    if (known_find(&k, &heard, &is_old) && heard.x > spot->level.x && (!is_quota || heard.y == spot->level.y))
        spot->level = heard;
    spot->wants_seed = true;
    spot_is_due(&s->spots, spot, true);
    loop_defer(s->loop, &s->pump);
    COUNT(METRIC_STORE_DROPPED);
}

bool shared_knows_more(struct shared_store *s, struct spot *spot, bool is_new, int64_t charged, uint64_t end_ms)
{
    bool is_kept = spot->op.kind == LIMIT_QUOTA || loop_now_ms(s->loop) < spot->kept_until_ms;
    if (is_new && is_kept && matters(s, spot) && !spot->wants_seed)
        drop(s, spot);
    if (!spot->wants_seed)
        return false;
    level_charge(&spot->level, &spot->op, charged, end_ms, shared_clock_us(s));
    return true;
}

/* The store is another one, or has lost what it knew: whatever still matters is brought home first. */
static void seed_all(struct shared_store *s)
{
    size_t n = 0;
    shared_batch_is_known(s);
    LIST_EACH (node, &s->spots.used) {
        struct spot *spot = LIST_ENTRY(node, struct spot, use);
        if (!matters(s, spot))
            continue;
        spot->wants_seed = true;
        spot_is_due(&s->spots, spot, true);
        n++;
    }
    log_warning("store: it is another one, or was emptied: %zu buckets are told it again", n);
}

static void refresh_all(struct shared_store *s)
{
    s->refresh_ms = loop_now_ms(s->loop);
    LIST_EACH (node, &s->spots.used) {
        struct spot *spot = LIST_ENTRY(node, struct spot, use);
        if (!spot->members_count)
            continue;
        spot->refresh = spot->members_count;
        spot_is_due(&s->spots, spot, true);
    }
}

static bool hello_is_well(const struct resp_value *v)
{
    return v->kind == RESP_LIST && v->count == 4 && v->list[0].kind == RESP_INTEGER && v->list[0].integer > 0 &&
           v->list[1].kind == RESP_INTEGER && v->list[1].integer > 0 && v->list[2].kind == RESP_TEXT &&
           v->list[3].kind == RESP_TEXT;
}

/* Which server it is: by its mark, and its run where we may ask for that. */
static uint64_t number_of(struct str mark, struct str run)
{
    uint64_t n = hash_str(mark) ^ hash_str(run) * 31;
    return n ? n : 1;
}

static bool remember(struct shared_store *s, struct str mark, uint64_t server)
{
    bool is_same = !s->server || s->server == server;
    snprintf(s->mark, sizeof s->mark, STR_F, STR_A(mark));
    s->mark_bulk = resp_bulk(s->mark_room, str_c(s->mark));
    s->server = server;
    known_meet(s->memory, server, s->ahead_us);
    return is_same;
}

static void hello_answered(struct resp_ask *ask)
{
    struct shared_store *s = CONTAINER_OF(ask, struct shared_store, hello);
    s->hello_ms = loop_now_ms(s->loop);
    if (ask->answer != RESP_GIVEN || !hello_is_well(ask->value)) {
        shared_complain(s, "the greeting", ask);
        return; /* again at the next look */
    }
    const struct resp_value *v = ask->value->list;
    shared_tell_clock(s, (uint64_t)v[0].integer);
    uint64_t gateways = (uint64_t)v[1].integer; /* the others may be just about to greet */
    store_tell_gateways(s->memory, s->greetings++ || gateways > s->replicas ? gateways : s->replicas);
    bool is_same = remember(s, v[2].text, number_of(v[2].text, v[3].text));
    bool was_greeted = s->is_greeted;
    if (!is_same)
        seed_all(s);
    if (!was_greeted || !is_same || s->hello_ms - s->refresh_ms >= SHARED_HOLD_MS / 3)
        refresh_all(s);
    s->is_greeted = true;
    take_dues(s);
    if (!was_greeted || !is_same)
        s->serves_after = s->formed + shared_batches_due(s);
    loop_defer(s->loop, &s->pump);
}

static void say_hello(struct shared_store *s)
{
    uint64_t fresh = 0;
    if (s->hello.is_open || getrandom(&fresh, sizeof fresh, 0) != (ssize_t)sizeof fresh)
        return;
    snprintf(s->hello_words[0], sizeof s->hello_words[0], "%016llx", (unsigned long long)store_id(s->memory));
    snprintf(s->hello_words[1], sizeof s->hello_words[1], "%016llx", (unsigned long long)fresh);
    snprintf(s->hello_words[2], sizeof s->hello_words[2], "%d", SHARED_GATEWAY_MS);
    s->hello_args[0] = str_c(s->mark_key);
    s->hello_args[1] = str_c(s->live_key);
    for (size_t i = 0; i < 3; i++)
        s->hello_args[2 + i] = str_c(s->hello_words[i]);
    s->hello.answered = hello_answered;
    resp_call(s->client, &s->hello, &s->hello_script, s->hello_args, 5, 2);
}

bool shared_is_answer(const struct resp_ask *ask)
{
    const struct resp_value *v = ask->answer == RESP_GIVEN ? ask->value : NULL;
    if (!v || v->kind != RESP_LIST || v->count < 2)
        return false;
    for (size_t i = 0; i < v->count; i++)
        if (v->list[i].kind != RESP_INTEGER || v->list[i].integer < 0)
            return false;
    return true;
}

bool shared_says_strange(const struct resp_ask *ask)
{
    return shared_is_answer(ask) && ask->value->count == 2 && ask->value->list[0].integer == 2;
}

void shared_is_strange(struct shared_store *s)
{
    s->outage += s->is_greeted;
    s->is_greeted = false;
    say_hello(s);
}

static void changed(void *user, bool is_up)
{
    struct shared_store *s = user;
    if (is_up) {
        say_hello(s);
        return;
    }
    s->outage += s->is_greeted;
    s->is_greeted = false;
}

/* ---- from worker to worker ---- */

/* What was on its way may have been carried out, under a number that only this worker uses. */
static void leave_dues(struct shared_store *s)
{
    size_t lost = s->batch.is_formed ? s->batch.count : 0;
    struct spot *spot;
    while (s->spots.slots && (spot = spot_next_due(&s->spots)))
        lost += spot->owed && !left_put(s->memory, s->row,
                                        &(struct left_due){ spot->name, spot->op, spot->owed, spot->owed_since_us, spot->owed_end_ms });
    COUNT_N(lost, METRIC_STORE_LOST);
}

/* By who can bring it home; until then it waits. */
static void take_dues(struct shared_store *s)
{
    if (!s->is_greeted)
        return;
    char name[LEFT_NAME_MAX];
    struct left_due due;
    for (size_t n = 0; n < SHARED_LEFT_MAX && left_take(s->memory, s->row, name, &due); n++) {
        due.op.key = str_from(due.name, s->spots.tag.len + 2);
        struct spot *spot = NULL;
        if (str_starts(due.name, s->spots.tag) && !(spot = spot_find(&s->spots, &due.op))) /* its numbers may be newer */
            spot = shared_spot(s, &due.op);
        if (!spot) { /* no room; or the deployment has another name now */
            COUNT(METRIC_STORE_LOST);
            continue;
        }
        shared_owe(s, spot, due.cost, due.end_ms);
        if (due.since_us < spot->owed_since_us)
            spot->owed_since_us = due.since_us;
    }
}

/* ---- time goes by ---- */

/* Every half a second: leases that lie idle go back; what others owed is taken over; at times it is said that we are there. */
static void look(struct timer *t)
{
    struct shared_store *s = CONTAINER_OF(t, struct shared_store, look);
    uint64_t now_ms = loop_now_ms(s->loop);
    LIST_EACH_SAFE (node, &s->spots.leased) {
        struct spot *spot = LIST_ENTRY(node, struct spot, leased);
        if (now_ms - spot->hand_used_ms >= SHARED_LEASE_IDLE_MS)
            shared_return_lease(s, spot);
    }
    take_dues(s);
    if (resp_is_up(s->client, s->spots.tag) && (!s->is_greeted || now_ms - s->hello_ms >= SHARED_HELLO_MS))
        say_hello(s);
    timer_set(s->loop, t, SHARED_LOOK_MS);
}

/* ---- asking ---- */

static void drop_ask(struct ask *ask)
{
    ask->is_open = false;
    list_remove(&ask->link);
}

void shared_ask(struct shared_store *s, struct ask_store *ask)
{
    if (ask->settle) {
        shared_settle(s, ask);
        return;
    }
    assert(!ask->ask.is_open);
    ask->ask.is_open = true;
    ask->ask.drop = drop_ask;
    list_push_back(&s->asks, &ask->ask.link);
    loop_defer(s->loop, &s->decide);
}

/* ---- making and ending it ---- */

struct shared_store *shared_new(const struct shared_options *options)
{
    struct shared_store *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->loop = options->loop;
    s->memory = options->memory;
    s->row = options->row;
    s->client = options->client;
    s->replicas = options->replicas ? options->replicas : 1;
    list_init(&s->asks);
    list_init(&s->flights);
    list_init(&s->spare);
    deferred_init(&s->decide, shared_decide);
    deferred_init(&s->pump, shared_pump);
    timer_init(&s->look, look);
    shared_batch_init(s);
    resp_script_init(&s->ask_script, script_ask());
    resp_script_init(&s->settle_script, script_settle());
    resp_script_init(&s->hello_script, script_hello());
    struct str name = str_first(options->name, 64);
    snprintf(s->tag, sizeof s->tag, "{" STR_F "}", STR_A(name));
    uint64_t worker;
    if (getrandom(&worker, sizeof worker, 0) != (ssize_t)sizeof worker || !spots_init(&s->spots, str_c(s->tag))) {
        shared_free(s);
        return NULL;
    }
    s->instance = (uint32_t)(worker >> 32);
    snprintf(s->seen_key, sizeof s->seen_key, "%sb:%016llx", s->tag, (unsigned long long)worker);
    snprintf(s->mark_key, sizeof s->mark_key, "%smark", s->tag);
    s->mark_key_bulk = resp_bulk(s->mark_key_room, str_c(s->mark_key));
    s->mark_bulk = resp_bulk(s->mark_room, STR(""));
    snprintf(s->live_key, sizeof s->live_key, "%sgateways", s->tag);
    s->ahead_us = (int64_t)(store_time_now().wall_ms * 1000 - loop_now_exact_us());
    s->server = known_server(s->memory, &s->ahead_us);
    resp_client_watch(s->client, changed, s);
    timer_set(s->loop, &s->look, SHARED_LOOK_MS);
    return s;
}

void shared_flush(struct shared_store *s, uint64_t within_ms)
{
    uint64_t until_us = loop_now_exact_us() + within_ms * 1000;
    LIST_EACH_SAFE (node, &s->spots.leased)
        shared_return_lease(s, LIST_ENTRY(node, struct spot, leased));
    while (shared_serves(s) && (s->spots.due_count || s->batch.is_formed) && loop_now_exact_us() < until_us)
        loop_turn(s->loop, FLUSH_TURN_MS);
}

void shared_free(struct shared_store *s)
{
    if (!s)
        return;
    if (s->client)
        resp_client_watch(s->client, NULL, NULL);
    resp_cancel(&s->hello);
    leave_dues(s);
    shared_cancel_flights(s);
    shared_batch_finish(s);
    timer_cancel(&s->look);
    deferred_cancel(&s->decide);
    deferred_cancel(&s->pump);
    spots_finish(&s->spots);
    free(s);
}
