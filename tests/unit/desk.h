/* desk.h - a setup from configuration text and one exchange at a time through its first stages, in memory: for tests of
 * filters.
 *
 * The world answers nothing by itself: fetches and timers lie on the desk until the test takes them. An exchange that
 * gets past `limit` asks for its body, which is where it stops. */
#ifndef UNIT_DESK_H
#define UNIT_DESK_H

#include "filters/list.h"
#include "proxy/core/exchange.h"
#include "tests/harness/check.h"
#include "tests/unit/complaints.h"

enum { DESK_ASKS = 32 };

struct desk {
    struct world world; /* first */
    struct setup *setup;
    struct problems problems;
    uint64_t now_ms;
    int64_t wall_ms;
    struct ask_fetch *fetches[DESK_ASKS];
    struct ask_timer *timers[DESK_ASKS];
    uint64_t timers_due[DESK_ASKS];
    size_t fetched; /* in all */
    struct exchange x;
    struct http_head head;
    struct http_field table[HTTP_FIELDS_MAX];
    struct peer peer;
    bool passed, ended, forwarded;
    char *kept[8]; /* values of fields; owned */
    char fields[4096];
};

UNUSED static struct desk *desk_of(struct world *w)
{
    return CONTAINER_OF(w, struct desk, world);
}

static uint64_t desk_now(struct world *w)
{
    return desk_of(w)->now_ms;
}
static int64_t desk_wall(struct world *w)
{
    return desk_of(w)->wall_ms;
}
static void desk_fetch(struct world *w, struct ask_fetch *ask)
{
    struct desk *d = desk_of(w);
    for (size_t i = 0; i < DESK_ASKS; i++)
        if (!d->fetches[i]) {
            d->fetches[i] = ask;
            ask->ask.is_open = true;
            d->fetched++;
            return;
        }
    NOTREACHED("the desk is full");
}
static void desk_timer(struct world *w, struct ask_timer *ask)
{
    struct desk *d = desk_of(w);
    for (size_t i = 0; i < DESK_ASKS; i++)
        if (!d->timers[i]) {
            d->timers[i] = ask;
            d->timers_due[i] = d->now_ms + ask->in_ms;
            ask->ask.is_open = true;
            return;
        }
    NOTREACHED("the desk is full");
}
static void desk_cancel(struct world *w, struct ask *ask)
{
    struct desk *d = desk_of(w);
    for (size_t i = 0; i < DESK_ASKS; i++) {
        if (d->fetches[i] && &d->fetches[i]->ask == ask)
            d->fetches[i] = NULL;
        if (d->timers[i] && &d->timers[i]->ask == ask)
            d->timers[i] = NULL;
    }
    ask->is_open = false;
}
static void desk_store(struct world *w, struct ask_store *ask)
{
    (void)w, (void)ask;
}
static void desk_forward(struct world *w, struct ask_forward *ask)
{
    desk_of(w)->forwarded = ask->ask.is_open = true;
}
static void desk_cancel_forward(struct world *w, struct ask_forward *ask)
{
    (void)w;
    ask->ask.is_open = false;
}
static void desk_read_body(struct world *w, struct exchange *x, uint64_t ceiling)
{
    (void)x, (void)ceiling;
    desk_of(w)->passed = true;
}
static void desk_answer_head(struct world *w, struct exchange *x, const struct answer_head *head)
{
    struct desk *d = desk_of(w);
    (void)x;
    snprintf(d->fields, sizeof d->fields, STR_F, STR_A(head->fields));
}
static void desk_answer_bytes(struct world *w, struct exchange *x, struct str bytes)
{
    (void)w, (void)x, (void)bytes;
}
static void desk_answer_end(struct world *w, struct exchange *x, bool whole)
{
    (void)w, (void)x, (void)whole;
}
static void desk_ended(struct world *w, struct exchange *x)
{
    (void)x;
    desk_of(w)->ended = true;
}
static bool desk_journal(struct world *w, struct str line)
{
    (void)w, (void)line;
    return true;
}
static bool desk_accepting(struct world *w)
{
    (void)w;
    return true;
}

/* Reads `text` as the whole configuration and opens it; complaints are printed and fail the test. */
UNUSED static struct desk *desk_open(const char *text)
{
    struct desk *d = calloc(1, sizeof *d);
    d->world =
        (struct world){ desk_now,          desk_wall,       desk_store,          desk_fetch,     desk_timer,
                        desk_forward,      desk_cancel,     desk_cancel_forward, desk_read_body, desk_answer_head,
                        desk_answer_bytes, desk_answer_end, desk_ended,          desk_journal,   desk_accepting,
                        NULL };
    d->now_ms = 1000000;
    d->wall_ms = 1800000000000;
    problems_init(&d->problems, STR("desk.yaml"), str_c(text));
    d->setup = setup_read(STR("desk.yaml"), str_c(text), &LANGUAGE, &d->problems);
    if (!CHECK(d->setup != NULL)) {
        complaints_show(&d->problems);
        exit(1);
    }
    bool opened = setup_open(d->setup, &d->world);
    CHECK(opened);
    return d;
}

/* Checks only: are there errors, and does one of the complaints have that part? */
UNUSED static bool desk_complains(const char *text, const char *part)
{
    struct problems problems;
    struct buf out;
    problems_init(&problems, STR("desk.yaml"), str_c(text));
    struct setup *s = setup_read(STR("desk.yaml"), str_c(text), &LANGUAGE, &problems);
    buf_init(&out, 65536);
    bool has = !s && problems_print(&problems, &out) && str_find_str(buf_str(&out), str_c(part)) < buf_len(&out);
    if (!has)
        fprintf(stderr, "  said: " STR_F "\n", STR_A(buf_str(&out)));
    buf_finish(&out);
    problems_finish(&problems);
    setup_free(s);
    return has;
}

/* Ends the exchange on the desk, if there is one. */
UNUSED static void desk_clear(struct desk *d)
{
    if (d->x.world && !d->ended)
        exchange_caller_left(&d->x, WHY_CALLER_LEFT);
    if (d->x.world)
        exchange_finish(&d->x);
}

/* A field of the next request; NULL name: none yet. */
UNUSED static void desk_field(struct desk *d, const char *name, const char *value)
{
    static const struct {
        const char *name;
        enum http_known known;
    } KNOWN[] = { { "authorization", HTTP_FIELD_AUTHORIZATION },
                  { "api-key", HTTP_FIELD_API_KEY },
                  { "content-encoding", HTTP_FIELD_CONTENT_ENCODING } };
    if (!name) {
        desk_clear(d);
        d->x.world = NULL;
        for (size_t i = 0; i < ARRAY_LEN(d->kept); i++)
            free(d->kept[i]), d->kept[i] = NULL;
        d->head.fields_count = 0;
        memset(d->head.first_known, 0, sizeof d->head.first_known);
        return;
    }
    char *copy = d->kept[d->head.fields_count] = strdup(value);
    d->head.fields = d->table;
    struct http_field *f = &d->head.fields[d->head.fields_count++];
    *f = (struct http_field){ .name = str_c(name), .value = str_trim(str_c(copy)), .known = HTTP_FIELD_OTHER };
    for (size_t i = 0; i < ARRAY_LEN(KNOWN); i++)
        if (str_eq_nocase(f->name, str_c(KNOWN[i].name))) {
            f->known = KNOWN[i].known;
            if (!d->head.first_known[f->known])
                d->head.first_known[f->known] = (uint8_t)d->head.fields_count;
        }
}

UNUSED static void desk_close(struct desk *d)
{
    desk_field(d, NULL, NULL);
    buf_finish(&d->x.body), buf_finish(&d->x.out_head), buf_finish(&d->x.out_body), buf_finish(&d->x.answer);
    buf_finish(&d->x.identity), buf_finish(&d->x.out);
    jsonx_finish(&d->x.json), jsonx_finish(&d->x.answer_json);
    setup_close(d->setup);
    for (size_t i = 0; i < DESK_ASKS; i++)
        CHECK(!d->fetches[i] && !d->timers[i]);
    setup_free(d->setup);
    problems_finish(&d->problems);
    free(d);
}

/* Sends the request with the fields that were set, until it waits, passes or is refused. */
UNUSED static void desk_send(struct desk *d, const char *path)
{
    desk_clear(d);
    d->passed = d->ended = false;
    d->fields[0] = '\0';
    d->head.method = METHOD_POST;
    d->head.method_word = STR("POST");
    d->head.path = d->head.target = str_c(path);
    d->head.query = STR_NONE;
    d->head.host = STR("gateway.test");
    d->head.minor = 1;
    d->head.has_length = true;
    d->head.content_length = 2;
    d->head.fields = d->table;
    d->head.fields[d->head.fields_count] =
        (struct http_field){ STR("content-type"), STR("application/json"), HTTP_FIELD_CONTENT_TYPE };
    d->head.first_known[HTTP_FIELD_CONTENT_TYPE] = (uint8_t)++d->head.fields_count;
    exchange_begin(&d->x, &d->world, d->setup, d, &d->peer, &d->head);
}

/* How it stands: SERVED for one that has passed, WHY_COUNT for one that waits. */
UNUSED static enum reason desk_why(const struct desk *d)
{
    return d->ended ? d->x.why : d->passed ? WHY_SERVED : WHY_COUNT;
}

UNUSED static size_t desk_fetches(const struct desk *d)
{
    size_t n = 0;
    for (size_t i = 0; i < DESK_ASKS; i++)
        n += d->fetches[i] != NULL;
    return n;
}

/* The open fetch of that URL; NULL without. */
UNUSED static struct ask_fetch *desk_fetch_of(struct desk *d, const char *url)
{
    for (size_t i = 0; i < DESK_ASKS; i++)
        if (d->fetches[i] && str_eq(d->fetches[i]->url, str_c(url)))
            return d->fetches[i];
    return NULL;
}

/* Status 0: it fails. */
UNUSED static bool desk_answer(struct desk *d, struct ask_fetch *f, unsigned status, const char *body)
{
    if (!f)
        return false;
    for (size_t i = 0; i < DESK_ASKS; i++)
        if (d->fetches[i] == f)
            d->fetches[i] = NULL;
    f->ask.is_open = false;
    f->ok = status != 0;
    f->status = status;
    f->failure = status ? NULL : "unreachable";
    f->retry_after_ms = 0;
    f->age_ms = 0;
    f->answer = str_c(body);
    f->ask.answered(&f->ask);
    return true;
}

/* Winds the clocks on and rings what is due, in order of the places. */
UNUSED static void desk_wait(struct desk *d, uint64_t ms)
{
    d->now_ms += ms;
    d->wall_ms += (int64_t)ms;
    for (size_t i = 0; i < DESK_ASKS; i++) {
        struct ask_timer *t = d->timers[i];
        if (!t || d->timers_due[i] > d->now_ms)
            continue;
        d->timers[i] = NULL;
        t->ask.is_open = false;
        t->ask.answered(&t->ask);
    }
}

#endif
