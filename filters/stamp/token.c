/* token.c - the life of a managed identity's token in a worker. */
#include "filters/stamp/token.h"

#include "filters/stamp/token_answer.h"
#include "proxy/base/hash.h"
#include "proxy/base/log.h"
#include "proxy/base/metric.h"
#include "proxy/base/pause.h"

enum { TIMEOUT_MS = 10000, ANSWER_BYTES_MAX = 64 * 1024, ASSERTION_BYTES_MAX = 32 * 1024 };
static const uint64_t RETRY_FIRST_MS = 1000, RETRY_LAST_MS = 30 * 1000;
static const uint64_t LATE_MS = 60 * 1000, LONG_LIFE_MS = 2 * 3600 * 1000, SHORT_AHEAD_MS = 10 * 60 * 1000;

static const struct str FIELD = STR_INIT("authorization: Bearer "), FIELD_END = STR_INIT("\r\n");

struct token {
    const struct identity_policy *policy;
    struct world *world;
    struct ask_fetch fetch;
    struct ask_timer timer;
    struct list waiters;
    struct buf body;    /* of the request under way, with the assertion; wiped; owned */
    struct secret line; /* "authorization: Bearer …\r\n"; owned; empty: no token */
    uint64_t until_ms;  /* it serves before this time */
    uint64_t next_ms;   /* when to fetch next */
    struct pause pause; /* after failures */
    uint64_t number;    /* counts tokens */
    bool has_fetched;
    const char *trouble;
};

static void nudge(struct token *t);

static void failed(struct token *t, uint64_t now, uint64_t retry_after_ms, const char *why)
{
    t->next_ms = now + pause_failed(&t->pause, retry_after_ms);
    t->trouble = why;
    log_warning("identity: no token for " STR_F ": %s", STR_A(t->policy->scope), why);
}

/* When to ask again for a token with that much life left. */
static uint64_t ahead(struct token *t, uint64_t life_ms, uint64_t refresh_in_ms)
{
    uint64_t wait = life_ms / 2;
    if (refresh_in_ms && refresh_in_ms < life_ms)
        wait = refresh_in_ms;
    else if (life_ms <= LONG_LIFE_MS && life_ms > 2 * SHORT_AHEAD_MS)
        wait = life_ms - SHORT_AHEAD_MS - SHORT_AHEAD_MS / 5; /* so that the jitter stays before the end */
    return pause_jitter(&t->pause, wait, 10);
}

static bool keep(struct token *t, struct str access_token)
{
    struct buf line;
    buf_init(&line, ANSWER_BYTES_MAX);
    bool ok = buf_add(&line, FIELD) && buf_add(&line, access_token) &&
              buf_add(&line, FIELD_END) && secret_set(&t->line, buf_str(&line));
    buf_wipe(&line);
    return ok;
}

static void took(struct token *t, uint64_t now)
{
    const struct token_wanted wanted = {
        .wall_s = t->world->wall_ms(t->world) / 1000,
        .client_id = t->policy->source == MANAGED_WORKLOAD ? STR("") : t->policy->client_id,
        .object_id = t->policy->object_id,
        .echo_needed = t->policy->source == MANAGED_IMDS,
    };
    struct token_told told;
    const char *why = NULL;
    if (!token_answer_read(t->fetch.answer, &wanted, &told, &why)) {
        failed(t, now, 0, why);
        return;
    }
    uint64_t age = t->fetch.age_ms < told.life_ms ? t->fetch.age_ms : told.life_ms, life = told.life_ms - age;
    /* A token that another worker has fetched long ago is only as good as what is left of it. */
    uint64_t late = life > 4 * LATE_MS ? LATE_MS : life / 4;
    if (life < 1000 || !keep(t, secret_reveal(&told.access_token))) {
        failed(t, now, 0, life < 1000 ? "the token has ended already" : "no memory for the token");
        t->next_ms = t->has_fetched ? t->next_ms : now; /* the shelf's was old: a fresh one at once */
    } else {
        t->until_ms = now + life - late;
        t->next_ms = now + ahead(t, life, told.refresh_in_ms > age ? told.refresh_in_ms - age : 0);
        t->next_ms = t->next_ms < t->until_ms ? t->next_ms : t->until_ms;
        pause_over(&t->pause);
        t->number++;
        if (t->trouble)
            log_info("identity: a token for " STR_F " again", STR_A(t->policy->scope));
        t->trouble = NULL;
    }
    t->has_fetched = true;
    token_told_finish(&told);
}

/* azure.md §2.3: what helps later and what never does is told by the status; never by the words of the error. */
static const char *refusal_of(unsigned status)
{
    switch (status) {
    case 400:
        return "400: the identity or the resource does not exist";
    case 401:
    case 403:
        return "401 or 403: the request for a token was not accepted";
    case 404:
    case 410:
        return "404 or 410: the metadata service is updating, or has no identity";
    case 429:
        return "429: too many requests for tokens";
    default:
        return status >= 500 ? "the token service failed" : "the token service answered oddly";
    }
}

static void fetched(struct ask *ask)
{
    struct token *t = CONTAINER_OF(CONTAINER_OF(ask, struct ask_fetch, ask), struct token, fetch);
    uint64_t now = t->world->now_ms(t->world);
    COUNT(METRIC_IDENTITY_FETCHES, t->fetch.ok && t->fetch.status == 200 ? RESULT_OK : RESULT_FAILED);
    buf_wipe(&t->body);
    buf_init(&t->body, 3 * ASSERTION_BYTES_MAX + 8192);
    if (!t->fetch.ok)
        failed(t, now, 0, t->fetch.failure ? t->fetch.failure : "the token service cannot be reached");
    else if (t->fetch.status != 200)
        failed(t, now, t->fetch.retry_after_ms, refusal_of(t->fetch.status));
    else
        took(t, now);
    nudge(t);
    waiters_wake(&t->waiters);
}

/* The projected token is replaced before it ends: each request has what is in the file now (azure.md §2.5). */
static bool add_assertion(struct token *t)
{
    struct secret assertion = { 0 };
    bool ok = secret_read_file(&assertion, t->policy->token_file.at, ASSERTION_BYTES_MAX);
    if (ok) {
        struct str text = str_trim(secret_reveal(&assertion));
        ok = text.len && buf_add(&t->body, t->policy->body) && buf_add(&t->body, STR("&client_assertion=")) &&
             url_encode(&t->body, text);
    }
    secret_finish(&assertion);
    return ok;
}

static void timer_rang(struct ask *ask)
{
    nudge(CONTAINER_OF(CONTAINER_OF(ask, struct ask_timer, ask), struct token, timer));
}

static void nudge(struct token *t)
{
    struct world *w = t->world;
    const struct identity_policy *p = t->policy;
    uint64_t now = w->now_ms(w);
    if (t->fetch.ask.is_open)
        return;
    w->cancel(w, &t->timer.ask);
    if (now >= t->next_ms) {
        if (p->source == MANAGED_WORKLOAD && !add_assertion(t)) {
            buf_clear(&t->body);
            failed(t, now, 0, "the federated token file cannot be read, or is empty");
        } else {
            t->fetch = (struct ask_fetch){
                .ask = { .answered = fetched },
                .method = p->source == MANAGED_WORKLOAD ? STR("POST") : STR("GET"),
                .url = p->url,
                .headers = p->headers,
                .body = buf_str(&t->body),
                .ca_file = p->ca_file,
                .timeout_ms = TIMEOUT_MS,
                .ceiling_bytes = ANSWER_BYTES_MAX,
                .allow_plain_http = true, /* the loopback and link-local addresses only: see the check, and fetch */
                .shelf = p->shelf,
                .shelf_fresh = t->has_fetched,
            };
            w->fetch(w, &t->fetch);
            return;
        }
    }
    t->timer.in_ms = t->next_ms > now ? t->next_ms - now : 1;
    t->timer.ask.answered = timer_rang;
    w->timer(w, &t->timer);
}

/* ---- for the worker ---- */

struct token *token_new(const struct identity_policy *policy, struct world *world)
{
    struct token *t = calloc(1, sizeof *t);
    if (!t)
        return NULL;
    t->policy = policy;
    t->world = world;
    pause_init(&t->pause, RETRY_FIRST_MS, RETRY_LAST_MS, hash_str(policy->url));
    t->trouble = "none was fetched yet";
    list_init(&t->waiters);
    buf_init(&t->body, 3 * ASSERTION_BYTES_MAX + 8192);
    nudge(t);
    return t;
}

void token_free(struct token *t)
{
    if (!t)
        return;
    assert(list_is_empty(&t->waiters));
    t->world->cancel(t->world, &t->fetch.ask);
    t->world->cancel(t->world, &t->timer.ask);
    secret_finish(&t->line);
    buf_wipe(&t->body);
    free(t);
}

/* ---- for exchanges ---- */

enum token_answer token_give(struct token *t, struct token_asker *asker, struct buf *out)
{
    uint64_t now = t->world->now_ms(t->world);
    if (token_is_there(t)) {
        asker->given = t->number;
        return buf_add(out, secret_reveal(&t->line)) ? TOKEN_GIVEN : TOKEN_NONE;
    }
    if (now >= t->next_ms)
        nudge(t);
    return t->fetch.ask.is_open ? TOKEN_COMING : TOKEN_NONE;
}

void token_wait(struct token *t, struct waiter *w, struct exchange *x)
{
    waiter_begin(w, &t->waiters, x);
}

void token_drop(struct token *t, const struct token_asker *asker)
{
    if (asker->given != t->number || !t->line.len)
        return; /* somebody was here before, and a newer one is there or coming */
    uint64_t now = t->world->now_ms(t->world);
    secret_finish(&t->line);
    t->trouble = "the model server did not accept the token";
    t->next_ms = now;
    nudge(t);
}

struct str token_reveal(const struct token *t, uint64_t *number)
{
    if (!token_is_there(t))
        return STR("");
    *number = t->number;
    struct str line = str_from(secret_reveal(&t->line), FIELD.len);
    return str_first(line, line.len - FIELD_END.len);
}

bool token_is_there(const struct token *t)
{
    return t->line.len && t->world->now_ms(t->world) < t->until_ms;
}

uint64_t token_retry_ms(const struct token *t)
{
    uint64_t now = t->world->now_ms(t->world);
    return t->next_ms > now + 1000 ? t->next_ms - now : 1000;
}

const char *token_trouble(const struct token *t)
{
    return t->trouble ? t->trouble : "it ended before a new one came";
}
