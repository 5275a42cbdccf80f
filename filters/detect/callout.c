/* callout.c - the requests to a service that judges texts: who may ask, what proves who we are, and when the service is left alone. */
#include "filters/detect/callout_parts.h"

#include "filters/stamp/key_line.h"
#include "proxy/base/log.h"
#include "proxy/base/metric.h"
#include "proxy/http/url.h"

enum { ANSWER_BYTES_MAX = 64 * 1024, BODY_BYTES_MAX = 384 * 1024, HEAD_BYTES_MAX = 64 * 1024 };
static const uint64_t REST_MAX_MS = 300 * 1000;
static const char *const KEY_FIELDS[] = { "ocp-apim-subscription-key: ", "api-key: ", "authorization: Bearer " };

/* ---- making and ending one ---- */

void callout_free(struct callout *c)
{
    if (!c)
        return;
    for (size_t i = 0; c->slots && i < c->policy->concurrency; i++) {
        c->world->cancel(c->world, &c->slots[i].fetch.ask);
        buf_wipe(&c->slots[i].head);
        buf_wipe(&c->slots[i].body);
    }
    token_free(c->token);
    secret_finish(&c->key_line);
    callout_memory_free(c->memory);
    free(c->slots);
    free(c);
}

struct callout *callout_new(const struct callout_policy *p, struct world *world)
{
    struct callout *c = calloc(1, sizeof *c);
    if (!c)
        return NULL;
    c->policy = p;
    c->world = world;
    list_init(&c->line);
    c->slots = calloc(p->concurrency, sizeof *c->slots);
    c->memory = callout_memory_new(p->remember, p->remember_ms);
    bool ok = c->slots && (c->memory || !p->remember || !p->remember_ms);
    for (size_t i = 0; ok && i < p->concurrency; i++) {
        c->slots[i].callout = c;
        buf_init(&c->slots[i].head, HEAD_BYTES_MAX);
        buf_init(&c->slots[i].body, BODY_BYTES_MAX);
    }
    if (ok && p->key.is_set)
        ok = key_line_load(&p->key, KEY_FIELDS[p->key_field], "callout", &c->key_line);
    if (ok && p->identity && p->identity->managed != MANAGED_NONE)
        ok = (c->token = token_new(p->identity, world)) != NULL;
    if (ok)
        return c;
    callout_free(c);
    return NULL;
}

bool callout_open(void *policy, struct world *world, void **instance)
{
    return (*instance = callout_new(policy, world)) != NULL;
}

void callout_close(void *policy, void *instance)
{
    (void)policy;
    callout_free(instance);
}

/* ---- the circuit ---- */

static void rest(struct callout *c, uint64_t ms)
{
    uint64_t until = c->world->now_ms(c->world) + (ms < REST_MAX_MS ? ms : REST_MAX_MS);
    if (!c->rest_until_ms) {
        log_warning("callout: " STR_F " is left alone for a while", STR_A(c->policy->url));
        GAUGE_ADD(1, METRIC_CALLOUT_RESTING);
    }
    c->rest_until_ms = until > c->rest_until_ms ? until : c->rest_until_ms;
}

void callout_failed(struct callout *c, const struct callout_job *job, uint64_t rest_ms)
{
    c->failures++;
    if (c->probe == job)
        c->probe = NULL;
    if (rest_ms)
        rest(c, rest_ms);
    if (c->failures >= c->policy->circuit_failures || c->rest_until_ms)
        rest(c, c->policy->circuit_rest_ms);
}

static void worked(struct callout *c)
{
    c->failures = 0;
    c->probe = NULL;
    if (!c->rest_until_ms)
        return;
    c->rest_until_ms = 0;
    log_info("callout: " STR_F " answers again", STR_A(c->policy->url));
    GAUGE_ADD(-1, METRIC_CALLOUT_RESTING);
}

bool callout_may_begin(struct callout *c, struct callout_job *job, const char **why)
{
    *why = "the service has failed before, and is left alone for a while";
    if (!c->rest_until_ms)
        return true;
    if (c->probe || c->world->now_ms(c->world) < c->rest_until_ms)
        return false;
    c->probe = job;
    return true;
}

/* ---- the line ---- */

void callout_enter_line(struct callout_job *job)
{
    if (job->is_in_line || job->is_over || job->doom)
        return;
    job->is_in_line = true;
    job->callout->in_line++;
    list_push_back(&job->callout->line, &job->link);
}

static void leave_line(struct callout_job *job)
{
    if (!job->is_in_line)
        return;
    job->is_in_line = false;
    job->callout->in_line--;
    list_remove(&job->link);
}

static void free_slot(struct callout_slot *s)
{
    s->job = NULL;
    buf_wipe(&s->head); /* of many texts few are kept: the room is given back */
    buf_wipe(&s->body);
    buf_init(&s->head, HEAD_BYTES_MAX);
    buf_init(&s->body, BODY_BYTES_MAX);
}

void callout_withdraw(struct callout_job *job)
{
    struct callout *c = job->callout;
    leave_line(job);
    if (c->probe == job)
        c->probe = NULL; /* it has seen nothing: the next one may look */
    for (size_t i = 0; i < c->policy->concurrency; i++)
        if (c->slots[i].job == job) {
            c->world->cancel(c->world, &c->slots[i].fetch.ask);
            free_slot(&c->slots[i]);
        }
}

bool callout_has_waited(const struct callout_job *job)
{
    struct callout *c = job->callout;
    uint64_t since_ms = c->world->now_ms(c->world) - c->policy->deadline_ms / 2;
    for (size_t i = 0; i < c->policy->concurrency; i++)
        if (c->slots[i].job == job && c->slots[i].began_ms <= since_ms)
            return true;
    return false;
}

/* ---- one request ---- */

static void ask_again(struct callout_job *job, size_t piece)
{
    job->pieces[piece].state = PIECE_TO_ASK;
    callout_enter_line(job);
}

static const char *refusal_of(unsigned status)
{
    switch (status) {
    case 400:
        return "400: the service does not take what it was asked";
    case 401:
    case 403:
        return "401 or 403: the service does not accept who we are";
    case 404:
        return "404: there is no such service there";
    case 429:
        return "429: too many requests for the service";
    default:
        return status >= 500 ? "the service failed" : "the service answered oddly";
    }
}

/* About what was asked, not about the service: whoever sends such texts must not close it for the others. */
static bool is_about_text(const struct ask_fetch *f)
{
    return f->ok && (f->status == 400 || f->status == 413 || f->status == 422);
}

static void answered(struct ask *ask)
{
    struct callout_slot *s = CONTAINER_OF(CONTAINER_OF(ask, struct ask_fetch, ask), struct callout_slot, fetch);
    struct callout *c = s->callout;
    struct callout_job *job = s->job;
    struct callout_verdict verdicts[CALLOUT_PIECE_ITEMS] = { { .what = CALLOUT_PASS } };
    size_t piece = s->piece;
    const char *why = s->fetch.failure ? s->fetch.failure : "the service cannot be reached";
    bool ok = s->fetch.ok && s->fetch.status == 200, is_denied = s->fetch.ok && s->fetch.status == 401;
    if (s->fetch.ok && !ok)
        why = refusal_of(s->fetch.status);
    ok = ok && callout_read(c->policy, job, &job->pieces[piece], s->fetch.answer, verdicts, &why);
    uint64_t rest_ms = s->fetch.ok && s->fetch.status == 429 ? s->fetch.retry_after_ms : 0;
    bool about_text = is_about_text(&s->fetch);
    COUNT(METRIC_CALLOUT_REQUESTS, ok ? RESULT_OK : RESULT_FAILED);
    OBSERVE((c->world->now_ms(c->world) - s->began_ms) * 1000, METRIC_CALLOUT_LATENCY);
    free_slot(s);
    if (ok) {
        worked(c);
        callout_judged(job, piece, verdicts);
    } else if (is_denied && c->token && !job->is_renewed) {
        job->is_renewed = true;
        token_drop(c->token, &job->asker);
        ask_again(job, piece);
    } else {
        if (!about_text)
            callout_failed(c, job, rest_ms);
        callout_fail(job, why);
    }
    callout_serve(c);
}

/* NEXT: it is out. WAIT: for a token. STOP: the job is over. */
static enum verdict send(struct callout *c, struct callout_slot *s, struct callout_job *job, size_t piece)
{
    const struct callout_policy *p = c->policy;
    enum callout_op op = job->items[job->order[job->pieces[piece].first]].op;
    buf_clear(&s->head);
    buf_clear(&s->body);
    bool ok = buf_add(&s->head, STR("content-type: application/json\r\naccept: application/json\r\n")) &&
              buf_add(&s->head, secret_reveal(&c->key_line)) &&
              callout_write(p, job, &job->pieces[piece], job->x->route->name.text, &s->body);
    if (ok && c->token) {
        switch (token_give(c->token, &job->asker, &s->head)) {
        case TOKEN_GIVEN:
            break;
        case TOKEN_COMING:
            leave_line(job);
            if (!job->asker.waiter.is_waiting)
                token_wait(c->token, &job->asker.waiter, job->x);
            return WAIT;
        case TOKEN_NONE:
            callout_fail_in_line(job, token_trouble(c->token));
            return STOP;
        }
    }
    if (!ok) {
        callout_fail_in_line(job, "no room for the request");
        return STOP;
    }
    s->job = job;
    s->piece = piece;
    s->began_ms = c->world->now_ms(c->world);
    s->fetch = (struct ask_fetch){
        .ask = { .answered = answered },
        .method = STR("POST"),
        .url = op == OP_HARM ? p->harm_url : p->shield_url,
        .headers = buf_str(&s->head),
        .body = buf_str(&s->body),
        .ca_file = p->ca_file,
        .timeout_ms = p->deadline_ms,
        .ceiling_bytes = ANSWER_BYTES_MAX,
        .allow_plain_http = true, /* the loopback only: see callout_check, and fetch */
    };
    job->pieces[piece].state = PIECE_ASKED;
    c->world->fetch(c->world, &s->fetch);
    return NEXT;
}

static struct callout_slot *free_one(struct callout *c)
{
    for (size_t i = 0; i < c->policy->concurrency; i++)
        if (!c->slots[i].job)
            return &c->slots[i];
    return NULL;
}

/* The first piece that nobody has been asked about; pieces_count when all were. */
static size_t next_piece(const struct callout_job *job)
{
    size_t i = 0;
    while (i < job->pieces_count && job->pieces[i].state != PIECE_TO_ASK)
        i++;
    return i;
}

/* One job after the other has a turn, so that a long one does not keep the others waiting. */
void callout_serve(struct callout *c)
{
    struct callout_slot *s;
    if (c->is_serving)
        return; /* whoever serves goes on until nothing is left to do */
    c->is_serving = true;
    while (!list_is_empty(&c->line) && (s = free_one(c))) {
        struct callout_job *job = LIST_ENTRY(c->line.next, struct callout_job, link);
        size_t piece = next_piece(job);
        const char *why;
        leave_line(job);
        if (piece == job->pieces_count)
            continue;
        if (c->probe != job && !callout_may_begin(c, job, &why))
            callout_fail_in_line(job, why);
        else if (send(c, s, job, piece) == NEXT)
            callout_enter_line(job);
        else if (!s->job)
            free_slot(s);
    }
    c->is_serving = false;
}
