/* stage_world.c - asks are kept in lists and answered by the script; nothing is ever answered inside the call that asked. */
#include "tests/play/stage_world.h"

#include "proxy/edge/store.h"
#include "tests/play/stage_store.h"

enum { CALLERS_MAX = 64, UPSTREAMS_MAX = 64, FETCHES_MAX = 64 };

static struct setup *setup;
static struct world world;
static uint64_t now_ms = 1000000;
static struct caller_side callers[CALLERS_MAX];
static struct upstream_side upstreams[UPSTREAMS_MAX];
static size_t upstreams_count;
static struct ask_fetch *fetches[FETCHES_MAX]; /* NULL once answered or cancelled */
static struct buf fetch_texts[FETCHES_MAX];
static size_t fetches_count;
static struct list timers, asked_store;
static enum { STORE_PASSES, STORE_REFUSES, STORE_IS_DOWN, STORE_COUNTS } store_mode;
static struct store *store; /* the one in memory, for STORE_COUNTS */
static bool store_slow;
static long long store_debt;
static struct buf journal;
static size_t journal_count;
static struct str journal_last;

static uint64_t play_now(struct world *w)
{
    (void)w;
    return now_ms;
}

static int64_t play_wall(struct world *w)
{
    (void)w;
    return 1790000000000 + (int64_t)now_ms;
}

static void answer(struct ask *ask)
{
    ask->is_open = false;
    list_remove(&ask->link);
    if (ask->answered)
        ask->answered(ask);
}

static void keep(struct list *l, struct ask *ask)
{
    ask->is_open = true;
    list_push_back(l, &ask->link);
}

/* ---- the store ---- */

static void decide(struct ask_store *ask)
{
    struct store_time now = { .us = now_ms * 1000, .wall_ms = (uint64_t)play_wall(&world) };
    if (!store && !(store = store_new()))
        play_fail("no memory for a store");
    store_decide(store, 1, now, ask);
}

static void play_store(struct world *w, struct ask_store *ask)
{
    (void)w;
    if (stage_store_is_shared()) {
        stage_store_ask(ask);
        return;
    }
    if (ask->settle) {
        if (store_mode == STORE_COUNTS)
            decide(ask);
        for (size_t i = 0; i < ask->ops_count; i++)
            store_debt += ask->ops[i].kind == LIMIT_CONCURRENCY ? ask->ops[i].cost : 0;
        return;
    }
    keep(&asked_store, &ask->ask);
}

/* A store that is gone, and no share of it left to live off. */
static bool may_pass_without(const struct ask_store *ask)
{
    for (size_t i = 0; i < ask->ops_count; i++)
        if (ask->ops[i].on_down != DOWN_ALLOW)
            return false;
    return true;
}

static void answer_store(struct ask_store *ask)
{
    ask->result = store_mode == STORE_PASSES    ? STORE_PASSED
                  : store_mode == STORE_REFUSES ? STORE_REFUSED
                  : may_pass_without(ask)       ? STORE_PASSED
                                                : STORE_DOWN;
    if (store_mode == STORE_COUNTS)
        decide(ask);
    for (size_t i = 0; i < ask->ops_count && store_mode == STORE_COUNTS; i++)
        if (ask->result == STORE_PASSED && ask->ops[i].kind == LIMIT_CONCURRENCY)
            store_debt += ask->ops[i].cost;
    for (size_t i = 0; i < ask->ops_count && store_mode != STORE_COUNTS; i++) {
        struct limit_op *op = &ask->ops[i];
        op->allowed = ask->result == STORE_PASSED;
        op->remaining = op->allowed ? 7 : 0;
        op->retry_ms = op->allowed ? 0 : 2500;
        op->reset_ms = 9000;
        if (op->allowed && op->kind == LIMIT_CONCURRENCY)
            store_debt += op->cost;
    }
    answer(&ask->ask);
}

static void answer_stores(void)
{
    while (!list_is_empty(&asked_store))
        answer_store(CONTAINER_OF(LIST_ENTRY(asked_store.next, struct ask, link), struct ask_store, ask));
}

bool world_store(struct str how)
{
    static const char *const MODES[] = { "passes", "refuses", "is down", "counts" };
    if (stage_store_does(how, now_ms))
        return true;
    if (str_eq(how, STR("answers"))) {
        answer_stores();
        return true;
    }
    if (str_eq(how, STR("is slow"))) {
        store_slow = true;
        return true;
    }
    for (size_t i = 0; i < ARRAY_LEN(MODES); i++)
        if (str_eq(how, str_c(MODES[i]))) {
            store_mode = (int)i;
            store_slow = false;
            return true;
        }
    return false;
}

long long world_store_owes(void)
{
    return store_debt;
}

/* ---- documents ---- */

static void play_fetch(struct world *w, struct ask_fetch *ask)
{
    (void)w;
    if (fetches_count == FETCHES_MAX)
        play_fail("too many fetches");
    struct buf *text = &fetch_texts[fetches_count];
    buf_init(text, 1 << 20);
    if (!buf_add(text, ask->method) || !buf_add(text, STR(" ")) || !buf_add(text, ask->url) || !buf_add(text, STR("\n")) ||
        !buf_add(text, ask->headers) || !buf_add(text, ask->body))
        play_fail("a fetch is too large");
    ask->ask.is_open = true;
    list_init(&ask->ask.link);
    fetches[fetches_count++] = ask;
}

bool fetch_asks(size_t n, struct str text)
{
    if (n == 0 || n > fetches_count)
        play_fail("there were %zu fetches", fetches_count);
    struct str said = buf_str(&fetch_texts[n - 1]);
    return str_find_str(said, text) < said.len;
}

void fetch_answers(size_t n, unsigned status, struct str body)
{
    struct ask_fetch *f = n && n <= fetches_count ? fetches[n - 1] : NULL;
    if (!f)
        play_fail("there is no open fetch %zu", n);
    fetches[n - 1] = NULL;
    f->ok = status != 0;
    f->status = status;
    f->answer = body;
    f->failure = status ? NULL : "refused by the play";
    answer(&f->ask);
}

/* ---- time ---- */

static void play_timer(struct world *w, struct ask_timer *ask)
{
    (void)w;
    ask->in_ms += now_ms; /* kept as the due time */
    keep(&timers, &ask->ask);
}

static struct ask_timer *first_due(uint64_t until)
{
    struct ask_timer *first = NULL;
    LIST_EACH (node, &timers) {
        struct ask_timer *t = CONTAINER_OF(LIST_ENTRY(node, struct ask, link), struct ask_timer, ask);
        if (t->in_ms <= until && (!first || t->in_ms < first->in_ms))
            first = t;
    }
    return first;
}

void world_wait(uint64_t ms)
{
    uint64_t until = now_ms + ms;
    for (struct ask_timer *t; (t = first_due(until));) {
        now_ms = t->in_ms > now_ms ? t->in_ms : now_ms;
        answer(&t->ask);
        world_settle();
    }
    now_ms = until;
    world_settle();
}

static void play_cancel(struct world *w, struct ask *ask)
{
    (void)w;
    if (!ask->is_open)
        return;
    if (ask->drop) { /* of the shared store */
        ask->drop(ask);
        return;
    }
    ask->is_open = false;
    list_remove(&ask->link);
    for (size_t i = 0; i < fetches_count; i++)
        if (fetches[i] && &fetches[i]->ask == ask)
            fetches[i] = NULL;
}

/* ---- model servers ---- */

static void play_forward(struct world *w, struct ask_forward *ask)
{
    (void)w;
    if (upstreams_count == UPSTREAMS_MAX)
        play_fail("too many forwards");
    struct upstream_side *u = &upstreams[upstreams_count++];
    *u = (struct upstream_side){ .ask = ask, .x = ask->ask.exchange, .endpoint = ask->endpoint };
    buf_init(&u->got, 1 << 20);
    buf_init(&u->held, 1 << 20);
    http_reader_init(&u->reader, HTTP_RESPONSES, &HTTP_LIMITS_DEFAULT);
    http_reader_expect(&u->reader, ask->answers_head);
    if (!buf_add(&u->got, ask->head) || !buf_add(&u->got, ask->body[0]) || !buf_add(&u->got, ask->body[1]) ||
        !buf_add(&u->got, ask->body[2]))
        play_fail("a request is too large");
    ask->ask.is_open = true;
}

static struct ask_forward *close_upstream(struct upstream_side *u)
{
    struct ask_forward *ask = u->ask;
    u->ask = NULL;
    if (ask)
        ask->ask.is_open = false;
    return ask;
}

static void play_cancel_forward(struct world *w, struct ask_forward *ask)
{
    (void)w;
    for (size_t i = 0; i < upstreams_count; i++)
        if (upstreams[i].ask == ask) {
            close_upstream(&upstreams[i]);
            upstreams[i].cancelled = true;
        }
}

size_t world_forwarded(void)
{
    return upstreams_count;
}

struct upstream_side *upstream_at(size_t n)
{
    if (n == 0 || n > upstreams_count)
        play_fail("%zu requests were forwarded", upstreams_count);
    return &upstreams[n - 1];
}

void upstream_sends(struct upstream_side *u, struct str bytes)
{
    if (!buf_add(&u->held, bytes))
        play_fail("too much from upstream");
    while (u->ask) {
        size_t used;
        struct str piece;
        enum http_event e = http_reader_next(&u->reader, buf_str(&u->held), &used, &piece);
        if (e == HTTP_HEAD)
            exchange_upstream_head(u->x, &u->reader.head);
        else if (e == HTTP_BODY)
            exchange_upstream_bytes(u->x, piece);
        else if (e == HTTP_DONE && close_upstream(u))
            exchange_upstream_end(u->x);
        else if (e == HTTP_BAD)
            play_fail("the play's own answer is refused: %s", u->reader.bad.why);
        buf_take(&u->held, used);
        if (e == HTTP_MORE || e == HTTP_DONE)
            break;
    }
}

void upstream_closes(struct upstream_side *u)
{
    bool fair = http_reader_closed(&u->reader);
    if (!close_upstream(u))
        play_fail("that upstream request is over");
    if (fair)
        exchange_upstream_end(u->x);
    else
        exchange_upstream_failed(u->x, FORWARD_BROKEN, "cut short");
}

void upstream_fails(struct upstream_side *u, enum forward_failure failure, bool reused)
{
    struct ask_forward *ask = close_upstream(u);
    if (!ask)
        play_fail("that upstream request is over");
    ask->reused = reused;
    exchange_upstream_failed(u->x, failure, "failed by the play");
}

/* ---- callers ---- */

static struct caller_side *side_of(struct exchange *x)
{
    return x->front;
}

static void play_read_body(struct world *w, struct exchange *x, uint64_t ceiling_bytes)
{
    (void)w;
    struct caller_side *c = side_of(x);
    c->wants_body = http_reader_limit_body(&c->reader, ceiling_bytes);
    if (!c->wants_body)
        play_fail("the announced body is above the ceiling: the core should have refused it");
}

static void play_answer_head(struct world *w, struct exchange *x, const struct answer_head *head)
{
    (void)w;
    struct caller_side *c = side_of(x);
    if (c->status)
        play_fail("two heads for one caller");
    c->status = head->status;
    if (!buf_addf(&c->got, "HTTP/1.1 %u\r\n" STR_F "\r\n", head->status, STR_A(head->fields)))
        play_fail("an answer is too large");
}

static void play_answer_bytes(struct world *w, struct exchange *x, struct str bytes)
{
    (void)w;
    struct caller_side *c = side_of(x);
    if (!c->status || c->ended)
        play_fail("bytes before the head or after the end of an answer");
    if (!buf_add(&c->got, bytes))
        play_fail("an answer is too large");
}

static void play_answer_end(struct world *w, struct exchange *x, bool whole)
{
    (void)w;
    struct caller_side *c = side_of(x);
    if (c->ended)
        play_fail("two ends of one answer");
    c->ended = true;
    c->whole = whole;
}

static void play_ended(struct world *w, struct exchange *x)
{
    (void)w;
    struct caller_side *c = side_of(x);
    if (c->over)
        play_fail("an exchange ended twice");
    c->over = true;
}

static bool play_journal(struct world *w, struct str line)
{
    (void)w;
    size_t before = buf_len(&journal);
    if (!buf_add(&journal, line) || !buf_add(&journal, STR("\n")))
        play_fail("the journal is too long for a play");
    journal_last = str_from(buf_str(&journal), before);
    journal_count++;
    return true;
}

static bool play_is_accepting(struct world *w)
{
    (void)w;
    return true;
}

struct caller_side *caller_at(size_t n)
{
    if (n >= CALLERS_MAX || !callers[n].is_there)
        play_fail("there is no caller %zu", n);
    return &callers[n];
}

/* Delivers the body once it is asked for. */
static void feed(struct caller_side *c)
{
    while (c->begun && c->wants_body && !c->over) {
        size_t used;
        struct str piece;
        enum http_event e = http_reader_next(&c->reader, buf_str(&c->sent), &used, &piece);
        if (e == HTTP_BODY)
            exchange_body_bytes(&c->x, piece);
        buf_take(&c->sent, used);
        if (e == HTTP_DONE) {
            c->wants_body = false;
            exchange_body_end(&c->x);
        }
        if (e == HTTP_BAD)
            exchange_body_failed(&c->x, c->reader.bad.status == 413 ? WHY_BODY_TOO_LARGE : WHY_BAD_REQUEST, c->reader.bad.why);
        if (e == HTTP_MORE)
            break;
    }
}

void caller_sends(size_t n, struct str message)
{
    if (n >= CALLERS_MAX || callers[n].is_there)
        play_fail("caller %zu has spoken already", n);
    struct caller_side *c = &callers[n];
    c->is_there = true;
    buf_init(&c->sent, 1 << 20);
    buf_init(&c->got, 1 << 20);
    if (!ip_parse(STR("203.0.113.7"), &c->peer.address) || !buf_add(&c->sent, message))
        play_fail("a caller could not be made");
    http_reader_init(&c->reader, HTTP_REQUESTS, &HTTP_LIMITS_DEFAULT);
    size_t used;
    struct str piece;
    enum http_event e = http_reader_next(&c->reader, buf_str(&c->sent), &used, &piece);
    c->begun = true;
    if (e == HTTP_HEAD) {
        c->head_bytes = malloc(used);
        memcpy(c->head_bytes, buf_str(&c->sent).at, used);
        http_head_rebase(&c->reader.head, buf_str(&c->sent).at, c->head_bytes);
        buf_take(&c->sent, used);
        exchange_begin(&c->x, &world, setup, c, &c->peer, &c->reader.head);
    } else if (e == HTTP_BAD) {
        exchange_begin_bad(&c->x, &world, setup, c, &c->peer, NULL, WHY_BAD_REQUEST, c->reader.bad.status,
                           c->reader.bad.why);
    } else {
        play_fail("the caller's head is not whole");
    }
}

void caller_leaves(size_t n)
{
    exchange_caller_left(&caller_at(n)->x, WHY_CALLER_LEFT);
}

/* ---- the play as a whole ---- */

void world_settle(void)
{
    for (bool again = true; again;) {
        again = stage_store_until(now_ms);
        if (!store_slow && !list_is_empty(&asked_store)) {
            answer_stores();
            again = true;
        }
        for (size_t i = 0; i < CALLERS_MAX; i++)
            if (callers[i].begun && callers[i].wants_body && !callers[i].over && buf_len(&callers[i].sent)) {
                size_t before = buf_len(&callers[i].sent);
                feed(&callers[i]);
                again = again || buf_len(&callers[i].sent) != before;
            }
    }
}

void world_begin(struct setup *fresh)
{
    setup = fresh;
    world = (struct world){
        .now_ms = play_now,
        .wall_ms = play_wall,
        .store = play_store,
        .fetch = play_fetch,
        .timer = play_timer,
        .forward = play_forward,
        .cancel = play_cancel,
        .cancel_forward = play_cancel_forward,
        .read_body = play_read_body,
        .answer_head = play_answer_head,
        .answer_bytes = play_answer_bytes,
        .answer_end = play_answer_end,
        .ended = play_ended,
        .journal = play_journal,
        .is_accepting = play_is_accepting,
    };
    list_init(&timers);
    list_init(&asked_store);
    buf_init(&journal, 1 << 20);
    if (!setup_open(setup, &world))
        play_fail("a filter did not open");
}

void world_finish(void)
{
    for (size_t i = 0; i < CALLERS_MAX; i++) {
        if (!callers[i].is_there)
            continue;
        if (!callers[i].over)
            play_fail("caller %zu's exchange is not over at the end of the play", i);
        exchange_finish(&callers[i].x);
        exchange_free(&callers[i].x);
        buf_finish(&callers[i].sent);
        buf_finish(&callers[i].got);
        http_reader_finish(&callers[i].reader);
        free(callers[i].head_bytes);
    }
    for (size_t i = 0; i < upstreams_count; i++) {
        buf_finish(&upstreams[i].got);
        buf_finish(&upstreams[i].held);
        http_reader_finish(&upstreams[i].reader);
    }
    for (size_t i = 0; i < fetches_count; i++)
        buf_finish(&fetch_texts[i]);
    buf_finish(&journal);
    if (setup)
        setup_close(setup);
    setup_free(setup);
    stage_store_finish();
    store_free(store);
}

struct str world_journal_last(void)
{
    return journal_last;
}

struct str world_journal_all(void)
{
    return buf_str(&journal);
}

size_t world_journal_count(void)
{
    return journal_count;
}
