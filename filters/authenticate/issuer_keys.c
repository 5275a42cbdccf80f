/* issuer_keys.c - does what the keyset asks for, one fetch at a time, and wakes those who wait. */
#include "filters/authenticate/issuer_keys.h"

#include "proxy/base/hash.h"
#include "proxy/base/log.h"
#include "proxy/base/metric.h"
#include "proxy/core/exchange.h"

enum { FETCH_TIMEOUT_MS = 5000 };

struct issuer_keys {
    const struct issuer *issuer;
    const struct authority *authority;
    struct world *world;
    struct keyset *set; /* owned */
    struct ask_fetch fetch;
    struct ask_timer timer;
    struct list waiters;
    bool is_keys_fetch; /* the fetch under way is of the keys, not of the discovery document */
    bool has_fetched;   /* once at least: from then on only newer answers will do */
    bool was_in_trouble;
};

static void nudge(struct issuer_keys *k);

static void say(struct issuer_keys *k)
{
    const char *trouble = keyset_trouble(k->set);
    if (trouble)
        log_warning("issuer " STR_F ": no keys from " STR_F ": %s", STR_A(k->issuer->name.text),
                    STR_A(k->authority->issuer), trouble);
    else if (k->was_in_trouble)
        log_info("issuer " STR_F ": %zu keys of " STR_F " again", STR_A(k->issuer->name.text), keyset_count(k->set),
                 STR_A(k->authority->issuer));
    k->was_in_trouble = trouble != NULL;
}

static const char *failure_of(const struct ask_fetch *f)
{
    if (!f->ok)
        return f->failure ? f->failure : "cannot be fetched";
    return f->status == 429   ? "answered 429"
           : f->status >= 500 ? "answered with a server error"
                              : "did not answer with 200";
}

static void fetched(struct ask *ask)
{
    struct issuer_keys *k = CONTAINER_OF(CONTAINER_OF(ask, struct ask_fetch, ask), struct issuer_keys, fetch);
    uint64_t now = k->world->now_ms(k->world);
    bool ended = true, is_good = k->fetch.ok && k->fetch.status == 200;
    COUNT(METRIC_KEY_FETCHES, is_good ? RESULT_OK : RESULT_FAILED);
    if (!is_good) {
        keyset_failed(k->set, now, k->fetch.retry_after_ms, failure_of(&k->fetch));
    } else {
        /* A document that another worker fetched is as old as it is; older than an hour it is due again at once. */
        keyset_took(k->set, now, k->fetch.age_ms, k->fetch.answer);
        ended = keyset_next_ms(k->set) != 0; /* 0: the keys themselves are to be fetched now */
    }
    if (ended) {
        k->has_fetched = k->has_fetched || is_good; /* also what was of no use: the same again is of none */
        say(k);
    }
    nudge(k);
    if (ended)
        waiters_wake(&k->waiters);
}

static void timer_rang(struct ask *ask)
{
    nudge(CONTAINER_OF(CONTAINER_OF(ask, struct ask_timer, ask), struct issuer_keys, timer));
}

/* Fetches what is due now, or comes back when it will be. */
static void nudge(struct issuer_keys *k)
{
    struct world *w = k->world;
    uint64_t now = w->now_ms(w);
    struct str url = keyset_due(k->set, now);
    w->cancel(w, &k->timer.ask);
    if (url.at) {
        k->is_keys_fetch = !str_eq(url, k->authority->discovery_url);
        k->fetch = (struct ask_fetch){
            .ask = { .answered = fetched },
            .method = STR("GET"),
            .url = url,
            .headers = STR("accept: application/json\r\n"),
            .ca_file = k->issuer->ca_file,
            .timeout_ms = FETCH_TIMEOUT_MS,
            .ceiling_bytes = JWKS_BYTES_MAX,
            .allow_plain_http = true, /* to the loopback; keyset and check let nothing else be plain */
            .shelf = k->authority->shelf[k->is_keys_fetch],
            .shelf_fresh = k->has_fetched,
        };
        w->fetch(w, &k->fetch);
        return;
    }
    uint64_t next = keyset_next_ms(k->set);
    if (next == UINT64_MAX)
        return;
    k->timer.in_ms = next > now ? next - now : 1;
    k->timer.ask.answered = timer_rang;
    w->timer(w, &k->timer);
}

struct issuer_keys *issuer_keys_new(const struct issuer *i, const struct authority *a, struct world *world)
{
    const char *why = "no memory";
    struct issuer_keys *k = calloc(1, sizeof *k);
    if (!k)
        return NULL;
    const struct keyset_settings settings = {
        .issuer = a->issuer,
        .discovery_url = a->discovery_url,
        .jwks_url = i->jwks_url,
        .hosts = i->key_hosts.at,
        .hosts_count = i->key_hosts.count,
        .refresh_ms = i->refresh_ms,
        .cool_down_ms = i->cool_down_ms,
        .stale_ms = i->stale_ms,
        .seed = hash_str(a->issuer),
    };
    k->issuer = i;
    k->authority = a;
    k->world = world;
    list_init(&k->waiters);
    k->set = i->keys_document.len ? keyset_fixed(a->issuer, i->keys_document, &why) : keyset_new(&settings);
    if (!k->set) {
        log_error("issuer " STR_F ": %s", STR_A(i->name.text), why);
        free(k);
        return NULL;
    }
    nudge(k);
    return k;
}

void issuer_keys_free(struct issuer_keys *k)
{
    if (!k)
        return;
    assert(list_is_empty(&k->waiters));
    k->world->cancel(k->world, &k->fetch.ask);
    k->world->cancel(k->world, &k->timer.ask);
    keyset_free(k->set);
    free(k);
}

enum keyset_answer issuer_keys_find(struct issuer_keys *k, struct str kid, enum alg alg, struct key **key)
{
    enum keyset_answer answer = keyset_find(k->set, k->world->now_ms(k->world), kid, alg, key);
    if (answer == KEYSET_ASK && !k->fetch.ask.is_open)
        nudge(k);
    return answer;
}

uint64_t issuer_keys_generation(const struct issuer_keys *k)
{
    /* What was verified by keys that are too old to be believed counts no longer: 0 is no generation. */
    return keyset_has_keys(k->set, k->world->now_ms(k->world)) ? keyset_generation(k->set) : 0;
}

void issuer_keys_wait(struct issuer_keys *k, struct waiter *w, struct exchange *x)
{
    waiter_begin(w, &k->waiters, x);
}
